use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Currency, Invalid},
    value::{
        Standing, ValueClass,
        units::{Exact, to_units},
    },
};

/// Which tier a customer is in, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierPolicy {
    /// The tiers, best first. The last one takes everybody whom no better one takes.
    pub tiers: Vec<Tier>,
    /// The currency of the amounts in it; needed where there are any.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// So many percent below an amount a customer is still held in its tier.
    #[serde(default = "margin")]
    pub margin_percent: Exact,
    /// Who does not meet what its tier asks for drops after so many periods in a row; without it, whoever is within the margin
    /// is held for good.
    #[serde(default = "drop_after")]
    pub drop_after: Option<u32>,
    /// Who meets what a better tier asks for rises after so many periods in a row: 1 is at once.
    #[serde(default = "rise_after")]
    pub rise_after: u32,
}

fn margin() -> Exact {
    Exact(Decimal::TEN)
}

const fn drop_after() -> Option<u32> {
    Some(2)
}

const fn rise_after() -> u32 {
    1
}

/// A tier and what it asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// It takes whoever passes one of these.
    #[serde(default)]
    pub any: Vec<TierTest>,
}

/// What a tier asks for: all that is named here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TierTest {
    /// One of these classes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ValueClass>,
    /// One of these RFM segments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// One of these standings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<Standing>,
    /// Scores of recency, frequency and monetary value, each at least so much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores_at_least: Option<[u8; 3]>,
    /// A value of at least so much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_at_least: Option<Exact>,
    /// An expected value of at least so much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_at_least: Option<Exact>,
}

impl TierTest {
    fn amounts(&self) -> [(&'static str, Option<Exact>); 2] {
        [("value_at_least", self.value_at_least), ("expected_at_least", self.expected_at_least)]
    }

    fn has_amounts(&self) -> bool {
        self.amounts().iter().any(|(_, amount)| amount.is_some())
    }
}

impl TierPolicy {
    /// Whether it can be.
    ///
    /// # Errors
    /// [`Invalid`] names the field.
    pub fn check(&self) -> Result<(), Invalid> {
        let Some((last, better)) = self.tiers.split_last() else {
            return wrong("tiers", "there is at least one");
        };
        for (at, tier) in self.tiers.iter().enumerate() {
            if tier.name.trim().is_empty() {
                return wrong(&format!("tiers[{at}].name"), "a tier has a name");
            }
            if self.tiers.iter().take(at).any(|other| other.name == tier.name) {
                return wrong(
                    &format!("tiers[{at}].name"),
                    &format!("there are two named {:?}", tier.name),
                );
            }
            for (test_at, test) in tier.any.iter().enumerate() {
                self.check_test(test, &format!("tiers[{at}].any[{test_at}]"))?;
            }
        }
        if let Some(at) = better.iter().position(|tier| tier.any.is_empty()) {
            return wrong(
                &format!("tiers[{at}].any"),
                "it takes everybody, and there are tiers below it: only the last one may",
            );
        }
        if !last.any.is_empty() {
            return wrong(
                &format!("tiers[{}].any", better.len()),
                "the last tier takes everybody whom no better one takes: it asks for nothing",
            );
        }
        let Exact(margin) = self.margin_percent;
        if margin < Decimal::ZERO
            || margin >= Decimal::ONE_HUNDRED
            || margin.normalize().scale() > 4
        {
            return wrong(
                "margin_percent",
                "it is at least 0 and below 100, with at most 4 decimals",
            );
        }
        if self.drop_after == Some(0) {
            return wrong("drop_after", "it is at least 1: who misses once drops");
        }
        if self.rise_after == 0 {
            return wrong("rise_after", "it is at least 1: who meets it once rises");
        }
        Ok(())
    }

    fn check_test(&self, test: &TierTest, place: &str) -> Result<(), Invalid> {
        if *test == TierTest::default() {
            return wrong(place, "it asks for nothing");
        }
        if test
            .scores_at_least
            .is_some_and(|scores| scores.iter().any(|score| !(1..=5).contains(score)))
        {
            return wrong(&format!("{place}.scores_at_least"), "scores are from 1 to 5");
        }
        for (field, amount) in test.amounts() {
            if amount.is_some_and(|Exact(amount)| to_units(amount).is_err()) {
                return wrong(&format!("{place}.{field}"), "it has at most 4 decimals");
            }
        }
        if test.has_amounts() && self.currency.is_none() {
            return wrong("currency", &format!("{place} has an amount: name its currency"));
        }
        if !test.has_amounts() && self.drop_after.is_none() {
            return wrong(
                "drop_after",
                &format!(
                    "{place} has no amount that a margin could be below: say after how many periods who misses it drops"
                ),
            );
        }
        Ok(())
    }
}

fn wrong(field: &str, reason: &str) -> Result<(), Invalid> {
    Err(Invalid::new("tier_policy", field, reason))
}
