use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use rust_decimal::Decimal;
use serde::Serialize;

use super::{CustomerOutlook, estimate::maybe_rounded};
use crate::kernel::{Currency, Invalid, amount_text};

/// The customers of whom most is to be expected, and what is to be expected of all together. As many are in memory as are asked for.
#[derive(Clone, Debug)]
pub struct BestOutlooks<K> {
    most: usize,
    best: BinaryHeap<Reverse<Ranked<K>>>,
    customers: u64,
    /// In parts of 2^-40, so that they add up to the same in any order.
    purchases: Option<u128>,
    value: Option<Decimal>,
    currency: Currency,
}

/// What is to be expected of all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Together {
    /// Of how many customers.
    pub customers: u64,
    /// Purchases until the horizon. None where no model tells those of somebody.
    #[serde(serialize_with = "maybe_rounded")]
    pub purchases: Option<f64>,
    /// What these bring, discounted, with the currency's decimals: the sum of what stands with each. None where that of somebody is
    /// unknown.
    pub value: Option<String>,
    /// The currency.
    pub currency: Currency,
}

const PART: f64 = 1.0 / (1_u64 << 40) as f64;

#[derive(Clone, Debug)]
struct Ranked<K>(CustomerOutlook<K>);

impl<K: Ord> BestOutlooks<K> {
    /// Keeps so many.
    pub fn new(most: usize, currency: Currency) -> Self {
        let (purchases, value) = (Some(0), Some(Decimal::ZERO));
        Self { most, best: BinaryHeap::new(), customers: 0, purchases, value, currency }
    }

    /// Adds a customer.
    ///
    /// # Errors
    /// [`Invalid`] when what all bring has more than 28 digits.
    pub fn add(&mut self, outlook: CustomerOutlook<K>) -> Result<(), Invalid> {
        self.customers += 1;
        let purchases = outlook.expected.map(|one| (one.purchases / PART).round() as u128);
        self.purchases = self.purchases.zip(purchases).map(|(sum, purchases)| sum + purchases);
        let value = outlook.worth.filter(|_| outlook.value.is_some());
        self.value = match self.value.zip(value) {
            Some((sum, value)) => Some(sum.checked_add(value).ok_or_else(|| {
                let reason = "what is to be expected of all has more than 28 digits";
                Invalid::new("lifetime", "value", reason)
            })?),
            None => None,
        };
        self.best.push(Reverse(Ranked(outlook)));
        if self.best.len() > self.most {
            self.best.pop();
        }
        Ok(())
    }

    /// The best, by value, else by what a purchase brings; then by purchases to expect; then by customer. And what is to be expected of
    /// all.
    pub fn finish(self) -> (Vec<CustomerOutlook<K>>, Together) {
        let best = self.best.into_sorted_vec().into_iter().map(|Reverse(Ranked(outlook))| outlook);
        let together = Together {
            customers: self.customers,
            purchases: self.purchases.map(|parts| parts as f64 * PART),
            value: self.value.map(|value| amount_text(value, self.currency)),
            currency: self.currency,
        };
        (best.collect(), together)
    }
}

impl<K: Ord> Ord for Ranked<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        let purchases =
            |ranked: &Self| ranked.0.expected.map_or(0.0, |expected| expected.purchases);
        let by_worth = self.0.worth.cmp(&other.0.worth);
        let by_purchases = || purchases(self).total_cmp(&purchases(other));
        by_worth.then_with(by_purchases).then_with(|| other.0.customer.cmp(&self.0.customer))
    }
}
impl<K: Ord> PartialOrd for Ranked<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K: Ord> PartialEq for Ranked<K> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl<K: Ord> Eq for Ranked<K> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::{GammaGamma, History, Model, Outlook, PurchaseModel, TimeUnit};

    #[test]
    fn the_best_come_first_in_any_order() {
        let usd: Currency = "USD".parse().unwrap();
        let model = PurchaseModel::new(Model::BgNbd, [0.243, 4.414, 0.793, 2.426]).unwrap();
        let mut outlook = Outlook::new(model, TimeUnit::Week, 52.0, 0.1).unwrap();
        let values = GammaGamma::new([6.25, 3.74, 15.44]).unwrap();
        let mut told: Vec<_> = (0..60_u32)
            .map(|n| {
                // Each history is there twice.
                let (frequency, age) = (n / 2 % 6, 270);
                let recency = if frequency == 0 { 0 } else { 30 + n / 2 };
                let repeat_value = Decimal::from(frequency * (10 + n / 4));
                let history = History { frequency, recency, age, repeat_value };
                outlook.customer(n, &history, Some(&values), usd)
            })
            .collect();
        let best = |told: &[CustomerOutlook<u32>]| {
            let mut best = BestOutlooks::new(7, usd);
            told.iter().for_each(|one| best.add(one.clone()).unwrap());
            best.finish()
        };
        let (found, together) = best(&told);
        told.reverse();
        assert_eq!(best(&told), (found.clone(), together.clone()));
        told.sort_by(|a, b| b.worth.cmp(&a.worth).then(a.customer.cmp(&b.customer)));
        assert_eq!(found, told[..7]);
        let sum: Decimal = told.iter().filter_map(|one| one.worth).sum();
        assert_eq!((together.customers, together.value), (60, Some(amount_text(sum, usd))));
        let purchases: f64 = told.iter().filter_map(|one| Some(one.expected?.purchases)).sum();
        assert!((together.purchases.unwrap() / purchases - 1.0).abs() < 1e-10);
    }
}
