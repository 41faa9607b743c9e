//! Handovers: everything that somebody has goes to successors.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    kernel::{
        Criteria, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError,
        Timestamp, Value, text,
    },
    staff_member::StaffMember,
};

/// Everything of somebody goes to successors: customers, open opportunities, pending leads, open tasks, and what they
/// help with.
#[derive(Clone, Debug, PartialEq)]
pub struct Handover {
    /// Its id.
    pub id: Id<Handover>,
    /// Whose work it is.
    pub staff_id: Id<StaffMember>,
    /// To whom it goes.
    pub plan: HandoverPlan,
    /// Why.
    pub reason: Option<String>,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// By whom.
    pub begun_by: String,
    /// What was handed over so far.
    pub done: HandedOver,
    /// When the last was handed over; none while it goes on.
    pub completed_at: Option<Timestamp>,
}

/// Who gets what. The first rule that fits a customer names its successors; several take turns, the one
/// with the fewest so far first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverPlan {
    /// By customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<HandoverRule>,
    /// Who gets all the rest: also what has no customer.
    pub others: Vec<Id<StaffMember>>,
}
crate::settings::as_json!(HandoverPlan);

/// To whom some customers go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverRule {
    /// Which customers.
    #[serde(default = "Criteria::everything", skip_serializing_if = "Criteria::is_everything")]
    pub when: Criteria<Customer>,
    /// To whom.
    pub to: Vec<Id<StaffMember>>,
}

/// How many records went to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HandedOver(pub BTreeMap<Id<StaffMember>, Share>);
crate::settings::as_json!(HandedOver);

/// How many records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Customers.
    pub customers: u64,
    /// Open opportunities.
    pub opportunities: u64,
    /// Open tasks.
    pub tasks: u64,
    /// Pending leads.
    pub leads: u64,
    /// Customers that they helped with, in a role each. The successor does so from then on; who is the customer's account
    /// manager or helps in that role anyway does not do so twice.
    #[serde(default)]
    pub helping: u64,
}

impl Share {
    /// All of them.
    pub const fn all(self) -> u64 {
        self.customers + self.opportunities + self.tasks + self.leads + self.helping
    }
}

impl HandoverPlan {
    /// All of it to one.
    pub fn to(successor: Id<StaffMember>) -> Self {
        Self { rules: Vec::new(), others: vec![successor] }
    }

    /// Everybody it names.
    pub fn successors(&self) -> Vec<Id<StaffMember>> {
        let mut all: Vec<_> = self.rules.iter().flat_map(|rule| &rule.to).copied().collect();
        all.extend(&self.others);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Who gets a customer, or what has none, after what others got already: of several the one with the
    /// fewest records so far, of equals the one who is named first. None where it names nobody.
    pub fn successor(
        &self,
        customer: Option<&Customer>,
        done: &HandedOver,
    ) -> Option<Id<StaffMember>> {
        let fits = |rule: &&HandoverRule| customer.is_some_and(|one| rule.when.matches(one));
        let to = self.rules.iter().find(fits).map_or(&self.others, |rule| &rule.to);
        let so_far = |staff: &&Id<StaffMember>| done.0.get(staff).map_or(0, |share| share.all());
        to.iter().min_by_key(so_far).copied()
    }

    pub(super) fn check(&self, from: Id<StaffMember>) -> Result<(), Invalid> {
        let wrong = |reason: String| Err(Invalid::field::<Handover>("plan", reason));
        if self.others.is_empty() {
            return wrong("others: name who gets what no rule is about".to_owned());
        }
        // Turns go by what somebody has so far: naming them twice would change nothing.
        let twice = |to: &[Id<StaffMember>]| to.iter().collect::<BTreeSet<_>>().len() < to.len();
        if twice(&self.others) {
            return wrong("others: somebody is named twice".to_owned());
        }
        for (at, rule) in self.rules.iter().enumerate() {
            rule.when.check()?;
            if rule.to.is_empty() {
                return wrong(format!("rules: rule {} names nobody", at + 1));
            }
            if twice(&rule.to) {
                return wrong(format!("rules: rule {} names somebody twice", at + 1));
            }
        }
        if self.successors().contains(&from) {
            return wrong("nobody hands over to themselves: name somebody else".to_owned());
        }
        Ok(())
    }
}

/// Its id.
pub static ID: Field<Handover, Id<Handover>> = Field::new("id", |h| h.id.into_value());
/// Whose work it is.
pub static STAFF_ID: Field<Handover, Id<StaffMember>> =
    Field::new("staff_id", |h| h.staff_id.into_value());
/// To whom it goes.
pub static PLAN: Field<Handover, HandoverPlan> = Field::new("plan", |h| Value::json(&h.plan));
/// Why.
pub static REASON: Field<Handover, String> =
    Field::optional("reason", |h| Value::opt_text(&h.reason));
/// When it was begun.
pub static BEGUN_AT: Field<Handover, Timestamp> =
    Field::new("begun_at", |h| h.begun_at.into_value());
/// By whom.
pub static BEGUN_BY: Field<Handover, String> = Field::new("begun_by", |h| Value::text(&h.begun_by));
/// What was handed over so far.
pub static DONE: Field<Handover, HandedOver> = Field::new("done", |h| Value::json(&h.done));
/// When the last was handed over.
pub static COMPLETED_AT: Field<Handover, Timestamp> =
    Field::optional("completed_at", |h| Value::opt(h.completed_at));

impl Entity for Handover {
    const KIND: &'static str = "handover";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        STAFF_ID.spec(),
        PLAN.spec(),
        REASON.spec(),
        BEGUN_AT.spec(),
        BEGUN_BY.spec(),
        DONE.spec(),
        COMPLETED_AT.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            staff_id: row.take(&STAFF_ID)?,
            plan: row.take(&PLAN)?,
            reason: row.opt(&REASON)?,
            begun_at: row.take(&BEGUN_AT)?,
            begun_by: row.take(&BEGUN_BY)?,
            done: row.take(&DONE)?,
            completed_at: row.opt(&COMPLETED_AT)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("begun_by", &self.begun_by)?;
        self.plan.check(self.staff_id)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        if self.completed_at.is_some() {
            let why = "it is complete: begin another one for what came later";
            return Err(Refused::new(Self::KIND, "complete", "changed", why));
        }
        Ok(())
    }

    fn also_names(&self) -> Vec<(&'static str, uuid::Uuid)> {
        let names = self.plan.successors().into_iter();
        names.map(|staff| (StaffMember::KIND, staff.uuid())).collect()
    }
}
