use chrono::NaiveDate;

use crate::{
    forecast_snapshot::{ForecastSnapshot, SnapshotTotal, SnapshotTotals},
    kernel::{Error, Id, Money, Result, Scope, Stored},
    opportunity::{self, Opportunity},
    pipeline::Pipeline,
    snapshot_line::SnapshotLine,
    store::{Append, CUSTODIAN, Custody, Read, Repository, Store, UnitOfWork, expect, run},
};

use super::{Figure, lines::line, position::positions, request::end_of, window::candidates};

/// So many opportunities are looked at in one unit of work.
const STEP: u32 = 2_000;

/// Takes the snapshot of a day, of a pipeline or of all, step by step, each in a unit of its own: whoever is interrupted
/// goes on where it got to. For the host's scheduler, once a day, when the day is over: a day that has one answers with it,
/// also when it was taken before the day was over. What it keeps says [`ForecastSnapshot`].
///
/// # Errors
/// As [`super::Forecasts::take`].
pub async fn take_snapshot(
    store: &dyn Store,
    scope: &Scope,
    day: NaiveDate,
    pipeline: Option<Id<Pipeline>>,
) -> Result<Stored<ForecastSnapshot>> {
    loop {
        let step = run(store, scope, |work| {
            Box::pin(async move { work.forecasts().take(day, pipeline).await })
        });
        let snapshot = step.await?;
        if snapshot.complete {
            return Ok(snapshot);
        }
    }
}

pub(super) async fn step(
    work: &mut (dyn UnitOfWork + '_),
    day: NaiveDate,
    pipeline: Option<Id<Pipeline>>,
) -> Result<Stored<ForecastSnapshot>> {
    let end = end_of(day)?;
    let stored = begun(work, day, pipeline).await?;
    if stored.complete {
        return Ok(stored);
    }
    let mut asked = candidates(day)?;
    if let Some(reached) = stored.reached {
        asked = opportunity::ID.above(reached).and(asked);
    }
    let page = Read::<Opportunity>::find(work, asked.query().limit(STEP)).await?;
    let (last, complete) = (page.items.last().map(|one| one.id), page.next.is_none());
    let opportunities = page.items.into_iter().map(Stored::into_inner).collect();
    let positions = positions(work, end, opportunities).await?.into_iter();
    let theirs = positions.filter(|one| pipeline.is_none_or(|asked| asked == one.pipeline));
    let lines: Vec<_> = theirs.filter_map(|one| line(stored.id, day, one)).collect();
    let mut totals = stored.totals.clone();
    for line in &lines {
        totals.count(line)?;
    }
    let added = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    if !lines.is_empty() {
        Append::<SnapshotLine>::insert_all(work, lines).await?;
    }
    let changed = stored.edit(|snapshot| {
        snapshot.lines += added;
        snapshot.totals = totals;
        snapshot.complete = complete;
        snapshot.reached = if complete { None } else { last };
    });
    Repository::update(work, changed).await
}

/// The snapshot of a day as it is, begun where there is none. Nobody else goes on with it meanwhile.
async fn begun(
    work: &mut (dyn UnitOfWork + '_),
    day: NaiveDate,
    pipeline: Option<Id<Pipeline>>,
) -> Result<Stored<ForecastSnapshot>> {
    let id = ForecastSnapshot::id_of(work.scope().tenant, day, pipeline);
    if let Some(stored) = Read::<ForecastSnapshot>::get(work, id).await?
        && stored.complete
    {
        return Ok(stored);
    }
    let new = ForecastSnapshot {
        id,
        day,
        pipeline_id: pipeline,
        begun_at: work.now(),
        begun_by: work.scope().actor.to_string(),
        reached: None,
        lines: 0,
        totals: SnapshotTotals::default(),
        complete: false,
    };
    match Append::insert(work, new).await {
        Err(Error::Duplicate { field: "id", .. }) => {}
        inserted => return inserted,
    }
    let held = Custody::<ForecastSnapshot>::hold(work, &CUSTODIAN, vec![id]).await?;
    match held.into_iter().next() {
        Some(stored) => Ok(stored),
        None => expect(work, id).await,
    }
}

impl SnapshotTotals {
    fn count(&mut self, line: &SnapshotLine) -> Result<()> {
        let currency = line.amount.map(Money::currency);
        let key = (line.month, line.category, currency);
        let place = self.0.binary_search_by_key(&key, |t| (t.month, t.category, t.currency));
        let at = place.unwrap_or_else(|at| {
            let (month, category, currency) = key;
            let (amount, weighted) = Default::default();
            let new = SnapshotTotal { month, category, currency, count: 0, amount, weighted };
            self.0.insert(at, new);
            at
        });
        let Some(total) = self.0.get_mut(at) else { return Ok(()) };
        let mut sum = Figure { count: 0, amount: total.amount, weighted: total.weighted };
        sum.add(Figure {
            count: 1,
            amount: line.amount.map(Money::amount).unwrap_or_default(),
            weighted: line.weighted.map(Money::amount).unwrap_or_default(),
        })?;
        total.count += 1;
        (total.amount, total.weighted) = (sum.amount, sum.weighted);
        Ok(())
    }
}
