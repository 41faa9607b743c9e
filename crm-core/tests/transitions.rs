//! What an opportunity may do, in full: every state and every event of it, as the docs show it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use chrono::NaiveDate;
use crm_core::{
    Error, Result,
    customer::Customer,
    kernel::Id,
    opportunity::{Opportunity, OpportunityState},
    pipeline::Pipeline,
};
use uuid::Uuid;

type Event = (String, Box<dyn Fn(Opportunity, &Pipeline) -> Result<Opportunity>>);

#[test]
fn every_state_and_every_event() {
    let pipeline = Pipeline::sales(Id::new(Uuid::from_u128(1)));
    let mut table = String::new();
    for (title, customer) in [("With a customer", true), ("Without a customer", false)] {
        writeln!(table, "### {title}\n\n| from | event | to |\n| --- | --- | --- |").unwrap();
        for from in states(&pipeline, customer) {
            for (name, event) in events(&pipeline) {
                let to = match event(from.clone(), &pipeline) {
                    Ok(next) => format!("**{}**", state(&next)),
                    Err(Error::Refused(refused)) => format!("refused: {}", refused.why),
                    Err(Error::Invalid(invalid)) => format!("invalid: {}", invalid.reason),
                    Err(error) => panic!("{error}"),
                };
                writeln!(table, "| {} | {name} | {to} |", state(&from)).unwrap();
            }
        }
        table.push('\n');
    }
    let documented = include_str!("../src/opportunity/transitions.md");
    assert_eq!(table.trim(), documented.trim(), "write this table to transitions.md:\n{table}");
}

fn states(pipeline: &Pipeline, customer: bool) -> Vec<Opportunity> {
    let mut open = Opportunity::open(Id::new(Uuid::from_u128(2)), "GTX", pipeline).unwrap();
    if customer {
        open.customer_id = Some(Id::<Customer>::new(Uuid::from_u128(3)));
    }
    let engaging = open.clone().advance(pipeline, "engaging").unwrap();
    let lost = open.clone().lose(pipeline, day(), None, None).unwrap();
    let won = open.clone().win(pipeline, day(), None).ok();
    [Some(open), Some(engaging), won, Some(lost)].into_iter().flatten().collect()
}

fn events(pipeline: &Pipeline) -> Vec<Event> {
    let stages = pipeline.stages.0.iter().map(|stage| stage.key.clone());
    let stages: Vec<String> = stages.chain(["nowhere".to_owned()]).collect();
    let mut events: Vec<Event> = Vec::new();
    for to in &stages {
        let to = to.clone();
        events.push((format!("advance to {to}"), Box::new(move |o, p| o.advance(p, &to))));
    }
    events.push(("win".into(), Box::new(|o, p| o.win(p, day(), None))));
    events.push(("lose".into(), Box::new(|o, p| o.lose(p, day(), None, None))));
    for to in &stages {
        let to = to.clone();
        events.push((format!("reopen in {to}"), Box::new(move |o, p| o.reopen(p, &to))));
    }
    events
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
