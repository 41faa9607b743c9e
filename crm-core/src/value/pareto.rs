use rust_decimal::Decimal;
use serde::Serialize;

use crate::kernel::{Currency, Invalid, amount_text, share, six_decimals, text_enum};

text_enum! {
    /// A customer's class by cumulative share of the value.
    pub enum ValueClass {
        /// Those who bring the first 80 %.
        A = "A",
        /// Those who bring the next 15 %.
        B = "B",
        /// The rest.
        C = "C",
    }
}

/// Where a class ends: a customer belongs to it as long as the share before it is below the cut.
const CUTS: [(ValueClass, i64); 2] = [(ValueClass::A, 80), (ValueClass::B, 95)];

/// Who brings how much: customers in classes by cumulative share of the value (Pareto's 80/20,
/// ABC analysis).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pareto<K> {
    /// How many customers.
    pub customers: usize,
    /// What they bring together, with the currency's decimals.
    pub total: String,
    /// The currency.
    pub currency: Currency,
    /// The classes, best first.
    pub classes: Vec<ClassShare>,
    /// The share of the best 20 % of the customers (their number rounded up); six decimals.
    pub top_20_percent_share: String,
    /// Each customer with its value and class, best first; ties in the order they were given.
    #[serde(skip)]
    pub ranked: Vec<Ranked<K>>,
}

/// A customer in the ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked<K> {
    /// Who.
    pub customer: K,
    /// What it brings.
    pub value: Decimal,
    /// Its class.
    pub class: ValueClass,
}

/// What a class of customers brings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassShare {
    /// The class.
    pub class: ValueClass,
    /// How many customers.
    pub customers: usize,
    /// Their share of all customers; six decimals.
    #[serde(serialize_with = "six_decimals")]
    pub share_of_customers: Decimal,
    /// What they bring, with the currency's decimals.
    pub value: String,
    /// Their share of the value; six decimals.
    #[serde(serialize_with = "six_decimals")]
    pub share_of_value: Decimal,
}

/// Puts customers into classes by what each of them brings: A up to 80 % of the value, B up to
/// 95 %, C the rest. A customer belongs to A as long as the share *before* it is below the cut;
/// customers with the same value are in the same class, the better one.
///
/// Shares of a total that is not positive are undefined: they are 0 then, and everybody is in C.
///
/// ```
/// use crm_core::{kernel::Currency, value::{ValueClass, pareto}};
/// let answer = pareto(vec![("ann", 80.into()), ("bob", 15.into()), ("cid", 5.into())], Currency::USD)?;
/// let classes: Vec<_> = answer.ranked.iter().map(|r| r.class).collect();
/// assert_eq!(classes, [ValueClass::A, ValueClass::B, ValueClass::C]);
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
///
/// # Errors
/// [`Invalid`] when the total is beyond 28 digits.
pub fn pareto<K>(values: Vec<(K, Decimal)>, currency: Currency) -> Result<Pareto<K>, Invalid> {
    let total = sum(values.iter().map(|(_, value)| *value))?;
    let mut values = values;
    values.sort_by_key(|(_, value)| std::cmp::Reverse(*value));

    let top = values.len().div_ceil(5);
    let top_value = sum(values.iter().take(top).map(|(_, value)| *value))?;
    let mut ranked: Vec<Ranked<K>> = Vec::with_capacity(values.len());
    let mut before = Decimal::ZERO;
    for (customer, value) in values {
        let class = match ranked.last() {
            Some(last) if last.value == value => last.class,
            _ => class_at(before, total),
        };
        before += value;
        ranked.push(Ranked { customer, value, class });
    }

    let customers = ranked.len();
    let classes = ValueClass::ALL
        .iter()
        .map(|class| {
            let members = || ranked.iter().filter(|r| r.class == *class);
            let value = sum(members().map(|r| r.value))?;
            Ok(ClassShare {
                class: *class,
                customers: members().count(),
                share_of_customers: share_of(members().count().into(), customers.into()),
                value: amount_text(value, currency),
                share_of_value: share_of(value, total),
            })
        })
        .collect::<Result<_, Invalid>>()?;
    Ok(Pareto {
        customers,
        total: amount_text(total, currency),
        currency,
        classes,
        top_20_percent_share: format!("{:.6}", share_of(top_value, total)),
        ranked,
    })
}

fn class_at(before: Decimal, total: Decimal) -> ValueClass {
    if total <= Decimal::ZERO {
        return ValueClass::C;
    }
    // A percentage of the total is exact: two more decimals than an amount has.
    let percent = total / Decimal::ONE_HUNDRED;
    CUTS.iter()
        .find(|(_, cut)| before < percent * Decimal::from(*cut))
        .map_or(ValueClass::C, |(class, _)| *class)
}

/// Of nothing it is nothing.
fn share_of(part: Decimal, whole: Decimal) -> Decimal {
    share(part, whole).unwrap_or_default()
}

fn sum(values: impl Iterator<Item = Decimal>) -> Result<Decimal, Invalid> {
    let mut total = Decimal::ZERO;
    for value in values {
        total = total
            .checked_add(value)
            .filter(|total| total.abs() < LARGEST)
            .ok_or_else(|| Invalid::new("value", "total", "it has more than 22 digits"))?;
    }
    Ok(total)
}

/// Below it a total has room for four decimals, and for a percentage of them.
const LARGEST: Decimal = Decimal::from_parts(0, 0, 1 << 9, false, 0);

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(values: &[i64]) -> String {
        let values = values.iter().map(|v| ((), Decimal::from(*v))).collect();
        let answer = pareto(values, Currency::USD).unwrap();
        answer.ranked.iter().map(|r| r.class.as_str()).collect()
    }

    #[test]
    fn the_share_before_decides() {
        assert_eq!(classes(&[100]), "A");
        assert_eq!(classes(&[80, 15, 5]), "ABC");
        assert_eq!(classes(&[79, 16, 5]), "AAC");
    }

    #[test]
    fn ties_at_a_cut_fall_into_the_better_class_together() {
        assert_eq!(classes(&[10; 10]), "AAAAAAAAAA");
        assert_eq!(classes(&[60, 10, 10, 10, 10]), "AAAAA");
    }

    #[test]
    fn returns_and_a_total_that_is_not_positive() {
        assert_eq!(classes(&[100, 0, -20]), "ACC");
        assert_eq!(classes(&[10, -10]), "CC");
        assert_eq!(classes(&[]), "");
        let nobody = pareto(Vec::<((), Decimal)>::new(), Currency::USD).unwrap();
        assert_eq!(
            (nobody.total.as_str(), nobody.top_20_percent_share.as_str()),
            ("0.00", "0.000000")
        );
    }

    #[test]
    fn shares_add_up() {
        let values = (1..=7).map(|v| (v, Decimal::from(v))).collect();
        let answer = pareto(values, Currency::USD).unwrap();
        let total: Decimal = answer.classes.iter().map(|c| c.share_of_customers).sum();
        assert!((total - Decimal::ONE).abs() < Decimal::new(3, 6));
        // Two of seven are the top 20 %, rounded up: 13 of 28.
        assert_eq!(answer.top_20_percent_share, "0.464286");
    }
}
