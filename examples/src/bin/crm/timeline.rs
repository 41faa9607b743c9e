use std::collections::HashMap;

use clap::Args;
use crm_core::{
    Error,
    customer::{self, Customer, Happening, TimelineEntry, TimelineKind, TimelinePlace},
    kernel::{Change, Id, to_json},
    ownership::Masks,
    staff_member::StaffMember,
    store::{ReadUnit, expect},
    task::TaskState,
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, field_name, grouped, short},
};

/// `crm timeline`
#[derive(Debug, Args)]
pub(crate) struct TimelineOf {
    /// The customer: its id, its external id or its name.
    customer: String,
    /// Only what is of this sort; can be given several times.
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<TimelineKind>,
    /// At most so many entries.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Goes on after the page that ended with this cursor.
    #[arg(long, value_name = "CURSOR", value_parser = place)]
    after: Option<TimelinePlace>,
}

impl TimelineOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let meant = find::customer(unit, &self.customer).await?;
        let customer = &meant.customer;
        let mut entries =
            customer::timeline(unit, customer.id, &self.kinds, self.after, self.limit).await?;
        mask(unit, customer.id, &mut entries).await?;
        let full = entries.len() == self.limit as usize;
        let next = entries.last().filter(|_| full).map(|last| {
            let place = last.place();
            format!("{}~{}~{}", place.at, place.id, place.kind)
        });
        if out.json {
            let entries: Vec<_> = entries.iter().map(as_json).collect();
            let who = json!({"id": customer.id, "name": customer.name});
            return out.json(&json!({"customer": who, "entries": entries, "next": next}));
        }
        meant.note(out)?;
        out.line(short(&customer.name, 98))?;
        show(unit, &entries, out).await?;
        next.map_or(Ok(()), |next| out.line(format!("There may be more: --after {next}")))
    }
}

/// Leaves out what is not shown of the customer.
async fn mask(
    unit: &mut dyn ReadUnit,
    customer: Id<Customer>,
    entries: &mut [TimelineEntry],
) -> Result<(), Failure> {
    let masks = Masks::load(unit).await?;
    let whole = expect(unit, customer).await?;
    for entry in entries {
        if let Happening::Change(change) = &mut entry.happened {
            *change = masks.change(&whole, change).map_err(Error::from)?;
        }
    }
    Ok(())
}

/// Colleagues by their ids.
type Staff = HashMap<Id<StaffMember>, StaffMember>;

pub(crate) async fn show(
    unit: &mut dyn ReadUnit,
    entries: &[TimelineEntry],
    out: Out,
) -> Result<(), Failure> {
    let named = entries.iter().flat_map(|entry| match &entry.happened {
        Happening::Interaction(one) => [one.staff_id, None],
        Happening::Task(task) => [task.owner_id, None],
        Happening::Ownership(owner) => [owner.from, owner.to],
        _ => [None, None],
    });
    let staff = find::colleagues(unit, named.flatten()).await?;
    for entry in entries {
        let (what, text, amount) = in_words(&entry.happened, &staff);
        let when = entry.at.to_datetime().format("%Y-%m-%d %H:%M");
        let text = short(&text, 68_usize.saturating_sub(amount.chars().count()));
        out.line(format!("{when}  {what:<12} {text}{amount}"))?;
    }
    Ok(())
}

/// Who did what, and to which fields: those that say something.
pub(crate) fn change_in_words(change: &Change) -> String {
    let empty = |to: &serde_json::Value| {
        to.as_array().is_some_and(Vec::is_empty) || to.as_object().is_some_and(|o| o.is_empty())
    };
    let fields = change.fields.iter().filter(|field| field.field != "id" && !empty(&field.to));
    let names: Vec<_> = fields.map(|field| field_name(&field.field)).collect();
    format!("{} by {}: {}", change.event, change.actor, names.join(", "))
}

