use chrono::NaiveDate;

use crate::{
    customer::Customer,
    kernel::{Id, Invalid, Row, RowError, text_enum},
};

use super::{CLOSE_REASON, CLOSED_ON, COMPETITOR, Opportunity, STATUS};

text_enum! {
    /// How an opportunity stands. It is never read from a probability.
    pub enum OpportunityStatus {
        /// Not decided.
        Open = "open",
        /// Won.
        Won = "won",
        /// Lost.
        Lost = "lost",
    }
}

/// How an opportunity stands, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpportunityState {
    /// Not decided.
    Open,
    /// Won.
    Won {
        /// The day.
        on: NaiveDate,
        /// Why.
        reason: Option<String>,
    },
    /// Lost.
    Lost {
        /// The day.
        on: NaiveDate,
        /// Why.
        reason: Option<String>,
        /// Who won it instead.
        competitor: Option<String>,
    },
}

impl OpportunityState {
    /// Its status.
    pub const fn status(&self) -> OpportunityStatus {
        match self {
            Self::Open => OpportunityStatus::Open,
            Self::Won { .. } => OpportunityStatus::Won,
            Self::Lost { .. } => OpportunityStatus::Lost,
        }
    }

    /// The day it was won or lost.
    pub const fn closed_on(&self) -> Option<NaiveDate> {
        match self {
            Self::Open => None,
            Self::Won { on, .. } | Self::Lost { on, .. } => Some(*on),
        }
    }

    /// Why it was won or lost.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Won { reason, .. } | Self::Lost { reason, .. } => reason.as_deref(),
        }
    }

    /// Who won it instead.
    pub fn competitor(&self) -> Option<&str> {
        match self {
            Self::Lost { competitor, .. } => competitor.as_deref(),
            _ => None,
        }
    }

    pub(super) fn check(&self, customer: Option<Id<Customer>>) -> Result<(), Invalid> {
        if matches!(self, Self::Won { .. }) && customer.is_none() {
            let reason = "an opportunity is won with somebody: name the customer first";
            return Err(Invalid::field::<Opportunity>("customer_id", reason));
        }
        Ok(())
    }

    pub(super) fn load(row: &mut Row<'_, Opportunity>) -> Result<Self, RowError> {
        let status = row.take(&STATUS)?;
        let (on, reason, competitor) =
            (row.opt(&CLOSED_ON)?, row.opt(&CLOSE_REASON)?, row.opt(&COMPETITOR)?);
        match (status, on, reason, competitor) {
            (OpportunityStatus::Open, None, None, None) => Ok(Self::Open),
            (OpportunityStatus::Won, Some(on), reason, None) => Ok(Self::Won { on, reason }),
            (OpportunityStatus::Lost, Some(on), reason, competitor) => {
                Ok(Self::Lost { on, reason, competitor })
            }
            (status, ..) => Err(RowError::new(
                "status",
                format!("{status} does not fit when, why and to whom it was decided"),
            )),
        }
    }
}
