//! Rules, filed under what they ask for.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    kernel::{Criteria, Entity, Invalid},
};

use super::{
    Cursor, Rule, RuleSet, Subject, Target,
    column::Column,
    required::{Clause, parts},
};

/// A sound set of rules, filed under what they ask for, so that a decision asks only the few that may match. It is
/// made once and kept.
///
/// What a rule asks on every way to match (an equal value, one of several, the beginning of a text, a range, or one of
/// these or another; of the record and of its customer) is looked up: of the fields, or combinations of them, that most rules ask
/// for, twelve of each. Each has the rules that a value does not rule out, as bits; of what all of them leave only that is asked
/// which they do not answer. So the index may let a rule through that does not match, and none that does is lost. Tests of the
/// tenant's own fields and of tags are not filed: they are asked last, where something else has left few.
pub struct RuleIndex<E: Entity> {
    set: RuleSet<E>,
    record: Vec<Column<E>>,
    customer: Vec<Column<Customer>>,
    all: Vec<u64>,
    /// What is left to ask, for each rule.
    left: Vec<Left<E>>,
    /// For each choice of each rule, how many before it have the same target.
    starts: Vec<Vec<usize>>,
}

/// What of a rule the columns do not answer.
struct Left<E: Entity> {
    when: Vec<Criteria<E>>,
    customer: Vec<Criteria<Customer>>,
    needs_customer: bool,
}

/// How many columns are kept, of the record and of its customer.
const COLUMNS: usize = 12;

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
        let (record, when) = file(words, set.rules.iter().map(|rule| &rule.when));
        let (customer, of_customer) = file(words, set.rules.iter().map(|rule| &rule.customer));
        let left = when.into_iter().zip(of_customer).zip(&set.rules);
        let left = left.map(|((when, customer), rule)| Left {
            when,
            customer,
            needs_customer: !rule.customer.is_everything(),
        });
        let left = left.collect();
        let starts = starts(&set);
        Ok(Self { set, record, customer, all, left, starts })
    }

    /// The cursor of a choice of a rule before its first turn: of several choices with one target each begins one seat further, in
    /// whatever order other rules stand between them.
    pub(super) fn new_cursor(&self, rule: usize, choice: usize) -> Cursor {
        let start = self.starts.get(rule).and_then(|rule| rule.get(choice));
        Cursor::beginning_at(start.copied().unwrap_or_default())
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
        let (mut rules, mut kept) = (self.all.clone(), Vec::with_capacity(self.all.len()));
        for column in &self.record {
            column.narrow(Some(subject.record), &mut rules, &mut kept);
        }
        for column in &self.customer {
            column.narrow(subject.customer, &mut rules, &mut kept);
        }
        let mut at = 0;
        std::iter::from_fn(move || {
            loop {
                let word = rules.get_mut(at)?;
                if *word == 0 {
                    at += 1;
                    continue;
                }
                let place = at * 64 + word.trailing_zeros() as usize;
                *word &= *word - 1;
                let rule = self.set.rules.get(place)?;
                if rule.holds_on(day) && self.left.get(place)?.matches(subject) {
                    return Some((place, rule));
                }
            }
        })
    }
}

impl<E: Entity> Left<E> {
    fn matches(&self, subject: &Subject<'_, E>) -> bool {
        self.when.iter().all(|part| part.matches(subject.record))
            && (!self.needs_customer
                || subject.customer.is_some_and(|customer| {
                    self.customer.iter().all(|part| part.matches(customer))
                }))
    }
}

/// A clause of a rule, and the place of the part that it is of.
type Filed<E> = (Clause<E>, usize);

/// The columns that most rules ask for, and of each rule the parts that these do not answer.
fn file<'r, E: Entity>(
    words: usize,
    rules: impl Iterator<Item = &'r Criteria<E>>,
) -> (Vec<Column<E>>, Vec<Vec<Criteria<E>>>) {
    let parts: Vec<_> = rules.map(parts).collect();
    // Of each rule one clause for the same fields: of several ranges what they have in common, else the first. A clause that
    // answers its part of the rule is worth more than one that does not.
    let mut filed: BTreeMap<Vec<&str>, BTreeMap<usize, Filed<E>>> = BTreeMap::new();
    for (rule, parts) in parts.iter().enumerate() {
        for (part, (_, clauses)) in parts.iter().enumerate() {
            let alone = clauses.len() == 1;
            for clause in clauses {
                let fields = clause.one_of.iter().map(|one| one.field.name).collect();
                let of_fields = filed.entry(fields).or_default();
                match of_fields.get_mut(&rule) {
                    None => {
                        let (one_of, exact) = (clause.one_of.clone(), clause.exact && alone);
                        of_fields.insert(rule, (Clause { one_of, exact }, part));
                    }
                    Some((known, _)) => {
                        if let ([known], [other]) =
                            (known.one_of.as_mut_slice(), clause.one_of.as_slice())
                        {
                            known.of.both(&other.of);
                        }
                    }
                }
            }
        }
    }
    let mut filed: Vec<_> = filed.into_values().collect();
    filed.sort_by_key(|asking| std::cmp::Reverse(asking.len()));
    filed.truncate(COLUMNS);
    let mut left: Vec<Vec<_>> = parts
        .iter()
        .map(|parts| parts.iter().map(|(criteria, _)| Some((*criteria).clone())).collect())
        .collect();
    let mut columns = Vec::new();
    for asking in &filed {
        for (rule, (clause, part)) in asking {
            let part = left.get_mut(*rule).and_then(|parts| parts.get_mut(*part));
            if let Some(part) = part.filter(|_| clause.exact) {
                *part = None;
            }
        }
        let asking: Vec<_> = asking.iter().map(|(rule, (clause, _))| (*rule, clause)).collect();
        columns.extend(Column::new(words, &asking));
    }
    (columns, left.into_iter().map(|parts| parts.into_iter().flatten().collect()).collect())
}

/// For each choice of each rule, how many before it have the same target. What a queue is called makes no other of it.
fn starts<E: Entity>(set: &RuleSet<E>) -> Vec<Vec<usize>> {
    let mut before: HashMap<_, usize> = HashMap::new();
    let mut all = Vec::with_capacity(set.rules.len());
    for rule in &set.rules {
        let mut starts = Vec::with_capacity(rule.choices.len());
        for choice in &rule.choices {
            let target = match &choice.target {
                Target::Queue { people, .. } => (Some(people), None),
                target => (None, Some(target)),
            };
            let count = before.entry(target).or_default();
            starts.push(*count);
            *count += 1;
        }
        all.push(starts);
    }
    all
}
