use chrono::NaiveDate;

use crate::{
    contact::Contact,
    customer::Customer,
    interaction::Interaction,
    kernel::{
        ERASED, Entity, Facts, Field, FieldSpec, FieldType, Id, Invalid, Moment, Refused, Row,
        RowError, Timestamp, Value, text::required, text_enum,
    },
    lead::Lead,
    opportunity::Opportunity,
    owner_change::OwnerChange,
    staff_member::StaffMember,
};

use super::{TaskState, TaskStatus, recurrence};

text_enum! {
    /// How much a task matters.
    pub enum Priority {
        /// More than others.
        High = "high",
        /// As much as others.
        Normal = "normal",
        /// Less than others.
        Low = "low",
    }
}

/// A next step that somebody promised.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: Id<Task>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// For which customer.
    pub customer_id: Option<Id<Customer>>,
    /// For whom there.
    pub contact_id: Option<Id<Contact>>,
    /// For which opportunity.
    pub opportunity_id: Option<Id<Opportunity>>,
    /// From which interaction it came.
    pub interaction_id: Option<Id<Interaction>>,
    /// For which lead; since that was converted, for the customer too.
    pub lead_id: Option<Id<Lead>>,
    /// What is to be done, in a line.
    pub title: String,
    /// Anything else about it.
    pub notes: Option<String>,
    /// Who promised it.
    pub owner_id: Option<Id<StaffMember>>,
    /// By which day, as the house counts days.
    pub due: Option<NaiveDate>,
    /// By when on that day, where an hour was promised.
    pub due_at: Option<Timestamp>,
    /// When to remind the owner.
    pub remind_at: Option<Timestamp>,
    /// How much it matters.
    pub priority: Option<Priority>,
    /// The rule by which it comes again: an RRULE of RFC 5545, by days or longer.
    pub recurrence: Option<String>,
    /// Of one that recurs and was moved: the day it had by its rule. The rule goes on from there.
    pub planned: Option<NaiveDate>,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// Open, done or cancelled.
    pub(super) state: TaskState,
}

impl Task {
    /// An open task, for nobody and without a day yet.
    pub fn new(id: Id<Self>, title: impl Into<String>, created_at: Timestamp) -> Self {
        Self {
            id,
            title: title.into(),
            created_at,
            state: TaskState::Open,
            external_id: None,
            customer_id: None,
            contact_id: None,
            opportunity_id: None,
            interaction_id: None,
            lead_id: None,
            notes: None,
            owner_id: None,
            due: None,
            due_at: None,
            remind_at: None,
            priority: None,
            recurrence: None,
            planned: None,
        }
    }
}

