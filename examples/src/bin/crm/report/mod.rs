//! Reports on pipelines.

mod cell;
pub(crate) mod coverage;
pub(crate) mod leaderboard;
mod select;
pub(crate) mod slipped;
pub(crate) mod stuck;
pub(crate) mod velocity;
pub(crate) mod win_rate;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use crm_core::{
    kernel::{Currency, Money},
    pipeline_report::{DaySummary, PeriodQuestion, Total},
};
use rust_decimal::Decimal;

pub(crate) use cell::{CellOf, PageOf, tell};
pub(crate) use select::{PeriodOf, SelectOf};

use crate::output::{grouped, percent};

/// A report for programs: of which days, and what it tells.
fn answer(question: &PeriodQuestion, mut told: serde_json::Value) -> serde_json::Value {
    let (from, to) = (question.period.from(), question.period.to());
    for (name, day) in [("from", from), ("to", to), ("as_of", question.as_of)] {
        told[name] = serde_json::json!(day);
    }
    told
}

/// What a report is of.
fn heading(question: &PeriodQuestion) -> String {
    let first = NaiveDate::from_ymd_opt(1, 1, 1);
    let from = Some(question.period.from()).filter(|day| Some(*day) != first);
    let from = from.map_or_else(String::new, |day| format!("from {day} on, "));
    format!("What happened {from}before {}, as of {}", question.period.to(), question.as_of)
}

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
