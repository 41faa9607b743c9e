//! The rules of the house: one record, sound in itself, that holds on every path.

use serde_json::json;

use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind},
    kernel::{CustomValue, ErrorKind, Id},
    lead::Lead,
    opportunity::Opportunity,
    pipeline::Pipeline,
    settings::{
        CompletenessRule, CustomFields, DeclaredField, DeclaredType, Demand, Lifecycle,
        LifecycleMove, Settings,
    },
    store::{expect, run},
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
        a_customer_goes_the_steps_that_are_allowed,
        own_fields_are_as_they_are_declared,
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
    let new = Customer { lifecycle_stage: "prospect".to_owned(), ..acme(case) };
    let stored = work.insert(new).await?;
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
        rules.custom_fields = CustomFields {
            customer: fields.clone(),
            contact: fields.clone(),
            opportunity: fields.clone(),
            lead: fields,
        };
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
        let mut lead = Lead::person(case.id(), "Visitor");
        lead.custom.0.extend(own());
        let answers = [
            work.insert(lead).await.map(drop),
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

pub(super) async fn rule(case: &Case, edit: impl FnOnce(&mut Settings)) -> Held {
    let mut work = case.begin().await?;
    work.settings().change(edit).await?;
    work.commit().await?;
    Ok(())
}

pub(super) fn acme(case: &Case) -> Customer {
    Customer::new(case.id(), CustomerKind::Organisation, "Acme")
}
