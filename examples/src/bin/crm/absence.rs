use chrono::NaiveDate;
use clap::{Args, Subcommand};
use crm_core::{
    absence::{self, Absence, AbsenceKind},
    kernel::{Id, Scope},
    org::cover_on,
    store::{ReadUnit, Store, every, run},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
    when,
};

/// `crm absence`
#[derive(Debug, Args)]
#[command(
    after_help = "Who is stood in for has what they have to do in the deputy's `crm workday` too, until the last day.\n\n\
                  Example:\n  crm absence add 'Anna Snow' --from 2026-07-01 --to 2026-07-14 --deputy 'Ben Ford'\n  \
                  crm absence list --day 2026-07-02"
)]
pub(crate) struct AbsenceOf {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Notes that somebody is away, and who stands in.
    Add(Add),
    /// Lists who is away, or will be, and who acts for whom on a day.
    List(ListOf),
    /// Says what the last day of an absence is.
    End(End),
}

#[derive(Debug, Args)]
struct Add {
    /// Who: an id, an external id or a name.
    staff: String,
    /// The first day.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    from: NaiveDate,
    /// The last day. [default: open]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    to: Option<NaiveDate>,
    /// Why: leave, sick or other.
    #[arg(long, default_value = "leave", value_name = "WHY")]
    kind: AbsenceKind,
    /// Who stands in.
    #[arg(long, value_name = "WHO")]
    deputy: Option<String>,
    /// What else there is to say.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, Args)]
struct ListOf {
    /// On this day, and later. [default: today]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    day: Option<NaiveDate>,
}

#[derive(Debug, Args)]
struct End {
    /// The id of the absence: `crm absence list` shows it.
    absence: Id<Absence>,
    /// The last day.
    #[arg(value_parser = when::day)]
    last_day: NaiveDate,
}

impl AbsenceOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.what {
            What::Add(add) => add.run(store, scope, out).await,
            What::List(list) => list.run(&mut *store.read(scope.clone()).await?, out).await,
            What::End(end) => {
                let (id, last) = (end.absence, Some(end.last_day));
                let ended = run(store, scope, |work| {
                    Box::pin(async move { work.absences().end(id, last).await })
                });
                let ended = ended.await?;
                if out.json {
                    return out.json(&json!({"id": ended.id, "last_day": ended.last_day}));
                }
                out.line(format!("It ends with {}.", end.last_day))
            }
        }
    }
}

impl Add {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let (staff, deputy) = {
            let mut unit = store.read(scope.clone()).await?;
            let staff = find::staff(&mut *unit, &self.staff).await?;
            (staff, find::some_staff(&mut *unit, self.deputy.as_deref()).await?)
        };
        let added = run(store, scope, |work| {
            let (staff, deputy, note) =
                (staff.id, deputy.as_ref().map(|one| one.id), self.note.clone());
            let (first_day, last_day, kind) = (self.from, self.to, self.kind);
            Box::pin(async move {
                let id = Id::new(work.next_id());
                let absence = Absence {
                    id,
                    staff_id: staff,
                    first_day,
                    last_day,
                    kind,
                    deputy_id: deputy,
                    note,
                };
                work.absences().add(absence).await
            })
        });
        let added = added.await?;
        if out.json {
            return out.json(&json!({
                "id": added.id, "staff": added.staff_id, "first_day": added.first_day,
                "last_day": added.last_day, "kind": added.kind, "deputy": added.deputy_id,
            }));
        }
        let until = added.last_day.map_or("on".to_owned(), |last| format!("to {last}"));
        let stands_in = deputy.map_or("nobody stands in".to_owned(), |one| {
            format!("{} stands in", short(&one.name, 40))
        });
        let who = short(&staff.name, 40);
        out.line(format!("{who} is away from {} {until}; {stands_in}.", added.first_day))
    }
}

impl ListOf {
    async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let day = self.day.unwrap_or_else(|| when::now().date());
        let not_over = absence::LAST_DAY.is_empty().or(absence::LAST_DAY.at_least(day));
        let mut all = Vec::new();
        every::<Absence, _>(unit, not_over.query().order_by(&absence::FIRST_DAY), |one| {
            all.push(one.into_inner());
            Ok(())
        })
        .await?;
        let cover = cover_on(unit, day).await?;
        let acting =
            |one: &Absence| one.covers(day).then(|| cover.deputy_of(one.staff_id)).flatten();
        let named = all.iter().flat_map(|one| [Some(one.staff_id), one.deputy_id, acting(one)]);
        let names = find::colleagues(unit, named.flatten()).await?;
        let name = |id| names.get(&id).map(|one| one.name.as_str());
        if out.json {
            let all: Vec<_> = all
                .iter()
                .map(|one| {
                    json!({
                        "id": one.id, "staff": name(one.staff_id), "first_day": one.first_day,
                        "last_day": one.last_day, "kind": one.kind, "note": one.note,
                        "deputy": one.deputy_id.and_then(name), "acting": acting(one).and_then(name),
                    })
                })
                .collect();
            return out.json(&json!({"day": day, "absences": all}));
        }
        if all.is_empty() {
            return out.line(format!("Nobody is away on {day} or later."));
        }
        let rows = all.iter().map(|one| {
            let stands_in = match (one.covers(day), acting(one).and_then(name)) {
                (_, Some(name)) => short(name, 24),
                (true, None) => "nobody".to_owned(),
                (false, None) => {
                    one.deputy_id.and_then(name).map_or_else(String::new, |n| short(n, 24))
                }
            };
            vec![
                short(name(one.staff_id).unwrap_or("-"), 24),
                one.first_day.to_string(),
                one.last_day.map_or("open".to_owned(), |last| last.to_string()),
                one.kind.to_string(),
                stands_in,
                one.id.to_string(),
            ]
        });
        out.table(&["Who", "From", "To", "Why", "Stands in", "Id"], 6, rows)
    }
}
