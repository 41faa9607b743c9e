//! Whatever happens to an opportunity, in whatever order: it is in one stage, and its history is whole.

use std::collections::BTreeMap;

use proptest::{
    bool::weighted,
    collection::vec,
    prelude::any,
    sample::select,
    strategy::{BoxedStrategy, Strategy},
};

use crate::{
    Result,
    kernel::{ErrorKind, Id, Stored},
    opportunity::{
        Allowance, Line, Lines, Need, Opportunity, OpportunityEvent, OpportunityStatus,
        PipelineRules, ProbabilitySource, Reasons, Stage, StageKind, Stages,
    },
    pipeline::Pipeline,
    stage_move::StageMove,
    store::{UnitOfWork, expect},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    gates::moves,
    law::Law,
    random::Draws,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![whatever_happens_the_history_is_whole]
}

const STAGES: [&str; 6] = ["first", "second", "third", "won", "lost", "nowhere"];

/// What may happen; a number means one of a few.
#[derive(Clone, Copy, Debug)]
enum Act {
    Advance(usize),
    Win,
    Lose,
    Reopen(usize),
    Transfer(usize),
    Reassign(usize),
    Amount(i64),
    Line,
    Close(usize),
    Probability(i64),
    Model,
    Approve(bool),
}

/// A house, and what happens there, each with or without a reason.
#[derive(Clone, Debug)]
struct Story {
    rules: [Allowance; 3],
    reasons: bool,
    gates: Vec<usize>,
    acts: Vec<(Act, bool)>,
}

fn story() -> BoxedStrategy<Story> {
    let act = (0..13_u8, 0..6_usize, 0..=100_i64).prop_map(|(kind, at, number)| match kind {
        0..=2 => Act::Advance(at),
        3 => Act::Win,
        4 => Act::Lose,
        5 => Act::Reopen(at),
        6 => Act::Transfer(at),
        7 => Act::Reassign(at),
        8 => Act::Amount(number),
        9 => Act::Line,
        10 => Act::Close(at),
        11 if at == 0 => Act::Model,
        11 => Act::Probability(number),
        _ => Act::Approve(at > 1),
    });
    let rule = || select(Allowance::ALL);
    let rules = [rule(), rule(), rule()];
    (rules, any::<bool>(), vec(0..3_usize, 0..3), vec((act, weighted(0.6)), 1..16))
        .prop_map(|(rules, reasons, gates, acts)| Story { rules, reasons, gates, acts })
        .boxed()
}

async fn whatever_happens_the_history_is_whole(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut draws = Draws::new(25, story);
    let mut taken = BTreeMap::new();
    while let Some(story) = draws.next() {
        let held = lived(case, &setting, &story, &mut taken).await;
        draws.judge(&story, held);
    }
    draws.verdict()?;
    // It is not that everything was refused.
    for kind in
        ["advanced", "back", "won", "lost", "reopened", "transferred", "reassigned", "revised"]
    {
        claim(taken.contains_key(kind), format!("nothing was {kind}: {taken:?}"))?;
    }
    Ok(())
}

async fn lived(
    case: &Case,
    setting: &Setting,
    story: &Story,
    taken: &mut BTreeMap<&'static str, usize>,
) -> Held {
    let mut work = case.begin().await?;
    let pipelines = [pipeline(case, story), pipeline(case, story)];
    for pipeline in &pipelines {
        work.insert(pipeline.clone()).await?;
    }
    let mut deal = Opportunity::open(case.id(), "a deal", &pipelines[0])?;
    deal.customer_id = Some(setting.customers[0]);
    let id = work.opportunities().open(deal).await?.id;
    work.commit().await?;
    for (act, with_reason) in &story.acts {
        let mut work = case.begin().await?;
        let before = (expect(&mut *work, id).await?, moves(&mut *work, id).await?);
        let reason = with_reason.then(|| "price".to_owned());
        let answer = done(case, setting, &pipelines, &mut *work, id, *act, reason).await?;
        let after = (expect(&mut *work, id).await?, moves(&mut *work, id).await?);
        let what = format!("{act:?}");
        match answer {
            Ok(()) => {
                for step in after.1.iter().skip(before.1.len()) {
                    *taken.entry(step.kind.as_str()).or_default() += 1;
                }
                let edits = !matches!(act, Act::Advance(_) | Act::Win | Act::Lose | Act::Reopen(_));
                let stood = after.0.state() == before.0.state();
                claim(!edits || stood, format!("{what} decided it"))?;
                let kept = after.1.get(..before.1.len()) == Some(before.1.as_slice());
                claim(kept, format!("{what} changed a move that was kept"))?;
            }
            Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::Invalid) => {
                same(&format!("after {what} was refused"), &after, &before)?;
            }
            Err(error) => return Err(error.into()),
        }
        whole(&after.0, &after.1, &pipelines)?;
        work.commit().await?;
    }
    Ok(())
}

fn pipeline(case: &Case, story: &Story) -> Pipeline {
    let mut stages = vec![
        Stage::new("first", "First", StageKind::Open, 10),
        Stage::new("second", "Second", StageKind::Open, 40),
        Stage::new("third", "Third", StageKind::Open, 80),
        Stage::new("won", "Won", StageKind::Won, 100),
        Stage::new("lost", "Lost", StageKind::Lost, 0),
    ];
    for (number, at) in story.gates.iter().enumerate() {
        let need = match number {
            0 => Need::Fields(vec!["amount".into()]),
            1 => Need::Approval(Vec::new()),
            _ => Need::Lines(1),
        };
        if let Some(stage) = stages.get_mut(at + 1) {
            *stage = stage.clone().gate(format!("Gate {number}"), need);
        }
    }
    let [skip, back, reopen] = story.rules;
    let loss_reasons =
        if story.reasons { Reasons::one_of(["price", "time"]) } else { Reasons::default() };
    let rules = PipelineRules { skip, back, reopen, loss_reasons, ..PipelineRules::default() };
    let id = case.id();
    Pipeline { rules, ..Pipeline::new(id, format!("Pipeline {id}"), Stages(stages)) }
}

