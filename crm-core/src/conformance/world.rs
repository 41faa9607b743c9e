//! Data for laws about lists and sums.

use crate::kernel::{Query, Stored};

use super::{
    case::Case,
    claim::Held,
    each::{Kept, Readable},
    sample::{Extreme, Make},
    setting::Setting,
};

/// Fills the law's own tenant; answers with every record of the kind that is in it.
pub(super) async fn world<E: Readable>(case: &Case, random: usize) -> Held<Vec<E>> {
    E::world(case, random).await
}

/// The same with records of this kind.
pub(super) async fn filled<E: Kept>(case: &Case, random: usize) -> Held<Vec<E>> {
    let setting = Setting::committed(case).await?;
    let mut all = everything::<E>(case).await?;
    let mut added = Vec::new();
    for (extreme, times) in
        [(Extreme::Bare, 2), (Extreme::Highest, 1), (Extreme::Lowest, 1), (Extreme::Random, random)]
    {
        let mut make = Make::new(case.clone(), setting.clone(), extreme);
        for _ in 0..times {
            added.push(E::sample(&mut make)?);
        }
    }
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert_all(added.clone()).await?;
    work.commit().await?;
    all.append(&mut added);
    Ok(all)
}

/// Every record of a kind in the law's own tenant, as it is read.
pub(super) async fn everything<E: Readable>(case: &Case) -> Held<Vec<E>> {
    let mut unit = case.read().await?;
    let page = E::in_read(&mut *unit).find(Query::all().limit(10_000)).await?;
    Ok(page.items.into_iter().map(Stored::into_inner).collect())
}
