//! Assignment by figures of the house: wins and quotas.

use crate::{
    assignment::{
        Assigned, Assignment, AssignmentOutcome, Choice, KindRules, Rule, RuleSet, Strategy, Which,
        dry_run_all,
    },
    customer::Customer,
    forecast::{FiscalYear, PeriodLength, Whose},
    kernel::{Criteria, Currency, Money},
    lead,
    opportunity::{self, Opportunity},
    pipeline::Pipeline,
    staff_member::StaffMember,
    task::Task,
};

use super::{
    assignments::{dry, leads, queue, set, text},
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    owners::{colleague, of},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        records_of_wins_and_quotas_are_those_of_the_store,
        the_best_record_is_that_of_such_deals,
        a_dry_run_of_every_kind_is_what_is_done_then
    ]
}

async fn records_of_wins_and_quotas_are_those_of_the_store(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let (now, tenant) = (work.now(), work.scope().tenant);
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    let carl = colleague(&mut *work, case, "Carl").await?;
    let people = [anna, ben, carl];
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let eur = |n: i64| Money::new(n.into(), Currency::EUR);
    let shop = work.insert(of(case, None, "Shop")).await?.id;
    // Anna won 3 of 4, Ben 1 of 4, Carl has decided nothing yet.
    for (owner, won, n) in [(anna, true, 3), (anna, false, 1), (ben, true, 1), (ben, false, 3)] {
        for _ in 0..n {
            let mut deal = Opportunity::open(case.id(), "Deal", &pipeline)?;
            (deal.owner_id, deal.amount) = (Some(owner), Some(eur(1_000)?));
            deal.customer_id = Some(shop);
            let id = work.insert(deal).await?.id;
            if won {
                work.opportunities().win(id, now.date(), None).await?;
            } else {
                work.opportunities().lose(id, now.date(), Some("price".into()), None).await?;
            }
        }
    }
    let quarter = FiscalYear::CALENDAR.period_of(now.date(), PeriodLength::Quarter);
    let year = FiscalYear::CALENDAR.period_of(now.date(), PeriodLength::Year);
    let quota = |staff, period, n| {
        let target = crate::target::Target::new(tenant, Whose::Staff(staff), period, eur(n)?);
        Ok::<_, Failure>(target)
    };
    work.insert(quota(anna, quarter, 10_000)?).await?;
    work.insert(quota(anna, year, 900_000)?).await?;
    work.insert(quota(ben, quarter, 9_000)?).await?;
    let mut best = Rule::new("Best", queue(&people, Strategy::BestRecord));
    best.when = lead::REGION.eq("north");
    let left = Rule::new("Left", queue(&people, Strategy::HighestQuotaLeft));
    let rules = vec![best, left];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    leads(&mut *work, case, 2).await?;
    work.commit().await?;
    let told = dry(&mut *case.read().await?, Which::WithoutOwner, now).await?;
    let by = |rule: &str| {
        let of = |one: &&Assignment| {
            one.account.as_ref().is_some_and(|a| a.rules.iter().any(|r| r.rule == rule))
        };
        told.iter().find(of).ok_or_else(|| Failure::new(format!("a lead by {rule}")))
    };
    let to = |to| AssignmentOutcome::Assigned { to };
    let best = by("Best")?;
    same("the best record", best.outcome, to(anna))?;
    claim(text(best)?.contains("best record: 3 of 4 won"), text(best)?)?;
    let left = by("Left")?;
    same("the highest quota left", left.outcome, to(ben))?;
    claim(text(left)?.contains("8,000.00 EUR of the quota left"), text(left)?)?;
    claim(text(left)?.contains("Carl is left out: no quota is known"), text(left)?)
}

