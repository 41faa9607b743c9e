//! Changes of owner: the history of who had what.

use crate::{
    customer::Customer,
    kernel::{
        Entity, Facts, Field, FieldSpec, FieldType, Id, Invalid, Moment, Refused, Row, RowError,
        Timestamp, Value, text, text_enum,
    },
    lead::Lead,
    opportunity::Opportunity,
    staff_member::StaffMember,
    task::Task,
};

use super::{Pool, Trace};

text_enum! {
    /// By which verb a record changed its owner.
    pub enum OwnerVerb {
        /// Taken from a pool.
        Claimed = "claimed",
        /// Given by rules, or by somebody who decides.
        Assigned = "assigned",
        /// Given back by its owner.
        Released = "released",
        /// Given by one owner to the next.
        Transferred = "transferred",
        /// Taken away from its owner by somebody who decides.
        Reclaimed = "reclaimed",
        /// Returned to the pool by its rules.
        Recycled = "recycled",
        /// Given to a successor, with all that was its owner's.
        HandedOver = "handed_over",
        /// Written by hand, past these verbs.
        Edited = "edited",
    }
}

impl OwnerVerb {
    /// What it is that somebody who decides gives a record to a colleague, or to nobody.
    pub(crate) const fn giving(to: Option<Id<StaffMember>>) -> Self {
        match to {
            Some(_) => Self::Assigned,
            None => Self::Reclaimed,
        }
    }
}

/// A record changed its owner: a fact that is only ever added, by the store that writes the record.
/// Who owned a new record from the beginning is told by the record's own history, and here too where the assignment rules said so.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerChange {
    /// Its id.
    pub id: Id<OwnerChange>,
    /// The customer, where it is one.
    pub customer_id: Option<Id<Customer>>,
    /// The opportunity, where it is one.
    pub opportunity_id: Option<Id<Opportunity>>,
    /// The lead, where it is one.
    pub lead_id: Option<Id<Lead>>,
    /// The task, where it is one.
    pub task_id: Option<Id<Task>>,
    /// Whose it was; none where it was free.
    pub owner_before: Option<Id<StaffMember>>,
    /// Whose it is since; none where it is free.
    pub owner_after: Option<Id<StaffMember>>,
    /// Which version of the record it made: the entry of that version in the change log tells the same.
    pub version: i64,
    /// When.
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: String,
    /// By which verb.
    pub verb: OwnerVerb,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// From or to which pool.
    pub pool_id: Option<Id<Pool>>,
    /// What decided it: rules tried, candidates, who was left out and why.
    pub trace: Trace,
}

/// By which verb a record changes its owner, and what decided it.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounds {
    /// The verb.
    pub verb: OwnerVerb,
    /// From or to which pool.
    pub pool: Option<Id<Pool>>,
    /// The trace of the decision.
    pub trace: Trace,
}

impl OwnerChange {
    /// What a write of a record adds to the history of its owners: nothing where it is whose it was.
    pub(crate) fn of<E: Owned>(after: &E, before: Option<&E>, moment: &Moment<'_>) -> Facts {
        let owner_after = after.owner();
        let Some(owner_before) = before.map(Owned::owner).filter(|owner| *owner != owner_after)
        else {
            return Facts::default();
        };
        let grounds = moment.grounds;
        let mut change = Self {
            id: Id::new((moment.next_id)()),
            customer_id: None,
            opportunity_id: None,
            lead_id: None,
            task_id: None,
            owner_before,
            owner_after,
            version: i64::try_from(moment.version).unwrap_or(i64::MAX),
            changed_at: moment.now,
            changed_by: moment.by.as_str().to_owned(),
            verb: grounds.map_or(OwnerVerb::Edited, |grounds| grounds.verb),
            reason: moment.why.map(ToOwned::to_owned),
            pool_id: grounds.and_then(|grounds| grounds.pool),
            trace: grounds.map(|grounds| grounds.trace.clone()).unwrap_or_default(),
        };
        after.name_in(&mut change);
        Facts { owners: vec![change], ..Facts::default() }
    }

    /// Whether a reason and grounds can be kept.
    pub(crate) fn check_told(why: Option<&str>, grounds: Option<&Grounds>) -> Result<(), Invalid> {
        if let Some(why) = why {
            REASON.spec().check(&Value::text(why))?;
        }
        match grounds {
            Some(grounds) => TRACE.spec().check(&grounds.trace.value()),
            None => Ok(()),
        }
    }
}

/// A record that somebody owns: a customer, an opportunity, a lead or a task.
pub trait Owned: Entity + sealed::Sealed {
    /// Who.
    fn owner(&self) -> Option<Id<StaffMember>>;
    /// Gives it to somebody, or to nobody.
    fn give_to(&mut self, owner: Option<Id<StaffMember>>);
    /// Names the record in a change of its owner.
    fn name_in(&self, change: &mut OwnerChange);
    /// The field of a change that names records of this kind.
    fn named_by() -> &'static Field<OwnerChange, Id<Self>>;
}

mod sealed {
    use super::{Customer, Lead, Opportunity, Task};

    pub trait Sealed {}
    impl Sealed for Customer {}
    impl Sealed for Opportunity {}
    impl Sealed for Lead {}
    impl Sealed for Task {}
}

impl Owned for Customer {
    fn owner(&self) -> Option<Id<StaffMember>> {
        self.owner_id
    }
    fn give_to(&mut self, owner: Option<Id<StaffMember>>) {
        self.owner_id = owner;
    }
    fn name_in(&self, change: &mut OwnerChange) {
        change.customer_id = Some(self.id);
    }
    fn named_by() -> &'static Field<OwnerChange, Id<Self>> {
        &CUSTOMER_ID
    }
}

