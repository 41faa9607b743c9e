use std::collections::BTreeMap;

use crate::{
    kernel::{Currency, Invalid, Result},
    opportunity::ForecastCategory,
    org::OrgChart,
    snapshot_line::SnapshotLine,
    store::ReadUnit,
};

use super::{
    ChangeKind, Figure, FiscalPeriod, ForecastChange, Moment, Whose,
    change::{Difference, Filter},
    lines::Lines,
};

/// What is compared with what, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompareRequest {
    /// From when.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// Only what counts in this period, by its month alone: also what is open and overdue.
    pub period: Option<FiscalPeriod>,
    /// Only what is theirs; people count in the unit they are in now.
    pub whose: Whose,
}

/// What changed between two moments. Of each category and currency, what was before and all changes
/// come to what is after, to the last digit. Of what was won long ago each moment keeps as much as a snapshot
/// ([`crate::forecast_snapshot`]): what is kept at one of them only is a change ([`ChangeKind::OutOfWindow`]).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// What there was.
    pub before: BTreeMap<(ForecastCategory, Option<Currency>), Figure>,
    /// What became of it: how many opportunities changed so, and by how much the figures.
    pub changes: BTreeMap<ChangeKind, BTreeMap<(ForecastCategory, Option<Currency>), Figure>>,
    /// How many opportunities changed so.
    pub changed: BTreeMap<ChangeKind, u64>,
    /// What there is.
    pub after: BTreeMap<(ForecastCategory, Option<Currency>), Figure>,
}

/// So many opportunities are compared at once.
const AT_ONCE: usize = 500;

type Pair = (Option<SnapshotLine>, Option<SnapshotLine>);

/// What changed between two moments; each change to `each`, in the order of the opportunities.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such snapshot, [`crate::Error::Refused`] when it is not complete,
/// [`Invalid`] for a period that begins before what both moments keep ([`crate::forecast_snapshot`]); and whatever `each` answers.
pub async fn compare(
    unit: &mut (dyn ReadUnit + '_),
    request: &CompareRequest,
    each: &mut (dyn FnMut(ForecastChange) -> Result<()> + Send),
) -> Result<Comparison> {
    let org = OrgChart::load(unit).await?;
    let theirs = |owner| request.whose.owns(&org, owner);
    let filter = Filter { period: request.period, theirs: &theirs };
    let mut before = Lines::of(unit, request.from).await?;
    let mut after = Lines::of(unit, request.to).await?;
    let kept = before.window_start().max(after.window_start());
    if let Some(period) = request.period.filter(|period| period.start() < kept) {
        let start = period.start();
        let reason =
            format!("{start} is before {kept}, from when on both moments keep what was won");
        return Err(Invalid::new("forecast", "period", reason).into());
    }
    let mut found = Comparison::default();
    loop {
        let pairs = pairs(unit, &mut before, &mut after).await?;
        if pairs.is_empty() {
            return Ok(found);
        }
        let new = pairs.iter().filter_map(|pair| match pair {
            (None, Some(line)) => Some(line.opportunity_id),
            _ => None,
        });
        let not_before = before.absent(unit, new.collect()).await?;
        let gone = pairs.iter().filter_map(|pair| match pair {
            (Some(line), None) => Some(line.opportunity_id),
            _ => None,
        });
        let not_after = after.absent(unit, gone.collect()).await?;
        for (was, is) in pairs {
            for (line, sums) in [(&was, &mut found.before), (&is, &mut found.after)] {
                if let Some(counts) = line.as_ref().and_then(|line| filter.counts(line)) {
                    add(sums, &counts)?;
                }
            }
            let Some(id) = is.as_ref().or(was.as_ref()).map(|line| line.opportunity_id) else {
                continue;
            };
            let absent = (not_before.get(&id).copied(), not_after.get(&id).copied());
            let Some(change) = filter.change(was, is, absent) else { continue };
            *found.changed.entry(change.kind).or_default() += 1;
            let sums = found.changes.entry(change.kind).or_default();
            change.differences.iter().try_for_each(|one| add(sums, one))?;
            each(change)?;
        }
    }
}

fn add(
    sums: &mut BTreeMap<(ForecastCategory, Option<Currency>), Figure>,
    one: &Difference,
) -> Result<()> {
    Ok(sums.entry((one.category, one.currency)).or_default().add(one.figure)?)
}

/// The next lines of both, those of one opportunity together.
async fn pairs(
    unit: &mut (dyn ReadUnit + '_),
    before: &mut Lines,
    after: &mut Lines,
) -> Result<Vec<Pair>> {
    let mut pairs = Vec::with_capacity(AT_ONCE);
    while pairs.len() < AT_ONCE {
        let next = (before.peek(unit).await?, after.peek(unit).await?);
        let Some(first) = next.0.into_iter().chain(next.1).min() else { break };
        let was = if next.0 == Some(first) { before.pop() } else { None };
        let is = if next.1 == Some(first) { after.pop() } else { None };
        pairs.push((was, is));
    }
    Ok(pairs)
}
