use std::collections::{HashMap, HashSet, hash_map::Entry};

use uuid::Uuid;

use crate::{
    Error, Result,
    contact::Contact,
    customer::{self, Customer, CustomerKind},
    kernel::{self, Entity, Id, Stored},
    opportunity::Opportunity,
    org_unit::OrgUnit,
    product::Product,
    staff_member::StaffMember,
    store::{Append, Read, UnitOfWork, Work},
    working_calendar::WorkingCalendar,
};

use super::{
    draft::Reference,
    insert::insert,
    known::{each, text},
    subject::Named,
};

/// So many names are remembered from batch to batch.
const MOST: usize = 50_000;

/// The records that rows name, by external id or name.
#[derive(Debug, Default)]
pub(super) struct References {
    found: HashMap<&'static str, HashMap<String, Found>>,
    made: Vec<Made>,
    /// What folded rows are called: rows below them may call the customer so.
    aliases: HashMap<String, Uuid>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    One(Uuid),
    Several,
}

#[derive(Debug)]
enum Record {
    Unit(OrgUnit),
    Staff(Box<StaffMember>),
    Customer(Box<Customer>),
}

/// A record that is made because rows name it.
#[derive(Debug)]
struct Made {
    record: Record,
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
                WorkingCalendar::KIND => find::<WorkingCalendar>(work, texts).await?,
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
        let found = self.found.get(kind).and_then(|found| found.get(text)).copied();
        let alias = || self.aliases.get(text).filter(|_| kind == Customer::KIND);
        found.or_else(|| alias().map(|id| Found::One(*id)))
    }

    /// That rows may call this customer so too.
    pub(super) fn alias(&mut self, text: &str, id: Uuid) {
        if self.aliases.len() < MOST {
            self.aliases.insert(text.to_owned(), id);
        }
    }

    /// Forgets what it looked up and made. What folded rows are called stays: where their unit was
    /// lost, they come again.
    pub(super) fn reset(&mut self) {
        self.found.clear();
        self.made.clear();
    }

    /// The id of a record that will be made.
    ///
    /// # Errors
    /// Why there can be no such record.
    pub(super) fn make(
        &mut self,
        kind: &'static str,
        text: &str,
        id: Uuid,
        customers: CustomerKind,
    ) -> Result<(), String> {
        let record = match kind {
            OrgUnit::KIND => Record::Unit(OrgUnit::new(Id::new(id), text)),
            StaffMember::KIND => Record::Staff(Box::new(StaffMember::new(Id::new(id), text))),
            _ => {
                let mut customer = Customer::new(Id::new(id), customers, text);
                customer.external_id = Some(text.to_owned());
                Record::Customer(Box::new(customer))
            }
        };
        let checked = match &record {
            Record::Unit(unit) => kernel::check(unit),
            Record::Staff(member) => kernel::check(&**member),
            Record::Customer(customer) => kernel::check(&**customer),
        };
        checked.map_err(|e| e.reason)?;
        self.made.push(Made { record, text: text.to_owned(), id, used: false });
        self.found.entry(kind).or_default().insert(text.to_owned(), Found::One(id));
        Ok(())
    }

    /// That this record is not called so any more.
    pub(super) fn renamed(&mut self, kind: &str, text: &str, id: Uuid) {
        if let Some(found) = self.found.get_mut(kind) {
            forget_one(found, text, id);
        }
    }

    /// Forgets the records of a kind: others may be called so by now.
    pub(super) fn forget(&mut self, kind: &str) {
        self.found.remove(kind);
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

    /// Writes what is made, and forgets what no row used and what was ambiguous. Answers with what
    /// the store refused, and why.
    pub(super) async fn write(&mut self, work: &mut Work<'_>) -> Result<HashMap<Uuid, Error>> {
        let (mut units, mut staff, mut customers) = (Vec::new(), Vec::new(), Vec::new());
        for Made { record, text, used, .. } in std::mem::take(&mut self.made) {
            match record {
                record if !used => {
                    self.found.entry(record.kind()).or_default().remove(&text);
                }
                Record::Unit(unit) => units.push(unit),
                Record::Staff(member) => staff.push(*member),
                Record::Customer(customer) => customers.push(*customer),
            }
        }
        let mut refused = HashMap::new();
        insert_made(work, units, &mut refused).await?;
        insert_made(work, staff, &mut refused).await?;
        insert_made(work, customers, &mut refused).await?;
        for found in self.found.values_mut() {
            if found.len() > MOST {
                found.clear();
            }
            found.retain(|_, found| match found {
                Found::One(id) => !refused.contains_key(id),
                Found::Several => false,
            });
        }
        Ok(refused)
    }
}

impl Record {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Unit(_) => OrgUnit::KIND,
            Self::Staff(_) => StaffMember::KIND,
            Self::Customer(_) => Customer::KIND,
        }
    }
}

async fn insert_made<'w, E: Entity>(
    work: &mut Work<'w>,
    entities: Vec<E>,
    refused: &mut HashMap<Uuid, Error>,
) -> Result<()>
where
    dyn UnitOfWork + 'w: Append<E>,
{
    let ids: Vec<_> = entities.iter().map(|entity| entity.id().uuid()).collect();
    for (id, answer) in ids.into_iter().zip(insert(work, entities).await?) {
        if let Err(error) = answer {
            refused.insert(id, error);
        }
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
        let mut hits = Vec::new();
        each(
            work,
            texts.iter().cloned(),
            |part| field.one_of(part),
            |stored: Stored<E>| {
                hits.extend(text(field, &stored).map(|text| (text, stored.id().uuid())));
            },
        )
        .await?;
        if E::KIND == Customer::KIND {
            follow(work, &mut hits).await?;
        }
        hits.into_iter().for_each(|(text, id)| add(&mut found, text, id));
        texts.retain(|text| !found.contains_key(text));
    }
    Ok(found)
}

/// Rows that name a customer that was merged name the survivor.
async fn follow(work: &mut Work<'_>, hits: &mut [(String, Uuid)]) -> Result<()> {
    let ids: Vec<_> = hits.iter().map(|(_, id)| Id::new(*id)).collect();
    let survivors = customer::survivors(work, &ids).await?;
    for (_, id) in hits {
        *id = survivors.get(&Id::new(*id)).map_or(*id, |survivor| survivor.uuid());
    }
    Ok(())
}

/// Forgets that this record is called so.
pub(super) fn forget_one(found: &mut HashMap<String, Found>, text: &str, id: Uuid) {
    if found.get(text) == Some(&Found::One(id)) {
        found.remove(text);
    }
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
