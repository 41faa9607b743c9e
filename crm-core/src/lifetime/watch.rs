use std::cmp::Reverse;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::{PurchaseDays, Regularity, chance_of_silence, estimate::rounded, purchases::sum};
use crate::kernel::{Currency, Invalid, RATIO_ROUNDING, amount_text};

/// Who is about to leave: whose silence is unlikely, given their own rhythm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watch {
    /// The day it is asked on; what came later is not looked at.
    pub as_of: NaiveDate,
    /// A silence less likely than this is a warning: usually 0.05.
    pub unlikely: f64,
    /// A silence less likely than this comes too late for a warning: usually 0.001. Such customers are counted, not listed.
    pub gone: f64,
    /// So many purchases at least make a rhythm: usually 4, never less than 3.
    pub least_purchases: u32,
    /// Of the amounts.
    pub currency: Currency,
}

/// Customers about to leave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtRiskReport<K> {
    /// The day it was asked on.
    pub as_of: NaiveDate,
    /// How many customers have purchased by then.
    pub customers: u64,
    /// How many of them have too few purchases to have a rhythm.
    pub too_few: u64,
    /// How many have been silent for so long that it is no early warning.
    pub gone: u64,
    /// How regular everybody's purchases are: the shape of the gaps, 1 as by chance.
    #[serde(serialize_with = "rounded")]
    pub regularity: f64,
    /// About how many of those judged would be silent beyond the limit by chance alone, if nobody left.
    #[serde(serialize_with = "rounded")]
    pub by_chance: f64,
    /// What those at risk bring in a year, with the currency's decimals.
    pub value_at_risk: String,
    /// The currency.
    pub currency: Currency,
    /// Them, the most valuable first; then the least likely silence, then by customer.
    pub at_risk: Vec<AtRisk<K>>,
}

/// A customer about to leave. There may be millions: what is told in words is told when it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct AtRisk<K> {
    /// Who.
    pub customer: K,
    /// Days with a purchase.
    pub purchases: u32,
    /// The first of them.
    pub first_purchase: NaiveDate,
    /// The last of them.
    pub last_purchase: NaiveDate,
    /// How many days are usually between two.
    pub usual_days: f64,
    /// How many days it has been silent.
    pub silent_days: u32,
    /// How likely such a silence, or a longer one, is ([`chance_of_silence`]).
    pub chance: f64,
    value: Decimal,
    currency: Currency,
}

/// As JSON.
#[derive(Serialize)]
struct Told<'r, K> {
    customer: &'r K,
    purchases: u32,
    first_purchase: NaiveDate,
    last_purchase: NaiveDate,
    #[serde(serialize_with = "rounded")]
    usual_days: f64,
    silent_days: u32,
    #[serde(serialize_with = "rounded")]
    chance: f64,
    value_at_risk: String,
    sentence: String,
}

/// Judges customers one by one ([`Watch::begin`]); memory grows with those at risk.
#[derive(Clone, Debug)]
pub struct Watching<K> {
    watch: Watch,
    everybody: Regularity,
    customers: u64,
    too_few: u64,
    gone: u64,
    at_risk: Vec<AtRisk<K>>,
}

/// What a customer's purchases say.
struct Rhythm {
    first: NaiveDate,
    last: NaiveDate,
    gaps: Vec<u32>,
    days: u32,
    silence: u32,
}

impl Watch {
    /// With the usual limits.
    pub fn new(as_of: NaiveDate, currency: Currency) -> Self {
        Self { as_of, unlikely: 0.05, gone: 0.001, least_purchases: 4, currency }
    }

    /// How regular a customer is, to be added up over all before [`Self::report`].
    pub fn regularity(&self, purchases: &PurchaseDays) -> Regularity {
        let rhythm = Rhythm::of(purchases, self.as_of);
        rhythm.map_or_else(Regularity::default, |rhythm| Regularity::of(&rhythm.gaps))
    }

    /// Judges each customer, beside how regular everybody is.
    ///
    /// # Errors
    /// [`Invalid`] for limits that are none, for what the rows say, and when amounts have more than 28 digits.
    pub fn report<K: Ord>(
        &self,
        everybody: Regularity,
        customers: impl IntoIterator<Item = Result<(K, PurchaseDays), Invalid>>,
    ) -> Result<AtRiskReport<K>, Invalid> {
        let mut watching = self.begin(everybody)?;
        for customer in customers {
            let (customer, purchases) = customer?;
            watching.add(customer, &purchases)?;
        }
        watching.report()
    }

    /// Begins to judge customers one by one, beside how regular everybody is.
    ///
    /// # Errors
    /// [`Invalid`] for limits that are none.
    pub fn begin<K: Ord>(&self, everybody: Regularity) -> Result<Watching<K>, Invalid> {
        self.check()?;
        let at_risk = Vec::new();
        Ok(Watching { watch: *self, everybody, customers: 0, too_few: 0, gone: 0, at_risk })
    }

    fn check(&self) -> Result<(), Invalid> {
        let wrong = |field: &str, reason: &str| Err(Invalid::new("watch", field, reason));
        if !(self.unlikely > 0.0 && self.unlikely < 1.0) {
            return wrong("unlikely", "it is a probability between 0 and 1, 0.05 for 5 %");
        }
        if !(self.gone > 0.0 && self.gone < self.unlikely) {
            return wrong("gone", "it is a probability above 0 and below that of `unlikely`");
        }
        if self.least_purchases < 3 {
            return wrong("least_purchases", "fewer than 3 purchases make no rhythm");
        }
        Ok(())
    }

