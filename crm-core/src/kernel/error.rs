use std::fmt;

use thiserror::Error as ThisError;
use uuid::Uuid;

use super::{Currency, Entity, Id};

/// What every verb and every store answers with when it does not do what was asked.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done. Nothing is half done: what the unit of work had written is undone
/// when it is dropped.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// Somebody else changed the record since it was read.
    #[error("the {entity} {id} was changed by somebody else since it was read: read it again")]
    Conflict {
        /// What it is.
        entity: &'static str,
        /// Which one.
        id: Uuid,
        /// The version it has now, where the store knows it.
        stored: Option<u64>,
    },
    /// There is one already with the same value in a field that must be unique.
    #[error("another {entity} has this {field} already")]
    Duplicate {
        /// What it is.
        entity: &'static str,
        /// The field, `id` among them.
        field: &'static str,
    },
    /// What was named is not there, for this tenant.
    #[error("there is no {entity} {id}")]
    Missing {
        /// What was looked for.
        entity: &'static str,
        /// The id that leads nowhere.
        id: Uuid,
    },
    /// A value that cannot be.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A rule of the business forbids it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Amounts are in two currencies, and no rate leads from one to the other on that day.
    #[error(
        "there is no exchange rate from {from} to {to} on {on} or before: set one, or ask by currency"
    )]
    NoRate {
        /// From which currency.
        from: Currency,
        /// Into which.
        to: Currency,
        /// As of which day.
        on: chrono::NaiveDate,
    },
    /// A row in the store cannot be what it says.
    #[error(
        "{table}, row {row}, column {column}: {reason}; the row was not written by this library, or the storage is damaged"
    )]
    Corrupt {
        /// The table.
        table: String,
        /// The row's id, or its number.
        row: String,
        /// The column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The unit of work was held longer than the store allows, and was rolled back.
    #[error(
        "the unit of work was held longer than {seconds} s and was rolled back: nothing was written"
    )]
    Expired {
        /// The longest it may be held.
        seconds: f64,
    },
    /// The store's schema does not fit this library.
    #[error("the database has schema version {found}, this program knows {known}: {advice}")]
    Schema {
        /// The version in the database; 0 where the library's tables are missing.
        found: u32,
        /// The version this library knows.
        known: u32,
        /// What to do.
        advice: &'static str,
    },
    /// The store cannot be reached, or cannot do it now.
    #[error("{what}")]
    Unavailable {
        /// What is the matter, in words.
        what: String,
        /// Whether the same unit of work may succeed when it is run again.
        retryable: bool,
        /// The driver's own error.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// The kinds of [`Error`], for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// [`Error::Conflict`].
    Conflict,
    /// [`Error::Duplicate`].
    Duplicate,
    /// [`Error::Missing`].
    Missing,
    /// [`Error::Invalid`].
    Invalid,
    /// [`Error::Refused`].
    Refused,
    /// [`Error::NoRate`].
    NoRate,
    /// [`Error::Corrupt`].
    Corrupt,
    /// [`Error::Expired`].
    Expired,
    /// [`Error::Schema`].
    Schema,
    /// [`Error::Unavailable`].
    Unavailable,
}

impl Error {
    /// Its kind.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Duplicate { .. } => ErrorKind::Duplicate,
            Self::Missing { .. } => ErrorKind::Missing,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Refused(_) => ErrorKind::Refused,
            Self::NoRate { .. } => ErrorKind::NoRate,
            Self::Corrupt { .. } => ErrorKind::Corrupt,
            Self::Expired { .. } => ErrorKind::Expired,
            Self::Schema { .. } => ErrorKind::Schema,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
        }
    }

    /// Whether running the whole unit of work again, from its first read, can help.
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Conflict { .. }
                | Self::Expired { .. }
                | Self::Unavailable { retryable: true, .. }
        )
    }

    /// There is no such record.
    pub fn missing<E: Entity>(id: Id<E>) -> Self {
        Self::Missing { entity: E::KIND, id: id.uuid() }
    }

    /// Somebody else changed the record.
    pub fn conflict<E: Entity>(id: Id<E>, stored: Option<u64>) -> Self {
        Self::Conflict { entity: E::KIND, id: id.uuid(), stored }
    }
}

/// A value that cannot be: which field of what, and why.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[error("{entity}, {field}: {reason}")]
pub struct Invalid {
    /// The kind of entity, or what else was given.
    pub entity: &'static str,
    /// The field or argument.
    pub field: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Invalid {
    /// A field of an entity.
    pub fn field<E: Entity>(field: &str, reason: impl Into<String>) -> Self {
        Self::new(E::KIND, field, reason)
    }

    /// A field or argument of something else.
    pub fn new(entity: &'static str, field: &str, reason: impl Into<String>) -> Self {
        Self { entity, field: field.to_owned(), reason: reason.into() }
    }
}

/// A change that a rule of the business forbids: from what, to what, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The kind of entity.
    pub entity: &'static str,
    /// The state it is in.
    pub from: String,
    /// What was asked for.
    pub to: String,
    /// Why not, and what would help.
    pub why: String,
}

impl Refused {
    /// A change that is not allowed.
    pub fn new(
        entity: &'static str,
        from: impl Into<String>,
        to: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self { entity, from: from.into(), to: to.into(), why: why.into() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {} is refused: {}", self.entity, self.from, self.to, self.why)
    }
}
impl std::error::Error for Refused {}
