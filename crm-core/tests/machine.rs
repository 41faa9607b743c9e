//! The state machine of opportunities under random pipelines and random events: what must be true whatever happens.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;

use chrono::NaiveDate;
use crm_core::{
    Error,
    customer::Customer,
    kernel::{Actor, Entity, Id, Moment, Timestamp, check},
    opportunity::{
        Allowance, Evidence, Line, Lines, Need, Opportunity, OpportunityEvent, OpportunityStatus,
        PipelineRules, ProbabilitySource, Reasons, Stage, StageKind, Stages,
    },
    pipeline::Pipeline,
    settings::Settings,
    staff_member::StaffMember,
    stage_move::StageMove,
};
use proptest::{collection::vec, prelude::*, sample::select};
use uuid::Uuid;

/// An event, or something else that may happen.
#[derive(Clone, Debug)]
enum Act {
    Step(OpportunityEvent),
    Transfer(String, Option<String>),
    Reassign(Option<u128>),
    Amount(Option<i64>),
    Line,
    Close(u32),
    Probability(Option<i64>, ProbabilitySource),
    Customer(bool),
    /// A store keeps it.
    Keep,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn whatever_happens_it_is_in_one_stage_and_its_history_is_whole(
        pipelines in [pipeline(1), pipeline(2)],
        acts in vec(act(), 0..40),
    ) {
        let Ok(mut deal) = Opportunity::open(Id::new(Uuid::from_u128(9)), "a deal", &pipelines[0])
        else { return Ok(()) };
        let mut kept = Kept::default();
        for act in acts {
            let before = deal.clone();
            let pipeline = of(&pipelines, &before);
            match happen(deal, &act, &pipelines, &mut kept) {
                Ok(next) => {
                    deal = next;
                    judge_step(&before, &act, pipeline, &deal)?;
                }
                Err(Error::Refused(refused)) => {
                    deal = before;
                    judge_refusal(&deal, &act, pipeline, &refused.why)?;
                }
                Err(Error::Invalid(invalid)) => {
                    // Only a stage that is not there, or a win whose customer is taken away.
                    prop_assert!(["stage", "customer_id"].contains(&invalid.field.as_str()), "{invalid}");
                    deal = before;
                }
                Err(other) => return Err(TestCaseError::fail(format!("{act:?}: {other}"))),
            }
            judge_state(&deal, of(&pipelines, &deal))?;
        }
        // Kept, history leads to where it is.
        deal = happen(deal, &Act::Keep, &pipelines, &mut kept).unwrap();
        judge_history(&deal, &kept.moves, &pipelines)?;
    }
}

/// What a store has.
#[derive(Default)]
struct Kept {
    stored: Option<Opportunity>,
    moves: Vec<StageMove>,
}

fn happen(
    mut deal: Opportunity,
    act: &Act,
    pipelines: &[Pipeline; 2],
    kept: &mut Kept,
) -> Result<Opportunity, Error> {
    let known = Evidence::default();
    match act {
        Act::Step(event) => return deal.clone().step(of(pipelines, &deal), event, &known),
        Act::Transfer(stage, why) => {
            let other = pipelines.iter().find(|one| one.id != deal.pipeline_id).unwrap();
            return deal.transferred(other, stage, why.clone(), &known);
        }
        Act::Reassign(owner) => {
            deal.owner_id = owner.map(|id| Id::<StaffMember>::new(Uuid::from_u128(id)));
        }
        Act::Amount(amount) => {
            deal.amount = amount.map(|amount| format!("{amount} EUR").parse().unwrap());
        }
        Act::Line => {
            deal.lines = Lines(vec![Line::new("a book", 3.into(), "7 EUR".parse().unwrap())]);
        }
        Act::Close(day) => deal.expected_close = NaiveDate::from_ymd_opt(2018, 1, *day),
        Act::Probability(percent, source) => {
            deal.probability = percent.map(Into::into);
            deal.probability_source = *source;
        }
        Act::Customer(named) => {
            deal.customer_id = named.then(|| Id::<Customer>::new(Uuid::from_u128(77)));
        }
        Act::Keep => {
            let now = "2017-12-31T08:00:00Z".parse::<Timestamp>().unwrap();
            let rules = Settings::standard(Id::new(Uuid::nil()));
            let before = kept.stored.clone();
            deal.settle(before.as_ref(), &rules, now)?;
            check(&deal)?;
            if let Some(before) = &before {
                before.permits(&deal)?;
            }
            let (next, by) = (Cell::new(0), Actor::new("anna")?);
            let next_id = || {
                next.set(next.get() + 1);
                Uuid::from_u128(next.get())
            };
            let moment =
                Moment { now, by: &by, version: 1, why: None, grounds: None, next_id: &next_id };
            kept.moves.extend(deal.facts(before.as_ref(), &moment).moves);
            kept.stored = Some(deal.clone());
        }
    }
    // An edit that no store would keep.
    check(&deal)?;
    Ok(deal)
}

