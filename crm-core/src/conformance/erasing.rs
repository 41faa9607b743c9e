//! A person asks to be erased: nothing that tells of them is left, and all figures are.

use crate::{
    affiliation::Affiliation,
    contact::{self, Contact},
    customer::{self, Customer},
    duplicate,
    interaction::Interaction,
    kernel::{Criteria, Entity},
    merge::MergeCommand,
    opportunity::Opportunity,
    pipeline::Pipeline,
    search::search,
    store::{Append, expect},
    transaction::Transaction,
};

use super::{
    case::{Case, day},
    claim::{Held, claim, same},
    law::Law,
    marker::{MARKER, call, found, having, marked, named, organisation, person},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_person_who_is_erased_is_nowhere,
        a_contact_who_is_erased_is_nowhere,
        a_merge_that_was_undone_tells_nothing_of_the_erased,
        merges_in_a_chain_tell_nothing_of_the_erased,
        changes_between_a_merge_and_its_undoing_tell_nothing_of_the_erased,
        a_contact_person_of_before_is_erased_too,
        a_contact_who_only_took_part_is_erased,
        an_opportunity_tells_nothing_of_the_erased,
        the_erased_are_not_found_and_like_nobody,
        erasing_an_organisation_leaves_its_people
    ]
}

async fn a_person_who_is_erased_is_nowhere(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let one = work.insert(marked(&person(case))?).await?.id;
    let two = work.insert(marked(&person(case))?).await?.id;
    let mut contact = marked(&Contact::new(case.id(), "themselves"))?;
    contact.customer_id = Some(two);
    let contact = work.insert(contact).await?;
    let mut chance = marked(&Opportunity::open(case.id(), "chance", &pipeline)?)?;
    (chance.customer_id, chance.amount) = (Some(two), Some("10 USD".parse()?));
    let chance = work.opportunities().open(chance).await?.id;
    let day = day("2017-12-31")?;
    work.opportunities().win(chance, day, None).await?;
    let call = marked(&call(case, two)?)?;
    let call = work.interactions().record(call).await?.id;
    work.interactions().close(call).await?;
    work.insert(Transaction::new(case.id(), two, day, "5 EUR".parse()?)).await?;
    work.commit().await?;
    // What was changed since is in the log too.
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, two).await?;
    let email = Some(format!("again {MARKER}"));
    work.update(stored.edit(|c| c.email = email)).await?;
    let stored = expect(&mut *work, contact.id).await?;
    work.update(stored.edit(|c| c.title = Some("friend".into()))).await?;
    let mut command = MergeCommand::new(case.id(), one, [two]);
    command.reason = Some(MARKER.into());
    command.choices.insert("email".into(), two);
    let merge = work.customers().merge(command).await?.id;
    work.commit().await?;
    claim(found(case).await? > 0, "the marker is there before")?;

    let mut work = case.begin().await?;
    let erased = work.customers().erase(two).await?;
    same("customers", erased.records.get("customer"), Some(&2))?;
    claim(!erased.organisation_only, "it was a person")?;
    work.commit().await?;
    same("where the marker is left", found(case).await?, 0)?;
    let mut unit = case.read().await?;
    let chance = expect(&mut *unit, chance).await?;
    same("figures", (chance.amount, chance.customer_id), (Some("10 USD".parse()?), Some(one)))?;
    let call = expect(&mut *unit, call).await?;
    same("the skeleton", call.customer_id, one)?;
    same("money", unit.count(Criteria::<Transaction>::everything()).await?, 1)?;
    same("the redirect", customer::resolve(&mut *unit, two).await?, one)?;
    same("the merge", expect(&mut *unit, merge).await?.survivor_id, one)
}

