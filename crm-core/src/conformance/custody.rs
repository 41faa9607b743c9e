use crate::{
    customer::{self, Customer, CustomerKind},
    interaction::{self, Channel, Direction, Interaction},
    kernel::{Entity, ErrorKind, Id, Value, erased, to_json},
    staff_member::StaffMember,
    store::{CUSTODIAN, Custody, UnitOfWork},
    task::Task,
};

use super::{
    beside::{Steps, stay_open},
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    each::Kept,
    follower::written,
    law::Law,
    owners::colleague,
    sample::{Extreme, Make},
    setting::{Setting, a_customer},
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    let mut laws = laws![
        what_is_held_waits_for_the_unit,
        what_is_held_for_a_change_may_be_named,
        one_entry_of_the_log_is_redacted,
        what_is_refiled_changes_nothing_else,
        what_is_refiled_makes_no_cycle
    ];
    laws.extend(laws_of_each![what_is_erased_is_nowhere]);
    laws
}

async fn what_is_refiled_changes_nothing_else(case: &Case) -> Held {
    let scope = case.anna()?;
    let mut work = case.begin().await?;
    let mut customers = Vec::new();
    for name in ["from", "to", "other"] {
        let new = Customer::new(case.id(), CustomerKind::Organisation, name);
        customers.push(work.insert(new).await?.id);
    }
    let mut calls = Vec::new();
    for (customer, closed) in [(0, true), (0, false), (2, true)] {
        let at = "2017-12-31T08:00:00.000001Z".parse()?;
        let (channel, direction) = (Channel::Phone, Direction::Outbound);
        let mut call = Interaction::new(case.id(), customers[customer], channel, direction, at);
        call.content = Some("as it was said".into());
        let call = if closed { call.close(at, &scope.actor)? } else { call };
        calls.push(work.insert(call).await?);
    }
    work.commit().await?;
    let field = interaction::CUSTOMER_ID.spec();
    let (from, to) = (customers[0].uuid(), customers[1].uuid());
    let mut ids: Vec<Id<Interaction>> = calls.iter().map(|call| call.id).collect();
    ids.push(case.id());
    let mut work = case.begin().await?;
    let nobody = case.id::<Customer>().uuid();
    let answer = work.refile(&CUSTODIAN, field, ids.clone(), Some(from), Some(nobody)).await;
    fails("to file under nobody", answer, ErrorKind::Missing)?;
    let mut refiled = work.refile(&CUSTODIAN, field, ids.clone(), Some(from), Some(to)).await?;
    refiled.sort();
    let mut expected = vec![calls[0].id, calls[1].id];
    expected.sort();
    same("what was filed elsewhere", &refiled, &expected)?;
    let again = work.refile(&CUSTODIAN, field, ids, Some(from), Some(to)).await?;
    same("what is left to file", again.len(), 0)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (call, moved) in calls.iter().zip([true, true, false]) {
        let stored = there(unit.get(call.id).await?)?;
        let mut as_it_was = (**call).clone();
        as_it_was.customer_id = if moved { customers[1] } else { customers[2] };
        same("the record", &*stored, &as_it_was)?;
        same("its version", stored.version(), if moved { 2 } else { 1 })?;
        let history = unit.history(Interaction::KIND, call.id.uuid(), 1, 10).await?;
        same("its later entries", history.len(), usize::from(moved))?;
        for change in history {
            same("what happened", (&*change.event, change.fields.len()), ("refiled", 1))?;
            let field = &change.fields[0];
            let pair = (from.to_string().into(), to.to_string().into());
            same("from where to where", (field.from.clone(), field.to.clone()), pair)?;
        }
    }
    drop(unit);
    // Whoever read it before is in conflict.
    let mut work = case.begin().await?;
    let stale = calls[1].clone().edit(|call| call.content = Some("too late".into()));
    let answer = work.update(stale).await;
    fails("an edit of what was filed elsewhere", answer, ErrorKind::Conflict).map(drop)
}

