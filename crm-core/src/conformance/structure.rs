//! How customers and their contacts belong together.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    affiliation::Affiliation,
    contact::{Contact, DecisionRole},
    customer::{Customer, CustomerKind, contacts_of, family, relations_of, roll_up},
    kernel::{Currency, ErrorKind, Id},
    merge::MergeCommand,
    opportunity::Opportunity,
    pipeline::Pipeline,
    relation::Relation,
    store::expect,
    transaction::Transaction,
    value::{Basis, value_by},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_contact_has_parts_at_several_customers,
        customers_stand_in_relations,
        what_ends_before_it_began_is_refused,
        a_family_brings_what_its_members_bring
    ]
}

async fn a_contact_has_parts_at_several_customers(case: &Case) -> Held {
    let scope = case.anna()?;
    let mut work = case.begin().await?;
    let (one, two, old) = (case.id(), case.id(), case.id());
    for id in [one, two, old] {
        work.insert(Customer::new(id, CustomerKind::Organisation, "School")).await?;
    }
    let mut wei = Contact::new(case.id(), "Wei");
    wei.customer_id = Some(one);
    work.insert(wei.clone()).await?;
    let mut ann = Contact::new(case.id(), "Ann");
    ann.customer_id = Some(two);
    work.insert(ann.clone()).await?;
    let mut part = Affiliation::between(scope.tenant, wei.id, old);
    part.role = Some(DecisionRole::Influencer);
    let stored = work.customers().affiliate(part.clone()).await?;
    work.customers().merge(MergeCommand::new(case.id(), two, [old])).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let again = work.customers().affiliate(part.clone()).await?;
    same("the same command again", (again.id, again.customer_id), (stored.id, two))?;
    let other = Affiliation { title: Some("head".into()), ..part.clone() };
    let answer = work.customers().affiliate(other).await;
    fails("another command with the same id", answer, ErrorKind::Duplicate)?;
    let nobody = Affiliation { id: case.id(), contact_id: case.id(), ..part };
    let answer = work.customers().affiliate(nobody).await;
    fails("somebody who is not there", answer, ErrorKind::Missing)?;
    drop(work);
    let mut unit = case.read().await?;
    for (customer, expected) in [
        (one, vec![("Wei", None)]),
        (two, vec![("Ann", None), ("Wei", Some(DecisionRole::Influencer))]),
        (old, vec![("Ann", None), ("Wei", Some(DecisionRole::Influencer))]),
    ] {
        let people = contacts_of(&mut *unit, customer).await?;
        let people: Vec<_> = people
            .iter()
            .map(|at| (at.contact.name.as_str(), at.affiliation.as_ref().and_then(|a| a.role)))
            .collect();
        same("who is there", people, expected)?;
    }
    Ok(())
}

async fn what_ends_before_it_began_is_refused(case: &Case) -> Held {
    let scope = case.anna()?;
    let mut work = case.begin().await?;
    let (one, two) = (case.id(), case.id());
    for id in [one, two] {
        work.insert(Customer::new(id, CustomerKind::Organisation, "School")).await?;
    }
    let wei = work.insert(Contact::new(case.id(), "Wei")).await?.id;
    let (since, until) = (Some(day("2017-12-31")?), Some(day("2017-12-30")?));
    let part = Affiliation { since, until, ..Affiliation::between(scope.tenant, wei, one) };
    let relation = Relation::between(scope.tenant, one, two, "supplier");
    let relation = Relation { since, until, ..relation };
    let part_refused = work.customers().affiliate(part.clone()).await;
    let relation_refused = work.customers().relate(relation.clone()).await;
    for (entity, error) in [
        ("affiliation", fails("a part", part_refused, ErrorKind::Invalid)?.to_string()),
        ("relation", fails("a relation", relation_refused, ErrorKind::Invalid)?.to_string()),
    ] {
        claim(error.contains(&format!("{entity}, until:")), format!("it is not named: {error}"))?;
    }
    fails("by an insert", work.insert(part.clone()).await, ErrorKind::Invalid)?;
    // It may be one day long, and what is there cannot be changed to be shorter than that.
    let part = work.customers().affiliate(Affiliation { until: since, ..part }).await?;
    let relation = work.customers().relate(Relation { until: None, ..relation }).await?;
    fails("an edit", work.update(part.edit(|p| p.until = until)).await, ErrorKind::Invalid)?;
    let relation = relation.edit(|r| r.until = until);
    fails("an edit", work.update(relation).await, ErrorKind::Invalid).map(drop)
}

