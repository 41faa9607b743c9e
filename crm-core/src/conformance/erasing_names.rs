//! The names of those who are erased, where others have them: gone, and nobody else's with them.

use crate::{
    affiliation::Affiliation,
    contact::Contact,
    customer::{self, Customer},
    import::{ImportKind, ImportOptions, Importer, Mapping, Outcome, Row},
    kernel::{Criteria, ERASED, Entity, Id, Stored},
    merge::MergeCommand,
    search::search,
    store::{UnitOfWork, expect, find_one},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    marker::{MARKER, call, found, having, organisation, person},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_name_within_the_name_of_another_stays,
        a_contact_person_is_known_by_whole_words_in_any_order,
        a_person_who_is_erased_is_no_contact_person_elsewhere,
        a_contact_person_of_a_merged_customer_is_erased,
        a_name_that_was_erased_is_imported_anew
    ]
}

async fn a_name_within_the_name_of_another_stays(case: &Case) -> Held {
    for (name, other) in [
        ("Li", "Oliver Collins"),
        ("An", "Hannah Lang"),
        ("Bo", "Deborah Abbott"),
        ("Al An", "Alan Bond"),
        ("Anna Lindberg", "Anna Lind"),
        ("王伟", "王伟明"),
        ("伟明", "王伟明"),
    ] {
        let (school, contact) = beside(case, Contact::new(case.id(), name), other).await?;
        let mut work = case.begin().await?;
        let erased = work.customers().erase_contact(contact).await?;
        same("customers that named them", erased.records.get("customer"), None)?;
        work.commit().await?;
        let kept = expect(&mut *case.read().await?, school).await?.contact_person.clone();
        same("who is named", kept.as_deref(), Some(other))?;
        let entries = case.read().await?.history(Customer::KIND, school.uuid(), 0, 100).await?;
        let told = entries.iter().flat_map(|e| &e.fields).any(|f| f.to.as_str() == Some(other));
        claim(told, format!("the log tells of {other}"))?;
    }
    Ok(())
}

async fn a_contact_person_is_known_by_whole_words_in_any_order(case: &Case) -> Held {
    for (name, given, family, text) in [
        ("Li", "", "", "Frau LI"),
        ("Anna Lindberg", "", "", "Lindberg, Anna"),
        ("Dr. Anna Maria Lindberg", "Anna", "Lindberg", "Lindberg, Anna"),
        ("Jörg Müller", "", "", "Herr MULLER, Jorg"),
        ("Wei", "伟", "王", "王偉 经理"),
        ("王伟", "", "", "王 伟先生"),
        ("山田 太郎", "", "", "山田太郎様"),
    ] {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (given_name, family_name) = (said(given), said(family));
        let contact = Contact { given_name, family_name, ..Contact::new(case.id(), name) };
        let (school, contact) = beside(case, contact, text).await?;
        claim(having(case, text).await? > 0, format!("{text} is there before"))?;
        let mut work = case.begin().await?;
        work.customers().erase_contact(contact).await?;
        work.commit().await?;
        same(&format!("where {text} is left"), having(case, text).await?, 0)?;
        let named = expect(&mut *case.read().await?, school).await?.contact_person.clone();
        same("who is named", named, None)?;
    }
    Ok(())
}

async fn a_person_who_is_erased_is_no_contact_person_elsewhere(case: &Case) -> Held {
    let scope = case.anna()?;
    let name = format!("Anna {MARKER}");
    let mut work = case.begin().await?;
    let school = work.insert(organisation(case)).await?.id;
    let former = work.insert(organisation(case)).await?.id;
    let contact = Contact { customer_id: Some(school), ..Contact::new(case.id(), &name) };
    let anna = work.customers().add_contact(contact).await?.id;
    let stored = expect(&mut *work, former).await?;
    let text = Some(format!("{}, Anna", MARKER.to_uppercase()));
    let stored = work.update(stored.edit(|c| c.contact_person = text)).await?;
    work.commit().await?;
    // Since then she is a customer herself, and elsewhere another one is asked for.
    let mut work = case.begin().await?;
    work.update(stored.edit(|c| c.contact_person = Some("Oliver Collins".into()))).await?;
    let herself = work.insert(Customer { name: name.clone(), ..person(case) }).await?.id;
    let stored = expect(&mut *work, anna).await?;
    work.update(stored.edit(|c| c.customer_id = Some(herself))).await?;
    for at in [school, former] {
        let part = Affiliation::between(scope.tenant, anna, at);
        work.customers().affiliate(part).await?;
    }
    let mut said = call(case, school)?;
    said.content = Some("kept".into());
    let said = work.interactions().record(said).await?.id;
    work.commit().await?;
    claim(found(case).await? > 0, "the marker is there before")?;
    let mut work = case.begin().await?;
    let erased = work.customers().erase(herself).await?;
    same("herself, and the school", erased.records.get("customer"), Some(&2))?;
    work.commit().await?;
    for text in [MARKER, &MARKER.to_uppercase()] {
        same(&format!("where {text} is left"), having(case, text).await?, 0)?;
    }
    let mut work = case.begin().await?;
    same("found", search(&mut *work, MARKER, 10).await?.hits.len(), 0)?;
    let other = expect(&mut *work, former).await?.contact_person.clone();
    same("who came after", other.as_deref(), Some("Oliver Collins"))?;
    let school = expect(&mut *work, school).await?;
    same("the school", (school.name.as_str(), &school.contact_person), ("School", &None))?;
    let said = expect(&mut *work, said).await?.content.clone();
    same("what was said there", said.as_deref(), Some("kept"))
}

