use std::collections::{BTreeMap, HashSet};

use crate::{
    kernel::{Currency, Id, MAX_LIMIT, Result, Stored, Timestamp},
    opportunity::{self, ForecastCategory, Opportunity, OpportunityStatus},
    snapshot_line::SnapshotLine,
    store::{Read, ReadUnit},
};

use super::{
    ChangeKind, Figure, ForecastChange, Moment, Period, Whose,
    change::{Difference, Filter},
    lines::Lines,
    org::Org,
    position::positions,
};

/// What is compared with what, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompareRequest {
    /// From when.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// Only what counts in this period, by its month alone: also what is open and overdue.
    pub period: Option<Period>,
    /// Only what is theirs; people count in the unit they are in now.
    pub whose: Whose,
}

/// What changed between two moments. Of each category and currency, what was before and all changes
/// come to what is after, to the last digit.
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
/// [`crate::Error::Missing`] when there is no such snapshot, [`crate::Error::Refused`] when it is not complete; and whatever `each` answers.
pub async fn compare(
    unit: &mut (dyn ReadUnit + '_),
    request: &CompareRequest,
    each: &mut (dyn FnMut(ForecastChange) -> Result<()> + Send),
) -> Result<Comparison> {
    let org = Org::load(unit).await?;
    let theirs = |owner| org.belongs(owner, request.whose);
    let filter = Filter { period: request.period, theirs: &theirs };
    let mut before = Lines::of(unit, request.from).await?;
    let mut after = Lines::of(unit, request.to).await?;
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
        let was_lost = lost(unit, before.end(), new.collect()).await?;
        let gone = pairs.iter().filter_map(|pair| match pair {
            (Some(line), None) => Some(line.opportunity_id),
            _ => None,
        });
        let is_lost = lost(unit, after.end(), gone.collect()).await?;
        for (was, is) in pairs {
            for (line, sums) in [(&was, &mut found.before), (&is, &mut found.after)] {
                if let Some(counts) = line.as_ref().and_then(|line| filter.counts(line)) {
                    add(sums, &counts)?;
                }
            }
            let Some(id) = is.as_ref().or(was.as_ref()).map(|line| line.opportunity_id) else {
                continue;
            };
            let lost = |lost: &HashSet<_>| lost.contains(&id);
            let Some(change) = filter.change(was, is, lost(&was_lost), lost(&is_lost)) else {
                continue;
            };
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

/// Which of these were lost just before `end`.
async fn lost(
    unit: &mut (dyn ReadUnit + '_),
    end: Timestamp,
    ids: Vec<Id<Opportunity>>,
) -> Result<HashSet<Id<Opportunity>>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let query = opportunity::ID.one_of(ids).query().limit(MAX_LIMIT);
    let found = Read::<Opportunity>::find(unit, query).await?.items;
    let found = found.into_iter().map(Stored::into_inner).collect();
    let then = positions(unit, end, found).await?.into_iter();
    let lost = then.filter(|one| one.status == OpportunityStatus::Lost);
    Ok(lost.map(|one| one.opportunity.id).collect())
}
