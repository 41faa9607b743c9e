//! What is left of the erased in the histories of others.

use std::collections::{BTreeSet, HashSet};

use uuid::Uuid;

use crate::{
    Error, Result,
    affiliation::{self, Affiliation},
    contact::Contact,
    kernel::{Change, Entity, FieldSpec, Holder, Id, MAX_LIMIT, Stored, Term},
    merge::{self, Merge},
    store::{CUSTODIAN, Custody, Read, ReadUnit, UnitOfWork, every, expect},
};

use super::{CONTACT_PERSON, Customer, filing::merged_into, names::Names};

/// By what names a contact was ever known, and at which customers.
#[derive(Default)]
pub(super) struct Known {
    names: Names,
    at: BTreeSet<Id<Customer>>,
}

impl Known {
    /// Reads it from the histories, so before these are erased.
    pub(super) async fn of(unit: &mut (dyn ReadUnit + '_), contact: &Contact) -> Result<Self> {
        let mut known = Self::default();
        known.names.add(&contact.name);
        contact.given_name.iter().for_each(|name| known.names.add_given(name));
        contact.family_name.iter().for_each(|name| known.names.add_family(name));
        known.at.extend(contact.customer_id);
        let entries = history(unit, Contact::KIND, contact.id.uuid()).await?;
        values(&entries, "name").for_each(|name| known.names.add(name));
        values(&entries, "given_name").for_each(|name| known.names.add_given(name));
        values(&entries, "family_name").for_each(|name| known.names.add_family(name));
        known.places(&entries);
        let mut affiliations = Vec::new();
        let query = affiliation::CONTACT_ID.eq(contact.id).query();
        every(unit, query, |stored: Stored<Affiliation>| {
            affiliations.push((stored.id, stored.customer_id));
            Ok(())
        })
        .await?;
        for (id, customer) in affiliations {
            known.at.insert(customer);
            known.places(&history(unit, Affiliation::KIND, id.uuid()).await?);
        }
        known.and_merged(unit).await?;
        Ok(known)
    }

    /// Erases the contact from where customers name whom to talk to; which customers still did.
    pub(super) async fn erase(
        &self,
        work: &mut (dyn UnitOfWork + '_),
    ) -> Result<Vec<Id<Customer>>> {
        let field = CONTACT_PERSON.spec();
        let mut named = Vec::new();
        for id in self.at.iter().copied() {
            let Some(customer) = Read::<Customer>::get(work, id).await? else { continue };
            if customer.contact_person.as_deref().is_some_and(|text| self.names.are_in(text)) {
                let stored = work.erase(&CUSTODIAN, id, Some(field)).await?;
                // What it lacks now is listed.
                let settled = stored.change("rechecked", Ok::<Customer, Error>)?;
                work.update(settled).await?;
                named.push(id);
                continue;
            }
            let entries = history(work, Customer::KIND, id.uuid()).await?;
            let tells = |entry: &&Change| {
                values(std::slice::from_ref(*entry), field.name).any(|text| self.names.are_in(text))
            };
            let versions: Vec<_> = entries.iter().filter(tells).map(|e| e.version).collect();
            if !versions.is_empty() {
                Custody::<Customer>::redact(work, &CUSTODIAN, id, versions, Some(field)).await?;
            }
        }
        Ok(named)
    }

    fn places(&mut self, entries: &[Change]) {
        let ids = values(entries, "customer_id").filter_map(|id| Uuid::parse_str(id).ok());
        self.at.extend(ids.map(Id::new));
    }

    /// Those that were ever merged with them may have taken the name from them.
    async fn and_merged(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<()> {
        let mut todo: Vec<_> = self.at.iter().copied().collect();
        while let Some(customer) = todo.pop() {
            let mut others: Vec<_> =
                merged_into(unit, &[customer]).await?.into_iter().map(|(id, _)| id).collect();
            for merge in merges_of(unit, customer).await? {
                others.push(merge.survivor_id);
                others.extend(&merge.others.0);
            }
            todo.extend(others.into_iter().filter(|id| self.at.insert(*id)));
        }
        Ok(())
    }
}

/// Redacts what merges that were undone left in the histories of survivors: of those that took from
/// the erased, and of those that took from these meanwhile.
pub(super) async fn redact_merged(
    work: &mut (dyn UnitOfWork + '_),
    erased: &HashSet<Id<Customer>>,
    mut merges: Vec<Merge>,
) -> Result<()> {
    let mut seen = HashSet::new();
    while let Some(merge) = merges.pop() {
        if erased.contains(&merge.survivor_id) || !seen.insert(merge.id) {
            continue;
        }
        redact_survivor(work, &merge).await?;
        let others = merges_of(work, merge.survivor_id).await?;
        let meanwhile = others.into_iter().map(Stored::into_inner);
        merges.extend(meanwhile.filter(|other| took_meanwhile(other, &merge)));
    }
    Ok(())
}

/// The merges that a customer took part in.
pub(super) async fn merges_of(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
) -> Result<Vec<Stored<Merge>>> {
    let mut merges = Vec::new();
    for holder in holders(unit, merge::term(customer)).await? {
        merges.push(expect(unit, Id::<Merge>::new(holder.id)).await?);
    }
    Ok(merges)
}

/// All holders of a term.
pub(super) async fn holders(unit: &mut (dyn ReadUnit + '_), term: Term) -> Result<Vec<Holder>> {
    let mut most = MAX_LIMIT;
    loop {
        let holders = unit.holders(std::slice::from_ref(&term), most).await?;
        if holders.len() < most as usize {
            return Ok(holders);
        }
        most = most.saturating_mul(2);
    }
}

/// Whether a merge took from the survivor of another while that stood. What is merged is not unmerged
/// from, so it was undone first.
fn took_meanwhile(other: &Merge, merge: &Merge) -> bool {
    let ended = |end| other.undone_at.is_some_and(|undone| undone <= end);
    other.others.0.contains(&merge.survivor_id)
        && other.merged_at >= merge.merged_at
        && merge.undone_at.is_none_or(ended)
}

/// What the merge changed of its survivor, in all versions until it was undone: others changed these
/// fields meanwhile.
async fn redact_survivor(work: &mut (dyn UnitOfWork + '_), merge: &Merge) -> Result<()> {
    let Some(first) = merge.survivor_version.and_then(|v| u64::try_from(v).ok()) else {
        return Ok(());
    };
    let mut entries = history(work, Customer::KIND, merge.survivor_id.uuid()).await?;
    entries.retain(|entry| entry.version >= first);
    let undoing = merge.undone_at.and_then(|at| {
        let undoes = |entry: &&Change| entry.event == "unmerged" && entry.at <= at;
        entries.iter().rev().find(undoes).map(|entry| entry.version)
    });
    let Some(changed) = entries.first().filter(|entry| entry.version == first) else {
        return Ok(());
    };
    let merged = |field: &&'static FieldSpec<Customer>| {
        field.personal.is_some() && changed.fields.iter().any(|f| f.field == field.name)
    };
    let versions = entries.iter().map(|entry| entry.version);
    let versions: Vec<_> = versions.filter(|v| undoing.is_none_or(|last| *v <= last)).collect();
    for field in Customer::FIELDS.iter().copied().filter(merged) {
        let versions = versions.clone();
        Custody::<Customer>::redact(work, &CUSTODIAN, merge.survivor_id, versions, Some(field))
            .await?;
    }
    Ok(())
}

/// All entries of a record.
async fn history(
    unit: &mut (dyn ReadUnit + '_),
    kind: &'static str,
    id: Uuid,
) -> Result<Vec<Change>> {
    let mut all: Vec<Change> = Vec::new();
    loop {
        let after = all.last().map_or(0, |entry| entry.version);
        let entries = unit.history(kind, id, after, MAX_LIMIT).await?;
        if entries.is_empty() {
            return Ok(all);
        }
        all.extend(entries);
    }
}

/// The texts that a field had.
fn values<'a>(entries: &'a [Change], field: &'a str) -> impl Iterator<Item = &'a str> {
    let changes = entries.iter().flat_map(|entry| &entry.fields).filter(move |f| f.field == field);
    changes.flat_map(|change| [&change.from, &change.to]).filter_map(|value| value.as_str())
}
