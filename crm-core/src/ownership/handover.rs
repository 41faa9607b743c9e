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
///
/// What belongs to something that goes, or that a successor has, goes with it. Then these rules are asked, then the house's
/// [assignment rules](crate::assignment_rules::AssignmentRules) where the plan says so, then it is for the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverPlan {
    /// By customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<HandoverRule>,
    /// Whether the assignment rules decide about what no rule of this plan is about and what goes with nothing: those of its
    /// kind, as they are when it is handed over, and as if whose work it is were no colleague. What they leave with nobody or
    /// with its owner is for the others. Colleagues who help with a customer are not given by them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_rules: bool,
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
        Self { others: vec![successor], ..Self::default() }
    }

    /// Everybody it names.
    pub fn successors(&self) -> Vec<Id<StaffMember>> {
        let mut all: Vec<_> = self.rules.iter().flat_map(|rule| &rule.to).copied().collect();
        all.extend(&self.others);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Who gets a customer, or what has none, after what others got already, where no assignment rules are asked: of several
    /// the one with the fewest records so far, of equals the one who is named first. None where it names nobody.
    pub fn successor(
        &self,
        customer: Option<&Customer>,
        done: &HandedOver,
    ) -> Option<Id<StaffMember>> {
        self.by_plan(customer, done).or_else(|| self.other(done))
    }

    /// Who gets it by the first rule that is about this customer.
    pub(super) fn by_plan(
        &self,
        customer: Option<&Customer>,
        done: &HandedOver,
    ) -> Option<Id<StaffMember>> {
        let customer = customer?;
        let rule = self.rules.iter().find(|rule| rule.when.matches(customer))?;
        fewest(&rule.to, done)
    }

    /// Who gets what nothing else is about.
    pub(super) fn other(&self, done: &HandedOver) -> Option<Id<StaffMember>> {
        fewest(&self.others, done)
    }

    pub(super) fn check(&self, from: Id<StaffMember>) -> Result<(), Invalid> {
        let wrong = |reason: String| Err(Invalid::field::<Handover>("plan", reason));
        if self.others.is_empty() {
            let reason = if self.by_rules {
                "others: name who gets what the assignment rules give to nobody"
            } else {
                "others: name who gets what no rule is about"
            };
            return wrong(reason.to_owned());
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

fn fewest(to: &[Id<StaffMember>], done: &HandedOver) -> Option<Id<StaffMember>> {
    let so_far = |staff: &&Id<StaffMember>| done.0.get(staff).map_or(0, |share| share.all());
    to.iter().min_by_key(so_far).copied()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_before_reads_as_it_was_and_is_written_so() {
        let staff = Id::new(uuid::Uuid::from_u128(7));
        let before = format!(r#"{{"others":["{staff}"]}}"#);
        let plan: HandoverPlan = serde_json::from_str(&before).unwrap();
        assert_eq!(plan, HandoverPlan::to(staff));
        assert_eq!(serde_json::to_string(&plan).unwrap(), before);
        let by_rules = HandoverPlan { by_rules: true, ..plan };
        let text = serde_json::to_string(&by_rules).unwrap();
        assert_eq!(serde_json::from_str::<HandoverPlan>(&text).unwrap(), by_rules);
    }
}
