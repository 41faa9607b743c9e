//! What stores keep of customers is exact while many write.

use std::sync::Arc;

use async_lock::Barrier;
use rust_decimal::Decimal;

use crate::{
    customer_value::CustomerValue,
    kernel::{Currency, Money, Query},
    merge::MergeCommand,
    store::{Read, expect, run},
    value::Figures,
};

use super::{
    case::Case,
    claim::{Held, same},
    kept_fold::{is_the_fold, order},
    law::Law,
    merging::customers,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        many_writers_keep_exact_figures_and_wait_for_nobody_in_a_circle,
        many_who_change_and_merge_keep_exact_figures
    ]
}

async fn many_writers_keep_exact_figures_and_wait_for_nobody_in_a_circle(case: &Case) -> Held {
    const WRITERS: usize = 16;
    let ids = Arc::new(customers(case, 5).await?);
    let together = Arc::new(Barrier::new(WRITERS));
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let (ids, together, case) = (Arc::clone(&ids), Arc::clone(&together), case.clone());
        tasks.push(case.clone().spawn(async move {
            together.wait().await;
            for round in 0..6_usize {
                let mut work = case.begin().await?;
                // Each begins with another customer.
                for step in 0..ids.len() {
                    let id = ids[(writer + round + step) % ids.len()];
                    let date = ["2017-11-15", "2017-12-31", "2018-01-01"][(writer + step) % 3];
                    let mut one = order(&case, id, date, "1.25 EUR")?;
                    one.cost = Some("0.50 EUR".parse()?);
                    if step % 2 == 0 {
                        work.insert(one).await?;
                    } else {
                        work.insert_all(vec![one]).await?;
                    }
                }
                // Nothing that would be well if it were run again: nobody was in the way.
                work.commit().await?;
            }
            Ok(())
        }));
    }
    for task in tasks {
        task.join().await?;
    }
    let mut unit = case.read().await?;
    is_the_fold(&mut *unit).await?;
    let rows = Read::<CustomerValue>::find(&mut *unit, Query::all()).await?.items;
    let orders: i64 = rows.iter().map(|row| row.figures.orders).sum();
    same("how many orders", orders, (WRITERS * 6 * ids.len()) as i64)
}

async fn many_who_change_and_merge_keep_exact_figures(case: &Case) -> Held {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 5;
    let ids = Arc::new(customers(case, 6).await?);
    let together = Arc::new(Barrier::new(WRITERS + 1));
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let (ids, together, case) = (Arc::clone(&ids), Arc::clone(&together), case.clone());
        tasks.push(case.clone().spawn(async move {
            together.wait().await;
            for round in 0..ROUNDS {
                let date = ["2017-11-15", "2017-12-31", "2018-01-01"][(writer + round) % 3];
                let one = order(&case, ids[(writer + round) % 4], date, "1.25 EUR")?;
                let id = one.id;
                let mut work = case.begin().await?;
                work.insert(one).await?;
                work.commit().await?;
                // Later it was dearer, of another day, and another's.
                let to = ids[(writer + round + 1) % 4];
                let scope = case.anna()?;
                let changed = run(case.store(), &scope, |work| {
                    Box::pin(async move {
                        let one = expect(work, id).await?;
                        let cost = Money::new(Decimal::ONE, Currency::EUR).ok();
                        let edited = one.edit(|one| {
                            (one.customer_id, one.cost) = (to, cost);
                            one.date = one.date.succ_opt().unwrap_or(one.date);
                        });
                        work.update(edited).await
                    })
                });
                changed.await?;
            }
            Ok(())
        }));
    }
    let (merging, all, waits) = (case.clone(), Arc::clone(&ids), Arc::clone(&together));
    tasks.push(case.clone().spawn(async move {
        waits.wait().await;
        for (survivor, other) in [(all[4], all[0]), (all[5], all[1]), (all[4], all[5])] {
            let id = merging.id();
            let scope = merging.anna()?;
            let merged = run(merging.store(), &scope, |work| {
                let merge = MergeCommand::new(id, survivor, [other]);
                Box::pin(async move { work.customers().merge(merge).await })
            });
            merged.await?;
        }
        Ok(())
    }));
    for task in tasks {
        task.join().await?;
    }
    let mut unit = case.read().await?;
    is_the_fold(&mut *unit).await?;
    let rows = Read::<CustomerValue>::find(&mut *unit, Query::all()).await?.items;
    let sum =
        |figure: fn(&Figures) -> i64| rows.iter().map(|row| figure(&row.figures)).sum::<i64>();
    let all = (WRITERS * ROUNDS) as i64;
    let costs: Decimal = rows.iter().map(|row| row.figures.cost).sum();
    same("how many orders", sum(|figures| figures.orders), all)?;
    same("all of which say what they cost", (sum(|f| f.without_cost), costs), (0, all.into()))
}
