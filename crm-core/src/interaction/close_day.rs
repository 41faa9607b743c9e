use std::collections::BTreeSet;

use crate::{
    kernel::{Id, Result, Stored, Timestamp},
    settings::{Demand, completeness},
    staff_member::StaffMember,
    store::{Repository, UnitOfWork, every},
};

use super::{HAPPENED_AT, Interaction, InteractionStatus, STAFF_ID, STATUS};

/// What the end of the day did with the interactions that were still open.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedDay {
    /// Those that missed nothing: they are closed now, in the order in which they happened.
    pub closed: Vec<Id<Interaction>>,
    /// Those that are open still, and what each of them misses.
    pub left: Vec<(Interaction, Vec<String>)>,
}

pub(super) async fn close_day(
    work: &mut (dyn UnitOfWork + '_),
    until: Timestamp,
    staff: Option<Id<StaffMember>>,
    missing: &(dyn Fn(&Interaction) -> Vec<String> + Sync),
) -> Result<ClosedDay> {
    let mut criteria = STATUS.eq(InteractionStatus::Open).and(HAPPENED_AT.below(until));
    if let Some(staff) = staff {
        criteria = criteria.and(STAFF_ID.eq(staff));
    }
    let mut open: Vec<Stored<Interaction>> = Vec::new();
    let query = criteria.query().order_by(&HAPPENED_AT);
    every(work, query, |stored| {
        open.push(stored);
        Ok(())
    })
    .await?;
    let (at, by) = (work.now(), work.scope().actor.clone());
    let mut day = ClosedDay { closed: Vec::new(), left: Vec::new() };
    let rules = work.settings().get().await?.completeness.interaction;
    for stored in open {
        let found = completeness(&rules, &stored).missing.into_iter();
        let found = found.filter(|(_, demand)| *demand != Demand::Want).map(|(name, _)| name);
        let mut seen = BTreeSet::new();
        let mut lacks: Vec<_> = found.chain(missing(&stored)).collect();
        lacks.retain(|name| seen.insert(name.clone()));
        if lacks.is_empty() {
            let closed = stored.change("closed", |i| i.close(at, &by))?;
            day.closed.push(Repository::<Interaction>::update(work, closed).await?.id);
        } else {
            day.left.push((stored.into_inner(), lacks));
        }
    }
    Ok(day)
}
