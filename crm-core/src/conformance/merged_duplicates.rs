//! What was merged is known again: as the customer that it leads to.

use crate::{
    contact::Contact,
    customer::Customer,
    duplicate::{DuplicateAction, add, find, scan_base},
    import::{ImportKind, Outcome},
    kernel::{Criteria, ErrorKind, Id, Phone, PhoneKind},
    merge::MergeCommand,
    store::expect,
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    merging::organisation,
    old_ids::outcomes,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        one_that_was_merged_is_found_as_its_survivor,
        one_whose_survivor_was_merged_is_no_duplicate_of_the_last,
        a_scan_pairs_nobody_with_what_was_merged_into_it,
        copies_that_were_merged_make_no_noise,
        contacts_of_one_customer_make_no_noise,
        nothing_is_put_into_an_archived_customer
    ]
}

async fn one_that_was_merged_is_found_as_its_survivor(case: &Case) -> Held {
    let alpha = alpha(case);
    let (alpha, there) = (alpha.id, vec![alpha, omega(case, "Omega Books")]);
    let old = there[1].id;
    let card = omega(case, "Omega Books");
    let mut work = case.begin().await?;
    work.insert_all(there).await?;
    work.settings().change(|s| s.duplicates.on_insert = DuplicateAction::Refuse).await?;
    same("before", found(&mut *work, &card).await?, vec![old])?;
    work.customers().merge(MergeCommand::new(case.id(), alpha, [old])).await?;
    work.commit().await?;

    let mut work = case.begin().await?;
    same("after", found(&mut *work, &card).await?, vec![alpha])?;
    for id in [alpha, old] {
        let stored = expect(&mut *work, id).await?;
        same("like itself", found(&mut *work, &stored).await?, vec![])?;
    }
    let refused = fails("again", add(&mut *work, card).await, ErrorKind::Refused)?.to_string();
    claim(refused.contains("Alpha Trading"), format!("it names no survivor: {refused}"))?;
    drop(work);
    let rows = "name|email|tax_number|country|city\n\
                Omega Books Ltd|info@omega.example|DE136695976|DE|Ulm";
    for time in ["imported", "and again"] {
        let told = outcomes(case, ImportKind::Customers, rows).await?;
        let [Outcome::Folded(into)] = &told[..] else {
            return Err(Failure::new(format!("{time}: {told:?}")));
        };
        same(time, into.customer, alpha)?;
    }
    let mut unit = case.read().await?;
    same("customers", unit.count(Criteria::<Customer>::everything()).await?, 2)?;
    same("what the row filled", expect(&mut *unit, alpha).await?.city.as_deref(), Some("Ulm"))
}

async fn one_whose_survivor_was_merged_is_no_duplicate_of_the_last(case: &Case) -> Held {
    let (first, middle) = (omega(case, "Omega Books"), alpha(case));
    let last = omega(case, "OMEGA Books Ltd");
    let [first_id, middle_id, last_id] = [first.id, middle.id, last.id];
    let mut work = case.begin().await?;
    work.insert_all(vec![first.clone(), middle, last]).await?;
    same("before", found(&mut *work, &first).await?, vec![last_id])?;
    work.customers().merge(MergeCommand::new(case.id(), middle_id, [first_id])).await?;
    let stored = expect(&mut *work, first_id).await?;
    same("two customers", found(&mut *work, &stored).await?, vec![last_id])?;
    work.customers().merge(MergeCommand::new(case.id(), last_id, [middle_id])).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("as it was read before", stored.merged_into, Some(middle_id))?;
    same("one customer", found(&mut *unit, &stored).await?, vec![])?;
    let stored = expect(&mut *unit, first_id).await?;
    same("as it is now", found(&mut *unit, &stored).await?, vec![])
}

async fn a_scan_pairs_nobody_with_what_was_merged_into_it(case: &Case) -> Held {
    let alpha = alpha(case);
    let (old, copy) = (omega(case, "Omega Books"), omega(case, "Omega Books"));
    let twin = omega(case, "OMEGA Books Ltd");
    let [alpha_id, twin_id] = [alpha.id, twin.id];
    let merged = [old.id, copy.id];
    let mut work = case.begin().await?;
    work.insert_all(vec![alpha, old, copy]).await?;
    same("pairs of the two copies", scan_base(&mut *work).await?.pairs.len(), 1)?;
    work.customers().merge(MergeCommand::new(case.id(), alpha_id, merged)).await?;
    let scan = scan_base(&mut *work).await?;
    same("pairs of what is one", (scan.pairs.len(), scan.groups.len()), (0, 0))?;
    work.insert(twin).await?;
    work.commit().await?;
    let scan = scan_base(&mut *case.read().await?).await?;
    let pairs: Vec<_> = scan.pairs.iter().map(|pair| sorted([pair.one, pair.other])).collect();
    same("pairs", pairs, vec![sorted([alpha_id, twin_id])])?;
    let groups: Vec<_> = scan.groups.into_iter().map(sorted).collect();
    same("groups", groups, vec![sorted([alpha_id, twin_id])])
}

