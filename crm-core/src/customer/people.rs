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
    filing::{AT_ONCE, among, group},
};

/// Somebody at a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactAt {
    /// Who.
    pub contact: Stored<Contact>,
    /// Their part there; none where they work there, or speak for it.
    pub affiliation: Option<Stored<Affiliation>>,
}

/// The contacts at a customer: first those who work there, then those with a part there beside.
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

/// The relations of a customer to others, in either direction.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer.
pub async fn relations_of(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
) -> Result<Vec<Stored<Relation>>> {
    let group = group(unit, customer).await?;
    let criteria = among(&relation::FROM_ID, &group).or(among(&relation::TO_ID, &group));
    let mut relations = Vec::new();
    every(unit, criteria.query(), |stored: Stored<Relation>| {
        // Since a merge it may lead from a customer to itself.
        if !(group.contains(&stored.from_id) && group.contains(&stored.to_id)) {
            relations.push(stored);
        }
        Ok(())
    })
    .await?;
    Ok(relations)
}
