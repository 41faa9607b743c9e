//! Where the rules put the effort: tiers follow from runs, and rules from tiers.

use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    assignment::{AssignmentOutcome, KindRules, Rule, RuleSet, Strategy, Which, dry_run},
    customer::{self, Customer},
    kernel::{Change, Currency, Entity, ErrorKind, Id, Money},
    merge::MergeCommand,
    opportunity::Opportunity,
    ownership::PoolRules,
    pipeline::Pipeline,
    settings::RhythmRule,
    store::{ReadUnit, expect, run},
    task::Task,
    value::{
        AppliedTiers, Basis, Period, RunRequest, TierPolicy, TierState, ValueClass, ValuePolicies,
        apply_tiers, take_run,
    },
    value_run::ValueRun,
};

use super::{
    assignments::{queue, set},
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    merging::customers,
    owners::{colleague, of},
    pools::a_pool,
    value_house::{lines, sell},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        where_the_rules_put_the_effort,
        a_customer_at_the_border_does_not_flap,
        who_buys_nothing_more_loses_its_tier,
        a_period_that_is_judged_again_counts_once,
        tiers_go_on_from_those_that_were_applied,
        a_merged_customer_has_one_tier
    ]
}

/// Gold from 1,000 euros on, silver from 100 on; half as much again at the border.
pub(super) fn policy(more: serde_json::Value) -> Held<TierPolicy> {
    let mut text = json!({"currency": "EUR", "margin_percent": "10", "tiers": [
        {"name": "gold", "any": [{"value_at_least": "1000"}]},
        {"name": "silver", "any": [{"value_at_least": "100"}]},
        {"name": "standard"},
    ]});
    for (key, value) in more.as_object().into_iter().flatten() {
        text[key] = value.clone();
    }
    Ok(serde_json::from_value(text)?)
}

pub(super) fn by(policy: TierPolicy) -> ValuePolicies {
    ValuePolicies { tiers: Some(policy), ..ValuePolicies::default() }
}

/// A run over one month of 2017.
pub(super) fn of_month(
    case: &Case,
    month: u32,
    policies: &ValuePolicies,
) -> Held<RunRequest<'static>> {
    let last = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
    let (from, to) = (format!("2017-{month:02}-01"), format!("2017-{month:02}-{last}"));
    let period = Period::new(day(&from)?, day(&to)?, day(&to)?)?;
    let request = RunRequest::new(case.id(), period, Basis::Revenue, Currency::EUR);
    Ok(RunRequest { policies: Some(policies.clone()), ..request })
}

/// Takes the run of a month and applies it.
async fn month(
    case: &Case,
    month: u32,
    policies: &ValuePolicies,
) -> Held<(ValueRun, AppliedTiers)> {
    let asked = of_month(case, month, policies)?;
    let run = take_run(case.store(), &case.anna()?, &asked).await?;
    let applied = apply_tiers(case.store(), &case.anna()?, run.id).await?;
    Ok((run.into_inner(), applied))
}

async fn tier_of(case: &Case, id: Id<Customer>) -> Held<String> {
    let mut unit = case.read().await?;
    Ok(expect(&mut *unit, id).await?.tier.clone().unwrap_or_else(|| "none".to_owned()))
}

pub(super) async fn sold(case: &Case, id: Id<Customer>, month: u32, value: i64) -> Held {
    let mut work = case.begin().await?;
    sell(case, &mut *work, id, &format!("2017-{month:02}-15"), value, 0).await?;
    work.commit().await?;
    Ok(())
}

