use std::cmp::Reverse;

use chrono::{FixedOffset, NaiveDate};

use crate::{
    kernel::{Criteria, Invalid, MAX_LIMIT, Query, Result, Stored},
    opportunity::{self, Opportunity},
    store::{Read, ReadUnit},
    workday::{
        Cause,
        day::Day,
        rot::{Rot, open},
    },
};

use super::{cell::both, period::kept};

/// An open opportunity that does not move.
#[derive(Clone, Debug, PartialEq)]
pub struct Stuck {
    /// It, as it is.
    pub opportunity: Opportunity,
    /// Why it is on the list, the most urgent cause first.
    pub causes: Vec<Cause>,
}

impl Stuck {
    /// The points of all its causes together: see [the table](crate::workday).
    pub fn urgency(&self) -> u32 {
        self.causes.iter().fold(0, |all, cause| all.saturating_add(cause.urgency()))
    }

    /// The reasons, in plain words.
    pub fn reasons(&self) -> Vec<String> {
        self.causes.iter().map(Cause::reason).collect()
    }
}

/// The most urgent ones, and how many there are.
#[derive(Clone, Debug, PartialEq)]
pub struct StuckReport {
    /// How many open opportunities were looked at.
    pub open: u64,
    /// How many of them do not move.
    pub stuck: u64,
    /// The most urgent ones, in order.
    pub items: Vec<Stuck>,
}

/// So many are looked at, at once.
const AT_ONCE: u32 = 500;

/// Open opportunities that do not move, the most urgent first, at most `limit`: in their stage for longer than expected,
/// idle ([`crate::opportunity::Stage::idle_days`]), past their expected close, or without a next step that has a day.
///
/// It is of opportunities that are open now and came into their stage by `as_of`, whose days are counted up to that day. All are looked at,
/// some at a time; of equally urgent ones the one that is longest in its stage comes first, then by the id.
///
/// # Errors
/// [`crate::Error::Invalid`] for a limit that is not between 1 and [`MAX_LIMIT`], a day that no store can keep, or
/// criteria that do not fit.
pub async fn stuck(
    unit: &mut (dyn ReadUnit + '_),
    as_of: NaiveDate,
    utc_offset: FixedOffset,
    filter: &Criteria<Opportunity>,
    limit: u32,
) -> Result<StuckReport> {
    if limit == 0 || limit > MAX_LIMIT {
        let reason = format!("{limit} is not between 1 and {MAX_LIMIT}");
        return Err(Invalid::new("stuck", "limit", reason).into());
    }
    kept(as_of)?;
    let day = Day::new(as_of, utc_offset);
    let by_then = opportunity::STAGE_SINCE.below(day.ends());
    let criteria = both(open().and(by_then), filter.clone());
    let mut rot = Rot::new(day);
    let mut report = StuckReport { open: 0, stuck: 0, items: Vec::new() };
    let mut after = None;
    loop {
        let query = Query::of(criteria.clone()).limit(AT_ONCE).after(after);
        let page = Read::<Opportunity>::find(unit, query).await?;
        let some: Vec<_> = page.items.into_iter().map(Stored::into_inner).collect();
        let causes = rot.causes(unit, &some).await?;
        report.open += some.len() as u64;
        for (opportunity, mut causes) in some.into_iter().zip(causes) {
            if !causes.is_empty() {
                causes.sort_by_key(|cause| Reverse(cause.urgency()));
                report.stuck += 1;
                report.items.push(Stuck { opportunity, causes });
            }
        }
        report.items.sort_by_cached_key(|one| {
            (Reverse(one.urgency()), one.opportunity.stage_since(), one.opportunity.id)
        });
        report.items.truncate(limit as usize);
        after = page.next;
        if after.is_none() {
            return Ok(report);
        }
    }
}
