use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Invalid, amount_text};

use super::{
    GroupTotal,
    pareto::{many, select::Tally},
    units::{Exact, of_units, to_units, total_fits},
};

/// What a house plans for its classes, tiers or segments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValuePlan<G> {
    /// The currency of the values.
    pub currency: Currency,
    /// What is planned for each group.
    pub targets: Vec<GroupTarget<G>>,
}

/// What is planned for a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupTarget<G> {
    /// Which.
    pub group: G,
    /// So many customers.
    #[serde(default = "none")]
    pub customers: Option<u64>,
    /// They bring so much together.
    #[serde(default = "none")]
    pub value: Option<Exact>,
}

const fn none<T>() -> Option<T> {
    None
}

/// What is planned for a group, and what there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanLine<G> {
    /// Which.
    pub group: G,
    /// How many customers are planned.
    pub planned_customers: Option<u64>,
    /// How many there are.
    pub customers: u64,
    /// How many more there are than planned.
    pub more_customers: Option<i64>,
    /// What is planned that they bring, with the currency's decimals.
    pub planned_value: Option<String>,
    /// What they bring.
    pub value: String,
    /// How much more that is than planned.
    pub more_value: Option<String>,
    /// The same, in words.
    pub reason: String,
}

/// Compares each group's customers and value with the plan; a group without a plan is told too. `actual` are values
/// in the plan's currency; a customer without one counts with nothing.
///
/// ```
/// use crm_core::{kernel::Currency, value::{ValueClass, ValuePlan, compare}};
/// let plan: ValuePlan<ValueClass> = serde_json::from_str(
///     r#"{"currency": "EUR", "targets": [{"group": "A", "customers": 3, "value": "1000"}]}"#,
/// )?;
/// let actual = [(ValueClass::A, Some(700.into())), (ValueClass::A, Some(200.into()))];
/// let lines = compare(&plan, ValueClass::ALL, actual, Currency::EUR)?;
/// assert_eq!((lines[0].more_customers, lines[0].more_value.as_deref()), (Some(-1), Some("-100.00")));
/// assert_eq!(
///     lines[0].reason,
///     "A has 2 customers, 1 fewer than planned; they bring 900.00 EUR, 100.00 EUR less than planned."
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Invalid`] when the plan is in another currency, names a group that is none of those given or one twice, or an
/// amount is beyond what is counted; when a customer is in no group that is given.
pub fn compare<G: Clone + PartialEq + std::fmt::Display>(
    plan: &ValuePlan<G>,
    groups: &[G],
    actual: impl IntoIterator<Item = (G, Option<Decimal>)>,
    currency: Currency,
) -> Result<Vec<PlanLine<G>>, Invalid> {
    plan.check(groups, currency)?;
    let wrong = |field: &str, reason: String| Err(Invalid::new("value_plan", field, reason));
    let mut tallies = vec![Tally::default(); groups.len()];
    for (group, value) in actual {
        let units = value.map_or(Ok(0), to_units)?;
        let Some(at) = groups.iter().position(|other| *other == group) else {
            return wrong(
                "group",
                format!("a customer is in {group}, which is none of the groups given"),
            );
        };
        if let Some(tally) = tallies.get_mut(at) {
            *tally = *tally + Tally::each(1, units);
            total_fits(tally.units)?;
        }
    }
    let line =
        |(group, tally): (&G, &Tally)| plan.line(group, tally.customers, of_units(tally.units));
    Ok(groups.iter().zip(&tallies).map(line).collect())
}

/// As [`compare`], of what a run has added up already.
///
/// # Errors
/// [`Invalid`] when the plan is in another currency, names a group that is none of these or one twice, or an amount is beyond what is
/// counted.
pub fn compare_totals<G: Clone + PartialEq + std::fmt::Display>(
    plan: &ValuePlan<G>,
    totals: &[GroupTotal<G>],
    currency: Currency,
) -> Result<Vec<PlanLine<G>>, Invalid> {
    let groups: Vec<_> = totals.iter().map(|total| total.group.clone()).collect();
    plan.check(&groups, currency)?;
    Ok(totals.iter().map(|total| plan.line(&total.group, total.customers, total.value)).collect())
}

impl<G: Clone + PartialEq + std::fmt::Display> ValuePlan<G> {
    /// Whether it plans for these groups, each once, and in this currency.
    pub(super) fn check(&self, groups: &[G], currency: Currency) -> Result<(), Invalid> {
        let wrong = |field: &str, reason: String| Err(Invalid::new("value_plan", field, reason));
        if self.currency != currency {
            let reason = format!(
                "the plan is in {} and the values in {currency}: convert one of them by a dated rate first",
                self.currency
            );
            return wrong("currency", reason);
        }
        for (at, target) in self.targets.iter().enumerate() {
            let place = |field: &str| format!("targets[{at}].{field}");
            if !groups.contains(&target.group) {
                return wrong(&place("group"), format!("there is no {}", target.group));
            }
            if self.targets.iter().take(at).any(|other| other.group == target.group) {
                return wrong(&place("group"), format!("{} has two targets", target.group));
            }
            if let Some(Err(error)) = target.value.map(|Exact(value)| to_units(value)) {
                return wrong(&place("value"), error.reason);
            }
        }
        Ok(())
    }

    fn line(&self, group: &G, customers: u64, value: Decimal) -> PlanLine<G> {
        let target = self.targets.iter().find(|target| target.group == *group);
        line(group, (customers, value), target, self.currency)
    }
}

fn line<G: Clone + std::fmt::Display>(
    group: &G,
    (customers, value): (u64, Decimal),
    target: Option<&GroupTarget<G>>,
    currency: Currency,
) -> PlanLine<G> {
    let text = |amount: Decimal| amount_text(amount, currency);
    let planned_customers = target.and_then(|target| target.customers);
    let planned_value = target.and_then(|target| target.value).map(|Exact(value)| value);
    let more_customers = planned_customers.map(|planned| {
        let more = i128::from(customers) - i128::from(planned);
        i64::try_from(more).unwrap_or(if more < 0 { i64::MIN } else { i64::MAX })
    });
    let more_value = planned_value.map(|planned| value - planned);
    let against = |sign: i128, size: String, [more, less]: [&str; 2]| match sign {
        0 => ", as planned".to_owned(),
        sign => format!(", {size} {} than planned", if sign > 0 { more } else { less }),
    };
    let of_count = more_customers.map_or(String::new(), |more| {
        against(more.into(), more.unsigned_abs().to_string(), ["more", "fewer"])
    });
    let of_value = more_value.map_or(String::new(), |more| {
        let sign = if more.is_zero() {
            0
        } else if more > Decimal::ZERO {
            1
        } else {
            -1
        };
        against(sign, format!("{} {currency}", text(more.abs())), ["more", "less"])
    });
    let who = many(customers, "customer", "customers");
    let pronoun = if customers == 1 { "it brings" } else { "they bring" };
    let brought = format!("{} {currency}", text(value));
    PlanLine {
        group: group.clone(),
        planned_customers,
        customers,
        more_customers,
        planned_value: planned_value.map(text),
        value: text(value),
        more_value: more_value.map(text),
        reason: format!("{group} has {who}{of_count}; {pronoun} {brought}{of_value}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ValueClass::{self, A, B, C};

    fn plan(targets: &str) -> ValuePlan<ValueClass> {
        serde_json::from_str(&format!(r#"{{"currency": "EUR", "targets": {targets}}}"#)).unwrap()
    }

    #[test]
    fn groups_with_and_without_a_plan() {
        let plan = plan(r#"[{"group": "B", "customers": 1}, {"group": "A", "value": "10"}]"#);
        let actual = [(A, Some(Decimal::TEN)), (B, None), (C, Some(Decimal::NEGATIVE_ONE))];
        let lines = compare(&plan, ValueClass::ALL, actual, Currency::EUR).unwrap();
        let reasons: Vec<_> = lines.iter().map(|line| line.reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "A has 1 customer; it brings 10.00 EUR, as planned.",
                "B has 1 customer, as planned; it brings 0.00 EUR.",
                "C has 1 customer; it brings -1.00 EUR.",
            ]
        );
        assert_eq!((lines[2].more_customers, lines[2].more_value.as_deref()), (None, None));
    }

    #[test]
    fn a_plan_that_does_not_fit_is_refused() {
        let refused = |targets: &str, currency| {
            compare(&plan(targets), &[A, B], [(C, None)], currency).unwrap_err().field
        };
        assert_eq!(refused("[]", Currency::USD), "currency");
        assert_eq!(refused(r#"[{"group": "C"}]"#, Currency::EUR), "targets[0].group");
        assert_eq!(
            refused(r#"[{"group": "A"}, {"group": "A"}]"#, Currency::EUR),
            "targets[1].group"
        );
        assert_eq!(
            refused(r#"[{"group": "A", "value": "0.00001"}]"#, Currency::EUR),
            "targets[0].value"
        );
        assert_eq!(refused("[]", Currency::EUR), "group");
        assert!(
            serde_json::from_str::<ValuePlan<ValueClass>>(
                r#"{"currency": "EUR", "targets": [], "goal": 1}"#
            )
            .is_err()
        );
    }
}
