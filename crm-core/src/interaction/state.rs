use crate::kernel::{Actor, Refused, Row, RowError, Timestamp, text_enum};

use super::{CLOSED_AT, CLOSED_BY, Interaction, STATUS};

text_enum! {
    /// Whether an interaction may still change.
    pub enum InteractionStatus {
        /// It may.
        Open = "open",
        /// It never will.
        Closed = "closed",
    }
}

/// Open, or closed for ever: by whom and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InteractionState {
    /// It may still change.
    Open,
    /// It never changes again, on any path.
    Closed {
        /// When it was closed.
        at: Timestamp,
        /// Who closed it.
        by: String,
    },
}

impl InteractionState {
    /// Its status.
    pub const fn status(&self) -> InteractionStatus {
        match self {
            Self::Open => InteractionStatus::Open,
            Self::Closed { .. } => InteractionStatus::Closed,
        }
    }

    pub(super) const fn closed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Closed { at, .. } => Some(*at),
        }
    }

    pub(super) fn closed_by(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Closed { by, .. } => Some(by),
        }
    }

    pub(super) fn load(row: &mut Row<'_, Interaction>) -> Result<Self, RowError> {
        let (status, at, by) = (row.take(&STATUS)?, row.opt(&CLOSED_AT)?, row.opt(&CLOSED_BY)?);
        match (status, at, by) {
            (InteractionStatus::Open, None, None) => Ok(Self::Open),
            (InteractionStatus::Closed, Some(at), Some(by)) => Ok(Self::Closed { at, by }),
            (status, ..) => Err(RowError::new(
                "status",
                format!("{status} does not fit when and by whom it was closed"),
            )),
        }
    }
}

impl Interaction {
    /// Open, or closed for ever.
    pub const fn state(&self) -> &InteractionState {
        &self.state
    }

    /// Refuses what is wanted of an interaction that is closed.
    pub(super) fn must_be_open(&self, wanted: &str) -> Result<(), Refused> {
        let InteractionState::Closed { at, by } = &self.state else { return Ok(()) };
        let why = format!(
            "{by} closed it at {at}, and closed is final: an addendum is the way to correct it"
        );
        Err(Refused::new("interaction", "closed", wanted, why))
    }

    /// As it was recorded with a lead, which was final there.
    pub(crate) fn carried(self, at: Timestamp, by: String) -> Self {
        Self { state: InteractionState::Closed { at, by }, carried: true, ..self }
    }

    /// Closes it: from now on nobody changes it, on any path.
    ///
    /// # Errors
    /// [`Refused`] when it is closed already.
    pub fn close(self, at: Timestamp, by: &Actor) -> Result<Self, Refused> {
        match self.state {
            InteractionState::Open => {
                let state = InteractionState::Closed { at, by: by.to_string() };
                Ok(Self { state, ..self })
            }
            InteractionState::Closed { at, by } => {
                let why = format!("{by} closed it already, at {at}");
                Err(Refused::new("interaction", "closed", "closed", why))
            }
        }
    }
}