    fn told<K>(&self, customer: K, rhythm: &Rhythm, chance: f64, value: Decimal) -> AtRisk<K> {
        let Rhythm { first, last, silence, .. } = *rhythm;
        AtRisk {
            customer,
            purchases: rhythm.count(),
            first_purchase: first,
            last_purchase: last,
            usual_days: f64::from(rhythm.days) / f64::from(rhythm.count() - 1),
            silent_days: silence,
            chance,
            value,
            currency: self.currency,
        }
    }
}

impl<K> AtRisk<K> {
    /// What it has brought in a year since its first purchase, as it went on until the last, with the currency's decimals.
    pub fn value_at_risk(&self) -> String {
        text(self.value, self.currency)
    }

    /// All this in words.
    pub fn sentence(&self) -> String {
        let Self { purchases, first_purchase, last_purchase, silent_days, currency, .. } = self;
        format!(
            "{purchases} purchases since {first_purchase}, {:.1} days apart on average; the last one on {last_purchase}, {silent_days} days ago. \
             Whoever goes on like that is silent for so long only once in {:.0} times. {} {currency} a year are at risk.",
            self.usual_days,
            1.0 / self.chance,
            self.value_at_risk(),
        )
    }
}

impl<K: Serialize> Serialize for AtRisk<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = Told {
            customer: &self.customer,
            purchases: self.purchases,
            first_purchase: self.first_purchase,
            last_purchase: self.last_purchase,
            usual_days: self.usual_days,
            silent_days: self.silent_days,
            chance: self.chance,
            value_at_risk: self.value_at_risk(),
            sentence: self.sentence(),
        };
        told.serialize(serializer)
    }
}

impl<K: Ord> Watching<K> {
    /// Judges a customer.
    ///
    /// # Errors
    /// [`Invalid`] when its amounts have more than 28 digits.
    pub fn add(&mut self, customer: K, purchases: &PurchaseDays) -> Result<(), Invalid> {
        let Self { watch, .. } = self;
        if purchases.until(watch.as_of).is_empty() {
            return Ok(());
        }
        self.customers += 1;
        let rhythm = Rhythm::of(purchases, watch.as_of);
        let Some(rhythm) = rhythm.filter(|rhythm| rhythm.count() >= watch.least_purchases) else {
            self.too_few += 1;
            return Ok(());
        };
        let shape = self.everybody.shape_for(Regularity::of(&rhythm.gaps));
        let chance = chance_of_silence(shape, rhythm.count() - 1, rhythm.days, rhythm.silence);
        if chance < watch.gone {
            self.gone += 1;
        } else if chance < watch.unlikely {
            let value = rhythm.yearly(purchases, watch.as_of)?;
            self.at_risk.push(watch.told(customer, &rhythm, chance, value));
        }
        Ok(())
    }

    /// Those at risk, ranked.
    ///
    /// # Errors
    /// [`Invalid`] when amounts have more than 28 digits together.
    pub fn report(mut self) -> Result<AtRiskReport<K>, Invalid> {
        self.at_risk.sort_unstable_by(|one, other| {
            let by_value = Reverse(one.value).cmp(&Reverse(other.value));
            let by_chance = || one.chance.total_cmp(&other.chance);
            by_value.then_with(by_chance).then_with(|| one.customer.cmp(&other.customer))
        });
        let total = sum(self.at_risk.iter().map(|one| one.value))?;
        let Self { watch, everybody, customers, too_few, gone, at_risk } = self;
        Ok(AtRiskReport {
            as_of: watch.as_of,
            customers,
            too_few,
            gone,
            regularity: everybody.shape(),
            by_chance: (customers - too_few) as f64 * watch.unlikely,
            value_at_risk: text(total, watch.currency),
            currency: watch.currency,
            at_risk,
        })
    }
}

impl Rhythm {
    /// None with fewer than two purchases.
    fn of(purchases: &PurchaseDays, as_of: NaiveDate) -> Option<Self> {
        let days = purchases.until(as_of);
        let (&(first, _), &(last, _)) = (days.first()?, days.last()?);
        let between =
            |from: NaiveDate, to: NaiveDate| u32::try_from((to - from).num_days()).unwrap_or(0);
        let gaps = days.windows(2).filter_map(|pair| match pair {
            [(one, _), (next, _)] => Some(between(*one, *next)),
            _ => None,
        });
        let (days, silence) = (between(first, last), between(last, as_of));
        (days > 0).then(|| Self { first, last, gaps: gaps.collect(), days, silence })
    }

    fn count(&self) -> u32 {
        u32::try_from(self.gaps.len()).map_or(u32::MAX, |gaps| gaps.saturating_add(1))
    }

    /// What repeat purchases brought, for a year of 365.25 days: each ends a gap.
    fn yearly(&self, purchases: &PurchaseDays, as_of: NaiveDate) -> Result<Decimal, Invalid> {
        let repeats = purchases.until(as_of).iter().skip(1);
        let total = sum(repeats.map(|(_, amount)| *amount))?;
        let year = Decimal::new(36_525, 2).checked_div(self.days.into());
        year.and_then(|part| total.checked_mul(part)).ok_or_else(|| {
            Invalid::new(
                "watch",
                "amount",
                "what a customer brings in a year has more than 28 digits",
            )
        })
    }
}

fn text(amount: Decimal, currency: Currency) -> String {
    amount_text(RATIO_ROUNDING.to_decimals(amount, currency), currency)
}
