//! Rules, filed under what they ask for.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    kernel::{Entity, Invalid},
};

use super::{
    Rule, RuleSet, Subject,
    column::Column,
    required::{Required, required},
};

/// A sound set of rules, filed under what they ask for, so that a decision asks only the few that may match. It is
/// made once and kept.
///
/// What a rule asks of a field on every way to match (an equal value, one of several, a range; of the
/// record and of its customer) is looked up; the six fields that most rules ask for are kept of each. Each has the
/// rules that a value does not rule out, as bits, and what all fields leave is asked in full, in order. So the
/// index may let a rule through that does not match, and none that does is lost. Tests of the tenant's own
/// fields and of tags are not filed: they are asked last, where something else has left few.
pub struct RuleIndex<E: Entity> {
    set: RuleSet<E>,
    record: Vec<Column<E>>,
    customer: Vec<Column<Customer>>,
    all: Vec<u64>,
}

/// How many fields are filed, of the record and of its customer.
const FIELDS: usize = 6;

impl<E: Entity> RuleIndex<E> {
    /// Files the rules.
    ///
    /// # Errors
    /// What [`RuleSet::check`] says.
    pub fn new(set: RuleSet<E>) -> Result<Self, Invalid> {
        set.check()?;
        let count = set.rules.len();
        let words = count.div_ceil(64);
        let mut all = vec![u64::MAX; words];
        if let (Some(last), rest @ 1..) = (all.last_mut(), count % 64) {
            *last = (1 << rest) - 1;
        }
        let of_records: Vec<_> = set.rules.iter().map(|rule| required(&rule.when)).collect();
        let of_customers: Vec<_> = set.rules.iter().map(|rule| required(&rule.customer)).collect();
        let (record, customer) = (columns(words, &of_records), columns(words, &of_customers));
        Ok(Self { set, record, customer, all })
    }

    /// The rules, in their order.
    pub fn rules(&self) -> &[Rule<E>] {
        &self.set.rules
    }

    /// The rules that match, in their order, each with its place.
    pub fn matching<'a>(
        &'a self,
        subject: &'a Subject<'_, E>,
        day: NaiveDate,
    ) -> impl Iterator<Item = (usize, &'a Rule<E>)> {
        let mut left = self.all.clone();
        for column in &self.record {
            column.narrow(Some(subject.record), &mut left);
        }
        for column in &self.customer {
            column.narrow(subject.customer, &mut left);
        }
        let mut at = 0;
        std::iter::from_fn(move || {
            loop {
                let word = left.get_mut(at)?;
                if *word == 0 {
                    at += 1;
                    continue;
                }
                let place = at * 64 + word.trailing_zeros() as usize;
                *word &= *word - 1;
                let rule = self.set.rules.get(place)?;
                if rule.matches(subject, day) {
                    return Some((place, rule));
                }
            }
        })
    }
}

fn columns<E>(words: usize, rules: &[Vec<Required<E>>]) -> Vec<Column<E>> {
    let mut by_field: BTreeMap<&str, Vec<(usize, &Required<E>)>> = BTreeMap::new();
    for (rule, asked) in rules.iter().enumerate() {
        for one in asked {
            by_field.entry(one.field.name).or_default().push((rule, one));
        }
    }
    let mut fields: Vec<_> = by_field.into_values().collect();
    fields.sort_by_key(|asking| std::cmp::Reverse(asking.len()));
    fields.iter().take(FIELDS).filter_map(|asking| Column::new(words, asking)).collect()
}
