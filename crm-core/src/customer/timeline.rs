use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use uuid::Uuid;

use crate::{
    Result,
    addendum::{self, Addendum},
    interaction::{self, Interaction},
    kernel::{Change, Criteria, Entity, Field, Id, Invalid, MAX_LIMIT, Timestamp, text_enum},
    merge::{self, Merge},
    opportunity::{self, Opportunity},
    stage_move::{self, StageMove},
    store::{Read, ReadUnit},
    task::{self, Task},
    transaction::{self, Transaction},
};

use super::{Customer, OwnerChange, changes::changes, filing::merges_of};

/// So many opportunities are asked for their names at once.
const AT_ONCE: usize = 500;

text_enum! {
    /// What sort of thing happened with a customer.
    pub enum TimelineKind {
        /// [`Happening::Interaction`].
        Interaction = "interaction",
        /// [`Happening::Addendum`].
        Addendum = "addendum",
        /// [`Happening::Task`].
        Task = "task",
        /// [`Happening::Step`].
        Step = "stage_move",
        /// [`Happening::Transaction`].
        Transaction = "transaction",
        /// [`Happening::Merge`].
        Merge = "merge",
        /// [`Happening::Change`].
        Change = "change",
        /// [`Happening::Ownership`].
        Ownership = "ownership",
    }
}

/// One thing that happened with a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEntry {
    /// When: of a transaction, the first instant of its day in UTC.
    pub at: Timestamp,
    /// The id of the record of it.
    pub id: Uuid,
    /// What.
    pub happened: Happening,
}

/// What may happen with a customer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Happening {
    /// Somebody talked with it.
    Interaction(Box<Interaction>),
    /// One of its opportunities took a step.
    Step {
        /// The opportunity's name.
        opportunity: String,
        /// The step.
        step: Box<StageMove>,
    },
    /// Something was added to a closed interaction.
    Addendum(Box<Addendum>),
    /// Somebody promised something, did it or cancelled it: each task stands once, at the time
    /// since when it is what it is ([`task::SINCE`]).
    Task(Box<Task>),
    /// It bought, paid or sent back.
    Transaction(Box<Transaction>),
    /// It was merged with others; whether that was undone, the merge says.
    Merge(Box<Merge>),
    /// Its record was written: all that changed but its account manager.
    Change(Change),
    /// It got another account manager, or is free from then on. Who works on an opportunity, its steps say.
    Ownership(OwnerChange),
}

impl Happening {
    /// What sort of thing it is.
    pub const fn kind(&self) -> TimelineKind {
        match self {
            Self::Interaction(_) => TimelineKind::Interaction,
            Self::Addendum(_) => TimelineKind::Addendum,
            Self::Task(_) => TimelineKind::Task,
            Self::Step { .. } => TimelineKind::Step,
            Self::Transaction(_) => TimelineKind::Transaction,
            Self::Merge(_) => TimelineKind::Merge,
            Self::Change(_) => TimelineKind::Change,
            Self::Ownership(_) => TimelineKind::Ownership,
        }
    }

    fn moved(&self) -> Option<Id<Opportunity>> {
        match self {
            Self::Step { step, .. } => Some(step.opportunity_id),
            _ => None,
        }
    }
}

/// A place in a timeline: of an entry, to go on after it. Records of several kinds may have one
/// id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimelinePlace {
    /// When.
    pub at: Timestamp,
    /// The id of the record.
    pub id: Uuid,
    /// What sort of thing it is.
    pub kind: TimelineKind,
}

impl TimelineEntry {
    /// Where it stands.
    pub const fn place(&self) -> TimelinePlace {
        TimelinePlace { at: self.at, id: self.id, kind: self.happened.kind() }
    }
}