async fn a_contact_person_of_a_merged_customer_is_erased(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let one = work.insert(organisation(case)).await?.id;
    let two = work.insert(organisation(case)).await?.id;
    let wei = Contact { customer_id: Some(two), ..Contact::new(case.id(), MARKER) };
    let wei = work.customers().add_contact(wei).await?.id;
    work.customers().merge(MergeCommand::new(case.id(), one, [two])).await?;
    work.commit().await?;
    claim(found(case).await? > 0, "the marker is there before")?;
    let mut work = case.begin().await?;
    let erased = work.customers().erase_contact(wei).await?;
    same("who named them", erased.records.get("customer"), Some(&2))?;
    work.commit().await?;
    same("where the marker is left", found(case).await?, 0)?;
    same("the redirect", customer::resolve(&mut *case.read().await?, two).await?, one)
}

async fn a_name_that_was_erased_is_imported_anew(case: &Case) -> Held {
    let mut ids: Vec<Id<Customer>> = Vec::new();
    for _ in 0..3 {
        same("the rows", import(case).await?, "NN")?;
        same("the rows again", import(case).await?, "uu")?;
        let mut work = case.begin().await?;
        let [bo, shop] = [called(&mut *work, "Bo Lind").await?, called(&mut *work, "Shop").await?];
        same("where he lives", bo.city.as_deref(), Some("Kiel"))?;
        same("whose shop it is", shop.parent_id, Some(bo.id))?;
        ids.push(bo.id);
        for id in [bo.id, shop.id] {
            work.customers().erase(id).await?;
        }
        work.commit().await?;
    }
    let mut unit = case.read().await?;
    for id in &ids {
        same("who was erased", expect(&mut *unit, *id).await?.name.as_str(), ERASED)?;
    }
    same("records", unit.count(Criteria::<Customer>::everything()).await?, 6)?;
    ids.sort();
    ids.dedup();
    same("people", ids.len(), 3)?;
    drop(unit);
    // A name that was given up is another matter.
    same("the rows", import(case).await?, "NN")?;
    let mut work = case.begin().await?;
    let bo = called(&mut *work, "Bo Lind").await?;
    work.update(bo.edit(|c| c.name = "Bo Berg".into())).await?;
    work.commit().await?;
    same("the rows after it", import(case).await?, "Ru")
}

async fn called(work: &mut (dyn UnitOfWork + '_), name: &str) -> Held<Stored<Customer>> {
    let stored = find_one(work, customer::NAME.eq(name)).await?;
    stored.ok_or_else(|| Failure::new(format!("nobody is called {name}")))
}

/// A school whose contact person is called so, and a contact there.
async fn beside(case: &Case, contact: Contact, named: &str) -> Held<(Id<Customer>, Id<Contact>)> {
    let mut work = case.begin().await?;
    let contact_person = Some(named.to_owned());
    let school = work.insert(Customer { contact_person, ..organisation(case) }).await?.id;
    let contact = work.insert(Contact { customer_id: Some(school), ..contact }).await?.id;
    work.commit().await?;
    Ok((school, contact))
}

/// A person without an external id, and a shop that stands below; a letter for each row.
async fn import(case: &Case) -> Held<String> {
    let cells = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let rows = [cells(["Bo Lind", "Kiel", ""]), cells(["Shop", "", "Bo Lind"])];
    let rows: Vec<_> =
        rows.into_iter().zip(2..).map(|(cells, line)| Row { line, cells, occurrence: 0 }).collect();
    let mapping = Mapping::new(ImportKind::Customers);
    let header = cells(["name", "city", "parent"]);
    let mut importer = Importer::new(&mapping, &header, ImportOptions::default())?;
    let mut work = case.begin().await?;
    let outcomes = importer.batch(&mut *work, &rows).await?;
    work.commit().await?;
    let letter = |outcome: &Outcome| match outcome {
        Outcome::New => 'N',
        Outcome::Unchanged => 'u',
        Outcome::Refused(_) => 'R',
        _ => '?',
    };
    Ok(outcomes.iter().map(|one| letter(&one.outcome)).collect())
}
