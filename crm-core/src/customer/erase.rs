use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use crate::{
    Result,
    affiliation::{self, Affiliation},
    contact::Contact,
    kernel::{Criteria, Entity, FieldSpec, Id, MAX_LIMIT, Op, Stored, Test, Value},
    merge::{self, Merge},
    merge_move::MergeMove,
    opportunity::Opportunity,
    store::{Custody, UnitOfWork, every, expect},
};

use super::{
    Customer, CustomerKind,
    filing::{group, merged_into},
};

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// How many records of each kind.
    pub records: BTreeMap<&'static str, u64>,
    /// Whether only the records of an organisation itself were: the people there are persons of their
    /// own, each to be asked for.
    pub organisation_only: bool,
}

/// What is still to be looked at, and what was.
#[derive(Default)]
struct Sweep {
    todo: Vec<(&'static str, Uuid)>,
    seen: HashSet<(&'static str, Uuid)>,
    records: BTreeMap<&'static str, u64>,
    /// Whether opportunities tell of the person: not those of an organisation where they work.
    opportunities: bool,
}

/// Erases a customer: see [`super::Customers::erase`].
pub(super) async fn customer(work: &mut (dyn UnitOfWork + '_), id: Id<Customer>) -> Result<Erased> {
    let mut sweep = Sweep { opportunities: true, ..Sweep::default() };
    let mut person = false;
    for id in group(work, id).await? {
        person |= expect(work, id).await?.kind == CustomerKind::Person;
        work.erase(id, None).await?;
        sweep.found(Customer::KIND, id.uuid());
    }
    sweep.merges(work).await?;
    if person {
        sweep.run(work).await?;
    }
    Ok(Erased { records: sweep.records, organisation_only: !person })
}

/// Erases a contact: see [`super::Customers::erase_contact`].
pub(super) async fn contact(work: &mut (dyn UnitOfWork + '_), id: Id<Contact>) -> Result<Erased> {
    let before = expect(work, id).await?;
    work.erase(id, None).await?;
    let mut sweep = Sweep::default();
    sweep.found(Contact::KIND, id.uuid());
    sweep.run(work).await?;
    let mut at: Vec<_> = before.customer_id.into_iter().collect();
    let affiliations = affiliation::CONTACT_ID.eq(id).query();
    every(work, affiliations, |stored: Stored<Affiliation>| {
        at.push(stored.customer_id);
        Ok(())
    })
    .await?;
    let merged = merged_into(work, &at).await?;
    at.extend(merged.into_iter().map(|(id, _)| id));
    let contact_person = Customer::FIELDS.iter().copied().find(|f| f.name == "contact_person");
    for customer in at {
        let Some(field) = contact_person else { break };
        let stored = expect(work, customer).await?;
        if names(&(field.get)(&stored), &before) {
            work.erase(customer, Some(field)).await?;
            sweep.found(Customer::KIND, customer.uuid());
        }
    }
    Ok(Erased { records: sweep.records, organisation_only: false })
}

/// Whether a text names a contact.
fn names(value: &Value<'_>, contact: &Contact) -> bool {
    let Value::Text(text) = value else { return false };
    let name = contact.name.trim();
    !name.is_empty() && text.to_lowercase().contains(&name.to_lowercase())
}

/// What a merge that was undone left in the history of its survivor.
async fn left_behind(work: &mut (dyn UnitOfWork + '_), merge: &Merge) -> Result<()> {
    let Some(first) = merge.survivor_version.and_then(|v| u64::try_from(v).ok()) else {
        return Ok(());
    };
    let (survivor, mut versions) = (merge.survivor_id, vec![first]);
    let mut after = first;
    loop {
        let entries = work.history(Customer::KIND, survivor.uuid(), after, MAX_LIMIT).await?;
        let Some(last) = entries.last() else { break };
        after = last.version;
        let undone = entries.iter().filter(|entry| entry.event == "unmerged");
        versions.extend(undone.map(|entry| entry.version));
    }
    Custody::<Customer>::redact(work, survivor, versions).await
}

impl Sweep {
    fn found(&mut self, kind: &'static str, id: Uuid) {
        if self.seen.insert((kind, id)) {
            *self.records.entry(kind).or_default() += 1;
            self.todo.push((kind, id));
        }
    }

    /// The words of merges that the customers took part in.
    async fn merges(&mut self, work: &mut (dyn UnitOfWork + '_)) -> Result<()> {
        let customers: Vec<_> = self.todo.iter().map(|(_, id)| Id::<Customer>::new(*id)).collect();
        let mut merges = Vec::new();
        for term in customers.iter().map(|id| merge::term(*id)) {
            let holders = work.holders(&[term], MAX_LIMIT).await?;
            merges.extend(holders.into_iter().map(|holder| Id::new(holder.id)));
        }
        merges.sort();
        merges.dedup();
        for id in merges {
            let merge = Custody::<Merge>::erase(work, id, None).await?;
            if !self.seen.contains(&(Customer::KIND, merge.survivor_id.uuid())) {
                left_behind(work, &merge).await?;
            }
            *self.records.entry(Merge::KIND).or_default() += 1;
        }
        Ok(())
    }

    async fn run(&mut self, work: &mut (dyn UnitOfWork + '_)) -> Result<()> {
        while let Some((kind, id)) = self.todo.pop() {
            self.follow(work, kind, id).await?;
        }
        Ok(())
    }

    /// Whether records of a kind that name another tell of the same person.
    fn tells(&self, kind: &str) -> bool {
        // Who stands below a person, or leads to one, is another customer; merges were dealt with.
        let others = [Customer::KIND, Merge::KIND, MergeMove::KIND];
        !others.contains(&kind) && (self.opportunities || kind != Opportunity::KIND)
    }

    async fn kind<E: Entity, R: Custody<E> + ?Sized>(
        &mut self,
        work: &mut R,
        named: &'static str,
        id: Uuid,
    ) -> Result<()> {
        if !self.tells(E::KIND) {
            return Ok(());
        }
        let refers = |f: &&&'static FieldSpec<E>| f.refers_to == Some(named);
        for field in E::FIELDS.iter().skip(1).filter(refers) {
            let names = Criteria::Test(Test { field, op: Op::Eq, value: Value::Uuid(id) });
            let mut ids = Vec::new();
            every(work, names.query(), |stored: Stored<E>| {
                ids.push(stored.id());
                Ok(())
            })
            .await?;
            for id in ids {
                if self.seen.contains(&(E::KIND, id.uuid())) {
                    continue;
                }
                if E::FIELDS.iter().any(|field| field.personal.is_some()) {
                    work.erase(id, None).await?;
                    self.found(E::KIND, id.uuid());
                } else if self.seen.insert((E::KIND, id.uuid())) {
                    self.todo.push((E::KIND, id.uuid()));
                }
            }
        }
        Ok(())
    }
}

macro_rules! of_each_kind {
    (update: $($entity:ty),+; append: $($added:ty),+;) => {
        impl Sweep {
            /// Erases what names a record that tells of the person.
            async fn follow(
                &mut self,
                work: &mut (dyn UnitOfWork + '_),
                named: &'static str,
                id: Uuid,
            ) -> Result<()> {
                $(self.kind::<$entity, _>(work, named, id).await?;)+
                $(self.kind::<$added, _>(work, named, id).await?;)+
                Ok(())
            }
        }
    };
}
crate::for_each_entity!(of_each_kind);
