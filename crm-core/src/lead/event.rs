use chrono::NaiveDate;

use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{Actor, Id, Refused, Result, Timestamp, text::required},
    opportunity::Opportunity,
};

use super::{Lead, LeadState, LeadStatus};

/// What may happen to a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadEvent {
    /// Somebody works on it.
    Work,
    /// It is worth it.
    Qualify,
    /// It is not worth it.
    Disqualify {
        /// Why.
        reason: String,
    },
    /// It comes back after it was disqualified.
    Recycle {
        /// The day to take it up again.
        recall_on: Option<NaiveDate>,
    },
    /// It became a customer.
    Convert {
        /// Which.
        customer: Id<Customer>,
        /// Which contact there.
        contact: Option<Id<Contact>>,
        /// Which opportunity.
        opportunity: Option<Id<Opportunity>>,
    },
}

impl LeadEvent {
    /// The status it leads to.
    pub const fn to(&self) -> LeadStatus {
        match self {
            Self::Work | Self::Recycle { .. } => LeadStatus::Working,
            Self::Qualify => LeadStatus::Qualified,
            Self::Disqualify { .. } => LeadStatus::Disqualified,
            Self::Convert { .. } => LeadStatus::Converted,
        }
    }

    /// What the change log calls it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Work => "worked on",
            Self::Qualify => "qualified",
            Self::Disqualify { .. } => "disqualified",
            Self::Recycle { .. } => "recycled",
            Self::Convert { .. } => "converted",
        }
    }
}

impl Lead {
    /// The lead after an event. To work on what is worked on, and to qualify what is qualified, changes
    /// nothing.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] when it was converted, or was disqualified and is not recycled, or is to
    /// come back and was not; [`crate::Error::Invalid`] without a reason to disqualify it.
    pub fn step(mut self, event: &LeadEvent, at: Timestamp, by: &Actor) -> Result<Self> {
        let (from, to) = (self.state.status(), event.to());
        let comes_back = matches!(event, LeadEvent::Recycle { .. });
        if !leads_to(from, to) || comes_back != (from == LeadStatus::Disqualified) {
            return Err(self.state.refused(event.name()).into());
        }
        let by = by.to_string();
        self.state = match event {
            LeadEvent::Work => LeadState::Working,
            LeadEvent::Qualify => LeadState::Qualified,
            LeadEvent::Disqualify { reason } => {
                required::<Self>("reason", reason)?;
                LeadState::Disqualified { at, by, reason: reason.clone() }
            }
            LeadEvent::Recycle { recall_on } => {
                self.recycled = self.recycled.saturating_add(1);
                self.recall_on = *recall_on;
                LeadState::Working
            }
            LeadEvent::Convert { customer, contact, opportunity } => {
                let (customer, contact, opportunity) = (*customer, *contact, *opportunity);
                LeadState::Converted { at, by, customer, contact, opportunity }
            }
        };
        Ok(self)
    }

    /// Whether this one, as it is stored, may become `next`: [`crate::kernel::Entity::permits`].
    pub(super) fn may_become(&self, next: &Self) -> Result<(), Refused> {
        let (from, to) = (self.state.status(), next.state.status());
        if from == LeadStatus::Converted && self != next {
            return Err(self.state.refused("changed"));
        }
        if self.state == next.state && self.recycled == next.recycled {
            return Ok(());
        }
        if from == to || !leads_to(from, to) {
            return Err(self.state.refused(to.as_str()));
        }
        let back = i64::from(from == LeadStatus::Disqualified);
        if next.recycled != self.recycled.saturating_add(back) {
            let why = "how often it came back is counted by the verb recycle alone";
            return Err(Refused::new("lead", from.as_str(), to.as_str(), why));
        }
        Ok(())
    }
}

/// Which status may follow which.
const fn leads_to(from: LeadStatus, to: LeadStatus) -> bool {
    match from {
        LeadStatus::New | LeadStatus::Working | LeadStatus::Qualified => {
            !matches!(to, LeadStatus::New)
        }
        LeadStatus::Disqualified => matches!(to, LeadStatus::Working),
        LeadStatus::Converted => false,
    }
}
