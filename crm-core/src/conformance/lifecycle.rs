use crate::{
    contact::Contact,
    customer::{self, Customer, CustomerKind, LifecycleStep, lifecycle_history},
    import::{ImportKind, Outcome},
    kernel::{Criteria, ErrorKind, Id},
    settings::{Lifecycle, LifecycleMove, LifecycleStage},
    store::{expect, find_one},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    old_ids::outcomes,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_customer_begins_where_the_house_says,
        a_customer_moves_as_the_house_allows,
        what_is_archived_is_put_away_and_taken_back,
        the_first_contact_is_the_contact_person
    ]
}

async fn a_customer_begins_where_the_house_says(case: &Case) -> Held {
    let stage = |key: &str| LifecycleStage { key: key.into(), name: key.into() };
    let own = Lifecycle {
        stages: vec![stage("kunde"), stage("anfrage")],
        initial: "anfrage".into(),
        moves: vec![LifecycleMove { from: "anfrage".into(), to: "kunde".into() }],
    };
    let houses = [
        (None, "prospect", "anything"),
        (Some(Lifecycle::default()), "lead", "lost"),
        (Some(own), "anfrage", "kunde"),
    ];
    let mut sent: Vec<(Customer, String)> = Vec::new();
    for (lifecycle, initial, other) in houses {
        let mut work = case.begin().await?;
        work.settings().change(|rules| rules.lifecycle = lifecycle).await?;
        // What was sent before is the same, whatever the house says since.
        for (new, began) in &sent {
            let again = work.customers().add(new.clone()).await?.customer;
            same("sent again", &again.lifecycle_stage, began)?;
            let other = Customer { lifecycle_stage: "other".into(), ..new.clone() };
            let answer = work.customers().add(other).await;
            fails("another one", answer, ErrorKind::Duplicate)?;
        }
        for blank in ["", " "] {
            let mut new = Customer::new(case.id(), CustomerKind::Organisation, initial);
            new.lifecycle_stage = blank.into();
            let stored = work.customers().add(new.clone()).await?.customer;
            same("where it begins", stored.lifecycle_stage.as_str(), initial)?;
            sent.push((new, initial.to_owned()));
        }
        let all = (0..2).map(|_| Customer::new(case.id(), CustomerKind::Person, initial));
        for stored in work.insert_all(all.collect()).await? {
            same("of a list", stored.lifecycle_stage.as_str(), initial)?;
        }
        let mut new = Customer::new(case.id(), CustomerKind::Person, "Old friend");
        new.lifecycle_stage = other.into();
        let stored = work.customers().add(new.clone()).await?.customer;
        same("where it is", stored.lifecycle_stage.as_str(), other)?;
        let emptied = work.update(stored.edit(|one| one.lifecycle_stage.clear())).await?;
        same("where it stays", (emptied.lifecycle_stage.as_str(), emptied.version()), (other, 1))?;
        work.commit().await?;

        let rows = format!("name|lifecycle_stage\nImported {initial}|\nOther {initial}|{other}");
        let told = outcomes(case, ImportKind::Customers, &rows).await?;
        same("rows", told, vec![Outcome::New, Outcome::New])?;
        let told = outcomes(case, ImportKind::Customers, &rows).await?;
        same("again", told, vec![Outcome::Unchanged, Outcome::Unchanged])?;
        let mut unit = case.read().await?;
        for (name, stage) in [("Imported", initial), ("Other", other)] {
            let named = customer::NAME.eq(format!("{name} {initial}"));
            let stored = find_one(&mut *unit, named).await?;
            same(name, stored.as_ref().map(|one| one.lifecycle_stage.as_str()), Some(stage))?;
        }
    }
    // Also once it moved on.
    let mut work = case.begin().await?;
    if let Some((new, _)) = sent.last() {
        work.customers().move_to(new.id, "kunde").await?;
        let again = work.customers().add(new.clone()).await?.customer;
        same("sent again", (again.lifecycle_stage.as_str(), again.version()), ("kunde", 2))?;
    }
    Ok(())
}

async fn a_customer_moves_as_the_house_allows(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let id = added(&mut work, case).await?;
    work.settings()
        .change(|rules| {
            let mut lifecycle = Lifecycle::default();
            for (from, to) in [("prospect", "customer"), ("customer", "dormant")] {
                lifecycle.moves.push(LifecycleMove { from: from.into(), to: to.into() });
            }
            rules.lifecycle = Some(lifecycle);
        })
        .await?;
    work.customers().move_to(id, "customer").await?;
    let refused = work.customers().move_to(id, "lost").await;
    let words = fails("a move that is not allowed", refused, ErrorKind::Refused)?.to_string();
    claim(words.contains("dormant"), format!("it does not say where it may go: {words}"))?;
    // Not by an edit either.
    let edited = expect(&mut *work, id).await?.edit(|c| c.lifecycle_stage = "lead".into());
    fails("an edit to another stage", work.update(edited).await, ErrorKind::Refused)?;
    let unknown = expect(&mut *work, id).await?.edit(|c| c.lifecycle_stage = "friend".into());
    fails("a stage nobody knows", work.update(unknown).await, ErrorKind::Invalid)?;
    work.customers().move_to(id, "dormant").await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let history = lifecycle_history(&mut *unit, id).await?;
    let steps: Vec<_> = history
        .iter()
        .map(|LifecycleStep { from, to, by, .. }| (from.as_deref(), to.as_str(), by.as_str()))
        .collect();
    let expected = [
        (None, "prospect", "anna"),
        (Some("prospect"), "customer", "anna"),
        (Some("customer"), "dormant", "anna"),
    ];
    same("its steps", steps.as_slice(), expected.as_slice())
}

async fn what_is_archived_is_put_away_and_taken_back(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let id = added(&mut work, case).await?;
    let archived = work.customers().archive(id).await?;
    claim(archived.archived_at.is_some(), "it does not say when")?;
    let again = work.customers().archive(id).await?;
    same("once more", (again.archived_at, again.version()), (archived.archived_at, 2))?;
    let restored = work.customers().restore(id).await?;
    same("restored", (restored.archived_at, restored.version()), (None, 3))?;
    same("once more", work.customers().restore(id).await?.version(), 3)?;
    let nobody: Id<Customer> = case.id();
    fails("to archive nobody", work.customers().archive(nobody).await, ErrorKind::Missing)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("customers", unit.count(Criteria::<Customer>::everything()).await?, 1)
}

async fn the_first_contact_is_the_contact_person(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let id = added(&mut work, case).await?;
    for name in ["Dr Wei", "Ms Li"] {
        let mut contact = Contact::new(case.id(), name);
        contact.customer_id = Some(id);
        let first = work.customers().add_contact(contact.clone()).await?;
        let again = work.customers().add_contact(contact).await?;
        same("sent again", again, first)?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let customer = expect(&mut *unit, id).await?;
    same("the contact person", customer.contact_person.as_deref(), Some("Dr Wei"))?;
    same("contacts", unit.count(Criteria::<Contact>::everything()).await?, 2)
}

async fn added(
    work: &mut Box<dyn crate::store::UnitOfWork + '_>,
    case: &Case,
) -> Held<Id<Customer>> {
    let new = Customer::new(case.id(), CustomerKind::Organisation, "Acme");
    Ok(work.customers().add(new).await?.customer.id)
}
