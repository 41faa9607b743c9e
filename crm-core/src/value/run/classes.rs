//! Runs that keep what customers bring and their classes, and no more.

use crate::{
    Result,
    customer::Customer,
    exchange_rate::DatedRates,
    kernel::{Id, Invalid, Money, Scope, Stored},
    store::{Append, CUSTODIAN, ReadUnit, Store},
    value::{
        Basis, Summary, ValueClass, ValueQuestion, Values, of_units, plain,
        question::{Known, values_of},
    },
    value_run::ValueRun,
};

use super::{collect::Collected, rows::service_rate};

/// So many are written at once.
const AT_ONCE: usize = 20_000;

/// What a customer brings in a run with classes, and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerClass {
    /// Who.
    pub customer: Id<Customer>,
    /// What it brings, in units of 10^-4 of the run's currency.
    pub units: i64,
    /// Its class.
    pub class: ValueClass,
}

impl CustomerClass {
    /// Whether a store may keep these after what it has of the run: in the order of customers, each once, all after the last
    /// one that is there.
    ///
    /// # Errors
    /// Whose class comes too late, and after whom.
    pub fn follow(last: Option<Id<Customer>>, classes: &[Self]) -> Result<(), Invalid> {
        let mut last = last;
        for Self { customer, .. } in classes {
            if let Some(before) = last.filter(|before| before >= customer) {
                let reason = format!(
                    "customer {customer} comes after {before}: they are kept in the order of their ids, each once"
                );
                return Err(Invalid::field::<ValueRun>("classes", reason));
            }
            last = Some(*customer);
        }
        Ok(())
    }
}

/// What customers bring, and where classes end.
pub(super) struct Told {
    values: Values,
    summary: Summary,
}

/// What a run says of everybody, with its totals.
pub(super) async fn told_classes(
    unit: &mut (dyn ReadUnit + '_),
    run: &mut ValueRun,
) -> Result<Told> {
    let (period, basis) = (run.period()?, run.basis);
    let rates = DatedRates::load(unit, run.currency, period.to()).await?;
    let question = ValueQuestion { basis, period, rates, service: None };
    let service = run.policies.service.as_ref().filter(|_| basis == Basis::Profit);
    let known = values_of(unit, &question, service).await?;
    let Known { values, without_cost: counted, uncounted } = known;
    let each = values.customers.iter().zip(&values.units);
    if let Some((customer, units)) = each.max_by_key(|(_, units)| units.unsigned_abs()) {
        Money::new(of_units((*units).into()), run.currency).map_err(|error| {
            Invalid::field::<ValueRun>("value", format!("customer {customer}: {error}"))
        })?;
    }
    let without_cost = match counted {
        Some(counted) => counted,
        None => plain::without_cost(unit, &period).await?,
    };
    let units = values.units.clone();
    let judge = Collected::of_values(&run.policies, run, units, without_cost).judge()?;
    let summary = judge.summary.clone();
    let mut totals = judge.totals()?;
    totals.add_unknown(uncounted, service_rate(service, &question.rates, &period));
    if run.policies.lifetime.is_some() {
        let note = "What is to be expected (value_policies.lifetime) was left out: that takes a run with lines.";
        totals.notes.push(note.to_owned());
    }
    // What nobody was asked for is not told as if there were none of it.
    (totals.segments, totals.grid) = (Vec::new(), Vec::new());
    (totals.standings, totals.tiers) = (Vec::new(), Vec::new());
    run.lines = i64::try_from(values.units.len()).unwrap_or(i64::MAX);
    run.totals = Some(totals);
    Ok(Told { values, summary })
}

/// Writes the run and its classes.
pub(super) async fn keep_classes(
    store: &dyn Store,
    scope: &Scope,
    mut run: ValueRun,
    told: Told,
) -> Result<Stored<ValueRun>> {
    let Told { values, summary } = told;
    let mut work = store.begin(scope.clone()).await?;
    run.taken_at = work.now();
    let stored = Append::<ValueRun>::insert(&mut *work, run).await?;
    for (customers, units) in values.customers.chunks(AT_ONCE).zip(values.units.chunks(AT_ONCE)) {
        let some = customers.iter().zip(units).map(|(customer, units)| {
            let class = summary.class_of(*units);
            CustomerClass { customer: *customer, units: *units, class }
        });
        work.keep_run_classes(&CUSTODIAN, stored.id, some.collect()).await?;
    }
    work.commit().await?;
    Ok(stored)
}