async fn a_contact_who_is_erased_is_nowhere(case: &Case) -> Held {
    let scope = case.anna()?;
    let mut work = case.begin().await?;
    let school = work.insert(organisation(case)).await?.id;
    let second = work.insert(organisation(case)).await?.id;
    let mut wei = marked(&Contact::new(case.id(), "Wei"))?;
    wei.customer_id = Some(school);
    let name = format!("Dr {} {MARKER}", wei.name);
    let wei = work.insert(wei).await?.id;
    let other = work.insert(Contact::new(case.id(), "colleague")).await?.id;
    let part = marked(&Affiliation::between(scope.tenant, wei, second))?;
    work.customers().affiliate(part).await?;
    let mut said = marked(&call(case, school)?)?;
    said.contact_id = Some(wei);
    let said = work.interactions().record(said).await?.id;
    work.interactions().close(said).await?;
    let mut kept = call(case, school)?;
    (kept.contact_id, kept.content) = (Some(other), Some("kept".into()));
    let kept = work.interactions().record(kept).await?.id;
    let stored = expect(&mut *work, second).await?;
    work.update(named(stored, "contact_person", &name)?).await?;
    work.commit().await?;
    claim(found(case).await? > 0, "the marker is there before")?;
    let mut work = case.begin().await?;
    work.customers().erase_contact(wei).await?;
    work.commit().await?;
    same("where the marker is left", found(case).await?, 0)?;
    let mut unit = case.read().await?;
    same("what others said", expect(&mut *unit, kept).await?.content.as_deref(), Some("kept"))?;
    same("where they worked", expect(&mut *unit, wei).await?.customer_id, Some(school))?;
    let name = &expect(&mut *unit, school).await?.name;
    same("the school", name.as_str(), "School")
}

async fn a_merge_that_was_undone_tells_nothing_of_the_erased(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut one = person(case);
    one.notes = Some("stays".into());
    let one = work.insert(one).await?.id;
    let two = work.insert(marked(&person(case))?).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    let merge = work.customers().merge(MergeCommand::new(case.id(), one, [two])).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().unmerge(merge).await?;
    work.commit().await?;
    claim(found(case).await? > 0, "the marker is there before")?;
    let mut work = case.begin().await?;
    work.customers().erase(two).await?;
    work.commit().await?;
    same("where the marker is left", found(case).await?, 0)?;
    let mut unit = case.read().await?;
    same("the other", expect(&mut *unit, one).await?.notes.as_deref(), Some("stays"))
}

async fn merges_in_a_chain_tell_nothing_of_the_erased(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let one = work.insert(person(case)).await?.id;
    let two = work.insert(marked(&person(case))?).await?.id;
    let three = work.insert(person(case)).await?.id;
    let fourth = work.insert(Customer { notes: Some("theirs".into()), ..person(case) }).await?.id;
    let first = work.customers().merge(MergeCommand::new(case.id(), one, [two])).await?.id;
    let second = work.customers().merge(MergeCommand::new(case.id(), three, [one])).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().unmerge(second).await?;
    work.customers().unmerge(first).await?;
    work.commit().await?;
    // Nothing of the erased came here.
    let mut work = case.begin().await?;
    let later = work.customers().merge(MergeCommand::new(case.id(), three, [fourth])).await?.id;
    work.commit().await?;
    claim(found(case).await? > 0, "the marker is there before")?;
    let mut work = case.begin().await?;
    work.customers().erase(two).await?;
    work.customers().unmerge(later).await?;
    same("what came later was undone", expect(&mut *work, three).await?.notes.as_deref(), None)?;
    work.commit().await?;
    same("where the marker is left", found(case).await?, 0)
}

