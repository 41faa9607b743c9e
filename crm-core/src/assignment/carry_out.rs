//! Decisions about stored records, carried out.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Error,
    assignment_cursor::AssignmentCursor,
    kernel::{Id, Result, Stored},
    ownership::{self, Why},
    staff_member::StaffMember,
    store::{Append, CUSTODIAN, Custody, Read, Repository, UnitOfWork},
};

use super::{
    Assigned, Assignment, AssignmentOutcome, Which,
    dry_run::{Decided, Deciding, must_be_open},
    house::{House, records},
};

/// So often it is decided anew on what is held before somebody else's turn is waited for from the beginning.
const ROUNDS: u32 = 5;

/// Decides about records, in the order of their ids, and gives them. What is not open any more is left out.
///
/// A decision is final once all is held that it was made from: the cursors of the choices that decided, and the people, all of
/// those who could have got it where limits have a say. Cursors are held before people, each in the order
/// of their ids, in which all verbs that give hold people: nobody waits for each other. What was decided before
/// that is forgotten, and decided again from the store.
pub(super) async fn carry_out<E: Assigned>(
    work: &mut (dyn UnitOfWork + '_),
    ids: &[Id<E>],
    which: Which,
) -> Result<Vec<Assignment>> {
    let now = work.now();
    let mut house = House::<E>::load(work, now).await?;
    let mut held = Held::default();
    for _ in 0..ROUNDS {
        let mut deciding = Deciding::again(work, house).await?;
        let found = records::<E>(work, ids).await?;
        let open: Vec<_> = found.into_iter().filter(|one| must_be_open(&**one).is_ok()).collect();
        let decided = deciding.decide(work, &open, which).await?;
        if held.take(work, &deciding.house, &decided).await? {
            house = deciding.house;
            continue;
        }
        held.turn(work, &deciding, &decided).await?;
        for one in &decided {
            give::<E>(work, &one.told).await?;
        }
        return Ok(decided.into_iter().map(|one| one.told).collect());
    }
    Err(Error::conflict(Id::<AssignmentCursor>::new(uuid::Uuid::nil()), None))
}

async fn give<E: Assigned>(work: &mut (dyn UnitOfWork + '_), told: &Assignment) -> Result<()> {
    let AssignmentOutcome::Assigned { to } = told.outcome else { return Ok(()) };
    if told.before == Some(to) {
        return Ok(());
    }
    let account = told.account.as_ref();
    let by = account.and_then(|account| account.rules.last());
    let reason = by.map(|rule| format!("by the rule “{}”", rule.rule));
    let trace = account.and_then(|account| serde_json::to_value(account).ok());
    let trace = match trace {
        Some(serde_json::Value::Object(members)) => ownership::Trace(members),
        _ => ownership::Trace::default(),
    };
    E::assign_to(work, Id::new(told.record), to, Why { reason, trace }).await
}

/// What a unit holds.
#[derive(Default)]
struct Held {
    cursors: BTreeMap<Id<AssignmentCursor>, Stored<AssignmentCursor>>,
    people: BTreeSet<Id<StaffMember>>,
}

impl Held {
    /// Holds what decisions are made from: cursors, and once these are held, people. Whether they are to be made again: no turn
    /// is certain before its cursor is held, and no limit before the people are.
    async fn take<E: Assigned>(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        house: &House<E>,
        decided: &[Decided],
    ) -> Result<bool> {
        let tenant = work.scope().tenant;
        let (mut cursors, mut people) = (BTreeMap::new(), BTreeSet::new());
        let mut limited = false;
        for one in decided {
            let AssignmentOutcome::Assigned { to } = one.told.outcome else { continue };
            limited |= one.limited.iter().any(|id| !self.people.contains(id));
            people.extend(one.limited.iter().copied().chain(one.told.before).chain([to]));
            let by = one.by.and_then(|(rule, choice)| house.cursor(tenant, rule, choice));
            cursors.extend(by.map(|cursor| (cursor.id, cursor)));
        }
        cursors.retain(|id, _| !self.cursors.contains_key(id));
        if !cursors.is_empty() {
            self.hold_cursors(work, cursors).await?;
            return Ok(true);
        }
        people.retain(|id| !self.people.contains(id));
        if !people.is_empty() {
            let wanted = people.iter().copied().collect();
            Custody::<StaffMember>::hold(work, &CUSTODIAN, wanted).await?;
            self.people.extend(people);
        }
        Ok(limited)
    }

    /// Whoever has the first turn of a choice adds its cursor.
    async fn hold_cursors(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        cursors: BTreeMap<Id<AssignmentCursor>, AssignmentCursor>,
    ) -> Result<()> {
        let ids = cursors.keys().copied().collect();
        for (id, new) in cursors {
            if Read::<AssignmentCursor>::get(work, id).await?.is_none() {
                match Append::<AssignmentCursor>::insert(work, new).await {
                    // Somebody else added it meanwhile: theirs is waited for.
                    Ok(_) | Err(Error::Duplicate { field: "id", .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let held = Custody::<AssignmentCursor>::hold(work, &CUSTODIAN, ids).await?;
        self.cursors.extend(held.into_iter().map(|one| (one.id, one)));
        Ok(())
    }

    /// Keeps whose turn it is from now on.
    async fn turn<E: Assigned>(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        deciding: &Deciding<E>,
        decided: &[Decided],
    ) -> Result<()> {
        let tenant = work.scope().tenant;
        let by: BTreeSet<_> = decided.iter().filter_map(|one| one.by).collect();
        for (rule, choice) in by {
            let Some(new) = deciding.house.cursor(tenant, rule, choice) else { continue };
            let (Some(held), Some(state)) =
                (self.cursors.remove(&new.id), deciding.cursor(rule, choice).cloned())
            else {
                continue;
            };
            Repository::update(work, held.edit(|cursor| cursor.state = state)).await?;
        }
        Ok(())
    }
}
