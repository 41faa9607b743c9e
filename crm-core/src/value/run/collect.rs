//! What all customers of a run brought, before any is judged. Of each customer whole numbers of
//! 8 bytes are kept: what it brings, and what it brought for its score.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    kernel::{Currency, Invalid},
    value::{
        Basis, Standings, Summary, fifths,
        pareto::select::{Selection, Weight},
        rfm::Scorer,
        units::to_units,
    },
    value_run::ValueRun,
};

use super::{
    ValuePolicies,
    judge::{Counts, Judge, bought, scale_of},
    rows::CustomerRow,
    sorted::Sorted,
};

/// What all customers brought, one added after the other.
pub(super) struct Collected<'p> {
    policies: &'p ValuePolicies,
    basis: Basis,
    currency: Currency,
    as_of: NaiveDate,
    values: Vec<i64>,
    /// Of each category that has scales of its own, then of all others.
    scales: Vec<Figured>,
    without_cost: i64,
}

/// What those have who are scored by one scale.
#[derive(Default)]
struct Figured {
    recency: BTreeMap<i64, u64>,
    frequency: BTreeMap<i64, u64>,
    monetary: Vec<i64>,
}

impl<'p> Collected<'p> {
    pub(super) fn new(
        policies: &'p ValuePolicies,
        basis: Basis,
        currency: Currency,
        as_of: NaiveDate,
    ) -> Self {
        let scales = (0..=policies.rfm.categories.len()).map(|_| Figured::default()).collect();
        Self { policies, basis, currency, as_of, values: Vec::new(), scales, without_cost: 0 }
    }

    /// The same for a run without scores, of what customers bring.
    pub(super) fn of_values(
        policies: &'p ValuePolicies,
        run: &ValueRun,
        values: Vec<i64>,
        without_cost: i64,
    ) -> Self {
        let (basis, currency, as_of) = (run.basis, run.currency, run.as_of);
        Self { values, without_cost, ..Self::new(policies, basis, currency, as_of) }
    }

    pub(super) fn add(&mut self, row: &CustomerRow) -> Result<(), Invalid> {
        let value = to_units(row.value(self.basis, self.currency)?)?;
        self.values.push(value);
        self.without_cost += row.figures.without_cost;
        let scale = scale_of(self.policies, row.category.as_deref());
        if let (Some([recency, frequency, monetary]), Some(figured)) =
            (bought(row, self.as_of, value)?, self.scales.get_mut(scale))
        {
            *figured.recency.entry(recency).or_default() += 1;
            *figured.frequency.entry(frequency).or_default() += 1;
            figured.monetary.push(monetary);
        }
        Ok(())
    }

    pub(super) fn judge(self) -> Result<Judge<'p>, Invalid> {
        let Self { policies, basis, currency, as_of, values, scales, without_cost } = self;
        let scorers = scales.into_iter().enumerate().map(|(at, figured)| {
            let own = policies.rfm.categories.values().nth(at);
            let by = own.unwrap_or(&policies.rfm.scales);
            let all = figured.monetary.len() as u64;
            // Units of 10^-4, as thresholds are.
            Ok([
                Scorer::of_groups(&by.recency, figured.recency.into_iter(), all, -1)?,
                Scorer::of_groups(&by.frequency, figured.frequency.into_iter(), all, 1)?,
                Scorer::of(&by.monetary, figured.monetary, 1)?,
            ])
        });
        let scorers = scorers.collect::<Result<_, Invalid>>()?;
        let selection = Selection::of(&values);
        let summary = Summary::of(&selection, &policies.cuts)?;
        let all = values.len() as u64;
        let size = all.div_ceil(5);
        let better = all - size.min(all - size);
        let edge = |customers: u64| {
            let edge = selection.crossing(Weight::Customers, customers.into())?;
            Some((edge.value, customers - edge.before.customers))
        };
        let edges = [edge(size), edge(better)];
        let standings = Standings::of(&values, &policies.standing, currency)?;
        let fifths = fifths(&values, 0, currency)?;
        let counts = Counts::new(policies);
        let sorted = Sorted::of(values);
        Ok(Judge {
            policies,
            basis,
            currency,
            as_of,
            scorers,
            summary,
            edges,
            standings,
            fifths,
            sorted,
            counts,
            without_cost,
        })
    }
}
