use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{
        ERASED, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Tags,
        Term, Timestamp, Value, text_enum,
    },
    opportunity::Opportunity,
    settings::{Settings, judge, lacks, refuse},
    staff_member::StaffMember,
};

use super::{InteractionState, InteractionStatus, Participants, participant_term};

text_enum! {
    /// The way two sides met.
    pub enum Channel {
        /// By phone.
        Phone = "phone",
        /// By e-mail.
        Email = "email",
        /// We went there, or they came.
        Visit = "visit",
        /// A meeting elsewhere or on a screen.
        Meeting = "meeting",
        /// By chat or short message.
        Chat = "chat",
        /// By letter or fax.
        Letter = "letter",
        /// At a fair or an event.
        Event = "event",
        /// Any other way.
        Other = "other",
    }
}

text_enum! {
    /// Who began.
    pub enum Direction {
        /// They did.
        Inbound = "inbound",
        /// We did.
        Outbound = "outbound",
        /// Among ourselves.
        Internal = "internal",
    }
}

/// Something that happened between a customer and us.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// Its id.
    pub id: Id<Interaction>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// With which customer.
    pub customer_id: Id<Customer>,
    /// With whom there.
    pub contact_id: Option<Id<Contact>>,
    /// About which opportunity.
    pub opportunity_id: Option<Id<Opportunity>>,
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
    /// Since when something is missing that the house asks for.
    pub incomplete_since: Option<Timestamp>,
    /// The names of fields that are missing though the house asks for them.
    pub missing: Tags,
    /// How complete it is, in per cent; 100 where nothing is asked for.
    pub completeness: i64,
    /// Open, or closed for ever.
    pub(super) state: InteractionState,
    /// Who else took part, of both sides.
    pub participants: Participants,
    /// When it was recorded: derived, unless it comes from elsewhere with its time.
    pub recorded_at: Option<Timestamp>,
    /// Whether it was recorded long after it happened: by the house's rules, derived.
    pub late: bool,
    /// It comes from a lead, as it was recorded there: what it lacks is listed and not refused. It is not kept.
    pub(super) carried: bool,
}

impl Interaction {
    /// An open record of something that happened.
    pub fn new(
        id: Id<Self>,
        customer_id: Id<Customer>,
        channel: Channel,
        direction: Direction,
        happened_at: Timestamp,
    ) -> Self {
        Self {
            id,
            customer_id,
            channel,
            direction,
            happened_at,
            state: InteractionState::Open,
            external_id: None,
            contact_id: None,
            opportunity_id: None,
            staff_id: None,
            minutes: None,
            place: None,
            subject: None,
            content: None,
            outcome: None,
            next_step: None,
            next_step_due: None,
            next_step_owner_id: None,
            incomplete_since: None,
            missing: Tags::default(),
            completeness: 100,
            participants: Participants::default(),
            recorded_at: None,
            late: false,
            carried: false,
        }
    }
}

impl Interaction {
    /// Whether it was recorded more than so many hours after it happened.
    pub fn is_late(&self, hours: i64) -> bool {
        let micros = hours.saturating_mul(3_600_000_000);
        let after = |at: Timestamp| at.micros().saturating_sub(self.happened_at.micros());
        self.recorded_at.is_some_and(|at| after(at) > micros)
    }
}

