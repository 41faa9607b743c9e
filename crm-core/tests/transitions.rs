//! What an opportunity may do, in full: every state and every event of it, as the docs show it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use chrono::NaiveDate;
use crm_core::{
    Error,
    customer::Customer,
    kernel::{Entity, Id, Row, check},
    opportunity::{Evidence, Opportunity, OpportunityEvent, OpportunityState, OpportunityStatus},
    pipeline::Pipeline,
};
use uuid::Uuid;

#[test]
fn every_state_and_every_event() {
    let id = Id::new(Uuid::from_u128(1));
    let pipelines = [Pipeline::sales(id), Pipeline::tender(id), Pipeline::b2b(id)];
    let mut table = String::new();
    for pipeline in &pipelines {
        for (title, customer) in [("with a customer", true), ("without a customer", false)] {
            writeln!(table, "### {}, {title}\n", pipeline.name).unwrap();
            table.push_str("| from | event | to |\n| --- | --- | --- |\n");
            for from in states(pipeline, customer) {
                for event in events(pipeline) {
                    let to = told(from.clone().step(pipeline, &event, &Evidence::default()));
                    writeln!(table, "| {} | {} | {to} |", state(&from), name(&event)).unwrap();
                }
                for (event, next) in others(&from) {
                    let to = told(next);
                    writeln!(table, "| {} | {event} | {to} |", state(&from)).unwrap();
                }
            }
            table.push('\n');
        }
    }
    let documented = include_str!("../src/opportunity/transitions.md");
    if table.trim() != documented.trim() {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/transitions.md");
        std::fs::write(path, &table).unwrap();
        panic!("the documented table differs: the new one is in {path}");
    }
}

/// What became of it.
fn told(next: Result<Opportunity, Error>) -> String {
    match next {
        Ok(next) => format!("**{}**", state(&next)),
        Err(Error::Refused(refused)) => format!("refused: {}", refused.why),
        Err(Error::Invalid(invalid)) => format!("invalid: {}", invalid.reason),
        Err(error) => panic!("{error}"),
    }
}

/// What else may happen: it goes to another pipeline, which has the stages of Sales, or it is edited.
fn others(from: &Opportunity) -> Vec<(String, Result<Opportunity, Error>)> {
    let other = Pipeline::sales(Id::new(Uuid::from_u128(7)));
    let mut all = Vec::new();
    for stage in &other.stages.0 {
        let event = format!("transfer to {} of another pipeline", stage.key);
        let none = Evidence::default();
        all.push((event, from.clone().transferred(&other, &stage.key, None, &none)));
    }
    type Edit = fn(&mut Opportunity);
    let edits: [(&str, Edit); 4] = [
        ("reassign", |o| o.owner_id = Some(Id::new(Uuid::from_u128(8)))),
        ("another amount", |o| o.amount = "5 EUR".parse().ok()),
        ("another expected close", |o| o.expected_close = Some(day())),
        ("a probability of 100 %", |o| o.probability = Some(100.into())),
    ];
    for (event, edit) in edits {
        let mut next = from.clone();
        edit(&mut next);
        let sound = check(&next).map_err(Error::from);
        let kept = sound.and_then(|()| Ok(from.permits(&next)?));
        all.push((event.to_owned(), kept.map(|()| next)));
    }
    all
}

/// Every state that there is, whatever led there, as a store has it.
fn states(pipeline: &Pipeline, customer: bool) -> Vec<Opportunity> {
    let mut all = Vec::new();
    for stage in &pipeline.stages.0 {
        let mut one = Opportunity::open(Id::new(Uuid::from_u128(2)), "GTX", pipeline).unwrap();
        if customer {
            one.customer_id = Some(Id::<Customer>::new(Uuid::from_u128(3)));
        }
        let open = stage.kind.as_str() == OpportunityStatus::Open.as_str();
        let decision = crm_core::opportunity::Decision {
            on: (!open).then(day),
            ..crm_core::opportunity::Decision::default()
        };
        all.extend(one.imported(pipeline, &stage.key, decision).ok().map(|one| stored(&one)));
    }
    all
}

/// By the values of its fields: its steps are kept, and it takes none.
fn stored(one: &Opportunity) -> Opportunity {
    let mut values: Vec<_> =
        Opportunity::FIELDS.iter().map(|field| (field.get)(one).into_owned()).collect();
    Opportunity::load(&mut Row::new(&mut values)).unwrap()
}

fn events(pipeline: &Pipeline) -> Vec<OpportunityEvent> {
    let stages = pipeline.stages.0.iter().map(|stage| stage.key.as_str());
    let stages: Vec<_> = stages.chain(["nowhere"]).collect();
    let mut events: Vec<_> = stages.iter().map(|to| OpportunityEvent::advance(*to)).collect();
    events.push(OpportunityEvent::win(day()));
    events.push(OpportunityEvent::lose(day()));
    events.push(OpportunityEvent::lose(day()).because("price"));
    events.extend(stages.iter().map(|to| OpportunityEvent::reopen(*to)));
    events
}

fn name(event: &OpportunityEvent) -> String {
    let why = event.reason().map_or(String::new(), |_| ", with a reason".to_owned());
    match event {
        OpportunityEvent::Advance { to, .. } => format!("advance to {to}{why}"),
        OpportunityEvent::Win { .. } => format!("win{why}"),
        OpportunityEvent::Lose { .. } => format!("lose{why}"),
        OpportunityEvent::Reopen { to, .. } => format!("reopen in {to}{why}"),
        other => format!("{other:?}"),
    }
}

fn state(opportunity: &Opportunity) -> String {
    let status = match opportunity.state() {
        OpportunityState::Open => "open",
        OpportunityState::Won { .. } => "won",
        OpportunityState::Lost { .. } => "lost",
    };
    match opportunity.stage() {
        stage if stage == status => status.to_owned(),
        stage => format!("{status}, {stage}"),
    }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2017, 12, 31).unwrap()
}
