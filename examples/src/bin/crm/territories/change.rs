use std::{collections::HashMap, path::Path};

use chrono::{Days, NaiveDate};
use crm_core::{
    kernel::{Id, Scope},
    store::{ReadUnit, Store, run},
    territory::{self, Figures, Territory, TerritoryPlan},
};
use serde_json::{Value, json};

use super::Preview;
use crate::{
    failure::Failure,
    find,
    output::{Out, counted, grouped, short},
    settings,
};

fn read(file: &Path) -> Result<TerritoryPlan, Failure> {
    serde_json::from_value(settings::read(file)?)
        .map_err(|wrong| Failure::File { path: file.to_owned(), what: wrong.to_string() })
}

pub(super) async fn align(
    file: &Path,
    store: &dyn Store,
    scope: &Scope,
    day: NaiveDate,
    out: Out,
) -> Result<(), Failure> {
    let plan = read(file)?;
    let aligned = run(store, scope, |work| {
        let plan = plan.clone();
        Box::pin(async move { work.territories().align(&plan, day).await })
    });
    let aligned = aligned.await?;
    let (territories, members) = (aligned.territories.len(), aligned.members.len());
    if out.json {
        return out.json(&json!({"day": day, "territories": territories, "members": members}));
    }
    out.line(format!(
        "From {day} on: {} with {}.",
        counted(territories, "territory", "territories"),
        counted(members, "member", "members")
    ))
}

pub(super) async fn preview(
    asked: &Preview,
    unit: &mut dyn ReadUnit,
    day: NaiveDate,
    out: Out,
) -> Result<(), Failure> {
    let aligned = read(&asked.file)?.resolve(unit, day).await?;
    let to = asked.to.unwrap_or(day);
    let a_year_before = || to.checked_sub_days(Days::new(365)).unwrap_or(to);
    let from = asked.from.unwrap_or_else(a_year_before);
    let found = territory::preview(unit, &aligned, day, (from, to)).await?;
    let mut names = super::names(unit).await?;
    names.extend(aligned.territories.into_iter().map(|one| (one.id, one.name)));
    let staff = find::colleagues(unit, found.members.keys().copied()).await?;
    let mut members: Vec<_> = found
        .members
        .iter()
        .filter_map(|(id, change)| Some((staff.get(id)?.name.as_str(), change)))
        .collect();
    members.sort_by_key(|(name, _)| *name);
    let mut moves: Vec<_> = found
        .moves
        .iter()
        .map(|one| (called(&names, one.from), called(&names, one.to), &one.figures))
        .collect();
    moves.sort_by_key(|(from, to, _)| (*from, *to));
    if out.json {
        let mut territories: Vec<_> = found
            .territories
            .iter()
            .map(|(id, change)| (called(&names, Some(*id)), change))
            .collect();
        territories.sort_by_key(|(name, _)| *name);
        let moves: Vec<_> = moves
            .iter()
            .map(|(from, to, figures)| json!({"from": from, "to": to, "figures": as_json(figures)}))
            .collect();
        let gain_loss = |(name, change): &(&str, &territory::GainLoss)| json!({"name": name, "gains": as_json(&change.gains), "loses": as_json(&change.loses)});
        let members: Vec<_> = members.iter().map(gain_loss).collect();
        let territories =
            territories.into_iter().filter_map(|(name, change)| Some((name?, change)));
        let territories: Vec<_> = territories.map(|one| gain_loss(&one)).collect();
        return out.json(&json!({
            "day": day, "revenue": {"from": from, "to": to}, "moves": moves,
            "territories": territories, "members": members,
        }));
    }
    match (moves.is_empty(), members.is_empty()) {
        (true, true) => {
            return out.line("No customer would move, and nobody would gain or lose one.");
        }
        (true, false) => {
            out.line(format!(
                "On {day} no customer would move to another territory; people would change, with the revenue \
                 from {from} to {to}:"
            ))?;
        }
        (false, _) => {
            out.line(format!("What would move on {day}, with the revenue from {from} to {to}:"))?;
        }
    }
    let rows = moves.iter().map(|(from, to, figures)| {
        let mut row =
            vec![short(from.unwrap_or("nowhere"), 24), short(to.unwrap_or("nowhere"), 24)];
        row.extend(cells(figures));
        row
    });
    if !moves.is_empty() {
        out.table(&["From", "To", "Customers", "Revenue", "Open"], 2, rows)?;
    }
    if members.is_empty() {
        return Ok(());
    }
    let rows = members.iter().flat_map(|(name, change)| {
        [("gains", &change.gains), ("loses", &change.loses)]
            .into_iter()
            .filter(|(_, figures)| figures.customers > 0)
            .map(|(what, figures)| {
                let mut row = vec![short(name, 30), what.to_owned()];
                row.extend(cells(figures));
                row
            })
    });
    let rows: Vec<_> = rows.collect();
    out.table(&["Who", "", "Customers", "Revenue", "Open"], 2, rows)
}

fn called(names: &HashMap<Id<Territory>, String>, id: Option<Id<Territory>>) -> Option<&str> {
    id.map(|id| names.get(&id).map_or("-", String::as_str))
}

fn cells(figures: &Figures) -> [String; 3] {
    let amounts =
        |all: &std::collections::BTreeMap<crm_core::kernel::Currency, rust_decimal::Decimal>| {
            let all =
                all.iter().map(|(currency, amount)| format!("{} {currency}", grouped(amount)));
            let all = all.collect::<Vec<_>>().join("\n");
            if all.is_empty() { "-".to_owned() } else { all }
        };
    [grouped(figures.customers), amounts(&figures.revenue), amounts(&figures.pipeline)]
}

/// Amounts are strings.
fn as_json(figures: &Figures) -> Value {
    let amounts =
        |all: &std::collections::BTreeMap<crm_core::kernel::Currency, rust_decimal::Decimal>| {
            let all = all
                .iter()
                .map(|(currency, amount)| (currency.code().to_owned(), json!(amount.to_string())));
            Value::Object(all.collect())
        };
    json!({
        "customers": figures.customers, "revenue": amounts(&figures.revenue),
        "open": amounts(&figures.pipeline),
    })
}
