use std::collections::BTreeMap;

use crate::{
    Result,
    duplicate::{self, Duplicates, Identity, Likeness, compare_possible},
    kernel::{Entity, Id, MAX_LIMIT, Stored, Term},
    settings::house_rules,
    store::{Read, ReadUnit, Terms},
};

use super::{
    ID, Lead,
    entity::says,
    person::{Person, Same, same},
};

/// What a lead may be a duplicate of.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadDuplicates {
    /// Customers, the likeliest first: [`duplicate::find`].
    pub customers: Duplicates,
    /// Other leads that are not converted, the likeliest first.
    pub leads: Vec<LeadDuplicate>,
}

/// A lead that is possibly the same.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadDuplicate {
    /// The lead that is there.
    pub lead: Stored<Lead>,
    /// How likely, and why.
    pub likeness: Likeness,
}

/// What is there already of a lead, by the tenant's policy for duplicates: customers and leads that share a
/// key with it. Two people of one company are two leads.
///
/// # Errors
/// Whatever the store answers.
pub async fn duplicates(unit: &mut (dyn ReadUnit + '_), lead: &Lead) -> Result<LeadDuplicates> {
    let customer = lead.as_customer();
    let customers = duplicate::find(unit, &customer).await?;
    let rules = house_rules(unit).await?;
    let (policy, identity) = (&rules.duplicates, Identity::of(&customer, &rules));
    let keys: Vec<_> = keys(&identity).collect();
    let most = policy.noise_limit;
    let mut holders: BTreeMap<Term, Vec<Id<Lead>>> = BTreeMap::new();
    for holder in Terms::holders(unit, &keys, most + 1).await? {
        if holder.entity == Lead::KIND {
            holders.entry(holder.term).or_default().push(Id::new(holder.id));
        }
    }
    // A key that too many share says nothing.
    holders.retain(|_, ids| ids.len() <= most as usize);
    let mut ids: Vec<_> = holders.into_values().flatten().filter(|id| *id != lead.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut leads = Vec::new();
    for some in ids.chunks(MAX_LIMIT as usize) {
        let query = ID.one_of(some.iter().copied()).query().limit(MAX_LIMIT);
        for there in Read::<Lead>::find(unit, query).await?.items {
            let other = Identity::of(&there.as_customer(), &rules);
            let likeness = compare_possible(&identity, &other, policy);
            leads.extend(
                likeness
                    .filter(|_| may_be_one_person(lead, &there, policy))
                    .map(|likeness| LeadDuplicate { lead: there, likeness }),
            );
        }
    }
    leads.sort_by(|a, b| {
        let likelier = b.likeness.score.total_cmp(&a.likeness.score);
        likelier.then(a.lead.id.cmp(&b.lead.id))
    });
    Ok(LeadDuplicates { customers, leads })
}

/// By what leads are found that may be the same. They are apart from those of customers, so that however many leads
/// share a key, nobody who looks for customers sees that.
pub(super) fn keys(identity: &Identity) -> impl Iterator<Item = Term> {
    duplicate::terms(identity).into_iter().map(|term| Term::new("lead", term.as_str()))
}

fn may_be_one_person(one: &Lead, other: &Lead, policy: &duplicate::DuplicatePolicy) -> bool {
    match (says(&one.name), says(&other.name)) {
        (Some(mine), Some(theirs)) => {
            let mine = Person { name: mine, email: one.email.as_deref() };
            let theirs = Person { name: theirs, email: other.email.as_deref() };
            same(&mine, &theirs, policy) != Same::No
        }
        _ => true,
    }
}
