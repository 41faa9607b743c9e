//! `crm duplicates`: who is there more than once, and why that seems so.

mod csv;
mod found;

use std::path::PathBuf;

use clap::Args;
use crm_core::{
    duplicate::{self, Noise},
    kernel::Scope,
    ownership::MASK,
    store::{ReadUnit, Store, expect},
};
use serde_json::{Value, json};

use crate::{
    csv_file::Target,
    db::Db,
    failure::Failure,
    find,
    output::{Out, counted, grouped, short},
};
use found::Found;
pub(crate) use found::Shown;

/// `crm duplicates`
#[derive(Debug, Args)]
#[command(
    after_help = "`crm merge` makes one of several. When two are the same is a rule of the house: `crm settings`.\n\n\
                  Examples:\n  crm duplicates\n  crm duplicates --of 'Acme Bakeries'\n  crm duplicates --csv twins.csv"
)]
pub(crate) struct DuplicatesOf {
    /// Only what may be the same as this customer: an id, an external id or a name.
    #[arg(long, value_name = "CUSTOMER", conflicts_with = "csv")]
    of: Option<String>,
    /// At most so many groups, and so many pairs.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Writes every pair into this file, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

impl DuplicatesOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        db: &Db,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut unit = store.read(scope.clone()).await?;
        if let Some(text) = &self.of {
            return of_one(&mut *unit, text, out).await;
        }
        let target = self.csv.as_deref().map(|path| Target::new(path, db, out)).transpose()?;
        let found = Found::scan(&mut *unit).await?;
        if let Some(target) = target {
            return csv::write(&mut *unit, &found, target, out).await;
        }
        self.show(&mut *unit, &found, out).await
    }

    async fn show(&self, unit: &mut dyn ReadUnit, found: &Found, out: Out) -> Result<(), Failure> {
        let groups: Vec<_> = found.groups.iter().take(self.limit).collect();
        let pairs: Vec<_> = found.possible.iter().take(self.limit).collect();
        let ids = groups.iter().flat_map(|group| &group.customers).copied();
        let ids = ids.chain(pairs.iter().flat_map(|pair| [pair.one, pair.other]));
        let shown = Shown::of(unit, ids.collect::<Vec<_>>()).await?;
        if out.json {
            let groups: Vec<_> = groups.iter().map(|group| group.to_json(&shown)).collect();
            let pairs: Vec<_> = pairs.iter().map(|pair| shown.pair(pair)).collect();
            return out.json(&json!({
                "groups": groups, "pairs": pairs, "noise": noise(&found.noise, false),
                "counts": {
                    "groups": found.groups.len(), "pairs": found.possible.len(),
                    "customers_too_many": found.too_many(),
                },
            }));
        }
        for group in &groups {
            group.show(&shown, out)?;
        }
        if !pairs.is_empty() {
            out.line("Possibly the same:")?;
        }
        for pair in &pairs {
            for id in [pair.one, pair.other] {
                out.line(format!("  {id}  {}", shown.name(id, 58)))?;
            }
            out.line(shown.like(pair).why())?;
            out.line(format!("  crm merge {} {} --preview", pair.one, pair.other))?;
        }
        tell_noise(&found.noise, false, out)?;
        if found.groups.is_empty() && found.possible.is_empty() {
            return out.line("Nobody seems to be there more than once.");
        }
        let groups = counted(found.groups.len(), "customer is", "customers are");
        let pairs = counted(found.possible.len(), "pair is", "pairs are");
        out.line(format!("{groups} there more than once; {pairs} possibly the same."))?;
        if found.groups.len() > self.limit || found.possible.len() > self.limit {
            return out.line("There are more: --limit N shows more, --csv FILE writes them all.");
        }
        Ok(())
    }
}

async fn of_one(unit: &mut dyn ReadUnit, text: &str, out: Out) -> Result<(), Failure> {
    let meant = find::customer(unit, text).await?;
    let rules = crm_core::settings::house_rules(unit).await?;
    let id = meant.customer.id;
    let whole = expect(unit, id).await?;
    let found = duplicate::find(unit, &whole).await?;
    let ids = found.found.iter().map(|one| one.customer.id).chain([id]);
    let shown = Shown::of(unit, ids.collect::<Vec<_>>()).await?;
    let hidden = shown.hides(id);
    if out.json {
        let list: Vec<_> = found
            .found
            .iter()
            .map(|one| {
                let like = shown.likeness([id, one.customer.id], &one.likeness);
                let certain = one.likeness.is_certain(&rules.duplicates);
                json!({"customer": shown.who(one.customer.id), "certain": certain, "likeness": like})
            })
            .collect();
        return out.json(&json!({
            "customer": find::named(&meant.customer), "merged_from": meant.merged_from(),
            "duplicates": list, "noise": noise(&found.noise, hidden),
        }));
    }
    meant.note(out)?;
    for one in &found.found {
        out.line(format!("  {}  {}", one.customer.id, shown.name(one.customer.id, 58)))?;
        out.line(shown.likeness([id, one.customer.id], &one.likeness).why())?;
    }
    tell_noise(&found.noise, hidden, out)?;
    let name = short(&meant.customer.name, 50);
    match found.found.first() {
        Some(first) => {
            let other = first.customer.id;
            out.line(format!("To look at it:\n  crm merge {id} {other} --preview"))
        }
        None => out.line(format!("Nobody is there that may be the same as {name}.")),
    }
}

fn noise(noise: &[Noise], hidden: bool) -> Vec<Value> {
    noise.iter().map(|one| json!({"key": key(one, hidden), "records": one.records})).collect()
}

/// A key, where it tells of nobody what is not shown.
fn key(noise: &Noise, hidden: bool) -> &str {
    if hidden { MASK } else { noise.term.as_str() }
}

fn tell_noise(noise: &[Noise], hidden: bool, out: Out) -> Result<(), Failure> {
    let Some(first) = noise.first() else { return Ok(()) };
    let keys = counted(noise.len(), "key was", "keys were");
    let (key, records) = (short(key(first, hidden), 30), grouped(first.records));
    out.line(format!(
        "{keys} not looked at: too many share them, such as {key} ({records} records)."
    ))
}