fn of<'p>(pipelines: &'p [Pipeline; 2], deal: &Opportunity) -> &'p Pipeline {
    pipelines.iter().find(|one| one.id == deal.pipeline_id).unwrap()
}

fn judge_state(deal: &Opportunity, pipeline: &Pipeline) -> Result<(), TestCaseError> {
    let stage = pipeline.stages.get(deal.stage());
    prop_assert!(stage.is_some(), "it is in no stage of its pipeline");
    let status = deal.state().status();
    prop_assert_eq!(status.as_str(), stage.unwrap().kind.as_str());
    let open = status == OpportunityStatus::Open;
    prop_assert_eq!(deal.state().closed_on().is_none(), open);
    prop_assert_eq!(deal.decided_from().is_none(), open);
    prop_assert!(status != OpportunityStatus::Won || deal.customer_id.is_some());
    Ok(())
}

/// What a step that was taken did, by the words of the rules.
fn judge_step(
    before: &Opportunity,
    act: &Act,
    pipeline: &Pipeline,
    after: &Opportunity,
) -> Result<(), TestCaseError> {
    let Act::Step(event) = act else {
        // Neither an edit nor another pipeline decides anything.
        prop_assert_eq!(after.state(), before.state());
        if !matches!(act, Act::Transfer(..)) {
            prop_assert_eq!(after.stage(), before.stage());
        }
        return Ok(());
    };
    let was_open = before.state().status() == OpportunityStatus::Open;
    prop_assert_eq!(was_open, !matches!(event, OpportunityEvent::Reopen { .. }));
    let to = pipeline.stages.get(after.stage()).unwrap();
    let reason = event.reason().is_some_and(|why| !why.trim().is_empty());
    let allowed = |rule: Allowance| match rule {
        Allowance::Allowed => true,
        Allowance::WithReason => reason,
        _ => false,
    };
    let rules = &pipeline.rules;
    match event {
        OpportunityEvent::Reopen { .. } => prop_assert!(allowed(rules.reopen)),
        OpportunityEvent::Lose { reason, competitor, .. } => {
            prop_assert!(!rules.competitor_required || competitor.is_some());
            let listed =
                reason.as_ref().is_some_and(|one| rules.loss_reasons.choices.contains(one));
            prop_assert!(!rules.loss_reasons.required || listed);
        }
        _ => {
            let from = pipeline.stages.get(before.stage()).unwrap();
            if from.to.is_empty() {
                let open: Vec<_> =
                    pipeline.stages.0.iter().filter(|one| one.kind == StageKind::Open).collect();
                let rank =
                    |key: &str| open.iter().position(|one| one.key == key).unwrap_or(open.len());
                let (at, there) = (rank(&from.key), rank(&to.key));
                prop_assert!(there >= at || allowed(rules.back), "back from {at} to {there}");
                prop_assert!(there <= at + 1 || allowed(rules.skip), "from {at} to {there}");
            } else {
                prop_assert!(from.to.contains(&to.key), "not on the list of {}", from.key);
            }
        }
    }
    // Every gate on the way is met now, as it was before.
    let from = if was_open { Some(before.stage()) } else { before.decided_from() };
    for gate in pipeline.gates_on_the_way(from, to) {
        let met = match &gate.need {
            Need::Lines(least) => before.lines.0.len() >= *least as usize,
            Need::Fields(_) => before.amount.is_some(),
            Need::Opportunity(asked) => asked.matches(before),
            _ => false,
        };
        prop_assert!(met, "{} let it pass", gate.name);
    }
    match after.probability_source {
        ProbabilitySource::Stage => prop_assert_eq!(after.probability, Some(to.probability)),
        _ => prop_assert_eq!(after.probability, before.probability),
    }
    Ok(())
}

