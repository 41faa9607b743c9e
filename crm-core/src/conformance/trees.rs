use crate::{
    customer::{Customer, CustomerKind},
    kernel::{ErrorKind, Id, Stored},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::expect,
};

use super::{
    case::{Case, pause},
    claim::{Held, claim, fails, same},
    each::Changing,
    law::Law,
};

/// What forms a tree.
trait Tied: Changing {
    fn new(id: Id<Self>) -> Self;
    fn tie(&mut self, above: Option<Id<Self>>);
    fn above(&self) -> Option<Id<Self>>;
}

pub(super) fn laws() -> Vec<Law> {
    vec![
        Law::of::<OrgUnit>("a_tree_has_no_cycle", |case| Box::pin(no_cycle::<OrgUnit>(case))),
        Law::of::<StaffMember>("a_tree_has_no_cycle", |case| {
            Box::pin(no_cycle::<StaffMember>(case))
        }),
        Law::of::<Customer>("a_tree_has_no_cycle", |case| Box::pin(no_cycle::<Customer>(case))),
        Law::of::<OrgUnit>("two_units_tie_no_cycle", |case| Box::pin(at_once::<OrgUnit>(case))),
        Law::of::<StaffMember>("two_units_tie_no_cycle", |case| {
            Box::pin(at_once::<StaffMember>(case))
        }),
        Law::of::<Customer>("two_units_tie_no_cycle", |case| Box::pin(at_once::<Customer>(case))),
    ]
}

async fn no_cycle<E: Tied>(case: &Case) -> Held {
    let ids = chain::<E>(case, 5).await?;
    let mut work = case.begin().await?;
    for below in 1..5 {
        let top = expect(E::in_work(&mut *work), ids[0]).await?;
        let answer = E::writer(&mut *work).update(top.edit(|e| e.tie(Some(ids[below])))).await;
        let refused = fails("a cycle", answer, ErrorKind::Invalid)?.to_string();
        claim(refused.contains("above itself"), format!("it does not say why: {refused}"))?;
    }
    // What is no cycle is tied, in the same unit.
    let fourth = expect(E::in_work(&mut *work), ids[3]).await?;
    E::writer(&mut *work).update(fourth.edit(|e| e.tie(Some(ids[0])))).await?;
    let third = expect(E::in_work(&mut *work), ids[2]).await?;
    E::writer(&mut *work).update(third.edit(|e| e.tie(Some(ids[4])))).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let top: Stored<E> = expect(E::in_read(&mut *unit), ids[0]).await?;
    same("what stands above the top", top.above(), None)
}

/// Both ends of a chain are tied at the same time: one of them is refused, or has to run again.
async fn at_once<E: Tied>(case: &Case) -> Held {
    for length in [2, 3, 5] {
        let left = chain::<E>(case, length).await?;
        let right = chain::<E>(case, length).await?;
        let tasks = [(left.clone(), right.clone()), (right.clone(), left.clone())].map(|(a, b)| {
            let own = case.clone();
            case.spawn(async move {
                let mut work = own.begin().await?;
                // The top of one below the bottom of the other.
                let top = expect(E::in_work(&mut *work), a[0]).await?;
                pause().await;
                let below = b.last().copied();
                let tied = E::writer(&mut *work).update(top.edit(|e| e.tie(below))).await;
                let done = match tied {
                    Ok(_) => work.commit().await,
                    Err(error) => Err(error),
                };
                Ok(done.map_err(|error| (error.kind(), error.is_retryable())))
            })
        });
        let mut done = 0;
        for task in tasks {
            match task.join().await? {
                Ok(()) => done += 1,
                Err((kind, again)) => {
                    let known = again || kind == ErrorKind::Invalid;
                    claim(
                        known,
                        format!("a cycle is refused or may be tried again, not {kind:?}"),
                    )?;
                }
            }
        }
        claim(done <= 1, "both ends were tied")?;
        let mut unit = case.read().await?;
        for start in left.iter().chain(&right) {
            let (mut next, mut steps) = (Some(*start), 0);
            while let Some(id) = next {
                steps += 1;
                claim(steps <= 2 * length, "there is a cycle")?;
                next = expect(E::in_read(&mut *unit), id).await?.above();
            }
        }
    }
    Ok(())
}

/// Each stands below the one before it.
async fn chain<E: Tied>(case: &Case, length: usize) -> Held<Vec<Id<E>>> {
    let mut work = case.begin().await?;
    let mut ids: Vec<Id<E>> = Vec::new();
    for _ in 0..length {
        let mut new = E::new(case.id());
        new.tie(ids.last().copied());
        ids.push(E::in_work(&mut *work).insert(new).await?.id());
    }
    work.commit().await?;
    Ok(ids)
}

impl Tied for OrgUnit {
    fn new(id: Id<Self>) -> Self {
        Self::new(id, "Branch")
    }
    fn tie(&mut self, above: Option<Id<Self>>) {
        self.parent_id = above;
    }
    fn above(&self) -> Option<Id<Self>> {
        self.parent_id
    }
}

impl Tied for StaffMember {
    fn new(id: Id<Self>) -> Self {
        Self::new(id, "Colleague")
    }
    fn tie(&mut self, above: Option<Id<Self>>) {
        self.manager_id = above;
    }
    fn above(&self) -> Option<Id<Self>> {
        self.manager_id
    }
}

impl Tied for Customer {
    fn new(id: Id<Self>) -> Self {
        Self::new(id, CustomerKind::Organisation, "Acme")
    }
    fn tie(&mut self, above: Option<Id<Self>>) {
        self.parent_id = above;
    }
    fn above(&self) -> Option<Id<Self>> {
        self.parent_id
    }
}
