//! What a record must have for criteria to hold of it: what rules are filed under.

use std::collections::BTreeSet;

use rust_decimal::prelude::ToPrimitive;

use crate::kernel::{Criteria, FieldSpec, Kind, Op, Value};

/// One of several things that criteria ask, each of another field, on every way to hold.
pub(super) struct Clause<E: 'static> {
    /// In the order of the fields' names.
    pub(super) one_of: Vec<Required<E>>,
    /// Whether it says all that its part of the criteria does: who passes it need not be asked that part again.
    pub(super) exact: bool,
}

/// Something that is asked of a field.
pub(super) struct Required<E: 'static> {
    pub(super) field: &'static FieldSpec<E>,
    pub(super) of: Of,
}

impl<E> Clone for Required<E> {
    fn clone(&self) -> Self {
        Self { field: self.field, of: self.of.clone() }
    }
}

/// What is asked. It may let through more than the criteria do, never less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// One of these texts, or one that begins with one of these.
    Texts(BTreeSet<String>, BTreeSet<String>),
    /// One of these ids, or true or false.
    Keys(BTreeSet<u128>),
    /// A number from this one to that one, both included.
    Range(i128, i128),
}

/// The parts of criteria that all have to hold, each with what it requires.
pub(super) fn parts<E>(criteria: &Criteria<E>) -> Vec<(&Criteria<E>, Vec<Clause<E>>)> {
    match criteria {
        Criteria::All(list) => list.iter().flat_map(parts).collect(),
        one => vec![(one, clauses(one))],
    }
}

/// All that criteria require.
fn clauses<E>(criteria: &Criteria<E>) -> Vec<Clause<E>> {
    match criteria {
        // Of several that all have to hold no clause says all, and some may have none.
        Criteria::All(list) => {
            let mut all: Vec<Clause<E>> = list.iter().flat_map(clauses).collect();
            all.iter_mut().for_each(|clause| clause.exact &= list.len() == 1);
            all
        }
        Criteria::Any(list) => any(list.iter().map(clauses).collect()),
        Criteria::Test(test) => of_test(test.field.kind, test.op, &test.value)
            .map(|(of, exact)| Clause { one_of: vec![Required { field: test.field, of }], exact })
            .into_iter()
            .collect(),
        Criteria::OneOf(field, values) => {
            let mut each = values.iter().map(|value| of_test(field.kind, Op::Eq, value));
            let Some(Some((mut of, mut exact))) = each.next() else { return Vec::new() };
            for other in each {
                let Some((other, same)) = other else { return Vec::new() };
                exact &= same && !matches!(of, Of::Range(..));
                if !of.either(&other) {
                    return Vec::new();
                }
            }
            vec![Clause { one_of: vec![Required { field, of }], exact }]
        }
        _ => Vec::new(),
    }
}

/// What holds on every one of these ways: what all ask of a field, or else one thing that each asks.
fn any<E>(ways: Vec<Vec<Clause<E>>>) -> Vec<Clause<E>> {
    let alone = ways.len() == 1;
    let exact = ways.iter().all(|way| matches!(way.as_slice(), [one] if one.exact));
    let mut ways = ways.into_iter();
    let Some(mut first) = ways.next() else { return Vec::new() };
    if alone {
        first.iter_mut().for_each(|one| one.exact &= exact);
        return first;
    }
    let rest: Vec<_> = ways.collect();
    let mut common = Vec::new();
    for clause in &first {
        let [asked] = clause.one_of.as_slice() else { continue };
        let mut asked = asked.clone();
        let all_ask = rest.iter().all(|way| {
            let same = way.iter().find_map(|other| match other.one_of.as_slice() {
                [one] if one.field.name == asked.field.name => Some(one),
                _ => None,
            });
            same.is_some_and(|one| asked.of.either(&one.of))
        });
        if all_ask {
            let exact = exact && !matches!(asked.of, Of::Range(..));
            common.push(Clause { one_of: vec![asked], exact });
        }
    }
    if !common.is_empty() {
        return common;
    }
    let mut one_of: Vec<Required<E>> = Vec::new();
    for way in std::iter::once(&first).chain(&rest) {
        let Some(clause) = way.first() else { return Vec::new() };
        for asked in &clause.one_of {
            match one_of.iter_mut().find(|one| one.field.name == asked.field.name) {
                Some(known) => {
                    if !known.of.either(&asked.of) {
                        return Vec::new();
                    }
                }
                None => one_of.push(asked.clone()),
            }
        }
    }
    one_of.sort_by_key(|one| one.field.name);
    let exact = exact && !one_of.iter().any(|one| matches!(one.of, Of::Range(..)));
    vec![Clause { one_of, exact }]
}

