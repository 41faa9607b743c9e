use std::collections::{HashMap, HashSet, hash_map::Entry};

use uuid::Uuid;

use crate::{
    Result,
    contact::Contact,
    customer::{Customer, CustomerKind},
    kernel::{Entity, Id, Stored, Value},
    opportunity::Opportunity,
    org_unit::OrgUnit,
    product::Product,
    staff_member::StaffMember,
    store::{Append, Read, UnitOfWork, Work, every},
};

use super::{draft::Reference, subject::Named};

/// So many names are remembered from batch to batch.
const MOST: usize = 50_000;

/// The records that rows name, by external id or name.
#[derive(Debug, Default)]
pub(super) struct References {
    found: HashMap<&'static str, HashMap<String, Found>>,
    made: Vec<Made>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    One(Uuid),
    Several,
}

/// A record that is made because rows name it.
#[derive(Debug)]
struct Made {
    kind: &'static str,
    text: String,
    id: Uuid,
    /// A row that is not refused names it.
    used: bool,
}

impl References {
    /// Looks up what is not known from an earlier batch: by external id, the rest by name.
    pub(super) async fn look_up(
        &mut self,
        work: &mut Work<'_>,
        references: impl Iterator<Item = &Reference>,
    ) -> Result<()> {
        let mut wanted: HashMap<&'static str, HashSet<&str>> = HashMap::new();
        for Reference { kind, text, .. } in references {
            if !self.found.get(kind).is_some_and(|found| found.contains_key(text)) {
                wanted.entry(kind).or_default().insert(text);
            }
        }
        for (kind, texts) in wanted {
            let texts: Vec<_> = texts.into_iter().map(str::to_owned).collect();
            let found = match kind {
                OrgUnit::KIND => find::<OrgUnit>(work, texts).await?,
                StaffMember::KIND => find::<StaffMember>(work, texts).await?,
                Product::KIND => find::<Product>(work, texts).await?,
                Customer::KIND => find::<Customer>(work, texts).await?,
                Contact::KIND => find::<Contact>(work, texts).await?,
                Opportunity::KIND => find::<Opportunity>(work, texts).await?,
                _ => HashMap::new(),
            };
            self.found.entry(kind).or_default().extend(found);
        }
        Ok(())
    }

    pub(super) fn get(&self, kind: &str, text: &str) -> Option<Found> {
        self.found.get(kind)?.get(text).copied()
    }

    /// The id of a record that will be made.
    pub(super) fn make(&mut self, kind: &'static str, text: &str, id: Uuid) {
        self.made.push(Made { kind, text: text.to_owned(), id, used: false });
        self.found.entry(kind).or_default().insert(text.to_owned(), Found::One(id));
    }

    /// That the row which names these is not refused.
    pub(super) fn used(&mut self, ids: &[Uuid]) {
        for made in self.made.iter_mut().filter(|made| !made.used) {
            made.used = ids.contains(&made.id);
        }
    }

    pub(super) const fn makes_any(&self) -> bool {
        !self.made.is_empty()
    }

    /// Writes what is made, and forgets what no row used and what was ambiguous.
    pub(super) async fn write(
        &mut self,
        work: &mut Work<'_>,
        customer_kind: CustomerKind,
    ) -> Result<()> {
        let (mut units, mut staff, mut customers) = (Vec::new(), Vec::new(), Vec::new());
        for Made { kind, text, id, used } in std::mem::take(&mut self.made) {
            match kind {
                _ if !used => {
                    self.found.entry(kind).or_default().remove(&text);
                }
                OrgUnit::KIND => units.push(OrgUnit::new(Id::new(id), text)),
                StaffMember::KIND => staff.push(StaffMember::new(Id::new(id), text)),
                _ => {
                    let mut customer = Customer::new(Id::new(id), customer_kind, text.as_str());
                    customer.external_id = Some(text);
                    customers.push(customer);
                }
            }
        }
        insert(work, units).await?;
        insert(work, staff).await?;
        insert(work, customers).await?;
        for found in self.found.values_mut() {
            if found.len() > MOST {
                found.clear();
            }
            found.retain(|_, found| *found != Found::Several);
        }
        Ok(())
    }
}

async fn insert<'w, E: Entity>(work: &mut Work<'w>, entities: Vec<E>) -> Result<()>
where
    dyn UnitOfWork + 'w: Append<E>,
{
    if !entities.is_empty() {
        Append::<E>::insert_all(work, entities).await?;
    }
    Ok(())
}

async fn find<'w, E: Named>(
    work: &mut Work<'w>,
    mut texts: Vec<String>,
) -> Result<HashMap<String, Found>>
where
    dyn UnitOfWork + 'w: Read<E>,
{
    let mut found = HashMap::new();
    for field in [E::external_id(), E::name()] {
        if texts.is_empty() {
            break;
        }
        every(work, field.one_of(texts.iter().cloned()).query(), |stored: Stored<E>| {
            if let Value::Text(text) = (field.spec().get)(&stored) {
                add(&mut found, text.into_owned(), stored.id().uuid());
            }
            Ok(())
        })
        .await?;
        texts.retain(|text| !found.contains_key(text));
    }
    Ok(found)
}

pub(super) fn add(found: &mut HashMap<String, Found>, text: String, id: Uuid) {
    match found.entry(text) {
        Entry::Vacant(entry) => {
            entry.insert(Found::One(id));
        }
        Entry::Occupied(mut entry) if *entry.get() != Found::One(id) => {
            entry.insert(Found::Several);
        }
        Entry::Occupied(_) => {}
    }
}
