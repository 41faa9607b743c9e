//! Customers that are merged: what moves, what stays, and what undoing restores.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind, Happening, group, moved, preview_merge, resolve, timeline},
    interaction::{Channel, Direction, Interaction},
    kernel::{Entity, Id, Phone, PhoneKind, Phones, Query, Stored, Timestamp, to_json},
    merge::{Merge, MergeCommand},
    store::{Read, ReadUnit, UnitOfWork, every, expect},
};

use super::{
    case::Case,
    claim::{Held, claim, same},
    each::Kept,
    law::Law,
    sample::{Extreme, Make, Sample},
    setting::Setting,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        branches,
        what_is_merged_moves_as_its_preview_says_and_is_undone_exactly,
        fields_come_by_the_rule_or_by_choice,
        old_ids_lead_to_the_customer_for_ever,
        a_merge_makes_no_cycle,
        what_came_after_the_merge_stays_with_the_survivor
    ]
}

/// Two branches entered the same company; it is one customer again, with its whole history.
async fn branches(case: &Case) -> Held {
    let [south, north] = ["Acme Ltd", "ACME Limited"].map(|name| {
        let stage = "customer".to_owned();
        Customer { lifecycle_stage: stage, ..organisation(case, name) }
    });
    let (survivor, other) = (south.id, north.id);
    let mut work = case.begin().await?;
    work.insert(south.clone()).await?;
    let mut north = north;
    (north.email, north.external_id) = (Some("info@acme.example".into()), Some("N-1".into()));
    work.insert(north.clone()).await?;
    let mut clerk = Contact::new(case.id(), "Wei");
    clerk.customer_id = Some(other);
    work.insert(clerk.clone()).await?;
    for (customer, content, time) in [
        (survivor, "first in the south", "2016-01-01T08:00:00Z"),
        (other, "then in the north", "2016-01-02T08:00:00Z"),
        (survivor, "in the south again", "2016-01-03T08:00:00Z"),
    ] {
        let call = call(case, customer, content, time)?;
        let call = work.interactions().record(call).await?.id;
        work.interactions().close(call).await?;
    }
    work.commit().await?;

    let mut work = case.begin().await?;
    let command = MergeCommand::new(case.id(), survivor, [other]);
    let done = work.customers().merge(command).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let expected = ["in the south again", "then in the north", "first in the south"];
    for id in [survivor, other] {
        same("whom the id leads to", resolve(&mut *unit, id).await?, survivor)?;
        same("what was said", said(&mut *unit, id).await?, expected.to_vec())?;
        let story = timeline(&mut *unit, id, &[], None, 100).await?;
        let merges = story.iter().filter(|e| matches!(e.happened, Happening::Merge(_))).count();
        same("merges in its story", merges, 1)?;
    }
    let one = expect(&mut *unit, survivor).await?;
    same("its e-mail", one.email.as_deref(), Some("info@acme.example"))?;
    same("its own number", one.external_id.as_deref(), None)?;
    let contact = expect(&mut *unit, clerk.id).await?;
    same("whose contact it is", contact.customer_id, Some(survivor))?;
    drop(unit);

    let mut work = case.begin().await?;
    work.customers().unmerge(done.id).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("the one in the south", &*expect(&mut *unit, survivor).await?, &south)?;
    same("the one in the north", &*expect(&mut *unit, other).await?, &north)?;
    same("what was said there", said(&mut *unit, other).await?, vec!["then in the north"])?;
    let contact = expect(&mut *unit, clerk.id).await?;
    same("whose contact it is", contact.customer_id, Some(other))
}

async fn what_is_merged_moves_as_its_preview_says_and_is_undone_exactly(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut make = Make::new(case.clone(), setting.clone(), Extreme::Random);
    fill(&mut *work, &mut make).await?;
    let mut make = Make::new(case.clone(), setting.clone(), Extreme::Bare);
    fill(&mut *work, &mut make).await?;
    work.commit().await?;
    let [survivor, other] = setting.customers;
    let mut unit = case.read().await?;
    let before = snapshot(&mut *unit).await?;
    let preview = preview_merge(&mut *unit, survivor, &[other], &BTreeMap::new(), true).await?;
    claim(preview.records.len() > 3, "the world has records of several kinds")?;
    drop(unit);
    let mut work = case.begin().await?;
    let done = work.customers().merge(MergeCommand::new(case.id(), survivor, [other])).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let mut expected = preview.records.clone();
    expected.iter_mut().for_each(|records| records.ids.clear());
    same("what moved", moved(&mut *unit, done.id).await?, expected)?;
    let after = snapshot(&mut *unit).await?;
    same("the survivor", &*expect(&mut *unit, survivor).await?, &preview.after)?;
    // What changed is what the preview named, and nothing else.
    let id = |json: &Json| json["id"].as_str().unwrap_or_default().to_owned();
    let changed: Vec<_> = before
        .iter()
        .zip(&after)
        .filter(|(was, is)| was != is)
        .map(|(was, _)| id(&was.1))
        .collect();
    let mut named: Vec<_> =
        preview.records.iter().flat_map(|r| r.ids.iter().map(ToString::to_string)).collect();
    named.push(other.to_string());
    if preview.after != *there(unit.get(survivor).await?)? || !preview.fields.is_empty() {
        named.push(survivor.to_string());
    }
    for one in &changed {
        claim(named.contains(one), format!("{one} changed, and the preview did not say so"))?;
    }
    for records in &preview.records {
        for one in &records.ids {
            claim(changed.contains(&one.to_string()), format!("{one} was to move"))?;
        }
    }
    drop(unit);
    let mut work = case.begin().await?;
    work.customers().unmerge(done.id).await?;
    work.commit().await?;
    let restored = snapshot(&mut *case.read().await?).await?;
    for (was, is) in before.iter().zip(&restored) {
        same(&format!("a {} after undoing", was.0), is, was)?;
    }
    same("how many records there are", restored.len(), before.len())
}

