use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{Id, Refused, Row, RowError, Timestamp, text_enum},
    opportunity::Opportunity,
};

use super::{
    CONTACT_ID, CUSTOMER_ID, DECIDED_AT, DECIDED_BY, Lead, OPPORTUNITY_ID, REASON, STATUS,
};

text_enum! {
    /// How far a lead has come.
    pub enum LeadStatus {
        /// Nobody has looked at it.
        New = "new",
        /// Somebody works on it.
        Working = "working",
        /// It is worth it.
        Qualified = "qualified",
        /// It is not worth it.
        Disqualified = "disqualified",
        /// It became a customer.
        Converted = "converted",
    }
}

/// How far a lead has come, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadState {
    /// Nobody has looked at it.
    New,
    /// Somebody works on it.
    Working,
    /// It is worth it.
    Qualified,
    /// It is not worth it; it can be recycled.
    Disqualified {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
        /// Why.
        reason: String,
    },
    /// It became a customer: that is final.
    Converted {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
        /// Into which customer.
        customer: Id<Customer>,
        /// Into which contact there.
        contact: Option<Id<Contact>>,
        /// Into which opportunity.
        opportunity: Option<Id<Opportunity>>,
    },
}

impl LeadState {
    /// Its status.
    pub const fn status(&self) -> LeadStatus {
        match self {
            Self::New => LeadStatus::New,
            Self::Working => LeadStatus::Working,
            Self::Qualified => LeadStatus::Qualified,
            Self::Converted { .. } => LeadStatus::Converted,
            Self::Disqualified { .. } => LeadStatus::Disqualified,
        }
    }

    /// When it was converted or disqualified.
    pub const fn decided_at(&self) -> Option<Timestamp> {
        match self {
            Self::Converted { at, .. } | Self::Disqualified { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// Who converted or disqualified it.
    pub fn decided_by(&self) -> Option<&str> {
        match self {
            Self::Converted { by, .. } | Self::Disqualified { by, .. } => Some(by),
            _ => None,
        }
    }

    /// Why it was disqualified.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Disqualified { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// The customer that it became.
    pub const fn customer(&self) -> Option<Id<Customer>> {
        match self {
            Self::Converted { customer, .. } => Some(*customer),
            _ => None,
        }
    }

    /// The contact that it became.
    pub const fn contact(&self) -> Option<Id<Contact>> {
        match self {
            Self::Converted { contact, .. } => *contact,
            _ => None,
        }
    }

    /// The opportunity that it became.
    pub const fn opportunity(&self) -> Option<Id<Opportunity>> {
        match self {
            Self::Converted { opportunity, .. } => *opportunity,
            _ => None,
        }
    }

    /// That what is wanted of a lead is not done in this state, and what would help.
    pub(super) fn refused(&self, wanted: &str) -> Refused {
        let why = match self {
            Self::Converted { at, by, customer, .. } => format!(
                "{by} converted it at {at} into the customer {customer}, and that is final: go on there"
            ),
            Self::Disqualified { at, by, reason } => {
                format!("{by} disqualified it at {at} ({reason}): recycle it first")
            }
            _ => "a lead goes on by its verbs, and only one that was disqualified comes back"
                .to_owned(),
        };
        Refused::new("lead", self.status().as_str(), wanted, why)
    }

    pub(super) fn load(row: &mut Row<'_, Lead>) -> Result<Self, RowError> {
        let (status, at, by) = (row.take(&STATUS)?, row.opt(&DECIDED_AT)?, row.opt(&DECIDED_BY)?);
        let (reason, customer) = (row.opt(&REASON)?, row.opt(&CUSTOMER_ID)?);
        let (contact, opportunity) = (row.opt(&CONTACT_ID)?, row.opt(&OPPORTUNITY_ID)?);
        let became = customer.is_some() || contact.is_some() || opportunity.is_some();
        match (status, at, by) {
            (LeadStatus::Converted, Some(at), Some(by)) if reason.is_none() => {
                if let Some(customer) = customer {
                    return Ok(Self::Converted { at, by, customer, contact, opportunity });
                }
            }
            // Without a reason where it was erased.
            (LeadStatus::Disqualified, Some(at), Some(by)) if !became => {
                return Ok(Self::Disqualified { at, by, reason: reason.unwrap_or_default() });
            }
            (status, None, None) if reason.is_none() && !became => match status {
                LeadStatus::New => return Ok(Self::New),
                LeadStatus::Working => return Ok(Self::Working),
                LeadStatus::Qualified => return Ok(Self::Qualified),
                LeadStatus::Converted | LeadStatus::Disqualified => {}
            },
            _ => {}
        }
        let why = format!("{status} does not fit when, by whom, why and into what it was decided");
        Err(RowError::new("status", why))
    }
}

impl Lead {
    /// How far it has come.
    pub const fn state(&self) -> &LeadState {
        &self.state
    }

    /// How often it came back after it was disqualified.
    pub const fn recycled(&self) -> i64 {
        self.recycled
    }
}
