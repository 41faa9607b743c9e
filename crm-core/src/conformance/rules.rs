//! The rules of the house hold on every path.

use serde_json::json;

use crate::{
    contact::Contact,
    customer::{
        Customer, CustomerKind, incomplete_contacts, incomplete_customers, inspect, recheck,
    },
    interaction::{Channel, Direction, Interaction},
    kernel::{CustomValue, ErrorKind, Id, Stored},
    opportunity::Opportunity,
    pipeline::Pipeline,
    settings::{
        CompletenessPolicy, CompletenessRule, CustomFields, DeclaredField, DeclaredType, Demand,
        Lifecycle, LifecycleMove, Settings,
    },
    staff_member::StaffMember,
    store::{ensure, expect, run},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        the_rules_of_a_house_are_one_record,
        rules_of_one_house_are_none_of_another,
        rules_that_name_what_is_not_there_are_refused,
        a_change_of_rules_that_are_gone_conflicts,
        rules_that_several_change_at_once_lose_nothing,
        what_is_refused_names_all_that_is_missing,
        an_old_record_can_be_changed_whatever_is_refused_now,
        a_record_is_incomplete_since_it_first_was,
        what_is_archived_is_asked_for_nothing,
        a_record_does_not_say_of_itself_that_it_is_complete,
        a_command_sent_again_is_known_whatever_the_rules_made_of_it,
        a_customer_goes_the_steps_that_are_allowed,
        own_fields_are_as_they_are_declared,
        rules_hold_for_lists_too,
        records_are_looked_at_again_in_pieces,
        a_closed_interaction_stays_as_it_was_judged,
        contacts_are_inspected_by_the_owner_of_their_customer
    ]
}

async fn the_rules_of_a_house_are_one_record(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let tenant = work.scope().tenant;
    let standard = Settings::standard(Settings::id_of(tenant));
    same("the rules without a record", work.settings().get().await?, standard.clone())?;
    for (round, name) in ["One house", "Another name"].into_iter().enumerate() {
        let changed = work.settings().change(|rules| rules.name = Some(name.to_owned())).await?;
        same("the version", changed.version(), round as u64 + 1)?;
    }
    work.commit().await?;
    let mut work = case.begin().await?;
    let wanted = Settings { name: Some("Another name".to_owned()), ..standard };
    same("the rules that are stored", work.settings().get().await?, wanted)?;
    let changed = work.settings().change(|rules| rules.id = Id::new(tenant.0)).await?;
    same("their id", changed.id, Settings::id_of(tenant))
}

async fn rules_of_one_house_are_none_of_another(case: &Case) -> Held {
    rule(case, |rules| {
        let demand = CompletenessRule::all(Demand::Refuse, ["fax"]);
        rules.completeness.customer.push(demand);
    })
    .await?;
    let mut work = case.begin().await?;
    fails("our customer", work.insert(acme(case)).await, ErrorKind::Invalid)?;
    drop(work);
    let mut work = case.store().begin(case.scope(1, "bob")?).await?;
    same("what theirs lacks", work.insert(acme(case)).await?.missing.0.len(), 0)
}

async fn rules_that_name_what_is_not_there_are_refused(case: &Case) -> Held {
    let id = Settings::id_of(case.anna()?.tenant);
    let own = json!({"customer": [{"name": "size", "type": "number"}]});
    for (at, rules) in [
        (
            "completeness.customer[0].fields.sise",
            json!({"completeness": {"customer": [
            {"fields": {"sise": "list"}}]}}),
        ),
        (
            "completeness.customer[0].fields.missing",
            json!({"completeness": {"customer": [
            {"fields": {"missing": "list"}}]}}),
        ),
        (
            "completeness.contact[1].when",
            json!({"completeness": {"contact": [{"fields": {}},
            {"when": {"field": "sise", "value": 1}, "fields": {}}]}}),
        ),
        (
            "completeness.interaction[0].fields.place",
            json!({"completeness": {"interaction": [
            {"fields": {"place": "must"}}]}}),
        ),
        (
            "completeness.customer[0].when",
            json!({"completeness": {"customer": [
            {"when": {"field": "completeness", "op": "lt", "value": 50}, "fields": {}}]}}),
        ),
        (
            "completeness.customer[0].fields.custom.sise",
            json!({"custom_fields": own,
            "completeness": {"customer": [{"fields": {"custom.sise": "list"}}]}}),
        ),
        (
            "rhythm[0].when",
            json!({"custom_fields": own,
            "rhythm": [{"when": {"field": "custom.size", "value": "big"}, "days": 30}]}),
        ),
        ("rhythm[0].days", json!({"rhythm": [{"days": 0}]})),
        ("rhythm[0].days", json!({"rhythm": [{"days": "often"}]})),
        (
            "lifecycle.initial",
            json!({"lifecycle": {"stages": [{"key": "a", "name": "A"}],
            "initial": "b"}}),
        ),
        (
            "lifecycle.stages[1].key",
            json!({"lifecycle": {"stages": [{"key": "a", "name": "A"},
            {"key": "a", "name": "B"}], "initial": "a"}}),
        ),
        ("lifecycle.stages", json!({"lifecycle": {"stages": [], "initial": "a"}})),
        (
            "lifecycle.moves[0].to",
            json!({"lifecycle": {"stages": [{"key": "a", "name": "A"}],
            "initial": "a", "moves": [{"from": "a", "to": "b"}]}}),
        ),
        (
            "custom_fields.customer[1].name",
            json!({"custom_fields": {"customer": [
            {"name": "size", "type": "text"}, {"name": "size", "type": "text"}]}}),
        ),
        (
            "custom_fields.contact[0].type",
            json!({"custom_fields": {"contact": [
            {"name": "size", "type": "colour"}]}}),
        ),
        (
            "custom_fields.contact[0].choices",
            json!({"custom_fields": {"contact": [
            {"name": "size", "type": "choice"}]}}),
        ),
        (
            "custom_fields.contact[0].choices",
            json!({"custom_fields": {"contact": [
            {"name": "size", "type": "text", "choices": ["a"]}]}}),
        ),
        ("late_after_hours", json!({"late_after_hours": -1})),
        ("colour", json!({"colour": "red"})),
    ] {
        match Settings::from_json(id, &rules) {
            Err(invalid) => same(&rules.to_string(), invalid.field.as_str(), at)?,
            Ok(read) => same("rules that are wrong", read.to_json(), rules)?,
        }
    }
    // On the way into a store, they are looked at too.
    let mut work = case.begin().await?;
    let mut verbs = work.settings();
    let wrong = verbs.change(|rules| {
        rules.completeness.customer.push(CompletenessRule::all(Demand::List, ["sise"]));
    });
    let error = fails("an unknown field", wrong.await, ErrorKind::Invalid)?.to_string();
    claim(error.contains("completeness.customer[0].fields.sise"), error)
}