async fn changes_between_a_merge_and_its_undoing_tell_nothing_of_the_erased(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let one = work.insert(Customer { notes: Some("stays".into()), ..person(case) }).await?.id;
    let two = work.insert(Customer { email: Some(MARKER.into()), ..person(case) }).await?.id;
    let merge = work.customers().merge(MergeCommand::new(case.id(), one, [two])).await?.id;
    for email in ["elsewhere", MARKER] {
        let stored = expect(&mut *work, one).await?;
        work.update(stored.edit(|c| c.email = Some(email.into()))).await?;
    }
    let stored = expect(&mut *work, one).await?;
    work.update(stored.edit(|c| c.notes = Some("kept".into()))).await?;
    work.customers().unmerge(merge).await?;
    let stored = expect(&mut *work, one).await?;
    work.update(stored.edit(|c| c.email = Some("since".into()))).await?;
    work.commit().await?;
    claim(found(case).await? > 0, "the marker is there before")?;
    let mut work = case.begin().await?;
    work.customers().erase(two).await?;
    work.commit().await?;
    same("where the marker is left", found(case).await?, 0)?;
    let entries = case.read().await?.history(Customer::KIND, one.uuid(), 0, 100).await?;
    let texts: Vec<_> = entries.iter().flat_map(|e| &e.fields).map(|f| f.to.as_str()).collect();
    for kept in ["stays", "kept", "since"] {
        claim(texts.contains(&Some(kept)), format!("{kept} is their own"))?;
    }
    Ok(())
}

async fn a_contact_person_of_before_is_erased_too(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let replaced = work.insert(organisation(case)).await?.id;
    let former = work.insert(organisation(case)).await?.id;
    let like = work.insert(organisation(case)).await?.id;
    let maiden = format!("Wei {MARKER}");
    let mut wei = Contact::new(case.id(), &maiden);
    wei.customer_id = Some(replaced);
    let wei = work.customers().add_contact(wei).await?;
    let named = expect(&mut *work, replaced).await?.contact_person.clone();
    same("the contact person", named, Some(maiden))?;
    let stored = expect(&mut *work, replaced).await?;
    work.update(stored.edit(|c| c.contact_person = Some("Other".into()))).await?;
    // At the second under the first name, at a third by a merge that was undone.
    let wei = work.update(wei.edit(|c| c.customer_id = Some(former))).await?;
    let stored = expect(&mut *work, former).await?;
    let name = Some(format!("Frau WEI {}", MARKER.to_uppercase()));
    work.update(stored.edit(|c| c.contact_person = name)).await?;
    let merge = work.customers().merge(MergeCommand::new(case.id(), like, [former])).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().unmerge(merge).await?;
    let wei = expect(&mut *work, wei.id).await?;
    let wei = work.update(wei.edit(|c| (c.name, c.customer_id) = ("Married".into(), None))).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let erased = work.customers().erase_contact(wei.id).await?;
    same("who still named them", erased.records.get("customer"), Some(&1))?;
    work.commit().await?;
    for text in [MARKER, &MARKER.to_uppercase(), "Married"] {
        same(&format!("where {text} is left"), having(case, text).await?, 0)?;
    }
    let mut unit = case.read().await?;
    let other = expect(&mut *unit, replaced).await?.contact_person.clone();
    same("who came after", other.as_deref(), Some("Other"))?;
    for school in [replaced, former, like] {
        let created = unit.history(Customer::KIND, school.uuid(), 0, 1).await?;
        let names = created.iter().flat_map(|e| &e.fields).filter(|f| f.field == "name");
        let names: Vec<_> = names.filter_map(|f| f.to.as_str()).collect();
        same("the school's own history", names, vec!["School"])?;
    }
    Ok(())
}