/// A refusal names all that stands against a step.
fn judge_refusal(
    deal: &Opportunity,
    act: &Act,
    pipeline: &Pipeline,
    why: &str,
) -> Result<(), TestCaseError> {
    let Act::Step(event) = act else { return Ok(()) };
    let Ok(unmet) = deal.unmet(pipeline, event, &Evidence::default()) else { return Ok(()) };
    prop_assert!(!unmet.is_empty(), "nothing stands against it: {why}");
    for one in unmet {
        prop_assert!(why.contains(&one.what), "{:?} is not told: {why}", one);
    }
    Ok(())
}

/// Played again from nothing, the moves lead to where it is, without a gap.
fn judge_history(
    deal: &Opportunity,
    moves: &[StageMove],
    pipelines: &[Pipeline; 2],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(deal.moves(), i64::try_from(moves.len()).unwrap());
    let first = &moves[0];
    prop_assert_eq!(
        (&first.from_stage, first.from_status, first.amount_before),
        (&None, None, None)
    );
    for (at, step) in moves.iter().enumerate() {
        prop_assert_eq!(step.number, i64::try_from(at).unwrap() + 1);
        let pipeline = pipelines.iter().find(|one| one.id == step.pipeline_id).unwrap();
        let kind = pipeline.stages.get(&step.to_stage).unwrap().kind;
        prop_assert_eq!(step.to_status.as_str(), kind.as_str());
        let Some(before) = at.checked_sub(1).map(|at| &moves[at]) else { continue };
        prop_assert_eq!(step.from_stage.as_ref(), Some(&before.to_stage));
        prop_assert_eq!(step.from_status, Some(before.to_status));
        prop_assert_eq!(step.from_pipeline_id, Some(before.pipeline_id));
        prop_assert_eq!(step.amount_before, before.amount_after);
        prop_assert_eq!(step.probability_before, before.probability_after);
        prop_assert_eq!(step.probability_source_before, before.probability_source_after);
        prop_assert_eq!(step.category_before, before.category_after);
        prop_assert_eq!(step.expected_close_before, before.expected_close_after);
        prop_assert_eq!(step.owner_before, before.owner_after);
    }
    let last = moves.last().unwrap();
    prop_assert_eq!(last.to_stage.as_str(), deal.stage());
    prop_assert_eq!(last.to_status, deal.state().status());
    prop_assert_eq!(last.pipeline_id, deal.pipeline_id);
    prop_assert_eq!(last.amount_after, deal.amount);
    prop_assert_eq!(last.probability_after, deal.probability);
    prop_assert_eq!(last.probability_source_after, Some(deal.probability_source));
    prop_assert_eq!(last.category_after, deal.counts_as());
    prop_assert_eq!(last.expected_close_after, deal.expected_close);
    prop_assert_eq!(last.owner_after, deal.owner_id);
    Ok(())
}

const KEYS: [&str; 8] = ["open0", "open1", "open2", "open3", "won", "won1", "lost", "nowhere"];

