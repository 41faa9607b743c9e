//! The funnel over time: every figure is what a replay of the moves says, and leads to its opportunities, in whatever
//! order the stages stand by now.

use std::collections::BTreeMap;

use chrono::{FixedOffset, NaiveDate};
use proptest::{
    prelude::any,
    strategy::{BoxedStrategy, Strategy},
};
use rust_decimal::Decimal;

use crate::{
    kernel::{Currency, Id, Money, Timestamp},
    opportunity::{self, Opportunity, OpportunityStatus, Stage, StageKind},
    pipeline_report::{CellItem, FunnelQuestion, FunnelReport, Measure, Period, funnel_report},
    store::ReadUnit,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    histories::{BEGIN, Deal, House, Turn, histories},
    law::Law,
    random::Draws,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_funnel_is_what_a_replay_of_the_moves_says,
        a_cell_lists_exactly_its_opportunities,
        a_move_knows_since_when_things_were_as_they_were
    ]
}

/// Histories, from which day on and for how many is asked, as of how many days later, and by whose clock.
type Drawn = (Vec<Vec<Turn>>, (u8, u8), u8, bool);

fn drawn() -> BoxedStrategy<Drawn> {
    (histories(), (any::<u8>(), 1..90_u8), 0..120_u8, any::<bool>()).boxed()
}

async fn a_funnel_is_what_a_replay_of_the_moves_says(case: &Case) -> Held {
    let mut draws = Draws::new(12, drawn);
    while let Some(drawn) = draws.next() {
        let mut work = case.begin().await?;
        let asked = Asked::of(case, &mut *work, &drawn).await?;
        work.commit().await?;
        let mut unit = case.read().await?;
        let mut held = Ok(());
        for question in &asked.questions {
            held = held.and(asked.replays(&funnel_report(&mut *unit, question).await?, question));
        }
        draws.judge(&drawn, held);
    }
    draws.verdict()
}

async fn a_cell_lists_exactly_its_opportunities(case: &Case) -> Held {
    let mut draws = Draws::new(4, drawn);
    while let Some(drawn) = draws.next() {
        let mut work = case.begin().await?;
        let asked = Asked::of(case, &mut *work, &drawn).await?;
        work.commit().await?;
        let mut unit = case.read().await?;
        let mut held = Ok(());
        for question in &asked.questions {
            held = held.and(asked.lists(&mut *unit, question).await);
        }
        draws.judge(&drawn, held);
    }
    draws.verdict()
}

async fn a_move_knows_since_when_things_were_as_they_were(case: &Case) -> Held {
    let mut draws = Draws::new(12, drawn);
    while let Some(drawn) = draws.next() {
        let mut work = case.begin().await?;
        let house = House::furnish(case, &mut *work).await?;
        let deals = house.deals(case, &mut *work, &drawn.0).await?;
        work.commit().await?;
        draws.judge(&drawn, deals.iter().try_for_each(knows));
    }
    draws.verdict()
}

fn knows(deal: &Deal) -> Held {
    let mut latest: Option<Timestamp> = None;
    let mut came: Option<Timestamp> = None;
    for step in &deal.moves {
        let what = |what: &str| format!("{what} of move {} of {:?}", step.number, deal.moves);
        let leaves = came.filter(|_| Deal::enters(step));
        let stayed = leaves.map(|came| (step.moved_at.micros() - came.micros()).max(0));
        let stayed = stayed.map(|micros| micros / 86_400_000_000);
        let days = |from: NaiveDate, to: NaiveDate| (to - from).num_days();
        let open = step.from_status == Some(OpportunityStatus::Open);
        let slipped = step.expected_close_before.zip(step.expected_close_after);
        let slipped = slipped.map(|(from, to)| days(from, to)).filter(|days| open && *days != 0);
        same(&what("since"), step.since, latest)?;
        same(&what("entered"), step.entered_at, came)?;
        same(&what("stayed"), step.stayed_days, stayed)?;
        same(&what("slipped"), step.slipped_days, slipped)?;
        latest = latest.max(Some(step.moved_at));
        if Deal::enters(step) {
            came = Some(step.moved_at);
        }
    }
    same("since when it is as it is", deal.now.moved_at(), latest)?;
    same("since when it is in its stage", deal.now.stage_since(), came)
}

/// Histories, and what is asked about them.
struct Asked {
    house: House,
    deals: Vec<Deal>,
    questions: Vec<FunnelQuestion>,
}

