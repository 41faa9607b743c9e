use std::collections::VecDeque;

use rust_decimal::Decimal;

use crate::{
    Error, Result,
    customer::Customer,
    kernel::{Currency, Id, Invalid, Scope, Stored, Timestamp},
    settings::house_rules,
    store::{Append, Read, ReadUnit, Repository, Store, expect},
    value::{Basis, Period},
    value_run::{self, RunDetail, ValueRun},
    value_run_line::ValueRunLine,
};

use super::{
    RunTotals, ValuePolicies,
    classes::{keep_classes, told_classes},
    collect::Collected,
    expectation::{Expectation, Expectations},
    judge::Judge,
    rows::{CustomerRow, Rows, Source},
    stored_lines::{AT_ONCE, StoredLines},
};

/// Among so many that were applied latest is the last one.
const LATEST: u32 = 50;

/// How often a run that others got in the way of is taken again.
const ATTEMPTS: u32 = 5;

/// What is to be expected of a customer, in the currency of the run; none where that is not known.
pub type Expected<'e> = &'e (dyn Fn(Id<Customer>) -> Option<Decimal> + Send + Sync);

/// A run that is to be taken.
#[derive(Clone)]
pub struct RunRequest<'e> {
    /// Its id: sent again with the same, the first one answers.
    pub id: Id<ValueRun>,
    /// What the house calls it.
    pub name: Option<String>,
    /// Of which days, and as of which day.
    pub period: Period,
    /// What counts as a customer's value.
    pub basis: Basis,
    /// In which currency; other amounts are converted by the rates of their days.
    pub currency: Currency,
    /// What is kept of each customer.
    pub detail: RunDetail,
    /// By which policies; without them, those of the house's settings.
    pub policies: Option<ValuePolicies>,
    /// What the host itself expects of each customer, which says who is to be won. Without it, it is what the model of the policies
    /// says ([`super::LifetimePolicy`]).
    pub expected: Option<Expected<'e>>,
}

impl std::fmt::Debug for RunRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunRequest").field("id", &self.id).field("period", &self.period).finish()
    }
}

impl RunRequest<'_> {
    /// A run with lines by the policies of the house, without a name and with nothing expected.
    pub fn new(id: Id<ValueRun>, period: Period, basis: Basis, currency: Currency) -> Self {
        let (name, detail, policies, expected) = (None, RunDetail::default(), None, None);
        Self { id, name, period, basis, currency, detail, policies, expected }
    }
}

