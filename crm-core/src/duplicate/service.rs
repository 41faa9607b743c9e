use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use crate::{
    Error, Result,
    contact::{self, Contact},
    customer::{self, Customer},
    kernel::{Entity, Holder, Id, Query, Refused, Stored, Term},
    settings::Settings,
    store::{Append, Read, ReadUnit, Terms, UnitOfWork, ensure, every},
};

use super::{DuplicateAction, Identity, Likeness, Noise, Scan, compare, scan, terms};

/// So many records are asked for at once.
const AT_ONCE: usize = 1_000;

/// What a record may be a duplicate of.
#[derive(Clone, Debug, PartialEq)]
pub struct Duplicates {
    /// Customers that are possibly the same, the likeliest first.
    pub found: Vec<Duplicate>,
    /// Keys that so many share that they were not looked at.
    pub noise: Vec<Noise>,
}

/// A customer that is possibly the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Duplicate {
    /// The customer that is there.
    pub customer: Stored<Customer>,
    /// How likely, and why.
    pub likeness: Likeness,
}

/// A customer that was added, and what it may be a duplicate of.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// The customer.
    pub customer: Stored<Customer>,
    /// What it may be a duplicate of; nothing where the same command was sent before.
    pub duplicates: Duplicates,
}

/// What is there already of a customer, by the tenant's policy: candidates are those who share a
/// key with it. The customer itself and those merged into others are left out.
///
/// # Errors
/// Whatever the store answers.
pub async fn find(unit: &mut (dyn ReadUnit + '_), candidate: &Customer) -> Result<Duplicates> {
    let mut each = find_each(unit, std::slice::from_ref(candidate)).await?;
    Ok(each.pop().unwrap_or_else(|| Duplicates { found: Vec::new(), noise: Vec::new() }))
}

/// What [`find`] says of each of these, with a few questions for all of them. They are not compared
/// with each other.
///
/// # Errors
/// Whatever the store answers.
pub async fn find_each(
    unit: &mut (dyn ReadUnit + '_),
    candidates: &[Customer],
) -> Result<Vec<Duplicates>> {
    let rules = rules(unit).await?;
    let identities: Vec<_> = candidates.iter().map(|one| Identity::of(one, &rules)).collect();
    let keys: Vec<_> = identities.iter().map(terms).collect();
    let all: BTreeSet<_> = keys.iter().flatten().cloned().collect();
    let all: Vec<_> = all.into_iter().collect();
    let limit = rules.duplicates.noise_limit;
    let holders = holders(unit, &all, limit + 1).await?;
    let contacts = contacts_among(unit, &holders, limit).await?;
    let known = Known::load(unit, &holders, &contacts, limit, &rules).await?;
    let mut answers = Vec::with_capacity(candidates.len());
    for ((candidate, identity), keys) in candidates.iter().zip(&identities).zip(&keys) {
        let (mut ids, mut noise) = (BTreeSet::new(), Vec::new());
        for term in keys {
            let Some(holders) = holders.get(term) else { continue };
            if holders.len() > limit as usize {
                let records = u32::try_from(holders.len()).unwrap_or(u32::MAX);
                noise.push(Noise { term: term.clone(), records });
                continue;
            }
            ids.extend(holders.iter().filter_map(|holder| customer_of(holder, &contacts)));
        }
        ids.remove(&candidate.id);
        let mut found: Vec<_> = ids
            .iter()
            .filter_map(|id| known.get(*id))
            .map(|(customer, other)| (customer, compare(identity, other)))
            .filter(|(_, likeness)| likeness.is_possible(&rules.duplicates))
            .map(|(customer, likeness)| Duplicate { customer: customer.clone(), likeness })
            .collect();
        found.sort_by(|a, b| {
            let likelier = b.likeness.score.total_cmp(&a.likeness.score);
            likelier.then(a.customer.id.cmp(&b.customer.id))
        });
        answers.push(Duplicates { found, noise });
    }
    Ok(answers)
}

/// Adds a customer and says what it may be a duplicate of. Where the tenant's policy says
/// [`DuplicateAction::Refuse`], one that is certainly there already is not added.
///
/// Sent again with the same id, it answers with the first.
///
/// # Errors
/// [`Error::Refused`] names the customer that is there, [`Error::Duplicate`] when another record has
/// the id, and whatever else an insert answers.
pub async fn add(work: &mut (dyn UnitOfWork + '_), customer: Customer) -> Result<Added> {
    if Read::<Customer>::get(work, customer.id).await?.is_some() {
        let duplicates = Duplicates { found: Vec::new(), noise: Vec::new() };
        return Ok(Added { customer: ensure(work, customer).await?, duplicates });
    }
    let policy = rules(work).await?.duplicates;
    let duplicates = find(work, &customer).await?;
    let certain = duplicates.found.iter().find(|one| one.likeness.is_certain(&policy));
    if let Some(certain) = certain
        && policy.on_insert == DuplicateAction::Refuse
    {
        let there = &certain.customer;
        let why = format!(
            "{} ({}) is the same: {}; add to that one, or merge them afterwards",
            there.name, there.id, certain.likeness
        );
        return Err(Refused::new(Customer::KIND, "new", "added", why).into());
    }
    let customer = match Append::<Customer>::insert(work, customer.clone()).await {
        Err(Error::Duplicate { field: "id", .. }) => ensure(work, customer).await?,
        inserted => inserted?,
    };
    Ok(Added { customer, duplicates })
}

/// Every duplicate among the customers of the unit's tenant, their contacts' addresses and numbers
/// included. The identities of all are in memory at once: a few hundred bytes each.
///
/// # Errors
/// Whatever the store answers.
pub async fn scan_base(unit: &mut (dyn ReadUnit + '_)) -> Result<Scan<Id<Customer>>> {
    let rules = rules(unit).await?;
    let mut people: HashMap<Id<Customer>, Vec<Contact>> = HashMap::new();
    let reachable = contact::CUSTOMER_ID.is_present();
    every(unit, reachable.query(), |stored: Stored<Contact>| {
        let contact = stored.into_inner();
        if let Some(customer) = contact.customer_id {
            people.entry(customer).or_default().push(contact);
        }
        Ok(())
    })
    .await?;
    let mut identities = Vec::new();
    every(unit, Query::<Customer>::of(unmerged()), |stored: Stored<Customer>| {
        let contacts = people.remove(&stored.id).unwrap_or_default();
        identities.push((stored.id, Identity::with_contacts(&stored, &contacts, &rules)));
        Ok(())
    })
    .await?;
    Ok(scan(&identities, &rules.duplicates))
}

/// The customers that candidates lead to.
struct Known(HashMap<Id<Customer>, (Stored<Customer>, Identity)>);

impl Known {
    async fn load(
        unit: &mut (dyn ReadUnit + '_),
        holders: &HashMap<Term, Vec<Holder>>,
        contacts: &HashMap<Uuid, Contact>,
        limit: u32,
        rules: &Settings,
    ) -> Result<Self> {
        let telling = holders.values().filter(|some| some.len() <= limit as usize).flatten();
        let ids: BTreeSet<_> = telling.filter_map(|holder| customer_of(holder, contacts)).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let mut people: HashMap<Id<Customer>, Vec<Contact>> = HashMap::new();
        for contact in contacts.values() {
            if let Some(customer) = contact.customer_id {
                people.entry(customer).or_default().push(contact.clone());
            }
        }
        let mut known = HashMap::new();
        for some in ids.chunks(AT_ONCE) {
            let these = customer::ID.one_of(some.iter().copied()).and(unmerged());
            every(unit, these.query(), |stored: Stored<Customer>| {
                let contacts = people.get(&stored.id).map_or(&[][..], Vec::as_slice);
                let identity = Identity::with_contacts(&stored, contacts, rules);
                known.insert(stored.id, (stored, identity));
                Ok(())
            })
            .await?;
        }
        Ok(Self(known))
    }

    fn get(&self, id: Id<Customer>) -> Option<&(Stored<Customer>, Identity)> {
        self.0.get(&id)
    }
}

/// Those that still stand for themselves.
fn unmerged() -> crate::kernel::Criteria<Customer> {
    customer::MERGED_INTO.is_empty()
}

async fn holders(
    unit: &mut (dyn ReadUnit + '_),
    terms: &[Term],
    most: u32,
) -> Result<HashMap<Term, Vec<Holder>>> {
    let mut by_term: HashMap<Term, Vec<Holder>> = HashMap::new();
    for holder in Terms::holders(unit, terms, most).await? {
        by_term.entry(holder.term.clone()).or_default().push(holder);
    }
    Ok(by_term)
}

/// The contacts among the holders of keys that are no noise.
async fn contacts_among(
    unit: &mut (dyn ReadUnit + '_),
    holders: &HashMap<Term, Vec<Holder>>,
    limit: u32,
) -> Result<HashMap<Uuid, Contact>> {
    let telling = holders.values().filter(|some| some.len() <= limit as usize).flatten();
    let ids: BTreeSet<_> =
        telling.filter(|holder| holder.entity == Contact::KIND).map(|holder| holder.id).collect();
    let ids: Vec<_> = ids.into_iter().map(Id::<Contact>::new).collect();
    let mut contacts = HashMap::new();
    for some in ids.chunks(AT_ONCE) {
        let these = contact::ID.one_of(some.iter().copied()).query();
        every(unit, these, |stored: Stored<Contact>| {
            contacts.insert(stored.id.uuid(), stored.into_inner());
            Ok(())
        })
        .await?;
    }
    Ok(contacts)
}

fn customer_of(holder: &Holder, contacts: &HashMap<Uuid, Contact>) -> Option<Id<Customer>> {
    if holder.entity == Customer::KIND {
        return Some(Id::new(holder.id));
    }
    contacts.get(&holder.id)?.customer_id
}

async fn rules(unit: &mut (dyn ReadUnit + '_)) -> Result<Settings> {
    let id = Settings::id_of(unit.scope().tenant);
    let stored = Read::<Settings>::get(unit, id).await?;
    Ok(stored.map_or_else(|| Settings::standard(id), Stored::into_inner))
}
