//! Customers that nobody has, and who takes them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_lock::Barrier;

use crate::{
    customer::{self, Customer},
    kernel::{Error, ErrorKind, Id, Stored},
    org_unit::OrgUnit,
    owner_change,
    ownership::{OwnerVerb, Pool, PoolRules, ownership_history},
    staff_member::StaffMember,
    store::{UnitOfWork, expect, run},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    owners::{colleague, of, who_left},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        two_salespeople_one_customer,
        many_claim_the_same_customers_and_each_has_one_owner,
        all_that_stands_against_a_claim_is_told,
        a_former_owner_waits,
        a_pool_that_cannot_be_is_invalid
    ]
}

pub(super) async fn a_pool(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
    rules: PoolRules,
) -> Held<Id<Pool>> {
    let id = case.id();
    Ok(work.insert(Pool::new(id, format!("Open sea {id}"), rules)).await?.id)
}

/// Claims it in a unit of its own, again where that can help.
async fn claims(
    case: &Case,
    pool: Id<Pool>,
    customer: Id<Customer>,
    staff: Id<StaffMember>,
) -> Result<Stored<Customer>, Error> {
    let scope = case.anna().map_err(|_| Error::missing(staff))?;
    run(case.store(), &scope, |work| {
        Box::pin(async move { work.ownership().claim(pool, customer, staff).await })
    })
    .await
}

async fn two_salespeople_one_customer(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let pool = a_pool(&mut *work, case, PoolRules::default()).await?;
    work.commit().await?;
    for _ in 0..5 {
        let mut work = case.begin().await?;
        let id = work.insert(of(case, None, "Library")).await?.id;
        work.commit().await?;
        let both = Arc::new(Barrier::new(2));
        let tasks = [(anna, "Anna"), (bob, "Bob")].map(|(who, name)| {
            let (case, both) = (case.clone(), Arc::clone(&both));
            let task = case.clone().spawn(async move {
                both.wait().await;
                Ok(claims(&case, pool, id, who).await)
            });
            (who, name, task)
        });
        let (mut owner, mut refused) = (Vec::new(), Vec::new());
        for (who, name, task) in tasks {
            match task.join().await? {
                Ok(stored) => owner.push((who, name, stored.version())),
                Err(error) => refused.push(error),
            }
        }
        let ([(who, name, 2)], [error]) = (owner.as_slice(), refused.as_slice()) else {
            return Err(Failure::new(format!("one wins: {owner:?}, {refused:?}")));
        };
        let mut unit = case.read().await?;
        let stored = expect(&mut *unit, id).await?;
        same("whose it is", (stored.owner_id, stored.version()), (Some(*who), 2))?;
        let history = ownership_history(&mut *unit, id).await?;
        let [only] = history.as_slice() else {
            return Err(Failure::new(format!("one change: {history:?}")));
        };
        let grounds = (only.verb, only.pool_id);
        same("by which verb", grounds, (Some(OwnerVerb::Claimed), Some(pool)))?;
        same("how the other fails", error.kind(), ErrorKind::Refused)?;
        let since = unit.find(owner_change::CUSTOMER_ID.eq(id).query()).await?.items;
        let since = since.first().map(|one| one.changed_at.to_minute()).unwrap_or_default();
        let words = error.to_string();
        let tells = words.contains(&format!("{name} has it")) && words.contains(&since);
        claim(tells, format!("{words} tells {name} and {since}"))?;
        // The winner may send it again.
        same("sent again", claims(case, pool, id, *who).await?.version(), 2)?;
    }
    Ok(())
}