async fn a_change_of_rules_that_are_gone_conflicts(case: &Case) -> Held {
    rule(case, |rules| rules.name = Some("first".to_owned())).await?;
    let mut work = case.begin().await?;
    let id = Settings::id_of(work.scope().tenant);
    let seen = expect(&mut *work, id).await?;
    work.commit().await?;
    rule(case, |rules| rules.name = Some("second".to_owned())).await?;
    let mut work = case.begin().await?;
    let late = work.update(seen.edit(|rules| rules.late_after_hours = 1)).await;
    let error = fails("a change of rules that are gone", late, ErrorKind::Conflict)?;
    claim(error.is_retryable(), "it can be tried again")
}

async fn rules_that_several_change_at_once_lose_nothing(case: &Case) -> Held {
    // There is no record yet: all of them begin with the standard.
    let tasks = [(); 4].map(|()| {
        let inner = case.clone();
        case.spawn(async move {
            let scope = inner.anna()?;
            let change = run(inner.store(), &scope, |work| {
                Box::pin(async move {
                    work.settings().change(|rules| rules.late_after_hours += 1).await
                })
            });
            change.await?;
            Ok(())
        })
    });
    for task in tasks {
        task.join().await?;
    }
    let mut work = case.begin().await?;
    let hours = work.settings().get().await?.late_after_hours;
    same("the sum of all changes", hours, Settings::LATE_AFTER_HOURS + 4)
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
    claim(stored.incomplete_since.is_some(), "it lacks a fax")?;
    let now = work.now();
    let stored = work.update(stored.edit(|c| (c.archived_at, c.city) = (Some(now), None))).await?;
    same("since when, put away", stored.incomplete_since, None)?;
    let stored = work.update(stored.edit(|c| c.archived_at = None)).await?;
    same("what it lacks, taken out again", stored.missing.0.len(), 2)
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

async fn a_customer_goes_the_steps_that_are_allowed(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut odd = acme(case);
    odd.lifecycle_stage = "of long ago".to_owned();
    let odd = work.insert(odd).await?.id;
    work.commit().await?;
    let step = |from: &str, to: &str| LifecycleMove { from: from.into(), to: to.into() };
    let moves = vec![step("prospect", "customer"), step("prospect", "lost")];
    rule(case, |rules| rules.lifecycle = Some(Lifecycle { moves, ..Lifecycle::default() })).await?;
    let mut work = case.begin().await?;
    let stored = work.insert(acme(case)).await?;
    let back = stored.clone().edit(|c| c.lifecycle_stage = "lead".to_owned());
    let error = fails("a step back", work.update(back).await, ErrorKind::Refused)?.to_string();
    claim(error.contains("prospect → lead") && error.contains("customer, lost"), error)?;
    let nowhere = stored.clone().edit(|c| c.lifecycle_stage = "elsewhere".to_owned());
    fails("no stage", work.update(nowhere).await, ErrorKind::Invalid)?;
    let on = work.update(stored.edit(|c| c.lifecycle_stage = "customer".to_owned())).await?;
    let further = on.edit(|c| c.lifecycle_stage = "dormant".to_owned());
    let error = fails("the end", work.update(further).await, ErrorKind::Refused)?.to_string();
    claim(error.contains("nothing comes after customer"), error)?;
    let mut new = acme(case);
    new.lifecycle_stage = "elsewhere".to_owned();
    fails("a new one in no stage", work.insert(new).await, ErrorKind::Invalid)?;
    // One of before the rules may stay where it is, and come back.
    let odd = expect(&mut *work, odd).await?;
    let odd = work.update(odd.edit(|c| c.fax = Some("1".to_owned()))).await?;
    let odd = work.update(odd.edit(|c| c.lifecycle_stage = "lost".to_owned())).await?;
    same("where it is", odd.lifecycle_stage.as_str(), "lost")
}

async fn own_fields_are_as_they_are_declared(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut old = acme(case);
    old.custom.0.insert("old".to_owned(), CustomValue::Flag(true));
    let old = work.insert(old).await?.id;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    work.commit().await?;
    rule(case, |rules| {
        let fields = vec![
            DeclaredField::new("size", DeclaredType::Number).required(),
            DeclaredField::choice("colour", ["red", "blue"]),
        ];
        rules.custom_fields =
            CustomFields { customer: fields.clone(), contact: fields.clone(), opportunity: fields };
    })
    .await?;
    let mut work = case.begin().await?;
    let number = || CustomValue::Number(1.into());
    let text = |text: &str| CustomValue::Text(text.to_owned());
    for (own, field) in [
        (vec![], "custom.size"),
        (vec![("size", text("1"))], "custom.size"),
        (vec![("size", number()), ("sise", number())], "custom.sise"),
        (vec![("size", number()), ("colour", text("green"))], "custom.colour"),
        (vec![("size", number()), ("colour", CustomValue::Flag(true))], "custom.colour"),
    ] {
        let own = || own.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut customer = acme(case);
        let mut contact = Contact::new(case.id(), "Librarian");
        let mut chance = Opportunity::open(case.id(), "Chance", &pipeline)?;
        customer.custom.0.extend(own());
        contact.custom.0.extend(own());
        chance.custom.0.extend(own());
        let answers = [
            work.insert(customer).await.map(drop),
            work.insert(contact).await.map(drop),
            work.insert(chance).await.map(drop),
        ];
        for answer in answers {
            let error = fails(field, answer, ErrorKind::Invalid)?.to_string();
            claim(error.contains(&format!("{field}:")), error)?;
        }
    }
    let mut good = acme(case);
    good.custom.0.insert("size".to_owned(), number());
    good.custom.0.insert("colour".to_owned(), text("blue"));
    let good = work.insert(good).await?;
    let without = good.edit(|c| drop(c.custom.0.remove("size")));
    fails("a change that takes it away", work.update(without).await, ErrorKind::Invalid)?;
    // What was there before the declarations stays, as long as nobody changes it.
    let old = expect(&mut *work, old).await?;
    let old = work.update(old.edit(|c| c.fax = Some("1".to_owned()))).await?;
    let changed = old.clone().edit(|c| {
        c.custom.0.insert("old".to_owned(), CustomValue::Flag(false));
    });
    fails("a change of one that is not declared", work.update(changed).await, ErrorKind::Invalid)?;
    work.update(old.edit(|c| c.custom.0.clear())).await?;
    Ok(())
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
    let found = incomplete_customers(&mut *unit, None, None, 10).await?.items;
    let mut found: Vec<_> = found.iter().map(|c| c.id).collect();
    let mut expected: Vec<_> = ids.into_iter().skip(1).step_by(2).collect();
    (found.sort(), expected.sort());
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
    let mut theirs = Vec::new();
    for n in 0..9 {
        let mut customer = acme(case);
        customer.owner_id = (n % 3 > 0).then_some(anna);
        let customer = work.insert(customer).await?;
        let mut contact = Contact::new(case.id(), format!("contact {n}"));
        contact.customer_id = Some(customer.id);
        let contact = work.insert(contact).await?;
        theirs.extend(customer.owner_id.map(|_| contact.id));
    }
    work.insert(Contact::new(case.id(), "of nobody")).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("all of them", inspect(&mut *unit).await?.contacts, 10)?;
    same("a page", incomplete_contacts(&mut *unit, None, None, 4).await?.items.len(), 4)?;
    for limit in [1, 2, 3, 6, 7, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = incomplete_contacts(&mut *unit, Some(anna), after, limit).await?;
            claim(page.items.len() <= limit as usize, "a page is too long")?;
            found.extend(page.items.iter().map(|contact: &Stored<Contact>| contact.id));
            after = page.next;
            claim(found.len() <= 6, "it does not end")?;
            if after.is_none() {
                break;
            }
        }
        (found.sort(), theirs.sort());
        same(&format!("Anna's, {limit} a page"), &found, &theirs)?;
    }
    Ok(())
}

async fn rule(case: &Case, edit: impl FnOnce(&mut Settings)) -> Held {
    let mut work = case.begin().await?;
    work.settings().change(edit).await?;
    work.commit().await?;
    Ok(())
}

fn acme(case: &Case) -> Customer {
    Customer::new(case.id(), CustomerKind::Organisation, "Acme")
}
