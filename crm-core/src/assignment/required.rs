//! What a record must have for criteria to hold of it: what rules are filed under.

use rust_decimal::prelude::ToPrimitive;

use crate::kernel::{Criteria, FieldSpec, Kind, Op, Value};

/// Something that criteria ask of a field on every way to hold.
pub(super) struct Required<E: 'static> {
    pub(super) field: &'static FieldSpec<E>,
    pub(super) of: Of,
}

/// What is asked. It may let through more than the criteria do, never less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// One of these texts.
    Texts(Vec<String>),
    /// One of these ids, or true or false.
    Keys(Vec<u128>),
    /// A number from this one to that one, both included.
    Range(i128, i128),
}

/// All that criteria require, one for each field.
pub(super) fn required<E>(criteria: &Criteria<E>) -> Vec<Required<E>> {
    match criteria {
        Criteria::All(list) => {
            let mut all: Vec<Required<E>> = Vec::new();
            for one in list.iter().flat_map(required) {
                match all.iter_mut().find(|known| known.field.name == one.field.name) {
                    Some(known) => known.of.both(one.of),
                    None => all.push(one),
                }
            }
            all
        }
        Criteria::Any(list) => {
            let mut branches = list.iter().map(required);
            let mut common = branches.next().unwrap_or_default();
            for branch in branches {
                common.retain_mut(|known| {
                    let same = branch.iter().find(|one| one.field.name == known.field.name);
                    same.is_some_and(|one| known.of.either(&one.of))
                });
            }
            common
        }
        Criteria::Test(test) => of_test(test.field.kind, test.op, &test.value)
            .map(|of| Required { field: test.field, of })
            .into_iter()
            .collect(),
        Criteria::OneOf(field, values) => {
            let mut each = values.iter().map(|value| of_test(field.kind, Op::Eq, value));
            let Some(Some(mut of)) = each.next() else { return Vec::new() };
            if each.all(|other| other.is_some_and(|other| of.either(&other))) {
                vec![Required { field, of }]
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
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

fn of_test(kind: Kind, op: Op, value: &Value<'_>) -> Option<Of> {
    match (kind, op, value) {
        (Kind::Text, Op::Eq, Value::Text(text)) => Some(Of::Texts(vec![text.to_string()])),
        (Kind::Uuid | Kind::Bool, Op::Eq, value) => Some(Of::Keys(vec![key(value)?])),
        (_, Op::Eq, value) => number(value).map(|n| Of::Range(n, n)),
        (_, Op::Lt | Op::Le, value) => number(value).map(|n| Of::Range(i128::MIN, n)),
        (_, Op::Gt | Op::Ge, value) => number(value).map(|n| Of::Range(n, i128::MAX)),
        _ => None,
    }
}

impl Of {
    /// Both are asked.
    fn both(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Range(low, high), Self::Range(l, h)) => {
                (*low, *high) = ((*low).max(l), (*high).min(h));
            }
            // Either is enough to file the rule under.
            (Self::Texts(mine), Self::Texts(others)) if others.len() < mine.len() => *mine = others,
            (Self::Keys(mine), Self::Keys(others)) if others.len() < mine.len() => *mine = others,
            _ => {}
        }
    }

    /// One of the two is asked; false where that is nothing to file under.
    fn either(&mut self, other: &Self) -> bool {
        match (&mut *self, other) {
            (Self::Range(low, high), Self::Range(l, h)) => {
                (*low, *high) = ((*low).min(*l), (*high).max(*h));
            }
            (Self::Texts(mine), Self::Texts(others)) => mine.extend(others.iter().cloned()),
            (Self::Keys(mine), Self::Keys(others)) => mine.extend(others),
            _ => return false,
        }
        true
    }
}
