//! Random criteria over all fields and operators of an entity.

use std::sync::Arc;

use proptest::{
    collection::vec,
    prelude::any,
    prop_oneof,
    sample::{Index, select},
    strategy::{BoxedStrategy, Just, Strategy},
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::kernel::{
    Criteria, Custom, CustomTest, CustomValue, Entity, FieldSpec, Kind, Money, Op, Test, Timestamp,
    Value,
};

/// Texts to look for: parts of what is there, and what patterns stumble over.
const PARTS: [&str; 16] =
    ["", "%", "_", "\\", "a", "A", "a%", "a_", "\\%", "e", "é", "\u{301}", "中", "😀", "Z", "'"];

/// What can be asked of records like these: tests that some of them pass and some do not.
#[derive(Clone, Debug)]
pub(super) struct Questions<E: Entity>(Arc<Vec<Asked<E>>>);

/// What can be asked of one field.
#[derive(Clone, Debug)]
struct Asked<E: Entity> {
    field: &'static FieldSpec<E>,
    values: Vec<Value<'static>>,
    words: Vec<Value<'static>>,
    own: Vec<(String, CustomValue)>,
}

impl<E: Entity> Questions<E> {
    pub(super) fn about(data: &[E]) -> Self {
        Self::of_fields(E::FIELDS, data)
    }

    /// The same of these fields alone.
    pub(super) fn of_fields(fields: &[&'static FieldSpec<E>], data: &[E]) -> Self {
        Self(Arc::new(fields.iter().map(|field| Asked::of(field, data)).collect()))
    }

    /// Criteria of all shapes.
    pub(super) fn criteria(&self) -> BoxedStrategy<Criteria<E>> {
        let asked = Arc::clone(&self.0);
        let leaf = (any::<Index>(), any::<Index>(), vec(any::<Index>(), 0..4), 0..8_u8).prop_map(
            move |(field, one, several, form)| {
                asked[field.index(asked.len())].test(one, &several, form)
            },
        );
        leaf.prop_recursive(4, 16, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Criteria::All),
                vec(inner.clone(), 0..4).prop_map(Criteria::Any),
                inner.prop_map(Criteria::not),
            ]
        })
        .boxed()
    }
}

/// Some of these fields, in any order.
pub(super) fn some_of<E: Entity>(
    fields: &[&'static FieldSpec<E>],
    most: usize,
) -> BoxedStrategy<Vec<&'static FieldSpec<E>>> {
    if fields.is_empty() {
        return Just(Vec::new()).boxed();
    }
    vec(select(fields.to_vec()), 0..=most).boxed()
}

/// Fields that lists are ordered and sums are grouped by.
pub(super) fn ordered_fields<E: Entity>() -> Vec<&'static FieldSpec<E>> {
    let ordered = |f: &&FieldSpec<E>| !f.kind.is_structured();
    E::FIELDS.iter().copied().filter(ordered).collect()
}

impl<E: Entity> Asked<E> {
    fn of(field: &'static FieldSpec<E>, data: &[E]) -> Self {
        let mut values: Vec<Value<'static>> = Vec::new();
        let mut words: Vec<Value<'static>> = Vec::new();
        let mut own = Vec::new();
        let add = |list: &mut Vec<_>, value| {
            if !list.contains(&value) {
                list.push(value);
            }
        };
        for entity in data {
            let value = (field.get)(entity).into_owned();
            match (&value, field.kind) {
                (Value::Null, _) | (_, Kind::Json) => {}
                (Value::Json(text), Kind::Custom) => {
                    let all: Custom = serde_json::from_str(text).unwrap_or_default();
                    for (name, value) in all.0 {
                        own.extend(near_own(&value).into_iter().map(|near| (name.clone(), near)));
                        own.push((name, value));
                    }
                }
                (Value::Json(tags), Kind::Tags) => {
                    let tags: Vec<String> = serde_json::from_str(tags).unwrap_or_default();
                    tags.into_iter().for_each(|tag| add(&mut words, Value::Text(tag.into())));
                }
                _ => {
                    near(&value).into_iter().for_each(|near| add(&mut values, near));
                    add(&mut values, value);
                }
            }
        }
        let parts = || PARTS.iter().map(|part| Value::text(part));
        match field.kind {
            Kind::Text => parts().for_each(|part| add(&mut values, part)),
            Kind::Tags => parts().for_each(|part| add(&mut words, part)),
            _ => {}
        }
        Self { field, values, words, own }
    }

