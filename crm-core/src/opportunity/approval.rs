//! Approvals: what somebody decided about an opportunity that a gate asks about.

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, Refused, Row, RowError, Timestamp,
        Value, text,
    },
    opportunity::Opportunity,
    staff_member::StaffMember,
};

/// A decision about an opportunity: a fact that is only ever added. The last one for a gate counts, and only for the
/// amount it was made for.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Its id.
    pub id: Id<Approval>,
    /// About which opportunity.
    pub opportunity_id: Id<Opportunity>,
    /// Which of its decisions: from 1 on. Of two with one number, made at the same time, the refusal counts.
    pub number: i64,
    /// The name of the gate.
    pub gate: String,
    /// Whether it is granted.
    pub granted: bool,
    /// The amount of the opportunity then.
    pub amount: Option<Money>,
    /// Who decided.
    pub decided_by: Id<StaffMember>,
    /// When.
    pub decided_at: Timestamp,
    /// Why.
    pub note: Option<String>,
}

/// Its id.
pub static ID: Field<Approval, Id<Approval>> = Field::new("id", |a| a.id.into_value());
/// About which opportunity.
pub static OPPORTUNITY_ID: Field<Approval, Id<Opportunity>> =
    Field::new("opportunity_id", |a| a.opportunity_id.into_value());
/// Which of its decisions: from 1 on.
pub static NUMBER: Field<Approval, i64> =
    Field::new("number", |a: &Approval| a.number.into_value()).derived();
/// The name of the gate.
pub static GATE: Field<Approval, String> = Field::new("gate", |a| Value::text(&a.gate));
/// Whether it is granted.
pub static GRANTED: Field<Approval, bool> = Field::new("granted", |a| a.granted.into_value());
/// The amount of the opportunity then.
pub static AMOUNT: Field<Approval, Money> = Field::optional("amount", |a| Value::opt(a.amount));
/// Who decided.
pub static DECIDED_BY: Field<Approval, Id<StaffMember>> =
    Field::new("decided_by", |a| a.decided_by.into_value());
/// When.
pub static DECIDED_AT: Field<Approval, Timestamp> =
    Field::new("decided_at", |a| a.decided_at.into_value());
/// Why.
pub static NOTE: Field<Approval, String> =
    Field::optional("note", |a: &Approval| Value::opt_text(&a.note)).personal();

impl Entity for Approval {
    const KIND: &'static str = "approval";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        OPPORTUNITY_ID.spec(),
        NUMBER.spec(),
        GATE.spec(),
        GRANTED.spec(),
        AMOUNT.spec(),
        DECIDED_BY.spec(),
        DECIDED_AT.spec(),
        NOTE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            opportunity_id: row.take(&OPPORTUNITY_ID)?,
            number: row.take(&NUMBER)?,
            gate: row.take(&GATE)?,
            granted: row.take(&GRANTED)?,
            amount: row.opt(&AMOUNT)?,
            decided_by: row.take(&DECIDED_BY)?,
            decided_at: row.take(&DECIDED_AT)?,
            note: row.opt(&NOTE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("gate", &self.gate)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "what was decided is not changed afterwards: decide again";
        Err(Refused::new(Self::KIND, self.gate.as_str(), "another decision", why))
    }
}