/// Takes a run and stores it with all its lines, or with all its classes ([`RunDetail`]): everything or nothing, in one unit of work.
///
/// **With lines.** What customers brought is read twice from
/// one snapshot, so that of each customer 16 bytes are in memory, and what a unit remembers of a line that it added, and all
/// figures are of one moment: what is committed meanwhile is not in it. Where a store has one writer, a run of millions keeps it for as long as it writes them: take it when nobody waits. It
/// reads while it writes, so it needs two connections at once: on a pool of one it waits for itself, until the pool gives up.
///
/// **With classes.** What customers brought is read once, and then written in the order of
/// their ids: of each 32 bytes are in memory (what was won, or takes effort, or is in other currencies needs more). It has totals, classes, the curve and the fifths; no scores, standings nor tiers, and nothing is expected.
///
/// Sent again with the same id, it answers with the first.
///
/// # Errors
/// [`Error::Duplicate`] when the id or the name is taken by another run. [`Error::NoRate`] where a rate is missing.
/// [`Error::Invalid`] for policies that cannot be, a channel without a service rate, and amounts beyond what is counted.
/// [`Error::Refused`] where the purchases do not carry the model that the policies expect values by.
pub async fn take_run(
    store: &dyn Store,
    scope: &Scope,
    request: &RunRequest<'_>,
) -> Result<Stored<ValueRun>> {
    let mut attempt = 1;
    loop {
        match taken(store, scope, request).await {
            Err(error) if error.is_retryable() && attempt < ATTEMPTS => attempt += 1,
            // Somebody else was quicker: the next time it is found.
            Err(Error::Duplicate { field: "id", .. }) if attempt < ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
    }
}

/// What a run with lines would say, without storing it: its lines in the order of the customers to `each`, some at a time, and
/// then the run. [`crate::value::values_by`] and [`crate::value::classes()`] say what one with classes would.
///
/// # Errors
/// As [`take_run`], and whatever `each` answers.
pub async fn preview_run(
    unit: &mut (dyn ReadUnit + '_),
    request: &RunRequest<'_>,
    mut each: impl FnMut(Vec<ValueRunLine>) -> Result<()> + Send,
) -> Result<ValueRun> {
    if request.detail == RunDetail::Classes {
        let reason = "a run with classes has no lines to look at: ask for `values_by`";
        return Err(Invalid::field::<ValueRun>("detail", reason).into());
    }
    let mut run = begun(unit, request, Timestamp::MIN, String::new()).await?;
    let policies = run.policies.clone();
    let source = source(unit, &run, &policies).await?;
    let mut lines = Lines::of(unit, &run, &policies, &source, request.expected).await?;
    while let Some(some) = lines.next(unit).await? {
        run.lines += i64::try_from(some.len()).unwrap_or(i64::MAX);
        each(some)?;
    }
    run.totals = Some(lines.totals()?);
    Ok(run)
}

async fn taken(
    store: &dyn Store,
    scope: &Scope,
    request: &RunRequest<'_>,
) -> Result<Stored<ValueRun>> {
    let mut reader = store.read(scope.clone()).await?;
    let unit = &mut *reader;
    if let Some(stored) = Read::<ValueRun>::get(unit, request.id).await? {
        return same(stored, request);
    }
    let mut run = begun(unit, request, Timestamp::MIN, scope.actor.to_string()).await?;
    if run.detail == RunDetail::Classes {
        let told = told_classes(unit, &mut run).await?;
        drop(reader);
        return keep_classes(store, scope, run, told).await;
    }
    let policies = run.policies.clone();
    let source = source(unit, &run, &policies).await?;
    let mut lines = Lines::of(unit, &run, &policies, &source, request.expected).await?;
    let mut work = store.begin(scope.clone()).await?;
    run.taken_at = work.now();
    let stored = Append::<ValueRun>::insert(&mut *work, run).await?;
    let mut count = 0;
    while let Some(some) = lines.next(unit).await? {
        count += i64::try_from(some.len()).unwrap_or(i64::MAX);
        Append::<ValueRunLine>::insert_all(&mut *work, some).await?;
    }
    let totals = lines.totals()?;
    let complete = stored.edit(|run| (run.totals, run.lines) = (Some(totals), count));
    let stored = Repository::<ValueRun>::update(&mut *work, complete).await?;
    work.commit().await?;
    Ok(stored)
}

/// The run that is there, if it is the one that is asked for.
fn same(stored: Stored<ValueRun>, asked: &RunRequest<'_>) -> Result<Stored<ValueRun>> {
    let policies = asked.policies.as_ref().is_none_or(|policies| *policies == stored.policies);
    let days = (asked.period.from(), asked.period.to(), asked.period.as_of());
    let same = policies
        && (stored.from_day, stored.to_day, stored.as_of) == days
        && (stored.basis, stored.currency) == (asked.basis, asked.currency)
        && stored.detail == asked.detail;
    if same { Ok(stored) } else { Err(Error::Duplicate { entity: "value_run", field: "id" }) }
}

async fn begun(
    unit: &mut (dyn ReadUnit + '_),
    request: &RunRequest<'_>,
    taken_at: Timestamp,
    taken_by: String,
) -> Result<ValueRun> {
    let policies = match &request.policies {
        Some(policies) => policies.clone(),
        None => house_rules(unit).await?.value_policies,
    };
    policies.check()?;
    if request.detail == RunDetail::Classes && request.expected.is_some() {
        let reason = "a run with classes keeps nothing that is expected: take one with lines";
        return Err(Invalid::field::<ValueRun>("detail", reason).into());
    }
    let follows = match &policies.tiers {
        Some(_) if request.detail == RunDetail::Lines => {
            last_applied(unit).await?.map(|run| run.id)
        }
        _ => None,
    };
    Ok(ValueRun {
        id: request.id,
        name: request.name.clone(),
        from_day: request.period.from(),
        to_day: request.period.to(),
        as_of: request.period.as_of(),
        basis: request.basis,
        currency: request.currency,
        policies,
        totals: None,
        detail: request.detail,
        lines: 0,
        follows,
        taken_at,
        taken_by,
        applies_after: None,
        applied_at: None,
    })
}

/// The run whose tiers the customers have: the one that no other goes on from.
pub(super) async fn last_applied(
    unit: &mut (dyn ReadUnit + '_),
) -> Result<Option<Stored<ValueRun>>> {
    let applied = value_run::APPLIED_AT.is_present().query();
    let query = applied.descending(&value_run::APPLIED_AT).limit(LATEST);
    let mut latest = Read::<ValueRun>::find(unit, query).await?.items;
    // What was applied at one instant has no order of time.
    let followed: Vec<_> = latest.iter().filter_map(|run| run.follows).collect();
    latest.retain(|run| !followed.contains(&run.id));
    Ok(latest.into_iter().next())
}

/// The lines of a run, some at a time, in the order of their customers: of those who are there in the period, and of those who had a tier.
struct Lines<'r> {
    run: Id<ValueRun>,
    rows: Rows<'r>,
    /// Rows that wait for their turn, and whether they are the last.
    ahead: VecDeque<CustomerRow>,
    done: bool,
    /// What the run that this one goes on from says of tiers.
    had: Option<StoredLines>,
    /// Whether that run judged the same period, or a later one: then no period has passed since it, and this one decides from what was before.
    again: bool,
    judge: Judge<'r>,
    expected: Option<Expected<'r>>,
    /// What the model of the policies expects, where the host expects nothing itself.
    lifetime: Option<Expectations<'r>>,
}

async fn source<'r>(
    unit: &mut (dyn ReadUnit + '_),
    run: &ValueRun,
    policies: &'r ValuePolicies,
) -> Result<Source<'r>> {
    let by_category = !policies.rfm.categories.is_empty();
    let (service, period) = (policies.service.as_ref(), run.period()?);
    Source::of(unit, run.basis, period, run.currency, service, by_category).await
}

impl<'r> Lines<'r> {
    /// Goes through all customers once, so that each can be judged.
    async fn of(
        unit: &mut (dyn ReadUnit + '_),
        run: &ValueRun,
        policies: &'r ValuePolicies,
        source: &'r Source<'r>,
        expected: Option<Expected<'r>>,
    ) -> Result<Self> {
        let lifetime = match &policies.lifetime {
            Some(policy) if expected.is_none() => Some(Expectations::of(unit, policy, run).await?),
            _ => None,
        };
        let again = match run.follows {
            Some(last) => expect(unit, last).await?.to_day >= run.to_day,
            None => false,
        };
        let mut collected = Collected::new(policies, run.basis, run.currency, run.as_of);
        let mut rows = source.rows(unit).await?;
        while let Some(page) = rows.next(unit).await? {
            page.iter().try_for_each(|row| collected.add(row))?;
        }
        Ok(Self {
            run: run.id,
            rows: source.rows(unit).await?,
            ahead: VecDeque::new(),
            done: false,
            had: run.follows.map(StoredLines::of),
            again,
            judge: collected.judge()?,
            expected,
            lifetime,
        })
    }

    /// Some more of them; none at the end.
    async fn next(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<Option<Vec<ValueRunLine>>> {
        let mut lines = Vec::new();
        while lines.len() < AT_ONCE as usize {
            let there = self.there(unit).await?;
            let had = match &mut self.had {
                Some(had) => had.customer(unit).await?,
                None => None,
            };
            let Some(customer) = there.into_iter().chain(had).min() else { break };
            let [before, after] = match &mut self.had {
                Some(had) => had.tier_of(unit, customer).await?,
                None => [None, None],
            };
            let before = if self.again { before } else { after.clone() };
            if there == Some(customer)
                && let Some(row) = self.ahead.pop_front()
            {
                let expected = match (self.expected, &mut self.lifetime) {
                    (Some(expected), _) => {
                        Some(Expectation { value: expected(customer), history: None })
                    }
                    (None, Some(lifetime)) => lifetime.customer(unit, customer).await?,
                    (None, None) => None,
                };
                lines.push(self.judge.line(self.run, row, before, expected)?);
            } else if let Some(before) = before.or(after) {
                lines.push(self.judge.absent(self.run, customer, before)?);
            }
        }
        Ok((!lines.is_empty()).then_some(lines))
    }

    /// Who is the next that is there in the period.
    async fn there(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<Option<Id<Customer>>> {
        while self.ahead.is_empty() && !self.done {
            match self.rows.next(unit).await? {
                Some(page) => self.ahead.extend(page),
                None => self.done = true,
            }
        }
        Ok(self.ahead.front().map(|row| row.customer))
    }

    fn totals(self) -> Result<RunTotals> {
        let mut totals = self.judge.totals()?;
        totals.add_unknown(self.rows.uncounted(), self.rows.service_rate());
        if let Some(lifetime) = self.lifetime {
            totals.notes.push(lifetime.note);
            totals.lifetime = Some(lifetime.fitted);
        }
        Ok(totals)
    }
}