async fn a_contact_who_only_took_part_is_erased(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let school = work.insert(organisation(case)).await?.id;
    let wei = work.insert(Contact::new(case.id(), "Wei")).await?.id;
    let other = work.insert(Contact::new(case.id(), "colleague")).await?.id;
    // More than are looked for at first.
    let (mut calls, one) = (Vec::new(), case.id());
    for n in 0..300 {
        let mut said = call(case, school)?;
        if n == 0 {
            said.id = one;
        }
        (said.contact_id, said.content) = (Some(other), Some(MARKER.into()));
        said.participants.contacts = [wei, other].into();
        calls.push(said);
    }
    let count = calls.len();
    Append::<Interaction>::insert_all(&mut *work, calls).await?;
    work.interactions().close(one).await?;
    let mut kept = call(case, school)?;
    (kept.content, kept.participants.contacts) = (Some("kept".into()), [other].into());
    let kept = work.insert(kept).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    let erased = work.customers().erase_contact(wei).await?;
    let count = u64::try_from(count)?;
    same("interactions", erased.records.get("interaction"), Some(&count))?;
    work.commit().await?;
    same("where the marker is left", found(case).await?, 0)?;
    let mut unit = case.read().await?;
    same("who took part", expect(&mut *unit, one).await?.participants.contacts.len(), 2)?;
    same("what others said", expect(&mut *unit, kept).await?.content.as_deref(), Some("kept"))
}

async fn an_opportunity_tells_nothing_of_the_erased(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let one = work.insert(person(case)).await?.id;
    let day = day("2017-12-31")?;
    let mut chances = Vec::new();
    for won in [true, false] {
        let mut chance = Opportunity::open(case.id(), "chance", &pipeline)?;
        (chance.customer_id, chance.source) = (Some(one), Some(format!("sister {MARKER}")));
        chance.tags = [MARKER.to_owned()].into_iter().collect();
        let chance = work.opportunities().open(chance).await?.id;
        let reason = Some(format!("ill {MARKER}"));
        match won {
            true => work.opportunities().win(chance, day, reason).await?,
            false => work.opportunities().lose(chance, day, reason, Some("Firm".into())).await?,
        };
        chances.push(chance);
    }
    work.commit().await?;
    claim(found(case).await? > 0, "the marker is there before")?;
    let mut work = case.begin().await?;
    work.customers().erase(one).await?;
    work.commit().await?;
    same("where the marker is left", found(case).await?, 0)?;
    let mut unit = case.read().await?;
    for (chance, firm) in chances.into_iter().zip([None, Some("Firm")]) {
        let chance = expect(&mut *unit, chance).await?;
        let state = chance.state();
        let left = (state.closed_on(), state.reason(), state.competitor());
        same("what is left", left, (Some(day), None, firm))?;
    }
    Ok(())
}

async fn the_erased_are_not_found_and_like_nobody(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let one = work.insert(person(case)).await?.id;
    let two = work.insert(person(case)).await?.id;
    let three = work.insert(Contact::new(case.id(), "somebody")).await?.id;
    same("found", search(&mut *work, "somebody", 10).await?.hits.len(), 3)?;
    work.customers().erase(one).await?;
    work.customers().erase(two).await?;
    work.customers().erase_contact(three).await?;
    for text in ["erased", "somebody"] {
        same(text, search(&mut *work, text, 10).await?.hits.len(), 0)?;
    }
    let stored = expect(&mut *work, one).await?.into_inner();
    same("like it", duplicate::find(&mut *work, &stored).await?.found.len(), 0)?;
    same("pairs", duplicate::scan_base(&mut *work).await?.pairs.len(), 0)
}

async fn erasing_an_organisation_leaves_its_people(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let school = work.insert(organisation(case)).await?.id;
    let stored = expect(&mut *work, school).await?;
    work.update(stored.edit(|c| c.email = Some("office@school.example".into()))).await?;
    let mut wei = Contact::new(case.id(), "Wei");
    (wei.customer_id, wei.email) = (Some(school), Some("wei@school.example".into()));
    let wei = work.insert(wei).await?;
    let erased = work.customers().erase(school).await?;
    claim(erased.organisation_only, "it says that only the organisation was erased")?;
    same("what was erased", erased.records.into_iter().collect::<Vec<_>>(), vec![("customer", 1)])?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("its e-mail", expect(&mut *unit, school).await?.email.as_deref(), None)?;
    same("the contact", &*expect(&mut *unit, wei.id).await?, &*wei)?;
    same("contacts", unit.count(contact::CUSTOMER_ID.eq(school)).await?, 1)
}
