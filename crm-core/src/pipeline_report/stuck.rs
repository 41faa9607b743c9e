use std::cmp::Reverse;

use chrono::{FixedOffset, NaiveDate};

use crate::{
    kernel::{Criteria, Invalid, MAX_LIMIT, Result},
    opportunity::Opportunity,
    store::ReadUnit,
    workday::{Cause, Stood, day::Day, rot::Rot},
};

use super::{
    ListQuery, Listed, Total,
    listing::{Found, MOST},
    period::kept,
    standing::Standing,
};

/// An open opportunity that did not move.
#[derive(Clone, Debug, PartialEq)]
pub struct Stuck {
    /// It, as it is now.
    pub opportunity: Opportunity,
    /// How it stood on the day: in which stage, since when, whose.
    pub stood: Stood,
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

/// The most urgent ones, and how many there were.
#[derive(Clone, Debug, PartialEq)]
pub struct StuckReport {
    /// What was open and looked at, with what it was worth then.
    pub open: Listed<Total>,
    /// What of it did not move. Its list is [`StuckReport::items`], as far as that goes.
    pub stuck: Total,
    /// The most urgent ones, in order.
    pub items: Vec<Stuck>,
}

/// What was open when the day `as_of` was over and did not move, the most urgent first, at most `limit`: in its stage for
/// longer than expected, idle ([`crate::opportunity::Stage::idle_days`]), past its expected close, or without a next step
/// that has a day.
///
/// Each is judged as it stood then, whatever became of it since: its stage and since when, its expected close, its last move,
/// interaction and task done by then, the tasks that were there and still to be done. What one is called, its next step in
/// words, the days of tasks and what a pipeline allows are as they are now. All are looked at, some at a time; of equally
/// urgent ones the one that was longest in its stage comes first, then by the id.
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
    let standing = Standing::new(as_of, utc_offset);
    let parts = standing.open(filter, Criteria::everything(), Criteria::everything());
    let mut rot = Rot::as_of(Day::new(as_of, utc_offset));
    let (mut open, mut stuck, mut items) = (Total::default(), Total::default(), Vec::new());
    for part in &parts {
        let mut after = None;
        loop {
            let (found, next) = part.found(unit, MOST, after).await?;
            let some: Vec<_> = found.into_iter().filter_map(stood).collect();
            let causes = rot.causes(unit, &some).await?;
            for ((opportunity, stood), mut causes) in some.into_iter().zip(causes) {
                open.add_one(stood.amount)?;
                if !causes.is_empty() {
                    causes.sort_by_key(|cause| Reverse(cause.urgency()));
                    stuck.add_one(stood.amount)?;
                    items.push(Stuck { opportunity, stood, causes });
                }
            }
            items.sort_by_cached_key(|one: &Stuck| {
                (Reverse(one.urgency()), one.stood.stage_since, one.opportunity.id)
            });
            items.truncate(limit as usize);
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    let open = Listed { figure: open, query: ListQuery(parts.to_vec()) };
    Ok(StuckReport { open, stuck, items })
}

fn stood(found: Found) -> Option<(Opportunity, Stood)> {
    let stood = match &found.step {
        Some(step) => Stood::before(step)?,
        None => Stood::now(&found.opportunity),
    };
    Some((found.opportunity.into_inner(), stood))
}
