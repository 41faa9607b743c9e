//! Whether what rules name is there.

use std::fmt;

use crate::kernel::{Criteria, CustomValue, Entity, Invalid, Kind};

use super::{CustomFields, DeclaredField, Settings};

/// A place within the settings, and the fields that the tenant declared.
pub(super) struct Place<'s> {
    path: String,
    declared: &'s CustomFields,
}

impl<'s> Place<'s> {
    pub(super) fn new(path: &str, declared: &'s CustomFields) -> Self {
        Self { path: path.to_owned(), declared }
    }

    pub(super) fn member(&self, name: &str) -> Self {
        Self { path: format!("{}.{name}", self.path), declared: self.declared }
    }

    pub(super) fn item(&self, at: usize) -> Self {
        Self { path: format!("{}[{at}]", self.path), declared: self.declared }
    }

    pub(super) fn wrong<T>(&self, reason: impl Into<String>) -> Result<T, Invalid> {
        Err(Invalid::field::<Settings>(&self.path, reason))
    }

    /// A text that must say something.
    pub(super) fn says(&self, text: &str) -> Result<(), Invalid> {
        if text.trim().is_empty() { self.wrong("it must not be empty") } else { Ok(()) }
    }
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// A field that a record may be asked for: one of the entity, or one of the tenant's own.
pub(super) fn field<E: Entity>(name: &str, place: &Place<'_>) -> Result<(), Invalid> {
    let mut fields = E::FIELDS.iter().skip(1).filter(|field| !field.derived);
    if fields.clone().any(|field| field.name == name) {
        return Ok(());
    }
    let own = name.split_once('.').filter(|(first, _)| {
        fields.any(|field| field.name == *first && field.kind == Kind::Custom)
    });
    match own {
        Some((_, own)) => declared::<E>(own, place).map(drop),
        None => {
            let known = E::FIELDS.iter().skip(1).filter(|f| !f.derived).map(|f| f.name);
            let known = known.collect::<Vec<_>>().join(", ");
            place.wrong(format!("{} has no field {name:?} to ask for; it has: {known}", E::KIND))
        }
    }
}

/// Criteria that a rule may have: what they name is there, and does not itself follow from rules.
pub(super) fn criteria<E: Entity>(when: &Criteria<E>, place: &Place<'_>) -> Result<(), Invalid> {
    if let Err(Invalid { field, reason, .. }) = when.check() {
        return place.wrong(format!("{field}: {reason}"));
    }
    for test in when.tests() {
        let (field, own, value) = match test {
            Criteria::Test(test) => (test.field, None, None),
            Criteria::OneOf(field, _) | Criteria::Empty(field) => (*field, None, None),
            Criteria::Custom(test) => (test.field, Some(&test.name), Some(&test.value)),
            Criteria::CustomEmpty(field, name) => (*field, Some(name), None),
            _ => continue,
        };
        if field.derived {
            return place.wrong(format!("{} follows from the rules themselves", field.name));
        }
        let Some(declared) = own.map(|own| declared::<E>(own, place)).transpose()?.flatten() else {
            continue;
        };
        if let Some(value) = value
            && !declared.kind.holds(value)
        {
            let (name, kind) = (&declared.name, declared.kind);
            return place.wrong(format!("custom.{name} is a {kind}, not a {}", value.member()));
        }
    }
    Ok(())
}

/// The declaration of one of the tenant's own fields, if the tenant declares any of the entity.
fn declared<'s, E: Entity>(
    name: &str,
    place: &Place<'s>,
) -> Result<Option<&'s DeclaredField>, Invalid> {
    let all = place.declared.of(E::KIND);
    if all.is_empty() {
        return Ok(None);
    }
    match all.iter().find(|declared| declared.name == name) {
        Some(declared) => Ok(Some(declared)),
        None => {
            let known: Vec<_> = all.iter().map(|d| d.name.as_str()).collect();
            let (kind, known) = (E::KIND, known.join(", "));
            place.wrong(format!("no field {name:?} is declared for the {kind}; there are: {known}"))
        }
    }
}

impl super::DeclaredType {
    /// Whether a value is of this type; a choice is text.
    pub(super) const fn holds(self, value: &CustomValue) -> bool {
        matches!(
            (self, value),
            (Self::Flag, CustomValue::Flag(_))
                | (Self::Number, CustomValue::Number(_))
                | (Self::Text | Self::Choice, CustomValue::Text(_))
                | (Self::Date, CustomValue::Date(_))
        )
    }
}
