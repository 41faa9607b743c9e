//! Decisions about stored records, carried out.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Error,
    assignment_cursor::{self, AssignmentCursor},
    kernel::{Criteria, Entity, Id, Refused, Result, Stored, TenantId},
    ownership::{self, OwnerVerb, Why},
    staff_member::StaffMember,
    store::{Append, CUSTODIAN, Custody, Repository, UnitOfWork, every},
};

use super::{
    Account, Assigned, Assignment, AssignmentOutcome, Which,
    deciding::{Decided, Deciding},
    dry_run::must_be_open,
    house::{AT_ONCE, House, records},
};

/// So often it is decided anew on what is held before somebody else's turn is waited for from the beginning.
const ROUNDS: u32 = 5;

/// Decides about records, in the order of their ids, and gives them. What these criteria do not hold of any more, or is not open any more,
/// is left out.
///
/// A decision is final once all is held that it was made from: the cursors of the choices that decided, and the people, all of
/// those who could have got it where limits have a say. Cursors are held before people, each in the order
/// of their ids, in which all verbs that give hold people: those who assign do not wait for each other crosswise. What was
/// decided before that is forgotten, and decided again from the store. Where that asks for something that comes before
/// what is held already, because others assigned meanwhile, it is a conflict: the unit begins anew.
pub(super) async fn carry_out<E: Assigned>(
    work: &mut (dyn UnitOfWork + '_),
    read: Vec<Stored<E>>,
    criteria: &Criteria<E>,
    which: Which,
) -> Result<Vec<Assignment>> {
    let ids = read.iter().map(|one| one.id()).collect();
    let certain = decide(work, About::Stored { read: Some(read), ids, criteria }, which).await?;
    // Over the versions that it was decided by: of anybody else than who had them then they are not taken.
    let given = certain.records.into_iter().zip(&certain.told);
    let given = given.filter_map(|(one, told)| given_to(one, told));
    E::write_given(work, given.collect::<Result<_, _>>()?).await?;
    Ok(certain.told)
}

/// Which records are decided about.
pub(super) enum About<'a, E: 'static> {
    /// Those that are stored, as they are once all is held that decides, and of which these criteria still hold.
    Stored { read: Option<Vec<Stored<E>>>, ids: Vec<Id<E>>, criteria: &'a Criteria<E> },
    /// These: nobody else changes them.
    These(Vec<Stored<E>>),
}

/// Decisions that are final: all is held that they were made from, and the turns are kept.
pub(super) struct Certain<E> {
    pub(super) records: Vec<Stored<E>>,
    pub(super) told: Vec<Assignment>,
}

pub(super) async fn decide<E: Assigned>(
    work: &mut (dyn UnitOfWork + '_),
    mut about: About<'_, E>,
    which: Which,
) -> Result<Certain<E>> {
    let now = work.now();
    let mut house = House::<E>::load(work, now).await?;
    let mut held = Held::default();
    for _ in 0..ROUNDS {
        let mut deciding = Deciding::again(work, house).await?;
        let open = match &mut about {
            About::These(records) => std::mem::take(records),
            About::Stored { read, ids, criteria } => {
                let asked = |one: &Stored<E>| criteria.matches(one) && must_be_open(&**one).is_ok();
                // What was read to know which ones there are is good enough to see what has to be held.
                let found = match read.take() {
                    Some(found) => found,
                    None => records::<E>(work, ids).await?,
                };
                found.into_iter().filter(asked).collect()
            }
        };
        let round = deciding.decide(work, &open, which).await?;
        if !held.take(work, &deciding.house, &round.decided).await? {
            held.turn(work, &deciding).await?;
            let told = deciding.in_words(&open, round).collect();
            return Ok(Certain { records: open, told });
        }
        if let About::These(records) = &mut about {
            *records = open;
        }
        house = deciding.house;
    }
    Err(Error::conflict(Id::<AssignmentCursor>::new(uuid::Uuid::nil()), None))
}

/// The record as somebody's from now on; nothing where it stays whose it is.
pub(super) fn given_to<E: Assigned>(
    stored: Stored<E>,
    told: &Assignment,
) -> Option<Result<Stored<E>, Refused>> {
    let AssignmentOutcome::Assigned { to } = told.outcome else { return None };
    if told.before == Some(to) {
        return None;
    }
    Some(ownership::given(stored, Some(to), OwnerVerb::Assigned, why(told)))
}

/// What the history of its owners keeps of a decision.
pub(super) fn why(told: &Assignment) -> Why {
    let account = told.account.as_ref();
    let trace = account.map(ownership::Trace::of).unwrap_or_default();
    Why { reason: account.and_then(Account::reason), trace }
}

/// What a unit holds that decisions are made from.
#[derive(Default)]
pub(crate) struct Held {
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
            let by = one.by.and_then(|of| house.cursor(tenant, of));
            cursors.extend(by.map(|cursor| (cursor.id, cursor)));
        }
        cursors.retain(|id, _| !self.cursors.contains_key(id));
        if !cursors.is_empty() {
            self.cursors(work, cursors).await?;
            return Ok(true);
        }
        people.retain(|id| !self.people.contains(id));
        if !people.is_empty() {
            let held = self.people(work, people).await?;
            // They left while they were waited for, or take on less by now, or can do something else.
            if let Some(other) = held.iter().find(|one| !house.knows(one)) {
                return Err(Error::conflict(other.id, Some(other.version())));
            }
        }
        Ok(limited)
    }

    /// Holds people, in the order of their ids.
    pub(crate) async fn people(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        people: BTreeSet<Id<StaffMember>>,
    ) -> Result<Vec<Stored<StaffMember>>> {
        in_order(self.people.last(), people.first())?;
        let wanted = people.iter().copied().collect();
        let held = Custody::<StaffMember>::hold_for_change(work, &CUSTODIAN, wanted).await?;
        self.people.extend(people);
        Ok(held)
    }

    /// Holds cursors. Whoever has the first turn of a choice adds its cursor. In the order of their ids, those that are added too.
    pub(crate) async fn cursors(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        cursors: BTreeMap<Id<AssignmentCursor>, AssignmentCursor>,
    ) -> Result<()> {
        let first = cursors.keys().next();
        in_order(self.cursors.keys().next_back(), first)?;
        // Cursors come before people.
        if let Some(cursor) = first.filter(|_| !self.people.is_empty()) {
            return Err(Error::conflict(*cursor, None));
        }
        let ids: Vec<_> = cursors.keys().copied().collect();
        let mut there = BTreeSet::new();
        for some in ids.chunks(AT_ONCE) {
            let these = assignment_cursor::ID.one_of(some.iter().copied());
            every::<AssignmentCursor, _>(work, these.query(), |one| {
                there.insert(one.id);
                Ok(())
            })
            .await?;
        }
        let mut waiting = Vec::new();
        for (id, new) in cursors {
            if there.contains(&id) {
                waiting.push(id);
                continue;
            }
            self.hold_those(work, &mut waiting).await?;
            match Append::<AssignmentCursor>::insert(work, new).await {
                Ok(one) => drop(self.cursors.insert(id, one)),
                // Somebody else added it meanwhile: theirs is waited for.
                Err(Error::Duplicate { field: "id", .. }) => waiting.push(id),
                Err(error) => return Err(error),
            }
        }
        self.hold_those(work, &mut waiting).await
    }

    async fn hold_those(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        waiting: &mut Vec<Id<AssignmentCursor>>,
    ) -> Result<()> {
        let ids = std::mem::take(waiting);
        if ids.is_empty() {
            return Ok(());
        }
        let held = Custody::<AssignmentCursor>::hold_for_change(work, &CUSTODIAN, ids).await?;
        self.cursors.extend(held.into_iter().map(|one| (one.id, one)));
        Ok(())
    }

    /// Whether all is held that decided until now, and who got something by that.
    pub(crate) fn has<E: Assigned>(
        &self,
        tenant: TenantId,
        deciding: &Deciding<E>,
        given_to: impl IntoIterator<Item = Id<StaffMember>>,
    ) -> Result<()> {
        let cursors = deciding.moved(tenant).map(|(_, cursor)| cursor.id);
        if let Some(missing) = cursors.into_iter().find(|id| !self.cursors.contains_key(id)) {
            return Err(Error::conflict(missing, None));
        }
        let missing = given_to.into_iter().find(|id| !self.people.contains(id));
        missing.map_or(Ok(()), |id| Err(Error::conflict(id, None)))
    }

    /// Keeps whose turn it is from now on.
    pub(crate) async fn turn<E: Assigned>(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        deciding: &Deciding<E>,
    ) -> Result<()> {
        let mut turned = Vec::new();
        for (of, new) in deciding.moved(work.scope().tenant) {
            let (Some(held), Some(state)) =
                (self.cursors.remove(&new.id), deciding.cursor(of).cloned())
            else {
                continue;
            };
            turned.push(held.edit(|cursor| cursor.state = state));
        }
        Repository::update_all(work, turned).await?;
        Ok(())
    }
}

/// Whether what is asked for comes after what is held already: who waits out of order may wait crosswise.
fn in_order<E: Entity>(held: Option<&Id<E>>, next: Option<&Id<E>>) -> Result<()> {
    match (held, next) {
        (Some(held), Some(next)) if next < held => Err(Error::conflict(*next, None)),
        _ => Ok(()),
    }
}