/// A value that has an order, so that what is smaller never has a larger number.
pub(super) fn number(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Integer(v) => Some((*v).into()),
        Value::Date(v) => Some(chrono::Datelike::num_days_from_ce(v).into()),
        Value::Timestamp(v) => Some(v.micros().into()),
        Value::Decimal(v) => scaled(*v),
        Value::Money(v) => scaled(v.amount()),
        _ => None,
    }
}

/// A value that is only equal to others or not.
pub(super) fn key(value: &Value<'_>) -> Option<u128> {
    match value {
        Value::Uuid(v) => Some(v.as_u128()),
        Value::Bool(v) => Some((*v).into()),
        _ => None,
    }
}

/// In whole 10^-4, which a criterion always is: rounding down takes no number past one.
fn scaled(number: rust_decimal::Decimal) -> Option<i128> {
    match 10_i128.checked_pow(4_u32.saturating_sub(number.scale())) {
        Some(factor) if number.scale() <= 4 => number.mantissa().checked_mul(factor),
        _ => number.checked_mul(10_000.into())?.floor().to_i128(),
    }
}

/// What a test asks, and whether that is all.
fn of_test(kind: Kind, op: Op, value: &Value<'_>) -> Option<(Of, bool)> {
    let one = |text: &str| BTreeSet::from([text.to_owned()]);
    match (kind, op, value) {
        (Kind::Text, Op::Eq, Value::Text(text)) => {
            Some((Of::Texts(one(text), BTreeSet::new()), true))
        }
        (Kind::Text, Op::StartsWith, Value::Text(text)) => {
            Some((Of::Texts(BTreeSet::new(), one(text)), true))
        }
        (Kind::Uuid | Kind::Bool, Op::Eq, value) => Some((Of::Keys([key(value)?].into()), true)),
        (_, Op::Eq, value) => number(value).map(|n| (Of::Range(n, n), false)),
        (_, Op::Lt | Op::Le, value) => number(value).map(|n| (Of::Range(i128::MIN, n), false)),
        (_, Op::Gt | Op::Ge, value) => number(value).map(|n| (Of::Range(n, i128::MAX), false)),
        _ => None,
    }
}

impl Of {
    /// Both are asked: whether this says so.
    pub(super) fn both(&mut self, other: &Self) -> bool {
        match (&mut *self, other) {
            (Self::Range(low, high), Self::Range(l, h)) => {
                (*low, *high) = ((*low).max(*l), (*high).min(*h));
                true
            }
            _ => false,
        }
    }

    /// One of the two is asked; false where that is nothing to file under.
    fn either(&mut self, other: &Self) -> bool {
        match (&mut *self, other) {
            (Self::Range(low, high), Self::Range(l, h)) => {
                (*low, *high) = ((*low).min(*l), (*high).max(*h));
            }
            (Self::Texts(whole, beginnings), Self::Texts(others, other_beginnings)) => {
                whole.extend(others.iter().cloned());
                beginnings.extend(other_beginnings.iter().cloned());
            }
            (Self::Keys(mine), Self::Keys(others)) => mine.extend(others),
            _ => return false,
        }
        true
    }
}
