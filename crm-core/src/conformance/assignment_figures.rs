//! Assignment by figures of the house: wins and quotas.

use crate::{
    assignment::{Assignment, AssignmentOutcome, KindRules, Rule, RuleSet, Strategy, Which},
    forecast::{FiscalYear, PeriodLength, Whose},
    kernel::{Currency, Money},
    lead,
    opportunity::Opportunity,
    pipeline::Pipeline,
};

use super::{
    assignments::{dry, leads, queue, set, text},
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    owners::{colleague, of},
};

pub(super) fn laws() -> Vec<Law> {
    laws![records_of_wins_and_quotas_are_those_of_the_store]
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