/// What it is, what happened, and the end that is never cut.
fn in_words(happened: &Happening, staff: &Staff) -> (&'static str, String, String) {
    match happened {
        Happening::Interaction(one) => {
            let parts = [one.subject.as_deref().or(one.content.as_deref()), one.outcome.as_deref()];
            let parts: Vec<_> = parts.into_iter().flatten().map(line).collect();
            (one.channel.as_str(), parts.join(" → "), who(one.staff_id, staff))
        }
        Happening::Step { opportunity, step } => {
            let amount = step.amount_after.map_or_else(String::new, |amount| {
                format!(", {} {}", grouped(amount.amount_text()), amount.currency())
            });
            let from =
                step.from_stage.as_ref().map_or_else(String::new, |from| format!("{from} → "));
            ("opportunity", opportunity.clone(), format!(": {from}{}{amount}", step.to_stage))
        }
        Happening::Transaction(one) => {
            let revenue = grouped(one.revenue.amount_text());
            (one.kind.as_str(), String::new(), format!("{revenue} {}", one.revenue.currency()))
        }
        Happening::Addendum(one) => {
            ("addendum", format!("{}: {}", one.written_by, one.text), String::new())
        }
        Happening::Task(task) => {
            let due = task.due.map_or_else(String::new, |due| format!(", due {due}"));
            match task.state() {
                TaskState::Open => {
                    ("to do", task.title.clone(), format!("{due}{}", who(task.owner_id, staff)))
                }
                state => {
                    let after = state.outcome().or(state.reason());
                    let parts = [Some(task.title.as_str()), after];
                    let parts: Vec<_> = parts.into_iter().flatten().collect();
                    (state.status().as_str(), parts.join(" → "), String::new())
                }
            }
        }
        Happening::Merge(one) => {
            let undone = if one.undone_at.is_some() { ", undone" } else { "" };
            let others = counted(one.others.0.len(), "other", "others");
            let text = match &one.reason {
                Some(reason) => format!("{reason}, "),
                None => String::new(),
            };
            ("merge", text, format!("with {others} by {}{undone}", one.merged_by))
        }
        Happening::Change(change) => ("record", change_in_words(change), String::new()),
        Happening::Ownership(owner) => {
            let name = |id: Option<Id<StaffMember>>| match id {
                Some(id) => short(&called(id, staff), 20),
                None => "nobody".to_owned(),
            };
            let why = owner.reason.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            let verb = owner.verb.map_or("", |verb| verb.as_str()).replace('_', " ");
            let by = format!(" {verb} by {}{why}", short(&owner.by, 20));
            let by = by.replace("  by", " by");
            ("owner", format!("{} → {}", name(owner.from), name(owner.to)), by)
        }
        _ => ("other", String::new(), String::new()),
    }
}

/// In a line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Who of us, behind what was said.
fn who(id: Option<Id<StaffMember>>, staff: &Staff) -> String {
    id.map_or_else(String::new, |id| format!(", {}", short(&called(id, staff), 20)))
}

fn called(id: Id<StaffMember>, staff: &Staff) -> String {
    staff.get(&id).map_or_else(|| id.to_string(), |one| one.name.clone())
}

fn as_json(entry: &TimelineEntry) -> serde_json::Value {
    let record = match &entry.happened {
        Happening::Interaction(one) => to_json(one.as_ref()),
        Happening::Addendum(one) => to_json(one.as_ref()),
        Happening::Task(one) => to_json(one.as_ref()),
        Happening::Step { opportunity, step } => {
            let mut record = to_json(step.as_ref());
            if let Some(members) = record.as_object_mut() {
                members.insert("opportunity".to_owned(), json!(opportunity));
            }
            record
        }
        Happening::Transaction(one) => to_json(one.as_ref()),
        Happening::Merge(one) => to_json(one.as_ref()),
        Happening::Change(change) => json!(change),
        Happening::Ownership(owner) => {
            json!({
                "from": owner.from, "to": owner.to, "by": owner.by, "verb": owner.verb,
                "why": owner.reason, "pool": owner.pool_id, "trace": owner.trace,
            })
        }
        _ => json!(null),
    };
    json!({"at": entry.at, "what": entry.happened.kind(), "record": record})
}

fn kind(text: &str) -> Result<TimelineKind, String> {
    text.parse()
}

fn place(text: &str) -> Result<TimelinePlace, String> {
    let wrong = || "this cursor does not belong to a timeline".to_owned();
    let (at, rest) = text.split_once('~').ok_or_else(wrong)?;
    let (id, kind) = rest.split_once('~').ok_or_else(wrong)?;
    Ok(TimelinePlace {
        at: at.parse().map_err(|_| wrong())?,
        id: id.parse().map_err(|_| wrong())?,
        kind: kind.parse().map_err(|_| wrong())?,
    })
}
