//! One field is erased or redacted: the others stay, in the record, its terms and the change log.

use crate::{
    customer::{self, Customer, CustomerKind},
    kernel::{Entity, FieldSpec, Term, TermTest, Value, erased, to_json},
    settings::Settings,
    store::{CUSTODIAN, ReadUnit},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, same},
    each::Kept,
    follower::written,
    law::Law,
    sample::{Extreme, Make},
    setting::Setting,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    let mut laws = laws![one_field_of_some_versions_is_redacted];
    laws.extend(laws_of_each![
        one_field_is_erased_and_the_others_stay,
        one_field_is_redacted_and_the_others_stay
    ]);
    laws
}

async fn one_field_of_some_versions_is_redacted(case: &Case) -> Held {
    let id = case.id();
    let mut work = case.begin().await?;
    let mut stored = work.insert(Customer::new(id, CustomerKind::Organisation, "Acme")).await?;
    for n in 2..=5 {
        let (email, fax) = (Some(format!("{n}@acme.example")), Some(n.to_string()));
        stored = work.update(stored.edit(|c| (c.email, c.fax) = (email, fax))).await?;
        // Some were written before, some wait in the unit.
        if n == 3 {
            work.commit().await?;
            work = case.begin().await?;
            stored = there(work.get(id).await?)?;
        }
    }
    work.redact(&CUSTODIAN, id, vec![3, 5], Some(customer::EMAIL.spec())).await?;
    work.commit().await?;
    let stored = there(case.read().await?.get(id).await?)?;
    let as_it_is = (stored.email.as_deref(), stored.fax.as_deref(), stored.version());
    same("the record", as_it_is, (Some("5@acme.example"), Some("5"), 5))?;
    let history = case.read().await?.history(Customer::KIND, id.uuid(), 0, 10).await?;
    for list in [written(case, id).await?, history] {
        same("entries", list.len(), 5)?;
        for change in list {
            for field in change.fields {
                let gone = field.from.is_null() && field.to.is_null();
                let wanted = [3, 5].contains(&change.version) && field.field == "email";
                same(&format!("{} in version {}", field.field, change.version), gone, wanted)?;
            }
        }
    }
    Ok(())
}

async fn one_field_is_erased_and_the_others_stay<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    for only in personal::<E>() {
        let sample = E::sample(&mut make)?;
        let mut work = case.begin().await?;
        E::in_work(&mut *work).insert(sample.clone()).await?;
        work.commit().await?;
        let mut work = case.begin().await?;
        E::custody(&mut *work).erase(&CUSTODIAN, sample.id(), Some(only)).await?;
        work.commit().await?;
        let mut unit = case.read().await?;
        let stored = there(E::in_read(&mut *unit).get(sample.id()).await?)?;
        same("the version", stored.version(), 2)?;
        same("the record", to_json(&*stored), to_json(&erased(&sample, Some(only))?))?;
        for field in E::FIELDS.iter().filter(|field| field.name != only.name) {
            same(field.name, (field.get)(&stored), (field.get)(&sample))?;
        }
        let left = (only.get)(&stored);
        let instead = only.personal.unwrap_or_default();
        match instead.is_empty() {
            true => same(only.name, left, Value::Null)?,
            false => {
                same(only.name, left, Value::parse(only.kind, instead).map_err(Failure::new)?)?
            }
        }
        found_by(&mut *unit, &*stored).await?;
        drop(unit);
        without(case, &sample, only).await?;
    }
    Ok(())
}

async fn one_field_is_redacted_and_the_others_stay<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    for only in personal::<E>() {
        let sample = E::sample(&mut make)?;
        let mut work = case.begin().await?;
        E::in_work(&mut *work).insert(sample.clone()).await?;
        E::custody(&mut *work).redact(&CUSTODIAN, sample.id(), vec![1], Some(only)).await?;
        work.commit().await?;
        let mut unit = case.read().await?;
        let stored = there(E::in_read(&mut *unit).get(sample.id()).await?)?;
        same("the version", stored.version(), 1)?;
        same("the record", to_json(&*stored), to_json(&sample))?;
        found_by(&mut *unit, &*stored).await?;
        drop(unit);
        without(case, &sample, only).await?;
    }
    Ok(())
}

fn personal<E: Entity>() -> impl Iterator<Item = &'static FieldSpec<E>> {
    E::FIELDS.iter().copied().filter(|field| field.personal.is_some())
}

/// Claims that the change log tells nothing of one field of a record, and of the others what it did.
async fn without<E: Kept>(case: &Case, sample: &E, only: &FieldSpec<E>) -> Held {
    let history = case.read().await?.history(E::KIND, sample.id().uuid(), 0, 10).await?;
    for list in [written(case, sample.id()).await?, history] {
        let mut named = 0;
        for change in &list {
            for field in &change.fields {
                let gone = field.from.is_null() && field.to.is_null();
                same(&field.field, gone, field.field == only.name)?;
                named += usize::from(change.version == 1);
            }
        }
        let there = |f: &&&FieldSpec<E>| !f.derived && !(f.get)(sample).is_null();
        same("what the first entry names", named, E::FIELDS.iter().filter(there).count())?;
    }
    Ok(())
}

/// Claims that a record is found by its own terms, and by no others.
async fn found_by<E: Entity>(unit: &mut (dyn ReadUnit + '_), entity: &E) -> Held {
    let rules = Settings::standard(Settings::id_of(unit.scope().tenant));
    let mut expected = entity.terms(&rules);
    expected.sort();
    expected.dedup();
    let everything = TermTest::BeginsWith(Term::stored(""));
    let all = unit.having(&[everything], 10_000).await?;
    claim(all.len() < 10_000, "the terms of all are seen")?;
    let ours = all.into_iter().filter(|holder| holder.id == entity.id().uuid());
    let mut found: Vec<_> = ours.map(|holder| holder.term).collect();
    found.sort();
    same("what it is found by", found, expected)
}
