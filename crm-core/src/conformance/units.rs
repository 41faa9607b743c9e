use crate::{
    customer::{self, Customer, CustomerKind},
    kernel::{Criteria, ErrorKind, Id, Query, Sums, Value},
    product::Product,
};

use super::{
    case::Case,
    claim::{Held, fails, same},
    each::{Changing, Kept},
    follower::closed_book,
    law::Law,
    references::of_new,
    sample::{Extreme, Make, Sample, with},
    setting::{Setting, a_customer, name_of},
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each![
        a_unit_sees_its_own_writes,
        a_dropped_unit_of_work_leaves_no_trace,
        insert_all_writes_all_or_nothing,
        a_refused_write_leaves_the_unit_usable,
        nobody_sees_what_is_not_committed
    ];
    list.extend(laws_of_each_that_changes![a_dropped_update_leaves_no_trace]);
    list.extend(laws![
        an_empty_list_writes_nothing,
        a_unit_that_wrote_nothing_can_be_committed,
        a_reading_unit_sees_one_moment,
        a_unit_knows_its_scope_and_makes_new_ids,
        a_conflict_leaves_the_unit_usable
    ]);
    list
}

async fn a_unit_sees_its_own_writes<E: Kept>(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let setting = Setting::furnish(&mut *work, case).await?;
    let before = E::in_work(&mut *work).count(Criteria::everything()).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    for n in 1..=5 {
        let entity = E::sample(&mut make)?;
        E::in_work(&mut *work).insert(entity.clone()).await?;
        let stored = there(E::in_work(&mut *work).get(entity.id()).await?)?;
        same("the record, got", &*stored, &entity)?;
        let page = E::in_work(&mut *work).find(Query::all().limit(1000)).await?;
        let found = page.items.iter().filter(|item| item.id() == entity.id()).count();
        same("the record, found", found, 1)?;
        let count = E::in_work(&mut *work).count(Criteria::everything()).await?;
        same("the count", count, before + n)?;
        let sums = E::insights(&mut *work).sums(Sums::count()).await?;
        same("the sums", sums.iter().map(|sum| sum.count).sum::<u64>(), before + n)?;
    }
    work.commit().await?;
    Ok(())
}

async fn a_dropped_unit_of_work_leaves_no_trace<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    let book = closed_book(case, &case.anna()?).await?;
    let (one, two, three) = (E::sample(&mut make)?, E::sample(&mut make)?, E::sample(&mut make)?);
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert(one.clone()).await?;
    E::in_work(&mut *work).insert_all(vec![two.clone(), three.clone()]).await?;
    work.insert(Product::new(case.id(), "dropped")).await?;
    drop(work);
    let mut unit = case.read().await?;
    for entity in [&one, &two, &three] {
        same("a record of a dropped unit", E::in_read(&mut *unit).get(entity.id()).await?, None)?;
        let entries = unit.history(E::KIND, entity.id().uuid(), 0, 10).await?;
        same("its history", entries, vec![])?;
    }
    drop(unit);
    same("the log", &closed_book(case, &case.anna()?).await?, &book)?;
    // Ids and unique values are free again.
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert_all(vec![one, two, three]).await?;
    work.commit().await?;
    Ok(())
}

async fn a_dropped_update_leaves_no_trace<E: Changing>(case: &Case) -> Held {
    let entity = super::versions::committed::<E>(case).await?;
    for _ in 0..2 {
        let mut work = case.begin().await?;
        let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
        E::writer(&mut *work).update(stored.edit(|e| e.touch("dropped"))).await?;
        drop(work);
        let mut unit = case.read().await?;
        let stored = there(E::in_read(&mut *unit).get(entity.id()).await?)?;
        same("the version after a dropped update", stored.version(), 1)?;
        same("the record after a dropped update", &*stored, &entity)?;
    }
    Ok(())
}

async fn insert_all_writes_all_or_nothing<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    let first = E::sample(&mut make)?;
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert(first.clone()).await?;
    // Enough of them that a store which writes them in parts has written some.
    let mut list = (0..40).map(|_| E::sample(&mut make)).collect::<Held<Vec<E>>>()?;
    let ids: Vec<_> = list.iter().map(|entity| entity.id()).collect();
    list.push(first.clone());
    let answer = E::in_work(&mut *work).insert_all(list.clone()).await;
    fails("a list with a duplicate at its end", answer, ErrorKind::Duplicate)?;
    for id in &ids {
        let found = E::in_work(&mut *work).get(*id).await?;
        same("a record of a refused list, within the unit", found, None)?;
    }
    list.pop();
    let stored = E::in_work(&mut *work).insert_all(list.clone()).await?;
    let answered: Vec<_> = stored.iter().map(|s| s.id()).collect();
    same("what insert_all answers, in order", answered, ids)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for entity in list.iter().chain([&first]) {
        let stored = there(E::in_read(&mut *unit).get(entity.id()).await?)?;
        same("a record of the list", &*stored, entity)?;
        let entries = unit.history(E::KIND, entity.id().uuid(), 0, 10).await?;
        same("its entries in the log", entries.len(), 1)?;
    }
    Ok(())
}

