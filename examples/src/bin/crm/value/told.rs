use crm_core::{
    kernel::Invalid,
    store::ReadUnit,
    value::{RunRequest, RunTotals, preview_run},
    value_run::{RunDetail, ValueRun},
    value_run_line::ValueRunLine,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{counted, grouped, told_plain},
};

/// A run, and the best of its lines.
pub(crate) struct Told {
    pub(crate) run: ValueRun,
    pub(crate) totals: RunTotals,
    /// Whether it is stored.
    pub(crate) saved: bool,
    pub(crate) best: Vec<ValueRunLine>,
}

impl Told {
    /// One that is stored.
    pub(crate) fn of(run: ValueRun) -> Result<Self, Failure> {
        let totals = run.totals.clone().ok_or_else(|| {
            Failure::Core(Invalid::field::<ValueRun>("totals", "it is not complete").into())
        })?;
        Ok(Self { run, totals, saved: true, best: Vec::new() })
    }

    /// One that is not stored, each of its lines to `each`.
    pub(crate) async fn preview(
        unit: &mut dyn ReadUnit,
        request: &RunRequest<'_>,
        mut each: impl FnMut(ValueRunLine) + Send,
    ) -> Result<Self, Failure> {
        let run = preview_run(unit, request, |some| {
            some.into_iter().for_each(&mut each);
            Ok(())
        });
        Ok(Self { saved: false, ..Self::of(run.await?)? })
    }

    /// Whether it has lines that say what is to be expected.
    pub(crate) fn expects(&self) -> bool {
        self.run.policies.lifetime.is_some() && self.run.detail == RunDetail::Lines
    }

    pub(crate) fn amount(&self, amount: Decimal) -> String {
        told_plain(amount, self.run.currency)
    }

    /// An amount for people, with its currency.
    pub(crate) fn money(&self, amount: Decimal) -> String {
        format!("{} {}", grouped(self.amount(amount)), self.run.currency)
    }

    /// Which days count, as a part of a sentence.
    pub(crate) fn days(&self) -> String {
        let run = &self.run;
        let from = run.from_day.map_or_else(String::new, |day| format!("from {day} "));
        format!("{from}until {}, as of {}", run.to_day, run.as_of)
    }

    /// A part of the total; none where that is not above nothing.
    pub(crate) fn share(&self, value: Decimal) -> Option<Decimal> {
        self.totals.summary.share(units(value))
    }

    /// That it is stored, if it is.
    pub(crate) fn kept(&self) -> Option<String> {
        let run = &self.run;
        let name = run.name.clone().unwrap_or_else(|| run.id.to_string());
        let lines = counted(run.lines, "customer", "customers");
        self.saved.then(|| format!("Kept as {name}, with {lines}."))
    }

    /// The share that the best fifth has.
    pub(crate) fn top_share(&self) -> Option<Decimal> {
        self.totals.fifths.top.share
    }

    pub(crate) fn to_json(&self, names: &find::Customers) -> Result<Value, Failure> {
        let (run, totals) = (&self.run, &self.totals);
        let share = |share: Option<Decimal>| share.map(six_decimals);
        let classes = totals.classes.iter().map(|one| {
            let part = Decimal::from(one.customers) / Decimal::from(totals.customers.max(1));
            json!({
                "class": one.group,
                "customers": one.customers,
                "share_of_customers": six_decimals(part),
                "value": self.amount(one.value),
                "share_of_value": share(self.share(one.value)),
            })
        });
        let group = |group: &str, customers: u64, value: Decimal| json!({"group": group, "customers": customers, "value": self.amount(value)});
        let standings =
            totals.standings.iter().map(|one| group(one.group.as_str(), one.customers, one.value));
        let tiers = totals.tiers.iter().map(|one| group(&one.group, one.customers, one.value));
        let mut told = json!({
            "basis": run.basis,
            "from": run.from_day,
            "to": run.to_day,
            "as_of": run.as_of,
            "policies": run.policies.version,
            "customers": totals.customers,
            "absent": totals.absent,
            "total": self.amount(totals.total),
            "currency": run.currency,
            "cuts": run.policies.cuts,
            "classes": classes.collect::<Vec<_>>(),
            "top_20_percent_share": share(self.top_share()),
            "gini": share(totals.gini),
            "zero": totals.zero,
            "negative": totals.negative,
            "missing": totals.uncounted,
            "notes": totals.notes,
            "top": totals.top,
            "lorenz": totals.lorenz,
            "fifths": totals.fifths,
            "standings": standings.collect::<Vec<_>>(),
            "tiers": tiers.collect::<Vec<_>>(),
        });
        if run.policies.class_plan.is_some() || run.policies.tier_plan.is_some() {
            told["plan"] = match run.against_plan() {
                Ok(against) => json!(against),
                Err(error) => json!({"error": error.reason}),
            };
        }
        if self.saved {
            told["run"] = json!({
                "id": run.id, "name": run.name, "lines": run.lines, "detail": run.detail,
            });
        }
        if !self.best.is_empty() {
            let best = self.best.iter().map(|line| line_json(run, line, names));
            told["best"] = best.collect::<Result<Vec<_>, Failure>>()?.into();
        }
        Ok(told)
    }
}

/// A line with its customer and its reasons.
pub(super) fn line_json(
    run: &ValueRun,
    line: &ValueRunLine,
    names: &find::Customers,
) -> Result<Value, Failure> {
    let customer = names.get(&line.customer_id);
    let amount = |amount: Decimal| told_plain(amount, run.currency);
    let percent = |percent: Option<Decimal>| {
        percent.map(|percent| six_decimals(percent / Decimal::ONE_HUNDRED))
    };
    Ok(json!({
        "customer": {
            "id": line.customer_id,
            "external_id": customer.and_then(|customer| customer.external_id.clone()),
            "name": customer.map(|customer| customer.name.clone()),
        },
        "value": line.value.map(|value| amount(value.amount())),
        "rank": line.rank,
        "tied": line.tied,
        "class": line.class,
        "share": percent(line.share),
        "cumulative_share": percent(line.cumulative_share),
        "fifth": line.fifth,
        "standing": line.standing,
        "expected": line.expected.map(amount),
        "revenue": amount(line.revenue),
        "returned": amount(line.returned),
        "cost": amount(line.cost),
        "cost_to_serve": amount(line.cost_to_serve),
        "orders": line.orders,
        "returns": line.returns,
        "last_order": line.last_order,
        "scores": [line.recency, line.frequency, line.monetary],
        "segment": line.segment,
        "tier": line.tier,
        "reasons": line.reasons(run).map_err(crm_core::Error::from)?,
    }))
}

/// A share, as JSON has it.
fn six_decimals(share: Decimal) -> String {
    format!("{share:.6}")
}

/// In whole units of 10^-4.
fn units(amount: Decimal) -> i128 {
    let units = amount * Decimal::from(crm_core::value::UNITS);
    i128::try_from(units).unwrap_or_default()
}
