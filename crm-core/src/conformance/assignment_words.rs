//! What explanations of assignments say of other records.

use crate::{
    absence::Absence,
    assignment::{Assignment, KindRules, Rule, RuleSet, Strategy, Which, dry_run_all, in_words},
    kernel::{Criteria, Timestamp},
    opportunity::{self, Opportunity},
    org::{Span, WeeklyHours},
    pipeline::Pipeline,
    product::Product,
    store::expect,
    working_calendar::WorkingCalendar,
};

use super::{
    assignments::{queue, set, text},
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    law::Law,
    owners::colleague,
};

pub(super) fn laws() -> Vec<Law> {
    laws![explanations_name_records_and_say_who_is_back_when]
}

async fn explanations_name_records_and_say_who_is_back_when(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    let carl = colleague(&mut *work, case, "Carl").await?;
    let dora = colleague(&mut *work, case, "Dora").await?;
    let hours = WeeklyHours::weekdays(&[Span::new("09:00", "17:00").map_err(Failure::new)?]);
    let zone = "Australia/Sydney".parse().map_err(|wrong: String| Failure::new(wrong))?;
    let sydney = WorkingCalendar::new(case.id(), "Sydney", zone, hours);
    let sydney = work.insert(sydney).await?.id;
    let stored = expect(&mut *work, ben).await?;
    work.update(stored.edit(|ben| ben.calendar_id = Some(sydney))).await?;
    // Ben's deputy is absent too: hers stands in. On Monday at nine in Sydney it is Sunday in UTC.
    let friday = day("2026-06-05")?;
    for (who, deputy) in [(ben, carl), (carl, dora)] {
        let leave = Absence::leave(case.id(), who, friday, friday);
        work.insert(Absence { deputy_id: Some(deputy), ..leave }).await?;
    }
    let atlas = work.insert(Product::new(case.id(), "Atlas")).await?.id;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let mut deal = Opportunity::open(case.id(), "Deal", &pipeline)?;
    deal.product_id = Some(atlas);
    work.insert(deal).await?;
    let mut rule = Rule::new("Atlas", queue(&[anna, ben], Strategy::RoundRobin));
    rule.when = opportunity::PRODUCT_ID.eq(atlas);
    let asked = rule.when.clone();
    set(&mut *work, "Deals", KindRules::Opportunity(RuleSet { rules: vec![rule] })).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let mut told: Vec<Assignment> = Vec::new();
    let at: Timestamp = "2026-06-05T01:00:00Z".parse()?;
    let all = Criteria::<Opportunity>::everything();
    dry_run_all(&mut *unit, all, Which::WithoutOwner, at, None, 10, |one| {
        told.push(one);
        Ok(())
    })
    .await?;
    let one = told.first().ok_or_else(|| Failure::new("the deal"))?;
    let text = text(one)?;
    claim(text.contains("matched (product Atlas)"), text)?;
    claim(text.contains("Ben is away until 8 June 2026 (leave; Dora stands in)"), text)?;
    same("in words", in_words(&mut *unit, &asked).await?, "product Atlas".to_owned())
}
