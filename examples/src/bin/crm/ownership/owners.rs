use clap::Args;
use crm_core::{
    ownership::{OwnerStep, ownership_history},
    pool::{self, Pool},
    store::{Read, ReadUnit},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

use super::{Staff, called};

/// `crm owners`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  crm owners 'Acme Bakeries'")]
pub(crate) struct Owners {
    /// The customer: an id, an external id or a name.
    customer: String,
}

impl Owners {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let meant = find::customer(unit, &self.customer).await?;
        let steps = ownership_history(unit, meant.customer.id).await?;
        let named = steps.iter().flat_map(|step| [step.from, step.to]).flatten();
        let staff = find::colleagues(unit, named).await?;
        let pools = pool::ID.one_of(steps.iter().filter_map(|step| step.pool_id));
        let pools = Read::<Pool>::find(unit, pools.query().limit(1_000)).await?.items;
        let pool = |step: &OwnerStep| {
            let id = step.pool_id?;
            let found = pools.iter().find(|pool| pool.id == id);
            Some(found.map_or_else(|| id.to_string(), |pool| pool.name.clone()))
        };
        if out.json {
            let steps: Vec<_> =
                steps.iter().map(|step| as_json(step, &staff, pool(step).as_deref())).collect();
            return out.json(&json!({
                "customer": find::named(&meant.customer), "merged_from": meant.merged_from(),
                "owners": steps,
            }));
        }
        meant.note(out)?;
        if steps.is_empty() {
            return out.line(format!("{} never had an owner.", short(&meant.customer.name, 40)));
        }
        let rows = steps.iter().map(|step| {
            vec![
                step.at.to_datetime().format("%Y-%m-%d %H:%M").to_string(),
                step.to.map_or_else(|| "nobody".to_owned(), |id| called(&staff, id, 24)),
                verb(step).to_owned(),
                short(&step.by, 20),
                why(step, pool(step).as_deref()),
            ]
        });
        out.table(&["Since", "Owner", "How", "By", "Why"], 5, rows)
    }
}

fn verb(step: &OwnerStep) -> &'static str {
    use crm_core::ownership::OwnerVerb;
    match step.verb {
        None => "from the beginning",
        Some(OwnerVerb::HandedOver) => "handed over",
        Some(OwnerVerb::Edited) => "edited by hand",
        Some(verb) => verb.as_str(),
    }
}

fn why(step: &OwnerStep, pool: Option<&str>) -> String {
    let pool = pool.map(|name| {
        let preposition = if step.to.is_some() { "from" } else { "to" };
        format!("{preposition} {name}")
    });
    let parts: Vec<_> = pool.into_iter().chain(step.reason.clone()).collect();
    short(&parts.join(": "), 60)
}

fn as_json(step: &OwnerStep, staff: &Staff, pool: Option<&str>) -> Value {
    let person = |id: Option<_>| id.map(|id| json!({"id": id, "name": called(staff, id, 500)}));
    json!({
        "at": step.at, "from": person(step.from), "to": person(step.to), "by": step.by,
        "verb": step.verb, "why": step.reason, "trace": step.trace,
        "pool": step.pool_id.map(|id| json!({"id": id, "name": pool})),
    })
}
