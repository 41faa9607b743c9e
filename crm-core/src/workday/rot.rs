//! Why open opportunities rot: for the working day, and for the list of all that are stuck.

use std::collections::{HashMap, HashSet};

use crate::{
    interaction::{self, Interaction},
    kernel::{Criteria, Id, Result, Sum, Sums, Timestamp, Value},
    opportunity::{self, Opportunity},
    pipeline::{self, Pipeline},
    store::{Insights, Read, ReadUnit},
    task::{self, Task, TaskStatus},
};

use super::{
    Cause,
    day::Day,
    load::{days, ids},
};

/// Looks at open opportunities, some at a time.
pub(crate) struct Rot {
    today: Day,
    pipelines: HashMap<Id<Pipeline>, Pipeline>,
}

impl Rot {
    pub(crate) fn new(today: Day) -> Self {
        Self { today, pipelines: HashMap::new() }
    }

    /// Why each of these rots, in their order; nothing of one that does not. What is known of all of them is asked
    /// for in one go.
    pub(crate) async fn causes(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        some: &[Opportunity],
    ) -> Result<Vec<Vec<Cause>>> {
        self.load_pipelines(unit, some).await?;
        let of_these = task::OPPORTUNITY_ID.one_of(some.iter().map(|one| one.id));
        let open = of_these.and(task::open());
        let dated = with_a_task(unit, open.clone().and(task::DUE.is_present())).await?;
        let undated = with_a_task(unit, open.and(task::DUE.is_empty())).await?;
        let limits: Vec<_> = some.iter().map(|one| self.limits(one)).collect();
        let asked = some.iter().zip(&limits).filter(|(_, limits)| limits.idle.is_some());
        let asked: Vec<_> = asked.map(|(one, _)| one.id).collect();
        let active =
            if asked.is_empty() { HashMap::new() } else { self.active(unit, asked).await? };
        let judged = some.iter().zip(limits).map(|(one, limits)| {
            let named = one.next_step.as_deref().is_some_and(|step| !step.trim().is_empty());
            let step = if dated.contains(&one.id) {
                NextStep::Dated
            } else if named || undated.contains(&one.id) {
                NextStep::Undated
            } else {
                NextStep::None
            };
            let active = one.moved_at().max(active.get(&one.id).copied());
            judge(one, Known { step, active, limits }, self.today)
        });
        Ok(judged.collect())
    }

    async fn load_pipelines(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        some: &[Opportunity],
    ) -> Result<()> {
        let missing: HashSet<_> = some.iter().map(|one| one.pipeline_id).collect();
        let missing: Vec<_> =
            missing.into_iter().filter(|id| !self.pipelines.contains_key(id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let query = pipeline::ID.one_of(missing).query().limit(500);
        let found = Read::<Pipeline>::find(unit, query).await?.items;
        self.pipelines.extend(found.into_iter().map(|one| (one.id, one.into_inner())));
        Ok(())
    }

    fn limits(&self, one: &Opportunity) -> Limits {
        let pipeline = self.pipelines.get(&one.pipeline_id);
        let stage = pipeline.and_then(|pipeline| pipeline.stages.get(one.stage()));
        let of_pipeline = pipeline.and_then(|pipeline| pipeline.rules.idle_days);
        Limits {
            expected: stage.and_then(|stage| stage.expected_days),
            idle: stage.and_then(|stage| stage.idle_days).or(of_pipeline),
        }
    }

    /// When something happened with these last: an interaction that is not yet to come, or a task that was done.
    async fn active(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        these: Vec<Id<Opportunity>>,
    ) -> Result<HashMap<Id<Opportunity>, Timestamp>> {
        let ends = self.today.ends();
        let happened = interaction::OPPORTUNITY_ID.one_of(these.iter().copied());
        let happened = happened.and(interaction::HAPPENED_AT.below(ends));
        let happened = Sums::count()
            .by(&interaction::OPPORTUNITY_ID)
            .by(&interaction::HAPPENED_AT)
            .matching(happened);
        let done = task::OPPORTUNITY_ID.one_of(these);
        let done = done.and(task::STATUS.eq(TaskStatus::Done)).and(task::SINCE.below(ends));
        let done = Sums::count().by(&task::OPPORTUNITY_ID).by(&task::SINCE).matching(done);
        let mut last = HashMap::new();
        for sum in Insights::<Interaction>::sums(unit, happened)
            .await?
            .into_iter()
            .chain(Insights::<Task>::sums(unit, done).await?)
        {
            if let Some((id, at)) = at(&sum) {
                let last = last.entry(id).or_insert(at);
                *last = at.max(*last);
            }
        }
        Ok(last)
    }
}

/// What a stage and its pipeline say, in days.
#[derive(Clone, Copy, Debug, Default)]
struct Limits {
    expected: Option<u32>,
    idle: Option<u32>,
}

enum NextStep {
    Dated,
    Undated,
    None,
}

struct Known {
    step: NextStep,
    active: Option<Timestamp>,
    limits: Limits,
}

fn judge(one: &Opportunity, known: Known, today: Day) -> Vec<Cause> {
    let mut causes = Vec::new();
    let decided_in = one.expected_close.map(|day| today.since(day).saturating_neg());
    match known.step {
        NextStep::Dated => causes.extend(
            decided_in
                .filter(|left| *left < 0)
                .map(|ago| Cause::Overdue { days: days(ago.saturating_neg()) }),
        ),
        NextStep::Undated => causes.push(Cause::NoDatedStep { decided_in }),
        NextStep::None => causes.push(Cause::NoNextStep { decided_in }),
    }
    let since = |at: Option<Timestamp>| at.map(|at| today.since_instant(at));
    if let (Some(days), Some(expected)) = (since(one.stage_since()), known.limits.expected)
        && days > expected
    {
        causes.push(Cause::Overstayed { days, expected });
    }
    if let (Some(days), Some(limit)) = (since(known.active), known.limits.idle)
        && days >= limit
    {
        causes.push(Cause::Idle { days, limit });
    }
    causes
}

/// The opportunities of such tasks.
async fn with_a_task(
    unit: &mut (dyn ReadUnit + '_),
    tasks: Criteria<Task>,
) -> Result<HashSet<Id<Opportunity>>> {
    let counted = Sums::count().by(&task::OPPORTUNITY_ID).matching(tasks);
    Ok(ids(Insights::<Task>::sums(unit, counted).await?))
}

fn at(sum: &Sum) -> Option<(Id<Opportunity>, Timestamp)> {
    match sum.key.as_slice() {
        [Value::Uuid(id), Value::Timestamp(at)] => Some((Id::new(*id), *at)),
        _ => None,
    }
}

/// Open opportunities.
pub(crate) fn open() -> Criteria<Opportunity> {
    opportunity::STATUS.eq(opportunity::OpportunityStatus::Open)
}
