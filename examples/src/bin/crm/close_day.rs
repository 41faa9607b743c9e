use std::collections::BTreeMap;

use clap::Args;
use crm_core::{
    interaction::{ClosedDay, Interaction},
    kernel::Scope,
    store::{Store, run},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, field_name, short},
    when::DayOf,
};

/// `crm close-day`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  crm close-day --day 2017-12-31 --utc-offset +08:00 --staff 'Anna Snow'"
)]
pub(crate) struct CloseDay {
    #[command(flatten)]
    when: DayOf,
    /// Only interactions of this colleague: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    staff: Option<String>,
}

impl CloseDay {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (day, until) = (self.when.date(), self.when.ends()?);
        let staff = {
            let mut unit = store.read(scope.clone()).await?;
            find::some_staff(&mut *unit, self.staff.as_deref()).await?.map(|staff| staff.id)
        };
        let done = run(store, scope, |work| {
            Box::pin(
                async move { work.interactions().close_day(until, staff, &|_| Vec::new()).await },
            )
        });
        let done = done.await?;
        let rows = rows(store, scope, &done).await?;
        if out.json {
            let left: Vec<_> = rows.iter().map(Left::to_json).collect();
            return out.json(&json!({"day": day, "closed": done.closed, "left": left}));
        }
        let closed = match done.closed.len() {
            0 => "nothing new is closed".to_owned(),
            some => format!("{} closed, for ever", counted(some, "interaction", "interactions")),
        };
        out.line(format!("Up to the end of {day}: {closed}."))?;
        if rows.is_empty() {
            return out.line("None is left open.");
        }
        let left = if rows.len() == 1 { "is left open:" } else { "are left open:" };
        out.line(format!("{} {left}", counted(rows.len(), "incomplete one", "incomplete ones")))?;
        let rows = rows.iter().map(Left::cells);
        out.table(&["Happened", "How", "With", "Who", "Missing"], 5, rows)
    }
}

/// An interaction that is open still.
struct Left<'a> {
    one: &'a Interaction,
    customer: String,
    staff: Option<String>,
    missing: &'a [String],
}

async fn rows<'a>(
    store: &dyn Store,
    scope: &Scope,
    done: &'a ClosedDay,
) -> Result<Vec<Left<'a>>, Failure> {
    let mut unit = store.read(scope.clone()).await?;
    let all = || done.left.iter().map(|(one, _)| one);
    let customers = find::customers(&mut *unit, all().map(|one| one.customer_id)).await?;
    let staff = find::colleagues(&mut *unit, all().filter_map(|one| one.staff_id)).await?;
    let customers: BTreeMap<_, _> = customers.into_iter().map(|(id, one)| (id, one.name)).collect();
    let rows = done.left.iter().map(|(one, missing)| Left {
        one,
        customer: customers.get(&one.customer_id).cloned().unwrap_or_default(),
        staff: one.staff_id.and_then(|id| Some(staff.get(&id)?.name.clone())),
        missing,
    });
    Ok(rows.collect())
}

impl Left<'_> {
    fn to_json(&self) -> serde_json::Value {
        json!({
            "id": self.one.id,
            "happened_at": self.one.happened_at,
            "channel": self.one.channel,
            "customer": {"id": self.one.customer_id, "name": self.customer},
            "staff": self.staff,
            "missing": self.missing,
        })
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.one.happened_at.to_datetime().format("%Y-%m-%d %H:%M").to_string(),
            self.one.channel.to_string(),
            short(&self.customer, 30),
            short(self.staff.as_deref().unwrap_or("-"), 20),
            self.missing.iter().map(|name| field_name(name)).collect::<Vec<_>>().join(", "),
        ]
    }
}