async fn a_refused_write_leaves_the_unit_usable<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Highest);
    let (before, after) = (E::sample(&mut make)?, E::sample(&mut make)?);
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert(before.clone()).await?;
    let answer = E::in_work(&mut *work).insert(before.clone()).await;
    fails("the same record again", answer, ErrorKind::Duplicate)?;
    let refers = E::FIELDS.iter().skip(1).filter(|field| field.refers_to.is_some());
    for field in refers.filter(|field| of_new(field)) {
        let nowhere = Value::Uuid(case.id::<()>().uuid());
        let bad = with(&E::sample(&mut make)?, field.name, &nowhere)?;
        let answer = E::in_work(&mut *work).insert(bad).await;
        fails("a reference to nothing", answer, ErrorKind::Missing)?;
    }
    let stored = there(E::in_work(&mut *work).get(before.id()).await?)?;
    same("what was written before", &*stored, &before)?;
    E::in_work(&mut *work).insert(after.clone()).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for entity in [before, after] {
        let stored = there(E::in_read(&mut *unit).get(entity.id()).await?)?;
        same("what was written around the refusals", &*stored, &entity)?;
    }
    Ok(())
}

async fn nobody_sees_what_is_not_committed<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let entity = E::sample(&mut Make::new(case.clone(), setting, Extreme::Random))?;
    let id = entity.id();
    let before = seen::<E>(case, id).await?;
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert(entity).await?;
    let during = seen::<E>(case, id).await?;
    work.commit().await?;
    let after = seen::<E>(case, id).await?;
    same("what another sees before the commit", &during, &before)?;
    same("what another sees of it before the commit", (during.0, during.1), (false, false))?;
    same("what another sees after it", (after.0, after.1, after.2), (true, true, before.2 + 1))
}

async fn an_empty_list_writes_nothing(case: &Case) -> Held {
    let mut work = case.begin().await?;
    same("what no records are", work.insert_all(Vec::<Customer>::new()).await?, vec![])?;
    work.commit().await?;
    same("the log", closed_book(case, &case.anna()?).await?, vec![])
}

async fn a_unit_that_wrote_nothing_can_be_committed(case: &Case) -> Held {
    let work = case.begin().await?;
    work.commit().await?;
    let id = a_customer(case).await?;
    let mut work = case.begin().await?;
    there(work.get(id).await?)?;
    work.commit().await?;
    Ok(())
}

async fn a_reading_unit_sees_one_moment(case: &Case) -> Held {
    let id = a_customer(case).await?;
    let mut unit = case.read().await?;
    let name = there(unit.get(id).await?)?.name.clone();
    let writer = case.clone();
    let other = case.spawn(async move {
        let mut work = writer.begin().await?;
        let stored = there(work.get(id).await?)?;
        work.update(stored.edit(|c| c.touch("another"))).await?;
        let new = Customer::new(writer.id(), CustomerKind::Person, "new");
        let new = work.insert(new).await?.id;
        work.commit().await?;
        Ok(new)
    });
    let new = other.join().await?;
    same("the name, still", &there(unit.get(id).await?)?.name, &name)?;
    same("a record that is newer", unit.get(new).await?, None)?;
    same("the count, still", unit.count(Criteria::<Customer>::everything()).await?, 1)?;
    same("those with the new name", unit.count(customer::NAME.eq("another")).await?, 0)?;
    same("the history, still", unit.history("customer", id.uuid(), 0, 10).await?.len(), 1)?;
    drop(unit);
    same("the name in a new unit", name_of(case, id).await?, "another".to_owned())
}

async fn a_unit_knows_its_scope_and_makes_new_ids(case: &Case) -> Held {
    let scope = case.scope(3, "somebody")?;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let work = case.store().begin(scope.clone()).await?;
        same("the scope", work.scope(), &scope)?;
        ids.extend((0..50).map(|_| work.next_id()));
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    same("new ids, each once and in order", &ids, &sorted)?;
    let unit = case.store().read(scope.clone()).await?;
    same("the scope of a reading unit", unit.scope(), &scope)
}

async fn a_conflict_leaves_the_unit_usable(case: &Case) -> Held {
    let id = a_customer(case).await?;
    let stale = there(case.read().await?.get(id).await?)?;
    let mut work = case.begin().await?;
    let stored = there(work.get(id).await?)?;
    work.update(stored.edit(|c| c.touch("second"))).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let new = work.insert(Customer::new(case.id(), CustomerKind::Person, "new")).await?.id;
    if work.update(stale.edit(|c| c.touch("stale"))).await.is_ok() {
        // It surfaces at the commit: then nothing of the unit is written.
        return fails("the commit", work.commit().await, ErrorKind::Conflict).map(drop);
    }
    let stored = there(work.get(id).await?)?;
    work.update(stored.edit(|c| c.touch("third"))).await?;
    work.commit().await?;
    same("the name", name_of(case, id).await?, "third".to_owned())?;
    same("the record before it", name_of(case, new).await?, "new".to_owned())
}

/// What another task sees: whether the record can be got and found, the count, the sum, how many
/// entries its history has and whether its creation is in the log.
type Seen = (bool, bool, u64, u64, usize, bool);

async fn seen<E: Kept>(case: &Case, id: Id<E>) -> Held<Seen> {
    let other = case.clone();
    let task = case.spawn(async move {
        let mut unit = other.read().await?;
        let got = E::in_read(&mut *unit).get(id).await?.is_some();
        let page = E::in_read(&mut *unit).find(Query::all().limit(1000)).await?;
        let found = page.items.iter().any(|item| item.id() == id);
        let count = E::in_read(&mut *unit).count(Criteria::everything()).await?;
        let sums = E::insights(&mut *unit).sums(Sums::count()).await?;
        let summed = sums.iter().map(|sum| sum.count).sum();
        let entries = unit.history(E::KIND, id.uuid(), 0, 10).await?.len();
        let log = unit.changes(None, 1000).await?.changes;
        let logged = log.iter().any(|change| change.entity_id == id.uuid());
        Ok((got, found, count, summed, entries, logged))
    });
    task.join().await
}
