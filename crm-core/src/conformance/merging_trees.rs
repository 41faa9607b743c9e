//! Customers that were merged stand in the tree where their survivors stand.

use crate::{
    customer::{Customer, family, preview_merge},
    kernel::{ErrorKind, Id},
    merge::MergeCommand,
    store::{UnitOfWork, expect},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    merging::{customers, snapshot},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_tree_has_no_cycle_by_way_of_what_was_merged,
        what_was_merged_is_filed_below_what_stands_below_it,
        a_chosen_place_is_not_below_the_survivor,
        an_undoing_that_would_tie_a_cycle_is_refused
    ]
}

async fn a_tree_has_no_cycle_by_way_of_what_was_merged(case: &Case) -> Held {
    for first in [true, false] {
        let ids = customers(case, 4).await?;
        let [survivor, middle, old, child] = [ids[0], ids[1], ids[2], ids[3]];
        let mut work = case.begin().await?;
        work.customers().merge(MergeCommand::new(case.id(), middle, [old])).await?;
        work.customers().merge(MergeCommand::new(case.id(), survivor, [middle])).await?;
        work.commit().await?;
        let mut work = case.begin().await?;
        let ends = [(child, old), (survivor, child)];
        let ends = if first { ends } else { [ends[1], ends[0]] };
        put_below(&mut *work, ends[0]).await?;
        let stored = expect(&mut *work, ends[1].0).await?;
        let tied = work.update(stored.edit(|one| one.parent_id = Some(ends[1].1))).await;
        let why = fails("a cycle", tied, ErrorKind::Invalid)?.to_string();
        claim(why.contains("above itself"), format!("it does not say why: {why}"))?;
        work.commit().await?;
        let mut unit = case.read().await?;
        let ids = [survivor, child];
        let [a, b] = [family(&mut *unit, ids[0]).await?, family(&mut *unit, ids[1]).await?];
        let below = |all: &[(Id<Customer>, _)], id| all.iter().any(|(one, _)| *one == id);
        claim(below(&a, child) != below(&b, survivor), "each stands below the other")?;
    }
    Ok(())
}

async fn what_was_merged_is_filed_below_what_stands_below_it(case: &Case) -> Held {
    let ids = customers(case, 5).await?;
    let [survivor, above, old, former, child] = [ids[0], ids[1], ids[2], ids[3], ids[4]];
    let mut work = case.begin().await?;
    put_below(&mut *work, (survivor, above)).await?;
    put_below(&mut *work, (old, former)).await?;
    let mut command = MergeCommand::new(case.id(), survivor, [old]);
    command.choices.insert("parent_id".into(), survivor);
    let first = work.customers().merge(command).await?.id;
    put_below(&mut *work, (child, old)).await?;
    work.commit().await?;
    let before = snapshot(&mut *case.read().await?).await?;
    // The old one is filed below the child, which stands below the survivor, below the one above it.
    let mut command = MergeCommand::new(case.id(), child, [former]);
    command.choices.insert("parent_id".into(), child);
    let mut work = case.begin().await?;
    let second = work.customers().merge(command).await?.id;
    work.commit().await?;
    let mut unit = case.read().await?;
    let filed = expect(&mut *unit, old).await?;
    same(
        "what the old one names",
        (filed.merged_into, filed.parent_id),
        (Some(survivor), Some(child)),
    )?;
    same("where the child stands", expect(&mut *unit, child).await?.parent_id, Some(old))?;
    same("where the survivor stands", expect(&mut *unit, survivor).await?.parent_id, Some(above))?;
    drop(unit);
    let mut work = case.begin().await?;
    fails("a cycle by undoing", work.customers().unmerge(first).await, ErrorKind::Refused)?;
    drop(work);
    let mut work = case.begin().await?;
    work.customers().unmerge(second).await?;
    work.commit().await?;
    let after = snapshot(&mut *case.read().await?).await?;
    same("once it is undone", &after, &before)
}

async fn a_chosen_place_is_not_below_the_survivor(case: &Case) -> Held {
    // Each line: who stands below whom, who survives, who is merged into it, whose place is chosen, and
    // below whom the survivor stands then.
    for (ties, survivor, others, chosen, expected) in [
        (vec![(1, 2), (2, 3)], 0, vec![1, 2], 1, Some(3)),
        (vec![(1, 2)], 0, vec![1, 2], 1, None),
        (vec![(1, 0), (0, 3)], 0, vec![1], 1, Some(3)),
        (vec![(1, 4), (4, 0)], 0, vec![1], 1, None),
        (vec![(0, 3), (1, 4)], 0, vec![1], 1, Some(4)),
        (vec![(0, 3)], 0, vec![1], 1, None),
        (vec![(0, 3), (3, 1), (1, 4)], 0, vec![1], 0, Some(4)),
    ] {
        let ids = customers(case, 5).await?;
        let mut work = case.begin().await?;
        for (below, above) in &ties {
            put_below(&mut *work, (ids[*below], ids[*above])).await?;
        }
        work.commit().await?;
        let before = snapshot(&mut *case.read().await?).await?;
        let what = format!("{ties:?}, {survivor} ← {others:?}, place of {chosen}");
        let mut command =
            MergeCommand::new(case.id(), ids[survivor], others.iter().map(|n| ids[*n]));
        command.choices.insert("parent_id".into(), ids[chosen]);
        let mut work = case.begin().await?;
        let (others, choices) = (&command.others, &command.choices);
        let preview = preview_merge(&mut *work, ids[survivor], others, choices, false).await?;
        let done = work.customers().merge(command).await?.id;
        work.commit().await?;
        let mut unit = case.read().await?;
        let stored = expect(&mut *unit, ids[survivor]).await?;
        same(&what, stored.parent_id, expected.map(|n: usize| ids[n]))?;
        same("the preview", &*stored, &preview.after)?;
        for id in &ids {
            let (mut next, mut steps) = (Some(*id), 0);
            while let Some(at) = next {
                let stored = expect(&mut *unit, at).await?;
                next = stored.merged_into.or(stored.parent_id);
                steps += 1;
                claim(steps < 10, format!("{what}: a cycle"))?;
            }
        }
        drop(unit);
        let mut work = case.begin().await?;
        work.customers().unmerge(done).await?;
        work.commit().await?;
        let after = snapshot(&mut *case.read().await?).await?;
        same(&format!("{what}, undone"), &after, &before)?;
    }
    Ok(())
}

async fn an_undoing_that_would_tie_a_cycle_is_refused(case: &Case) -> Held {
    let ids = customers(case, 3).await?;
    let [survivor, old, above] = [ids[0], ids[1], ids[2]];
    let mut work = case.begin().await?;
    put_below(&mut *work, (old, above)).await?;
    let stored = expect(&mut *work, survivor).await?;
    work.update(stored.edit(|one| one.parent_id = None)).await?;
    let mut command = MergeCommand::new(case.id(), survivor, [old]);
    command.choices.insert("parent_id".into(), survivor);
    let merge = work.customers().merge(command).await?.id;
    // What the old one stood below comes to stand below its old id.
    put_below(&mut *work, (above, old)).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let undone = work.customers().unmerge(merge).await;
    let why = fails("an undoing", undone, ErrorKind::Refused)?.to_string();
    claim(why.contains("put below it since"), format!("it does not say why: {why}"))
}

async fn put_below(
    work: &mut (dyn UnitOfWork + '_),
    (below, above): (Id<Customer>, Id<Customer>),
) -> Held {
    let stored = expect(work, below).await?;
    work.update(stored.edit(|one| one.parent_id = Some(above))).await?;
    Ok(())
}
