//! Who brings how much: classes by cumulative share (Pareto's 80/20, ABC analysis), ranks, concentration.

mod classes;
mod curve;
mod cuts;
mod ranking;
mod row;
pub(super) mod select;
#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::kernel::{Currency, Invalid, amount_text, six_decimals, text_enum};

use super::units::{of_units, quotient, to_units, told};

pub use classes::{Border, Classes, Summary, classes};
pub(super) use curve::Curve;
pub use curve::{LorenzPoint, TopShare};
pub use cuts::Cuts;
pub use ranking::{Ranked, Ranking};
pub use row::ParetoRow;

text_enum! {
    /// A customer's class by cumulative share of the value.
    pub enum ValueClass {
        /// Those who bring most: by default, the first 80 %.
        A = "A",
        /// Those who come next: by default, the next 15 %.
        B = "B",
        /// The rest.
        C = "C",
    }
}

/// Who brings how much: customers in classes by cumulative share of the value (Pareto's 80/20,
/// ABC analysis).
#[derive(Clone, Debug, Serialize)]
pub struct Pareto<K> {
    /// How many customers, without those whose value is missing.
    pub customers: usize,
    /// What they bring together, with the currency's decimals.
    pub total: String,
    /// The currency.
    pub currency: Currency,
    /// Where the classes end.
    pub cuts: Cuts,
    /// The classes, best first.
    pub classes: Vec<ClassShare>,
    /// The share of the best 20 % of the customers (their number rounded up), six decimals; none where the total is not
    /// above nothing.
    #[serde(serialize_with = "six_decimals")]
    pub top_20_percent_share: Option<Decimal>,
    /// How unequal they are, from 0; six decimals ([`Ranking::gini`]).
    #[serde(serialize_with = "six_decimals")]
    pub gini: Option<Decimal>,
    /// How many bring nothing.
    pub zero: u64,
    /// How many bring less than nothing.
    pub negative: u64,
    /// How many have no value; they have no rank and no class.
    pub missing: usize,
    /// What is to be known of these figures, in sentences.
    pub notes: Vec<String>,
    /// Who, in the order they were given.
    #[serde(skip)]
    keys: Vec<K>,
    #[serde(skip)]
    missing_keys: Vec<K>,
    #[serde(skip)]
    ranking: Ranking,
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
    /// Their share of the value, six decimals; none where the total is not above nothing.
    #[serde(serialize_with = "six_decimals")]
    pub share_of_value: Option<Decimal>,
}

/// Puts customers into classes by what each of them brings, with the usual cuts: A up to 80 % of the value, B up to 95 %,
/// C the rest. As [`Pareto::of`].
///
/// ```
/// use crm_core::{kernel::Currency, value::{ValueClass, pareto}};
/// let answer = pareto(vec![("ann", 80.into()), ("bob", 15.into()), ("cid", 5.into())], Currency::USD)?;
/// let classes: Vec<_> = answer.rows().map(|row| row.class).collect();
/// assert_eq!(classes, [ValueClass::A, ValueClass::B, ValueClass::C]);
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
///
/// # Errors
/// As [`Pareto::of`].
pub fn pareto<K>(values: Vec<(K, Decimal)>, currency: Currency) -> Result<Pareto<K>, Invalid> {
    let values = values.into_iter().map(|(customer, value)| (customer, Some(value)));
    Pareto::of(values, &Cuts::default(), currency)
}

