use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::six_decimals,
    value::{
        Fifths, FittedLifetime, GridCell, LorenzPoint, SegmentCount, Standing, Summary, TopShare,
        ValueClass, pareto::many,
    },
};

/// What the lines of a run add up to; amounts in its currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunTotals {
    /// How many customers bought, sent back or, where that counts, were served in the period.
    pub customers: u64,
    /// How many did not, and have a line because they had a tier.
    pub absent: u64,
    /// What all bring together.
    #[serde(with = "rust_decimal::serde::str")]
    pub total: Decimal,
    /// How many bring nothing.
    pub zero: u64,
    /// How many bring less than nothing.
    pub negative: u64,
    /// The classes, best first.
    pub classes: Vec<GroupTotal<ValueClass>>,
    /// How unequal they are ([`crate::value::Ranking::gini`]).
    #[serde(serialize_with = "six_decimals")]
    pub gini: Option<Decimal>,
    /// What the best 1, 5, 10, 20 and 50 % bring.
    pub top: Vec<TopShare>,
    /// The Lorenz curve at steps of one percent of the customers; empty where the total is not above nothing.
    pub lorenz: Vec<LorenzPoint>,
    /// The 8/2/2 figures.
    pub fifths: Fifths,
    /// What the least of the important brings.
    #[serde(with = "rust_decimal::serde::str")]
    pub least_important: Decimal,
    /// The standings.
    pub standings: Vec<GroupTotal<Standing>>,
    /// The RFM segments in the order of the policy: who bought, and for how much.
    pub segments: Vec<SegmentCount>,
    /// How many have which scores of recency and frequency.
    pub grid: Vec<GridCell>,
    /// The tiers, best first; none without a policy.
    pub tiers: Vec<GroupTotal<String>>,
    /// Of what was won: how many opportunities name no customer or no amount, and count for nobody.
    #[serde(default)]
    pub uncounted: u64,
    /// The rate by which what serving costs was converted, where the service rates are in another currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_rate: Option<ServiceRate>,
    /// How many orders and returns do not say what their goods cost.
    pub without_cost: i64,
    /// The model that expected values come from, where the policies name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<FittedLifetime>,
    /// What is to be known of these figures, in sentences.
    pub notes: Vec<String>,
    /// Where the classes end, from which the reasons of the lines are told.
    pub summary: Summary,
}
crate::settings::as_json!(RunTotals);

impl RunTotals {
    /// Tells what counts for nobody, and by which rate what serving costs was converted, with the notes of it.
    pub(super) fn add_unknown(&mut self, uncounted: u64, rate: Option<(ServiceRate, String)>) {
        self.uncounted = uncounted;
        if let Some((rate, note)) = rate {
            self.service_rate = Some(rate);
            self.notes.push(note);
        }
        if uncounted > 0 {
            let (names, counts) =
                if uncounted == 1 { ("names", "counts") } else { ("name", "count") };
            let won = many(uncounted, "won opportunity", "won opportunities");
            let note = format!("{won} {names} no customer or no amount, and {counts} for nobody.");
            self.notes.push(note);
        }
    }
}

/// The price of a currency in that of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRate {
    /// The day from which on it holds.
    pub date: NaiveDate,
    /// The price of how many units.
    pub per: i64,
    /// Their price.
    #[serde(with = "rust_decimal::serde::str")]
    pub price: Decimal,
}

/// How many customers are in a group, and what they bring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupTotal<G> {
    /// Which.
    pub group: G,
    /// How many.
    pub customers: u64,
    /// What they bring together.
    #[serde(with = "rust_decimal::serde::str")]
    pub value: Decimal,
}
