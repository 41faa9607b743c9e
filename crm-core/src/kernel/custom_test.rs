use std::cmp::Ordering;

use serde_json::{Value as Json, json};

use super::{
    Criteria, Custom, CustomValue, Entity, Field, FieldSpec, Invalid, Kind, Op, Value, custom,
};

/// One of a tenant's own fields against a value. Where the field is absent, or of another type than
/// the value, it is false.
///
/// ```
/// use crm_core::{customer, kernel::Criteria};
/// let large = customer::CUSTOM.field("size").at_least(12);
/// let json = serde_json::json!({"field": "custom.size", "op": "ge", "value": {"number": "12"}});
/// assert_eq!(large.to_json(), json);
/// assert_eq!(Criteria::from_json(&json)?, large);
/// # Ok::<(), crm_core::kernel::CriteriaError>(())
/// ```
pub struct CustomTest<E: 'static> {
    /// The field that holds the tenant's own fields.
    pub field: &'static FieldSpec<E>,
    /// What the tenant calls it.
    pub name: String,
    /// How they are compared: [`Op::StartsWith`] and [`Op::Contains`] of text, never [`Op::Has`].
    pub op: Op,
    /// The value.
    pub value: CustomValue,
}

/// One of a tenant's own fields, to ask about: [`Field::field`].
pub struct CustomField<E: 'static> {
    field: &'static FieldSpec<E>,
    name: String,
}

impl<E> Field<E, Custom> {
    /// The tenant's own field of this name.
    pub fn field(&'static self, name: impl Into<String>) -> CustomField<E> {
        CustomField { field: self.spec(), name: name.into() }
    }
}

impl<E> CustomField<E> {
    /// It equals `value`.
    pub fn eq(self, value: impl Into<CustomValue>) -> Criteria<E> {
        self.test(Op::Eq, value)
    }

    /// It does not equal `value`: exactly the opposite of [`CustomField::eq`].
    pub fn ne(self, value: impl Into<CustomValue>) -> Criteria<E> {
        self.eq(value).not()
    }

    /// It is below `value`.
    pub fn below(self, value: impl Into<CustomValue>) -> Criteria<E> {
        self.test(Op::Lt, value)
    }

    /// It is `value` or below.
    pub fn at_most(self, value: impl Into<CustomValue>) -> Criteria<E> {
        self.test(Op::Le, value)
    }

    /// It is above `value`.
    pub fn above(self, value: impl Into<CustomValue>) -> Criteria<E> {
        self.test(Op::Gt, value)
    }

    /// It is `value` or above.
    pub fn at_least(self, value: impl Into<CustomValue>) -> Criteria<E> {
        self.test(Op::Ge, value)
    }

    /// It is text that starts with `text`, letter for letter.
    pub fn starts_with(self, text: impl Into<String>) -> Criteria<E> {
        self.test(Op::StartsWith, text.into())
    }

    /// It is text that has `text` in it, letter for letter.
    pub fn contains(self, text: impl Into<String>) -> Criteria<E> {
        self.test(Op::Contains, text.into())
    }

    /// The record does not have it.
    pub fn is_empty(self) -> Criteria<E> {
        Criteria::CustomEmpty(self.field, self.name)
    }

    /// The record has it, of whatever type.
    pub fn is_present(self) -> Criteria<E> {
        self.is_empty().not()
    }

    fn test(self, op: Op, value: impl Into<CustomValue>) -> Criteria<E> {
        let Self { field, name } = self;
        Criteria::Custom(CustomTest { field, name, op, value: value.into() })
    }
}

impl<E> CustomTest<E> {
    pub(super) fn matches(&self, entity: &E) -> bool {
        self.value_of(entity).is_some_and(|value| holds(&value, self.op, &self.value))
    }

    /// What a record has there.
    pub(crate) fn value_of(&self, entity: &E) -> Option<CustomValue> {
        custom::read(&(self.field.get)(entity))?.0.remove(&self.name)
    }

    pub(super) fn json(&self) -> Json {
        let field = format!("{}.{}", self.field.name, self.name);
        json!({"field": field, "op": self.op.word(), "value": self.value})
    }
}

impl<E: Entity> CustomTest<E> {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        named(self.field, &self.name)?;
        let wrong = |reason: String| {
            Err(Invalid::field::<E>(&format!("{}.{}", self.field.name, self.name), reason))
        };
        match (self.op, &self.value) {
            (Op::Has, _) => wrong("has is asked of tags".to_owned()),
            (Op::StartsWith | Op::Contains, CustomValue::Text(_)) => {
                self.value.check().or_else(wrong)
            }
            (op @ (Op::StartsWith | Op::Contains), _) => {
                wrong(format!("{} is asked of text", op.word()))
            }
            _ => self.value.check().or_else(wrong),
        }
    }
}

/// Whether an entity has its tenants' own fields there, under such a name.
pub(super) fn named<E: Entity>(field: &FieldSpec<E>, name: &str) -> Result<(), Invalid> {
    if field.kind != Kind::Custom {
        let reason = format!("{} has no fields of its own", field.kind.words());
        return Err(Invalid::field::<E>(field.name, reason));
    }
    if name.contains('\0') {
        return Err(Invalid::field::<E>(field.name, "no name has a NUL character"));
    }
    Ok(())
}

/// A value from JSON: `{"number":"12.5"}`, `{"flag":true}`, `{"text":"a"}`, `{"date":"2017-12-31"}`;
/// also plain `true`, `12.5` and `"a"`.
pub(super) fn read_value(json: &Json) -> Result<CustomValue, String> {
    let value = match json {
        Json::Bool(flag) => CustomValue::Flag(*flag),
        Json::String(text) => CustomValue::Text(text.clone()),
        Json::Number(number) => match Value::parse(Kind::Decimal, &number.to_string())? {
            Value::Decimal(number) => CustomValue::Number(number),
            other => return Err(other.unexpected("a number")),
        },
        other => serde_json::from_value(other.clone()).map_err(|e| {
            format!("a flag, a number, text or a day such as {{\"date\":\"2017-12-31\"}}: {e}")
        })?,
    };
    value.check()?;
    Ok(value)
}

fn holds(value: &CustomValue, op: Op, wanted: &CustomValue) -> bool {
    match (op, value, wanted) {
        (Op::StartsWith, CustomValue::Text(text), CustomValue::Text(part)) => {
            text.starts_with(part.as_str())
        }
        (Op::Contains, CustomValue::Text(text), CustomValue::Text(part)) => {
            text.contains(part.as_str())
        }
        (Op::StartsWith | Op::Contains | Op::Has, ..) => false,
        _ => value.compare(wanted).is_some_and(|order| op.allows(order)),
    }
}

impl Op {
    /// Whether a comparison holds of values that stand in this order.
    pub(super) const fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            _ => order.is_ge(),
        }
    }
}

impl<E> Clone for CustomTest<E> {
    fn clone(&self) -> Self {
        let Self { field, name, op, value } = self;
        Self { field, name: name.clone(), op: *op, value: value.clone() }
    }
}
