//! Which line of the funnel records without an amount are counted in.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crm_core::{
    kernel::{Actor, FixedClock, Id, Ports, Scope, SequentialIds, TenantId, Timestamp},
    memory::MemoryStore,
    opportunity::{Opportunity, funnel},
    pipeline::Pipeline,
    store::Store,
};
use futures_executor::block_on;
use uuid::Uuid;

#[test]
fn without_an_amount_they_count_in_the_only_currency() {
    assert_eq!(
        lines(&["", "100 USD", ""]),
        ["Prospecting 3 100.00 USD", "Engaging 0 0.00 USD", "Won 0 0.00 USD", "Lost 0 0.00 USD"]
    );
}

#[test]
fn among_several_currencies_they_have_a_line_of_their_own() {
    assert_eq!(
        lines(&["", "100 USD", "7 JPY"]),
        [
            "Prospecting 1 0 -",
            "Prospecting 1 7 JPY",
            "Prospecting 1 100.00 USD",
            "Engaging 0 0 -",
            "Won 0 0 -",
            "Lost 0 0 -"
        ]
    );
}

#[test]
fn where_nothing_has_an_amount_there_is_no_currency() {
    assert_eq!(lines(&[""]), ["Prospecting 1 0 -", "Engaging 0 0 -", "Won 0 0 -", "Lost 0 0 -"]);
}

fn lines(amounts: &[&str]) -> Vec<String> {
    let ports = Ports::new(FixedClock::new(Timestamp::MIN), SequentialIds::new(1));
    let store = MemoryStore::new(ports);
    let scope = Scope::new(TenantId(Uuid::from_u128(1)), Actor::new("anna").unwrap());
    block_on(async {
        let mut work = store.begin(scope).await.unwrap();
        let pipeline = Pipeline::sales(Id::new(work.next_id()));
        work.insert(pipeline.clone()).await.unwrap();
        for amount in amounts {
            let mut new = Opportunity::open(Id::new(work.next_id()), "x", &pipeline).unwrap();
            new.amount = amount.parse().ok();
            work.opportunities().open(new).await.unwrap();
        }
        let funnel = funnel(&mut *work, pipeline.id).await.unwrap();
        let currency = |code: Option<crm_core::kernel::Currency>| {
            code.map_or_else(|| "-".to_owned(), |code| code.to_string())
        };
        let line = |s: crm_core::opportunity::FunnelStage| {
            format!("{} {} {} {}", s.stage, s.count, s.amount, currency(s.currency))
        };
        funnel.stages.into_iter().map(line).collect()
    })
}
