use crate::kernel::{Criteria, ErrorKind, Query, Scope, Sums};

use super::{
    case::Case,
    claim::{Failure, Held, claim, same},
    each::{Changing, Kept},
    follower::closed_book,
    law::Law,
    sample::{Extreme, Make},
    setting::Setting,
    versions::{end, there},
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each![
        another_tenant_sees_nothing,
        a_cursor_of_one_tenant_leads_another_only_to_its_own,
        two_tenants_may_use_the_same_id
    ];
    list.extend(laws_of_each_that_changes![another_tenant_changes_nothing]);
    list.extend(laws![the_change_log_of_a_tenant_is_its_own]);
    list
}

async fn another_tenant_sees_nothing<E: Kept>(case: &Case) -> Held {
    let ours = samples::<E>(case, &case.anna()?, 6).await?;
    let mut unit = case.store().read(case.scope(1, "bob")?).await?;
    for entity in &ours {
        same("get", E::in_read(&mut *unit).get(entity.id()).await?, None)?;
        same("history", unit.history(E::KIND, entity.id().uuid(), 0, 10).await?, vec![])?;
    }
    for criteria in [
        Criteria::everything(),
        Criteria::Any(vec![]).not(),
        Criteria::Any(E::FIELDS.iter().map(|field| Criteria::Empty(field)).collect()),
        Criteria::OneOf(
            E::FIELDS[0],
            ours.iter().map(|e| (E::FIELDS[0].get)(e).into_owned()).collect(),
        ),
    ] {
        let found = E::in_read(&mut *unit).find(criteria.clone().query()).await?;
        same("find", found.items, vec![])?;
        same("count", E::in_read(&mut *unit).count(criteria.clone()).await?, 0)?;
        let sums = Sums { criteria, by: vec![E::FIELDS[0]], ..Sums::count() };
        same("sums", E::insights(&mut *unit).sums(sums).await?, vec![])?;
    }
    same("changes", unit.changes(None, 100).await?.changes, vec![])
}

async fn a_cursor_of_one_tenant_leads_another_only_to_its_own<E: Kept>(case: &Case) -> Held {
    samples::<E>(case, &case.anna()?, 6).await?;
    let theirs = samples::<E>(case, &case.scope(1, "bob")?, 6).await?;
    let query = || Query::<E>::all().limit(2);
    let next = {
        let mut unit = case.read().await?;
        E::in_read(&mut *unit).find(query()).await?.next
    };
    claim(next.is_some(), "a list of six has a second page")?;
    let page = {
        let mut unit = case.store().read(case.scope(1, "bob")?).await?;
        E::in_read(&mut *unit).find(query().limit(1000).after(next)).await?
    };
    let mut own = case.read().await?;
    for item in &page.items {
        let known = theirs.iter().any(|e| e.id() == item.id());
        let strange = E::in_read(&mut *own).get(item.id()).await?.is_some();
        claim(known || !strange, format!("a record of another tenant: {}", item.id()))?;
    }
    Ok(())
}

async fn two_tenants_may_use_the_same_id<E: Kept>(case: &Case) -> Held {
    // The same setting in both: the same ids, and the same references.
    let here = Setting::committed(case).await?;
    let mut sample = E::sample(&mut Make::new(case.clone(), here.clone(), Extreme::Bare))?;
    let there_too = case.scope(1, "bob")?;
    let mut work = case.store().begin(there_too.clone()).await?;
    here.copy(&mut *work).await?;
    E::in_work(&mut *work).insert(sample.clone()).await?;
    work.commit().await?;
    let theirs = sample.clone();
    sample.touch("ours");
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert(sample.clone()).await?;
    work.commit().await?;
    for (scope, expected) in [(case.anna()?, sample), (there_too, theirs)] {
        let mut unit = case.store().read(scope).await?;
        let stored = there(E::in_read(&mut *unit).get(expected.id()).await?)?;
        same("the tenant's own record", &*stored, &expected)?;
        let entries = unit.history(E::KIND, expected.id().uuid(), 0, 10).await?;
        same("the tenant's own history", entries.len(), 1)?;
    }
    Ok(())
}

async fn another_tenant_changes_nothing<E: Changing>(case: &Case) -> Held {
    let ours = super::versions::committed::<E>(case).await?;
    let stored = there(E::in_read(&mut *case.read().await?).get(ours.id()).await?)?;
    let bob = case.scope(1, "bob")?;
    let mut work = case.store().begin(bob.clone()).await?;
    let changed = stored.edit(|e| e.touch("stolen"));
    let answer = E::writer(&mut *work).update(changed).await;
    let answer = end(answer, work).await;
    match answer {
        Err(e) if matches!(e.kind(), ErrorKind::Missing | ErrorKind::Conflict) => {}
        other => return Err(Failure::new(format!("expected Missing, found {other:?}"))),
    }
    let mut unit = case.read().await?;
    let stored = there(E::in_read(&mut *unit).get(ours.id()).await?)?;
    same("the record", &*stored, &ours)?;
    same("its version", stored.version(), 1)?;
    drop(unit);
    same("the stranger's log", closed_book(case, &bob).await?, vec![])
}

async fn the_change_log_of_a_tenant_is_its_own(case: &Case) -> Held {
    let scopes = [case.anna()?, case.scope(1, "bob")?, case.scope(2, "eve")?];
    let mut expected = Vec::new();
    for scope in &scopes[..2] {
        let own = samples::<crate::customer::Customer>(case, scope, 3).await?;
        expected.push(own.iter().map(|e| e.id.uuid()).collect::<Vec<_>>());
    }
    expected.push(Vec::new());
    for (scope, own) in scopes.iter().zip(&expected) {
        let log = closed_book(case, scope).await?;
        let strange = log.iter().filter(|c| c.actor != scope.actor.as_str()).count();
        same("entries of another tenant", strange, 0)?;
        for id in own {
            let entries = log.iter().filter(|c| c.entity_id == *id).count();
            same("entries of an own record", entries, 1)?;
        }
    }
    // Somebody else's place in the log shows only one's own entries.
    let place = case.read().await?.changes(None, 2).await?.next;
    let mut unit = case.store().read(scopes[1].clone()).await?;
    let page = unit.changes(place, 1000).await?;
    let strange = page.changes.iter().filter(|c| c.actor == "anna").count();
    same("entries of another tenant after its cursor", strange, 0)
}

/// Furnishes a tenant and adds samples to it.
async fn samples<E: Kept>(case: &Case, scope: &Scope, many: usize) -> Held<Vec<E>> {
    let mut work = case.store().begin(scope.clone()).await?;
    let setting = Setting::furnish(&mut *work, case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    let samples = (0..many).map(|_| E::sample(&mut make)).collect::<Held<Vec<E>>>()?;
    E::in_work(&mut *work).insert_all(samples.clone()).await?;
    work.commit().await?;
    Ok(samples)
}
