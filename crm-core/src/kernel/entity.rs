use std::fmt::Debug;

use uuid::Uuid;

use crate::settings::Settings;

use super::{
    Facts, FieldSpec, Id, Invalid, Kind, Moment, Refused, Result, Row, RowError, Tally, Term,
    Timestamp, Value, money,
};

/// A thing with an id that stores keep. It describes itself once, by its fields.
///
/// To be correct, an implementation must:
/// - list every field once, the id first, under names that are all different;
/// - give back from [`Entity::load`] what the fields' getters gave;
/// - be pure: no clock, no randomness, no I/O.
pub trait Entity: Clone + PartialEq + Debug + Send + Sync + Sized + 'static {
    /// Its kind, in the singular: `"customer"`. Tables are called `crm_` and this.
    const KIND: &'static str;
    /// Its fields, the id first.
    const FIELDS: &'static [&'static FieldSpec<Self>];
    /// The names of fields of which no two records of a tenant may have the same value.
    const UNIQUE: &'static [&'static str];

    /// Its id.
    fn id(&self) -> Id<Self>;

    /// Builds it from the values of its fields.
    ///
    /// # Errors
    /// [`RowError`] names the field that cannot be what it says.
    fn load(row: &mut Row<'_, Self>) -> std::result::Result<Self, RowError>;

    /// What must hold within one record, beyond what each field's kind says.
    ///
    /// # Errors
    /// [`Invalid`] names the field.
    fn check(&self) -> std::result::Result<(), Invalid>;

    /// Whether this record, once stored, may become `next`, by whatever path.
    ///
    /// # Errors
    /// [`Refused`] says why not: a closed interaction never changes.
    fn permits(&self, next: &Self) -> std::result::Result<(), Refused>;

    /// The field that names the record above it, if they form a tree: stores let no cycle be.
    const TREE: Option<&'static str> = None;

    /// The field that names the record which this one was merged into, if records of the kind are
    /// merged. In a tree such a record stands where the one stands that it leads to.
    const SURVIVOR: Option<&'static str> = None;

    /// Whether the house's rules have a say in [`Entity::settle`] or [`Entity::terms`].
    const RULED: bool = false;

    /// Before a store writes it, on every path: sets the fields that are derived, and asks the
    /// house's rules. `before` is the record as it is stored, if it is.
    ///
    /// # Errors
    /// What a rule refuses.
    fn settle(&mut self, _before: Option<&Self>, _rules: &Settings, _now: Timestamp) -> Result<()> {
        Ok(())
    }

    /// Whether records of the kind have a [`Entity::tally`].
    const TALLIED: bool = false;

    /// What it counts for in the figures that stores keep of a customer, wherever the record comes from: a store adds
    /// it where a record comes to be, and takes it away where it goes.
    fn tally(&self) -> Option<Tally> {
        None
    }

    /// After it has settled, what a store adds with it, on every path: the facts of its history.
    /// They are given once: what was taken is gone from it.
    fn facts(&mut self, _before: Option<&Self>, _moment: &Moment<'_>) -> Facts {
        Facts::default()
    }

    /// What it is found by: words, keys. Stores keep them with the record.
    fn terms(&self, _rules: &Settings) -> Vec<Term> {
        Vec::new()
    }

    /// Fields that have no say in [`Entity::terms`]: where nothing else changed, stores keep the terms that there are.
    const NO_TERMS: &'static [&'static str] = &[];

    /// Records that it names within structured fields, or in a column without a foreign key: kind and id. They must be there.
    fn also_names(&self) -> Vec<(&'static str, Uuid)> {
        Vec::new()
    }
}

/// Why a record may not stand where it is to stand in a tree.
pub const CYCLE: &str = "it would stand above itself: name one that is not below it";

/// Whether a record may be stored: every field within its limits, and the record sound in itself.
/// Every store calls it before it writes.
///
/// # Errors
/// [`Invalid`] names the first field that is not.
pub fn check<E: Entity>(entity: &E) -> Result<(), Invalid> {
    E::FIELDS.iter().try_for_each(|field| field.check(&(field.get)(entity)))?;
    entity.check()
}

/// The record as a JSON object, a member for each field.
pub fn to_json<E: Entity>(entity: &E) -> serde_json::Value {
    E::FIELDS.iter().map(|f| (f.name.to_owned(), (f.get)(entity).to_json())).collect()
}

