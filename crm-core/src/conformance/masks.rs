//! What pools mask of customers that nobody has, in lists, in the change log, and of what was merged.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    customer::{self, Customer},
    kernel::{Entity, Query},
    merge::MergeCommand,
    ownership::{Masks, PoolRules, in_pool},
    store::{Read, expect},
};

use super::{
    case::Case,
    claim::{Held, claim, same},
    law::Law,
    owners::{colleague, of},
    pools::a_pool,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_pool_shows_what_it_does_not_mask,
        neither_the_log_nor_who_is_found_tells_what_a_pool_masks,
        what_was_merged_is_masked_as_its_survivor
    ]
}

async fn a_pool_shows_what_it_does_not_mask(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let masked = ["name", "tax_number", "tags", "employees"].map(str::to_owned).to_vec();
    let pool = a_pool(&mut *work, case, PoolRules { masked, ..PoolRules::default() }).await?;
    let seen = a_pool(&mut *work, case, PoolRules::default()).await?;
    for n in 0..3 {
        let mut new = of(case, None, &format!("Library {n}"));
        (new.tax_number, new.employees) = (Some("DE1".into()), Some(7));
        (new.tags, new.city) = (["new"].into_iter().collect(), Some("Bremen".into()));
        work.insert(new).await?;
    }
    work.insert(of(case, Some(anna), "Hers")).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let mut names = BTreeSet::new();
    let mut after = None;
    loop {
        let page = in_pool(&mut *unit, pool, after, 2).await?;
        for one in page.customers {
            let hidden = (one.tax_number.as_deref(), one.employees, one.tags.0.len());
            same("what is hidden", hidden, (None, None, 0))?;
            same("what is not", one.city.as_deref(), Some("Bremen"))?;
            names.insert((one.id, one.name));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    same("how many", names.len(), 3)?;
    claim(names.iter().all(|(_, name)| name == "***"), "no name is shown")?;
    // What it masks no other pool shows.
    let shown = in_pool(&mut *unit, seen, None, 10).await?.customers;
    claim(shown.len() == 3 && shown.iter().all(|one| one.name == "***"), "nor in another")?;
    let masks = Masks::load(&mut *unit).await?;
    let free = expect(&mut *unit, shown[0].id).await?;
    same("what is shown of it", &masks.shown(&free)?.name, "***")?;
    drop(unit);
    let mut work = case.begin().await?;
    let claimed = work.ownership().claim(seen, free.id, anna).await?;
    same("and once it is claimed", &masks.shown(&claimed)?, &*claimed)?;
    // Nor does one that is not in use.
    let stored = expect(&mut *work, pool).await?;
    work.update(stored.edit(|pool| pool.active = false)).await?;
    let shown = in_pool(&mut *work, seen, None, 10).await?.customers;
    let mut names: Vec<_> = shown.into_iter().map(|one| one.name).collect();
    claim(names.is_sorted() && names.len() == 2, format!("by name: {names:?}"))?;
    names.push(claimed.name.clone());
    names.sort();
    same("all of them", names, vec!["Library 0", "Library 1", "Library 2"])
}

async fn neither_the_log_nor_who_is_found_tells_what_a_pool_masks(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let seven = |owner, name| Customer { employees: Some(7), ..of(case, owner, name) };
    let free = work.insert(seven(None, "Library")).await?;
    let hers = work.insert(seven(Some(anna), "Hers")).await?.id;
    let masked = ["name", "employees", "tags"].map(str::to_owned).to_vec();
    let pool = a_pool(&mut *work, case, PoolRules { masked, ..PoolRules::default() }).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let edited = free.edit(|one| {
        (one.name, one.employees) = ("Reading room".to_owned(), Some(8));
        (one.tags, one.city) = (["new"].into_iter().collect(), Some("Bremen".into()));
    });
    let id = work.update(edited).await?.id;
    work.commit().await?;

    let mut unit = case.read().await?;
    let masks = Masks::load(&mut *unit).await?;
    let whole = expect(&mut *unit, id).await?;
    let log = unit.history(Customer::KIND, id.uuid(), 0, 10).await?;
    same("entries of it", log.len(), 2)?;
    for change in &log {
        let shown = masks.change(&whole, change)?;
        same("which fields", shown.fields.len(), change.fields.len())?;
        for (field, whole) in shown.fields.iter().zip(&change.fields) {
            same("which field", &field.field, &whole.field)?;
            let instead = match field.field.as_str() {
                "name" => json!("***"),
                "employees" => json!(null),
                "tags" => json!([]),
                _ => {
                    same("what is not hidden", field, whole)?;
                    continue;
                }
            };
            let before = if whole.from.is_null() { json!(null) } else { instead.clone() };
            same("what was hidden", &field.from, &before)?;
            same("what is hidden", &field.to, &instead)?;
        }
    }
    let hers_whole = expect(&mut *unit, hers).await?;
    for change in unit.history(Customer::KIND, hers.uuid(), 0, 10).await? {
        same("what somebody has", &masks.change(&hers_whole, &change)?, &change)?;
    }

    let all = Query::<Customer>::all;
    for (query, asked) in [
        (customer::EMPLOYEES.at_least(1).query(), "employees"),
        (customer::EMPLOYEES.eq(9).not().query(), "employees"),
        (
            customer::EMPLOYEES.one_of([7, 8]).and(customer::ARCHIVED_AT.is_empty()).query(),
            "employees",
        ),
        (customer::NAME.is_empty().or(customer::OWNER_ID.is_empty()).not().query(), "name"),
        (all().order_by(&customer::NAME), "name"),
        (all().descending(&customer::EMPLOYEES), "employees"),
    ] {
        same("what is asked", masks.asked(&query), BTreeSet::from([asked]))?;
        let found = Read::<Customer>::find(&mut *unit, masks.seen(query)).await?.items;
        let found: Vec<_> = found.iter().map(|one| one.id).collect();
        same("who is found", found, vec![hers])?;
    }
    let open = customer::CITY.eq("Bremen").query().order_by(&customer::OWNER_ID);
    same("nothing hidden is asked", masks.asked(&open), BTreeSet::new())?;
    let found = Read::<Customer>::find(&mut *unit, masks.seen(open)).await?.items;
    same("by what is shown", found.len(), 1)?;
    drop(unit);
    let mut work = case.begin().await?;
    let claimed = work.ownership().claim(pool, id, anna).await?;
    for change in &log {
        same("once it is claimed", &masks.change(&claimed, change)?, change)?;
    }
    let query = masks.seen(customer::EMPLOYEES.eq(8).query());
    same("and it is found", Read::<Customer>::find(&mut *work, query).await?.items.len(), 1)
}

async fn what_was_merged_is_masked_as_its_survivor(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let [open, hers] = [None, Some(anna)];
    let free = work.insert(of(case, open, "Library")).await?.id;
    let had = work.insert(of(case, hers, "Hers")).await?.id;
    let twins = [of(case, open, "Library (old)"), of(case, open, "Hers (old)")];
    let [old_free, old_had] = twins.clone().map(|one| one.id);
    work.insert_all(twins.to_vec()).await?;
    let masked = vec!["name".to_owned()];
    a_pool(&mut *work, case, PoolRules { masked, ..PoolRules::default() }).await?;
    work.customers().merge(MergeCommand::new(case.id(), free, [old_free])).await?;
    work.customers().merge(MergeCommand::new(case.id(), had, [old_had])).await?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let masks = Masks::load(&mut *unit).await?;
    for (survivor, merged, name) in [(free, old_free, "***"), (had, old_had, "Hers (old)")] {
        let whole = expect(&mut *unit, survivor).await?;
        let old = expect(&mut *unit, merged).await?;
        same("into whom", old.merged_into, Some(survivor))?;
        same("what it is called", masks.shown_with(&old, &whole)?.name.as_str(), name)?;
    }
    // Whether what was merged is found by its name would tell it, whoever has its survivor.
    for name in ["Library (old)", "Hers (old)"] {
        let query = masks.seen(customer::NAME.eq(name).query());
        let found = Read::<Customer>::find(&mut *unit, query).await?.items;
        same("who is found", found.len(), 0)?;
    }
    let query = masks.seen(customer::NAME.eq("Hers").query());
    same("whom somebody has", Read::<Customer>::find(&mut *unit, query).await?.items.len(), 1)
}
