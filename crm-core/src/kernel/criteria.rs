use std::cmp::Ordering;

use super::{CustomTest, Entity, FieldSpec, Invalid, Kind, Timestamp, Value, custom, custom_test};

/// A condition on an `E`, as data: in queries, in rules, in segments, in a file.
///
/// [`Criteria::matches`] is what it means; every store must agree with it. Two-valued: each test is
/// true or false, an empty field fails every test but [`Criteria::Empty`].
pub enum Criteria<E: 'static> {
    /// All of them hold; true of an empty list.
    All(Vec<Self>),
    /// One of them holds; false of an empty list.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A field against a value.
    Test(Test<E>),
    /// A field equals one of the values; false of an empty list.
    OneOf(&'static FieldSpec<E>, Vec<Value<'static>>),
    /// A field is empty; one that holds a list or an object is so too where that has nothing in it.
    Empty(&'static FieldSpec<E>),
    /// One of the tenant's own fields against a value.
    Custom(CustomTest<E>),
    /// The record does not have this one of the tenant's own fields.
    CustomEmpty(&'static FieldSpec<E>, String),
}

/// A field against a value.
pub struct Test<E: 'static> {
    /// The field.
    pub field: &'static FieldSpec<E>,
    /// How they are compared.
    pub op: Op,
    /// The value, of the field's kind ([`Op::Has`]: text), never [`Value::Null`].
    pub value: Value<'static>,
}

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Op {
    /// Equal.
    Eq,
    /// Below.
    Lt,
    /// Below or equal.
    Le,
    /// Above.
    Gt,
    /// Above or equal.
    Ge,
    /// Text that starts with it, letter for letter.
    StartsWith,
    /// Text that has it inside, letter for letter.
    Contains,
    /// Tags that have this word.
    Has,
}

impl<E> Criteria<E> {
    /// True of everything.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Whether it asks nothing.
    pub const fn is_everything(&self) -> bool {
        matches!(self, Self::All(list) if list.is_empty())
    }

    /// The tests that it is made of: what is neither all, any nor not.
    pub fn tests(&self) -> Vec<&Self> {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().flat_map(Self::tests).collect(),
            Self::Not(one) => one.tests(),
            test => vec![test],
        }
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut list) => {
                list.push(other);
                Self::All(list)
            }
            one => Self::All(vec![one, other]),
        }
    }

    /// One of the two holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut list) => {
                list.push(other);
                Self::Any(list)
            }
            one => Self::Any(vec![one, other]),
        }
    }

    /// It does not hold.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads like `and` and `or` beside it")]
    pub fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Whether it holds for `entity`: the meaning that every store must agree with.
    pub fn matches(&self, entity: &E) -> bool {
        match self {
            Self::All(list) => list.iter().all(|c| c.matches(entity)),
            Self::Any(list) => list.iter().any(|c| c.matches(entity)),
            Self::Not(one) => !one.matches(entity),
            Self::Test(test) => test.matches(entity),
            Self::OneOf(field, values) => {
                let value = (field.get)(entity);
                values.iter().any(|v| value.compare(v) == Some(Ordering::Equal))
            }
            Self::Empty(field) => match (field.get)(entity) {
                Value::Null => true,
                Value::Json(text) => matches!(text.as_ref(), "[]" | "{}"),
                _ => false,
            },
            Self::Custom(test) => test.matches(entity),
            Self::CustomEmpty(field, name) => {
                !custom::read(&(field.get)(entity)).is_some_and(|all| all.0.contains_key(name))
            }
        }
    }
}

/// How deep criteria may be nested.
pub(super) const MAX_DEPTH: usize = 64;
/// How many tests and values criteria may have, all together: databases limit their parameters.
const MAX_PARTS: usize = 10_000;

impl<E: Entity> Criteria<E> {
    /// Whether every value fits its field, and all of it is of a size that every store can run: at
    /// most 64 levels deep, with at most 10,000 tests and values. Stores call it before they run it.
    ///
    /// # Errors
    /// [`Invalid`] names the field and what its value should be.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut parts = 0;
        self.check_within(MAX_DEPTH, &mut parts)?;
        if parts > MAX_PARTS {
            let reason =
                format!("{parts} tests and values are more than {MAX_PARTS}: ask in parts");
            return Err(Invalid::new(E::KIND, "criteria", reason));
        }
        Ok(())
    }

    fn check_within(&self, depth: usize, count: &mut usize) -> Result<(), Invalid> {
        let Some(below) = depth.checked_sub(1) else {
            let reason = format!("nested deeper than {MAX_DEPTH}");
            return Err(Invalid::new(E::KIND, "criteria", reason));
        };
        *count += 1;
        match self {
            Self::All(list) | Self::Any(list) => {
                list.iter().try_for_each(|one| one.check_within(below, count))
            }
            Self::Not(one) => one.check_within(below, count),
            Self::Empty(_) => Ok(()),
            Self::Custom(test) => test.check(),
            Self::CustomEmpty(field, name) => custom_test::named(field, name),
            Self::Test(test) => fits(test.field, test.op, &test.value),
            Self::OneOf(field, values) => {
                *count += values.len().saturating_sub(1);
                values.iter().try_for_each(|value| fits(field, Op::Eq, value))
            }
        }
    }
}