/// The record with another value in one field.
///
/// # Errors
/// [`Invalid`] when the field cannot hold it.
pub fn with_value<E: Entity>(
    entity: &E,
    field: &FieldSpec<E>,
    value: &Value<'static>,
) -> std::result::Result<E, Invalid> {
    rebuilt(entity, |f| (f.name == field.name).then(|| value.clone()))
}

/// What stands in place of a name or a title that was erased.
pub const ERASED: &str = "[erased]";

/// Whether a record was erased: [`ERASED`] is its name, its title or its subject. Such a record is
/// found by nothing, and asked for nothing.
pub fn is_erased<E: Entity>(entity: &E) -> bool {
    let marked = |f: &&FieldSpec<E>| f.personal == Some(ERASED);
    E::FIELDS.iter().copied().filter(marked).any(|f| (f.get)(entity) == Value::text(ERASED))
}

/// The record without what tells of a person, in one field or in all that do: see
/// [`FieldSpec::personal`].
///
/// # Errors
/// [`Invalid`] when what stands in its place does not fit its field.
pub fn erased<E: Entity>(
    entity: &E,
    only: Option<&FieldSpec<E>>,
) -> std::result::Result<E, Invalid> {
    let mut wrong = None;
    let rebuilt = rebuilt(entity, |field| {
        let instead = field.personal.filter(|_| only.is_none_or(|o| o.name == field.name))?;
        if field.nullable && instead.is_empty() {
            return Some(Value::Null);
        }
        Value::parse(field.kind, instead).map_err(|e| wrong = Some((field.name, e))).ok()
    })?;
    match wrong {
        Some((field, reason)) => Err(Invalid::field::<E>(field, reason)),
        None => Ok(rebuilt),
    }
}

fn rebuilt<E: Entity>(
    entity: &E,
    mut other: impl FnMut(&FieldSpec<E>) -> Option<Value<'static>>,
) -> std::result::Result<E, Invalid> {
    let value =
        |f: &&'static FieldSpec<E>| other(f).unwrap_or_else(|| (f.get)(entity).into_owned());
    let mut values: Vec<_> = E::FIELDS.iter().map(value).collect();
    E::load(&mut Row::new(&mut values))
        .map_err(|wrong| Invalid::field::<E>(&wrong.field, wrong.reason))
}

impl<E: Entity> FieldSpec<E> {
    /// Whether the field may hold a value.
    pub(crate) fn check(&self, value: &Value<'_>) -> Result<(), Invalid> {
        check_value(self, value).map_err(|reason| Invalid::field::<E>(self.name, reason))
    }
}

fn check_value<E: Entity>(field: &FieldSpec<E>, value: &Value<'_>) -> Result<(), String> {
    match value {
        Value::Null if field.nullable => Ok(()),
        Value::Null => Err("it must not be empty".to_owned()),
        Value::Text(text) | Value::Json(text) => {
            if text.contains('\0') || (field.kind != Kind::Text && has_escaped_nul(text)) {
                return Err("no text may have a NUL character in it".to_owned());
            }
            let most = if field.kind == Kind::Text { field.max_chars } else { super::LONG_TEXT };
            // Bytes first: most texts are short, and counting characters costs.
            if text.len() > most as usize && text.chars().count() > most as usize {
                return Err(format!("it has more than {most} characters"));
            }
            if field.kind == Kind::Custom { super::custom::check(text) } else { Ok(()) }
        }
        Value::Money(money) => money::storable(money.amount()).map(drop).map_err(|e| e.to_string()),
        Value::Decimal(number) => money::storable(*number).map(drop).map_err(|e| e.to_string()),
        Value::Date(day) => {
            let days = Timestamp::MIN.date()..=Timestamp::MAX.date();
            days.contains(day)
                .then_some(())
                .ok_or_else(|| format!("{day} is not between the years 1 and 9999"))
        }
        _ => Ok(()),
    }
}

/// Whether a string within JSON text has a NUL character: `\u0000`, its backslash not escaped.
fn has_escaped_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let backslashes = json.as_bytes().iter().take(at).rev().take_while(|b| **b == b'\\');
        backslashes.count() % 2 == 0
    })
}