async fn fields_come_by_the_rule_or_by_choice(case: &Case) -> Held {
    let phone = |number: &str| Phone { kind: PhoneKind::Work, number: number.into() };
    let mut one = organisation(case, "Kept");
    (one.city, one.tags) = (Some("Leeds".into()), ["a"].into_iter().collect());
    one.phones = Phones(vec![phone("1")]);
    one.fax = Some("  ".into());
    let mut old = organisation(case, "Old");
    (old.city, old.region, old.fax) = (Some("York".into()), Some("old".into()), Some("9".into()));
    (old.phones, old.tags) =
        (Phones(vec![phone("2"), phone("1")]), ["b", "a"].into_iter().collect());
    let mut new = organisation(case, "New");
    (new.region, new.industry) = (Some("new".into()), Some("books".into()));
    let ids = (one.id, old.id, new.id);
    let mut work = case.begin().await?;
    work.insert_all(vec![one, old, new]).await?;
    work.commit().await?;
    let mut command = MergeCommand::new(case.id(), ids.0, [ids.1, ids.2]);
    command.choices.insert("name".into(), ids.1);
    let mut work = case.begin().await?;
    work.customers().merge(command).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let merged = expect(&mut *unit, ids.0).await?;
    same("a name that was chosen", merged.name.as_str(), "Old")?;
    same("a city of one's own", merged.city.as_deref(), Some("Leeds"))?;
    same("a fax of spaces is none", merged.fax.as_deref(), Some("9"))?;
    same("what only one has", merged.industry.as_deref(), Some("books"))?;
    let last = [(ids.1, "old"), (ids.2, "new")];
    let region = merged.region.as_deref();
    claim(last.iter().any(|(_, r)| Some(*r) == region), "a region of one of the others")?;
    same("phones", merged.phones.0.clone(), vec![phone("1"), phone("2")])?;
    same("tags", &merged.tags, &["a", "b"].into_iter().collect())
}

async fn old_ids_lead_to_the_customer_for_ever(case: &Case) -> Held {
    let ids = customers(case, 5).await?;
    let mut merges = Vec::new();
    for pair in ids.windows(2) {
        let mut work = case.begin().await?;
        let command = MergeCommand::new(case.id(), pair[1], [pair[0]]);
        merges.push(work.customers().merge(command).await?.id);
        work.commit().await?;
    }
    let mut unit = case.read().await?;
    for id in &ids {
        same("whom an old id leads to", resolve(&mut *unit, *id).await?, ids[4])?;
        let mut all = group(&mut *unit, *id).await?;
        same("who comes first", all.first(), Some(&ids[4]))?;
        all.sort();
        let mut expected = ids.clone();
        expected.sort();
        same("all its ids", all, expected)?;
        // No chains: each leads there at once.
        let next = expect(&mut *unit, *id).await?.merged_into;
        same("where it leads", next, (*id != ids[4]).then_some(ids[4]))?;
    }
    drop(unit);
    // Filed under an old id, it comes to the customer.
    let mut work = case.begin().await?;
    let late = call(case, ids[0], "late", "2017-01-01T00:00:00Z")?;
    let stored = work.interactions().record(late).await?;
    same("whose it is", stored.customer_id, ids[4])?;
    work.commit().await?;
    for merge in merges.iter().rev() {
        let mut work = case.begin().await?;
        work.customers().unmerge(*merge).await?;
        work.commit().await?;
    }
    let mut unit = case.read().await?;
    for id in &ids {
        same("its ids, all undone", group(&mut *unit, *id).await?, vec![*id])?;
    }
    Ok(())
}

