use std::collections::HashSet;

use uuid::Uuid;

use crate::{
    customer::{Customer, CustomerKind},
    kernel::{
        Change, ChangeCursor, Cursor, Entity, ErrorKind, FieldChange, MAX_LIMIT, created_fields,
        updated_fields,
    },
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    each::{Changing, Kept},
    follower::{SENTINEL, closed_book, follow, written},
    law::Law,
    sample::{Extreme, Make, Sample},
    setting::{Setting, a_customer},
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each![every_insert_is_in_the_change_log];
    list.extend(laws_of_each_that_changes![every_update_is_in_the_change_log]);
    list.extend(laws![
        changes_come_in_the_order_of_the_writes,
        a_follower_may_stop_and_go_on_anywhere,
        what_was_undone_is_not_in_the_change_log,
        a_history_is_the_entries_of_one_record,
        a_wrong_place_in_the_change_log_is_invalid
    ]);
    list
}

async fn every_insert_is_in_the_change_log<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut samples = Vec::new();
    for (extreme, many) in [(Extreme::Bare, 1), (Extreme::Lowest, 1), (Extreme::Random, 8)] {
        let mut make = Make::new(case.clone(), setting.clone(), extreme);
        for _ in 0..many {
            samples.push(E::sample(&mut make)?);
        }
    }
    let scope = case.scope(0, "Bé 中 \"import\"")?;
    let mut work = case.store().begin(scope.clone()).await?;
    let (one, many) = samples.split_at(3);
    let before = work.now();
    for entity in one {
        E::in_work(&mut *work).insert(entity.clone()).await?;
    }
    E::in_work(&mut *work).insert_all(many.to_vec()).await?;
    let after = work.now();
    work.commit().await?;
    let log = closed_book(case, &scope).await?;
    for entity in &samples {
        let mut of_it = log.iter().filter(|c| c.entity_id == entity.id().uuid());
        let (Some(entry), None) = (of_it.next(), of_it.next()) else {
            return Err(Failure::new(format!("not one entry of {}", entity.id())));
        };
        let expected = fields(&created_fields(entity));
        entry_is::<E>(entry, 1, "created", expected)?;
        same("who did it", entry.actor.as_str(), scope.actor.as_str())?;
        let at = entry.at;
        claim(before <= at && at <= after, format!("{at} is not from {before} to {after}"))?;
    }
    Ok(())
}

async fn every_update_is_in_the_change_log<E: Changing>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let first = E::sample(&mut Make::new(case.clone(), setting, Extreme::Bare))?;
    let mut work = case.begin().await?;
    let stored = E::writer(&mut *work).insert(first.clone()).await?;
    let edited = E::writer(&mut *work).update(stored.edit(|e| e.touch("édité \"1\""))).await?;
    let second = edited.clone().into_inner();
    let renamed = edited.change("renamed", |mut e| {
        e.touch("renamed 😀");
        Ok::<_, crate::Error>(e)
    })?;
    let third = E::writer(&mut *work).update(renamed).await?.into_inner();
    work.commit().await?;
    for entries in [
        of(&closed_book(case, &case.anna()?).await?, first.id().uuid()),
        written(case, first.id()).await?,
    ] {
        let [created, edited, renamed] = entries.as_slice() else {
            return Err(Failure::new(format!("three entries expected, found {}", entries.len())));
        };
        entry_is::<E>(created, 1, "created", fields(&created_fields(&first)))?;
        entry_is::<E>(edited, 2, "updated", fields(&updated_fields(&first, &second)))?;
        entry_is::<E>(renamed, 3, "renamed", fields(&updated_fields(&second, &third)))?;
        claim(!edited.fields.is_empty(), "an update that changed no field")?;
    }
    Ok(())
}

async fn changes_come_in_the_order_of_the_writes(case: &Case) -> Held {
    let mut written = Vec::new();
    for unit in 0..4 {
        let mut work = case.begin().await?;
        let mut customer = |name: &str| {
            let id = case.id();
            written.push((id.uuid(), 1));
            Customer::new(id, CustomerKind::Person, name)
        };
        let one = work.insert(customer("one")).await?;
        let three = vec![customer("two"), customer("three"), customer("four")];
        work.insert_all(three).await?;
        let name = format!("unit {unit}");
        let one = work.update(one.edit(|c| c.touch(&name))).await?;
        written.push((one.id.uuid(), 2));
        work.commit().await?;
    }
    let log = closed_book(case, &case.anna()?).await?;
    let found: Vec<_> = log.iter().map(|c| (c.entity_id, c.version)).collect();
    same("the order of the log", found, written)?;
    let ids: HashSet<_> = log.iter().map(|c| c.id).collect();
    same("ids of entries, each once", ids.len(), log.len())
}

