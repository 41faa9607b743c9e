//! What stores keep of customers is exact while many write.

use std::sync::Arc;

use async_lock::Barrier;
use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    customer_value::CustomerValue,
    kernel::{Currency, Id, Money, Query},
    merge::MergeCommand,
    store::{Read, expect, run},
    transaction,
    value::Figures,
};

use super::{
    case::Case,
    claim::{Held, claim, same},
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
    const ROUNDS: usize = 3;
    let ids = Arc::new(customers(case, 6).await?);
    // First without merges, so that these find something under all that are merged.
    for merges in [false, true] {
        let together = Arc::new(Barrier::new(WRITERS + usize::from(merges)));
        let mut tasks = Vec::new();
        for writer in 0..WRITERS {
            let (ids, together, case) = (Arc::clone(&ids), Arc::clone(&together), case.clone());
            tasks.push(case.clone().spawn(async move {
                together.wait().await;
                for round in 0..ROUNDS {
                    sell_and_change(&case, &ids, writer + round).await?;
                }
                Ok(())
            }));
        }
        if merges {
            let (case, ids, together) = (case.clone(), Arc::clone(&ids), Arc::clone(&together));
            tasks.push(case.clone().spawn(async move {
                together.wait().await;
                merge_three(&case, &ids).await
            }));
        }
        for task in tasks {
            task.join().await?;
        }
    }
    let mut unit = case.read().await?;
    is_the_fold(&mut *unit).await?;
    let rows = Read::<CustomerValue>::find(&mut *unit, Query::all()).await?.items;
    let sum =
        |figure: fn(&Figures) -> i64| rows.iter().map(|row| figure(&row.figures)).sum::<i64>();
    let all = (2 * WRITERS * ROUNDS) as i64;
    let costs: Decimal = rows.iter().map(|row| row.figures.cost).sum();
    same("how many orders", sum(|figures| figures.orders), all)?;
    same("all of which say what they cost", (sum(|f| f.without_cost), costs), (0, all.into()))
}

/// An order that is dearer later, of another day, and another's.
async fn sell_and_change(case: &Case, ids: &[Id<Customer>], at: usize) -> Held {
    let date = ["2017-11-15", "2017-12-31", "2018-01-01"][at % 3];
    let one = order(case, ids[at % 4], date, "1.25 EUR")?;
    let id = one.id;
    let mut work = case.begin().await?;
    work.insert(one).await?;
    work.commit().await?;
    let to = ids[(at + 1) % 4];
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
    Ok(())
}

/// Two, and then one of the survivors into the other.
async fn merge_three(case: &Case, ids: &[Id<Customer>]) -> Held {
    for (survivor, other) in [(ids[4], ids[0]), (ids[5], ids[1]), (ids[4], ids[5])] {
        let (id, scope) = (case.id(), case.anna()?);
        let there = transaction::CUSTOMER_ID.eq(other);
        claim(case.read().await?.count(there).await? > 0, "there is something to file elsewhere")?;
        let merged = run(case.store(), &scope, |work| {
            let merge = MergeCommand::new(id, survivor, [other]);
            Box::pin(async move { work.customers().merge(merge).await })
        });
        merged.await?;
    }
    Ok(())
}