/// What happened with a customer, newest first, at most `limit`: interactions and what was added to
/// them, tasks, steps of its opportunities, transactions, merges, changes of its record, its account managers; also under
/// ids that were merged into it, and of merges also those that were undone. With `kinds`, of these sorts only; with `after`, what stands behind
/// that place.
///
/// A page costs the same however long the story is: each sort is asked for `limit` at the most, by
/// an index. Only the versions of the record itself are all read for each page: where a clock was
/// set back, a later version stands behind an earlier one.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer, [`crate::Error::Invalid`] for a limit
/// that is not between 1 and [`MAX_LIMIT`].
pub async fn timeline(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    kinds: &[TimelineKind],
    after: Option<TimelinePlace>,
    limit: u32,
) -> Result<Vec<TimelineEntry>> {
    if limit == 0 || limit > MAX_LIMIT {
        let reason = format!("{limit} is not between 1 and {MAX_LIMIT}");
        return Err(Invalid::new("timeline", "limit", reason).into());
    }
    let mut entries = Vec::new();
    let group = super::group(unit, customer).await?;
    if kinds.is_empty() || kinds.contains(&TimelineKind::Merge) {
        merges(unit, &group, after, limit, &mut entries).await?;
    }
    for customer in group {
        for kind in TimelineKind::ALL.iter().filter(|kind| kinds.is_empty() || kinds.contains(kind))
        {
            let into = &mut entries;
            match kind {
                TimelineKind::Interaction => {
                    interactions(unit, customer, after, limit, into).await?
                }
                TimelineKind::Addendum => addenda(unit, customer, after, limit, into).await?,
                TimelineKind::Task => tasks(unit, customer, after, limit, into).await?,
                TimelineKind::Step => steps(unit, customer, after, limit, into).await?,
                TimelineKind::Transaction => {
                    transactions(unit, customer, after, limit, into).await?
                }
                // Of all its ids at once: one merge may name several.
                TimelineKind::Merge => {}
                // Both are in the same entries of the log.
                TimelineKind::Change | TimelineKind::Ownership => {}
            }
        }
        let wanted = |kind| kinds.is_empty() || kinds.contains(&kind);
        if wanted(TimelineKind::Change) || wanted(TimelineKind::Ownership) {
            let wanted = |happened: &Happening| wanted(happened.kind());
            changes(unit, customer, wanted, after, limit, &mut entries).await?;
        }
    }
    entries.sort_by_key(|entry| Reverse(entry.place()));
    entries.truncate(limit as usize);
    name_steps(unit, &mut entries).await?;
    Ok(entries)
}

async fn interactions(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    let criteria = interaction::CUSTOMER_ID.eq(customer);
    let criteria = behind(
        criteria,
        &interaction::HAPPENED_AT,
        &interaction::ID,
        TimelineKind::Interaction,
        after,
    );
    let query = criteria.query().descending(&interaction::HAPPENED_AT).limit(limit);
    for stored in Read::<Interaction>::find(unit, query).await?.items {
        let (at, id) = (stored.happened_at, stored.id.uuid());
        let happened = Happening::Interaction(Box::new(stored.into_inner()));
        entries.push(TimelineEntry { at, id, happened });
    }
    Ok(())
}

/// And stands behind a place, which is earlier in time: those of `kind`.
fn behind<E: Entity>(
    criteria: Criteria<E>,
    time: &'static Field<E, Timestamp>,
    id: &'static Field<E, Id<E>>,
    kind: TimelineKind,
    after: Option<TimelinePlace>,
) -> Criteria<E> {
    let Some(place) = after else { return criteria };
    let same = time.eq(place.at).and(id_behind(id, kind, place));
    criteria.and(time.below(place.at).or(same))
}

/// At the same time, those of a kind stand behind a place by their ids.
fn id_behind<E: Entity>(
    id: &'static Field<E, Id<E>>,
    kind: TimelineKind,
    place: TimelinePlace,
) -> Criteria<E> {
    let below = id.below(Id::new(place.id));
    if kind < place.kind { below.or(id.eq(Id::new(place.id))) } else { below }
}

async fn addenda(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    let criteria = addendum::CUSTOMER_ID.eq(customer);
    let criteria =
        behind(criteria, &addendum::WRITTEN_AT, &addendum::ID, TimelineKind::Addendum, after);
    let query = criteria.query().descending(&addendum::WRITTEN_AT).limit(limit);
    for stored in Read::<Addendum>::find(unit, query).await?.items {
        let (at, id) = (stored.written_at, stored.id.uuid());
        let happened = Happening::Addendum(Box::new(stored.into_inner()));
        entries.push(TimelineEntry { at, id, happened });
    }
    Ok(())
}