async fn a_follower_may_stop_and_go_on_anywhere(case: &Case) -> Held {
    for _ in 0..3 {
        let mut work = case.begin().await?;
        for _ in 0..3 {
            work.insert(Customer::new(case.id(), CustomerKind::Person, "x")).await?;
        }
        work.commit().await?;
    }
    let scope = case.anna()?;
    let whole = closed_book(case, &scope).await?;
    same("how many entries", whole.len(), 9)?;
    let mut end = None;
    for limit in [1, 2, 4, 9, 10, 11, MAX_LIMIT] {
        let mut seen: Vec<Change> = Vec::new();
        let mut cursor: Option<ChangeCursor> = None;
        loop {
            let mut unit = case.read().await?;
            let page = unit.changes(cursor.clone(), limit).await?;
            claim(page.changes.len() <= limit as usize, "a page is longer than its limit")?;
            if page.changes.is_empty() {
                claim(page.next.is_some(), "at the end there is no place to go on from")?;
                break;
            }
            seen.extend(page.changes);
            // A cursor goes through a file and comes back.
            cursor = page.next.map(|next| Cursor::new(next.as_str()));
            claim(cursor.is_some() && seen.len() <= whole.len() + 1, "the log has no end")?;
        }
        seen.retain(|change| change.actor != SENTINEL);
        same(&format!("the log in pages of {limit}"), &seen, &whole)?;
        end = cursor;
    }
    let id = a_customer(case).await?;
    let more = follow(case, &scope, end, || false, |seen| !seen.is_empty()).await?;
    let ids: Vec<_> = more.iter().map(|change| change.entity_id).collect();
    same("what came after the end", ids, vec![id.uuid()])
}

async fn what_was_undone_is_not_in_the_change_log(case: &Case) -> Held {
    let kept = a_customer(case).await?;
    let mut work = case.begin().await?;
    work.insert(Customer::new(case.id(), CustomerKind::Person, "dropped")).await?;
    let stored = there(work.get(kept).await?)?;
    work.update(stored.edit(|c| c.touch("dropped"))).await?;
    drop(work);

    let mut work = case.begin().await?;
    let twice = Customer::new(kept, CustomerKind::Person, "refused");
    fails("a second record", work.insert(twice.clone()).await, ErrorKind::Duplicate)?;
    let list = vec![Customer::new(case.id(), CustomerKind::Person, "refused"), twice];
    fails("a second record", work.insert_all(list).await, ErrorKind::Duplicate)?;
    let last = case.id();
    work.insert(Customer::new(last, CustomerKind::Person, "kept")).await?;
    work.commit().await?;

    let log = closed_book(case, &case.anna()?).await?;
    let found: Vec<_> = log.iter().map(|c| (c.entity_id, c.version)).collect();
    same("the log", found, vec![(kept.uuid(), 1), (last.uuid(), 1)])?;
    same("the history", written::<Customer>(case, kept).await?.len(), 1)
}

async fn a_history_is_the_entries_of_one_record(case: &Case) -> Held {
    let (id, other) = (a_customer(case).await?, a_customer(case).await?);
    for n in 2..=5 {
        let mut work = case.begin().await?;
        for id in [id, other] {
            let stored = there(work.get(id).await?)?;
            work.update(stored.edit(|c| c.touch(&format!("{n}")))).await?;
        }
        work.commit().await?;
    }
    let mut unit = case.read().await?;
    for (after, limit, expected) in [
        (0, 10, vec![1, 2, 3, 4, 5]),
        (0, 2, vec![1, 2]),
        (2, 1, vec![3]),
        (3, 10, vec![4, 5]),
        (5, 10, vec![]),
    ] {
        let entries = unit.history(Customer::KIND, id.uuid(), after, limit).await?;
        let found: Vec<_> = entries.iter().map(|c| c.version).collect();
        same(&format!("versions after {after}"), found, expected)?;
        claim(entries.iter().all(|c| c.entity_id == id.uuid()), "an entry of another record")?;
    }
    let nobody = unit.history("contact", id.uuid(), 0, 10).await?;
    same("the history of another kind", nobody, vec![])
}

async fn a_wrong_place_in_the_change_log_is_invalid(case: &Case) -> Held {
    a_customer(case).await?;
    a_customer(case).await?;
    let list = {
        let mut unit = case.read().await?;
        unit.find(crate::kernel::Query::<Customer>::all().limit(1)).await?.next
    };
    for (cursor, limit) in [
        (list, 1),
        (Some(Cursor::new("")), 1),
        (Some(Cursor::new("x\0 'ü")), 1),
        (None, 0),
        (None, MAX_LIMIT + 1),
    ] {
        let mut unit = case.read().await?;
        let what = format!("changes after {cursor:?}, at most {limit}");
        fails(&what, unit.changes(cursor, limit).await, ErrorKind::Invalid)?;
    }
    for limit in [0, MAX_LIMIT + 1] {
        let mut unit = case.read().await?;
        let entries = unit.history(Customer::KIND, case.id::<Customer>().uuid(), 0, limit).await;
        fails("a history of no length", entries, ErrorKind::Invalid)?;
    }
    Ok(())
}

fn of(log: &[Change], id: Uuid) -> Vec<Change> {
    log.iter().filter(|change| change.entity_id == id).cloned().collect()
}

#[track_caller]
fn entry_is<E: Entity>(
    entry: &Change,
    version: u64,
    event: &str,
    expected: Vec<FieldChange>,
) -> Held {
    same("the kind in the log", &*entry.entity, E::KIND)?;
    same("the version in the log", entry.version, version)?;
    same("the event in the log", &*entry.event, event)?;
    same("the fields in the log", sorted(entry.fields.clone()), expected)
}

/// What the log is expected to keep, by the names of the fields.
pub(super) fn fields(json: &str) -> Vec<FieldChange> {
    sorted(Change::read_fields(json).unwrap_or_default())
}

fn sorted(mut fields: Vec<FieldChange>) -> Vec<FieldChange> {
    fields.sort_by(|a, b| a.field.cmp(&b.field));
    fields
}
