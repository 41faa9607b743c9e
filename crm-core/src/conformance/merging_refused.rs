//! What is not merged, and what is not undone.

use std::collections::BTreeMap;

use crate::{
    customer::{Customer, preview_merge},
    kernel::{ErrorKind, Id},
    merge::{Merge, MergeCommand},
    store::{UnitOfWork, expect},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    merging::{call, customers, organisation},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_merged_customer_never_changes,
        a_merge_that_cannot_be_is_refused,
        an_undoing_that_would_lose_something_is_refused
    ]
}

async fn a_merged_customer_never_changes(case: &Case) -> Held {
    let ids = customers(case, 3).await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, ids[1]).await?;
    let edits: [fn(&mut Customer); 2] = [|c| c.name = "other".into(), |c| c.merged_into = None];
    for edit in edits {
        let answer = work.update(stored.clone().edit(edit)).await;
        let error = fails("an edit of a merged one", answer, ErrorKind::Refused)?.to_string();
        claim(error.contains(&ids[0].to_string()), format!("it names no survivor: {error}"))?;
    }
    let stored = expect(&mut *work, ids[2]).await?;
    let answer = work.update(stored.edit(|c| c.merged_into = Some(ids[0]))).await;
    fails("a merge by an update", answer, ErrorKind::Refused).map(drop)
}

async fn a_merge_that_cannot_be_is_refused(case: &Case) -> Held {
    let ids = customers(case, 4).await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    let mut theirs = case.store().begin(case.scope(1, "bob")?).await?;
    let stranger = organisation(case, "theirs");
    theirs.insert(stranger.clone()).await?;
    theirs.commit().await?;
    let nobody = case.id();
    let too_many: Vec<_> = (0..101).map(|_| case.id()).collect();
    let cases: [(_, _, Vec<Id<Customer>>, _, String); 9] = [
        ("itself", ids[2], vec![ids[3], ids[2]], ErrorKind::Invalid, "itself".into()),
        ("nobody", ids[2], vec![], ErrorKind::Invalid, "who is merged".into()),
        ("too many", ids[2], too_many, ErrorKind::Invalid, "101".into()),
        ("one merged before", ids[2], vec![ids[1]], ErrorKind::Refused, ids[0].to_string()),
        ("into one merged before", ids[1], vec![ids[2]], ErrorKind::Refused, ids[0].to_string()),
        ("what is not there", ids[2], vec![nobody], ErrorKind::Missing, nobody.to_string()),
        ("into what is not there", nobody, vec![ids[2]], ErrorKind::Missing, nobody.to_string()),
        ("theirs", ids[2], vec![stranger.id], ErrorKind::Missing, stranger.id.to_string()),
        ("into theirs", stranger.id, vec![ids[2]], ErrorKind::Missing, stranger.id.to_string()),
    ];
    for (what, survivor, others, kind, says) in cases {
        let mut work = case.begin().await?;
        let choices = BTreeMap::new();
        let preview = preview_merge(&mut *work, survivor, &others, &choices, false).await;
        let answer = work.customers().merge(MergeCommand::new(case.id(), survivor, others)).await;
        for error in [fails(what, preview, kind)?, fails(what, answer, kind)?] {
            claim(error.to_string().contains(&says), format!("{what}: {error}"))?;
        }
    }
    for (field, from) in
        [("id", ids[3]), ("external_id", ids[3]), ("nothing", ids[3]), ("name", ids[0])]
    {
        let mut command = MergeCommand::new(case.id(), ids[2], [ids[3]]);
        command.choices.insert(field.into(), from);
        let mut work = case.begin().await?;
        let answer = work.customers().merge(command).await;
        fails("a choice that cannot be", answer, ErrorKind::Invalid)?;
    }
    let mut unit = case.read().await?;
    for id in &ids[2..] {
        same("its version", expect(&mut *unit, *id).await?.version(), 1)?;
    }
    Ok(())
}

async fn an_undoing_that_would_lose_something_is_refused(case: &Case) -> Held {
    let ids = customers(case, 4).await?;
    let [survivor, other, third, fourth] = [ids[0], ids[1], ids[2], ids[3]];
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, other).await?;
    let email = Some("info@acme.example".to_owned());
    work.update(stored.edit(|c| (c.city, c.email) = (Some("York".into()), email))).await?;
    let call = call(case, other, "said", "2016-01-01T00:00:00Z")?;
    let call = work.interactions().record(call).await?.id;
    let command = MergeCommand::new(case.id(), survivor, [other]);
    let done = work.customers().merge(command).await?.id;
    work.commit().await?;

    let mut work = case.begin().await?;
    let stored = expect(&mut *work, survivor).await?;
    work.update(stored.edit(|c| c.city = Some("Leeds".into()))).await?;
    refuses(&mut *work, done, "city").await?;
    drop(work);

    let mut work = case.begin().await?;
    let stored = expect(&mut *work, call).await?;
    work.update(stored.edit(|i| i.customer_id = third)).await?;
    refuses(&mut *work, done, &call.to_string()).await?;
    drop(work);

    let mut work = case.begin().await?;
    let second = work.customers().merge(MergeCommand::new(case.id(), third, [survivor])).await?.id;
    refuses(&mut *work, done, &third.to_string()).await?;
    drop(work);

    let mut work = case.begin().await?;
    work.customers().erase(survivor).await?;
    refuses(&mut *work, done, "erased").await?;
    drop(work);

    // Nothing of it hinders what is beside.
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, survivor).await?;
    work.update(stored.edit(|c| c.region = Some("north".into()))).await?;
    work.customers().merge(MergeCommand::new(second, fourth, [third])).await?;
    work.customers().unmerge(done).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    refuses(&mut *work, done, "anna").await?;
    let stored = expect(&mut *work, survivor).await?;
    same(
        "what it had, and has since",
        (&stored.city, stored.region.as_deref()),
        (&None, Some("north")),
    )?;
    fails("no merge", work.customers().unmerge(case.id()).await, ErrorKind::Missing).map(drop)
}

async fn refuses(work: &mut (dyn UnitOfWork + '_), merge: Id<Merge>, says: &str) -> Held {
    let answer = work.customers().unmerge(merge).await;
    let error = fails("an undoing that loses something", answer, ErrorKind::Refused)?.to_string();
    claim(error.contains(says), format!("it does not name {says}: {error}"))
}
