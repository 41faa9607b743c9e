//! Merge moves: the records that came to the survivor of a merge.

use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value},
    merge::Merge,
};

/// That a record which named a merged customer names the survivor since: a fact that is only ever added.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeMove {
    /// Its id.
    pub id: Id<MergeMove>,
    /// By which merge.
    pub merge_id: Id<Merge>,
    /// The kind of record.
    pub entity: String,
    /// Which record.
    pub record_id: Uuid,
    /// The field that names the customer.
    pub field: String,
    /// Whom it named.
    pub from_id: Id<Customer>,
}

/// Its id.
pub static ID: Field<MergeMove, Id<MergeMove>> = Field::new("id", |x| x.id.into_value());
/// By which merge.
pub static MERGE_ID: Field<MergeMove, Id<Merge>> =
    Field::new("merge_id", |x| x.merge_id.into_value());
/// The kind of record.
pub static ENTITY: Field<MergeMove, String> = Field::new("entity", |x| Value::text(&x.entity));
/// Which record.
pub static RECORD_ID: Field<MergeMove, Uuid> =
    Field::new("record_id", |x| x.record_id.into_value());
/// The field that names the customer.
pub static FIELD: Field<MergeMove, String> = Field::new("field", |x| Value::text(&x.field));
/// Whom it named.
pub static FROM_ID: Field<MergeMove, Id<Customer>> =
    Field::new("from_id", |x| x.from_id.into_value());

impl Entity for MergeMove {
    const KIND: &'static str = "merge_move";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        MERGE_ID.spec(),
        ENTITY.spec(),
        RECORD_ID.spec(),
        FIELD.spec(),
        FROM_ID.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            merge_id: row.take(&MERGE_ID)?,
            entity: row.take(&ENTITY)?,
            record_id: row.take(&RECORD_ID)?,
            field: row.take(&FIELD)?,
            from_id: row.take(&FROM_ID)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "what happened is not changed afterwards";
        Err(Refused::new(Self::KIND, "moved", "changed", why))
    }
}
