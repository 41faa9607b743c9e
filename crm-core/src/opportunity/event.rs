use chrono::NaiveDate;

/// What may happen to an opportunity in its pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpportunityEvent {
    /// It goes on, or back, to another open stage.
    Advance {
        /// The key of the stage.
        to: String,
        /// Why.
        reason: Option<String>,
    },
    /// It is won.
    Win {
        /// The day.
        on: NaiveDate,
        /// The key of the stage; the first of its kind where none is named.
        to: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// It is lost.
    Lose {
        /// The day.
        on: NaiveDate,
        /// The key of the stage; the first of its kind where none is named.
        to: Option<String>,
        /// Why.
        reason: Option<String>,
        /// Who won it instead.
        competitor: Option<String>,
    },
    /// It is opened again, in an open stage.
    Reopen {
        /// The key of the stage.
        to: String,
        /// Why.
        reason: Option<String>,
    },
}

impl OpportunityEvent {
    /// Goes on, or back, to another open stage.
    pub fn advance(to: impl Into<String>) -> Self {
        Self::Advance { to: to.into(), reason: None }
    }

    /// Wins it.
    pub const fn win(on: NaiveDate) -> Self {
        Self::Win { on, to: None, reason: None }
    }

    /// Loses it.
    pub const fn lose(on: NaiveDate) -> Self {
        Self::Lose { on, to: None, reason: None, competitor: None }
    }

    /// Opens it again.
    pub fn reopen(to: impl Into<String>) -> Self {
        Self::Reopen { to: to.into(), reason: None }
    }

    /// The same, and why.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        match &mut self {
            Self::Advance { reason, .. }
            | Self::Win { reason, .. }
            | Self::Lose { reason, .. }
            | Self::Reopen { reason, .. } => *reason = Some(why.into()),
        }
        self
    }

    /// Why.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Advance { reason, .. }
            | Self::Win { reason, .. }
            | Self::Lose { reason, .. }
            | Self::Reopen { reason, .. } => reason.as_deref(),
        }
    }
}