impl Asked {
    async fn of(
        case: &Case,
        work: &mut (dyn crate::store::UnitOfWork + '_),
        (turns, (from, days), later, east): &Drawn,
    ) -> Held<Self> {
        let house = House::furnish(case, work).await?;
        let deals = house.deals(case, work, turns).await?;
        if days.is_multiple_of(2) {
            // Moves were made by the order that the house still has in mind.
            house.turned_over(work).await?;
        }
        let offset = FixedOffset::east_opt(if *east { 8 * 3_600 } else { 0 });
        let offset = offset.ok_or_else(|| Failure::new("no such offset"))?;
        let from = BEGIN.parse::<Timestamp>()?.date() + chrono::Days::new(u64::from(*from) / 3);
        let to = from + chrono::Days::new(u64::from(*days));
        let period = Period::new(from, to, offset)?;
        let pipeline = house.pipelines[0].id;
        let long = Period::new(day("2016-12-01")?, day("2999-01-01")?, offset)?;
        let as_of = from + chrono::Days::new(u64::from(*later));
        let owner = opportunity::OWNER_ID.eq(house.staff[0]);
        let questions = vec![
            FunnelQuestion::new(pipeline, period).as_of(as_of),
            FunnelQuestion::new(pipeline, period).filter(owner),
            FunnelQuestion::new(house.pipelines[1].id, long),
        ];
        Ok(Self { house, deals, questions })
    }

    fn replays(&self, report: &FunnelReport, question: &FunnelQuestion) -> Held {
        for stage in &report.stages {
            for measure in Measure::ALL {
                let what = format!("{measure} of {} as of {}", stage.key, question.as_of);
                let members = self.members(question, &stage.key, *measure);
                let found = stage.total(*measure);
                same(
                    &what,
                    (found.count, &found.amounts),
                    (members.len() as u64, &worth(&members)),
                )?;
            }
            let mut stayed = self.stayed(question, &stage.key);
            stayed.sort_unstable();
            let rank =
                |percent: usize| stayed.get((stayed.len() * percent).div_ceil(100).max(1) - 1);
            let found = stage.stayed.as_ref();
            same("stays", found.map_or(0, |found| found.count), stayed.len() as u64)?;
            same("the median", found.map(|found| found.median).as_ref(), rank(50))?;
            same("nine of ten", found.map(|found| found.percentile_90).as_ref(), rank(90))?;
            let entered = stage.total(Measure::Entered).count;
            let part = stage.total(Measure::BecameWon).count;
            let expected = Decimal::from(part).checked_div(entered.into()).map(|d| d.round_dp(6));
            claim(close(stage.to_won, expected), format!("won: {:?}, {expected:?}", stage.to_won))?;
            let part = stage.total(Measure::Next).count;
            let expected = Decimal::from(part).checked_div(entered.into()).map(|d| d.round_dp(6));
            let expected = expected.filter(|_| stage.kind == StageKind::Open);
            let found = stage.to_next;
            claim(close(found, expected), format!("came next: {found:?}, {expected:?}"))?;
        }
        Ok(())
    }

    async fn lists(&self, unit: &mut (dyn ReadUnit + '_), question: &FunnelQuestion) -> Held {
        let stages = &self.house.pipelines[0].stages.0;
        for Stage { key, .. } in stages {
            for measure in Measure::ALL {
                let mut members = self.members(question, key, *measure);
                members.sort_by_key(|(id, _)| *id);
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let page = question.cell_page(unit, key, *measure, 3, after).await?;
                    found.extend(page.items.iter().map(|item: &CellItem| (item.id(), item.amount)));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                found.sort_by_key(|(id, _)| *id);
                same(&format!("{measure} of {key}"), found, members)?;
            }
        }
        Ok(())
    }

    /// By the definition of each measure.
    fn members(
        &self,
        question: &FunnelQuestion,
        stage: &str,
        measure: Measure,
    ) -> Vec<(Id<Opportunity>, Option<Money>)> {
        let counts = |deal: &&Deal| question.filter.matches(&deal.now);
        let deals = self.deals.iter().filter(counts);
        let found = deals.filter_map(|deal| {
            let amount = self.counts(deal, question, stage, measure)?;
            Some((deal.now.id, amount))
        });
        found.collect()
    }

    fn counts(
        &self,
        deal: &Deal,
        question: &FunnelQuestion,
        stage: &str,
        measure: Measure,
    ) -> Option<Option<Money>> {
        let pipeline = self.house.pipelines.iter().find(|one| one.id == question.pipeline)?;
        let offset = question.period.utc_offset();
        let begins = starts(question.period.from(), offset)?;
        let ends = starts(question.period.to(), offset)?;
        let seen = starts(question.as_of.succ_opt()?, offset)?;
        let within = |at: Timestamp| begins <= at && at < ends;
        let entered = deal.moves.iter().any(|step| {
            let here = step.pipeline_id == pipeline.id && step.to_stage == stage;
            here && Deal::enters(step) && within(step.moved_at) && step.moved_at < seen
        });
        let place = |key: &str| pipeline.stages.position(key);
        let left = |to: &dyn Fn(&crate::stage_move::StageMove) -> bool| {
            deal.stays().iter().any(|(came, step)| {
                let here = step.from_pipeline_id == Some(pipeline.id)
                    && step.from_stage.as_deref() == Some(stage);
                here && within(*came) && begins <= step.moved_at && step.moved_at < seen && to(step)
            })
        };
        let stays = |step: &crate::stage_move::StageMove| step.pipeline_id == pipeline.id;
        let open = |step: &crate::stage_move::StageMove| {
            stays(step) && step.to_status == OpportunityStatus::Open
        };
        let decides = pipeline.stage(stage).is_ok_and(|one| one.kind != StageKind::Open);
        let forward = |step: &crate::stage_move::StageMove| {
            open(step) && !decides && place(&step.to_stage) > place(stage)
        };
        let to = |step: &crate::stage_move::StageMove, status: OpportunityStatus| {
            stays(step) && step.to_status == status
        };
        let won = OpportunityStatus::Won;
        let now = deal.now.amount;
        let holds = match measure {
            Measure::InStage => {
                let last = deal.last_before(seen)?;
                let here = last.pipeline_id == pipeline.id && last.to_stage == stage;
                return here.then_some(last.amount_after);
            }
            Measure::Entered => entered,
            Measure::BecameWon => {
                let by_then = deal.now.state().closed_on().is_some_and(|on| on <= question.as_of);
                let moved_since = deal.now.moved_at().is_some_and(|at| at >= seen);
                let stood = deal.last_before(seen).map(|step| step.to_status);
                let is_won = deal.now.state().status() == won;
                entered && if by_then { is_won } else { moved_since && stood == Some(won) }
            }
            Measure::Forward => left(&forward),
            Measure::Back => {
                left(&|step| open(step) && (decides || place(&step.to_stage) < place(stage)))
            }
            Measure::Won => left(&|step| to(step, won)),
            Measure::Lost => left(&|step| to(step, OpportunityStatus::Lost)),
            Measure::Transferred => left(&|step| !stays(step)),
            // What is won stands behind the last open stage.
            Measure::Next => left(&|step| {
                stays(step) && !decides && place(&step.to_stage) == place(stage).map(|at| at + 1)
            }),
            Measure::Onward => left(&|step| forward(step) || to(step, won)),
        };
        holds.then_some(now)
    }

    fn stayed(&self, question: &FunnelQuestion, stage: &str) -> Vec<i64> {
        let offset = question.period.utc_offset();
        let instant = |day: Option<NaiveDate>| day.and_then(|day| starts(day, offset));
        let (begins, ends) =
            (instant(Some(question.period.from())), instant(Some(question.period.to())));
        let seen = instant(question.as_of.succ_opt());
        let deals = self.deals.iter().filter(|deal| question.filter.matches(&deal.now));
        let stays = deals.flat_map(Deal::stays).filter(|(came, step)| {
            step.from_pipeline_id == Some(question.pipeline)
                && step.from_stage.as_deref() == Some(stage)
                && begins <= Some(*came)
                && Some(*came) < ends
                && begins <= Some(step.moved_at)
                && Some(step.moved_at) < seen
        });
        let days = |(came, step): (Timestamp, &crate::stage_move::StageMove)| {
            (step.moved_at.micros() - came.micros()).max(0) / 86_400_000_000
        };
        stays.map(days).collect()
    }
}

/// The same share, rounded in one way or another.
fn close(found: Option<Decimal>, expected: Option<Decimal>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= Decimal::new(1, 6),
        (found, expected) => found == expected,
    }
}

fn starts(day: NaiveDate, offset: FixedOffset) -> Option<Timestamp> {
    let utc = Timestamp::start_of(day).ok()?.micros();
    Timestamp::from_micros(utc - i64::from(offset.local_minus_utc()) * 1_000_000).ok()
}

fn worth(members: &[(Id<Opportunity>, Option<Money>)]) -> BTreeMap<Currency, Decimal> {
    let mut amounts: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for money in members.iter().filter_map(|(_, amount)| *amount) {
        *amounts.entry(money.currency()).or_default() += money.amount();
    }
    amounts.into_iter().map(|(code, amount)| (code, amount.normalize())).collect()
}
