use crate::kernel::{Actor, Id, Refused, Row, RowError, Timestamp, text_enum};

use super::{CLOSED_BY, OUTCOME, REASON, SINCE, STATUS, Task};

text_enum! {
    /// What became of a task.
    pub enum TaskStatus {
        /// It is still to be done.
        Open = "open",
        /// It was done.
        Done = "done",
        /// It will not be done.
        Cancelled = "cancelled",
    }
}

/// Open, done or cancelled: by whom, when and with what outcome or for what reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It is still to be done.
    Open,
    /// It was done, and stays so.
    Done {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
        /// What came of it.
        outcome: Option<String>,
    },
    /// It will not be done, and that is final.
    Cancelled {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
        /// Why.
        reason: String,
    },
}

impl TaskState {
    /// Its status.
    pub const fn status(&self) -> TaskStatus {
        match self {
            Self::Open => TaskStatus::Open,
            Self::Done { .. } => TaskStatus::Done,
            Self::Cancelled { .. } => TaskStatus::Cancelled,
        }
    }

    /// When it was done or cancelled.
    pub const fn closed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Done { at, .. } | Self::Cancelled { at, .. } => Some(*at),
        }
    }

    /// Who did it or cancelled it.
    pub fn closed_by(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Done { by, .. } | Self::Cancelled { by, .. } => Some(by),
        }
    }

    /// What came of it.
    pub fn outcome(&self) -> Option<&str> {
        match self {
            Self::Done { outcome, .. } => outcome.as_deref(),
            _ => None,
        }
    }

    /// Why it was cancelled.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Cancelled { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// Refuses what is wanted of a task that is closed.
    pub(super) fn must_be_open(&self, wanted: &str) -> Result<(), Refused> {
        let (by, at) = match self {
            Self::Open => return Ok(()),
            Self::Done { at, by, .. } | Self::Cancelled { at, by, .. } => (by, at),
        };
        let status = self.status();
        let why = format!("{by} closed it at {at}, and that is final: add a new task instead");
        Err(Refused::new("task", status.as_str(), wanted, why))
    }

    pub(super) fn load(row: &mut Row<'_, Task>, created_at: Timestamp) -> Result<Self, RowError> {
        let (status, at, by) = (row.take(&STATUS)?, row.take(&SINCE)?, row.opt(&CLOSED_BY)?);
        match (status, by, row.opt(&OUTCOME)?, row.opt(&REASON)?) {
            (TaskStatus::Open, None, None, None) if at == created_at => Ok(Self::Open),
            (TaskStatus::Done, Some(by), outcome, None) => Ok(Self::Done { at, by, outcome }),
            // Without a reason where it was erased.
            (TaskStatus::Cancelled, Some(by), None, reason) => {
                Ok(Self::Cancelled { at, by, reason: reason.unwrap_or_default() })
            }
            (status, ..) => Err(RowError::new(
                "status",
                format!("{status} does not fit when, by whom and why it was closed"),
            )),
        }
    }
}

impl Task {
    /// Open, done or cancelled.
    pub const fn state(&self) -> &TaskState {
        &self.state
    }

    /// Since when it is so: when it was closed; of an open one, since when it is there.
    pub fn since(&self) -> Timestamp {
        self.state.closed_at().unwrap_or(self.created_at)
    }

    /// It was done. That is final: a mistake is corrected by a new task.
    ///
    /// # Errors
    /// [`Refused`] when it is done or cancelled already.
    pub fn done(
        mut self,
        at: Timestamp,
        by: &Actor,
        outcome: Option<String>,
    ) -> Result<Self, Refused> {
        self.state.must_be_open(TaskStatus::Done.as_str())?;
        self.state = TaskState::Done { at, by: by.to_string(), outcome };
        Ok(self)
    }

    /// It will not be done. That is final: a mistake is corrected by a new task.
    ///
    /// # Errors
    /// [`Refused`] when it is done or cancelled already.
    pub fn cancelled(
        mut self,
        at: Timestamp,
        by: &Actor,
        reason: impl Into<String>,
    ) -> Result<Self, Refused> {
        self.state.must_be_open(TaskStatus::Cancelled.as_str())?;
        self.state = TaskState::Cancelled { at, by: by.to_string(), reason: reason.into() };
        Ok(self)
    }

    /// The id of the task that comes after one that recurs: always the same one.
    pub(super) fn next_id(&self, tenant: crate::kernel::TenantId) -> Id<Self> {
        Id::derived(tenant, &format!("next task of {}", self.id))
    }
}