async fn the_best_record_is_that_of_such_deals(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let today = work.now().date();
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    let sales = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let other = Pipeline { id: case.id(), name: "Other".into(), ..sales.clone() };
    let other = work.insert(other).await?.into_inner();
    let shop = work.insert(of(case, None, "Shop")).await?.id;
    let eur = |n: i64| Money::new(n.into(), Currency::EUR);
    // Anna wins small ones, Ben large ones, and Anna in the other pipeline.
    for (owner, pipeline, amount, won) in [
        (anna, &sales, 2_000, 9),
        (anna, &sales, 20_000, 1),
        (ben, &sales, 2_000, 1),
        (ben, &sales, 20_000, 6),
        (anna, &other, 20_000, 9),
        (ben, &other, 20_000, 0),
    ] {
        for n in 0..10 {
            let mut deal = Opportunity::open(case.id(), "Deal", pipeline)?;
            (deal.owner_id, deal.amount) = (Some(owner), Some(eur(amount)?));
            deal.customer_id = Some(shop);
            let id = work.insert(deal).await?.id;
            if n < won {
                work.opportunities().win(id, today, None).await?;
            } else {
                work.opportunities().lose(id, today, Some("price".into()), None).await?;
            }
        }
    }
    let of_all = Choice { such: [].into(), ..queue(&[anna, ben], Strategy::BestRecord).remove(0) };
    let mut all = Rule::new("All", vec![of_all]);
    all.when = opportunity::NAME.eq("whatever");
    let such = Rule::new("Such", queue(&[anna, ben], Strategy::BestRecord));
    let rules = vec![all, such];
    set(&mut *work, "Deals", KindRules::Opportunity(RuleSet { rules })).await?;
    for (name, pipeline, amount, who, told) in [
        ("small", &sales, 9_000, anna, "9 of 10 won"),
        ("large", &sales, 10_000, ben, "6 of 10 won"),
        ("elsewhere", &other, 99_000, anna, "9 of 10 won"),
        ("whatever", &sales, 99_000, anna, "19 of 30 won"),
    ] {
        let mut deal = Opportunity::open(case.id(), name, pipeline)?;
        deal.amount = Some(eur(amount)?);
        let id = work.insert(deal).await?.id;
        let given = work.assignments().assign(id, Which::WithoutOwner).await?;
        same(name, given.outcome, AssignmentOutcome::Assigned { to: who })?;
        claim(text(&given)?.contains(told), format!("{} tells {told}", text(&given)?))?;
        let such = "of deals in the same pipeline, from";
        same("what such deals are", text(&given)?.contains(such), name != "whatever")?;
    }
    Ok(())
}

/// What a dry run says of all records of a kind, and what is then done, so many at a time.
async fn both_ways<E: Assigned>(case: &Case, which: Which) -> Held<Vec<Assignment>> {
    let work = case.begin().await?;
    let now = work.now();
    drop(work);
    let mut proposed = Vec::new();
    let mut unit = case.read().await?;
    dry_run_all::<E>(&mut *unit, Criteria::everything(), which, now, None, u64::MAX, |one| {
        proposed.push(one);
        Ok(())
    })
    .await?;
    drop(unit);
    let (mut done, mut after) = (Vec::new(), None);
    loop {
        let mut work = case.begin().await?;
        let everything = Criteria::<E>::everything();
        let page = work.assignments().assign_all(everything, which, after, 5).await?;
        work.commit().await?;
        done.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    same(E::KIND, &done, &proposed)?;
    Ok(done)
}

async fn a_dry_run_of_every_kind_is_what_is_done_then(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let (now, tenant) = (work.now(), work.scope().tenant);
    let mut people = Vec::new();
    for n in 0..3_u32 {
        let mut one = StaffMember::new(case.id(), format!("Colleague {n}"));
        one.capacity.customers = Some(2 + n);
        people.push(work.insert(one).await?.id);
    }
    let eur = |n: i64| Money::new(n.into(), Currency::EUR);
    let year = FiscalYear::CALENDAR.period_of(now.date(), PeriodLength::Year);
    for (who, quota) in people.iter().zip([20_000, 15_000, 10_000]) {
        let whose = Whose::Staff(*who);
        work.insert(crate::target::Target::new(tenant, whose, year, eur(quota)?)).await?;
    }
    let sales = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    for n in 0..12_i64 {
        let mut deal = Opportunity::open(case.id(), format!("Deal {n}"), &sales)?;
        deal.amount = Some(eur(500 * (n + 1))?);
        let deal = work.insert(deal).await?.id;
        work.insert(of(case, None, &format!("Shop {n}"))).await?;
        let mut call = Task::new(case.id(), "Call", now);
        call.opportunity_id = Some(deal);
        work.tasks().add(call).await?;
    }
    let mut large = Rule::new("Large", queue(&people, Strategy::BestRecord));
    large.when = opportunity::AMOUNT.at_least(eur(5_000)?);
    let quota = Rule::new("Quota", queue(&people, Strategy::HighestQuotaLeft));
    let rules = vec![large, quota];
    set(&mut *work, "Deals", KindRules::Opportunity(RuleSet { rules })).await?;
    let rules = vec![Rule::new("Room", queue(&people, Strategy::LeastLoaded))];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    let rules = vec![Rule::new("Turns", queue(&people, Strategy::RoundRobin))];
    set(&mut *work, "Tasks", KindRules::Task(RuleSet { rules })).await?;
    work.commit().await?;
    let given = |all: &[Assignment]| {
        let given = |one: &&Assignment| matches!(one.outcome, AssignmentOutcome::Assigned { .. });
        all.iter().filter(given).count()
    };
    for which in [Which::WithoutOwner, Which::All] {
        same("deals", given(&both_ways::<Opportunity>(case, which).await?), 12)?;
        same("tasks", given(&both_ways::<Task>(case, which).await?), 12)?;
        // Nine have room; of all, those who have one keep it.
        let customers = both_ways::<Customer>(case, which).await?;
        same("customers", given(&customers), 9)?;
    }
    Ok(())
}
