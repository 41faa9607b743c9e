use crm_core::{
    contact::Contact,
    customer::Customer,
    kernel::{Entity, Id},
    lead::{Choice, Conversion, Lead, preview},
    opportunity::Opportunity,
    store::ReadUnit,
};
use serde_json::{Value, json};

use crate::{
    duplicates::Shown,
    failure::Failure,
    find,
    output::{Out, counted, short},
};

use super::title;

/// `crm lead convert --preview`
pub(super) async fn run(
    unit: &mut dyn ReadUnit,
    lead: &Lead,
    asked: &Conversion,
    out: Out,
) -> Result<(), Failure> {
    let mut told = preview(unit, lead.id, asked).await?;
    mask(unit, &mut told.customer).await?;
    let customer = part(&told.customer, |one: &Customer| (one.id.to_string(), one.name.clone()));
    let contact = told.contact.as_ref();
    let contact =
        contact.map(|one| part(one, |one: &Contact| (one.id.to_string(), one.name.clone())));
    let deal = told.opportunity.as_ref();
    let deal =
        deal.map(|one| part(one, |one: &Opportunity| (one.id.to_string(), one.name.clone())));
    let open = told.open_opportunities.iter();
    let open: Vec<_> = open.map(|one| json!({"id": one.id, "name": one.name})).collect();
    if out.json {
        return out.json(&json!({
            "lead": lead.id, "customer": customer, "contact": contact, "opportunity": deal,
            "open_opportunities": open, "interactions": told.interactions, "tasks": told.tasks,
        }));
    }
    out.line(format!("{} would become", title(lead, 60)))?;
    line("customer", Some(&customer), out)?;
    line("contact", contact.as_ref(), out)?;
    line("opportunity", deal.as_ref(), out)?;
    for one in &open {
        let (name, id) = (text(one, "name"), text(one, "id"));
        out.line(format!("  It may belong to the open opportunity {}: {id}", short(name, 40)))?;
    }
    let interactions = counted(told.interactions, "interaction", "interactions");
    let tasks = counted(told.tasks, "task", "tasks");
    out.line(format!("{interactions} and {tasks} would go along. Nothing was changed."))
}

/// Leaves out what is not shown of the customers that are there.
async fn mask(unit: &mut dyn ReadUnit, choice: &mut Choice<Customer>) -> Result<(), Failure> {
    match choice {
        Choice::New(_) => {}
        Choice::Existing(there) => {
            let shown = find::as_shown(unit, there).await?;
            **there = there.clone().edit(|customer| *customer = shown);
        }
        Choice::Unclear(likely) => {
            let shown = Shown::of(unit, likely.iter().map(|one| Id::new(one.id))).await?;
            for one in likely {
                [one.name, one.why] = shown.told(Id::new(one.id), &one.name, &one.why);
            }
        }
    }
    Ok(())
}

/// What a lead becomes, for programs.
fn part<E: Entity>(choice: &Choice<E>, named: impl Fn(&E) -> (String, String)) -> Value {
    let is = |how: &str, one: &E| {
        let (id, name) = named(one);
        json!({"is": how, "id": id, "name": name})
    };
    match choice {
        Choice::New(new) => is("new", new),
        Choice::Existing(there) => is("existing", there),
        Choice::Unclear(likely) => {
            let likely = likely.iter();
            let likely: Vec<_> =
                likely.map(|one| json!({"id": one.id, "name": one.name, "why": one.why})).collect();
            json!({"is": "unclear", "candidates": likely})
        }
    }
}

fn line(what: &str, part: Option<&Value>, out: Out) -> Result<(), Failure> {
    let Some(part) = part else { return Ok(()) };
    let how = match text(part, "is") {
        "new" => format!("a new {what}, {}", short(text(part, "name"), 50)),
        "existing" => {
            let (name, id) = (text(part, "name"), text(part, "id"));
            format!("the {what} {}, who is there: {id}", short(name, 40))
        }
        _ => format!(
            "a {what}, and it is not clear which; name one with --{what}, or ask with --new-{what}:"
        ),
    };
    out.line(format!("  {how}"))?;
    for one in part["candidates"].as_array().into_iter().flatten() {
        let (name, why, id) = (text(one, "name"), text(one, "why"), text(one, "id"));
        out.line(format!("    {} ({id}): {}", short(name, 30), short(why, 50)))?;
    }
    Ok(())
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}
