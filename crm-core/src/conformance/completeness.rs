//! What the house asks of records, on every path.

use serde_json::json;

use crate::{
    contact::Contact,
    customer::{Customer, Whose, incomplete_contacts, incomplete_customers, inspect, recheck},
    interaction::{Channel, Direction, Interaction},
    kernel::{CustomValue, ErrorKind, Stored},
    merge::MergeCommand,
    opportunity::Opportunity,
    pipeline::Pipeline,
    settings::{CompletenessPolicy, CompletenessRule, DeclaredField, DeclaredType, Demand},
    staff_member::StaffMember,
    store::{ensure, expect},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    rules::{acme, rule},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        what_is_refused_names_all_that_is_missing,
        an_old_record_can_be_changed_whatever_is_refused_now,
        a_record_is_incomplete_since_it_first_was,
        what_is_archived_is_asked_for_nothing,
        a_record_does_not_say_of_itself_that_it_is_complete,
        a_command_sent_again_is_known_whatever_the_rules_made_of_it,
        rules_hold_for_lists_too,
        records_are_looked_at_again_in_pieces,
        a_closed_interaction_stays_as_it_was_judged,
        contacts_are_inspected_by_the_owner_of_their_customer,
        what_is_open_again_goes_by_the_rules_of_now,
    ]
}

async fn what_is_refused_names_all_that_is_missing(case: &Case) -> Held {
    rule(case, |rules| {
        rules.completeness = CompletenessPolicy {
            customer: vec![
                CompletenessRule::all(Demand::List, ["street"]),
                CompletenessRule::all(Demand::Refuse, ["phones", "category", "custom.size"]),
                CompletenessRule::all(Demand::Want, ["website"]),
            ],
            opportunity: vec![CompletenessRule::all(Demand::Refuse, ["amount"])],
            contact: vec![CompletenessRule::all(Demand::Refuse, ["email"])],
            ..CompletenessPolicy::none()
        };
    })
    .await?;
    let mut work = case.begin().await?;
    let mut new = acme(case);
    // What says nothing is not there.
    new.category = Some(" \u{3000}".to_owned());
    let refused = work.insert(new.clone()).await;
    let error = fails("a name alone", refused, ErrorKind::Invalid)?.to_string();
    for part in ["customer, category:", "phones", "street", "custom.size"] {
        claim(error.contains(part), format!("{part} is not named: {error}"))?;
    }
    claim(!error.contains("website"), format!("it is only wanted: {error}"))?;
    same("what was refused", crate::store::Read::get(&mut *work, new.id).await?, None)?;
    let nobody = Contact::new(case.id(), "Librarian");
    fails("a contact without e-mail", work.insert(nobody).await, ErrorKind::Invalid)?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let chance = Opportunity::open(case.id(), "Chance", &pipeline)?;
    let opened = work.opportunities().open(chance).await;
    fails("an opportunity without amount", opened, ErrorKind::Invalid)?;
    new.category = Some("dealer".to_owned());
    new.phones = serde_json::from_value(json!([{"kind": "work", "number": "1"}]))?;
    new.custom.0.insert("size".to_owned(), CustomValue::Flag(false));
    let stored = work.insert(new).await?;
    same("what is listed", stored.missing.clone(), ["street"].into_iter().collect())?;
    // Six of nine: three that must be there, one that is listed, half a one that is wanted.
    same("the score", stored.completeness, 66)?;
    let emptied = stored.edit(|c| c.phones.0.clear());
    fails("a change that empties it", work.update(emptied).await, ErrorKind::Invalid).map(drop)
}

