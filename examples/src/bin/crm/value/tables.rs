//! What terminal and page show alike: rows of cells for people.

use crm_core::{
    kernel::Money,
    value::{GroupTotal, of_units},
    value_run_line::ValueRunLine,
};
use rust_decimal::Decimal;

use crate::{
    find,
    output::{grouped, percent, short},
};

use super::Told;

/// Longer names are cut.
const NAME: usize = 50;

/// Each class with its customers, their share of all, what they bring, and its share of all.
pub(super) fn classes(told: &Told) -> Vec<[String; 5]> {
    let all = Decimal::from(told.totals.customers.max(1));
    let rows = told.totals.classes.iter().map(|one| {
        [
            one.group.to_string(),
            grouped(one.customers),
            percent(&(Decimal::from(one.customers) / all).to_string()),
            told.money(one.value),
            share_text(told.share(one.value)),
        ]
    });
    rows.collect()
}

/// The 8/2/2 figures.
pub(super) fn fifths(told: &Told) -> Vec<Vec<String>> {
    let (fifths, currency) = (&told.totals.fifths, told.run.currency);
    let money = |amount: &String| format!("{} {currency}", grouped(amount));
    let parts = [
        ("The top fifth", &fifths.top),
        ("Those between", &fifths.middle),
        ("The bottom fifth", &fifths.bottom),
    ];
    let parts = parts.map(|(who, part)| {
        let value = money(&part.value);
        vec![who.to_owned(), grouped(part.customers), value, share_text(part.share)]
    });
    let all = ["All".to_owned(), grouped(fifths.customers), money(&fifths.total), String::new()];
    let rest = fifths.customers.saturating_sub(fifths.bottom.customers);
    let without = [
        "All without the bottom fifth".to_owned(),
        grouped(rest),
        money(&fifths.without_bottom),
        String::new(),
    ];
    parts.into_iter().chain([all.to_vec(), without.to_vec()]).collect()
}

/// What the best so many percent bring.
pub(super) fn top(told: &Told) -> Vec<Vec<String>> {
    let rows = told.totals.top.iter().map(|one| {
        vec![
            format!("{} %", one.percent.normalize()),
            grouped(one.customers),
            told.money(of_units(one.units)),
            share_text(one.share_of_value),
        ]
    });
    rows.collect()
}

/// Groups with somebody in them.
pub(super) fn groups<G: ToString>(told: &Told, groups: &[GroupTotal<G>]) -> Vec<Vec<String>> {
    let rows = groups.iter().filter(|one| one.customers > 0).map(|one| {
        let name = short(&one.group.to_string().replace('_', " "), NAME);
        vec![name, grouped(one.customers), told.money(one.value)]
    });
    rows.collect()
}

/// What there is of what the house plans for its classes and tiers, or why that cannot be told.
pub(super) fn plans(told: &Told) -> Vec<String> {
    let against = match told.run.against_plan() {
        Ok(against) => against,
        Err(error) => return vec![error.reason],
    };
    let classes = against.classes.into_iter().map(|line| line.reason);
    let reasons = classes.chain(against.tiers.into_iter().map(|line| line.reason));
    reasons.map(|reason| format!("Plan: {reason}")).collect()
}

/// Rank, name, class, value.
pub(super) fn best(told: &Told, line: &ValueRunLine, names: &find::Customers) -> Vec<String> {
    vec![
        line.rank.map(|rank| rank.to_string()).unwrap_or_default(),
        name(names, line),
        line.class.map(|class| class.to_string()).unwrap_or_default(),
        told.money(line.value.map(Money::amount).unwrap_or_default()),
    ]
}

pub(super) fn name(names: &find::Customers, line: &ValueRunLine) -> String {
    let name = names.get(&line.customer_id).map_or("somebody", |customer| customer.name.as_str());
    short(name, NAME)
}

/// How a Gini coefficient is read: where some bring less than nothing, it ends nowhere.
pub(super) const fn gini_words(told: &Told) -> &'static str {
    if told.totals.negative > 0 {
        "0: all bring the same; losses make it larger, also more than 1"
    } else {
        "0: all bring the same; 1: one brings everything"
    }
}

/// A share, which there is none of where the total is not above nothing.
pub(super) fn share_text(share: Option<Decimal>) -> String {
    share.map_or_else(|| "no share".to_owned(), |share| percent(&share.to_string()))
}
