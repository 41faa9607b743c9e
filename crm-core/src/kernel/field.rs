use std::{fmt, marker::PhantomData};

use super::{Criteria, FieldType, Kind, Op, Tags, Test, Value};

/// The most characters of a text that can be looked up and ordered by.
pub const SHORT_TEXT: u32 = 500;
/// The most characters of a text that is only read: contents, notes.
pub const LONG_TEXT: u32 = 1_000_000;

/// What a field is called, what it holds and how it is read: the one description that queries,
/// rules, the change log, files and the SQL mapping share.
pub struct FieldSpec<E: 'static> {
    /// Its name: in criteria, in JSON, as a column.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be empty.
    pub nullable: bool,
    /// The most characters, for text.
    pub max_chars: u32,
    /// The kind of entity it names, if it is an id.
    pub refers_to: Option<&'static str>,
    /// Whether it tells of a person: what takes its place when that person is erased, as
    /// [`Value::parse`] reads it. An empty text where the field may be empty.
    pub personal: Option<&'static str>,
    /// Whether it follows from other fields and from the house's rules: not part of a command.
    pub derived: bool,
    /// Whether the house's rules fill it where a new record leaves it empty: a command that says
    /// nothing there is the same as one that says what it was filled with.
    pub filled: bool,
    /// Reads it.
    pub get: fn(&E) -> Value<'_>,
}

impl<E> fmt::Debug for FieldSpec<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.name, self.kind)
    }
}

/// A field of `E` that holds a `T`: a `static` beside the entity.
///
/// ```
/// use crm_core::customer;
/// let big = customer::EMPLOYEES.at_least(1000).and(customer::NAME.starts_with("Acme"));
/// assert_eq!(big.to_json()["all"][0]["field"], "employees");
/// ```
pub struct Field<E: 'static, T> {
    spec: FieldSpec<E>,
    holds: PhantomData<fn() -> T>,
}

impl<E, T: FieldType> Field<E, T> {
    /// A field that always has a value.
    pub const fn new(name: &'static str, get: fn(&E) -> Value<'_>) -> Self {
        Self {
            spec: FieldSpec {
                name,
                kind: T::KIND,
                nullable: false,
                max_chars: SHORT_TEXT,
                refers_to: T::REFERS_TO,
                personal: None,
                derived: false,
                filled: false,
                get,
            },
            holds: PhantomData,
        }
    }

    /// A field that may be empty.
    pub const fn optional(name: &'static str, get: fn(&E) -> Value<'_>) -> Self {
        let mut field = Self::new(name, get);
        field.spec.nullable = true;
        field
    }

    /// A text of up to [`LONG_TEXT`] characters.
    pub const fn long(name: &'static str, get: fn(&E) -> Value<'_>) -> Self {
        let mut field = Self::new(name, get);
        field.spec.max_chars = LONG_TEXT;
        field
    }

    /// A text of up to [`LONG_TEXT`] characters that may be empty.
    pub const fn optional_long(name: &'static str, get: fn(&E) -> Value<'_>) -> Self {
        let mut field = Self::optional(name, get);
        field.spec.max_chars = LONG_TEXT;
        field
    }

    /// Tells of a person; nothing takes its place when that person is erased.
    #[must_use]
    pub const fn personal(mut self) -> Self {
        self.spec.personal = Some("");
        self
    }

    /// Tells of a person; `instead` takes its place when that person is erased.
    #[must_use]
    pub const fn personal_as(mut self, instead: &'static str) -> Self {
        self.spec.personal = Some(instead);
        self
    }

    /// Follows from other fields and from the house's rules: see [`super::Entity::settle`].
    #[must_use]
    pub const fn derived(mut self) -> Self {
        self.spec.derived = true;
        self
    }

    /// Filled by the house's rules where a new record leaves it empty: see [`super::Entity::settle`].
    #[must_use]
    pub const fn filled(mut self) -> Self {
        self.spec.filled = true;
        self
    }

    /// The description without the type.
    pub const fn spec(&'static self) -> &'static FieldSpec<E> {
        &self.spec
    }

    /// It equals `value`. An empty field equals nothing.
    pub fn eq(&'static self, value: impl Into<T>) -> Criteria<E> {
        self.test(Op::Eq, value)
    }

    /// It does not equal `value`: exactly the opposite of [`Field::eq`], so true where it is empty.
    pub fn ne(&'static self, value: impl Into<T>) -> Criteria<E> {
        self.test(Op::Eq, value).not()
    }

    /// It is below `value`.
    pub fn below(&'static self, value: impl Into<T>) -> Criteria<E> {
        self.test(Op::Lt, value)
    }

    /// It is `value` or below.
    pub fn at_most(&'static self, value: impl Into<T>) -> Criteria<E> {
        self.test(Op::Le, value)
    }

    /// It is above `value`.
    pub fn above(&'static self, value: impl Into<T>) -> Criteria<E> {
        self.test(Op::Gt, value)
    }

    /// It is `value` or above.
    pub fn at_least(&'static self, value: impl Into<T>) -> Criteria<E> {
        self.test(Op::Ge, value)
    }

    /// It equals one of `values`.
    pub fn one_of<V: Into<T>>(&'static self, values: impl IntoIterator<Item = V>) -> Criteria<E> {
        Criteria::OneOf(&self.spec, values.into_iter().map(|v| v.into().into_value()).collect())
    }

    /// It is empty.
    pub const fn is_empty(&'static self) -> Criteria<E> {
        Criteria::Empty(&self.spec)
    }

    /// It is not empty.
    pub fn is_present(&'static self) -> Criteria<E> {
        self.is_empty().not()
    }

    fn test(&'static self, op: Op, value: impl Into<T>) -> Criteria<E> {
        Criteria::Test(Test { field: &self.spec, op, value: value.into().into_value() })
    }
}

impl<E> Field<E, String> {
    /// It starts with `text`, letter for letter.
    pub fn starts_with(&'static self, text: impl Into<String>) -> Criteria<E> {
        self.test(Op::StartsWith, text)
    }

    /// It has `text` in it, letter for letter.
    pub fn contains(&'static self, text: impl Into<String>) -> Criteria<E> {
        self.test(Op::Contains, text)
    }
}

impl<E> Field<E, Tags> {
    /// This word is among the tags.
    pub fn has(&'static self, word: impl Into<String>) -> Criteria<E> {
        Criteria::Test(Test {
            field: &self.spec,
            op: Op::Has,
            value: Value::Text(word.into().into()),
        })
    }
}
