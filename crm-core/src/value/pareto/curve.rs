use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Invalid, six_decimals},
    value::{
        pareto::Summary,
        units::{as_text, quotient},
    },
};

use super::Ranking;

/// A point of the Lorenz curve: the share of the value that the poorest so many bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LorenzPoint {
    /// The poorest so many.
    pub customers: u64,
    /// Their share of all customers; six decimals.
    #[serde(serialize_with = "six_decimals")]
    pub share_of_customers: Decimal,
    /// Their share of the value; six decimals, below zero as long as the losses are not made up for.
    #[serde(serialize_with = "six_decimals")]
    pub share_of_value: Decimal,
}

/// What the best so many percent of the customers bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopShare {
    /// So many percent of the customers.
    #[serde(with = "rust_decimal::serde::str")]
    pub percent: Decimal,
    /// These are so many, rounded up.
    pub customers: u64,
    /// What they bring together, in units of 10^-4.
    #[serde(with = "as_text")]
    pub units: i128,
    /// Their share of the value, six decimals; none where the total is not above nothing.
    #[serde(serialize_with = "six_decimals")]
    pub share_of_value: Option<Decimal>,
}

/// Values, the smallest first, and what they come to: what curves are drawn of.
pub(in crate::value) struct Curve<'c, V> {
    pub(in crate::value) summary: &'c Summary,
    /// Makes the values anew.
    pub(in crate::value) ascending: V,
}

impl<I: Iterator<Item = i64>, V: Fn() -> I> Curve<'_, V> {
    pub(in crate::value) fn lorenz(&self, steps: u32) -> Vec<LorenzPoint> {
        let all = u128::from(self.summary.customers());
        let mut values = (self.ascending)();
        let (mut taken, mut sum) = (0, 0_i128);
        let points = (0..=steps.max(1)).map_while(|step| {
            let until = all * u128::from(step) / u128::from(steps.max(1));
            while taken < until {
                sum += i128::from(values.next()?);
                taken += 1;
            }
            Some(LorenzPoint {
                customers: taken as u64,
                share_of_customers: quotient(taken as i128, all as i128)?,
                share_of_value: self.summary.share(sum)?,
            })
        });
        let mut points: Vec<_> = points.collect();
        points.dedup();
        points
    }

    pub(in crate::value) fn gini(&self) -> Option<Decimal> {
        let (all, total) = (i128::from(self.summary.customers()), self.summary.total());
        let weighted: i128 = (1..).zip((self.ascending)()).map(|(i, x)| i * i128::from(x)).sum();
        quotient(2 * weighted - (all + 1) * total, all * total)
    }
}

impl TopShare {
    /// What the best so many percent bring, by what the best so many customers bring.
    pub(in crate::value) fn of(
        percent: Decimal,
        summary: &Summary,
        best: impl Fn(u64) -> i128,
    ) -> Result<Self, Invalid> {
        if percent <= Decimal::ZERO || percent > Decimal::ONE_HUNDRED {
            let reason = format!("{percent} is not above 0 and at most 100");
            return Err(Invalid::new("value", "percent", reason));
        }
        let exact = Decimal::from(summary.customers()) * percent / Decimal::ONE_HUNDRED;
        let customers = u64::try_from(exact.ceil()).unwrap_or(u64::MAX);
        let units = best(customers);
        Ok(Self { percent, customers, units, share_of_value: summary.share(units) })
    }
}

impl Ranking {
    /// The Lorenz curve at so many steps of equal width, the poorest first, with (0, 0) before them (M. O. Lorenz,
    /// "Methods of measuring the concentration of wealth", 1905). Empty where the total is not above nothing.
    pub fn lorenz(&self, steps: u32) -> Vec<LorenzPoint> {
        self.curve().lorenz(steps)
    }

    /// The Gini coefficient, to six decimals from an exact fraction: 0 where all bring the same, towards 1 where one
    /// brings everything, and above 1 where losses weigh heavily. With values x in ascending order,
    /// G = (2 Σ i·xᵢ − (n + 1) Σ xᵢ) / (n Σ xᵢ) (C. Gini, 1914; the discrete form as in A. Sen, "On Economic
    /// Inequality", 1973). None where the total is not above nothing.
    pub fn gini(&self) -> Option<Decimal> {
        self.curve().gini()
    }

    /// What the best so many percent of the customers bring, each number of customers rounded up.
    ///
    /// # Errors
    /// [`Invalid`] for a percentage that is not above 0 and at most 100.
    pub fn top(&self, percents: &[Decimal]) -> Result<Vec<TopShare>, Invalid> {
        let best = |customers| self.best(usize::try_from(customers).unwrap_or(usize::MAX));
        percents.iter().map(|percent| TopShare::of(*percent, self.summary(), best)).collect()
    }

    fn curve<'r>(&'r self) -> Curve<'r, impl Fn() -> Ascending<'r>> {
        Curve { summary: self.summary(), ascending: || Box::new(self.ascending()) as Ascending<'r> }
    }
}

type Ascending<'r> = Box<dyn Iterator<Item = i64> + 'r>;
