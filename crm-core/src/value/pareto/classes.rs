use serde::{Deserialize, Serialize};

use crate::{
    kernel::Invalid,
    value::units::{as_text, quotient, total_fits},
};

use super::{
    Cuts, ValueClass,
    select::{Crossing, Selection, Tally},
};

/// The classes of customers by what each of them brings, in the order the values were given: in linear time, with no
/// sort, and one byte for each customer. Values are in units of 10^-4 of one currency ([`crate::value::to_units`]).
/// [`Ranking`](super::Ranking) says the same and each one's rank too.
///
/// ```
/// use crm_core::value::{Cuts, ValueClass, classes};
/// let classes = classes(&[5, 80, 15], &Cuts::default())?;
/// assert_eq!(classes.labels, [ValueClass::C, ValueClass::A, ValueClass::B]);
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
///
/// # Errors
/// [`Invalid`] names the cut that cannot be, or says that the total is beyond 22 digits.
pub fn classes(values: &[i64], cuts: &Cuts) -> Result<Classes, Invalid> {
    cuts.check()?;
    let selection = Selection::of(values);
    let summary = Summary::of(&selection, cuts)?;
    let labels = values.iter().map(|value| summary.class_of(*value)).collect();
    Ok(Classes { labels, summary })
}

/// Every customer's class, and what the classes bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    /// The class of each, in the order the values were given.
    pub labels: Vec<ValueClass>,
    /// What the classes bring, and where they end.
    pub summary: Summary,
}

/// What customers bring together and in each class, and where the classes end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub(in crate::value) cuts: Cuts,
    pub(in crate::value) all: Tally,
    pub(in crate::value) positive: Tally,
    pub(in crate::value) zero: u64,
    pub(in crate::value) negative: Tally,
    /// The limits and the customers at them, of A and B; none where shares are undefined.
    pub(in crate::value) ends: [Option<End>; 2],
}

/// A limit, in units or customers, and the customers at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::value) struct End {
    #[serde(with = "as_text")]
    pub(in crate::value) limit: i128,
    #[serde(flatten)]
    pub(in crate::value) at: Crossing,
}

impl Summary {
    pub(in crate::value) fn of(selection: &Selection<'_>, cuts: &Cuts) -> Result<Self, Invalid> {
        let (positive, negative) = (selection.positive(), selection.negative());
        let zero = selection.zero();
        let all = positive + negative + Tally::each(zero, 0);
        Self::new(cuts, [positive, Tally::each(zero, 0), negative], |weight, limit| {
            selection.crossing(weight, limit)
        })
        .inspect(|summary| debug_assert_eq!(summary.all, all))
    }

    /// From what positive, zero and negative values come to, and whoever finds where a limit is crossed.
    pub(super) fn new(
        cuts: &Cuts,
        [positive, zero, negative]: [Tally; 3],
        crossing: impl Fn(super::select::Weight, i128) -> Option<Crossing>,
    ) -> Result<Self, Invalid> {
        total_fits(positive.units)?;
        total_fits(negative.units)?;
        let all = positive + zero + negative;
        let ends = match cuts.limits(all.units) {
            None => [None; 2],
            Some((weight, limits)) => {
                limits.map(|limit| crossing(weight, limit).map(|at| End { limit, at }))
            }
        };
        Ok(Self { cuts: cuts.clone(), all, positive, zero: zero.customers, negative, ends })
    }

    /// How many customers.
    pub fn customers(&self) -> u64 {
        self.all.customers
    }

    /// What they bring together, in units of 10^-4.
    pub fn total(&self) -> i128 {
        self.all.units
    }

    /// How many bring nothing.
    pub fn zero(&self) -> u64 {
        self.zero
    }

    /// How many bring less than nothing.
    pub fn negative(&self) -> u64 {
        self.negative.customers
    }

    /// Whether shares of the total can be told: it is above nothing.
    pub fn has_shares(&self) -> bool {
        self.all.units > 0
    }

    /// The class of whoever brings this much, in units of 10^-4.
    pub fn class_of(&self, value: i64) -> ValueClass {
        let [a, b] = self.ends.map(|end| end.map_or(i64::MAX, |end| end.at.value));
        match self.ends {
            [Some(_), _] if value >= a => ValueClass::A,
            [_, Some(_)] if value >= b => ValueClass::B,
            _ => ValueClass::C,
        }
    }

    /// How many are in a class, and what they bring together, in units of 10^-4.
    pub fn of_class(&self, class: ValueClass) -> (u64, i128) {
        let [a, b] = self.ends.map(|end| end.map_or(Tally::default(), |end| end.at.through()));
        let tally = match class {
            ValueClass::A => a,
            ValueClass::B => b - a,
            ValueClass::C => self.all - b,
        };
        (tally.customers, tally.units)
    }

    /// Where a class ends; none of C, of one without customers, and where shares are undefined.
    pub fn border(&self, class: ValueClass) -> Option<Border> {
        let end = match class {
            ValueClass::A => self.ends[0],
            // With nobody in it, B ends where A does.
            ValueClass::B if self.of_class(class).0 > 0 => self.ends[1],
            _ => None,
        };
        let End { limit, at: end } = end?;
        // Taken one by one, they belong to the class as long as what stands before is below the limit.
        let belong = match &self.cuts {
            Cuts::Share { .. } => {
                let (left, value) = (limit - end.before.units, i128::from(end.value));
                if value > 0 { (left + value - 1) / value } else { i128::MAX }
            }
            Cuts::Count { .. } => limit - i128::from(end.before.customers),
        };
        let lifted = i128::from(end.here.customers).saturating_sub(belong).max(0);
        Some(Border { value: end.value, customers: end.here.customers, lifted: lifted as u64 })
    }

    /// A part of the total to six decimals, a half away from zero; none where shares are undefined.
    pub fn share(&self, units: i128) -> Option<rust_decimal::Decimal> {
        quotient(units, self.all.units)
    }
}

/// The customers who come last in a class: all who bring one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Border {
    /// What each of them brings, in units of 10^-4.
    pub value: i64,
    /// How many they are.
    pub customers: u64,
    /// How many of them stand beyond the cut, and are in the class because equal values stay together.
    pub lifted: u64,
}