async fn many_claim_the_same_customers_and_each_has_one_owner(case: &Case) -> Held {
    const TASKS: usize = 64;
    const PEOPLE: usize = 8;
    const CUSTOMERS: usize = 12;
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(colleague(&mut *work, case, &format!("Colleague {n}")).await?);
    }
    // Some have one already that counts, some one that does not.
    let counts = customer::CATEGORY.eq("key");
    let rules = PoolRules { cap: Some(3), counts, picks_per_day: Some(2), ..PoolRules::default() };
    for (n, owner) in people.iter().enumerate() {
        let category = if n % 2 == 0 { "key" } else { "other" };
        let theirs = Customer { category: Some(category.into()), ..of(case, Some(*owner), "Old") };
        work.insert_all(vec![Customer { id: case.id(), ..theirs.clone() }, theirs]).await?;
    }
    let pool = a_pool(&mut *work, case, rules).await?;
    let mut free = Vec::new();
    for n in 0..CUSTOMERS {
        let new = of(case, None, &format!("Library {n}"));
        free.push(work.insert(Customer { category: Some("key".into()), ..new }).await?.id);
    }
    work.commit().await?;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (case, free, who) = (case.clone(), free.clone(), people[task % PEOPLE]);
            case.clone().spawn(async move {
                let (mut got, mut refused) = (Vec::new(), Vec::new());
                for n in 0..CUSTOMERS {
                    let id = free[(n + task) % CUSTOMERS];
                    match claims(&case, pool, id, who).await {
                        Ok(stored) => got.push(stored.id),
                        Err(Error::Refused(why)) => refused.push((id, why.to_string())),
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok((who, got, refused))
            })
        })
        .collect();
    let mut owners: BTreeMap<Id<Customer>, BTreeSet<Id<StaffMember>>> = BTreeMap::new();
    let mut refusals = Vec::new();
    for task in tasks {
        let (who, got, refused) = task.join().await?;
        for id in got {
            owners.entry(id).or_default().insert(who);
        }
        refusals.extend(refused);
    }
    let mut unit = case.read().await?;
    let mut picks: BTreeMap<_, usize> = BTreeMap::new();
    for id in &free {
        let told: Vec<_> = owners.get(id).into_iter().flatten().copied().collect();
        let stored = expect(&mut *unit, *id).await?;
        same("who was told that it is theirs", told.as_slice(), stored.owner_id.as_slice())?;
        same("the version", stored.version(), 1 + told.len() as u64)?;
        let changes = unit.count(owner_change::CUSTOMER_ID.eq(*id)).await?;
        same("changes of owner", changes, told.len() as u64)?;
        told.iter().for_each(|who| *picks.entry(*who).or_default() += 1);
    }
    for (n, who) in people.iter().enumerate() {
        let got = picks.get(who).copied().unwrap_or(0);
        // Two count already where they are of that sort: one more is the most.
        let most = if n % 2 == 0 { 1 } else { 2 };
        same("how many each took, as much as they may", got, most)?;
    }
    // Four take one and four take two: all that there are.
    same("how many have an owner", owners.len(), CUSTOMERS)?;
    // Who lost is told whose it is, or why they may have no more.
    let mut told_whose = 0;
    for (id, words) in refusals {
        let owner = expect(&mut *unit, id).await?.owner_id;
        let name = people.iter().position(|who| Some(*who) == owner);
        let whose = name.map(|n| format!("Colleague {n} has it since "));
        let whose = whose.is_some_and(|whose| words.contains(&whose));
        told_whose += usize::from(whose);
        let limit = words.contains("3 is the most here") || words.contains("2 a day is the most");
        claim(whose || (limit && !words.contains(" has it")), format!("{id}: {words}"))?;
    }
    claim(told_whose > 0, "somebody came too late")
}

async fn all_that_stands_against_a_claim_is_told(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let branch = work.insert(OrgUnit::new(case.id(), "Branch")).await?.id;
    let team = OrgUnit { parent_id: Some(branch), ..OrgUnit::new(case.id(), "Team") };
    let team = work.insert(team).await?.id;
    let inside = StaffMember { org_unit_id: Some(team), ..StaffMember::new(case.id(), "Inside") };
    let inside = work.insert(inside).await?.id;
    let outside = colleague(&mut *work, case, "Outside").await?;
    let gone = who_left(&mut *work, case).await?;
    let rules = PoolRules {
        when: customer::CATEGORY.eq("retail"),
        cap: Some(1),
        picks_per_day: Some(1),
        ..PoolRules::default()
    };
    let pool = Pool { org_unit_id: Some(branch), ..Pool::new(case.id(), "Retail", rules.clone()) };
    let pool = work.insert(pool).await?.id;
    let everybodys = a_pool(&mut *work, case, rules).await?;
    let closed = Pool { active: false, ..Pool::new(case.id(), "Old", PoolRules::default()) };
    let closed = work.insert(closed).await?.id;
    let retail = |name| Customer { category: Some("retail".into()), ..of(case, None, name) };
    let [first, second] = [retail("First"), retail("Second")];
    let [first, second] = [work.insert(first).await?.id, work.insert(second).await?.id];
    let other = work.insert(of(case, None, "Of another sort")).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    let mut refused = Vec::new();
    for (what, pool, customer, who, words) in [
        ("who works elsewhere", pool, first, outside, "does not work where the pool"),
        ("who left", everybodys, first, gone, "does not work here any more"),
        ("one of another sort", pool, other, inside, "does not lie in the pool"),
        ("a pool that is not in use", closed, first, inside, "is not in use"),
    ] {
        let answer = work.ownership().claim(pool, customer, who).await;
        let error = fails(what, answer, ErrorKind::Refused)?.to_string();
        claim(error.contains(words), format!("{error} says {words}"))?;
        refused.push(customer);
    }
    work.ownership().claim(pool, first, inside).await?;
    let answer = work.ownership().claim(pool, second, inside).await;
    let error = fails("one more", answer, ErrorKind::Refused)?.to_string();
    for words in ["1 is the most here", "1 a day is the most"] {
        claim(error.contains(words), format!("{error} says {words}"))?;
    }
    let answer = work.ownership().claim(case.id(), second, inside).await;
    fails("no such pool", answer, ErrorKind::Missing)?;
    let answer = work.ownership().claim(pool, case.id(), inside).await;
    fails("no such customer", answer, ErrorKind::Missing)?;
    let answer = work.ownership().claim(pool, second, case.id()).await;
    fails("no such colleague", answer, ErrorKind::Missing)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("whose it is", expect(&mut *unit, first).await?.owner_id, Some(inside))?;
    same("whose the other is", expect(&mut *unit, second).await?.owner_id, None)
}

