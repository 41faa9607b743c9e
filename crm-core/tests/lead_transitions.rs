//! What a lead may do, in full: every state and every event of it, as the docs show it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use crm_core::{
    Error,
    kernel::{Actor, Entity, Id, Timestamp},
    lead::{Lead, LeadEvent, LeadState, LeadStatus},
};
use proptest::prelude::*;
use uuid::Uuid;

#[test]
fn every_state_and_every_event() {
    let mut table = String::from("| from | event | to |\n| --- | --- | --- |\n");
    for from in states() {
        for (name, event) in events() {
            let to = match from.clone().step(&event, at(), &anna()) {
                Ok(next) if next == from => format!("**{}**, nothing changes", status(&next)),
                Ok(next) => format!("**{}**", status(&next)),
                Err(Error::Refused(refused)) => format!("refused: {}", refused.why),
                Err(Error::Invalid(invalid)) => format!("invalid: {}", invalid.reason),
                Err(error) => panic!("{error}"),
            };
            writeln!(table, "| {} | {name} | {to} |", status(&from)).unwrap();
        }
    }
    let documented = include_str!("../src/lead/transitions.md");
    if table.trim() != documented.trim() {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/lead_transitions.md");
        std::fs::write(path, &table).unwrap();
        panic!("the documented table differs: the new one is in {path}");
    }
}

proptest! {
    /// A store, which sees two states and no event, allows each step and no other way.
    #[test]
    fn every_way_of_events_is_permitted_and_counted(steps in prop::collection::vec(0..6_usize, 0..30)) {
        let mut lead = states().remove(0);
        let mut came_back = 0;
        for step in steps {
            let (_, event) = events().swap_remove(step);
            let before = lead.clone();
            let Ok(next) = lead.step(&event, at(), &anna()) else {
                lead = before;
                continue;
            };
            prop_assert!(before.permits(&next).is_ok(), "{before:?} {next:?}");
            came_back += i64::from(matches!(event, LeadEvent::Recycle { .. }));
            prop_assert_eq!(next.recycled(), came_back);
            prop_assert_eq!(next.state().status(), event.to());
            let decided = matches!(next.state(), LeadState::Converted { .. } | LeadState::Disqualified { .. });
            prop_assert_eq!(next.state().decided_at().is_some(), decided);
            lead = next;
        }
    }
}

#[test]
fn what_no_event_leads_to_is_permitted_to_nobody() {
    let all = states();
    for from in &all {
        for to in &all {
            let by_an_event = from == to
                || events().iter().any(|(_, event)| {
                    from.clone().step(event, at(), &anna()).is_ok_and(|next| next == *to)
                });
            assert_eq!(from.permits(to).is_ok(), by_an_event, "{from:?} {to:?}");
        }
    }
}

/// One in each state, in the order of [`LeadStatus::ALL`].
fn states() -> Vec<Lead> {
    let new = Lead::person(Id::new(Uuid::from_u128(1)), "Ann Lee");
    let after = |event| new.clone().step(&event, at(), &anna()).unwrap();
    let all = vec![
        new.clone(),
        after(LeadEvent::Work),
        after(LeadEvent::Qualify),
        after(LeadEvent::Disqualify { reason: "no budget".into() }),
        after(converted()),
    ];
    assert!(all.iter().map(|lead| lead.state().status()).eq(LeadStatus::ALL.iter().copied()));
    all
}

fn events() -> Vec<(&'static str, LeadEvent)> {
    vec![
        ("work", LeadEvent::Work),
        ("qualify", LeadEvent::Qualify),
        ("convert", converted()),
        ("disqualify", LeadEvent::Disqualify { reason: "no budget".into() }),
        ("disqualify without a reason", LeadEvent::Disqualify { reason: " ".into() }),
        ("recycle", LeadEvent::Recycle { recall_on: None }),
    ]
}

fn converted() -> LeadEvent {
    let customer = Id::new(Uuid::from_u128(2));
    LeadEvent::Convert { customer, contact: None, opportunity: None }
}

fn status(lead: &Lead) -> LeadStatus {
    lead.state().status()
}

fn at() -> Timestamp {
    "2017-12-31T08:00:00Z".parse().unwrap()
}

fn anna() -> Actor {
    Actor::new("anna").unwrap()
}
