use uuid::Uuid;

use crate::{
    customer::Customer,
    interaction::Interaction,
    kernel::{Criteria, Entity, Error, ErrorKind, FieldSpec, Value},
    org_unit::OrgUnit,
    staff_member::StaffMember,
};

use super::{
    case::Case,
    claim::{Failure, Held, fails, same},
    each::{Changing, Kept},
    law::Law,
    sample::{Extreme, Make, Sample, with},
    setting::Setting,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each![
        a_reference_to_nothing_is_missing,
        a_reference_into_another_tenant_is_missing
    ];
    list.extend(laws_of_each_that_changes![an_update_to_a_reference_to_nothing_is_missing]);
    list.extend(laws![
        what_a_structured_field_names_must_be_there,
        a_record_may_name_one_that_comes_before_it_in_the_list,
        a_list_may_not_refer_forwards
    ]);
    list
}

/// Whether a new record may have this reference: only a merge leads from one customer to another
/// (`a_new_customer_is_merged_into_nobody`).
pub(super) fn of_new<E: Entity>(field: &FieldSpec<E>) -> bool {
    E::KIND != Customer::KIND || field.name != "merged_into"
}

async fn a_reference_to_nothing_is_missing<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Highest);
    let mut work = case.begin().await?;
    for (field, kind) in references::<E>().filter(|(field, _)| of_new(field)) {
        let nowhere = case.id::<()>().uuid();
        let (good, bad) = (E::sample(&mut make)?, E::sample(&mut make)?);
        let bad = with(&bad, field.name, &Value::Uuid(nowhere))?;
        let answer = E::in_work(&mut *work).insert(bad.clone()).await;
        missing(field.name, answer, kind, nowhere)?;
        let answer = E::in_work(&mut *work).insert_all(vec![good.clone(), bad.clone()]).await;
        missing(field.name, answer, kind, nowhere)?;
        for id in [good.id(), bad.id()] {
            let found = E::in_work(&mut *work).get(id).await?;
            same("a record that was refused", found, None)?;
        }
        E::in_work(&mut *work).insert(good).await?;
    }
    work.commit().await?;
    Ok(())
}

async fn a_reference_into_another_tenant_is_missing<E: Kept>(case: &Case) -> Held {
    let ours = Setting::committed(case).await?;
    let mut work = case.store().begin(case.scope(1, "bob")?).await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    work.commit().await?;
    let stranger = E::sample(&mut Make::new(case.clone(), theirs, Extreme::Highest))?;
    for (field, kind) in references::<E>() {
        let good = E::sample(&mut Make::new(case.clone(), ours.clone(), Extreme::Highest))?;
        let Value::Uuid(id) = (field.get)(&stranger) else { continue };
        let bad = with(&good, field.name, &Value::Uuid(id))?;
        let mut work = case.begin().await?;
        let answer = E::in_work(&mut *work).insert(bad).await;
        missing(field.name, answer, kind, id)?;
    }
    Ok(())
}

async fn an_update_to_a_reference_to_nothing_is_missing<E: Changing>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let entity = E::sample(&mut Make::new(case.clone(), setting, Extreme::Bare))?;
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert(entity.clone()).await?;
    for (field, kind) in references::<E>() {
        let nowhere = case.id::<()>().uuid();
        // A lead names what it became only once it is converted, and is changed by nobody then.
        let Ok(bad) = with(&entity, field.name, &Value::Uuid(nowhere)) else {
            same("whose reference hangs on its state", E::KIND, "lead")?;
            continue;
        };
        if entity.permits(&bad).is_err() {
            continue;
        }
        let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
        let answer = E::writer(&mut *work).update(stored.edit(|e| *e = bad)).await;
        missing(field.name, answer, kind, nowhere)?;
    }
    let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
    same("the version after the refusals", stored.version(), 1)?;
    E::writer(&mut *work).update(stored.edit(|e| e.touch("word"))).await?;
    work.commit().await?;
    Ok(())
}

