//! Lists of updates that a store may write with one statement.

use crate::{
    ErrorKind,
    customer::Customer,
    kernel::{Currency, Entity, Id, Kind, Money, Stored, Term, Value, with_value},
    lead::Lead,
    opportunity::{Opportunity, pipeline::Pipeline},
    settings::Settings,
    store::{Read, Repository, UnitOfWork, expect},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    merging::organisation,
    owners::colleague,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        terms_follow_what_is_updated_together,
        a_list_of_updates_stops_at_what_is_refused,
        what_is_updated_together_is_read_as_it_was_written,
        what_has_no_say_in_terms_changes_none
    ]
}

async fn shops(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
    names: &[&str],
) -> Held<Vec<Stored<Customer>>> {
    let all: Vec<Customer> = names.iter().map(|name| organisation(case, name)).collect();
    Ok(work.insert_all(all).await?)
}

async fn found(work: &mut (dyn UnitOfWork + '_), word: &str) -> Held<Vec<uuid::Uuid>> {
    let holders = work.holders(&[Term::new("w", word)], 50).await?;
    Ok(holders.into_iter().map(|holder| holder.id).collect())
}

async fn terms_follow_what_is_updated_together(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let before = shops(&mut *work, case, &["Heron One", "Heron Two", "Heron Three"]).await?;
    let renamed = before.into_iter().enumerate();
    let renamed: Vec<_> =
        renamed.map(|(n, one)| one.edit(|c| c.name = format!("Ibis {n}"))).collect();
    let written = Repository::update_all(&mut *work, renamed).await?;
    let mut ids: Vec<_> = written.iter().map(|one| one.id.uuid()).collect();
    ids.sort_unstable();
    same("by the old name", found(&mut *work, "heron").await?.len(), 0)?;
    same("by the new one", found(&mut *work, "ibis").await?, ids)?;
    for one in &written {
        let log = work.history(Customer::KIND, one.id.uuid(), 1, 10).await?;
        let fields: Vec<_> =
            log.iter().flat_map(|entry| &entry.fields).map(|field| field.field.as_str()).collect();
        claim(fields.contains(&"name"), format!("the log tells of it: {fields:?}"))?;
    }
    Ok(work.commit().await?)
}

async fn a_list_of_updates_stops_at_what_is_refused(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let all = shops(&mut *work, case, &["One", "Two", "Three", "Four"]).await?;
    let to = |at: usize, owner| all[at].clone().edit(|one| one.owner_id = Some(owner));
    let list = vec![to(0, anna), to(1, case.id()), to(2, anna)];
    let answer = Repository::update_all(&mut *work, list).await;
    fails("somebody who is not there", answer, ErrorKind::Missing)?;
    let owners = owners(&mut *work, &all).await?;
    same("those before it alone", owners, vec![Some(anna), None, None, None])?;
    // One record twice: the second comes too late. Other fields, and none.
    let other = all[3].clone().edit(|one| one.city = Some("Lund".into()));
    let written = Repository::update_all(&mut *work, vec![to(2, anna), other]).await?;
    let versions: Vec<_> = written.iter().map(Stored::version).collect();
    same("different fields", versions, vec![2, 2])?;
    let twice = vec![to(1, anna), to(1, anna).edit(|one| one.city = Some("Oslo".into()))];
    let answer = Repository::update_all(&mut *work, twice).await;
    fails("one record twice", answer, ErrorKind::Conflict)?;
    let same_again = Repository::update_all(&mut *work, written.clone()).await?;
    claim(same_again.iter().all(|one| one.version() == 2), "without a change nothing is written")?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let owners = self::owners(&mut *work, &all).await?;
    same("in the end", owners, vec![Some(anna), Some(anna), Some(anna), None])
}

async fn owners(
    work: &mut (dyn UnitOfWork + '_),
    all: &[Stored<Customer>],
) -> Held<Vec<Option<Id<crate::staff_member::StaffMember>>>> {
    let mut owners = Vec::new();
    for one in all {
        owners.push(expect::<Customer, _>(work, one.id).await?.owner_id);
    }
    Ok(owners)
}

async fn what_is_updated_together_is_read_as_it_was_written(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let mut deals = Vec::new();
    for n in 0..5 {
        let mut deal = Opportunity::open(case.id(), format!("Deal {n}"), &pipeline)?;
        deal.amount = Some(Money::new(n.into(), Currency::EUR)?);
        deals.push(work.insert(deal).await?);
    }
    let edited = deals.into_iter().enumerate().map(|(n, deal)| {
        let amount = match n {
            0 => None,
            n => Some(Money::new((n * 1_000_000).into(), Currency::USD)?),
        };
        let tags = format!("{{\"n\": \"ö {n}\\u0027\"}}");
        Ok::<_, super::claim::Failure>(deal.edit(|deal| {
            deal.amount = amount;
            deal.notes = Some(tags);
        }))
    });
    let edited = edited.collect::<Held<Vec<_>>>()?;
    let written = Repository::update_all(&mut *work, edited).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for one in written {
        let stored = Read::<Opportunity>::get(&mut *unit, one.id).await?;
        let stored = stored.map(|stored| (stored.version(), stored.into_inner()));
        same("as it was written", stored, Some((2, one.into_inner())))?;
    }
    Ok(())
}

async fn what_has_no_say_in_terms_changes_none(case: &Case) -> Held {
    let rules = Settings::standard(Settings::id_of(case.anna()?.tenant));
    fn check<E: Entity>(one: &E, rules: &Settings, case: &Case) -> Held {
        claim(!one.terms(rules).is_empty(), "it has terms")?;
        for name in E::NO_TERMS {
            let Some(field) = E::FIELDS.iter().find(|field| field.name == *name) else {
                return claim(false, format!("{name} is a field"));
            };
            let value = match field.kind {
                Kind::Uuid => Value::Uuid(case.id::<E>().uuid()),
                Kind::Money => Value::Money("1 EUR".parse()?),
                _ => Value::text("A"),
            };
            let other = with_value(one, field, &value)?;
            same(name, other.terms(rules), one.terms(rules))?;
        }
        Ok(())
    }
    check(&organisation(case, "Heron"), &rules, case)?;
    let mut lead = Lead::company(case.id(), "Ibis");
    lead.email = Some("ann@ibis.example".into());
    check(&lead, &rules, case)
}