async fn an_old_record_can_be_changed_whatever_is_refused_now(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let id = work.insert(acme(case)).await?.id;
    work.commit().await?;
    rule(case, |rules| {
        rules.completeness.customer = vec![CompletenessRule::all(Demand::Refuse, ["fax", "city"])];
        rules.custom_fields.customer =
            vec![DeclaredField::new("size", DeclaredType::Text).required()];
    })
    .await?;
    let mut work = case.begin().await?;
    let old = expect(&mut *work, id).await?;
    let changed = work.update(old.edit(|c| c.city = Some("Kiel".to_owned()))).await?;
    same("what it lacks", changed.missing.clone(), ["fax"].into_iter().collect())?;
    // What it has since is not taken away again.
    let emptied = changed.edit(|c| c.city = None);
    fails("a change that empties it", work.update(emptied).await, ErrorKind::Invalid).map(drop)
}

async fn a_record_is_incomplete_since_it_first_was(case: &Case) -> Held {
    rule(case, |rules| {
        rules.completeness.customer = vec![CompletenessRule::all(Demand::List, ["fax", "city"])];
    })
    .await?;
    let mut work = case.begin().await?;
    let before = work.now();
    let stored = work.insert(acme(case)).await?;
    let since = stored.incomplete_since;
    let within = since.is_some_and(|since| since >= before && since <= work.now());
    claim(within, format!("{since:?} is not when it was written"))?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, stored.id).await?;
    same("since when, as it is read", stored.incomplete_since, since)?;
    let stored = work.update(stored.edit(|c| c.fax = Some("1".to_owned()))).await?;
    same("since when, half completed", stored.incomplete_since, since)?;
    let stored = work.update(stored.edit(|c| c.city = Some("Kiel".to_owned()))).await?;
    same("since when, completed", stored.incomplete_since, None)?;
    same("what is missing then", (stored.missing.0.len(), stored.completeness), (0, 100))?;
    let again = work.update(stored.edit(|c| c.fax = None)).await?;
    claim(again.incomplete_since.is_some(), "it is incomplete again")
}

async fn what_is_archived_is_asked_for_nothing(case: &Case) -> Held {
    rule(case, |rules| {
        rules.completeness.customer = vec![
            CompletenessRule::all(Demand::List, ["fax"]),
            CompletenessRule::all(Demand::Refuse, ["city"]),
        ];
    })
    .await?;
    let mut work = case.begin().await?;
    let mut new = acme(case);
    new.city = Some("Kiel".to_owned());
    let stored = work.insert(new).await?;
    let since = stored.incomplete_since;
    claim(since.is_some(), "it lacks a fax")?;
    let now = work.now();
    let stored = work.update(stored.edit(|c| (c.archived_at, c.city) = (Some(now), None))).await?;
    same("what it lacks, put away", (stored.missing.0.len(), stored.completeness), (0, 100))?;
    same("how many are inspected", inspect(&mut *work).await?.by_staff.len(), 0)?;
    let list = incomplete_customers(&mut *work, Whose::All, None, 10).await?;
    same("what is listed", list.items.len(), 0)?;
    let refilled = stored.edit(|c| (c.archived_at, c.city) = (None, Some("Kiel".to_owned())));
    let stored = work.update(refilled).await?;
    same("what it lacks, taken out again", stored.missing.0.len(), 1)?;
    same("since when, taken out again", stored.incomplete_since, since)?;
    let stored = work.customers().archive(stored.id).await?;
    let stored = work.customers().restore(stored.id).await?;
    same("since when, by the verbs", stored.incomplete_since, since)?;
    let away = work.customers().archive(stored.id).await?;
    let away = work.update(away.edit(|c| c.fax = Some("1".to_owned()))).await?;
    same("since when, completed", away.incomplete_since, None)
}

async fn a_record_does_not_say_of_itself_that_it_is_complete(case: &Case) -> Held {
    rule(case, |rules| {
        rules.completeness.customer = vec![CompletenessRule::all(Demand::List, ["fax"])];
    })
    .await?;
    let mut work = case.begin().await?;
    let stored = work.insert(acme(case)).await?;
    let (missing, since) = (stored.missing.clone(), stored.incomplete_since);
    let version = stored.version();
    let stored = work
        .update(stored.edit(|c| {
            (c.incomplete_since, c.completeness) = (None, 100);
            c.missing.0.clear();
        }))
        .await?;
    same("what it lacks", (stored.missing.clone(), stored.incomplete_since), (missing, since))?;
    same("the version, with nothing changed", stored.version(), version)
}

