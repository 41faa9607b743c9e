//! Merges that are sent again, or meet others at work.

use std::sync::Arc;

use async_lock::Barrier;

use crate::{
    Error,
    customer::{group, resolve},
    interaction::{self, Interaction},
    kernel::ErrorKind,
    merge::{self, Merge, MergeCommand},
    store::{Read, expect, run},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    merging::{call, customers, said},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_merge_sent_again_has_its_effect_once,
        a_record_sent_again_around_a_merge_is_there_once,
        two_merges_at_once_and_one_wins,
        what_comes_while_a_merge_runs_is_not_lost,
        more_records_than_one_page_move_and_come_back
    ]
}

async fn a_merge_sent_again_has_its_effect_once(case: &Case) -> Held {
    let ids = customers(case, 4).await?;
    let mut command = MergeCommand::new(case.id(), ids[0], [ids[2], ids[1]]);
    command.reason = Some("the same tax number".into());
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (case, command) = (case.clone(), command.clone());
            case.clone().spawn(async move {
                let scope = case.anna()?;
                let answer = run(case.store(), &scope, |work| {
                    let command = command.clone();
                    Box::pin(async move { work.customers().merge(command).await })
                });
                Ok(answer.await?.into_inner())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.join().await?);
    }
    claim(answers.windows(2).all(|pair| pair[0] == pair[1]), "one answer for all")?;
    let mut work = case.begin().await?;
    same("merges", Read::<Merge>::count(&mut *work, merge::ID.is_present()).await?, 1)?;
    same("its version", expect(&mut *work, ids[1]).await?.version(), 2)?;
    let again = MergeCommand { others: vec![ids[1], ids[2], ids[1]], ..command.clone() };
    same("the same in another order", &*work.customers().merge(again).await?, &answers[0])?;
    for other in [
        MergeCommand { others: vec![ids[3]], ..command.clone() },
        MergeCommand { survivor: ids[3], ..command.clone() },
        MergeCommand { reason: None, ..command.clone() },
        MergeCommand { choices: [("name".to_owned(), ids[1])].into(), ..command.clone() },
    ] {
        let answer = work.customers().merge(other).await;
        fails("another command with the same id", answer, ErrorKind::Duplicate)?;
    }
    Ok(())
}

async fn a_record_sent_again_around_a_merge_is_there_once(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    let early = call(case, ids[1], "early", "2016-01-01T00:00:00Z")?;
    let late = call(case, ids[1], "late", "2016-01-02T00:00:00Z")?;
    let mut work = case.begin().await?;
    work.interactions().record(early.clone()).await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    for _ in 0..2 {
        let mut work = case.begin().await?;
        for command in [&early, &late] {
            let answer = work.interactions().record(command.clone()).await?;
            same("whose it is", answer.customer_id, ids[0])?;
            let mut other = command.clone();
            other.content = Some("something else".into());
            let answer = work.interactions().record(other).await;
            fails("another command with the same id", answer, ErrorKind::Duplicate)?;
        }
        work.commit().await?;
    }
    let mut unit = case.read().await?;
    same("what was said", said(&mut *unit, ids[1]).await?, vec!["late", "early"])
}

async fn two_merges_at_once_and_one_wins(case: &Case) -> Held {
    // Who survives and who is merged, by two who do not know of each other.
    for [one, two] in [
        [(0, 1), (1, 0)],
        [(0, 1), (0, 1)],
        [(0, 1), (2, 1)],
        [(1, 0), (1, 2)],
        [(0, 1), (1, 2)],
        [(0, 1), (2, 0)],
    ] {
        let ids = customers(case, 3).await?;
        let mut work = case.begin().await?;
        for id in &ids {
            let call = call(case, *id, "said", "2016-01-01T00:00:00Z")?;
            work.interactions().record(call).await?;
        }
        work.commit().await?;
        let both = Arc::new(Barrier::new(2));
        let tasks = [one, two].map(|(survivor, other)| {
            let (case, both) = (case.clone(), Arc::clone(&both));
            let command = MergeCommand::new(case.id(), ids[survivor], [ids[other]]);
            case.clone().spawn(async move {
                both.wait().await;
                let mut work = case.begin().await?;
                let answer = work.customers().merge(command).await;
                Ok(super::versions::end(answer, work).await)
            })
        });
        let mut won = 0;
        for task in tasks {
            match task.join().await? {
                Ok(()) => won += 1,
                Err(Error::Refused(why)) => {
                    claim(why.why.contains("merged into"), format!("it does not say why: {why}"))?;
                }
                Err(error) if error.is_retryable() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let shared = format!("{one:?} and {two:?}");
        let side_by_side = one.0 == two.0 && one.1 != two.1;
        let in_a_row = one.0 == two.1 || one.1 == two.0;
        let may = if side_by_side || (in_a_row && one != (two.1, two.0)) { 2 } else { 1 };
        claim((1..=may).contains(&won), format!("{shared}: {won} of two merges were done"))?;
        let mut unit = case.read().await?;
        let (mut all, mut heard) = (std::collections::BTreeSet::new(), 0);
        for id in &ids {
            if resolve(&mut *unit, *id).await? == *id {
                all.extend(group(&mut *unit, *id).await?);
                heard += said(&mut *unit, *id).await?.len();
            }
        }
        same(&format!("{shared}: customers that are reached"), all.len(), 3)?;
        same(&format!("{shared}: what was said"), heard, 3)?;
    }
    Ok(())
}

async fn what_comes_while_a_merge_runs_is_not_lost(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    let tasks: Vec<_> = (0..3)
        .map(|task| {
            let (case, id) = (case.clone(), ids[1]);
            case.clone().spawn(async move {
                let scope = case.anna()?;
                for n in 0..8 {
                    let said = format!("{task} {n}");
                    let call = call(&case, id, &said, "2016-01-01T00:00:00Z")?;
                    let recorded = run(case.store(), &scope, |work| {
                        let call = call.clone();
                        Box::pin(async move { work.interactions().record(call).await })
                    });
                    recorded.await?;
                }
                Ok(())
            })
        })
        .collect();
    let scope = case.anna()?;
    let mut merges = Vec::new();
    for _ in 0..3 {
        let command = MergeCommand::new(case.id(), ids[0], [ids[1]]);
        let merged = run(case.store(), &scope, |work| {
            let command = command.clone();
            Box::pin(async move { work.customers().merge(command).await })
        });
        let id = merged.await?.id;
        let undone = run(case.store(), &scope, |work| {
            Box::pin(async move { work.customers().unmerge(id).await })
        });
        undone.await?;
        merges.push(id);
    }
    for task in tasks {
        task.join().await?;
    }
    let command = MergeCommand::new(case.id(), ids[0], [ids[1]]);
    let mut work = case.begin().await?;
    work.customers().merge(command).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("what was said", said(&mut *unit, ids[1]).await?.len(), 24)
}

async fn more_records_than_one_page_move_and_come_back(case: &Case) -> Held {
    const MANY: usize = 10_500;
    let ids = customers(case, 2).await?;
    let mut calls = Vec::new();
    for _ in 0..MANY {
        calls.push(call(case, ids[1], "said", "2016-01-01T00:00:00Z")?);
    }
    let mut work = case.begin().await?;
    work.insert_all(calls).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let done = work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?.id;
    work.commit().await?;
    let of = |id| interaction::CUSTOMER_ID.eq(id);
    let mut work = case.begin().await?;
    same("what moved", Read::<Interaction>::count(&mut *work, of(ids[0])).await?, MANY as u64)?;
    work.customers().unmerge(done).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("what came back", unit.count(of(ids[1])).await?, MANY as u64)
}
