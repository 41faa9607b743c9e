use super::{Entity, Field, FieldType, Value};

/// The values of one stored record, field by field, on their way back into an `E`.
///
/// Taken in the order of [`Entity::FIELDS`], each costs nothing to find.
pub struct Row<'v, E: Entity> {
    values: &'v mut [Value<'static>],
    next: usize,
    entity: std::marker::PhantomData<fn() -> E>,
}

impl<'v, E: Entity> Row<'v, E> {
    /// A row whose values stand in the order of [`Entity::FIELDS`]; they are taken out of it.
    pub const fn new(values: &'v mut [Value<'static>]) -> Self {
        Self { values, next: 0, entity: std::marker::PhantomData }
    }

    /// The value of a field that is never empty.
    ///
    /// # Errors
    /// [`RowError`] when it is empty or not of its type.
    pub fn take<T: FieldType>(&mut self, field: &'static Field<E, T>) -> Result<T, RowError> {
        self.opt(field)?.ok_or_else(|| RowError::new(field.spec().name, "it is empty"))
    }

    /// The value of a field that may be empty.
    ///
    /// # Errors
    /// [`RowError`] when it is not of its type.
    pub fn opt<T: FieldType>(
        &mut self,
        field: &'static Field<E, T>,
    ) -> Result<Option<T>, RowError> {
        let spec = field.spec();
        let at = if E::FIELDS.get(self.next).is_some_and(|f| std::ptr::eq(*f, spec)) {
            Some(self.next)
        } else {
            E::FIELDS.iter().position(|f| f.name == spec.name)
        };
        let value = at
            .and_then(|at| {
                self.next = at + 1;
                self.values.get_mut(at)
            })
            .ok_or_else(|| RowError::new(spec.name, "the row has no such field"))?;
        match std::mem::replace(value, Value::Null) {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some).map_err(|e| RowError::new(spec.name, e)),
        }
    }
}

/// A stored record that cannot be what it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct RowError {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl RowError {
    /// A field, and what is wrong with it.
    pub fn new(field: &str, reason: impl Into<String>) -> Self {
        Self { field: field.to_owned(), reason: reason.into() }
    }
}
