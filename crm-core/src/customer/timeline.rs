use std::cmp::Reverse;

use uuid::Uuid;

use crate::{
    Error, Result,
    addendum::Addendum,
    interaction::Interaction,
    kernel::{Change, Id, Invalid, MAX_LIMIT, Timestamp, text_enum},
    merge::{self, Merge},
    owner_change,
    ownership::{OwnerStep, tell_why},
    stage_move::StageMove,
    store::{Batch, Read, ReadUnit},
    task::Task,
    transaction::Transaction,
};

use super::{
    Customer, ID, MERGED_INTO,
    filing::{AT_ONCE, merges_of},
    story::{Show, Story, behind},
};

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
    /// since when it is what it is ([`crate::task::SINCE`]).
    Task(Box<Task>),
    /// It bought, paid or sent back.
    Transaction(Box<Transaction>),
    /// It was merged with others; whether that was undone, the merge says.
    Merge(Box<Merge>),
    /// Its record was written: all that changed but its account manager.
    Change(Change),
    /// It got another account manager, or is free from then on. Who works on an opportunity, its steps say.
    Ownership(Box<OwnerStep>),
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
/// an index, and all of them at once, as long as the customer was never merged. Only the versions of the record itself are all read for each page: where a clock was
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
    let wanted = |kind| kinds.is_empty() || kinds.contains(&kind);
    // Few customers were ever merged: all that is to be known of one is asked for at once.
    let mut batch = Batch::of(limit);
    let record = batch.find(ID.eq(customer).query());
    let merged = batch.find(MERGED_INTO.eq(customer).query().limit(1));
    let merges =
        wanted(TimelineKind::Merge).then(|| batch.holders(merge::term(customer), MAX_LIMIT));
    let story = Story::ask(&mut batch, customer, wanted, after);
    let mut answers = unit.ask(batch).await?;
    let Some(record) = answers.take(record)?.items.pop() else {
        return Err(Error::missing(customer));
    };
    let alone = record.merged_into.is_none() && answers.take(merged)?.items.is_empty();
    let merges = merges.map(|asked| answers.take(asked)).transpose()?;

    let show = Show { wanted: &|happened: &Happening| wanted(happened.kind()), after, limit };
    let mut entries = Vec::new();
    story.tell(unit, answers, &show, &mut entries).await?;
    let group = if alone { vec![customer] } else { super::group(unit, customer).await? };
    for other in group.iter().copied().filter(|other| *other != customer) {
        let mut batch = Batch::of(limit);
        let story = Story::ask(&mut batch, other, wanted, after);
        let answers = unit.ask(batch).await?;
        story.tell(unit, answers, &show, &mut entries).await?;
    }
    if let Some(holders) = merges {
        // Of all its ids at once: one merge may name several.
        let merges = match alone {
            true => holders.into_iter().map(|holder| Id::new(holder.id)).collect(),
            false => merges_of(unit, &group).await?,
        };
        happened_merges(unit, &merges, after, limit, &mut entries).await?;
    }
    entries.sort_by_key(|entry| Reverse(entry.place()));
    entries.truncate(limit as usize);
    told_why(unit, group, &mut entries).await?;
    Ok(entries)
}

/// What is shown of the account managers tells by which verb they came, and why.
async fn told_why(
    unit: &mut (dyn ReadUnit + '_),
    group: Vec<Id<Customer>>,
    entries: &mut [TimelineEntry],
) -> Result<()> {
    let mut places = Vec::new();
    let mut steps = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Happening::Ownership(step) = &entry.happened {
            places.push(at);
            steps.push(OwnerStep::clone(step));
        }
    }
    // The first version has no owner before it.
    let versions: Vec<i64> = steps.iter().filter_map(|s| s.version.try_into().ok()).collect();
    if versions.iter().all(|version| *version == 1) {
        return Ok(());
    }
    let of = owner_change::CUSTOMER_ID.one_of(group);
    let of = of.and(owner_change::VERSION.one_of(versions));
    tell_why(unit, of, None, &mut steps).await?;
    for (at, step) in places.into_iter().zip(steps) {
        entries[at].happened = Happening::Ownership(Box::new(step));
    }
    Ok(())
}

/// Those of which it survived, and those of which another did and which were undone.
async fn happened_merges(
    unit: &mut (dyn ReadUnit + '_),
    merges: &[Id<Merge>],
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    for some in merges.chunks(AT_ONCE) {
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
