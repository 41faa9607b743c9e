use std::cmp::Reverse;

use uuid::Uuid;

use crate::{
    Result,
    interaction::{self, Interaction},
    kernel::{Change, Criteria, Entity, Field, Id, Invalid, MAX_LIMIT, Stored, Timestamp},
    opportunity::{self, Opportunity},
    stage_move::{self, StageMove},
    store::{Read, ReadUnit, every, expect},
    transaction::{self, Transaction},
};

use super::Customer;

/// So many opportunities are asked for their steps at once.
const AT_ONCE: usize = 500;

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
    /// It bought, paid or sent back.
    Transaction(Box<Transaction>),
    /// Its record was written.
    Change(Change),
}

/// A place in a timeline: of an entry, to go on after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimelinePlace {
    /// When.
    pub at: Timestamp,
    /// The id of the record.
    pub id: Uuid,
}

impl TimelineEntry {
    /// Where it stands.
    pub const fn place(&self) -> TimelinePlace {
        TimelinePlace { at: self.at, id: self.id }
    }
}

/// What happened with a customer, newest first, at most `limit`: interactions, steps of its
/// opportunities, transactions, changes of its record. With `after`, what stands behind that place.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer, [`crate::Error::Invalid`] for a limit
/// that is not between 1 and [`MAX_LIMIT`].
pub async fn timeline(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    after: Option<TimelinePlace>,
    limit: u32,
) -> Result<Vec<TimelineEntry>> {
    if limit == 0 || limit > MAX_LIMIT {
        let reason = format!("{limit} is not between 1 and {MAX_LIMIT}");
        return Err(Invalid::new("timeline", "limit", reason).into());
    }
    let stored = expect(unit, customer).await?;
    let mut entries = Vec::new();
    interactions(unit, customer, after, limit, &mut entries).await?;
    steps(unit, customer, after, limit, &mut entries).await?;
    transactions(unit, customer, after, limit, &mut entries).await?;
    changes(unit, &stored, after, limit, &mut entries).await?;
    entries.sort_by_key(|entry| Reverse(entry.place()));
    entries.truncate(limit as usize);
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
    let criteria = behind(criteria, &interaction::HAPPENED_AT, &interaction::ID, after);
    let query = criteria.query().descending(&interaction::HAPPENED_AT).limit(limit);
    for stored in Read::<Interaction>::find(unit, query).await?.items {
        let (at, id) = (stored.happened_at, stored.id.uuid());
        let happened = Happening::Interaction(Box::new(stored.into_inner()));
        entries.push(TimelineEntry { at, id, happened });
    }
    Ok(())
}

/// And stands behind a place, which is earlier in time.
fn behind<E: Entity>(
    criteria: Criteria<E>,
    time: &'static Field<E, Timestamp>,
    id: &'static Field<E, Id<E>>,
    after: Option<TimelinePlace>,
) -> Criteria<E> {
    let Some(place) = after else { return criteria };
    let same = time.eq(place.at).and(id.below(Id::new(place.id)));
    criteria.and(time.below(place.at).or(same))
}

async fn steps(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    let mut opportunities = Vec::new();
    let of_customer = opportunity::CUSTOMER_ID.eq(customer).query();
    every(unit, of_customer, |stored: Stored<Opportunity>| {
        opportunities.push((stored.id, stored.name.clone()));
        Ok(())
    })
    .await?;
    for some in opportunities.chunks(AT_ONCE) {
        let criteria = stage_move::OPPORTUNITY_ID.one_of(some.iter().map(|(id, _)| *id));
        let criteria = behind(criteria, &stage_move::MOVED_AT, &stage_move::ID, after);
        let query = criteria.query().descending(&stage_move::MOVED_AT).limit(limit);
        for step in Read::<StageMove>::find(unit, query).await?.items {
            let step = step.into_inner();
            let of = some.iter().find(|(id, _)| *id == step.opportunity_id);
            let opportunity = of.map_or_else(String::new, |(_, name)| name.clone());
            let (at, id) = (step.moved_at, step.id.uuid());
            let happened = Happening::Step { opportunity, step: Box::new(step) };
            entries.push(TimelineEntry { at, id, happened });
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
    if let Some(TimelinePlace { at, id }) = after {
        let day = at.date();
        let mut same = transaction::DATE.eq(day);
        // Later on that day, all that counts for it stands behind.
        if Timestamp::start_of(day).is_ok_and(|start| start == at) {
            same = same.and(transaction::ID.below(Id::new(id)));
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

/// From its newest version back.
async fn changes(
    unit: &mut (dyn ReadUnit + '_),
    customer: &Stored<Customer>,
    after: Option<TimelinePlace>,
    limit: u32,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    let (id, mut upto) = (customer.id.uuid(), customer.version());
    let wanted = entries.len() + limit as usize;
    while upto > 0 && entries.len() < wanted {
        let from = upto.saturating_sub(u64::from(limit));
        let history = unit.history(Customer::KIND, id, from, limit).await?;
        let some = history.into_iter().filter(|change| change.version <= upto).map(|change| {
            let (at, id) = (change.at, change.id);
            TimelineEntry { at, id, happened: Happening::Change(change) }
        });
        entries.extend(some.filter(|entry| after.is_none_or(|after| entry.place() < after)));
        upto = from;
    }
    Ok(())
}
