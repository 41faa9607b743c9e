use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    kernel::{Currency, amount_text, six_decimals},
    value::units::{of_units, percent, told},
};

use super::{Cuts, Ranked, Summary, ValueClass};

/// A customer in a [`Pareto`](super::Pareto): where it stands, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParetoRow<'p, K> {
    /// Who.
    pub customer: &'p K,
    /// What it brings.
    #[serde(with = "rust_decimal::serde::str")]
    pub value: Decimal,
    /// Its class.
    pub class: ValueClass,
    /// Its rank, from 1. Who brings the same has the same rank.
    pub rank: u64,
    /// How many have this rank, itself among them.
    pub tied: u64,
    /// Its share of the total, six decimals; none where the total is not above nothing.
    #[serde(serialize_with = "six_decimals")]
    pub share: Option<Decimal>,
    /// The share of all down to it and those with the same rank, six decimals.
    #[serde(serialize_with = "six_decimals")]
    pub cumulative_share: Option<Decimal>,
    /// The share of those who bring more, six decimals: what its class goes by.
    #[serde(serialize_with = "six_decimals")]
    pub share_before: Option<Decimal>,
    /// Why it is in its class, in words.
    pub reason: String,
}

impl<'p, K> ParetoRow<'p, K> {
    pub(super) fn new(
        customer: &'p K,
        ranked: &Ranked,
        summary: &Summary,
        currency: Currency,
    ) -> Self {
        let mut row = Self {
            customer,
            value: of_units(ranked.value.into()),
            class: ranked.class,
            rank: ranked.rank,
            tied: ranked.tied,
            share: summary.share(ranked.value.into()),
            cumulative_share: summary.share(ranked.through()),
            share_before: summary.share(ranked.before),
            reason: String::new(),
        };
        row.reason = row.in_words(summary, currency);
        row
    }

    pub(in crate::value) fn in_words(&self, summary: &Summary, currency: Currency) -> String {
        let all = summary.customers();
        let place = match self.tied {
            1 => format!("rank {} of {all}", self.rank),
            2 => format!("rank {} of {all} together with another", self.rank),
            tied => format!("rank {} of {all} together with {} others", self.rank, tied - 1),
        };
        let value = format!("{} {currency}", amount_text(self.value, currency));
        let share =
            self.share.map_or(String::new(), |share| format!(", {} of the total", percent(share)));
        let mut words = format!("It brings {value}{share}, {place}: class {}", self.class);
        words.push_str(&match (&summary.cuts, self.share_before) {
            (Cuts::Share { .. }, None) => {
                let total = told(summary.total(), currency);
                format!(", as the total of {total} is not above nothing and has no shares.")
            }
            (Cuts::Share { a, b }, Some(before)) => {
                let before = percent(before);
                match self.class {
                    ValueClass::A if self.rank == 1 => ", as nobody brings more.".to_owned(),
                    ValueClass::A => format!(", as those who bring more have {before}, below the cut at {a} %."),
                    ValueClass::B => format!(", as those who bring more have {before}, between the cuts at {a} % and {b} %."),
                    ValueClass::C => format!(", as those who bring more have {before}, not below the cut at {b} %."),
                }
            }
            (Cuts::Count { a, b }, _) => {
                let before = self.rank - 1;
                match self.class {
                    ValueClass::A => format!(", as {before} bring more and the first {a} are in it."),
                    ValueClass::B => format!(", as {before} bring more and those from {} to {b} are in it.", a + 1),
                    ValueClass::C => format!(", as {before} bring more and the first {b} are in A and B."),
                }
            }
        });
        if let Some(border) = summary.border(self.class)
            && border.lifted > 0
            && of_units(border.value.into()) == self.value
        {
            let others = border.customers;
            words.push_str(&format!(
                " The cut lies among the {others} who bring this: they stay together in the better class."
            ));
        }
        words
    }
}