async fn customers_stand_in_relations(case: &Case) -> Held {
    let scope = case.anna()?;
    let mut work = case.begin().await?;
    let (one, two, three) = (case.id(), case.id(), case.id());
    for id in [one, two, three] {
        work.insert(Customer::new(id, CustomerKind::Organisation, "Press")).await?;
    }
    let supplier = Relation::between(scope.tenant, one, two, "supplier");
    for _ in 0..2 {
        let stored = work.customers().relate(supplier.clone()).await?;
        same("the relation", (&*stored, stored.version()), (&supplier, 1))?;
    }
    let itself = Relation::between(scope.tenant, one, one, "partner");
    let answer = work.customers().relate(itself).await;
    fails("a relation to itself", answer, ErrorKind::Invalid)?;
    let nobody = Relation::between(scope.tenant, one, case.id(), "partner");
    let answer = work.customers().relate(nobody).await;
    fails("a relation to nobody", answer, ErrorKind::Missing)?;
    let competitor = Relation::between(scope.tenant, three, one, "competitor");
    work.customers().relate(competitor.clone()).await?;
    let kinds = |relations: Vec<crate::kernel::Stored<Relation>>| {
        let mut kinds: Vec<_> = relations.iter().map(|r| r.kind.clone()).collect();
        kinds.sort();
        kinds
    };
    let all = kinds(relations_of(&mut *work, one).await?);
    same("what they are to one", all, vec!["competitor", "supplier"])?;
    // Once two of them are one, nothing is left between them; but it comes back.
    let done = work.customers().merge(MergeCommand::new(case.id(), one, [two])).await?.id;
    same("since the merge", kinds(relations_of(&mut *work, two).await?), vec!["competitor"])?;
    let stored = expect(&mut *work, supplier.id).await?;
    let noted = work.update(stored.edit(|r| r.note = Some("was one".into()))).await?;
    same("a note on it", noted.note.as_deref(), Some("was one"))?;
    work.customers().unmerge(done).await?;
    let all = kinds(relations_of(&mut *work, two).await?);
    same("since it was undone", all, vec!["supplier"])
}

async fn a_family_brings_what_its_members_bring(case: &Case) -> Held {
    // A tree of 40: each below the one at half its number; two of them merged, one chain of 60 more.
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let ids: Vec<Id<Customer>> = (0..100).map(|_| case.id()).collect();
    let above = |n: usize| match n {
        0 => None,
        1..40 => Some(n / 2),
        _ => Some(n - 1),
    };
    let day = day("2017-12-31")?;
    let mut own = vec![(0, BTreeMap::new(), BTreeMap::new()); ids.len()];
    for (n, id) in ids.iter().enumerate() {
        let mut new = Customer::new(*id, CustomerKind::Organisation, format!("{n}"));
        new.parent_id = above(n).map(|at| ids[at]);
        work.insert(new).await?;
        for k in 0..n % 3 {
            let currency = [Currency::USD, Currency::EUR][k];
            let amount = Decimal::new((n * 10_000 + k) as i64, 4).normalize();
            let money = crate::kernel::Money::new(amount, currency)?;
            let mut new = Opportunity::open(case.id(), "chance", &pipeline)?;
            (new.customer_id, new.amount) = (Some(*id), Some(money));
            let opportunity = work.opportunities().open(new).await?.id;
            own[n].0 += 1;
            if n % 2 == 0 {
                work.opportunities().win(opportunity, day, None).await?;
                *own[n].1.entry(currency).or_insert(Decimal::ZERO) += amount;
            }
            work.insert(Transaction::new(case.id(), *id, day, money)).await?;
            *own[n].2.entry(currency).or_insert(Decimal::ZERO) += amount;
        }
    }
    // The last one, a leaf, is merged into the one in the middle; it is filed under by its old id too.
    work.customers().merge(MergeCommand::new(case.id(), ids[20], [ids[99]])).await?;
    let yen: Currency = "JPY".parse()?;
    work.insert(Transaction::new(case.id(), ids[99], day, "1 JPY".parse()?)).await?;
    work.commit().await?;
    let last = own.pop().unwrap_or_default();
    own[20].0 += last.0;
    for (to, from) in [(1, last.1), (2, last.2)] {
        for (currency, amount) in from {
            let to = if to == 1 { &mut own[20].1 } else { &mut own[20].2 };
            *to.entry(currency).or_insert(Decimal::ZERO) += amount;
        }
    }
    own[20].2.insert(yen, Decimal::ONE);
    let mut total = own.clone();
    for n in (1..99).rev() {
        let (opportunities, won, revenue) = total[n].clone();
        let Some(parent) = above(n) else { continue };
        total[parent].0 += opportunities;
        for (currency, amount) in won {
            *total[parent].1.entry(currency).or_insert(Decimal::ZERO) += amount;
        }
        for (currency, amount) in revenue {
            *total[parent].2.entry(currency).or_insert(Decimal::ZERO) += amount;
        }
    }
    let mut unit = case.read().await?;
    let value = value_by(&mut *unit, Basis::Revenue, Some(yen)).await?;
    let best = value.and_then(|value| value.rows().next().map(|line| *line.customer));
    same("who brought the yen", best, Some(ids[20]))?;
    let members = family(&mut *unit, ids[0]).await?;
    same("how many there are", members.len(), 99)?;
    let lines = roll_up(&mut *unit, ids[0]).await?;
    same("lines", lines.len(), 99)?;
    for line in lines {
        let n = ids.iter().position(|id| *id == line.customer).unwrap_or_default();
        same("who stands above", line.parent, above(n).map(|at| ids[at]))?;
        for (what, found, expected) in
            [("own", line.own, &own[n]), ("total", line.total, &total[n])]
        {
            let found = (found.opportunities, found.won, found.revenue);
            same(&format!("{what} of {n}"), &found, expected)?;
        }
    }
    same(
        "a part of it",
        roll_up(&mut *unit, ids[99]).await?.first().map(|l| l.customer),
        Some(ids[20]),
    )?;
    fails("nobody's family", family(&mut *unit, case.id()).await, ErrorKind::Missing).map(drop)
}
