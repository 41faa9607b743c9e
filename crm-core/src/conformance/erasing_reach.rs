//! How far erasing reaches: all that tells of the person, and nothing of others.

use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind},
    kernel::Id,
    opportunity::Opportunity,
    pipeline::Pipeline,
    store::{UnitOfWork, expect},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, same},
    law::Law,
    marker::{MARKER, call, found, having, marked, organisation, person},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        opportunities_that_name_a_contact_are_erased_with_them,
        where_somebody_lives_and_comes_from_is_erased
    ]
}

/// By themselves, and with the person they belong to.
async fn opportunities_that_name_a_contact_are_erased_with_them(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    work.commit().await?;
    for with_the_person in [false, true] {
        let mut work = case.begin().await?;
        let school = work.insert(organisation(case)).await?.id;
        let herself = work.insert(person(case)).await?.id;
        let at = if with_the_person { herself } else { school };
        let anna = Contact { customer_id: Some(at), ..Contact::new(case.id(), "Anna") };
        let anna = work.insert(anna).await?.id;
        let other = work.insert(Contact::new(case.id(), "colleague")).await?.id;
        let mut hers = marked(&Opportunity::open(case.id(), "hers", &pipeline)?)?;
        (hers.customer_id, hers.contact_id) = (Some(school), Some(anna));
        let hers = lost(&mut *work, hers, MARKER).await?;
        let mut kept = Vec::new();
        for contact_id in [Some(other), None] {
            let mut chance = Opportunity::open(case.id(), "kept name", &pipeline)?;
            (chance.customer_id, chance.contact_id) = (Some(school), contact_id);
            chance.notes = Some("kept notes".into());
            kept.push(lost(&mut *work, chance, "kept reason").await?);
        }
        let mut said = call(case, school)?;
        (said.contact_id, said.opportunity_id) = (Some(other), Some(hers));
        said.content = Some("kept content".into());
        let said = work.interactions().record(said).await?.id;
        work.commit().await?;
        claim(found(case).await? > 0, "the marker is there before")?;
        let reasons = having(case, "kept reason").await?;
        let mut work = case.begin().await?;
        let erased = match with_the_person {
            true => work.customers().erase(herself).await?,
            false => work.customers().erase_contact(anna).await?,
        };
        same("opportunities", erased.records.get("opportunity"), Some(&1))?;
        work.commit().await?;
        same("where the marker is left", found(case).await?, 0)?;
        same("where reasons of others are left", having(case, "kept reason").await?, reasons)?;
        let mut unit = case.read().await?;
        let hers = expect(&mut *unit, hers).await?;
        let figures = (hers.amount, hers.customer_id, hers.contact_id, hers.state().closed_on());
        let expected =
            (Some("10 USD".parse()?), Some(school), Some(anna), Some(day("2017-12-31")?));
        same("figures", figures, expected)?;
        for id in kept {
            let chance = expect(&mut *unit, id).await?;
            let left = (chance.name.as_str(), chance.notes.as_deref(), chance.state().reason());
            same("the others", left, ("kept name", Some("kept notes"), Some("kept reason")))?;
        }
        let content = expect(&mut *unit, said).await?.content.clone();
        same("what others said", content.as_deref(), Some("kept content"))?;
    }
    Ok(())
}

async fn where_somebody_lives_and_comes_from_is_erased(case: &Case) -> Held {
    for new in [person(case), organisation(case)] {
        let mut work = case.begin().await?;
        let word = || Some(MARKER.to_owned());
        let employees = (new.kind == CustomerKind::Organisation).then_some(12);
        let new = Customer {
            city: word(),
            region: word(),
            source: word(),
            country: Some("SE".parse()?),
            category: Some("dealer".into()),
            industry: Some("books".into()),
            yearly_revenue: Some("1000 SEK".parse()?),
            lifecycle_stage: "customer".into(),
            employees,
            ..new
        };
        let one = work.insert(new.clone()).await?.id;
        let anna = Contact { department: word(), ..Contact::new(case.id(), "Anna") };
        let anna = work.insert(anna).await?.id;
        work.commit().await?;
        claim(found(case).await? > 0, "the marker is there before")?;
        let mut work = case.begin().await?;
        work.customers().erase(one).await?;
        work.customers().erase_contact(anna).await?;
        work.commit().await?;
        same("where the marker is left", found(case).await?, 0)?;
        let left = expect(&mut *case.read().await?, one).await?.into_inner();
        let figures = |of: &Customer| {
            let words = (of.category.clone(), of.industry.clone(), of.lifecycle_stage.clone());
            (of.kind, of.country, of.yearly_revenue, of.employees, words)
        };
        same("figures", figures(&left), figures(&new))?;
    }
    Ok(())
}

/// Opens an opportunity of 10 USD, and loses it.
async fn lost(
    work: &mut (dyn UnitOfWork + '_),
    mut chance: Opportunity,
    reason: &str,
) -> Held<Id<Opportunity>> {
    chance.amount = Some("10 USD".parse()?);
    let chance = work.opportunities().open(chance).await?.id;
    let day = day("2017-12-31")?;
    work.opportunities().lose(chance, day, Some(reason.to_owned()), None).await?;
    Ok(chance)
}
