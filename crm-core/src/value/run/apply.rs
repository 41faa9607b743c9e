use std::collections::{HashMap, HashSet};

use crate::{
    Error, Result,
    customer::{self, Customer},
    kernel::{Cursor, Id, Invalid, Money, Refused, Scope, Stored},
    store::{
        CUSTODIAN, Custody, Read, ReadUnit, Repository, Store, UnitOfWork, every, expect, find_one,
        run, run_while,
    },
    value_run::{self, RunDetail, ValueRun},
    value_run_line::{self, ValueRunLine},
};

use super::take::last_applied;

/// So many lines are looked at in one unit of work.
const STEP: u32 = 1_000;

/// What came of giving customers their tiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct AppliedTiers {
    /// How many lines were looked at.
    pub lines: u64,
    /// How many customers have another tier now.
    pub changed: u64,
    /// How many more have another value or another class in the same tier.
    pub valued: u64,
}

/// Gives customers the tiers that a run decided, with their values and classes ([`Customer::value`]), some at a time, each time in a unit of
/// its own; the change log has the tier before and after, and the reason. The first unit says that it is being applied: until it is, no other run is. Whoever is interrupted
/// calls it again: who has all of it already stays as it is, and the others get theirs. Several may do so at once. A run that was
/// applied changes nothing more, whatever became of the customers since. Another run of the same period decides from the tiers before
/// that period, so that nobody is a period further for its having been judged twice.
///
/// # Errors
/// [`Error::Refused`] when the run was taken before another one was applied, or began to be: what it decides goes on from tiers that do not
/// hold any more; and when its period ends before that of the run that was applied last. [`Error::Invalid`] when it has no tiers or is not complete, [`Error::Missing`] when it is not there.
pub async fn apply_tiers(
    store: &dyn Store,
    scope: &Scope,
    id: Id<ValueRun>,
) -> Result<AppliedTiers> {
    let mut applied = AppliedTiers::default();
    // Whoever was quicker has the place: the next time that is known.
    let again = |error: &Error| {
        error.is_retryable() || matches!(error, Error::Duplicate { field: "applies_after", .. })
    };
    let begun =
        run_while(store, scope, again, |work| Box::pin(async move { begin(work, id).await }));
    if begun.await?.applied_at.is_some() {
        return Ok(applied);
    }
    let mut after = None;
    loop {
        let step = run(store, scope, |work| {
            let after = after.clone();
            Box::pin(async move { step(work, id, after).await })
        });
        let (more, next) = step.await?;
        applied.lines += more.lines;
        applied.changed += more.changed;
        applied.valued += more.valued;
        if next.is_none() {
            return Ok(applied);
        }
        after = next;
    }
}

