use chrono::NaiveDate;

use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{Id, Money},
    opportunity::Opportunity,
    pipeline::Pipeline,
};

/// Into what a lead is converted. Ids that are not given follow from the lead's: however often the command is sent, there
/// is one of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Into which customer.
    pub customer: ForCustomer,
    /// Into which contact there.
    pub contact: ForContact,
    /// Into which opportunity.
    pub opportunity: ForOpportunity,
}

/// Into which customer a lead is converted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ForCustomer {
    /// The one that is certainly the same ([`crate::duplicate::find`]); a new one, where none is even possibly the
    /// same. Where several are certainly the same, or some possibly, somebody has to say.
    #[default]
    Find,
    /// A new one.
    New {
        /// Under this id.
        id: Option<Id<Customer>>,
    },
    /// This one; of one that was merged, the survivor.
    Existing(Id<Customer>),
}

/// Into which contact a lead is converted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ForContact {
    /// Whoever is certainly the same person at the customer, by e-mail address or name; a new one, where nobody is
    /// even possibly the same. None, where the lead names no person, or the person is the customer.
    #[default]
    Find,
    /// A new one.
    New {
        /// Under this id.
        id: Option<Id<Contact>>,
    },
    /// This one, of this customer or of none yet.
    Existing(Id<Contact>),
    /// None.
    Nobody,
}

/// Into which opportunity a lead is converted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ForOpportunity {
    /// None.
    #[default]
    None,
    /// A new one.
    New(NewOpportunity),
    /// This one: open, of this customer or of none yet.
    Existing(Id<Opportunity>),
}

/// An opportunity that begins with a lead; the product, the owner, the source and the tags are those of the lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOpportunity {
    /// The pipeline it goes through.
    pub pipeline: Id<Pipeline>,
    /// Its id.
    pub id: Option<Id<Opportunity>>,
    /// What it is about, in a line; else what the customer is called.
    pub name: Option<String>,
    /// What it is worth; else what the lead may be worth.
    pub amount: Option<Money>,
    /// The day it began, where that is known.
    pub opened_on: Option<NaiveDate>,
    /// The day it will be decided.
    pub expected_close: Option<NaiveDate>,
}

impl NewOpportunity {
    /// One in this pipeline, of which the lead says the rest.
    pub const fn new(pipeline: Id<Pipeline>) -> Self {
        Self { pipeline, id: None, name: None, amount: None, opened_on: None, expected_close: None }
    }
}
