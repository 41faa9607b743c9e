//! What holds although somebody goes around it.

use serde_json::json;

use crate::{
    contact::Contact,
    customer::{self, Customer, CustomerKind, inspect},
    interaction::{Interaction, InteractionState},
    kernel::{ErrorKind, Stored, Timestamp},
    merge::MergeCommand,
    settings::{CompletenessRule, Demand},
    store::{CUSTODIAN, expect},
    task::Task,
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    follower::written,
    interactions::recorded_anew,
    law::Law,
    rules::{acme, rule},
    setting::a_customer,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        what_is_final_is_final_whatever_the_caller_says_it_was,
        a_change_is_logged_from_what_was_stored,
        the_archive_is_no_way_around_what_must_be_there,
        a_new_customer_is_merged_into_nobody,
        nothing_is_closed_that_lacks_what_must_be_there,
        what_cannot_be_an_address_or_a_number_is_not_added,
    ]
}

async fn what_is_final_is_final_whatever_the_caller_says_it_was(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    let call = work.interactions().record(recorded_anew(case.id(), customer)?).await?;
    let closed = work.interactions().close(call.id).await?;
    let now = work.now();
    let task = work.tasks().add(Task::new(case.id(), "call back", now)).await?;
    let done = work.tasks().complete(task.id, None).await?.task;
    let mut both = Vec::new();
    for name in ["one", "other"] {
        let new = Customer::new(case.id(), CustomerKind::Organisation, name);
        both.push(work.insert(new).await?);
    }
    let (one, other) = (both.remove(0), both.remove(0));
    work.customers().merge(MergeCommand::new(case.id(), one.id, [other.id])).await?;
    let merged = expect(&mut *work, other.id).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let forged_from = call.clone();
    let mut rewritten: Interaction = (*call).clone();
    rewritten.content = Some("rewritten".into());
    let forged = Stored::loaded(call.into_inner(), closed.version());
    let answer = work.update(forged.edit(|c| c.content = Some("rewritten".into()))).await;
    fails("a closed interaction", answer, ErrorKind::Refused)?;
    let read = expect(&mut *work, closed.id).await?;
    let open = Stored::loaded((*forged_from).clone(), read.version());
    let over = read.edit(|c| *c = rewritten).over(open)?;
    fails("a closed interaction over an open one", work.update(over).await, ErrorKind::Refused)?;
    let forged = Stored::loaded(task.into_inner(), done.version());
    let answer = work.update(forged.edit(|t| t.title = "rewritten".into())).await;
    fails("a task that is done", answer, ErrorKind::Refused)?;
    let forged = Stored::loaded(other.into_inner(), merged.version());
    let answer = work.update(forged.edit(|c| c.name = "rewritten".into())).await;
    fails("a merged customer", answer, ErrorKind::Refused)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("the interaction", &*expect(&mut *unit, closed.id).await?, &*closed)?;
    same("the task", &*expect(&mut *unit, done.id).await?, &*done)?;
    same("the customer", &*expect(&mut *unit, merged.id).await?, &*merged)
}

async fn a_change_is_logged_from_what_was_stored(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let stored = work.insert(acme(case)).await?;
    let told = Customer { name: "Never".into(), city: Some("Nowhere".into()), ..(*stored).clone() };
    let forged = Stored::loaded(told, 1).edit(|c| c.city = Some("Kiel".into()));
    let written_now = work.update(forged).await?;
    same("the name", &*written_now.name, "Never")?;
    let id = stored.id;
    work.commit().await?;
    let read = expect(&mut *case.read().await?, id).await?;
    same("the record as it is read", &*read, &*written_now)?;
    let last = written(case, id).await?.pop();
    let fields = last.map(|change| change.fields).unwrap_or_default();
    let from = |name: &str| fields.iter().find(|f| f.field == name).map(|f| f.from.clone());
    same("the name it had", from("name"), Some(json!(stored.name)))?;
    same("the city it had", from("city"), Some(json!(null)))
}

async fn the_archive_is_no_way_around_what_must_be_there(case: &Case) -> Held {
    rule(case, |rules| {
        rules.completeness.customer = vec![CompletenessRule::all(Demand::Refuse, ["city"])];
        rules.completeness.contact = vec![CompletenessRule::all(Demand::Refuse, ["email"])];
    })
    .await?;
    let mut work = case.begin().await?;
    let archived_at = Some(work.now());
    let new = Customer { archived_at, ..acme(case) };
    fails("one that is archived", work.insert(new.clone()).await, ErrorKind::Invalid)?;
    fails("in a list", work.insert_all(vec![new.clone()]).await, ErrorKind::Invalid)?;
    let contact = Contact { archived_at, ..Contact::new(case.id(), "Ann") };
    fails("a contact", work.insert(contact).await, ErrorKind::Invalid)?;
    let stored = work.insert(Customer { city: Some("Kiel".into()), ..new }).await?;
    let emptied = work.update(stored.edit(|c| c.city = None)).await?;
    let restored = work.customers().restore(emptied.id).await;
    let error = fails("to restore it", restored, ErrorKind::Invalid)?.to_string();
    claim(error.contains("customer, city:"), format!("it is not named: {error}"))?;
    let edited = work.update(emptied.edit(|c| c.archived_at = None)).await;
    fails("to restore it by an edit", edited, ErrorKind::Invalid).map(drop)
}