fn act() -> impl Strategy<Value = Act> {
    let key = || select(&KEYS[..]).prop_map(str::to_owned);
    let why = || {
        select(vec![None, Some(" "), Some("price"), Some("weather")])
            .prop_map(|w| w.map(str::to_owned))
    };
    let on = || (1..28_u32).prop_map(|day| NaiveDate::from_ymd_opt(2017, 12, day).unwrap());
    let competitor = select(vec![None, Some("Rival".to_owned())]);
    prop_oneof![
        4 => (key(), why()).prop_map(|(to, reason)| Act::Step(OpportunityEvent::Advance { to, reason })),
        1 => (on(), why()).prop_map(|(on, reason)| Act::Step(OpportunityEvent::Win { on, to: None, reason })),
        1 => (on(), why(), competitor).prop_map(|(on, reason, competitor)| {
            Act::Step(OpportunityEvent::Lose { on, to: None, reason, competitor })
        }),
        2 => (key(), why()).prop_map(|(to, reason)| Act::Step(OpportunityEvent::Reopen { to, reason })),
        1 => (key(), why()).prop_map(|(to, why)| Act::Transfer(to, why)),
        1 => prop::option::of(1..4_u128).prop_map(Act::Reassign),
        1 => prop::option::of(0..1_000_i64).prop_map(Act::Amount),
        1 => Just(Act::Line),
        1 => (1..28_u32).prop_map(Act::Close),
        1 => (prop::option::of(0..=100_i64), select(ProbabilitySource::ALL))
            .prop_map(|(percent, source)| Act::Probability(percent, source)),
        2 => prop::bool::weighted(0.8).prop_map(Act::Customer),
        2 => Just(Act::Keep),
    ]
}

/// Pipelines that can be kept: other ones are drawn again.
fn pipeline(id: u128) -> impl Strategy<Value = Pipeline> {
    let allowance = || select(Allowance::ALL);
    let gates = vec(0..12_usize, 0..4);
    let routes = vec(prop::option::weighted(0.3, vec(select(&KEYS[..7]), 1..4)), 4);
    let shape = (1..5_usize, any::<bool>(), gates, routes);
    let rules = (allowance(), allowance(), allowance(), any::<bool>(), any::<bool>());
    (shape, rules).prop_filter_map("a pipeline that can be kept", move |(shape, rules)| {
        let (open, two_won, gates, routes) = shape;
        let mut stages: Vec<_> = (0..open)
            .map(|at| {
                let percent = 10 * (at as i64 + 1);
                Stage::new(format!("open{at}"), format!("Open {at}"), StageKind::Open, percent)
            })
            .collect();
        for (stage, to) in stages.iter_mut().zip(routes) {
            stage.to = to.unwrap_or_default().into_iter().map(str::to_owned).collect();
            stage.to.retain(|to| *to != stage.key);
        }
        stages.push(Stage::new("won", "Won", StageKind::Won, 100));
        if two_won {
            stages.push(Stage::new("won1", "Half won", StageKind::Won, 100));
        }
        stages.push(Stage::new("lost", "Lost", StageKind::Lost, 0));
        let all = stages.len();
        for (number, at) in gates.into_iter().enumerate() {
            let need = match at % 3 {
                0 => Need::Lines(1),
                1 => Need::Fields(vec!["amount".into()]),
                _ => Need::Opportunity(crm_core::opportunity::OWNER_ID.is_present()),
            };
            let stage = &mut stages[at % all];
            *stage = stage.clone().gate(format!("Gate {number}"), need);
        }
        let (skip, back, reopen, competitor_required, reasons) = rules;
        let loss_reasons =
            if reasons { Reasons::one_of(["price", "time"]) } else { Reasons::default() };
        let rules = PipelineRules {
            skip,
            back,
            reopen,
            competitor_required,
            loss_reasons,
            ..PipelineRules::default()
        };
        let pipeline = Pipeline {
            rules,
            ..Pipeline::new(Id::new(Uuid::from_u128(id)), format!("P{id}"), Stages(stages))
        };
        check(&pipeline).is_ok().then_some(pipeline)
    })
}
