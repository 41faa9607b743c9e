use std::collections::BTreeSet;

use crate::{
    Result,
    contact::{self, Contact},
    customer::{self, Customer},
    kernel::{Entity, Field, FieldType, Id, Invalid, MAX_LIMIT, Stored},
    lead::{self, Lead},
    store::{Read, ReadUnit, expect},
};
use uuid::Uuid;

use super::{Rank, SearchQuery, Searchable};

/// So many candidates are looked at: who finds more should say more.
const CANDIDATES: u32 = 400;
/// So many whose name begins so are looked at beside, where fewer are wanted: of one that is archived or
/// merged, another takes the place.
const NAMED: u32 = 50;
/// So far the records that words find are counted, to begin with those of the rarest: further only
/// where all words find as many. Beyond that, it does not matter which one is rarer.
const COMMON: [u32; 2] = [2_000, 10_000];

/// What was found, the best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The hits.
    pub hits: Vec<Hit>,
    /// Whether there are more: show them only together with the advice to write another word.
    pub more: bool,
}

/// A record that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The record.
    pub record: HitRecord,
    /// Where it stands, and why.
    pub rank: Rank,
}

impl Hit {
    /// The id of the record.
    pub fn id(&self) -> Uuid {
        match &self.record {
            HitRecord::Customer(customer) => customer.id.uuid(),
            HitRecord::Contact(contact) => contact.id.uuid(),
            HitRecord::Lead(lead) => lead.id.uuid(),
        }
    }
}

/// A record that can be found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HitRecord {
    /// A customer.
    Customer(Box<Stored<Customer>>),
    /// A contact.
    Contact(Box<Stored<Contact>>),
    /// A lead that was not converted.
    Lead(Box<Stored<Lead>>),
}

/// Finds customers, contacts and leads by what somebody typed: see [`SearchQuery::parse`]. At most `limit`,
/// the best first; archived ones are left out, and what a merged customer was called leads to its
/// survivor; a lead that was converted is found as what it became. They have no search terms, so that however many are
/// archived or converted, they crowd out nobody.
///
/// Of what very many records have, some are looked at: those of just this name and then those whose name
/// begins so, as many as `limit` and 50 at least, up to 400; and 400 whose words begin with the rarest word. Both in the
/// order of the letters.
///
/// All words must be in one record: a customer and somebody there are not found together, but for the
/// contact person whom the customer names. [`crate::customer::contacts_of`] has the others.
///
/// # Errors
/// [`Invalid`] as [`SearchQuery::parse`] says, or for a limit that is not between 1 and
/// [`MAX_LIMIT`].
pub async fn search(unit: &mut (dyn ReadUnit + '_), text: &str, limit: u32) -> Result<Found> {
    if limit == 0 || limit > MAX_LIMIT {
        let reason = format!("{limit} is not between 1 and {MAX_LIMIT}");
        return Err(Invalid::new("search", "limit", reason).into());
    }
    let query = SearchQuery::parse(text)?;
    let mut tests = query.tests().to_vec();
    if tests.len() > 1 {
        let mut counts = Vec::new();
        for most in COMMON {
            counts = unit.frequency(&tests, most).await?;
            if counts.iter().any(|count| *count < most) {
                break;
            }
        }
        let mut counted: Vec<_> = counts.into_iter().zip(tests).collect();
        counted.sort();
        tests = counted.into_iter().map(|(_, test)| test).collect();
    }
    let named = limit.clamp(NAMED, CANDIDATES);
    let mut candidates = unit.having(&[query.begins()], named).await?;
    let others = unit.having(&tests, CANDIDATES).await?;
    let mut more = others.len() == CANDIDATES as usize;
    candidates.extend(others);
    let (mut customers, mut contacts, mut leads) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for holder in candidates {
        if holder.entity == Customer::KIND {
            customers.insert(Id::<Customer>::new(holder.id));
        } else if holder.entity == Contact::KIND {
            contacts.insert(Id::<Contact>::new(holder.id));
        } else if holder.entity == Lead::KIND {
            leads.insert(Id::<Lead>::new(holder.id));
        }
    }
    let mut hits = Vec::new();
    let mut shown = BTreeSet::new();
    for stored in records(unit, &customer::ID, customers).await? {
        let Some(rank) = query.rank(&*stored) else { continue };
        // A name that a merged one had leads to the survivor.
        let stored = match stored.merged_into {
            Some(_) => {
                let survivor = customer::resolve(unit, stored.id).await?;
                expect(unit, survivor).await?
            }
            None => stored,
        };
        if stored.archived_at.is_none() {
            hits.push(Hit { record: HitRecord::Customer(Box::new(stored)), rank });
        }
    }
    for stored in records(unit, &contact::ID, contacts).await? {
        if stored.archived_at.is_none()
            && let Some(rank) = query.rank(&*stored)
        {
            hits.push(Hit { record: HitRecord::Contact(Box::new(stored)), rank });
        }
    }
    for stored in records(unit, &lead::ID, leads).await? {
        if let Some(rank) = query.rank(&*stored) {
            hits.push(Hit { record: HitRecord::Lead(Box::new(stored)), rank });
        }
    }
    hits.sort_by(|a, b| a.rank.cmp(&b.rank));
    hits.retain(|hit| shown.insert(hit.id()));
    more |= hits.len() > limit as usize;
    hits.truncate(limit as usize);
    Ok(Found { hits, more })
}

async fn records<E: Searchable>(
    unit: &mut (impl Read<E> + ?Sized),
    field: &'static Field<E, Id<E>>,
    ids: BTreeSet<Id<E>>,
) -> Result<Vec<Stored<E>>>
where
    Id<E>: FieldType,
{
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(unit.find(field.one_of(ids).query().limit(MAX_LIMIT)).await?.items)
}