/// Its id.
pub static ID: Field<Task, Id<Task>> = Field::new("id", |t| t.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Task, String> =
    Field::optional("external_id", |t| Value::opt_text(&t.external_id));
/// For which customer.
pub static CUSTOMER_ID: Field<Task, Id<Customer>> =
    Field::optional("customer_id", |t| Value::opt(t.customer_id));
/// For whom there.
pub static CONTACT_ID: Field<Task, Id<Contact>> =
    Field::optional("contact_id", |t| Value::opt(t.contact_id));
/// For which opportunity.
pub static OPPORTUNITY_ID: Field<Task, Id<Opportunity>> =
    Field::optional("opportunity_id", |t| Value::opt(t.opportunity_id));
/// From which interaction it came.
pub static INTERACTION_ID: Field<Task, Id<Interaction>> =
    Field::optional("interaction_id", |t| Value::opt(t.interaction_id));
/// For which lead.
pub static LEAD_ID: Field<Task, Id<Lead>> = Field::optional("lead_id", |t| Value::opt(t.lead_id));
/// What is to be done, in a line.
pub static TITLE: Field<Task, String> =
    Field::new("title", |t: &Task| Value::text(&t.title)).personal_as(ERASED);
/// Anything else about it.
pub static NOTES: Field<Task, String> =
    Field::optional_long("notes", |t: &Task| Value::opt_text(&t.notes)).personal();
/// Who promised it.
pub static OWNER_ID: Field<Task, Id<StaffMember>> =
    Field::optional("owner_id", |t| Value::opt(t.owner_id));
/// By which day, as the house counts days.
pub static DUE: Field<Task, NaiveDate> = Field::optional("due", |t| Value::opt(t.due));
/// By when on that day, where an hour was promised.
pub static DUE_AT: Field<Task, Timestamp> = Field::optional("due_at", |t| Value::opt(t.due_at));
/// When to remind the owner.
pub static REMIND_AT: Field<Task, Timestamp> =
    Field::optional("remind_at", |t| Value::opt(t.remind_at));
/// How much it matters.
pub static PRIORITY: Field<Task, Priority> =
    Field::optional("priority", |t| Value::opt(t.priority));
/// The rule by which it comes again: an RRULE of RFC 5545, by days or longer.
pub static RECURRENCE: Field<Task, String> =
    Field::optional("recurrence", |t| Value::opt_text(&t.recurrence));
/// Of one that recurs and was moved: the day it had by its rule. The rule goes on from there.
pub static PLANNED: Field<Task, NaiveDate> = Field::optional("planned", |t| Value::opt(t.planned));
/// Since when it is there.
pub static CREATED_AT: Field<Task, Timestamp> =
    Field::new("created_at", |t| t.created_at.into_value());
/// Open, done or cancelled.
pub static STATUS: Field<Task, TaskStatus> =
    Field::new("status", |t| t.state.status().into_value());
/// Since when it is so: when it was closed; of an open one, since when it is there.
pub static SINCE: Field<Task, Timestamp> = Field::new("since", |t| t.since().into_value());
/// Who did it or cancelled it.
pub static CLOSED_BY: Field<Task, String> =
    Field::optional("closed_by", |t| t.state.closed_by().map_or(Value::Null, Value::text));
/// What came of it.
pub static OUTCOME: Field<Task, String> =
    Field::optional_long("outcome", |t: &Task| t.state.outcome().map_or(Value::Null, Value::text))
        .personal();
/// Why it was cancelled.
pub static REASON: Field<Task, String> = Field::optional("reason", |t: &Task| {
    t.state.reason().filter(|reason| !reason.is_empty()).map_or(Value::Null, Value::text)
})
.personal();

impl Entity for Task {
    const KIND: &'static str = "task";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        CUSTOMER_ID.spec(),
        CONTACT_ID.spec(),
        OPPORTUNITY_ID.spec(),
        INTERACTION_ID.spec(),
        TITLE.spec(),
        NOTES.spec(),
        OWNER_ID.spec(),
        DUE.spec(),
        DUE_AT.spec(),
        REMIND_AT.spec(),
        PRIORITY.spec(),
        RECURRENCE.spec(),
        PLANNED.spec(),
        CREATED_AT.spec(),
        STATUS.spec(),
        SINCE.spec(),
        CLOSED_BY.spec(),
        OUTCOME.spec(),
        REASON.spec(),
        LEAD_ID.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        let mut task = Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            customer_id: row.opt(&CUSTOMER_ID)?,
            contact_id: row.opt(&CONTACT_ID)?,
            opportunity_id: row.opt(&OPPORTUNITY_ID)?,
            interaction_id: row.opt(&INTERACTION_ID)?,
            lead_id: row.opt(&LEAD_ID)?,
            title: row.take(&TITLE)?,
            notes: row.opt(&NOTES)?,
            owner_id: row.opt(&OWNER_ID)?,
            due: row.opt(&DUE)?,
            due_at: row.opt(&DUE_AT)?,
            remind_at: row.opt(&REMIND_AT)?,
            priority: row.opt(&PRIORITY)?,
            recurrence: row.opt(&RECURRENCE)?,
            planned: row.opt(&PLANNED)?,
            created_at: row.take(&CREATED_AT)?,
            state: TaskState::Open,
        };
        task.state = TaskState::load(row, task.created_at)?;
        Ok(task)
    }

    fn check(&self) -> Result<(), Invalid> {
        required::<Self>("title", &self.title)?;
        if let Some(at) = self.due_at {
            // No two clocks on earth are further apart than a day.
            let near = |due: NaiveDate| (at.date() - due).num_days().abs() <= 1;
            if !self.due.is_some_and(near) {
                let reason = format!("{at} needs its day: set `due` to it, as the house counts");
                return Err(Invalid::field::<Self>("due_at", reason));
            }
        }
        match (&self.recurrence, self.series_day()) {
            (None, _) => Ok(()),
            (Some(_), None) => {
                let reason = "what comes again needs a day to come again from: set `due`";
                Err(Invalid::field::<Self>("recurrence", reason))
            }
            (Some(rule), Some(day)) => recurrence::check(rule, day),
        }
    }

    fn facts(&mut self, before: Option<&Self>, moment: &Moment<'_>) -> Facts {
        OwnerChange::of(self, before, moment)
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        self.state.must_be_open(next.state.status().as_str())
    }
}