async fn a_command_sent_again_is_known_whatever_the_rules_made_of_it(case: &Case) -> Held {
    rule(case, |rules| rules.completeness = CompletenessPolicy::publishing_house()).await?;
    let new = acme(case);
    let mut work = case.begin().await?;
    let first = ensure(&mut *work, new.clone()).await?;
    claim(first.completeness < 100, "it is judged")?;
    same("the same again", ensure(&mut *work, new.clone()).await?.version(), 1)?;
    work.commit().await?;
    rule(case, |rules| rules.completeness = CompletenessPolicy::none()).await?;
    let mut work = case.begin().await?;
    same("the same by other rules", ensure(&mut *work, new.clone()).await?.version(), 1)?;
    let stored = expect(&mut *work, new.id).await?;
    work.update(stored.edit(|c| c.fax = Some("1".to_owned()))).await?;
    same("the same after an update", ensure(&mut *work, new.clone()).await?.version(), 2)?;
    let other = Customer { name: "Other".to_owned(), ..new };
    fails("another one", ensure(&mut *work, other).await, ErrorKind::Duplicate).map(drop)
}

async fn rules_hold_for_lists_too(case: &Case) -> Held {
    rule(case, |rules| {
        rules.completeness.customer = vec![
            CompletenessRule::all(Demand::Refuse, ["city"]),
            CompletenessRule::all(Demand::List, ["fax"]),
        ];
    })
    .await?;
    let mut work = case.begin().await?;
    let mut good = acme(case);
    good.city = Some("Kiel".to_owned());
    let list = vec![good.clone(), acme(case)];
    fails("a list with a bad one", work.insert_all(list).await, ErrorKind::Invalid)?;
    same("the good one", crate::store::Read::get(&mut *work, good.id).await?, None)?;
    let stored = work.insert_all(vec![good]).await?;
    let listed = stored.iter().filter(|c| c.incomplete_since.is_some()).count();
    same("incomplete ones", listed, 1)
}

async fn records_are_looked_at_again_in_pieces(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut ids = Vec::new();
    for n in 0..7 {
        let mut new = acme(case);
        new.fax = (n % 2 == 0).then(|| "1".to_owned());
        ids.push(work.insert(new).await?.id);
    }
    work.commit().await?;
    rule(case, |rules| {
        rules.completeness.customer = vec![CompletenessRule::all(Demand::Refuse, ["fax"])];
    })
    .await?;
    let (mut after, mut seen, mut changed) = (None, 0, 0);
    loop {
        let mut work = case.begin().await?;
        let done = recheck::<Customer>(&mut *work, after, 2).await?;
        work.commit().await?;
        (after, seen, changed) = (done.next, seen + done.seen, changed + done.changed);
        claim(seen <= 7, "it does not end")?;
        if after.is_none() {
            break;
        }
    }
    same("what was seen and changed", (seen, changed), (7, 3))?;
    let mut unit = case.read().await?;
    let found = incomplete_customers(&mut *unit, Whose::All, None, 10).await?.items;
    let mut found: Vec<_> = found.iter().map(|c| c.id).collect();
    let mut expected: Vec<_> = ids.into_iter().skip(1).step_by(2).collect();
    found.sort();
    expected.sort();
    same("what is incomplete now", found, expected)?;
    drop(unit);
    let mut work = case.begin().await?;
    same("changed again", recheck::<Customer>(&mut *work, None, 10).await?.changed, 0)
}

