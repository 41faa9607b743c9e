//! Criteria as JSON: what a rule, a segment or a command line writes down.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value as Json, json};
use thiserror::Error;

use super::{
    Criteria, CustomTest, Entity, FieldSpec, Kind, Op, Test, Value,
    criteria::{MAX_DEPTH, fits},
    custom_test,
};

/// Criteria that cannot be understood: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("criteria, at {at}: {reason}")]
pub struct CriteriaError {
    /// The place in the JSON, such as `all[1].value`.
    pub at: String,
    /// What is wrong there, and what would be right.
    pub reason: String,
}

impl<E: Entity> Criteria<E> {
    /// Reads criteria: `{"all":[…]}`, `{"any":[…]}`, `{"not":{…}}` or a test
    /// `{"field":"employees","op":"ge","value":1000}`.
    ///
    /// Operators: `eq` (when none is given), `ne`, `lt`, `le`, `gt`, `ge`, `in` (a list),
    /// `starts_with`, `contains` (text), `has` (tags), `empty`, `present` (no value).
    ///
    /// A tenant's own field is `custom.` and its name; its value says its type, `{"number":"12.5"}`,
    /// `{"date":"2017-12-31"}`, or is plain `true`, `12.5` or `"text"`.
    ///
    /// ```
    /// use crm_core::{customer::Customer, kernel::Criteria};
    /// let json = serde_json::json!({"all": [{"field": "industry", "value": "retail"}, {"field": "sise", "value": 1}]});
    /// let error = Criteria::<Customer>::from_json(&json).unwrap_err();
    /// assert_eq!(error.at, "all[1].field");
    /// ```
    ///
    /// # Errors
    /// [`CriteriaError`] names the place: an unknown field, a wrong type, a bad operator.
    pub fn from_json(json: &Json) -> Result<Self, CriteriaError> {
        read(json, &mut Place(Vec::new()))
    }

    /// Writes them as [`Criteria::from_json`] reads them.
    pub fn to_json(&self) -> Json {
        match self {
            Self::All(list) => json!({"all": list.iter().map(Self::to_json).collect::<Vec<_>>()}),
            Self::Any(list) => json!({"any": list.iter().map(Self::to_json).collect::<Vec<_>>()}),
            Self::Not(one) => json!({"not": one.to_json()}),
            Self::Test(t) => {
                json!({"field": t.field.name, "op": t.op.word(), "value": t.value.to_json()})
            }
            Self::OneOf(field, values) => {
                let values: Vec<_> = values.iter().map(Value::to_json).collect();
                json!({"field": field.name, "op": "in", "value": values})
            }
            Self::Empty(field) => json!({"field": field.name, "op": "empty"}),
            Self::Custom(test) => test.json(),
            Self::CustomEmpty(field, name) => {
                json!({"field": format!("{}.{name}", field.name), "op": "empty"})
            }
        }
    }
}

impl<E: Entity> Serialize for Criteria<E> {
    /// As [`Criteria::to_json`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de, E: Entity> Deserialize<'de> for Criteria<E> {
    /// As [`Criteria::from_json`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Json::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Where we are, as the path from the root.
struct Place(Vec<String>);

impl Place {
    fn error(&self, key: &str, reason: impl Into<String>) -> CriteriaError {
        let mut at = self.0.join(".");
        if !key.is_empty() {
            if !at.is_empty() {
                at.push('.');
            }
            at.push_str(key);
        }
        let at = if at.is_empty() { "the top".to_owned() } else { at };
        CriteriaError { at, reason: reason.into() }
    }