/// Its id.
pub static ID: Field<Interaction, Id<Interaction>> = Field::new("id", |i| i.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Interaction, String> =
    Field::optional("external_id", |i| Value::opt_text(&i.external_id));
/// With which customer.
pub static CUSTOMER_ID: Field<Interaction, Id<Customer>> =
    Field::new("customer_id", |i| i.customer_id.into_value());
/// With whom there.
pub static CONTACT_ID: Field<Interaction, Id<Contact>> =
    Field::optional("contact_id", |i| Value::opt(i.contact_id));
/// About which opportunity.
pub static OPPORTUNITY_ID: Field<Interaction, Id<Opportunity>> =
    Field::optional("opportunity_id", |i| Value::opt(i.opportunity_id));
/// Who of us.
pub static STAFF_ID: Field<Interaction, Id<StaffMember>> =
    Field::optional("staff_id", |i| Value::opt(i.staff_id));
/// By what way.
pub static CHANNEL: Field<Interaction, Channel> = Field::new("channel", |i| i.channel.into_value());
/// Who began.
pub static DIRECTION: Field<Interaction, Direction> =
    Field::new("direction", |i| i.direction.into_value());
/// When it took place.
pub static HAPPENED_AT: Field<Interaction, Timestamp> =
    Field::new("happened_at", |i| i.happened_at.into_value());
/// How long it took.
pub static MINUTES: Field<Interaction, i64> = Field::optional("minutes", |i| Value::opt(i.minutes));
/// Where.
pub static PLACE: Field<Interaction, String> =
    Field::optional("place", |i: &Interaction| Value::opt_text(&i.place)).personal();
/// What it was about, in a line.
pub static SUBJECT: Field<Interaction, String> =
    Field::optional("subject", |i: &Interaction| Value::opt_text(&i.subject)).personal_as(ERASED);
/// What was said.
pub static CONTENT: Field<Interaction, String> =
    Field::optional_long("content", |i: &Interaction| Value::opt_text(&i.content)).personal();
/// What came of it.
pub static OUTCOME: Field<Interaction, String> =
    Field::optional_long("outcome", |i: &Interaction| Value::opt_text(&i.outcome)).personal();
/// What is to be done next.
pub static NEXT_STEP: Field<Interaction, String> =
    Field::optional("next_step", |i: &Interaction| Value::opt_text(&i.next_step)).personal();
/// By when.
pub static NEXT_STEP_DUE: Field<Interaction, NaiveDate> =
    Field::optional("next_step_due", |i| Value::opt(i.next_step_due));
/// By whom.
pub static NEXT_STEP_OWNER_ID: Field<Interaction, Id<StaffMember>> =
    Field::optional("next_step_owner_id", |i| Value::opt(i.next_step_owner_id));
/// Open, or closed for ever.
pub static STATUS: Field<Interaction, InteractionStatus> =
    Field::new("status", |i| i.state.status().into_value());
/// When it was closed.
pub static CLOSED_AT: Field<Interaction, Timestamp> =
    Field::optional("closed_at", |i| Value::opt(i.state.closed_at()));
/// Who closed it.
pub static CLOSED_BY: Field<Interaction, String> =
    Field::optional("closed_by", |i| i.state.closed_by().map_or(Value::Null, Value::text));
/// Since when something is missing that the house asks for.
pub static INCOMPLETE_SINCE: Field<Interaction, Timestamp> =
    Field::optional("incomplete_since", |i: &Interaction| Value::opt(i.incomplete_since))
        .derived()
        .personal();
/// The names of fields that are missing though the house asks for them.
pub static MISSING: Field<Interaction, Tags> =
    Field::new("missing", |i: &Interaction| Value::json(&i.missing)).derived().personal_as("[]");
/// How complete it is, in per cent; 100 where nothing is asked for.
pub static COMPLETENESS: Field<Interaction, i64> =
    Field::new("completeness", |i: &Interaction| i.completeness.into_value())
        .derived()
        .personal_as("100");
/// Who else took part, of both sides.
pub static PARTICIPANTS: Field<Interaction, Participants> =
    Field::new("participants", |i| Value::json(&i.participants));
/// When it was recorded.
pub static RECORDED_AT: Field<Interaction, Timestamp> =
    Field::optional("recorded_at", |i: &Interaction| Value::opt(i.recorded_at)).derived();
/// Whether it was recorded long after it happened.
pub static LATE: Field<Interaction, bool> =
    Field::new("late", |i: &Interaction| Value::Bool(i.late)).derived();

impl Entity for Interaction {
    const KIND: &'static str = "interaction";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        CUSTOMER_ID.spec(),
        CONTACT_ID.spec(),
        OPPORTUNITY_ID.spec(),
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
        STATUS.spec(),
        CLOSED_AT.spec(),
        CLOSED_BY.spec(),
        INCOMPLETE_SINCE.spec(),
        MISSING.spec(),
        COMPLETENESS.spec(),
        PARTICIPANTS.spec(),
        RECORDED_AT.spec(),
        LATE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            customer_id: row.take(&CUSTOMER_ID)?,
            contact_id: row.opt(&CONTACT_ID)?,
            opportunity_id: row.opt(&OPPORTUNITY_ID)?,
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
            state: InteractionState::load(row)?,
            incomplete_since: row.opt(&INCOMPLETE_SINCE)?,
            missing: row.take(&MISSING)?,
            completeness: row.take(&COMPLETENESS)?,
            participants: row.take(&PARTICIPANTS)?,
            recorded_at: row.opt(&RECORDED_AT)?,
            late: row.take(&LATE)?,
            carried: false,
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

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        self.must_be_open(next.state.status().as_str())
    }

    fn also_names(&self) -> Vec<(&'static str, Uuid)> {
        self.participants.names()
    }

    fn terms(&self, _rules: &Settings) -> Vec<Term> {
        self.participants.contacts.iter().map(|id| participant_term(*id)).collect()
    }

    const RULED: bool = true;

    fn settle(
        &mut self,
        before: Option<&Self>,
        rules: &Settings,
        now: Timestamp,
    ) -> crate::Result<()> {
        if before.is_some_and(|before| matches!(before.state, InteractionState::Closed { .. })) {
            return Ok(());
        }
        self.recorded_at = match before {
            Some(before) => before.recorded_at,
            None => self.recorded_at.or(Some(now)),
        };
        self.late = self.is_late(rules.late_after_hours);
        let asked = &rules.completeness.interaction;
        let carried = std::mem::take(&mut self.carried);
        if !carried && matches!(self.state, InteractionState::Closed { .. }) {
            // It is the last moment at which what must be there can be asked for.
            refuse(asked, &lacks(asked, self, before), None)?;
        }
        let itself = carried.then(|| self.clone());
        let stored = before.or(itself.as_ref()).map(|before| (before, before.incomplete_since));
        let found = judge(asked, self, stored, now)?;
        self.incomplete_since = found.since;
        self.missing = found.missing;
        self.completeness = found.percent;
        Ok(())
    }
}