impl Owned for Opportunity {
    fn owner(&self) -> Option<Id<StaffMember>> {
        self.owner_id
    }
    fn give_to(&mut self, owner: Option<Id<StaffMember>>) {
        self.owner_id = owner;
    }
    fn name_in(&self, change: &mut OwnerChange) {
        change.opportunity_id = Some(self.id);
    }
    fn named_by() -> &'static Field<OwnerChange, Id<Self>> {
        &OPPORTUNITY_ID
    }
}

impl Owned for Lead {
    fn owner(&self) -> Option<Id<StaffMember>> {
        self.owner_id
    }
    fn give_to(&mut self, owner: Option<Id<StaffMember>>) {
        self.owner_id = owner;
    }
    fn name_in(&self, change: &mut OwnerChange) {
        change.lead_id = Some(self.id);
    }
    fn named_by() -> &'static Field<OwnerChange, Id<Self>> {
        &LEAD_ID
    }
}

impl Owned for Task {
    fn owner(&self) -> Option<Id<StaffMember>> {
        self.owner_id
    }
    fn give_to(&mut self, owner: Option<Id<StaffMember>>) {
        self.owner_id = owner;
    }
    fn name_in(&self, change: &mut OwnerChange) {
        change.task_id = Some(self.id);
    }
    fn named_by() -> &'static Field<OwnerChange, Id<Self>> {
        &TASK_ID
    }
}

/// Its id.
pub static ID: Field<OwnerChange, Id<OwnerChange>> = Field::new("id", |c| c.id.into_value());
/// The customer, where it is one.
pub static CUSTOMER_ID: Field<OwnerChange, Id<Customer>> =
    Field::optional("customer_id", |c| Value::opt(c.customer_id));
/// The opportunity, where it is one.
pub static OPPORTUNITY_ID: Field<OwnerChange, Id<Opportunity>> =
    Field::optional("opportunity_id", |c| Value::opt(c.opportunity_id));
/// The lead, where it is one.
pub static LEAD_ID: Field<OwnerChange, Id<Lead>> =
    Field::optional("lead_id", |c| Value::opt(c.lead_id));
/// The task, where it is one.
pub static TASK_ID: Field<OwnerChange, Id<Task>> =
    Field::optional("task_id", |c| Value::opt(c.task_id));
/// Whose it was.
pub static OWNER_BEFORE: Field<OwnerChange, Id<StaffMember>> =
    Field::optional("owner_before", |c| Value::opt(c.owner_before));
/// Whose it is since.
pub static OWNER_AFTER: Field<OwnerChange, Id<StaffMember>> =
    Field::optional("owner_after", |c| Value::opt(c.owner_after));
/// Which version of the record it made.
pub static VERSION: Field<OwnerChange, i64> =
    Field::new("record_version", |c| c.version.into_value());
/// When.
pub static CHANGED_AT: Field<OwnerChange, Timestamp> =
    Field::new("changed_at", |c| c.changed_at.into_value());
/// Who did it.
pub static CHANGED_BY: Field<OwnerChange, String> =
    Field::new("changed_by", |c| Value::text(&c.changed_by));
/// By which verb.
pub static VERB: Field<OwnerChange, OwnerVerb> = Field::new("verb", |c| c.verb.into_value());
/// Why.
pub static REASON: Field<OwnerChange, String> =
    Field::optional("reason", |c: &OwnerChange| Value::opt_text(&c.reason)).personal();
/// From or to which pool.
pub static POOL_ID: Field<OwnerChange, Id<Pool>> =
    Field::optional("pool_id", |c| Value::opt(c.pool_id));
/// What decided it.
pub static TRACE: Field<OwnerChange, Trace> =
    Field::new("trace", |c: &OwnerChange| c.trace.value()).personal_as("{}");

impl Entity for OwnerChange {
    const KIND: &'static str = "owner_change";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        CUSTOMER_ID.spec(),
        OPPORTUNITY_ID.spec(),
        LEAD_ID.spec(),
        TASK_ID.spec(),
        OWNER_BEFORE.spec(),
        OWNER_AFTER.spec(),
        VERSION.spec(),
        CHANGED_AT.spec(),
        CHANGED_BY.spec(),
        VERB.spec(),
        REASON.spec(),
        POOL_ID.spec(),
        TRACE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            customer_id: row.opt(&CUSTOMER_ID)?,
            opportunity_id: row.opt(&OPPORTUNITY_ID)?,
            lead_id: row.opt(&LEAD_ID)?,
            task_id: row.opt(&TASK_ID)?,
            owner_before: row.opt(&OWNER_BEFORE)?,
            owner_after: row.opt(&OWNER_AFTER)?,
            version: row.take(&VERSION)?,
            changed_at: row.take(&CHANGED_AT)?,
            changed_by: row.take(&CHANGED_BY)?,
            verb: row.take(&VERB)?,
            reason: row.opt(&REASON)?,
            pool_id: row.opt(&POOL_ID)?,
            trace: row.take(&TRACE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("changed_by", &self.changed_by)?;
        let named = [
            self.customer_id.is_some(),
            self.opportunity_id.is_some(),
            self.lead_id.is_some(),
            self.task_id.is_some(),
        ];
        if named.into_iter().filter(|named| *named).count() > 1 {
            let reason = "it is about one record: a customer, an opportunity, a lead or a task";
            return Err(Invalid::field::<Self>("customer_id", reason));
        }
        if self.owner_before == self.owner_after {
            let reason = "it is whose it was: that is no change of owner";
            return Err(Invalid::field::<Self>("owner_after", reason));
        }
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "who owned something is history: change its owner again";
        Err(Refused::new(Self::KIND, self.verb.as_str(), "another change", why))
    }
}