async fn what_is_held_waits_for_the_unit(case: &Case) -> Held {
    let id = a_customer(case).await?;
    for what in ["hold", "change", "name"] {
        let mut first = case.begin().await?;
        let ids = vec![id, case.id(), id];
        let held = Custody::<Customer>::hold(&mut *first, &CUSTODIAN, ids).await?;
        same("what is held", held.iter().map(|stored| stored.id).collect::<Vec<_>>(), vec![id])?;
        let steps = Steps::default();
        let mut second = {
            let (case, steps) = (case.clone(), steps.clone());
            case.clone().spawn(async move {
                steps.step();
                let mut work = case.begin().await?;
                steps.step();
                match what {
                    "hold" => {
                        drop(Custody::<Customer>::hold(&mut *work, &CUSTODIAN, vec![id]).await?)
                    }
                    "change" => {
                        let stored = there(work.get(id).await?)?;
                        work.update(stored.edit(|c| c.city = Some("Leeds".into()))).await?;
                    }
                    _ => {
                        let at = "2017-12-31T08:00:00Z".parse()?;
                        let (channel, direction) = (Channel::Phone, Direction::Outbound);
                        let call = Interaction::new(case.id(), id, channel, direction, at);
                        work.insert(call).await?;
                    }
                }
                Ok(work.commit().await?)
            })
        };
        stay_open(&mut *first, case, (&steps, &mut second)).await?;
        claim(!second.is_done(), format!("another unit could {what} what is held"))?;
        first.commit().await?;
        second.join().await?;
    }
    Ok(())
}

async fn what_is_held_for_a_change_may_be_named(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    work.commit().await?;
    let hold = async |work: &mut (dyn UnitOfWork + '_), id| {
        let held = Custody::<StaffMember>::hold_for_change(work, &CUSTODIAN, vec![id]).await?;
        same("who is held", held.iter().map(|one| one.id).collect::<Vec<_>>(), vec![id])
    };
    let names = |id| {
        let at = "2017-12-31T08:00:00Z".parse()?;
        let mut task = Task::new(case.id(), "Call", at);
        task.owner_id = Some(id);
        Ok::<_, Failure>(task)
    };
    // Each holds one and names the other: nobody waits for who waits for them.
    let mut first = case.begin().await?;
    hold(&mut *first, anna).await?;
    let (steps, task) = (Steps::default(), names(anna)?);
    let mut second = {
        let (case, steps) = (case.clone(), steps.clone());
        case.clone().spawn(async move {
            steps.step();
            let mut work = case.begin().await?;
            steps.step();
            let held = Custody::<StaffMember>::hold_for_change(&mut *work, &CUSTODIAN, vec![bob]);
            same("who is held", held.await?.len(), 1)?;
            steps.step();
            work.insert(task).await?;
            Ok(work.commit().await?)
        })
    };
    stay_open(&mut *first, case, (&steps, &mut second)).await?;
    first.insert(names(bob)?).await?;
    first.commit().await?;
    second.join().await?;
    // One unit at a time holds or changes it.
    for what in ["hold", "change"] {
        let mut first = case.begin().await?;
        hold(&mut *first, anna).await?;
        let steps = Steps::default();
        let mut second = {
            let (case, steps) = (case.clone(), steps.clone());
            case.clone().spawn(async move {
                steps.step();
                let mut work = case.begin().await?;
                steps.step();
                let stored = there(work.get(anna).await?)?;
                if what == "change" {
                    work.update(stored.edit(|one| one.name = "Anne".into())).await?;
                } else {
                    drop(Custody::hold_for_change(&mut *work, &CUSTODIAN, vec![stored.id]).await?);
                }
                Ok(work.commit().await?)
            })
        };
        stay_open(&mut *first, case, (&steps, &mut second)).await?;
        claim(!second.is_done(), format!("another unit could {what} what is held"))?;
        first.commit().await?;
        second.join().await?;
    }
    Ok(())
}

async fn what_is_refiled_makes_no_cycle(case: &Case) -> Held {
    let ids: Vec<Id<Customer>> = (0..4).map(|_| case.id()).collect();
    let mut work = case.begin().await?;
    for (at, id) in ids.iter().enumerate() {
        let mut new = Customer::new(*id, CustomerKind::Organisation, "row");
        new.parent_id = at.checked_sub(1).and_then(|above| ids.get(above)).copied();
        work.insert(new).await?;
    }
    work.commit().await?;
    let (field, above) = (customer::PARENT_ID.spec(), Some(ids[0].uuid()));
    let mut work = case.begin().await?;
    for below in [1, 2, 3] {
        let answer =
            work.refile(&CUSTODIAN, field, vec![ids[1]], above, Some(ids[below].uuid())).await;
        fails("a cycle", answer, ErrorKind::Invalid)?;
    }
    // The unit goes on; to stand below nobody is no cycle.
    let answer = work.refile(&CUSTODIAN, field, vec![ids[1]], above, None).await?;
    same("what stands alone", answer, vec![ids[1]])?;
    let answer = work.refile(&CUSTODIAN, field, vec![ids[0]], None, Some(ids[3].uuid())).await?;
    same("what stands below", answer, vec![ids[0]])?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let stored = there(unit.get(ids[0]).await?)?;
    same("what stands above it", (stored.parent_id, stored.version()), (Some(ids[3]), 2))?;
    same("what stands above the other", there(unit.get(ids[1]).await?)?.parent_id, None)
}

