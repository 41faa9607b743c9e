//! `crm tasks`: what is to be done, and what becomes of it.

mod change;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    kernel::{Criteria, Scope, Stored, to_json},
    store::{Read, ReadUnit, Store, every},
    task::{self, Task},
};
use serde_json::json;

use crate::{
    db::Db,
    failure::Failure,
    find,
    output::{Out, counted, short},
    place::Place,
    when::{self, DayOf},
};

/// `crm tasks`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  crm tasks --owner 'Anna Snow' --late\n  crm tasks --ical tasks.ics\n  \
                  crm tasks done 'send it' --outcome 'they have it'\n  crm tasks move 'call them' --due 2018-01-05"
)]
pub(crate) struct TasksOf {
    #[command(subcommand)]
    change: Option<change::Change>,
    /// Only those that this colleague promised: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only those that should have been done before the day.
    #[arg(long)]
    late: bool,
    #[command(flatten)]
    when: DayOf,
    /// At most so many; `--ical` writes all of them.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Writes them as iCalendar (RFC 5545) into this file, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    ical: Option<PathBuf>,
}

impl TasksOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        db: &Db,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        if let Some(change) = &self.change {
            return change.run(store, scope, out).await;
        }
        let unit = &mut *store.read(scope.clone()).await?;
        let owner = find::some_staff(unit, self.owner.as_deref()).await?;
        let day = self.when.date();
        let mut criteria = if self.late { task::late(day) } else { task::open() };
        if let Some(owner) = owner {
            criteria = task::OWNER_ID.eq(owner.id).and(criteria);
        }
        match &self.ical {
            Some(path) => export(unit, criteria, path, db, out).await,
            None => self.list(unit, criteria, day, out).await,
        }
    }

    /// Those with a day first, the earliest before the others.
    async fn list(
        &self,
        unit: &mut dyn ReadUnit,
        criteria: Criteria<Task>,
        today: NaiveDate,
        out: Out,
    ) -> Result<(), Failure> {
        let dated = criteria.clone().and(task::DUE.is_present()).query().order_by(&task::DUE);
        let page = Read::<Task>::find(unit, dated.limit(self.limit)).await?;
        let (mut tasks, mut more) = (page.items, page.next.is_some());
        let room = self.limit.saturating_sub(u32::try_from(tasks.len()).unwrap_or(u32::MAX));
        let undated = criteria.and(task::DUE.is_empty());
        if room > 0 {
            let query = undated.query().order_by(&task::CREATED_AT).limit(room);
            let page = Read::<Task>::find(unit, query).await?;
            tasks.extend(page.items);
            more = page.next.is_some();
        } else if !more {
            more = Read::<Task>::count(unit, undated).await? > 0;
        }
        if out.json {
            let tasks: Vec<_> = tasks.iter().map(|task| to_json::<Task>(task)).collect();
            return out.json(&json!({"tasks": tasks, "more": more}));
        }
        if tasks.is_empty() {
            let late = if self.late { "late" } else { "to be done" };
            return out.line(format!("No task is {late}."));
        }
        let rows = rows(unit, &tasks, today).await?;
        out.table(&["Due", "", "Task", "For", "Who"], 5, rows)?;
        if more { out.line("There are more: --limit") } else { Ok(()) }
    }
}

async fn rows(
    unit: &mut dyn ReadUnit,
    tasks: &[Stored<Task>],
    today: NaiveDate,
) -> Result<Vec<Vec<String>>, Failure> {
    let customers = find::customers(unit, tasks.iter().filter_map(|t| t.customer_id)).await?;
    let leads = find::leads(unit, tasks.iter().filter_map(|t| t.lead_id)).await?;
    let staff = find::colleagues(unit, tasks.iter().filter_map(|t| t.owner_id)).await?;
    let rows = tasks.iter().map(|task| {
        let late = task.due.map_or(0, |due| today.signed_duration_since(due).num_days());
        let customer = task.customer_id.and_then(|id| Some(customers.get(&id)?.name.as_str()));
        let lead = || task.lead_id.and_then(|id| Some(leads.get(&id)?.called()));
        let owner = task.owner_id.and_then(|id| Some(staff.get(&id)?.name.as_str()));
        vec![
            task.due.map_or_else(|| "-".to_owned(), |due| due.to_string()),
            if late > 0 { format!("{} late", counted(late, "day", "days")) } else { String::new() },
            short(&task.title, 30),
            short(customer.or_else(lead).unwrap_or("-"), 24),
            short(owner.unwrap_or("-"), 18),
        ]
    });
    Ok(rows.collect())
}

async fn export(
    unit: &mut dyn ReadUnit,
    criteria: Criteria<Task>,
    path: &Path,
    db: &Db,
    out: Out,
) -> Result<(), Failure> {
    let to_stdout = path == Path::new("-");
    if to_stdout && out.json {
        let message = "--ical -: the calendar itself goes there; leave --json out, or name a file";
        return Err(Failure::Asked(message.to_owned()));
    }
    let place = if to_stdout { None } else { Some(Place::new("--ical", path, db, &[])?) };
    let mut tasks = Vec::new();
    every::<Task, _>(unit, criteria.query(), |task| {
        tasks.push(task.into_inner());
        Ok(())
    })
    .await?;
    let text = task::calendar(&tasks, when::now());
    let Some(place) = place else {
        return io::stdout().lock().write_all(text.as_bytes()).map_err(Failure::Output);
    };
    let (beside, mut file) = place.create()?;
    let written = file.write_all(text.as_bytes()).map_err(|e| Failure::file(path, &e));
    place.settle(&beside, written)?;
    if out.json {
        return out.json(&json!({"written": tasks.len(), "file": path.display().to_string()}));
    }
    let count = counted(tasks.len(), "task is", "tasks are");
    out.line(format!("{count} in {}.", path.display()))
}
