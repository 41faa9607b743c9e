use crate::{
    kernel::{Id, Result, Stored, Timestamp},
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
    for stored in open {
        let missing = missing(&stored);
        if missing.is_empty() {
            let closed = stored.change("closed", |i| i.close(at, &by))?;
            day.closed.push(Repository::<Interaction>::update(work, closed).await?.id);
        } else {
            day.left.push((stored.into_inner(), missing));
        }
    }
    Ok(day)
}