async fn one_entry_of_the_log_is_redacted(case: &Case) -> Held {
    let id = case.id();
    let mut work = case.begin().await?;
    let mut stored = work.insert(Customer::new(id, CustomerKind::Organisation, "Acme")).await?;
    for n in 2..=4 {
        let (email, street) = (Some(format!("{n}@acme.example")), n);
        stored =
            work.update(stored.edit(|c| (c.email, c.employees) = (email, Some(street)))).await?;
        if n == 3 {
            work.commit().await?;
            work = case.begin().await?;
            stored = there(work.get(id).await?)?;
        }
    }
    work.redact(&CUSTODIAN, id, vec![3, 4], None).await?;
    work.commit().await?;
    let entries = written(case, id).await?;
    let mut unit = case.read().await?;
    let stored = there(unit.get(id).await?)?;
    let as_it_is = (stored.email.as_deref(), stored.version());
    same("the record", as_it_is, (Some("4@acme.example"), 4))?;
    for list in [entries, unit.history(Customer::KIND, id.uuid(), 0, 10).await?] {
        for change in list {
            for field in change.fields {
                let gone = field.from.is_null() && field.to.is_null();
                let wanted = change.version > 2 && field.field == "email";
                same(&format!("{} in version {}", field.field, change.version), gone, wanted)?;
            }
        }
    }
    Ok(())
}

async fn what_is_erased_is_nowhere<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    let mut work = case.begin().await?;
    let mut samples = Vec::new();
    for _ in 0..8 {
        samples.push(E::sample(&mut make)?);
    }
    E::in_work(&mut *work).insert_all(samples.clone()).await?;
    work.commit().await?;
    let unknown = E::sample(&mut make)?.id();
    let mut work = case.begin().await?;
    let missing = E::custody(&mut *work).erase(&CUSTODIAN, unknown, None).await;
    fails("to erase what is not there", missing, ErrorKind::Missing)?;
    // One that this very unit adds is erased like the others.
    let new = E::sample(&mut make)?;
    E::in_work(&mut *work).insert(new.clone()).await?;
    samples.push(new);
    for sample in &samples {
        let erased = E::custody(&mut *work).erase(&CUSTODIAN, sample.id(), None).await?;
        same("its version", erased.version(), 2)?;
    }
    work.commit().await?;
    for sample in samples {
        let mut unit = case.read().await?;
        let stored = there(E::in_read(&mut *unit).get(sample.id()).await?)?;
        same("the record", to_json(&*stored), to_json(&erased(&sample, None)?))?;
        let history = unit.history(E::KIND, sample.id().uuid(), 0, 10).await?;
        let events: Vec<_> = history.iter().map(|change| change.event.to_string()).collect();
        same("its history", events, vec!["created".to_owned(), "erased".to_owned()])?;
        drop(unit);
        for change in history.into_iter().chain(written(case, sample.id()).await?) {
            for field in change.fields {
                let spec = E::FIELDS.iter().find(|spec| spec.name == field.field);
                let personal = spec.is_some_and(|spec| spec.personal.is_some());
                let told = !field.from.is_null() || !field.to.is_null();
                claim(!(personal && told), format!("the log tells of {}", field.field))?;
                claim(personal || told, format!("{} is kept", field.field))?;
            }
        }
        let kept = |spec: &&&crate::kernel::FieldSpec<E>| spec.personal.is_none();
        for spec in E::FIELDS.iter().filter(kept) {
            let (was, is) = ((spec.get)(&sample), (spec.get)(&stored));
            same(spec.name, is, was)?;
        }
        for spec in E::FIELDS.iter().filter(|s| s.personal == Some("") && s.nullable) {
            same(spec.name, (spec.get)(&stored), Value::Null)?;
        }
    }
    Ok(())
}