async fn what_a_structured_field_names_must_be_there(case: &Case) -> Held {
    let ours = Setting::committed(case).await?;
    let mut work = case.store().begin(case.scope(1, "bob")?).await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    work.commit().await?;
    let mut make = Make::new(case.clone(), ours.clone(), Extreme::Bare);
    let mut work = case.begin().await?;
    let good = Interaction::sample(&mut make)?;
    let stored = work.insert(good.clone()).await?;
    for nobody in [case.id(), theirs.contacts[0]] {
        let mut bad = Interaction::sample(&mut make)?;
        bad.participants.contacts = [ours.contacts[0], nobody].into();
        let what = "a contact who took part";
        missing(what, work.insert(bad.clone()).await, "contact", nobody.uuid())?;
        let list = vec![Interaction::sample(&mut make)?, bad.clone()];
        missing(what, work.insert_all(list).await, "contact", nobody.uuid())?;
        let verb = work.interactions().record(bad.clone()).await;
        missing(what, verb, "contact", nobody.uuid())?;
        let edited = stored.clone().edit(|i| i.participants = bad.participants);
        missing(what, work.update(edited).await, "contact", nobody.uuid())?;
    }
    for nobody in [case.id(), theirs.staff[0]] {
        let mut bad = Interaction::sample(&mut make)?;
        bad.participants.staff = [nobody].into();
        missing(
            "a colleague who took part",
            work.insert(bad).await,
            "staff_member",
            nobody.uuid(),
        )?;
    }
    let stored = work
        .update(stored.edit(|i| {
            i.participants.contacts = ours.contacts.into();
            i.participants.staff = ours.staff.into();
        }))
        .await?;
    work.commit().await?;
    let found = there(case.read().await?.get(good.id).await?)?;
    same("who took part", &found.participants, &stored.participants)?;
    same("how many", (found.participants.contacts.len(), found.version()), (2, 2))
}

async fn a_record_may_name_one_that_comes_before_it_in_the_list(case: &Case) -> Held {
    let mut units: Vec<OrgUnit> = Vec::new();
    for n in 0..20 {
        let mut unit = OrgUnit::new(case.id(), format!("unit {n}"));
        unit.parent_id = units.last().map(|parent| parent.id);
        units.push(unit);
    }
    let mut work = case.begin().await?;
    let stored = work.insert_all(units.clone()).await?;
    work.commit().await?;
    let answered: Vec<_> = stored.iter().map(|unit| (**unit).clone()).collect();
    same("what insert_all answers, in order", answered, units.clone())?;
    let mut reading = case.read().await?;
    for unit in units {
        same("a unit of the chain", &*there(reading.get(unit.id).await?)?, &unit)?;
    }
    Ok(())
}

async fn a_list_may_not_refer_forwards(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Bare);
    forwards::<OrgUnit>(case, &mut make, "parent_id").await?;
    forwards::<StaffMember>(case, &mut make, "manager_id").await?;
    forwards::<Customer>(case, &mut make, "parent_id").await
}

async fn forwards<E: Kept>(case: &Case, make: &mut Make, field: &str) -> Held {
    // Side by side, and so far from each other that a store writes them in two parts.
    for between in [0, 1, 2_000] {
        let parent = E::sample(make)?;
        let above = parent.id().uuid();
        let child = with(&E::sample(make)?, field, &Value::Uuid(above))?;
        let others = (0..between).map(|_| E::sample(make)).collect::<Held<Vec<E>>>()?;
        let list = |first: &E, last: &E| -> Vec<E> {
            [first].into_iter().chain(&others).chain([last]).cloned().collect()
        };
        let mut work = case.begin().await?;
        let before = E::in_work(&mut *work).count(Criteria::everything()).await?;
        let answer = E::in_work(&mut *work).insert_all(list(&child, &parent)).await;
        missing(field, answer, E::KIND, above)?;
        let after = E::in_work(&mut *work).count(Criteria::everything()).await?;
        same("records, after a list was refused", after, before)?;
        E::in_work(&mut *work).insert_all(list(&parent, &child)).await?;
        work.commit().await?;
        let mut unit = case.read().await?;
        for entity in [&parent, &child] {
            let stored = there(E::in_read(&mut *unit).get(entity.id()).await?)?;
            same("a record of the list", &*stored, entity)?;
            let entries = unit.history(E::KIND, entity.id().uuid(), 0, 10).await?;
            same("its entries in the log", entries.len(), 1)?;
        }
    }
    Ok(())
}

/// The fields that name other records: not the id.
fn references<E: Kept>() -> impl Iterator<Item = (&'static FieldSpec<E>, &'static str)> {
    let named = |field: &&'static FieldSpec<E>| Some((*field, field.refers_to?));
    E::FIELDS.iter().skip(1).filter_map(named)
}

#[track_caller]
fn missing<T: std::fmt::Debug>(
    field: &str,
    answer: crate::Result<T>,
    kind: &str,
    id: Uuid,
) -> Held {
    let what = format!("a {field} that leads nowhere");
    match fails(&what, answer, ErrorKind::Missing)? {
        Error::Missing { entity, id: found } => same(&what, (entity, found), (kind, id)),
        other => Err(Failure::from(other)),
    }
}
