//! Runs against what was planned, and what counts for nobody.

use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    kernel::{Currency, ErrorKind},
    opportunity::Opportunity,
    pipeline::Pipeline,
    store::expect,
    value::{Basis, RunRequest, ValuePolicies, take_run},
    value_run::RunDetail,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    run_classes::both_say_the_same,
    value_house::{house, request},
    value_tiers::policy,
};

pub(super) fn laws() -> Vec<Law> {
    laws![a_run_is_compared_with_what_was_planned, what_was_won_by_nobody_is_told]
}

async fn a_run_is_compared_with_what_was_planned(case: &Case) -> Held {
    house(case, &[5_000, 1_500, 800, 150, 50]).await?;
    let planned = |tier: &str| {
        let class_plan = json!({"currency": "EUR", "targets": [
            {"group": "A", "customers": 3, "value": "6000"}, {"group": "C", "value": "200"},
        ]});
        let tier_plan = json!({"currency": "EUR", "targets": [{"group": tier, "customers": 2}]});
        Ok::<_, Failure>(ValuePolicies {
            tiers: Some(policy(json!({}))?),
            class_plan: Some(serde_json::from_value(class_plan)?),
            tier_plan: Some(serde_json::from_value(tier_plan)?),
            ..ValuePolicies::default()
        })
    };
    let asked = RunRequest { policies: Some(planned("gold")?), ..request(case, Basis::Revenue)? };
    let run = take_run(case.store(), &case.anna()?, &asked).await?.id;
    let mut unit = case.read().await?;
    let run = expect(&mut *unit, run).await?;
    let against = run.against_plan()?;
    let told: Vec<_> = against.classes.iter().map(|line| line.reason.as_str()).collect();
    same(
        "the classes",
        told,
        vec![
            "A has 2 customers, 1 fewer than planned; they bring 6500.00 EUR, 500.00 EUR more than planned.",
            "B has 1 customer; it brings 800.00 EUR.",
            "C has 2 customers; they bring 200.00 EUR, as planned.",
        ],
    )?;
    let told: Vec<_> = against.tiers.iter().map(|line| line.reason.as_str()).collect();
    same(
        "the tiers",
        told,
        vec![
            "gold has 2 customers, as planned; they bring 6500.00 EUR.",
            "silver has 2 customers; they bring 950.00 EUR.",
            "standard has 1 customer; it brings 50.00 EUR.",
        ],
    )?;
    drop(unit);
    let wrong = RunRequest { policies: Some(planned("bronze")?), ..request(case, Basis::Revenue)? };
    let refused = take_run(case.store(), &case.anna()?, &wrong).await;
    fails("a plan for a tier that is none", refused, ErrorKind::Invalid)?;
    let mut dollars = run.into_inner();
    dollars.currency = Currency::USD;
    claim(dollars.against_plan().is_err(), "a plan in euros says nothing of dollars")
}

async fn what_was_won_by_nobody_is_told(case: &Case) -> Held {
    let ids = house(case, &[1]).await?;
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    for (n, amount) in [Some("10 EUR"), None, None].into_iter().enumerate() {
        let mut new = Opportunity::open(case.id(), format!("{n}"), &pipeline)?;
        new.customer_id = Some(ids[0]);
        new.amount = amount.map(str::parse).transpose()?;
        let id = work.opportunities().open(new).await?.id;
        work.opportunities().win(id, day("2017-11-30")?, None).await?;
    }
    work.commit().await?;
    let run = take_run(case.store(), &case.anna()?, &request(case, Basis::Won)?).await?;
    let totals = run.totals.as_ref().ok_or_else(|| Failure::new("a run has totals"))?;
    same("what counts", (totals.customers, totals.total), (1, Decimal::TEN))?;
    same("what does not", totals.uncounted, 2)?;
    let narrow = RunRequest { detail: RunDetail::Classes, ..request(case, Basis::Won)? };
    both_say_the_same(case, &narrow).await?;
    let note = "2 won opportunities name no customer or no amount, and count for nobody.";
    claim(totals.notes.iter().any(|one| one == note), format!("{:?}", totals.notes))
}
