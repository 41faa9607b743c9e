use std::collections::HashSet;

use crate::{
    Result,
    affiliation::{self, Affiliation},
    contact::{self, Contact},
    kernel::{Id, Stored},
    relation::{self, Relation},
    store::{Read, ReadUnit, every},
};

use super::{
    Customer,
    filing::{AT_ONCE, among, group, survivors},
};

/// Somebody at a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactAt {
    /// Who.
    pub contact: Stored<Contact>,
    /// Their part there; none where they work there, or speak for it.
    pub affiliation: Option<Stored<Affiliation>>,
}

/// The contacts at a customer: first those who work there, then those with a part there beside. Since
/// a merge, who works at one and has a part at the other is listed once, and so is a part that is the
/// same at both.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer.
pub async fn contacts_of(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
) -> Result<Vec<ContactAt>> {
    let group = group(unit, customer).await?;
    let mut contacts = Vec::new();
    let query = among(&contact::CUSTOMER_ID, &group).query().order_by(&contact::NAME);
    every(unit, query, |contact| {
        contacts.push(ContactAt { contact, affiliation: None });
        Ok(())
    })
    .await?;
    let mut affiliations: Vec<Stored<Affiliation>> = Vec::new();
    every(unit, among(&affiliation::CUSTOMER_ID, &group).query(), |stored| {
        affiliations.push(stored);
        Ok(())
    })
    .await?;
    let there: HashSet<_> = contacts.iter().map(|at: &ContactAt| at.contact.id).collect();
    let mut parts = HashSet::new();
    affiliations.retain(|part| {
        let (title, department) = (part.title.clone(), part.department.clone());
        let when = (part.since, part.until);
        let says = (part.contact_id, part.role, title, department, when, part.note.clone());
        !there.contains(&part.contact_id) && parts.insert(says)
    });
    for some in affiliations.chunks(AT_ONCE) {
        let ids: HashSet<_> = some.iter().map(|stored| stored.contact_id).collect();
        let query = contact::ID.one_of(ids).query().limit(crate::kernel::MAX_LIMIT);
        let found = Read::<Contact>::find(unit, query).await?.items;
        contacts.extend(some.iter().filter_map(|affiliation| {
            let contact = found.iter().find(|contact| contact.id == affiliation.contact_id)?;
            let affiliation = Some(affiliation.clone());
            Some(ContactAt { contact: contact.clone(), affiliation })
        }));
    }
    Ok(contacts)
}

/// The relations of a customer to others, in either direction. One that is the same since customers
/// were merged is listed once.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer.
pub async fn relations_of(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
) -> Result<Vec<Stored<Relation>>> {
    let group = group(unit, customer).await?;
    let criteria = among(&relation::FROM_ID, &group).or(among(&relation::TO_ID, &group));
    let mut relations: Vec<Stored<Relation>> = Vec::new();
    every(unit, criteria.query(), |stored: Stored<Relation>| {
        // Since a merge it may lead from a customer to itself.
        if !(group.contains(&stored.from_id) && group.contains(&stored.to_id)) {
            relations.push(stored);
        }
        Ok(())
    })
    .await?;
    let ends: HashSet<_> = relations.iter().flat_map(|one| [one.from_id, one.to_id]).collect();
    let leads = survivors(unit, &ends.into_iter().collect::<Vec<_>>()).await?;
    let led = |id: Id<Customer>| leads.get(&id).copied().unwrap_or(id);
    let mut seen = HashSet::new();
    relations.retain(|one| {
        let ends = (led(one.from_id), led(one.to_id));
        seen.insert((ends, one.kind.clone(), one.since, one.until, one.note.clone()))
    });
    Ok(relations)
}