impl<K> Pareto<K> {
    /// Puts customers into classes by what each of them brings, all in one currency. A customer belongs to a class as long
    /// as what stands *before* it is below the cut; customers with the same value are in the same class, the better one.
    /// A customer without a value is told of and has no class.
    ///
    /// Shares of a total that is not positive are undefined. There are none then, and cuts by share put everybody into
    /// C; ranks are given all the same.
    ///
    /// # Errors
    /// [`Invalid`] when a cut cannot be, a value has more than four decimals or is beyond [`to_units`], or the total is
    /// beyond 22 digits.
    pub fn of(
        values: impl IntoIterator<Item = (K, Option<Decimal>)>,
        cuts: &Cuts,
        currency: Currency,
    ) -> Result<Self, Invalid> {
        let (mut keys, mut units, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for (customer, value) in values {
            match value {
                Some(value) => {
                    keys.push(customer);
                    units.push(to_units(value)?);
                }
                None => missing.push(customer),
            }
        }
        Self::ranked(keys, missing, &units, cuts, currency)
    }

    /// The same from values in units of 10^-4, as [`super::values_by`] gives them, and who brings each.
    ///
    /// # Errors
    /// As [`Pareto::of`]; [`Invalid`] when there are more or fewer customers than values.
    pub fn of_units(
        customers: Vec<K>,
        units: &[i64],
        cuts: &Cuts,
        currency: Currency,
    ) -> Result<Self, Invalid> {
        if customers.len() != units.len() {
            let reason = format!("{} customers have {} values", customers.len(), units.len());
            return Err(Invalid::new("value", "customers", reason));
        }
        Self::ranked(customers, Vec::new(), units, cuts, currency)
    }

    fn ranked(
        keys: Vec<K>,
        missing: Vec<K>,
        units: &[i64],
        cuts: &Cuts,
        currency: Currency,
    ) -> Result<Self, Invalid> {
        let ranking = Ranking::of(units, cuts)?;
        let summary = ranking.summary();
        let top = ranking.best(keys.len().div_ceil(5));
        Ok(Self {
            customers: keys.len(),
            total: amount_text(of_units(summary.total()), currency),
            currency,
            cuts: cuts.clone(),
            classes: ValueClass::ALL
                .iter()
                .map(|class| of_class(summary, *class, currency))
                .collect(),
            top_20_percent_share: summary.share(top),
            gini: ranking.gini(),
            zero: summary.zero(),
            negative: summary.negative(),
            missing: missing.len(),
            notes: notes(summary, missing.len(), currency),
            keys,
            missing_keys: missing,
            ranking,
        })
    }

    /// Every customer that has a value, best first, with its reason; ties in the order they were given. Figures alone are
    /// told by [`Ranking::iter`].
    pub fn rows(&self) -> impl Iterator<Item = ParetoRow<'_, K>> + '_ {
        self.ranking.iter().filter_map(|ranked| {
            let customer = self.keys.get(ranked.at)?;
            Some(ParetoRow::new(customer, &ranked, self.ranking.summary(), self.currency))
        })
    }

    /// Those without a value.
    pub fn without_value(&self) -> &[K] {
        &self.missing_keys
    }

    /// The ranking behind it: curve, concentration, borders.
    pub fn ranking(&self) -> &Ranking {
        &self.ranking
    }
}

fn of_class(summary: &Summary, class: ValueClass, currency: Currency) -> ClassShare {
    let (customers, units) = summary.of_class(class);
    let share_of_customers = quotient(customers.into(), summary.customers().into());
    ClassShare {
        class,
        customers: usize::try_from(customers).unwrap_or(usize::MAX),
        share_of_customers: share_of_customers.unwrap_or_default(),
        value: amount_text(of_units(units), currency),
        share_of_value: summary.share(units),
    }
}

pub(super) fn notes(summary: &Summary, missing: usize, currency: Currency) -> Vec<String> {
    let mut notes = Vec::new();
    if summary.customers() > 0 && !summary.has_shares() {
        let total = told(summary.total(), currency);
        let classes = match summary.cuts {
            Cuts::Share { .. } => "nobody is in A or B",
            Cuts::Count { .. } => "classes go by count alone",
        };
        notes.push(format!(
            "The total is {total}, which is not above nothing: shares of it are undefined, and {classes}. Ranks hold."
        ));
    }
    for class in [ValueClass::A, ValueClass::B] {
        let Some(Border { value, customers, lifted }) = summary.border(class) else { continue };
        if lifted > 0 {
            let value = told(value.into(), currency);
            notes.push(format!(
                "{customers} customers bring {value} each and stay together in {class}, though the cut lies among them: {lifted} of them stand beyond it."
            ));
        }
    }
    for (count, what) in [(summary.zero(), "nothing"), (summary.negative(), "less than nothing")] {
        if count > 0 {
            notes.push(format!("{} {what}.", many(count, "customer brings", "customers bring")));
        }
    }
    if summary.negative() > 0 && summary.has_shares() {
        let loss = told(-summary.negative.units, currency);
        notes.push(format!("Together they cost {loss}: the others bring more than the whole total, and cumulative shares rise above 100 %."));
    }
    if missing > 0 {
        let who = many(missing as u64, "customer has", "customers have");
        notes.push(format!("{who} no value, and so no rank and no class."));
    }
    notes
}

/// `1 customer brings`, `3 customers bring`.
pub(super) fn many(count: u64, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {several}") }
}
