use std::collections::{BTreeMap, HashMap};

use clap::Args;
use crm_core::{
    customer::{Customer, Figures, RollUp, roll_up},
    kernel::{Currency, Id, Money},
    store::ReadUnit,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::{
    failure::Failure,
    find::{self, Customers},
    output::{Out, grouped, short},
};

/// `crm family`
#[derive(Debug, Args)]
#[command(
    after_help = "Opportunities are counted whatever became of them; won is the amount of those that were won.\n\
                  Each with all that stand below it.\n\n\
                  Example:\n  crm family 'Acme Group'"
)]
pub(crate) struct FamilyOf {
    /// The customer at the top: an id, an external id or a name.
    customer: String,
}

impl FamilyOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let meant = find::customer(unit, &self.customer).await?;
        let all = roll_up(unit, meant.customer.id).await?;
        let called = find::customers(unit, all.iter().map(|one| one.customer)).await?;
        let lines = lines(&all, &called);
        if out.json {
            let family: Vec<_> = lines.iter().map(Line::to_json).collect();
            return out.json(&json!({
                "customer": find::named(&meant.customer), "merged_from": meant.merged_from(),
                "family": family,
            }));
        }
        meant.note(out)?;
        let rows = lines.iter().flat_map(Line::rows);
        out.table(&["Customer", "Opportunities", "Won", "Revenue"], 1, rows)?;
        match lines.len() {
            1 => out.line("No customer stands below it: `parent` in an import says so."),
            _ => Ok(()),
        }
    }
}

/// A customer of the family.
struct Line<'a> {
    level: usize,
    name: &'a str,
    of: &'a RollUp,
}

/// Each below the one above it, by name.
fn lines<'a>(all: &'a [RollUp], called: &'a Customers) -> Vec<Line<'a>> {
    let name = |id: Id<Customer>| called.get(&id).map_or("", |one| one.name.as_str());
    let mut below: HashMap<_, Vec<&RollUp>> = HashMap::new();
    for one in all {
        below.entry(one.parent).or_default().push(one);
    }
    // The first is taken from the end.
    below.values_mut().for_each(|list| {
        list.sort_by(|a, b| {
            let key = |one: &RollUp| (name(one.customer), one.customer);
            key(b).cmp(&key(a))
        });
    });
    let tops = below.remove(&None).unwrap_or_default();
    let mut waiting: Vec<_> = tops.into_iter().map(|of| (0, of)).collect();
    let mut lines = Vec::new();
    while let Some((level, of)) = waiting.pop() {
        lines.push(Line { level, name: name(of.customer), of });
        let next = below.remove(&Some(of.customer)).unwrap_or_default();
        waiting.extend(next.into_iter().map(|of| (level + 1, of)));
    }
    lines
}

impl Line<'_> {
    /// What it brought with all below it; what it brought itself, where that is less.
    fn rows(&self) -> Vec<Vec<String>> {
        let row = |level: usize, name: &str, of: &Figures| {
            let name = short(&format!("{}{name}", "· ".repeat(level.min(8))), 40);
            vec![name, grouped(of.opportunities), in_words(&of.won), in_words(&of.revenue)]
        };
        let mut rows = vec![row(self.level, self.name, &self.of.total)];
        if self.of.own != self.of.total {
            rows.push(row(self.level + 1, "itself", &self.of.own));
        }
        rows
    }

    fn to_json(&self) -> Value {
        json!({
            "id": self.of.customer, "name": self.name, "parent": self.of.parent,
            "level": self.level, "own": figures(&self.of.own), "total": figures(&self.of.total),
        })
    }
}

fn figures(figures: &Figures) -> Value {
    let Figures { opportunities, won, revenue, .. } = figures;
    json!({"opportunities": opportunities, "won": by_currency(won), "revenue": by_currency(revenue)})
}

fn by_currency(amounts: &BTreeMap<Currency, Decimal>) -> Value {
    let one = |(currency, amount): (&Currency, &Decimal)| {
        (currency.to_string(), json!(text(*amount, *currency)))
    };
    Value::Object(amounts.iter().map(one).collect::<Map<_, _>>())
}

fn in_words(amounts: &BTreeMap<Currency, Decimal>) -> String {
    let one = |(currency, amount): (&Currency, &Decimal)| {
        format!("{} {currency}", grouped(text(*amount, *currency)))
    };
    let all: Vec<_> = amounts.iter().map(one).collect();
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

/// With the currency's decimals.
fn text(amount: Decimal, currency: Currency) -> String {
    Money::new(amount, currency).map_or_else(|_| amount.to_string(), |money| money.amount_text())
}