async fn a_closed_interaction_stays_as_it_was_judged(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let customer = work.insert(acme(case)).await?.id;
    let at = work.now();
    let call = Interaction::new(case.id(), customer, Channel::Phone, Direction::Inbound, at);
    let call = work.interactions().record(call).await?.id;
    work.interactions().close(call).await?;
    work.commit().await?;
    rule(case, |rules| rules.completeness = CompletenessPolicy::publishing_house()).await?;
    let mut work = case.begin().await?;
    let done = recheck::<Interaction>(&mut *work, None, 10).await?;
    same("what was seen and changed", (done.seen, done.changed), (1, 0))
}

async fn contacts_are_inspected_by_the_owner_of_their_customer(case: &Case) -> Held {
    rule(case, |rules| {
        rules.completeness.contact = vec![CompletenessRule::all(Demand::List, ["email"])];
    })
    .await?;
    let mut work = case.begin().await?;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let (mut theirs, mut free) = (Vec::new(), Vec::new());
    for n in 0..9 {
        let mut customer = acme(case);
        customer.owner_id = (n % 3 > 0).then_some(anna);
        let customer = work.insert(customer).await?;
        let mut contact = Contact::new(case.id(), format!("contact {n}"));
        contact.customer_id = Some(customer.id);
        let contact = work.insert(contact).await?;
        if customer.owner_id.is_some() { &mut theirs } else { &mut free }.push(contact.id);
    }
    free.push(work.insert(Contact::new(case.id(), "of nobody")).await?.id);
    let hers = work.insert(Customer { owner_id: Some(anna), ..acme(case) }).await?.id;
    let (customer_id, email) = (Some(hers), Some("a@b.example".to_owned()));
    let complete = Contact { customer_id, email, ..Contact::new(case.id(), "complete") };
    work.insert(complete).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let seen = inspect(&mut *unit).await?;
    same("all of them", seen.contacts, 10)?;
    let counts: Vec<_> = seen.by_staff.iter().map(|one| (one.staff_id, one.contacts)).collect();
    same("by who looks after them", counts, vec![(None, 4), (Some(anna), 6)])?;
    same("a page", incomplete_contacts(&mut *unit, Whose::All, None, 4).await?.items.len(), 4)?;
    theirs.sort();
    free.sort();
    let lists = [(Whose::Of(anna), &theirs), (Whose::Nobody, &free)];
    for (limit, (whose, expected)) in
        [1, 2, 3, 6, 7, 100].into_iter().flat_map(|limit| lists.map(|list| (limit, list)))
    {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = incomplete_contacts(&mut *unit, whose, after, limit).await?;
            claim(page.items.len() <= limit as usize, "a page is too long")?;
            found.extend(page.items.iter().map(|contact: &Stored<Contact>| contact.id));
            after = page.next;
            claim(found.len() <= expected.len(), "it does not end")?;
            if after.is_none() {
                break;
            }
        }
        found.sort();
        same(&format!("{whose:?}, {limit} a page"), &found, expected)?;
    }
    Ok(())
}

async fn what_is_open_again_goes_by_the_rules_of_now(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let one = work.insert(acme(case)).await?.id;
    let two = work.insert(acme(case)).await?.id;
    let merge = work.customers().merge(MergeCommand::new(case.id(), one, [two])).await?.id;
    work.commit().await?;
    rule(case, |rules| {
        rules.completeness.customer = vec![CompletenessRule::all(Demand::List, ["fax"])];
    })
    .await?;
    let mut work = case.begin().await?;
    same("what is looked at", recheck::<Customer>(&mut *work, None, 10).await?.changed, 1)?;
    work.customers().unmerge(merge).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for id in [one, two] {
        let missing = expect(&mut *unit, id).await?.missing.clone();
        same("what it lacks", missing, ["fax"].into_iter().collect())?;
    }
    let list = incomplete_customers(&mut *unit, Whose::All, None, 10).await?;
    same("what is listed", list.items.len(), 2)
}
