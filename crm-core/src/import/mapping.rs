use thiserror::Error;

use super::ImportKind;

/// Which of their columns are which of our fields.
///
/// A column that nobody mapped, and that is called like one of our fields, maps by itself.
///
/// ```
/// use crm_core::import::{ImportKind, ImportOptions, Importer, Mapping};
/// let mapping = Mapping::new(ImportKind::Products)
///     .column("product", "name")
///     .column("sales_price", "list_price")
///     .constant("currency", "USD")
///     .alias("name", "GTXPro", "GTX Pro");
/// let header = ["product", "category", "sales_price"].map(String::from);
/// assert!(Importer::new(&mapping, &header, ImportOptions::default()).is_ok());
///
/// let wrong = Mapping::new(ImportKind::Products).column("product", "nmae");
/// let error = Importer::new(&wrong, &header, ImportOptions::default()).unwrap_err();
/// assert!(error.to_string().starts_with("products have no field \"nmae\""));
/// ```
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(super) kind: ImportKind,
    pub(super) columns: Vec<(String, String)>,
    pub(super) constants: Vec<(String, String)>,
    pub(super) aliases: Vec<(String, String, String)>,
}

impl Mapping {
    /// Nothing mapped but by name.
    pub const fn new(kind: ImportKind) -> Self {
        Self { kind, columns: Vec::new(), constants: Vec::new(), aliases: Vec::new() }
    }

    /// What the rows are.
    pub const fn kind(&self) -> ImportKind {
        self.kind
    }

    /// Their column `theirs` is our field `ours`.
    #[must_use]
    pub fn column(mut self, theirs: impl Into<String>, ours: impl Into<String>) -> Self {
        self.columns.push((theirs.into(), ours.into()));
        self
    }

    /// Our field `ours` is `value` in every row.
    #[must_use]
    pub fn constant(mut self, ours: impl Into<String>, value: impl Into<String>) -> Self {
        self.constants.push((ours.into(), value.into()));
        self
    }

    /// Where our field `ours` reads `from`, it means `to`.
    #[must_use]
    pub fn alias(
        mut self,
        ours: impl Into<String>,
        from: impl Into<String>,
        to: impl Into<String>,
    ) -> Self {
        self.aliases.push((ours.into(), from.into(), to.into()));
        self
    }
}

/// A mapping that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A field we do not have.
    #[error("{kind} have no field {field:?}; they have: {}", known.join(", "))]
    UnknownField {
        /// What the rows are.
        kind: ImportKind,
        /// The field that was named.
        field: String,
        /// The fields there are.
        known: Vec<&'static str>,
    },
    /// A column the header does not have.
    #[error("there is no column {column:?}; the columns are: {}", columns.join(", "))]
    MissingColumn {
        /// The column that was named.
        column: String,
        /// The columns there are.
        columns: Vec<String>,
    },
    /// A column that stands twice in the header.
    #[error("there are two columns {column:?}: it cannot be known which one is meant")]
    TwoColumns {
        /// The column that was named.
        column: String,
    },
    /// Two sources for one field.
    #[error("{field:?} is mapped twice: give it one column or one constant")]
    MappedTwice {
        /// The field.
        field: String,
    },
    /// A field without which no row can be a record.
    #[error(
        "{kind} need {field:?}: map a column to it; the columns are: {}",
        columns.join(", ")
    )]
    NotMapped {
        /// What the rows are.
        kind: ImportKind,
        /// The field that is missing.
        field: &'static str,
        /// The columns there are.
        columns: Vec<String>,
    },
    /// An alias for a field that nothing is mapped to.
    #[error("the alias for {field:?} is never used: nothing is mapped to it")]
    UnusedAlias {
        /// The field.
        field: String,
    },
    /// No assignment rules are for such records.
    #[error(
        "{kind} have no owner whom rules could give them: only customers, leads and opportunities have"
    )]
    NotAssigned {
        /// What the rows are.
        kind: ImportKind,
    },
}
