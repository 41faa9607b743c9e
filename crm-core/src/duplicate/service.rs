use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    Result,
    contact::{self, Contact},
    customer::{Customer, ensure_filed, survivors},
    kernel::{Entity, Id, Query, Refused, Stored, is_erased},
    settings::house_rules,
    store::{Read, ReadUnit, UnitOfWork, every},
};

use super::{
    DuplicateAction, Identity, Likeness, MaskedLikeness, Noise, Scan, compare_possible,
    lookup::{Keyed, Lookup},
    scan,
};

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

impl Duplicates {
    /// What an actor may know who may not see the customers: see [`super::Likeness::masked`].
    pub fn masked(&self) -> Vec<MaskedLikeness> {
        self.found.iter().map(Duplicate::masked).collect()
    }
}

impl Duplicate {
    /// What an actor may know who may not see the customer: see [`super::Likeness::masked`].
    pub fn masked(&self) -> MaskedLikeness {
        self.likeness.masked()
    }
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
/// key with it. One that is like a customer which was merged is like the survivor: each customer is
/// named once, as it is now, with the best of what its records say. The customer itself is left out.
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
    let (lookup, keyed) = Lookup::load(unit, candidates.iter()).await?;
    let policy = &lookup.rules.duplicates;
    let mut answers = Vec::with_capacity(candidates.len());
    for (candidate, Keyed { identity, terms }) in candidates.iter().zip(keyed) {
        let (mut ids, mut noise) = (BTreeSet::new(), Vec::new());
        for term in terms {
            let holders = lookup.holders(&term);
            ids.extend(holders.iter().filter_map(|holder| lookup.customer_of(holder)));
            noise.extend(lookup.noise(&term).map(|records| Noise { term, records }));
        }
        let itself = lookup.survivor(candidate.merged_into.unwrap_or(candidate.id));
        let mut best: BTreeMap<Id<Customer>, Likeness> = BTreeMap::new();
        for id in ids {
            let survivor = lookup.survivor(id);
            if id == candidate.id || survivor == itself {
                continue;
            }
            let likeness =
                lookup.known(id).and_then(|(_, other)| compare_possible(&identity, other, policy));
            let Some(likeness) = likeness else { continue };
            if best.get(&survivor).is_none_or(|known| known.score < likeness.score) {
                best.insert(survivor, likeness);
            }
        }
        let told = |(id, likeness)| {
            let (customer, _) = lookup.known(id)?;
            Some(Duplicate { customer: customer.clone(), likeness })
        };
        let mut found: Vec<_> = best.into_iter().filter_map(told).collect();
        found.sort_by(|a, b| {
            let likelier = b.likeness.score.total_cmp(&a.likeness.score);
            likelier.then(a.customer.id.cmp(&b.customer.id))
        });
        answers.push(Duplicates { found, noise });
    }
    Ok(answers)
}

/// Adds a customer and says what it may be a duplicate of. One that stands below a customer that was
/// merged stands below the survivor. Where the tenant's policy says
/// [`DuplicateAction::Refuse`], one that is certainly there already is not added.
///
/// Sent again with the same id, it answers with the first.
///
/// # Errors
/// [`crate::Error::Refused`] names the customer that is there, or only in what it agrees where the policy
/// says `mask_refusals`; [`crate::Error::Invalid`] when an e-mail address, a phone or a tax number
/// cannot be one (a plain insert keeps what it is given); [`crate::Error::Duplicate`] when another
/// record has the id, and whatever else an insert answers.
pub async fn add(work: &mut (dyn UnitOfWork + '_), customer: Customer) -> Result<Added> {
    if Read::<Customer>::get(work, customer.id).await?.is_some() {
        let duplicates = Duplicates { found: Vec::new(), noise: Vec::new() };
        return Ok(Added { customer: ensure_filed(work, customer).await?, duplicates });
    }
    let rules = house_rules(work).await?;
    super::check_customer(None, &customer, &rules)?;
    let policy = rules.duplicates;
    let duplicates = find(work, &customer).await?;
    let certain = duplicates.found.iter().find(|one| one.likeness.is_certain(&policy));
    if let Some(certain) = certain
        && policy.on_insert == DuplicateAction::Refuse
    {
        let why = if policy.mask_refusals {
            format!("{}; ask somebody who may see it", certain.masked())
        } else {
            let there = &certain.customer;
            let then = match there.archived_at {
                Some(_) => "it is archived: restore it, and add to it",
                None => "add to that one, or merge them afterwards",
            };
            format!("{} ({}) is the same: {}; {then}", there.name, there.id, certain.likeness)
        };
        return Err(Refused::new(Customer::KIND, "new", "added", why).into());
    }
    let customer = ensure_filed(work, customer).await?;
    Ok(Added { customer, duplicates })
}

/// Every duplicate among the customers of the unit's tenant, their contacts' addresses and numbers
/// included. What a customer was known by that was merged counts for its survivor: the two are no
/// pair. The identities of all are in memory at once: a few hundred bytes each.
///
/// # Errors
/// Whatever the store answers.
pub async fn scan_base(unit: &mut (dyn ReadUnit + '_)) -> Result<Scan<Id<Customer>>> {
    let rules = house_rules(unit).await?;
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
    let (mut identities, mut merged) = (Vec::new(), Vec::new());
    every(unit, Query::<Customer>::all(), |stored: Stored<Customer>| {
        // One that was erased is like no other.
        if is_erased(&*stored) {
            return Ok(());
        }
        let contacts = people.remove(&stored.id).unwrap_or_default();
        let identity = Identity::with_contacts(&stored, &contacts, &rules);
        let list = if stored.merged_into.is_some() { &mut merged } else { &mut identities };
        list.push((stored.id, identity));
        Ok(())
    })
    .await?;
    let ids: Vec<_> = merged.iter().map(|(id, _)| *id).collect();
    let leads = survivors(unit, &ids).await?;
    let led = |(id, identity)| (leads.get(&id).copied().unwrap_or(id), identity);
    identities.extend(merged.into_iter().map(led));
    Ok(scan(&identities, &rules.duplicates))
}
