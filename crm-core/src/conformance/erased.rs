//! What is asked of those who were erased: nothing.

use crate::{
    contact::Contact,
    customer::{
        Customer, Inspection, Whose, incomplete_contacts, incomplete_customers,
        incomplete_interactions, inspect, recheck,
    },
    interaction::{Interaction, InteractionState},
    kernel::{ERASED, Entity, ErrorKind, Timestamp},
    settings::{CompletenessRule, Demand},
    store::{Custody, Read, Repository, UnitOfWork, expect},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    marker::{call, organisation, person},
    rules::rule,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        what_was_erased_is_asked_for_nothing,
        a_customer_whose_contact_person_was_erased_lacks_one,
        to_be_called_erased_is_no_way_around_what_must_be_there
    ]
}

async fn what_was_erased_is_asked_for_nothing(case: &Case) -> Held {
    asks(case, Demand::List).await?;
    let mut work = case.begin().await?;
    let one = work.insert(person(case)).await?.id;
    let contact = Contact { customer_id: Some(one), ..Contact::new(case.id(), "Wei") };
    let contact = work.insert(contact).await?.id;
    let open = work.interactions().record(call(case, one)?).await?.id;
    let closed = work.interactions().record(call(case, one)?).await?.id;
    work.interactions().close(closed).await?;
    same("what is incomplete before", found(&mut *work).await?, (1, 1, 1, 1))?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().erase(one).await?;
    same("what is incomplete", found(&mut *work).await?, (0, 0, 0, 0))?;
    work.commit().await?;
    // Nor does anybody ask who looks again, by harder rules.
    asks(case, Demand::Refuse).await?;
    let mut work = case.begin().await?;
    let changed = (
        rechecked::<Customer>(&mut *work).await?,
        rechecked::<Contact>(&mut *work).await?,
        rechecked::<Interaction>(&mut *work).await?,
    );
    same("what says something else now", changed, (0, 0, 0))?;
    same("what is incomplete then", found(&mut *work).await?, (0, 0, 0, 0))?;
    let lists = (
        incomplete_customers(&mut *work, Whose::All, None, 10).await?.items.len(),
        incomplete_contacts(&mut *work, Whose::All, None, 10).await?.items.len(),
        incomplete_interactions(&mut *work, Whose::All, None, 10).await?.items.len(),
    );
    same("what is listed", lists, (0, 0, 0))?;
    let customer = expect(&mut *work, one).await?;
    same("what it lacks", (customer.missing.0.len(), customer.completeness), (0, 100))?;
    let contact = expect(&mut *work, contact).await?;
    same("what they lack", (contact.missing.0.len(), contact.completeness), (0, 100))?;
    for call in [open, closed] {
        let call = expect(&mut *work, call).await?;
        same("what the call lacks", (call.missing.0.len(), call.completeness), (0, 100))?;
    }
    // The day can be closed, and what is left of the customer be changed.
    let day = work.interactions().close_day(Timestamp::MAX, None, &|_| Vec::new()).await?;
    same("what is closed, and left", (day.closed, day.left.len()), (vec![open], 0))?;
    let stored = expect(&mut *work, one).await?;
    work.update(stored.edit(|c| c.employees = Some(1))).await?;
    work.commit().await?;
    let open = expect(&mut *case.read().await?, open).await?;
    claim(matches!(open.state(), InteractionState::Closed { .. }), "it is closed")?;
    same("what it was about", open.subject.as_deref(), Some(ERASED))
}

async fn a_customer_whose_contact_person_was_erased_lacks_one(case: &Case) -> Held {
    rule(case, |rules| {
        rules.completeness.customer = vec![CompletenessRule::all(Demand::List, ["contact_person"])];
    })
    .await?;
    let mut work = case.begin().await?;
    let school = work.insert(organisation(case)).await?.id;
    let wei = Contact { customer_id: Some(school), ..Contact::new(case.id(), "Wei") };
    let wei = work.customers().add_contact(wei).await?.id;
    same("what is incomplete before", found(&mut *work).await?, (0, 0, 0, 0))?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().erase_contact(wei).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let school = expect(&mut *unit, school).await?;
    same("whom to talk to", school.contact_person.as_deref(), None)?;
    same("what it lacks", school.missing.clone(), ["contact_person"].into_iter().collect())?;
    let list = incomplete_customers(&mut *unit, Whose::All, None, 10).await?;
    same("what is listed", list.items.len(), 1)
}

async fn to_be_called_erased_is_no_way_around_what_must_be_there(case: &Case) -> Held {
    asks(case, Demand::Refuse).await?;
    let mut work = case.begin().await?;
    let name = ERASED.to_owned();
    let new = Customer { name: name.clone(), ..organisation(case) };
    fails("a new one", work.insert(new.clone()).await, ErrorKind::Invalid)?;
    fails("in a list", work.insert_all(vec![new]).await, ErrorKind::Invalid)?;
    let contact = Contact::new(case.id(), name.clone());
    fails("a contact", work.insert(contact).await, ErrorKind::Invalid)?;
    let city = Some("Kiel".to_owned());
    let good = work.insert(Customer { city, ..organisation(case) }).await?;
    let both = good.edit(|c| (c.name, c.city) = (name.clone(), None));
    fails("one that is called so", work.update(both).await, ErrorKind::Invalid)?;
    let city = Some("Kiel".to_owned());
    let other = work.insert(Customer { city, ..organisation(case) }).await?.id;
    let mut said = call(case, other)?;
    said.subject = Some(name);
    fails("an interaction", work.insert(said.clone()).await, ErrorKind::Invalid)?;
    let by = work.scope().actor.clone();
    let closed = said.close(work.now(), &by)?;
    fails("a closed one", work.insert(closed).await, ErrorKind::Invalid).map(drop)
}

async fn asks(case: &Case, demand: Demand) -> Held {
    rule(case, |rules| {
        rules.completeness.customer = vec![CompletenessRule::all(demand, ["city"])];
        rules.completeness.contact = vec![CompletenessRule::all(demand, ["email"])];
        rules.completeness.interaction = vec![CompletenessRule::all(demand, ["outcome"])];
    })
    .await
}

/// Incomplete customers, contacts, open and closed interactions.
async fn found(work: &mut (dyn UnitOfWork + '_)) -> Held<(u64, u64, u64, u64)> {
    let Inspection { by_staff, contacts, closed_interactions } = inspect(work).await?;
    let customers = by_staff.iter().map(|count| count.customers).sum();
    let open = by_staff.iter().map(|count| count.interactions).sum();
    Ok((customers, contacts, open, closed_interactions))
}

async fn rechecked<'w, E: Entity>(work: &mut (dyn UnitOfWork + 'w)) -> Held<u64>
where
    dyn UnitOfWork + 'w: Read<E> + Repository<E> + Custody<E>,
{
    Ok(recheck::<E>(work, None, 100).await?.changed)
}