async fn tasks(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    let criteria =
        behind(task::CUSTOMER_ID.eq(customer), &task::SINCE, &task::ID, TimelineKind::Task, after);
    let query = criteria.query().descending(&task::SINCE).limit(limit);
    for stored in Read::<Task>::find(unit, query).await?.items {
        let (at, id) = (stored.since(), stored.id.uuid());
        let happened = Happening::Task(Box::new(stored.into_inner()));
        entries.push(TimelineEntry { at, id, happened });
    }
    Ok(())
}

/// Whose names are looked up by [`name_steps`], once it is known which of them are shown.
async fn steps(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    let criteria = stage_move::CUSTOMER_ID.eq(customer);
    let criteria =
        behind(criteria, &stage_move::MOVED_AT, &stage_move::ID, TimelineKind::Step, after);
    let query = criteria.query().descending(&stage_move::MOVED_AT).limit(limit);
    for stored in Read::<StageMove>::find(unit, query).await?.items {
        let (at, id) = (stored.moved_at, stored.id.uuid());
        let step = Box::new(stored.into_inner());
        let happened = Happening::Step { opportunity: String::new(), step };
        entries.push(TimelineEntry { at, id, happened });
    }
    Ok(())
}

async fn name_steps(unit: &mut (dyn ReadUnit + '_), entries: &mut [TimelineEntry]) -> Result<()> {
    let ids: BTreeSet<_> = entries.iter().filter_map(|entry| entry.happened.moved()).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut names = BTreeMap::new();
    for some in ids.chunks(AT_ONCE) {
        let query = opportunity::ID.one_of(some.iter().copied()).query().limit(MAX_LIMIT);
        for stored in Read::<Opportunity>::find(unit, query).await?.items {
            names.insert(stored.id, stored.into_inner().name);
        }
    }
    for entry in entries {
        if let Happening::Step { opportunity, step } = &mut entry.happened
            && let Some(name) = names.get(&step.opportunity_id)
        {
            name.clone_into(opportunity);
        }
    }
    Ok(())
}

async fn transactions(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    let mut criteria = transaction::CUSTOMER_ID.eq(customer);
    if let Some(place) = after {
        let day = place.at.date();
        let mut same = transaction::DATE.eq(day);
        // Later on that day, all that counts for it stands behind.
        if Timestamp::start_of(day).is_ok_and(|start| start == place.at) {
            same = same.and(id_behind(&transaction::ID, TimelineKind::Transaction, place));
        }
        criteria = criteria.and(transaction::DATE.below(day).or(same));
    }
    let query = criteria.query().descending(&transaction::DATE).limit(limit);
    for stored in Read::<Transaction>::find(unit, query).await?.items {
        let transaction = stored.into_inner();
        let at = Timestamp::start_of(transaction.date).unwrap_or(Timestamp::MIN);
        let id = transaction.id.uuid();
        let happened = Happening::Transaction(Box::new(transaction));
        entries.push(TimelineEntry { at, id, happened });
    }
    Ok(())
}

/// Those of which it survived, and those of which another did and which were undone.
async fn merges(
    unit: &mut (dyn ReadUnit + '_),
    group: &[Id<Customer>],
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    for some in merges_of(unit, group).await?.chunks(AT_ONCE) {
        let criteria = merge::ID.one_of(some.iter().copied());
        let criteria = behind(criteria, &merge::MERGED_AT, &merge::ID, TimelineKind::Merge, after);
        let query = criteria.query().descending(&merge::MERGED_AT).limit(limit);
        for stored in Read::<Merge>::find(unit, query).await?.items {
            let (at, id) = (stored.merged_at, stored.id.uuid());
            let happened = Happening::Merge(Box::new(stored.into_inner()));
            entries.push(TimelineEntry { at, id, happened });
        }
    }
    Ok(())
}
