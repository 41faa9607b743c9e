//! Why open opportunities rot: for the working day, and for the list of all that are stuck.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use crate::{
    interaction::{self, Interaction},
    kernel::{Criteria, Id, Money, Result, Sum, Sums, Timestamp, Value},
    opportunity::Opportunity,
    pipeline::{self, Pipeline},
    staff_member::StaffMember,
    stage_move::StageMove,
    store::{Insights, Read, ReadUnit},
    task::{self, Task, TaskStatus},
};

use super::{
    Cause,
    day::Day,
    load::{days, ids},
};

/// How an open opportunity stood when a day was over.
#[derive(Clone, Debug, PartialEq)]
pub struct Stood {
    /// The pipeline it went through.
    pub pipeline_id: Id<Pipeline>,
    /// The key of the stage it was in.
    pub stage: String,
    /// Since when.
    pub stage_since: Option<Timestamp>,
    /// When its last move was.
    pub moved_at: Option<Timestamp>,
    /// Who worked on it.
    pub owner_id: Option<Id<StaffMember>>,
    /// What it was worth.
    pub amount: Option<Money>,
    /// The day it was to be decided.
    pub expected_close: Option<NaiveDate>,
}

impl Stood {
    /// As it is.
    pub(crate) fn now(one: &Opportunity) -> Self {
        Self {
            pipeline_id: one.pipeline_id,
            stage: one.stage().to_owned(),
            stage_since: one.stage_since(),
            moved_at: one.moved_at(),
            owner_id: one.owner_id,
            amount: one.amount,
            expected_close: one.expected_close,
        }
    }

    /// As it was before a move; none where that began it.
    pub(crate) fn before(step: &StageMove) -> Option<Self> {
        Some(Self {
            pipeline_id: step.from_pipeline_id?,
            stage: step.from_stage.clone()?,
            stage_since: step.entered_at,
            moved_at: step.since,
            owner_id: step.owner_before,
            amount: step.amount_before,
            expected_close: step.expected_close_before,
        })
    }
}

/// Looks at open opportunities, some at a time.
pub(crate) struct Rot {
    today: Day,
    /// Whether tasks count as they were on that day.
    then: bool,
    pipelines: HashMap<Id<Pipeline>, Pipeline>,
}

impl Rot {
    /// With the tasks that there are.
    pub(crate) fn new(today: Day) -> Self {
        Self { today, then: false, pipelines: HashMap::new() }
    }

    /// With the tasks that there were when the day was over.
    pub(crate) fn as_of(day: Day) -> Self {
        Self { then: true, ..Self::new(day) }
    }

    /// Tasks that are still to be done, or were so on the day.
    fn to_do(&self) -> Criteria<Task> {
        if !self.then {
            return task::open();
        }
        let ends = self.today.ends();
        let since = task::open().not().and(task::SINCE.at_least(ends));
        task::open().or(since).and(task::CREATED_AT.below(ends))
    }

    /// Why each of these rots, in their order; nothing of one that does not. What is known of all of them is asked
    /// for in one go.
    pub(crate) async fn causes(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        some: &[(Opportunity, Stood)],
    ) -> Result<Vec<Vec<Cause>>> {
        self.load_pipelines(unit, some).await?;
        let of_these = task::OPPORTUNITY_ID.one_of(some.iter().map(|(one, _)| one.id));
        let open = of_these.and(self.to_do());
        let dated = with_a_task(unit, open.clone().and(task::DUE.is_present())).await?;
        let undated = with_a_task(unit, open.and(task::DUE.is_empty())).await?;
        let limits: Vec<_> = some.iter().map(|(_, stood)| self.limits(stood)).collect();
        let asked = some.iter().zip(&limits).filter(|(_, limits)| limits.idle.is_some());
        let asked: Vec<_> = asked.map(|((one, _), _)| one.id).collect();
        let active =
            if asked.is_empty() { HashMap::new() } else { self.active(unit, asked).await? };
        let judged = some.iter().zip(limits).map(|((one, stood), limits)| {
            let named = one.next_step.as_deref().is_some_and(|step| !step.trim().is_empty());
            let step = if dated.contains(&one.id) {
                NextStep::Dated
            } else if named || undated.contains(&one.id) {
                NextStep::Undated
            } else {
                NextStep::None
            };
            let active = stood.moved_at.max(active.get(&one.id).copied());
            judge(stood, Known { step, active, limits }, self.today)
        });
        Ok(judged.collect())
    }

    async fn load_pipelines(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        some: &[(Opportunity, Stood)],
    ) -> Result<()> {
        let missing: HashSet<_> = some.iter().map(|(_, stood)| stood.pipeline_id).collect();
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

    fn limits(&self, stood: &Stood) -> Limits {
        let pipeline = self.pipelines.get(&stood.pipeline_id);
        let stage = pipeline.and_then(|pipeline| pipeline.stages.get(&stood.stage));
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

fn judge(one: &Stood, known: Known, today: Day) -> Vec<Cause> {
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
    if let (Some(days), Some(expected)) = (since(one.stage_since), known.limits.expected)
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
