use std::cmp::Reverse;

use crm_core::{
    customer::Customer,
    kernel::{Id, Money},
    value::Standing,
    value_run::ValueRun,
    value_run_line::ValueRunLine,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, short, told_plain, wrapped},
    page::Table,
};

use super::{Told, tables::name, told::line_json};

/// So wide are sentences.
const WIDE: usize = 100;

/// Some of the important, of those to be won, and of the dispensable.
pub(crate) struct Standings {
    most: usize,
    groups: [(Standing, &'static str, Vec<ValueRunLine>); 3],
}

impl Standings {
    pub(crate) const fn new(most: usize) -> Self {
        let groups = [
            (Standing::Important, "The important", Vec::new()),
            (Standing::ToWin, "To be won", Vec::new()),
            (Standing::Dispensable, "Dispensable", Vec::new()),
        ];
        Self { most, groups }
    }

    pub(crate) fn add(&mut self, line: &ValueRunLine) {
        let most = self.most;
        let group = self.groups.iter_mut().find(|(group, _, _)| Some(*group) == line.standing);
        let Some((group, _, lines)) = group.filter(|_| most > 0) else { return };
        lines.push(line.clone());
        if lines.len() > 2 * most + 100 {
            cut(*group, lines, most);
        }
    }

    /// Only so many of each.
    pub(crate) const fn truncate(&mut self, most: usize) {
        self.most = most;
    }

    /// Whose names are to be known.
    pub(crate) fn customers(&mut self) -> Vec<Id<Customer>> {
        let most = self.most;
        let mut ids = Vec::new();
        for (group, _, lines) in &mut self.groups {
            cut(*group, lines, most);
            ids.extend(lines.iter().map(|line| line.customer_id));
        }
        ids
    }

    /// Each with its reason.
    pub(crate) fn show(
        &self,
        run: &ValueRun,
        names: &find::Customers,
        out: Out,
    ) -> Result<(), Failure> {
        for (_, title, lines) in self.groups.iter().filter(|(_, _, lines)| !lines.is_empty()) {
            out.line(format!("\n{title}:"))?;
            for line in lines {
                let name = names.get(&line.customer_id);
                let name = name.map_or("somebody", |customer| customer.name.as_str());
                let reasons = line.reasons(run).map_err(crm_core::Error::from)?;
                let reason = reasons.standing.unwrap_or_default();
                let told = wrapped(&format!("{}: {reason}", short(name, 40)), WIDE - 2);
                out.line(format!("  {}", told.replace('\n', "\n  ")))?;
            }
        }
        Ok(())
    }

    /// A table of each, for a page.
    pub(crate) fn tables(
        &self,
        told: &Told,
        names: &find::Customers,
    ) -> Result<Vec<Table>, Failure> {
        let money =
            |amount: Option<Decimal>| amount.map_or_else(String::new, |one| told.money(one));
        let groups = self.groups.iter().filter(|(_, _, lines)| !lines.is_empty());
        let tables = groups.map(|(_, title, lines)| {
            let rows = lines.iter().map(|line| {
                let reasons = line.reasons(&told.run).map_err(crm_core::Error::from)?;
                Ok(vec![
                    name(names, line),
                    money(line.value.map(Money::amount)),
                    money(line.expected),
                    reasons.standing.unwrap_or_default(),
                ])
            });
            let rows = rows.collect::<Result<Vec<_>, Failure>>()?;
            Ok(Table::new(*title, &["Customer", "Value", "Expected", "Why"], 1..3, rows))
        });
        tables.collect()
    }

    /// By which model it is expected, and each with its reasons.
    pub(crate) fn tell(
        &self,
        told: &mut Value,
        run: &ValueRun,
        names: &find::Customers,
    ) -> Result<(), Failure> {
        let fitted = run.totals.as_ref().and_then(|totals| totals.lifetime.as_ref());
        told["lifetime"] = json!({"policy": run.policies.lifetime, "fitted": fitted});
        for (group, _, lines) in self.groups.iter().filter(|_| self.most > 0) {
            let lines = lines.iter().map(|line| {
                let mut told = line_json(run, line, names)?;
                told["expected"] = json!(line.expected.map(|one| told_plain(one, run.currency)));
                Ok(told)
            });
            told[group.as_str()] = lines.collect::<Result<Vec<_>, Failure>>()?.into();
        }
        Ok(())
    }
}

/// The important by rank, those to be won by what is expected of them, and the dispensable who bring least.
fn cut(group: Standing, lines: &mut Vec<ValueRunLine>, most: usize) {
    match group {
        Standing::ToWin => lines.sort_by_key(|line| (Reverse(line.expected), line.customer_id)),
        Standing::Dispensable => lines.sort_by_key(|line| (Reverse(line.rank), line.customer_id)),
        _ => lines.sort_by_key(|line| (line.rank, line.customer_id)),
    }
    lines.truncate(most);
}
