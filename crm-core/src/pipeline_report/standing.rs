use chrono::{FixedOffset, NaiveDate};

use crate::{
    kernel::{Criteria, Timestamp},
    opportunity::{self, Opportunity, OpportunityStatus},
    stage_move::{self, StageMove},
    workday::day::Day,
};

use super::{ListPart, PeriodQuestion, cell::both, listing::Found};

/// How opportunities stood when a day was over.
///
/// A decision counts from its own day on, whenever it became known: what is decided now, on that day or before it, stands as
/// it is. Of all else the moves tell: it stood as it was before its first move after that day.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    day: NaiveDate,
    /// The first instant that is not seen any more.
    seen: Timestamp,
}

impl Standing {
    pub(super) fn new(as_of: NaiveDate, utc_offset: FixedOffset) -> Self {
        Self { day: as_of, seen: Day::new(as_of, utc_offset).ends() }
    }

    /// Those that no decision that holds now was made of by then.
    fn told_by_moves(self, filter: &Criteria<Opportunity>) -> Criteria<Opportunity> {
        both(filter.clone(), opportunity::CLOSED_ON.at_most(self.day).not())
    }

    /// Before which moves they stood so; of those that are to be seen.
    pub(super) fn before(
        self,
        was: Criteria<StageMove>,
        filter: &Criteria<Opportunity>,
    ) -> ListPart {
        ListPart::were(stage_move::spanning(self.seen).and(was), self.told_by_moves(filter))
    }

    /// What was open: what has not moved since, and what has.
    pub(super) fn open(
        self,
        filter: &Criteria<Opportunity>,
        are: Criteria<Opportunity>,
        were: Criteria<StageMove>,
    ) -> [ListPart; 2] {
        let open = opportunity::STATUS.eq(OpportunityStatus::Open);
        let open = open.and(opportunity::MOVED_AT.below(self.seen));
        let was = both(stage_move::FROM_STATUS.eq(OpportunityStatus::Open), were);
        [ListPart::are(both(both(are, open), filter.clone())), self.before(was, filter)]
    }
}

impl PeriodQuestion {
    pub(super) fn standing(&self) -> Standing {
        Standing::new(self.as_of, self.period.utc_offset())
    }

    /// What was decided in this way in the period, as it stood: what is decided so now, and what was and no decision of now
    /// tells of. The latter counts on the day it came into the stage that decided.
    pub(super) fn decided(
        &self,
        filter: &Criteria<Opportunity>,
        status: OpportunityStatus,
    ) -> [ListPart; 2] {
        let mut decided = self.period.decided(&[status]);
        if self.as_of < self.period.last_day() {
            decided = decided.and(opportunity::CLOSED_ON.at_most(self.as_of));
        }
        let was = stage_move::FROM_STATUS.eq(status);
        let was = was.and(self.period.has_instant(&stage_move::ENTERED_AT));
        let taken_back = self.standing().before(was, filter);
        [ListPart::are(both(filter.clone(), decided)), taken_back]
    }

    /// What was open when the day was over.
    pub(super) fn open(&self, filter: &Criteria<Opportunity>) -> [ListPart; 2] {
        self.standing().open(filter, Criteria::everything(), Criteria::everything())
    }

    /// How many days it took from the day it began to the day it was decided; nothing where it does not say when it
    /// began.
    pub(super) fn cycle_days(&self, one: &Found) -> Option<i64> {
        let closed = match &one.step {
            Some(step) => step
                .entered_at
                .map(|at| at.to_datetime().with_timezone(&self.period.utc_offset()).date_naive()),
            None => one.opportunity.state().closed_on(),
        };
        Some(closed?.signed_duration_since(one.opportunity.opened_on?).num_days())
    }
}

impl Found {
    /// How it stood.
    pub(super) fn status(&self) -> OpportunityStatus {
        let was = self.step.as_ref().and_then(|step| step.from_status);
        was.unwrap_or_else(|| self.opportunity.state().status())
    }
}