    fn within<T>(&mut self, step: String, f: impl FnOnce(&mut Self) -> T) -> T {
        self.0.push(step);
        let result = f(self);
        self.0.pop();
        result
    }
}

fn read<E: Entity>(json: &Json, place: &mut Place) -> Result<Criteria<E>, CriteriaError> {
    if place.0.len() >= MAX_DEPTH {
        return Err(place.error("", format!("nested deeper than {MAX_DEPTH}")));
    }
    let Json::Object(object) = json else {
        return Err(place.error("", "an object is expected: all, any, not, or a field"));
    };
    for key in object.keys() {
        if !matches!(key.as_str(), "all" | "any" | "not" | "field" | "op" | "value") {
            return Err(place.error(key, "unknown: all, any, not, field, op and value are known"));
        }
    }
    for key in ["all", "any", "not"] {
        let Some(inner) = object.get(key) else { continue };
        if object.len() > 1 {
            return Err(place.error(key, format!("{key} stands alone in its object")));
        }
        if key == "not" {
            return Ok(place.within("not".into(), |p| read(inner, p))?.not());
        }
        let Json::Array(list) = inner else {
            return Err(place.error(key, "a list is expected"));
        };
        let list = list
            .iter()
            .enumerate()
            .map(|(i, one)| place.within(format!("{key}[{i}]"), |p| read(one, p)))
            .collect::<Result<_, _>>()?;
        return Ok(if key == "all" { Criteria::All(list) } else { Criteria::Any(list) });
    }
    read_test(object, place)
}

fn read_test<E: Entity>(
    object: &serde_json::Map<String, Json>,
    place: &Place,
) -> Result<Criteria<E>, CriteriaError> {
    let Some(Json::String(name)) = object.get("field") else {
        return Err(place.error("field", "the name of a field is expected"));
    };
    let asked = find_field(name).ok_or_else(|| {
        let known: Vec<_> = E::FIELDS.iter().map(|f| f.name).collect();
        let reason = format!("{} has no field {name:?}; it has: {}", E::KIND, known.join(", "));
        place.error("field", reason)
    })?;
    let op = match object.get("op") {
        None => "eq",
        Some(Json::String(op)) => op,
        Some(_) => return Err(place.error("op", "an operator is a word")),
    };
    let value = object.get("value");
    match (op, value) {
        ("empty", None) => Ok(asked.empty()),
        ("present", None) => Ok(asked.empty().not()),
        ("empty" | "present", Some(_)) => Err(place.error("value", format!("{op} takes no value"))),
        ("in", Some(Json::Array(list))) => {
            let values = list.iter().enumerate().map(|(i, v)| (v, format!("value[{i}]")));
            match asked {
                Asked::Field(field) => values
                    .map(|(v, key)| read_value(field, Op::Eq, v, place, &key))
                    .collect::<Result<_, _>>()
                    .map(|values| Criteria::OneOf(field, values)),
                own => values
                    .map(|(v, key)| own.test(Op::Eq, v, place, &key))
                    .collect::<Result<_, _>>()
                    .map(Criteria::Any),
            }
        }
        ("in", _) => Err(place.error("value", "in takes a list")),
        (_, None) => Err(place.error("value", format!("{op} needs a value"))),
        (word, Some(json)) => {
            let known = if word == "ne" { Some(Op::Eq) } else { find_op(word) };
            let Some(op) = known else {
                let all: Vec<_> = Op::ALL.iter().map(|op| op.word()).collect();
                let reason = format!(
                    "{word:?} is no operator: {}, ne, in, empty, present are",
                    all.join(", ")
                );
                return Err(place.error("op", reason));
            };
            let test = asked.test(op, json, place, "value")?;
            Ok(if word == "ne" { test.not() } else { test })
        }
    }
}

/// What a test asks about: a field, or one of the tenant's own fields.
#[derive(Clone, Copy)]
enum Asked<'n, E: 'static> {
    Field(&'static FieldSpec<E>),
    Own(&'static FieldSpec<E>, &'n str),
}

fn find_field<E: Entity>(name: &str) -> Option<Asked<'_, E>> {
    let mut fields = E::FIELDS.iter().copied();
    if let Some(field) = fields.clone().find(|field| field.name == name) {
        return Some(Asked::Field(field));
    }
    let (first, own) = name.split_once('.')?;
    let field = fields.find(|field| field.name == first && field.kind == Kind::Custom)?;
    Some(Asked::Own(field, own))
}

impl<E: Entity> Asked<'_, E> {
    fn empty(&self) -> Criteria<E> {
        match self {
            Self::Field(field) => Criteria::Empty(field),
            Self::Own(field, name) => Criteria::CustomEmpty(field, (*name).to_owned()),
        }
    }

    fn test(
        &self,
        op: Op,
        json: &Json,
        place: &Place,
        key: &str,
    ) -> Result<Criteria<E>, CriteriaError> {
        match *self {
            Self::Field(field) => {
                let value = read_value(field, op, json, place, key)?;
                Ok(Criteria::Test(Test { field, op, value }))
            }
            Self::Own(field, name) => {
                let wrong =
                    |reason: String| place.error(key, format!("{}.{name}: {reason}", field.name));
                let value = custom_test::read_value(json).map_err(wrong)?;
                let test = CustomTest { field, name: name.to_owned(), op, value };
                test.check().map_err(|invalid| wrong(invalid.reason))?;
                Ok(Criteria::Custom(test))
            }
        }
    }
}

fn find_op(word: &str) -> Option<Op> {
    Op::ALL.iter().copied().find(|op| op.word() == word)
}

fn read_value<E: Entity>(
    field: &'static FieldSpec<E>,
    op: Op,
    json: &Json,
    place: &Place,
    key: &str,
) -> Result<Value<'static>, CriteriaError> {
    let kind = if op == Op::Has { Kind::Text } else { field.kind };
    let value = Value::from_json(kind, json)
        .map_err(|reason| place.error(key, format!("{}: {reason}", field.name)))?;
    if value.is_null() {
        let reason = format!("{}: nothing equals null; use the operator empty", field.name);
        return Err(place.error(key, reason));
    }
    fits(field, op, &value)
        .map_err(|invalid| place.error(key, format!("{}: {}", field.name, invalid.reason)))?;
    Ok(value)
}