async fn a_new_customer_is_merged_into_nobody(case: &Case) -> Held {
    let other = a_customer(case).await?;
    let mut work = case.begin().await?;
    let new = Customer { merged_into: Some(other), ..acme(case) };
    let answer = work.insert(new.clone()).await;
    let error = fails("a merged one", answer, ErrorKind::Invalid)?.to_string();
    claim(error.contains("merged_into"), format!("it is not named: {error}"))?;
    fails("in a list", work.insert_all(vec![new.clone()]).await, ErrorKind::Invalid)?;
    fails("by the verb", work.customers().add(new).await, ErrorKind::Invalid)?;
    // Nor does a merge lead to nothing.
    let (field, nowhere) = (customer::MERGED_INTO.spec(), case.id::<Customer>().uuid());
    let answer = work.refile(&CUSTODIAN, field, vec![other], None, Some(nowhere)).await;
    fails("to lead to nothing", answer, ErrorKind::Missing).map(drop)
}

async fn nothing_is_closed_that_lacks_what_must_be_there(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    let mut calls = Vec::new();
    for outcome in [None, None, Some("an order")] {
        let mut new = recorded_anew(case.id(), customer)?;
        new.outcome = outcome.map(str::to_owned);
        calls.push(work.interactions().record(new).await?.id);
    }
    work.commit().await?;
    // The rules come later than the records: what these say of themselves is not asked.
    rule(case, |rules| {
        rules.completeness.interaction = vec![CompletenessRule::all(Demand::Refuse, ["outcome"])];
    })
    .await?;
    let mut work = case.begin().await?;
    let answer = work.interactions().close(calls[0]).await;
    let error = fails("to close it", answer, ErrorKind::Invalid)?.to_string();
    claim(error.contains("interaction, outcome:"), format!("it is not named: {error}"))?;
    let by = work.scope().actor.clone();
    let new = recorded_anew(case.id(), customer)?.close(work.now(), &by)?;
    fails("a closed one", work.insert(new).await, ErrorKind::Invalid)?;
    let day = work.interactions().close_day(Timestamp::MAX, None, &|_| Vec::new()).await?;
    same("what is closed", day.closed, vec![calls[2]])?;
    let mut left: Vec<_> = day.left.into_iter().map(|(call, what)| (call.id, what)).collect();
    left.sort();
    let mut open = [calls[0], calls[1]];
    open.sort();
    let lacks: Vec<_> = open.iter().map(|id| (*id, vec!["outcome".to_owned()])).collect();
    same("what is left", left, lacks)?;
    work.commit().await?;
    // What is only listed does not stand against closing one; it is counted apart.
    rule(case, |rules| {
        rules.completeness.interaction = vec![CompletenessRule::all(Demand::List, ["outcome"])];
    })
    .await?;
    let mut work = case.begin().await?;
    let day = work.interactions().close_day(Timestamp::MAX, None, &|_| Vec::new()).await?;
    same("what is closed, and left", (day.closed.len(), day.left.len()), (0, 2))?;
    let closed: Stored<Interaction> = work.interactions().close(calls[0]).await?;
    claim(*closed.state() != InteractionState::Open, "it is not closed")?;
    work.interactions().revise(calls[1], |call| call.minutes = Some(1)).await?;
    let found = inspect(&mut *work).await?;
    let open: u64 = found.by_staff.iter().map(|count| count.interactions).sum();
    same("incomplete ones, open and closed", (open, found.closed_interactions), (1, 1))
}

async fn what_cannot_be_an_address_or_a_number_is_not_added(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let phones = |number: &str| serde_json::from_value(json!([{"kind": "work", "number": number}]));
    let (email, tax_number) = (Some("anna@".to_owned()), Some("DE 12345678".to_owned()));
    let bad = [
        ("email", Customer { email: email.clone(), ..acme(case) }),
        ("phones", Customer { phones: phones("call me")?, ..acme(case) }),
        ("fax", Customer { fax: Some("none".into()), ..acme(case) }),
        ("tax_number", Customer { tax_number, ..acme(case) }),
        ("tax_number", Customer { tax_number: Some("DE12".into()), ..acme(case) }),
        ("tax_number", Customer { tax_number: Some("DE1234".into()), ..acme(case) }),
    ];
    for (field, new) in bad {
        let answer = work.customers().add(new.clone()).await;
        let error = fails(field, answer, ErrorKind::Invalid)?.to_string();
        let named = error.contains(&format!("customer, {field}:")) && error.contains(" like ");
        claim(named, format!("{field} is not named, or there is no example: {error}"))?;
        // A plain insert keeps what it is given.
        work.insert(new).await?;
    }
    let ann = Contact::new(case.id(), "Ann");
    for (field, new) in [
        ("email", Contact { email, ..ann.clone() }),
        ("phones", Contact { phones: phones("call me")?, ..ann.clone() }),
    ] {
        let answer = work.customers().add_contact(new).await;
        let error = fails(field, answer, ErrorKind::Invalid)?.to_string();
        let named = error.contains(&format!("contact, {field}:"));
        claim(named, format!("{field} is not named: {error}"))?;
    }
    // What nobody can dial is a number all the same, and an empty text says nothing.
    let mut good = acme(case);
    (good.email, good.fax) = (Some("Anna@BÜCHER.example".into()), Some(String::new()));
    good.phones = phones("(415) 555-0134")?;
    let kept = work.customers().add(good.clone()).await?.customer;
    same("the address as it was written", &kept.email, &good.email)?;
    let again = work.customers().add(good).await?.customer;
    same("the same again", again.version(), 1)
}