    fn test(&self, one: Index, several: &[Index], form: u8) -> Criteria<E> {
        let field = self.field;
        match form {
            0 => Criteria::Empty(field),
            1 if !self.values.is_empty() => {
                let values = several.iter().map(|i| i.get(&self.values).clone()).collect();
                Criteria::OneOf(field, values)
            }
            form if !self.values.is_empty() => {
                let ops = if field.kind == Kind::Text { 7 } else { 5 };
                let op = Op::ALL[(usize::from(form) + one.index(97)) % ops];
                Criteria::Test(Test { field, op, value: one.get(&self.values).clone() })
            }
            _ if !self.words.is_empty() => {
                let value = one.get(&self.words).clone();
                Criteria::Test(Test { field, op: Op::Has, value })
            }
            form if !self.own.is_empty() => {
                let (name, value) = one.get(&self.own);
                // The value of another one is often of another type.
                let value = match several {
                    [other, _, _] => &other.get(&self.own).1,
                    _ => value,
                };
                let (name, value) = (name.clone(), value.clone());
                let ops = if matches!(value, CustomValue::Text(_)) { 7 } else { 5 };
                let op = Op::ALL[(usize::from(form) + one.index(97)) % ops];
                match several {
                    [_] => Criteria::CustomEmpty(field, name),
                    _ => Criteria::Custom(CustomTest { field, name, op, value }),
                }
            }
            _ => Criteria::Empty(field).not(),
        }
    }
}

/// The same of the value of a tenant's own field; a text also looks like a value of another type.
fn near_own(value: &CustomValue) -> Vec<CustomValue> {
    let like = match value {
        CustomValue::Flag(flag) => Value::Bool(*flag),
        CustomValue::Number(number) => Value::Decimal(*number),
        CustomValue::Date(day) => Value::Date(*day),
        CustomValue::Text(text) => Value::Text(text.clone().into()),
    };
    let own = |value| match value {
        Value::Bool(flag) => Some(CustomValue::Flag(flag)),
        Value::Decimal(number) => Some(CustomValue::Number(number)),
        Value::Date(day) => Some(CustomValue::Date(day)),
        Value::Text(text) => Some(CustomValue::Text(text.into_owned())),
        _ => None,
    };
    let written = CustomValue::Text(like.to_string());
    near(&like).into_iter().filter_map(own).chain([written]).collect()
}

/// Values beside one, where stores go wrong.
fn near(value: &Value<'static>) -> Vec<Value<'static>> {
    match value {
        Value::Bool(yes) => vec![Value::Bool(!yes)],
        Value::Integer(number) => [number.checked_add(1), number.checked_sub(1), Some(i64::MIN)]
            .into_iter()
            .flatten()
            .map(Value::Integer)
            .collect(),
        Value::Decimal(number) => {
            let inside = |n: &Decimal| n.abs() < Decimal::from(100_000_000_000_000_i64);
            let step = Decimal::new(1, Money::MAX_DECIMALS);
            [number + step, number - step].into_iter().filter(inside).map(Value::Decimal).collect()
        }
        Value::Money(money) => {
            let mut near: Vec<_> = ["USD", "EUR"]
                .iter()
                .filter_map(|code| Money::new(money.amount(), code.parse().ok()?).ok())
                .collect();
            let step = Money::new(Decimal::new(1, Money::MAX_DECIMALS), money.currency());
            near.extend(step.and_then(|step| money.plus(step)));
            near.into_iter().map(Value::Money).collect()
        }
        Value::Text(text) => {
            let count = text.chars().count();
            let start: String = text.chars().take(count.div_ceil(2)).collect();
            let middle: String = text.chars().skip(1).take(count.saturating_sub(2)).collect();
            [start, middle, text.to_uppercase(), text.to_lowercase()]
                .into_iter()
                .map(|text| Value::Text(text.into()))
                .collect()
        }
        Value::Uuid(id) => vec![Value::Uuid(Uuid::from_u128(id.as_u128().wrapping_add(1)))],
        Value::Date(day) => [day.succ_opt(), day.pred_opt()]
            .into_iter()
            .flatten()
            .filter(|day| Timestamp::start_of(*day).is_ok())
            .map(Value::Date)
            .collect(),
        Value::Timestamp(time) => [time.micros() + 1, time.micros() - 1]
            .into_iter()
            .filter_map(|micros| Timestamp::from_micros(micros).ok())
            .map(Value::Timestamp)
            .collect(),
        _ => Vec::new(),
    }
}