/// Whether `field op value` means something.
pub(super) fn fits<E: Entity>(
    field: &FieldSpec<E>,
    op: Op,
    value: &Value<'_>,
) -> Result<(), Invalid> {
    let wanted = match (op, field.kind) {
        (Op::Has, Kind::Tags) | (Op::StartsWith | Op::Contains, Kind::Text) => Kind::Text,
        (Op::Has | Op::StartsWith | Op::Contains, kind) => {
            return Err(Invalid::field::<E>(
                field.name,
                format!("{} cannot be asked of {}", op.word(), kind.words()),
            ));
        }
        (_, kind) if kind.is_structured() => {
            return Err(Invalid::field::<E>(
                field.name,
                format!("{} cannot be compared", kind.words()),
            ));
        }
        (_, kind) => kind,
    };
    if kind_of(value) != Some(wanted) {
        return Err(Invalid::field::<E>(
            field.name,
            format!("{value:?} is not {}", wanted.words()),
        ));
    }
    match value {
        Value::Text(text) if text.contains('\0') => {
            Err(Invalid::field::<E>(field.name, "no text has a NUL character".to_owned()))
        }
        Value::Decimal(number) => super::money::storable(*number)
            .map(drop)
            .map_err(|e| Invalid::field::<E>(field.name, e.to_string())),
        // No store keeps such a day, and text that stands for one does not sort.
        Value::Date(day) if Timestamp::start_of(*day).is_err() => {
            let reason = format!("{day} is not between the years 1 and 9999");
            Err(Invalid::field::<E>(field.name, reason))
        }
        _ => Ok(()),
    }
}

fn kind_of(value: &Value<'_>) -> Option<Kind> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => Kind::Bool,
        Value::Integer(_) => Kind::Integer,
        Value::Decimal(_) => Kind::Decimal,
        Value::Money(_) => Kind::Money,
        Value::Text(_) => Kind::Text,
        Value::Uuid(_) => Kind::Uuid,
        Value::Date(_) => Kind::Date,
        Value::Timestamp(_) => Kind::Timestamp,
        Value::Json(_) => Kind::Json,
    })
}

impl<E> Test<E> {
    fn matches(&self, entity: &E) -> bool {
        let value = (self.field.get)(entity);
        match self.op {
            Op::StartsWith | Op::Contains => match (&value, &self.value) {
                (Value::Text(text), Value::Text(part)) if self.op == Op::StartsWith => {
                    text.starts_with(part.as_ref())
                }
                (Value::Text(text), Value::Text(part)) => text.contains(part.as_ref()),
                _ => false,
            },
            Op::Has => match (&value, &self.value) {
                (Value::Json(tags), Value::Text(word)) => serde_json::from_str::<Vec<String>>(tags)
                    .is_ok_and(|tags| tags.iter().any(|tag| tag == word)),
                _ => false,
            },
            _ => value.compare(&self.value).is_some_and(|order| self.op.allows(order)),
        }
    }
}

impl Op {
    /// Every one, in order.
    pub const ALL: &'static [Self] = &[
        Self::Eq,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::StartsWith,
        Self::Contains,
        Self::Has,
    ];

    /// Its word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::StartsWith => "starts_with",
            Self::Contains => "contains",
            Self::Has => "has",
        }
    }
}

impl<E> Default for Criteria<E> {
    fn default() -> Self {
        Self::everything()
    }
}

impl<E> Clone for Criteria<E> {
    fn clone(&self) -> Self {
        match self {
            Self::All(list) => Self::All(list.clone()),
            Self::Any(list) => Self::Any(list.clone()),
            Self::Not(one) => Self::Not(one.clone()),
            Self::Test(t) => Self::Test(Test { field: t.field, op: t.op, value: t.value.clone() }),
            Self::OneOf(field, values) => Self::OneOf(field, values.clone()),
            Self::Empty(field) => Self::Empty(field),
            Self::Custom(test) => Self::Custom(test.clone()),
            Self::CustomEmpty(field, name) => Self::CustomEmpty(field, name.clone()),
        }
    }
}

impl<E: Entity> PartialEq for Criteria<E> {
    /// Written in the same way.
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl<E: Entity> std::fmt::Debug for Criteria<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_json().fmt(f)
    }
}
