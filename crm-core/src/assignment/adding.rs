//! Records that come in with the owner that the rules give them.

use crate::{
    kernel::{self, Moment, Result, Stored, Timestamp},
    owner_change::{Grounds, OwnerChange, OwnerVerb},
    ownership::Why,
    settings::{Settings, house_rules},
    store::{Append, UnitOfWork},
};

use super::{
    Assigned, Assignment, AssignmentOutcome, Which,
    carry_out::{About, Certain, decide, given_to, why},
};

/// A record that the rules are asked about while it comes in.
pub(crate) enum Coming<E> {
    /// It is added with its owner.
    New {
        record: E,
        /// As a store would have it without one: what rules ask for is settled.
        settled: Stored<E>,
    },
    /// The unit added it before.
    There(Stored<E>),
}

impl<E: Assigned> Coming<E> {
    /// A new one.
    ///
    /// # Errors
    /// Why a store would refuse it, as far as that is known without asking.
    pub(crate) fn new(record: E, rules: &Settings, now: Timestamp) -> Result<Self> {
        let mut settled = record.clone();
        settled.settle(None, rules, now)?;
        kernel::check(&settled)?;
        Ok(Self::New { record, settled: Stored::loaded(settled, 1) })
    }
}

/// Whether the rules are asked about a record that comes in: it has no owner, and is part of somebody's work.
pub(crate) fn is_asked<E: Assigned>(record: &E) -> bool {
    record.owner().is_none() && E::open().matches(record)
}

/// Adds records, those that the rules are asked about with their owners; what was decided about these.
pub(super) async fn add_all<E: Assigned>(
    work: &mut (dyn UnitOfWork + '_),
    records: Vec<E>,
) -> Result<Vec<Assignment>> {
    let (rules, now) = (house_rules(work).await?, work.now());
    let (asked, others): (Vec<_>, Vec<_>) = records.into_iter().partition(is_asked);
    let coming = asked.into_iter().map(|one| Coming::new(one, &rules, now));
    let coming = coming.collect::<Result<_>>()?;
    // They count in the figures that decide about the others.
    E::add(work, others).await?;
    give(work, coming).await
}

/// Decides about records that come in, in their order, and writes them: what is new with its owner, in one piece with the history
/// of its owners. Where the store refuses one, nothing of it may last: somebody else's turn may have been taken.
pub(crate) async fn give<E: Assigned>(
    work: &mut (dyn UnitOfWork + '_),
    coming: Vec<Coming<E>>,
) -> Result<Vec<Assignment>> {
    if coming.is_empty() {
        return Ok(Vec::new());
    }
    let (mut places, mut records) = (Vec::new(), Vec::new());
    for one in coming {
        let (new, stored) = match one {
            Coming::New { record, settled } => (Some(record), settled),
            Coming::There(stored) => (None, stored),
        };
        places.push(new);
        records.push(stored);
    }
    let about = About::These(records);
    let Certain { records, told } = decide(work, about, Which::WithoutOwner).await?;
    let (mut new, mut there, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for ((place, stored), told) in places.into_iter().zip(records).zip(&told) {
        let Some(mut record) = place else {
            there.extend(given_to(stored, told).transpose()?);
            continue;
        };
        if let AssignmentOutcome::Assigned { to } = told.outcome {
            record.give_to(Some(to));
            changes.extend(first_owner(work, &record, &stored, told)?);
        }
        new.push(record);
    }
    E::add(work, new).await?;
    Append::<OwnerChange>::insert_all(work, changes).await?;
    E::write_given(work, there).await?;
    Ok(told)
}

/// That a new record has an owner from its beginning, by the rules.
fn first_owner<E: Assigned>(
    work: &(dyn UnitOfWork + '_),
    record: &E,
    free: &E,
    told: &Assignment,
) -> Result<Vec<OwnerChange>> {
    let Why { reason, trace } = why(told);
    let grounds = Grounds { verb: OwnerVerb::Assigned, pool: None, trace };
    OwnerChange::check_told(reason.as_deref(), Some(&grounds))?;
    let moment = Moment {
        now: work.now(),
        by: &work.scope().actor,
        version: 1,
        why: reason.as_deref(),
        grounds: Some(&grounds),
        next_id: &|| work.next_id(),
    };
    Ok(OwnerChange::of(record, Some(free), &moment).owners)
}
