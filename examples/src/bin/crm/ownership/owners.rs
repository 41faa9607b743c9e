use clap::{Args, ValueEnum};
use crm_core::{
    kernel::Id,
    ownership::{Owned, OwnerStep, OwnerVerb, ownership_history},
    pool::{self, Pool},
    store::{Read, ReadUnit},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, short, wrapped},
};

use super::{Staff, called};

/// `crm owners`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  crm owners 'Acme Bakeries'\n  crm owners 1C1I7A6R --kind opportunity --explain"
)]
pub(crate) struct Owners {
    /// The customer, or whatever --kind says: an id, an external id or a name.
    record: String,
    /// What it is.
    #[arg(long, value_enum, default_value = "customer")]
    kind: KindOf,
    /// Also lists everybody whom the rules looked at: who could have got it, and who was left out and why.
    #[arg(long)]
    explain: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindOf {
    Customer,
    Opportunity,
    Lead,
    Task,
}

impl Owners {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let text = &self.record;
        match self.kind {
            KindOf::Customer => {
                let meant = find::customer(unit, text).await?;
                if !out.json {
                    meant.note(out)?;
                }
                let head = json!({
                    "customer": find::named(&meant.customer), "merged_from": meant.merged_from(),
                });
                self.of(unit, meant.customer.id, &meant.customer.name, head, out).await
            }
            KindOf::Opportunity => {
                let one = find::deal(unit, text).await?;
                let head = json!({"opportunity": {"id": one.id, "name": one.name}});
                self.of(unit, one.id, &one.name, head, out).await
            }
            KindOf::Lead => {
                let one = find::lead(unit, text).await?;
                let head = json!({"lead": {"id": one.id, "name": one.called()}});
                self.of(unit, one.id, one.called(), head, out).await
            }
            KindOf::Task => {
                let one = find::task(unit, text).await?;
                let head = json!({"task": {"id": one.id, "name": one.title}});
                self.of(unit, one.id, &one.title, head, out).await
            }
        }
    }

    async fn of<'u, E: Owned>(
        &self,
        unit: &mut (dyn ReadUnit + 'u),
        id: Id<E>,
        name: &str,
        mut head: Value,
        out: Out,
    ) -> Result<(), Failure>
    where
        dyn ReadUnit + 'u: Read<E>,
    {
        let steps = ownership_history(unit, id).await?;
        let named = steps.iter().flat_map(|step| [step.from, step.to]).flatten();
        let staff = find::colleagues(unit, named).await?;
        let pools = pool::ID.one_of(steps.iter().filter_map(|step| step.pool_id));
        let pools = Read::<Pool>::find(unit, pools.query().limit(1_000)).await?.items;
        let pool = |step: &OwnerStep| {
            let id = step.pool_id?;
            let found = pools.iter().find(|pool| pool.id == id);
            Some(found.map_or_else(|| "a pool".to_owned(), |pool| pool.name.clone()))
        };
        if out.json {
            let steps: Vec<_> =
                steps.iter().map(|step| as_json(step, &staff, pool(step).as_deref())).collect();
            head["owners"] = json!(steps);
            return out.json(&head);
        }
        if steps.is_empty() {
            return out.line(format!("{} never had an owner.", short(name, 40)));
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
        out.table(&["Since (UTC)", "Owner", "How", "By", "Why"], 5, rows)?;
        steps.iter().try_for_each(|step| self.decided(step, out))
    }

    /// How rules came to an owner, as the history keeps it.
    fn decided(&self, step: &OwnerStep, out: Out) -> Result<(), Failure> {
        let kept = Value::Object(step.trace.members());
        let Some(text) = kept["text"].as_str() else { return Ok(()) };
        let at = step.at.to_minute();
        out.line(wrapped(&format!("{at}: {text}"), 100))?;
        if !self.explain {
            return Ok(());
        }
        let rules: Vec<RuleKept> =
            serde_json::from_value(kept["rules"].clone()).unwrap_or_default();
        let rows = rules.iter().flat_map(|rule| {
            let seen = rule.choices.iter().flat_map(|choice| &choice.candidates);
            seen.map(move |one| vec![short(&rule.rule, 30), short(&one.name, 24), one.words()])
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            Ok(())
        } else {
            out.table(&["Rule", "Who", "What was found"], 3, rows)
        }
    }
}

/// A rule in a trace, as far as it is shown.
#[derive(Deserialize)]
struct RuleKept {
    rule: String,
    #[serde(default)]
    choices: Vec<ChoiceKept>,
}

#[derive(Deserialize)]
struct ChoiceKept {
    #[serde(default)]
    candidates: Vec<CandidateKept>,
}

#[derive(Deserialize)]
struct CandidateKept {
    name: String,
    #[serde(default)]
    chosen: bool,
    #[serde(default)]
    figure: Option<String>,
    #[serde(default)]
    excluded: Option<String>,
}

impl CandidateKept {
    fn words(&self) -> String {
        let figure = self.figure.as_ref().map_or_else(String::new, |figure| format!(": {figure}"));
        match &self.excluded {
            Some(why) => format!("left out: {}", why.trim_start_matches("is ")),
            None if self.chosen => format!("chosen{figure}"),
            None => format!("could have got it{figure}"),
        }
    }
}

fn verb(step: &OwnerStep) -> &'static str {
    match step.verb {
        None => "from the beginning",
        Some(OwnerVerb::HandedOver) => "handed over",
        Some(OwnerVerb::Edited) => "edited by hand",
        Some(OwnerVerb::Released) => "given back",
        Some(OwnerVerb::Reclaimed) => "taken away",
        Some(OwnerVerb::Recycled) => "taken back",
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
