use serde::Serialize;

use crate::{
    kernel::{Currency, amount_text},
    value::{
        pareto::many,
        units::{of_units, told},
    },
};

use super::Rfm;

/// A customer's scores, and what they come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RfmRow<'r, K> {
    /// Who.
    pub customer: &'r K,
    /// The category whose scales were used; none where it was those of all others.
    pub scale: Option<&'r str>,
    /// Days since the last purchase.
    pub days: u32,
    /// How many purchases.
    pub frequency: u32,
    /// What they brought, with the currency's decimals.
    pub monetary: String,
    /// Recency, frequency, monetary value, each from 1 to 5; 5 is best.
    pub scores: [u8; 3],
    /// The segment.
    pub segment: &'r str,
    /// Why, in words.
    pub reason: String,
}

impl<K> Rfm<K> {
    /// Each customer that bought, in the order they were given.
    pub fn rows(&self) -> impl Iterator<Item = RfmRow<'_, K>> + '_ {
        self.scored.iter().map(|scored| {
            let scale = scored.scale.and_then(|at| self.scales.get(at)).map(String::as_str);
            let segment = self.segments.get(scored.segment).map_or("", |one| one.segment.as_str());
            RfmRow {
                customer: &scored.customer,
                scale,
                days: scored.days,
                frequency: scored.frequency,
                monetary: amount_text(of_units(scored.monetary.into()), self.currency),
                scores: scored.scores,
                segment,
                reason: Told {
                    days: scored.days,
                    frequency: scored.frequency.into(),
                    monetary: scored.monetary,
                    scores: scored.scores,
                    scale,
                    segment,
                }
                .reason(self.currency),
            }
        })
    }
}

/// What scores come from, in words.
pub(in crate::value) struct Told<'r> {
    pub(in crate::value) days: u32,
    pub(in crate::value) frequency: u64,
    pub(in crate::value) monetary: i64,
    pub(in crate::value) scores: [u8; 3],
    pub(in crate::value) scale: Option<&'r str>,
    pub(in crate::value) segment: &'r str,
}

impl Told<'_> {
    pub(in crate::value) fn reason(&self, currency: Currency) -> String {
        let [r, f, m] = self.scores;
        let when = match self.days {
            0 => "on this very day".to_owned(),
            days => format!("{} ago", many(days.into(), "day", "days")),
        };
        let times = many(self.frequency, "time", "times");
        let brought = told(self.monetary.into(), currency);
        let among = self.scale.map_or(String::new(), |scale| format!(", by the scales of {scale}"));
        let segment = self.segment;
        format!(
            "It bought last {when} (recency {r} of 5), {times} (frequency {f}), for {brought} (monetary {m}){among}: {segment}."
        )
    }
}
