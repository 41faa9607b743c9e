use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Kind, Refused, Row, RowError, Term,
        Timestamp, Value, from_json_text,
    },
    settings::Settings,
};

/// What the merges that a customer took part in are found by.
pub(in crate::customer) fn term(customer: Id<Customer>) -> Term {
    Term::new("merge", &customer.to_string())
}

/// Ids of customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerIds(pub Vec<Id<Customer>>);

impl FieldType for CustomerIds {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        from_json_text(value)
    }
}

/// For fields of the survivor, by name, the customer whose value it takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Choices(pub BTreeMap<String, Id<Customer>>);

impl FieldType for Choices {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        from_json_text(value)
    }
}

/// That customers which are the same were made one: which survives, and which lead to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// Its id, which is that of the command.
    pub id: Id<Merge>,
    /// The customer that survives.
    pub survivor_id: Id<Customer>,
    /// Those that lead to it since, in the order of their ids.
    pub others: CustomerIds,
    /// From whom fields were asked to come.
    pub choices: Choices,
    /// Why they are the same.
    pub reason: Option<String>,
    /// The version of the survivor that the merge wrote: its entry in the change log says what was before. None where the merge changed no field of it.
    pub survivor_version: Option<i64>,
    /// When.
    pub merged_at: Timestamp,
    /// By whom.
    pub merged_by: String,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
    /// By whom it was undone.
    pub undone_by: Option<String>,
}

impl Merge {
    /// A merge that was done.
    pub fn new(
        id: Id<Self>,
        survivor_id: Id<Customer>,
        mut others: Vec<Id<Customer>>,
        merged_at: Timestamp,
        merged_by: impl Into<String>,
    ) -> Self {
        others.sort();
        others.dedup();
        Self {
            id,
            survivor_id,
            others: CustomerIds(others),
            choices: Choices::default(),
            reason: None,
            survivor_version: None,
            merged_at,
            merged_by: merged_by.into(),
            undone_at: None,
            undone_by: None,
        }
    }
}

/// Its id, which is that of the command.
pub static ID: Field<Merge, Id<Merge>> = Field::new("id", |x| x.id.into_value());
/// The customer that survives.
pub static SURVIVOR_ID: Field<Merge, Id<Customer>> =
    Field::new("survivor_id", |x| x.survivor_id.into_value());
/// Those that lead to it since, in the order of their ids.
pub static OTHERS: Field<Merge, CustomerIds> = Field::new("others", |x| Value::json(&x.others));
/// From whom fields were asked to come.
pub static CHOICES: Field<Merge, Choices> = Field::new("choices", |x| Value::json(&x.choices));
/// Why they are the same.
pub static REASON: Field<Merge, String> =
    Field::optional("reason", |x: &Merge| Value::opt_text(&x.reason)).personal();
/// The version of the survivor that the merge wrote: its entry in the change log says what was before. None where the merge changed no field of it.
pub static SURVIVOR_VERSION: Field<Merge, i64> =
    Field::optional("survivor_version", |x| Value::opt(x.survivor_version));
/// When.
pub static MERGED_AT: Field<Merge, Timestamp> =
    Field::new("merged_at", |x| x.merged_at.into_value());
/// By whom.
pub static MERGED_BY: Field<Merge, String> = Field::new("merged_by", |x| Value::text(&x.merged_by));
/// When it was undone.
pub static UNDONE_AT: Field<Merge, Timestamp> =
    Field::optional("undone_at", |x| Value::opt(x.undone_at));
/// By whom it was undone.
pub static UNDONE_BY: Field<Merge, String> =
    Field::optional("undone_by", |x| Value::opt_text(&x.undone_by));

impl Entity for Merge {
    const KIND: &'static str = "merge";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        SURVIVOR_ID.spec(),
        OTHERS.spec(),
        CHOICES.spec(),
        REASON.spec(),
        SURVIVOR_VERSION.spec(),
        MERGED_AT.spec(),
        MERGED_BY.spec(),
        UNDONE_AT.spec(),
        UNDONE_BY.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            survivor_id: row.take(&SURVIVOR_ID)?,
            others: row.take(&OTHERS)?,
            choices: row.take(&CHOICES)?,
            reason: row.opt(&REASON)?,
            survivor_version: row.opt(&SURVIVOR_VERSION)?,
            merged_at: row.take(&MERGED_AT)?,
            merged_by: row.take(&MERGED_BY)?,
            undone_at: row.opt(&UNDONE_AT)?,
            undone_by: row.opt(&UNDONE_BY)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        if self.others.0.is_empty() {
            return Err(Invalid::field::<Self>("others", "name who is merged into the survivor"));
        }
        if self.others.0.contains(&self.survivor_id) {
            let reason = "a customer is not merged into itself";
            return Err(Invalid::field::<Self>("others", reason));
        }
        Ok(())
    }

    fn also_names(&self) -> Vec<(&'static str, Uuid)> {
        self.others.0.iter().map(|id| (Customer::KIND, id.uuid())).collect()
    }

    fn terms(&self, _rules: &Settings) -> Vec<Term> {
        std::iter::once(&self.survivor_id).chain(&self.others.0).map(|id| term(*id)).collect()
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        let undoes = self.undone_at.is_none();
        let mut allowed = self.clone();
        allowed.reason.clone_from(&next.reason);
        if undoes {
            allowed.undone_at = next.undone_at;
            allowed.undone_by.clone_from(&next.undone_by);
        }
        if allowed == *next {
            return Ok(());
        }
        let why = "what was merged is not changed afterwards: undo it, and merge again";
        Err(Refused::new(Self::KIND, "merged", "changed", why))
    }
}