/// Takes the place of the run, which no two can have, unless it has it already.
async fn begin(work: &mut (dyn UnitOfWork + '_), id: Id<ValueRun>) -> Result<Stored<ValueRun>> {
    let run = expect(work, id).await?;
    if run.applied_at.is_some() || run.applies_after.is_some() {
        return Ok(run);
    }
    may_be_applied(work, &run).await?;
    let begun = run.edit(|run| run.applies_after = Some(run.place()));
    Repository::<ValueRun>::update(work, begun).await
}

async fn may_be_applied(unit: &mut (dyn ReadUnit + '_), run: &ValueRun) -> Result<()> {
    let wrong = |field, reason| Err(Invalid::field::<ValueRun>(field, reason).into());
    if run.totals.is_none() {
        return wrong("totals", "the run is not complete");
    }
    if run.detail == RunDetail::Classes {
        return wrong("detail", "it keeps classes and no tiers: take a run with lines");
    }
    if run.policies.tiers.is_none() {
        return wrong("policies", "it has no tiers: take a run by policies that have some");
    }
    let there = value_run::APPLIES_AFTER.eq(run.place().as_str());
    let begun = find_one::<ValueRun, _>(unit, there).await?;
    // Somebody began this very run since it was read: writing it conflicts, and the next time that is known.
    if begun.as_ref().is_some_and(|other| other.id == run.id) {
        return Ok(());
    }
    let begun = begun.filter(|other| other.applied_at.is_none());
    let last = last_applied(unit).await?;
    let why = match &begun {
        Some(other) => format!(
            "run {} is being applied: apply that one again if it was interrupted, then take this one again",
            other.name.clone().unwrap_or_else(|| other.id.to_string()),
        ),
        None if last.as_ref().is_some_and(|last| last.to_day > run.to_day) => {
            "the tiers are those of a later period: take a run of that one or of a later one"
                .to_owned()
        }
        None if last.as_ref().map(|last| last.id) == run.follows => return Ok(()),
        None => "another run was applied since it was taken: take it again".to_owned(),
    };
    let told = |run: Option<&ValueRun>| {
        run.map_or("no tiers".to_owned(), |run| format!("the tiers as of {}", run.as_of))
    };
    let from = told(begun.or(last).as_deref());
    Err(Refused::new("value_run", from, told(Some(run)), why).into())
}

/// Some lines. After the last of them the run is applied.
async fn step(
    work: &mut (dyn UnitOfWork + '_),
    id: Id<ValueRun>,
    after: Option<Cursor>,
) -> Result<(AppliedTiers, Option<Cursor>)> {
    // It is held so that nobody ends it meanwhile: once another run has its turn, these tiers do not hold any more.
    let held = Custody::<ValueRun>::hold_for_change(work, &CUSTODIAN, vec![id]).await?.pop();
    let run = held.ok_or_else(|| Error::missing(id))?;
    if run.applied_at.is_some() {
        return Ok((AppliedTiers::default(), None));
    }
    let query = value_run_line::RUN_ID.eq(run.id).query();
    let query = query.order_by(&value_run_line::CUSTOMER_ID).limit(STEP).after(after);
    let page = Read::<ValueRunLine>::find(work, query).await?;
    let ids = page.items.iter().map(|line| line.customer_id);
    let query = customer::ID.one_of(ids).query().limit(STEP);
    let found = Read::<Customer>::find(work, query).await?.items;
    let mut customers: HashMap<_, _> = found.into_iter().map(|one| (one.id, one)).collect();
    // Of whom another line may be on this page or the next.
    let ends = [page.items.first(), page.items.last()].into_iter().flatten();
    let strangers = page.items.iter().filter(|line| line.id != own(line));
    let merged: HashSet<_> = ends.chain(strangers).map(|line| line.customer_id).collect();
    let (mut moved, mut valued) = (Vec::new(), Vec::new());
    for line in &page.items {
        let open = |one: &mut Stored<Customer>| line.tier.is_some() && one.merged_into.is_none();
        if !customers.get_mut(&line.customer_id).is_some_and(open) || !speaks(work, line).await? {
            continue;
        }
        let value = match merged.contains(&line.customer_id) {
            true => together(work, line).await?,
            false => line.value,
        };
        let Some(one) = customers.remove(&line.customer_id) else { continue };
        if (&one.tier, one.value, one.value_class) == (&line.tier, value, line.class) {
            continue;
        }
        if one.tier == line.tier {
            valued.push(
                one.change("value_changed", |one| Ok::<_, Error>(by_line(one, line, value)))?,
            );
            continue;
        }
        let reason = line.tier_reason(&run)?;
        moved.push(one.change("tier_changed", |one| {
            let tier = line.tier.clone();
            Ok::<_, Error>(Customer { tier, tier_reason: reason, ..by_line(one, line, value) })
        })?);
    }
    let many = |some: &[_]| u64::try_from(some.len()).unwrap_or(u64::MAX);
    let (changed, valued_too) = (many(&moved), many(&valued));
    let applied = AppliedTiers { lines: page.items.len() as u64, changed, valued: valued_too };
    for some in [moved, valued] {
        Repository::<Customer>::update_all(work, some).await?;
    }
    if page.next.is_none() {
        let now = work.now();
        Repository::<ValueRun>::update(work, run.edit(|run| run.applied_at = Some(now))).await?;
    }
    Ok((applied, page.next))
}

fn by_line(one: Customer, line: &ValueRunLine, value: Option<Money>) -> Customer {
    Customer { value, value_class: line.class, ..one }
}

fn own(line: &ValueRunLine) -> Id<ValueRunLine> {
    ValueRunLine::id_of(line.run_id, line.customer_id)
}

/// What all lines of a customer bring together: its own, and those of whoever was merged into it since.
async fn together(unit: &mut (dyn ReadUnit + '_), line: &ValueRunLine) -> Result<Option<Money>> {
    let those = value_run_line::RUN_ID
        .eq(line.run_id)
        .and(value_run_line::CUSTOMER_ID.eq(line.customer_id));
    let mut sum: Option<Money> = None;
    let mut fits = Ok(());
    every(unit, those.query(), |one: Stored<ValueRunLine>| {
        match (sum, one.value) {
            (Some(before), Some(value)) => match before.plus(value) {
                Ok(both) => sum = Some(both),
                Err(error) => fits = Err(error),
            },
            (before, value) => sum = before.or(value),
        }
        Ok(())
    })
    .await?;
    fits.map_err(|error| Invalid::field::<ValueRunLine>("value", error.to_string()))?;
    Ok(sum)
}

/// Whether this is the line that speaks for its customer: where others were merged into it, its own, else the first.
async fn speaks(unit: &mut (dyn ReadUnit + '_), line: &ValueRunLine) -> Result<bool> {
    let own = own(line);
    if line.id == own {
        return Ok(true);
    }
    if Read::<ValueRunLine>::get(unit, own).await?.is_some_and(|own| own.run_id == line.run_id) {
        return Ok(false);
    }
    let those = value_run_line::RUN_ID
        .eq(line.run_id)
        .and(value_run_line::CUSTOMER_ID.eq(line.customer_id));
    let first = Read::<ValueRunLine>::find(unit, those.query().limit(1)).await?.items.pop();
    Ok(first.is_some_and(|first| first.id == line.id))
}
