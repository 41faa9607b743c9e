//! Gates: what must hold before an opportunity enters a stage.

use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    interaction::Interaction,
    kernel::{Criteria, Entity, Id, Kind, Money},
    settings::is_missing,
    staff_member::StaffMember,
};

use super::Opportunity;

/// Something that must hold before an opportunity enters a stage, or passes it by on its way to a later one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// What people call it; no other gate of the pipeline is called so.
    pub name: String,
    /// What must hold.
    pub need: Need,
}

/// What a [`Gate`] asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Need {
    /// The opportunity meets these criteria.
    Opportunity(Criteria<Opportunity>),
    /// It has a customer, who meets these criteria.
    Customer(Criteria<Customer>),
    /// These fields say something; `custom.` and its name for a tenant's own.
    Fields(Vec<String>),
    /// It has at least so many lines.
    Lines(u32),
    /// There is an interaction about it that meets these criteria and is closed.
    Interaction(Criteria<Interaction>),
    /// One of these approved it under the gate's name, for the amount it has now; anybody but its
    /// owner where nobody is named.
    Approval(Vec<Id<StaffMember>>),
}

/// A gate that is not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// The gate's name; none where a rule of the pipeline or of every opportunity asks it.
    pub gate: Option<String>,
    /// What is missing, and what would help.
    pub what: String,
}

/// What is known beside the opportunity itself when a gate is judged. Verbs gather it; without
/// any, gates that ask for it are not met.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Its customer.
    pub(super) customer: Option<Customer>,
    /// The names of gates for which there is such an interaction, closed.
    pub(super) interactions: Vec<String>,
    /// What was approved, last and by whom, for each gate's name.
    pub(super) approvals: Vec<Approved>,
}

/// The last word on an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// Which of the opportunity's decisions it was.
    pub number: i64,
    /// The gate's name.
    pub gate: String,
    /// Who decided.
    pub by: Id<StaffMember>,
    /// Whether it was granted.
    pub granted: bool,
    /// The amount it was decided for.
    pub amount: Option<Money>,
}

impl Gate {
    /// A gate of this name.
    pub fn new(name: impl Into<String>, need: Need) -> Self {
        Self { name: name.into(), need }
    }

    /// What is missing, if something is.
    pub(super) fn unmet(&self, opportunity: &Opportunity, known: &Evidence) -> Option<Unmet> {
        let what = match &self.need {
            Need::Opportunity(asked) => (!asked.matches(opportunity))
                .then(|| format!("the opportunity does not fit {}", asked.to_json())),
            Need::Customer(asked) => match &known.customer {
                None => Some("it has no customer: name one".to_owned()),
                Some(customer) => (!asked.matches(customer))
                    .then(|| format!("its customer does not fit {}", asked.to_json())),
            },
            Need::Fields(names) => {
                let empty: Vec<_> = names
                    .iter()
                    .filter(|name| is_missing(opportunity, name))
                    .map(String::as_str)
                    .collect();
                (!empty.is_empty()).then(|| format!("fill in: {}", empty.join(", ")))
            }
            Need::Lines(least) => {
                let there = opportunity.lines.0.len();
                (there < *least as usize)
                    .then(|| format!("it has {there} lines and needs {least} or more"))
            }
            Need::Interaction(asked) => (!known.interactions.contains(&self.name)).then(|| {
                let which = if asked.is_everything() {
                    String::new()
                } else {
                    format!(" that fits {}", asked.to_json())
                };
                format!("there is no closed interaction about it{which}")
            }),
            Need::Approval(by) => self.unapproved(by, opportunity, known),
        };
        what.map(|what| Unmet { gate: Some(self.name.clone()), what })
    }

    fn unapproved(
        &self,
        by: &[Id<StaffMember>],
        opportunity: &Opportunity,
        known: &Evidence,
    ) -> Option<String> {
        let Some(last) = known.approvals.iter().find(|approved| approved.gate == self.name) else {
            return Some("nobody approved it yet".to_owned());
        };
        if !last.granted {
            return Some("it was not approved".to_owned());
        }
        if opportunity.owner_id == Some(last.by) && !by.contains(&last.by) {
            return Some("its owner cannot approve it".to_owned());
        }
        if !by.is_empty() && !by.contains(&last.by) {
            return Some("who approved it may not: see the gate for who may".to_owned());
        }
        (last.amount != opportunity.amount).then(|| {
            let text = |amount: Option<Money>| amount.map_or("no amount".into(), |a| a.to_string());
            let (then, now) = (text(last.amount), text(opportunity.amount));
            format!("it was approved for {then} and is {now} now: have it approved again")
        })
    }

    /// What is wrong with the gate itself.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("a gate has no name".to_owned());
        }
        let criteria = |wrong: crate::kernel::Invalid| format!("{}: {}", wrong.field, wrong.reason);
        match &self.need {
            Need::Opportunity(asked) => asked.check().map_err(criteria),
            Need::Customer(asked) => asked.check().map_err(criteria),
            Need::Interaction(asked) => asked.check().map_err(criteria),
            Need::Fields(names) => names.iter().try_for_each(|name| known_field(name)),
            Need::Lines(_) | Need::Approval(_) => Ok(()),
        }
        .map_err(|wrong| format!("the gate {:?}: {wrong}", self.name))
    }
}

fn known_field(name: &str) -> Result<(), String> {
    let fields = || Opportunity::FIELDS.iter().skip(1).filter(|field| !field.derived);
    let own = name.split_once('.').map(|(first, _)| first);
    let known = fields()
        .any(|field| field.name == name || (own == Some(field.name) && field.kind == Kind::Custom));
    if known {
        return Ok(());
    }
    let known: Vec<_> = fields().map(|field| field.name).collect();
    Err(format!("an opportunity has no field {name:?}; it has: {}", known.join(", ")))
}