/// What the change log tells of tiers: before, after and why.
async fn told(unit: &mut (dyn ReadUnit + '_), id: Id<Customer>) -> Held<Vec<[String; 3]>> {
    let log = unit.history(Customer::KIND, id.uuid(), 0, 100).await?;
    let changes = log.iter().filter(|change| change.event == "tier_changed");
    let word = |change: &Change, field: &str, after: bool| {
        let found = change.fields.iter().find(|one| one.field == field);
        let value = found.map(|change| if after { &change.to } else { &change.from });
        value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    Ok(changes
        .map(|one| {
            [word(one, "tier", false), word(one, "tier", true), word(one, "tier_reason", true)]
        })
        .collect())
}

async fn where_the_rules_put_the_effort(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    let mut ids = Vec::new();
    for name in ["Acme", "Bookshop"] {
        ids.push(work.insert(of(case, None, name)).await?.id);
    }
    let [acme, shop] = ids[..] else { return Err(Failure::new("two customers")) };
    let mine = work.insert(of(case, Some(anna), "Library")).await?.id;
    // Nobody ever writes "gold" on a customer: rules ask for it, and a policy says who is.
    let rules = by(policy(json!({}))?);
    let house = rules.clone();
    work.settings()
        .change(|settings| {
            let gold = RhythmRule { when: customer::TIER.eq("gold"), days: 14 };
            let others = RhythmRule { when: customer::TIER.is_present(), days: 90 };
            settings.rhythm.0 = vec![gold, others];
            settings.value_policies = house;
        })
        .await?;
    let mut key = Rule::new("Key accounts", queue(&[anna], Strategy::RoundRobin));
    key.customer = customer::VALUE.at_least("1000 EUR".parse::<Money>()?);
    key.customer = key.customer.and(customer::VALUE_CLASS.eq(ValueClass::A));
    let others = || queue(&[ben], Strategy::RoundRobin);
    let kind =
        KindRules::Opportunity(RuleSet { rules: vec![key, Rule::new("The others", others())] });
    set(&mut *work, "By value", kind).await?;
    let mut key = Rule::new("Key accounts", queue(&[anna], Strategy::RoundRobin));
    key.customer = customer::TIER.eq("gold");
    let kind = KindRules::Task(RuleSet { rules: vec![key, Rule::new("The others", others())] });
    set(&mut *work, "By tier", kind).await?;
    let mut task = Task::new(case.id(), "Call", work.now());
    task.customer_id = Some(acme);
    let task = work.insert(task).await?.id;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let mut deal = Opportunity::open(case.id(), "Fair", &pipeline)?;
    deal.customer_id = Some(acme);
    let deal = work.insert(deal).await?.id;
    // Whoever has a gold customer takes no other one from the pool.
    let pool =
        PoolRules { cap: Some(1), counts: customer::TIER.eq("gold"), ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, pool).await?;
    work.commit().await?;
    let assigned = async |to| {
        let mut unit = case.read().await?;
        let at = "2018-01-01T09:00:00Z".parse()?;
        let told = dry_run(&mut *unit, deal, Which::WithoutOwner, at).await?;
        same("who gets the deal", told.outcome, AssignmentOutcome::Assigned { to })?;
        let told = dry_run(&mut *unit, task, Which::WithoutOwner, at).await?;
        same("who gets the task", told.outcome, AssignmentOutcome::Assigned { to })
    };
    let claims = async || {
        let scope = case.anna()?;
        let claimed = run(case.store(), &scope, |work| {
            Box::pin(async move {
                let claimed = work.ownership().claim(pool, shop, anna).await?;
                let free = claimed.clone().edit(|customer| customer.owner_id = None);
                work.update(free).await?;
                Ok(claimed.into_inner())
            })
        });
        Ok::<_, Failure>(claimed.await)
    };
    let waits = async |id| {
        let mut unit = case.read().await?;
        let settings = crate::settings::house_rules(&mut *unit).await?;
        Ok::<_, Failure>(settings.rhythm.days_for(&*expect(&mut *unit, id).await?))
    };
    assigned(ben).await?;
    same("no rhythm yet", waits(acme).await?, None)?;
    claim(claims().await?.is_ok(), "she may take one")?;

    // A good year for two of them; the tiers follow from the run.
    for (id, value) in [(acme, 5_000), (mine, 2_000), (shop, 150)] {
        sold(case, id, 3, value).await?;
    }
    let (_, applied) = month(case, 3, &rules).await?;
    same("what was changed", (applied.lines, applied.changed), (3, 3))?;
    same("their tiers", (tier_of(case, acme).await?, tier_of(case, shop).await?), {
        ("gold".to_owned(), "silver".to_owned())
    })?;
    let mut unit = case.read().await?;
    let one = expect(&mut *unit, acme).await?;
    let value = (one.value.map(|value| value.to_string()), one.value_class);
    same("with what it brought", value, (Some("5000.00 EUR".to_owned()), Some(ValueClass::A)))?;
    drop(unit);
    assigned(anna).await?;
    same("gold hears every two weeks", waits(acme).await?, Some(14))?;
    same("the others every quarter", waits(shop).await?, Some(90))?;
    let full = claims().await?;
    claim(
        full.as_ref().is_err_and(|e| e.kind() == ErrorKind::Refused),
        format!("the cap counts gold ones: {full:?}"),
    )?;

    // And a bad one.
    for id in [acme, mine] {
        sold(case, id, 4, 120).await?;
    }
    month(case, 4, &rules).await?;
    same("it fell", tier_of(case, acme).await?, "silver".to_owned())?;
    assigned(ben).await?;
    same("and hears less often", waits(acme).await?, Some(90))?;
    claim(claims().await?.is_ok(), "she may take one again")?;
    let mut unit = case.read().await?;
    let expected = [
        [
            "",
            "gold",
            "It begins in gold, which asks for a value of at least 1000.00 EUR (it is 5000.00 EUR).",
        ],
        [
            "gold",
            "silver",
            "It drops from gold to silver: gold asks for a value of at least 1000.00 EUR (it is 120.00 EUR), and that is missed by more than the margin of 10 %.",
        ],
    ];
    let expected = expected.map(|one| one.map(str::to_owned)).to_vec();
    same("what the change log tells", told(&mut *unit, acme).await?, expected)
}

async fn a_customer_at_the_border_does_not_flap(case: &Case) -> Held {
    let rules = by(policy(json!({"drop_after": 3}))?);
    let ids = customers(case, 1).await?;
    let mut tiers = Vec::new();
    let mut changed = 0;
    // Around the border of 1,000: within the margin of 10 % below it.
    for (at, value) in (1..).zip([1_010, 990, 1_005, 960, 920, 1_001, 950, 940, 930, 930, 1_100]) {
        sold(case, ids[0], at, value).await?;
        let (run, applied) = month(case, at, &rules).await?;
        changed += applied.changed;
        tiers.push(tier_of(case, ids[0]).await?);
        let again = apply_tiers(case.store(), &case.anna()?, run.id).await?;
        same("applied twice", again, AppliedTiers::default())?;
        let line = lines(case, run.id).await?.pop().ok_or_else(|| Failure::new("a line"))?;
        let reason = line.reasons(&run)?.tier;
        claim(reason.is_some(), "each line says why")?;
        if at == 2 {
            let held = TierState {
                tier: "gold".into(),
                periods_below: 1,
                periods_above: 0,
                rises_to: None,
            };
            same("it is held", line.tier_after, Some(held))?;
        }
    }
    let gold = |many| vec!["gold".to_owned(); many];
    let mut expected = gold(8);
    // Three in a row below it: only then.
    expected.extend(["silver".to_owned(), "silver".to_owned(), "gold".to_owned()]);
    same("its tiers", tiers, expected)?;
    same("how often it changed", changed, 3)
}

async fn who_buys_nothing_more_loses_its_tier(case: &Case) -> Held {
    let rules = by(policy(json!({}))?);
    let ids = customers(case, 3).await?;
    sold(case, ids[0], 1, 1_000).await?;
    sold(case, ids[1], 1, 100).await?;
    month(case, 1, &rules).await?;
    sold(case, ids[1], 2, 1_500).await?;
    let (run, applied) = month(case, 2, &rules).await?;
    same("both changed", applied.changed, 2)?;
    same("who was not there", tier_of(case, ids[0]).await?, "standard".to_owned())?;
    same("who rose", tier_of(case, ids[1]).await?, "gold".to_owned())?;
    same("who never bought has none", tier_of(case, ids[2]).await?, "none".to_owned())?;
    let totals = run.totals.clone().ok_or_else(|| Failure::new("totals"))?;
    same("they are told apart", (totals.customers, totals.absent), (1, 1))?;
    let absent = lines(case, run.id).await?.pop().ok_or_else(|| Failure::new("a line"))?;
    same("no rank, no class", (absent.rank, absent.class, absent.value), (None, None, None))?;
    let tiers: Vec<_> =
        totals.tiers.iter().map(|one| (one.group.as_str(), one.customers, one.value)).collect();
    let expected = vec![
        ("gold", 1, 1_500.into()),
        ("silver", 0, Decimal::ZERO),
        ("standard", 1, Decimal::ZERO),
    ];
    same("the tiers", tiers, expected)
}

async fn a_period_that_is_judged_again_counts_once(case: &Case) -> Held {
    let rules = by(policy(json!({"drop_after": 2}))?);
    let ids = customers(case, 2).await?;
    sold(case, ids[0], 1, 1_000).await?;
    month(case, 1, &rules).await?;
    for id in &ids {
        sold(case, *id, 2, 950).await?;
    }
    for _ in 0..3 {
        month(case, 2, &rules).await?;
        same("below for a month", tier_of(case, ids[0]).await?, "gold".to_owned())?;
        same("for the first time", tier_of(case, ids[1]).await?, "silver".to_owned())?;
    }
    let late = month(case, 1, &rules).await;
    let late = late.err().map(|why| why.to_string()).unwrap_or_default();
    claim(late.contains("of a later period"), format!("an earlier month: {late}"))?;
    // What came to be known since counts: for this month it is as if it had been judged once.
    sold(case, ids[1], 2, 700).await?;
    month(case, 2, &rules).await?;
    same("it was more", tier_of(case, ids[1]).await?, "gold".to_owned())?;
    sold(case, ids[0], 3, 950).await?;
    let (run, _) = month(case, 3, &rules).await?;
    same("below for two months", tier_of(case, ids[0]).await?, "silver".to_owned())?;
    let line = lines(case, run.id).await?.into_iter().find(|line| line.customer_id == ids[0]);
    let reasons = line.map(|line| line.reasons(&run)).transpose()?;
    let reason = reasons.and_then(|reasons| reasons.tier).unwrap_or_default();
    claim(reason.contains("2 periods in a row"), format!("it says so: {reason}"))
}

async fn tiers_go_on_from_those_that_were_applied(case: &Case) -> Held {
    let rules = by(policy(json!({}))?);
    let ids = customers(case, 1).await?;
    sold(case, ids[0], 1, 1_000).await?;
    let scope = case.anna()?;
    let one = take_run(case.store(), &scope, &of_month(case, 1, &rules)?).await?;
    let other = take_run(case.store(), &scope, &of_month(case, 1, &rules)?).await?;
    apply_tiers(case.store(), &scope, one.id).await?;
    let late = apply_tiers(case.store(), &scope, other.id).await;
    fails("one that was taken before another was applied", late, ErrorKind::Refused)?;
    let without =
        RunRequest { policies: Some(ValuePolicies::default()), ..of_month(case, 1, &rules)? };
    let without = take_run(case.store(), &scope, &without).await?;
    let refused = apply_tiers(case.store(), &scope, without.id).await;
    fails("one without tiers", refused, ErrorKind::Invalid)?;
    let nobody = apply_tiers(case.store(), &scope, case.id()).await;
    fails("one that is not there", nobody, ErrorKind::Missing)?;
    let dollars = TierPolicy { currency: Some(Currency::USD), ..policy(json!({}))? };
    let asked = RunRequest { policies: Some(by(dollars)), ..of_month(case, 1, &rules)? };
    let refused = take_run(case.store(), &scope, &asked).await;
    fails("a policy in another currency", refused, ErrorKind::Invalid)?;
    let none = TierPolicy { tiers: Vec::new(), ..policy(json!({}))? };
    let mut work = case.begin().await?;
    let refused = work.settings().change(|settings| settings.value_policies = by(none)).await;
    let refused = fails("a policy that cannot be", refused, ErrorKind::Invalid)?;
    claim(
        refused.to_string().contains("value_policies.tier_policy.tiers"),
        format!("it names the place: {refused}"),
    )
}

async fn a_merged_customer_has_one_tier(case: &Case) -> Held {
    let rules = by(policy(json!({"drop_after": 2}))?);
    let ids = customers(case, 2).await?;
    sold(case, ids[0], 1, 100).await?;
    sold(case, ids[1], 1, 1_000).await?;
    month(case, 1, &rules).await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    let (run, _) = month(case, 2, &rules).await?;
    same("one line", lines(case, run.id).await?.len(), 1)?;
    same("one tier", tier_of(case, ids[0]).await?, "standard".to_owned())?;
    // Nor does a run that is applied after a merge touch who was merged.
    let ids = customers(case, 2).await?;
    sold(case, ids[0], 3, 100).await?;
    sold(case, ids[1], 3, 1_000).await?;
    let run = take_run(case.store(), &case.anna()?, &of_month(case, 3, &rules)?).await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    apply_tiers(case.store(), &case.anna()?, run.id).await?;
    same("the survivor has its own", tier_of(case, ids[0]).await?, "silver".to_owned())?;
    let mut unit = case.read().await?;
    let value = expect(&mut *unit, ids[0]).await?.value.map(|value| value.to_string());
    same("and what both brought", value, Some("1100.00 EUR".to_owned()))?;
    drop(unit);
    same("the other has none", tier_of(case, ids[1]).await?, "none".to_owned())
}
