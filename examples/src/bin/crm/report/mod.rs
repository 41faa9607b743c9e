//! Reports on pipelines.

pub(crate) mod coverage;
pub(crate) mod leaderboard;
mod select;
pub(crate) mod slipped;
pub(crate) mod stuck;
pub(crate) mod velocity;
pub(crate) mod win_rate;

use std::collections::BTreeMap;

use crm_core::{
    kernel::{Currency, Money},
    pipeline_report::{DaySummary, Total},
};
use rust_decimal::Decimal;

pub(crate) use select::{PeriodOf, SelectOf};

use crate::output::{grouped, percent};

/// Amounts side by side.
pub(crate) fn worth(amounts: &BTreeMap<Currency, Decimal>) -> String {
    let one = |(currency, amount): (&Currency, &Decimal)| {
        let text = Money::new(*amount, *currency)
            .map_or_else(|_| amount.to_string(), |money| money.amount_text());
        format!("{} {currency}", grouped(text))
    };
    let all: Vec<_> = amounts.iter().map(one).collect();
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

/// What somebody sees of a total: how many, and how much.
pub(crate) fn total(total: &Total) -> [String; 2] {
    [grouped(total.count), worth(&total.amounts)]
}

/// A share, or a dash where there is none.
pub(crate) fn part(share: Option<Decimal>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| percent(&share.to_string()))
}

/// A number of days that is known, or a dash.
pub(crate) fn days(days: Option<&DaySummary>, which: impl Fn(&DaySummary) -> String) -> String {
    days.map_or_else(|| "-".to_owned(), which)
}

/// What a line is called.
pub(crate) fn called(name: Option<&str>, whole: bool, otherwise: &str) -> String {
    match name {
        Some(name) => crate::output::short(name, 30),
        None if whole => "All".to_owned(),
        None => otherwise.to_owned(),
    }
}