async fn a_former_owner_waits(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let waiting = a_pool(&mut *work, case, PoolRules { wait_days: 7, ..PoolRules::default() });
    let waiting = waiting.await?;
    let at_once = a_pool(&mut *work, case, PoolRules::default()).await?;
    let id = work.insert(of(case, Some(anna), "Library")).await?.id;
    work.ownership().release(id, anna, None).await?;
    work.commit().await?;
    let error = fails("hers", claims(case, waiting, id, anna).await, ErrorKind::Refused)?;
    claim(error.to_string().contains("it was theirs until"), error.to_string())?;
    same("where nobody waits", claims(case, at_once, id, anna).await?.owner_id, Some(anna))?;
    let mut work = case.begin().await?;
    work.ownership().reclaim(id, None).await?;
    work.commit().await?;
    same("another", claims(case, waiting, id, bob).await?.owner_id, Some(bob))
}

async fn a_pool_that_cannot_be_is_invalid(case: &Case) -> Held {
    let rule = |json: &str| serde_json::from_str::<PoolRules>(json).map_err(|e| e.to_string());
    let name = "x".repeat(380);
    let long = format!(r#"{{"recycling": [{{"name": "{name}", "silent_days": 9}}]}}"#);
    for (json, words) in [
        (r#"{"masked": ["shoe_size"]}"#, "shoe_size"),
        (r#"{"masked": ["id"]}"#, "\"id\" is no field"),
        (r#"{"wait_days": 36526}"#, "wait_days: 36526 days are more than 36525"),
        (r#"{"protect_days": 4294967295}"#, "protect_days: 4294967295 days are more"),
        (r#"{"recycling": [{"name": "all"}]}"#, "would take every customer at once"),
        (r#"{"recycling": [{"name": "x", "silent_days": 0}]}"#, "from 1 to 36525"),
        (r#"{"recycling": [{"name": "x", "silent_days": 106751992}]}"#, "from 1 to 36525"),
        (r#"{"recycling": [{"name": "", "silent_days": 9}]}"#, "a name of its own"),
        (&long, "400 are the most: shorten its name"),
    ] {
        let rules = rule(json).map_err(Failure::new)?;
        let mut work = case.begin().await?;
        let answer = work.insert(Pool::new(case.id(), "Sea", rules)).await;
        let error = fails(json, answer, ErrorKind::Invalid)?.to_string();
        claim(error.contains(words), format!("{error} says {words}"))?;
    }
    for json in [
        r#"{"caps": 3}"#,
        r#"{"when": {"field": "shoe_size", "op": "eq", "value": 1}}"#,
        r#"{"utc_offset_minutes": -2147483648}"#,
        r#"{"time_zone": "Mars/Olympus"}"#,
        r#"{"wait_days": -1}"#,
    ] {
        claim(rule(json).is_err(), format!("{json} is no rule of a pool"))?;
    }
    let mut work = case.begin().await?;
    work.insert(Pool::new(case.id(), "Sea", PoolRules::default())).await?;
    let answer = work.insert(Pool::new(case.id(), "Sea", PoolRules::default())).await;
    fails("another of the same name", answer, ErrorKind::Duplicate)?;
    Ok(())
}
