//! Relations: how customers stand to each other.

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, TenantId,
        Timestamp, Value, text,
    },
    settings::Settings,
};

use super::affiliation::ends_after_it_began;

/// That one customer is something to another: its supplier, its partner, its competitor.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// Its id.
    pub id: Id<Relation>,
    /// Which customer is it.
    pub from_id: Id<Customer>,
    /// To which.
    pub to_id: Id<Customer>,
    /// What it is: supplier, partner, competitor.
    pub kind: String,
    /// Since when.
    pub since: Option<NaiveDate>,
    /// Until when: not before it began.
    pub until: Option<NaiveDate>,
    /// Anything else.
    pub note: Option<String>,
}

impl Relation {
    /// A relation, under the id that follows from what it says.
    pub fn between(
        tenant: TenantId,
        from_id: Id<Customer>,
        to_id: Id<Customer>,
        kind: impl Into<String>,
    ) -> Self {
        let kind = kind.into();
        let id = Id::derived(tenant, &format!("relation {from_id} {to_id} {kind}"));
        Self { id, from_id, to_id, kind, since: None, until: None, note: None }
    }
}

/// Its id.
pub static ID: Field<Relation, Id<Relation>> = Field::new("id", |x| x.id.into_value());
/// Which customer is it.
pub static FROM_ID: Field<Relation, Id<Customer>> =
    Field::new("from_id", |x| x.from_id.into_value());
/// To which.
pub static TO_ID: Field<Relation, Id<Customer>> = Field::new("to_id", |x| x.to_id.into_value());
/// What it is: supplier, partner, competitor.
pub static KIND: Field<Relation, String> = Field::new("kind", |x| Value::text(&x.kind));
/// Since when.
pub static SINCE: Field<Relation, NaiveDate> = Field::optional("since", |x| Value::opt(x.since));
/// Until when.
pub static UNTIL: Field<Relation, NaiveDate> = Field::optional("until", |x| Value::opt(x.until));
/// Anything else.
pub static NOTE: Field<Relation, String> =
    Field::optional("note", |x: &Relation| Value::opt_text(&x.note)).personal();

impl Entity for Relation {
    const KIND: &'static str = "relation";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        FROM_ID.spec(),
        TO_ID.spec(),
        KIND.spec(),
        SINCE.spec(),
        UNTIL.spec(),
        NOTE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            from_id: row.take(&FROM_ID)?,
            to_id: row.take(&TO_ID)?,
            kind: row.take(&KIND)?,
            since: row.opt(&SINCE)?,
            until: row.opt(&UNTIL)?,
            note: row.opt(&NOTE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("kind", &self.kind)
    }

    /// Only when they are written: a merge may leave one that leads to the same customer, and one that was
    /// stored before its days were asked about stays what it is.
    fn settle(
        &mut self,
        before: Option<&Self>,
        _rules: &Settings,
        _now: Timestamp,
    ) -> crate::Result<()> {
        let ends = (self.from_id, self.to_id);
        if ends.0 == ends.1 && before.is_none_or(|before| (before.from_id, before.to_id) != ends) {
            let reason = "a customer has no relation to itself";
            return Err(Invalid::field::<Self>("to_id", reason).into());
        }
        let span = (self.since, self.until);
        if before.is_none_or(|before| (before.since, before.until) != span) {
            ends_after_it_began::<Self>(span)?;
        }
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