/// Whatever stands above or below whom, the survivor does not come to stand below itself.
async fn a_merge_makes_no_cycle(case: &Case) -> Held {
    // Each line: who stands below whom in a row of four, who survives, who is merged into it.
    for (survivor, others) in [
        (3, vec![0]),
        (3, vec![2]),
        (3, vec![1, 2]),
        (3, vec![0, 2]),
        (0, vec![3]),
        (0, vec![1]),
        (1, vec![0, 3]),
        (2, vec![1]),
        (2, vec![0, 1, 3]),
    ] {
        let ids = customers(case, 4).await?;
        let mut work = case.begin().await?;
        for pair in ids.windows(2) {
            let below = expect(&mut *work, pair[1]).await?;
            work.update(below.edit(|c| c.parent_id = Some(pair[0]))).await?;
        }
        work.commit().await?;
        let before = snapshot(&mut *case.read().await?).await?;
        let mut work = case.begin().await?;
        let merged = others.iter().map(|at| ids[*at]);
        let command = MergeCommand::new(case.id(), ids[survivor], merged);
        let done = work.customers().merge(command).await?.id;
        work.commit().await?;
        let mut unit = case.read().await?;
        for id in &ids {
            let (mut next, mut steps) = (Some(*id), 0);
            while let Some(at) = next {
                next = expect(&mut *unit, at).await?.parent_id;
                steps += 1;
                claim(steps < 10, format!("{survivor} ← {others:?}: a cycle"))?;
            }
        }
        for id in ids.iter().filter(|id| **id != ids[survivor]) {
            let stored = expect(&mut *unit, *id).await?;
            let names_merged = others.iter().any(|at| stored.parent_id == Some(ids[*at]));
            claim(!names_merged, format!("{survivor} ← {others:?}: one is below a merged one"))?;
        }
        drop(unit);
        let mut work = case.begin().await?;
        work.customers().unmerge(done).await?;
        work.commit().await?;
        let after = snapshot(&mut *case.read().await?).await?;
        same(&format!("{survivor} ← {others:?}, undone"), &after, &before)?;
    }
    Ok(())
}

async fn what_came_after_the_merge_stays_with_the_survivor(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    let mut work = case.begin().await?;
    let done = work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?.id;
    let later = call(case, ids[1], "later", "2016-01-01T00:00:00Z")?;
    work.interactions().record(later).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().unmerge(done).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("what the survivor has", said(&mut *unit, ids[0]).await?, vec!["later"])?;
    same("what the other has", said(&mut *unit, ids[1]).await?.len(), 0)
}

/// What was said with a customer, newest first.
pub(super) async fn said(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
) -> Held<Vec<String>> {
    let story = timeline(unit, customer, &[], None, 1_000).await?;
    let said = story.into_iter().filter_map(|entry| match entry.happened {
        Happening::Interaction(call) => call.content,
        _ => None,
    });
    Ok(said.collect())
}

pub(super) fn call(
    case: &Case,
    customer: Id<Customer>,
    content: &str,
    at: &str,
) -> Held<Interaction> {
    let at: Timestamp = at.parse()?;
    let mut call = Interaction::new(case.id(), customer, Channel::Phone, Direction::Inbound, at);
    call.content = Some(content.into());
    Ok(call)
}

/// Customers that were committed in the law's own tenant.
pub(super) async fn customers(case: &Case, many: usize) -> Held<Vec<Id<Customer>>> {
    let new: Vec<_> = (0..many).map(|n| organisation(case, &format!("Acme {n}"))).collect();
    let ids = new.iter().map(|customer| customer.id).collect();
    let mut work = case.begin().await?;
    work.insert_all(new).await?;
    work.commit().await?;
    Ok(ids)
}

pub(super) fn organisation(case: &Case, name: &str) -> Customer {
    Customer::new(case.id(), CustomerKind::Organisation, name)
}

/// Every record of a kind, as JSON, in the order of the ids.
async fn all_of<E: Entity, R: Read<E> + ?Sized>(
    unit: &mut R,
    all: &mut Vec<(&'static str, Json)>,
) -> Held {
    every(unit, Query::all(), |stored: Stored<E>| {
        all.push((E::KIND, to_json(&*stored)));
        Ok(())
    })
    .await?;
    Ok(())
}

/// Some records of a kind.
async fn some_of<E: Sample + Kept>(work: &mut (dyn UnitOfWork + '_), make: &mut Make) -> Held {
    // What tells of merges is not made up here.
    if E::KIND == Merge::KIND || E::KIND == crate::merge_move::MergeMove::KIND {
        return Ok(());
    }
    for _ in 0..6 {
        let mut sample = E::sample(make)?;
        for name in E::UNIQUE {
            let value = make.id::<Customer>().to_string();
            let value = crate::kernel::Value::Text(value.into());
            sample = super::sample::with(&sample, name, &value)?;
        }
        E::in_work(work).insert(sample).await?;
    }
    Ok(())
}

macro_rules! of_each_kind {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        /// Some records of every kind.
        async fn fill(work: &mut (dyn UnitOfWork + '_), make: &mut Make) -> Held {
            $(some_of::<$entity>(work, make).await?;)+
            $(some_of::<$added>(work, make).await?;)+
            Ok(())
        }

        /// Everything but what tells of merges themselves.
        pub(super) async fn snapshot(unit: &mut (dyn ReadUnit + '_)) -> Held<Vec<(&'static str, Json)>> {
            let mut all = Vec::new();
            $(all_of::<$entity, _>(unit, &mut all).await?;)+
            $(all_of::<$added, _>(unit, &mut all).await?;)+
            all.retain(|(kind, _)| ![Merge::KIND, crate::merge_move::MergeMove::KIND].contains(kind));
            Ok(all)
        }
    };
}
crate::for_each_entity!(of_each_kind);
