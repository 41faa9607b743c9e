use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::{History, Outlook, estimate::rounded};

/// Whether a model told right: purchases after the end of the observation, by the frequency until then, as they were and as they were
/// to be expected (Fader, Hardie and Lee 2005, figure 3).
#[derive(Clone, Debug, Default)]
pub struct HoldoutCheck {
    /// By frequency, age and recency: how many customers, and how often they purchased later.
    groups: BTreeMap<(u32, u32, u32), (u64, u64)>,
}

/// Customers who had come back as often.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HoldoutGroup {
    /// Repeat purchases until the end of the observation.
    pub frequency: u32,
    /// Whether those with more are in it too.
    pub and_more: bool,
    /// How many customers.
    pub customers: u64,
    /// How many purchases they made later.
    pub actual: u64,
    /// How many were to be expected.
    #[serde(serialize_with = "rounded")]
    pub expected: f64,
}

impl HoldoutCheck {
    /// Adds a customer: what was known of it, and how many days with a purchase came later
    /// ([`super::PurchaseDays::count_between`]).
    pub fn add(&mut self, history: &History, later: u64) {
        let key = (history.frequency, history.age, history.recency);
        let (customers, purchases) = self.groups.entry(key).or_default();
        *customers += 1;
        *purchases += later;
    }

    /// By frequency up to `most`, which stands for that and more; the outlook must reach as far as what was counted.
    pub fn compare(&self, outlook: &mut Outlook, most: u32) -> Vec<HoldoutGroup> {
        let mut compared: Vec<HoldoutGroup> = Vec::new();
        for (&(frequency, age, recency), &(customers, purchases)) in &self.groups {
            let history = History { frequency, recency, age, repeat_value: Decimal::ZERO };
            let expected = outlook.of(&history).purchases * customers as f64;
            let frequency = frequency.min(most);
            match compared.last_mut().filter(|last| last.frequency == frequency) {
                Some(last) => {
                    last.customers += customers;
                    last.actual += purchases;
                    last.expected += expected;
                }
                None => compared.push(HoldoutGroup {
                    frequency,
                    and_more: frequency == most,
                    customers,
                    actual: purchases,
                    expected,
                }),
            }
        }
        compared
    }
}