async fn done(
    case: &Case,
    setting: &Setting,
    pipelines: &[Pipeline; 2],
    work: &mut (dyn UnitOfWork + '_),
    id: Id<Opportunity>,
    act: Act,
    reason: Option<String>,
) -> Held<Result<()>> {
    let on = day("2017-12-31")?;
    let stage = |at: usize| STAGES[at].to_owned();
    let mut verbs = work.opportunities();
    let answer = match act {
        Act::Advance(at) => verbs.advance(id, &stage(at), reason).await,
        Act::Win => verbs.win(id, on, reason).await,
        Act::Lose => verbs.lose(id, on, reason, None).await,
        Act::Reopen(at) => verbs.take(id, OpportunityEvent::Reopen { to: stage(at), reason }).await,
        Act::Transfer(at) => {
            // To the other one, each stage to itself but for one.
            let mut mapping: BTreeMap<_, _> =
                STAGES[..5].iter().map(|key| ((*key).to_owned(), (*key).to_owned())).collect();
            mapping.insert("first".into(), stage(at));
            verbs.transfer(id, pipelines[at % 2].id, &mapping, reason).await
        }
        Act::Reassign(at) => {
            verbs.reassign(id, setting.staff.get(at).copied(), reason.into()).await
        }
        Act::Amount(number) => {
            let amount = format!("{number} EUR").parse()?;
            verbs.revise(id, reason, |o| o.amount = Some(amount)).await
        }
        Act::Line => {
            let line = Line::new("a book", 3.into(), "7 EUR".parse()?);
            verbs.revise(id, reason, |o| o.lines = Lines(vec![line])).await
        }
        Act::Close(at) => {
            let close = on - chrono::Days::new(at as u64);
            verbs.revise(id, reason, |o| o.expected_close = Some(close)).await
        }
        Act::Probability(percent) => {
            verbs.revise(id, reason, |o| o.probability = Some(percent.into())).await
        }
        Act::Model => {
            verbs.revise(id, reason, |o| o.probability_source = ProbabilitySource::Model).await
        }
        Act::Approve(granted) => {
            let by = setting.staff[1];
            return Ok(verbs.decide(case.id(), id, "Gate 1", by, granted, None).await.map(drop));
        }
    };
    Ok(answer.map(drop))
}

/// An opportunity is in one stage of its pipeline, which is of the kind of its status; what is decided has a
/// day; its moves lead to where it is.
fn whole(opportunity: &Stored<Opportunity>, moves: &[StageMove], pipelines: &[Pipeline]) -> Held {
    let pipeline = pipelines.iter().find(|one| one.id == opportunity.pipeline_id);
    let stage = pipeline.and_then(|one| one.stages.get(opportunity.stage()));
    let Some(stage) = stage else { return Err(Failure::new("it is in no stage")) };
    let state = opportunity.state();
    same("its status", state.status().as_str(), stage.kind.as_str())?;
    let open = state.status() == OpportunityStatus::Open;
    same("whether it has a day of its end", state.closed_on().is_none(), open)?;
    same("whether it has a stage it was decided from", opportunity.decided_from().is_none(), open)?;
    same("how many moves it counts", opportunity.moves(), i64::try_from(moves.len())?)?;
    lead_to(moves, opportunity)
}

/// Moves begin with none before, each where the one before ended, and lead to where the opportunity is.
pub(super) fn lead_to(moves: &[StageMove], opportunity: &Opportunity) -> Held {
    let numbers: Vec<_> = moves.iter().map(|step| step.number).collect();
    same("their numbers", numbers, (1..).take(moves.len()).collect::<Vec<_>>())?;
    let Some(first) = moves.first() else { return Err(Failure::new("there are no moves")) };
    let nothing = (first.from_stage.as_ref(), first.from_status, first.from_pipeline_id);
    same("where the first came from", nothing, (None, None, None))?;
    for (i, pair) in moves.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let came = (
            (after.from_stage.as_deref(), after.from_status, after.from_pipeline_id),
            (after.amount_before, after.probability_before, after.probability_source_before),
            (after.expected_close_before, after.owner_before, after.category_before),
        );
        let was = (
            (Some(before.to_stage.as_str()), Some(before.to_status), Some(before.pipeline_id)),
            (before.amount_after, before.probability_after, before.probability_source_after),
            (before.expected_close_after, before.owner_after, before.category_after),
        );
        same(&format!("where move {} came from", i + 2), came, was)?;
    }
    let Some(last) = moves.last() else { return Err(Failure::new("there are no moves")) };
    let leads = (last.pipeline_id, last.to_stage.as_str(), last.to_status, last.amount_after);
    let o = opportunity;
    same("where they lead", leads, (o.pipeline_id, o.stage(), o.state().status(), o.amount))?;
    same("the owner", last.owner_after, o.owner_id)?;
    same("the expected close", last.expected_close_after, o.expected_close)?;
    same("the category", last.category_after, o.counts_as())?;
    let source = (last.probability_after, last.probability_source_after);
    same("the probability", source, (o.probability, Some(o.probability_source)))
}