async fn copies_that_were_merged_make_no_noise(case: &Case) -> Held {
    let copies: Vec<_> = (0..12).map(|_| omega(case, "Omega Books")).collect();
    let ids: Vec<_> = copies.iter().map(|copy| copy.id).collect();
    let mut work = case.begin().await?;
    work.settings().change(|s| s.duplicates.noise_limit = 3).await?;
    work.insert_all(copies).await?;
    let another = omega(case, "Omega Books");
    let noise = find(&mut *work, &another).await?.noise.len();
    claim(noise > 0, "so many that nothing was merged of are noise")?;
    let others = ids[1..].iter().copied();
    work.customers().merge(MergeCommand::new(case.id(), ids[0], others)).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let told = find(&mut *work, &another).await?;
    same("noise", told.noise, vec![])?;
    same(
        "who is found",
        told.found.iter().map(|d| d.customer.id).collect::<Vec<_>>(),
        vec![ids[0]],
    )?;
    let another = work.insert(another).await?.id;
    let scan = scan_base(&mut *work).await?;
    same("noise of a scan", scan.noise, vec![])?;
    let pairs: Vec<_> = scan.pairs.iter().map(|pair| sorted([pair.one, pair.other])).collect();
    same("pairs", pairs, vec![sorted([ids[0], another])])
}

async fn contacts_of_one_customer_make_no_noise(case: &Case) -> Held {
    let switchboard = || Phone { kind: PhoneKind::Work, number: "+49 30 901820".into() };
    let mut work = case.begin().await?;
    work.settings().change(|s| s.duplicates.noise_limit = 3).await?;
    let there = work.insert(organisation(case, "Nordic Data Systems")).await?.id;
    for name in ["Ann", "Ben", "Cem", "Dag", "Eve", "Fay"] {
        let mut clerk = Contact::new(case.id(), name);
        clerk.customer_id = Some(there);
        clerk.phones.0.push(switchboard());
        work.insert(clerk).await?;
    }
    let mut card = organisation(case, "Nordic Data Sistems");
    card.phones.0.push(switchboard());
    let told = find(&mut *work, &card).await?;
    same("noise", told.noise, vec![])?;
    same("who is found", told.found.iter().map(|d| d.customer.id).collect::<Vec<_>>(), vec![there])
}

async fn nothing_is_put_into_an_archived_customer(case: &Case) -> Held {
    let [there, copy] = ["Omega Books", "Books by Omega"].map(|name| omega(case, name));
    let (id, other) = (there.id, copy.id);
    let mut work = case.begin().await?;
    work.insert_all(vec![there, copy]).await?;
    work.customers().merge(MergeCommand::new(case.id(), id, [other])).await?;
    let archived = work.customers().archive(id).await?;
    work.commit().await?;
    let row = |name: &str| {
        format!("name|email|tax_number|country\n{name}|info@omega.example|DE136695976|DE")
    };
    for name in ["OMEGA Books Ltd", "Books by OMEGA Ltd"] {
        let told = outcomes(case, ImportKind::Customers, &row(name)).await?;
        let [Outcome::Refused(why)] = &told[..] else {
            return Err(Failure::new(format!("{name}: {told:?}")));
        };
        claim(why.contains("restore it") && why.contains(&id.to_string()), why)?;
    }
    let mut work = case.begin().await?;
    same("the archived one", &expect(&mut *work, id).await?, &archived)?;
    work.customers().restore(id).await?;
    work.commit().await?;
    let told = outcomes(case, ImportKind::Customers, &row("OMEGA Books Ltd")).await?;
    claim(matches!(&told[..], [Outcome::Folded(into)] if into.customer == id), "once restored")
}

async fn found(
    unit: &mut (dyn crate::store::ReadUnit + '_),
    card: &Customer,
) -> Held<Vec<Id<Customer>>> {
    Ok(find(unit, card).await?.found.iter().map(|one| one.customer.id).collect())
}

/// With keys of its own: it takes none of those that are merged into it.
fn alpha(case: &Case) -> Customer {
    let mut alpha = organisation(case, "Alpha Trading");
    alpha.email = Some("office@alpha.example".into());
    alpha.tax_number = Some("DE129273398".into());
    alpha.country = "DE".parse().ok();
    alpha
}

fn omega(case: &Case, name: &str) -> Customer {
    let mut omega = organisation(case, name);
    omega.email = Some("info@omega.example".into());
    omega.tax_number = Some("DE136695976".into());
    omega.country = "DE".parse().ok();
    omega
}

fn sorted<T: Ord>(ids: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort();
    ids
}
