//! What happened with leads before they were customers.

use chrono::NaiveDate;

use crate::{
    interaction::{Channel, Direction},
    kernel::{
        ERASED, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError,
        Timestamp, Value,
    },
    lead::Lead,
    settings::Settings,
    staff_member::StaffMember,
};

/// Something that happened between a lead and us: only ever added. When the lead is converted, it becomes a closed
/// [`crate::interaction::Interaction`] of the customer, as of the time when it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadActivity {
    /// Its id.
    pub id: Id<LeadActivity>,
    /// With which lead.
    pub lead_id: Id<Lead>,
    /// Who of us.
    pub staff_id: Option<Id<StaffMember>>,
    /// By what way.
    pub channel: Channel,
    /// Who began.
    pub direction: Direction,
    /// When it took place.
    pub happened_at: Timestamp,
    /// How long it took.
    pub minutes: Option<i64>,
    /// Where.
    pub place: Option<String>,
    /// What it was about, in a line.
    pub subject: Option<String>,
    /// What was said.
    pub content: Option<String>,
    /// What came of it.
    pub outcome: Option<String>,
    /// What is to be done next.
    pub next_step: Option<String>,
    /// By when.
    pub next_step_due: Option<NaiveDate>,
    /// By whom.
    pub next_step_owner_id: Option<Id<StaffMember>>,
    /// When it was recorded: when it is stored, unless it comes from elsewhere with its time.
    pub recorded_at: Option<Timestamp>,
    /// Who recorded it.
    pub recorded_by: String,
}

impl LeadActivity {
    /// Something that happened; who recorded it is put in by [`super::Leads::record`].
    pub fn new(
        id: Id<Self>,
        lead_id: Id<Lead>,
        channel: Channel,
        direction: Direction,
        happened_at: Timestamp,
    ) -> Self {
        Self {
            id,
            lead_id,
            channel,
            direction,
            happened_at,
            recorded_by: String::new(),
            staff_id: None,
            minutes: None,
            place: None,
            subject: None,
            content: None,
            outcome: None,
            next_step: None,
            next_step_due: None,
            next_step_owner_id: None,
            recorded_at: None,
        }
    }
}

/// Its id.
pub static ID: Field<LeadActivity, Id<LeadActivity>> = Field::new("id", |a| a.id.into_value());
/// With which lead.
pub static LEAD_ID: Field<LeadActivity, Id<Lead>> =
    Field::new("lead_id", |a| a.lead_id.into_value());
/// Who of us.
pub static STAFF_ID: Field<LeadActivity, Id<StaffMember>> =
    Field::optional("staff_id", |a| Value::opt(a.staff_id));
/// By what way.
pub static CHANNEL: Field<LeadActivity, Channel> =
    Field::new("channel", |a| a.channel.into_value());
/// Who began.
pub static DIRECTION: Field<LeadActivity, Direction> =
    Field::new("direction", |a| a.direction.into_value());
/// When it took place.
pub static HAPPENED_AT: Field<LeadActivity, Timestamp> =
    Field::new("happened_at", |a| a.happened_at.into_value());
/// How long it took.
pub static MINUTES: Field<LeadActivity, i64> =
    Field::optional("minutes", |a| Value::opt(a.minutes));
/// Where.
pub static PLACE: Field<LeadActivity, String> =
    Field::optional("place", |a: &LeadActivity| Value::opt_text(&a.place)).personal();
/// What it was about, in a line.
pub static SUBJECT: Field<LeadActivity, String> =
    Field::optional("subject", |a: &LeadActivity| Value::opt_text(&a.subject)).personal_as(ERASED);
/// What was said.
pub static CONTENT: Field<LeadActivity, String> =
    Field::optional_long("content", |a: &LeadActivity| Value::opt_text(&a.content)).personal();
/// What came of it.
pub static OUTCOME: Field<LeadActivity, String> =
    Field::optional_long("outcome", |a: &LeadActivity| Value::opt_text(&a.outcome)).personal();
/// What is to be done next.
pub static NEXT_STEP: Field<LeadActivity, String> =
    Field::optional("next_step", |a: &LeadActivity| Value::opt_text(&a.next_step)).personal();
/// By when.
pub static NEXT_STEP_DUE: Field<LeadActivity, NaiveDate> =
    Field::optional("next_step_due", |a| Value::opt(a.next_step_due));
/// By whom.
pub static NEXT_STEP_OWNER_ID: Field<LeadActivity, Id<StaffMember>> =
    Field::optional("next_step_owner_id", |a| Value::opt(a.next_step_owner_id));
/// When it was recorded.
pub static RECORDED_AT: Field<LeadActivity, Timestamp> =
    Field::optional("recorded_at", |a: &LeadActivity| Value::opt(a.recorded_at)).derived();
/// Who recorded it.
pub static RECORDED_BY: Field<LeadActivity, String> =
    Field::new("recorded_by", |a: &LeadActivity| Value::text(&a.recorded_by)).derived();

impl Entity for LeadActivity {
    const KIND: &'static str = "lead_activity";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        LEAD_ID.spec(),
        STAFF_ID.spec(),
        CHANNEL.spec(),
        DIRECTION.spec(),
        HAPPENED_AT.spec(),
        MINUTES.spec(),
        PLACE.spec(),
        SUBJECT.spec(),
        CONTENT.spec(),
        OUTCOME.spec(),
        NEXT_STEP.spec(),
        NEXT_STEP_DUE.spec(),
        NEXT_STEP_OWNER_ID.spec(),
        RECORDED_AT.spec(),
        RECORDED_BY.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            lead_id: row.take(&LEAD_ID)?,
            staff_id: row.opt(&STAFF_ID)?,
            channel: row.take(&CHANNEL)?,
            direction: row.take(&DIRECTION)?,
            happened_at: row.take(&HAPPENED_AT)?,
            minutes: row.opt(&MINUTES)?,
            place: row.opt(&PLACE)?,
            subject: row.opt(&SUBJECT)?,
            content: row.opt(&CONTENT)?,
            outcome: row.opt(&OUTCOME)?,
            next_step: row.opt(&NEXT_STEP)?,
            next_step_due: row.opt(&NEXT_STEP_DUE)?,
            next_step_owner_id: row.opt(&NEXT_STEP_OWNER_ID)?,
            recorded_at: row.opt(&RECORDED_AT)?,
            recorded_by: row.take(&RECORDED_BY)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        match self.minutes {
            Some(minutes) if minutes < 0 => {
                Err(Invalid::field::<Self>("minutes", "a time is not negative"))
            }
            _ => Ok(()),
        }
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "what was recorded with a lead is not changed afterwards: record another one";
        Err(Refused::new(Self::KIND, "recorded", "changed", why))
    }

    fn settle(
        &mut self,
        before: Option<&Self>,
        _rules: &Settings,
        now: Timestamp,
    ) -> crate::Result<()> {
        self.recorded_at = self.recorded_at.or(before.and_then(|b| b.recorded_at)).or(Some(now));
        Ok(())
    }
}
