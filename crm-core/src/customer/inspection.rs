//! The evening inspection: what is incomplete, whose it is, and since when.

use std::collections::{BTreeMap, HashSet};

use crate::{
    contact::{self, Contact},
    customer::{self, Customer},
    interaction::{self, Interaction, InteractionStatus},
    kernel::{
        Criteria, Cursor, Entity, Field, FieldType, Id, MAX_LIMIT, Page, Query, Result, Stored,
        Sum, Sums, Value,
    },
    staff_member::StaffMember,
    store::{CUSTODIAN, Custody, Read, ReadUnit, Repository, UnitOfWork},
};

use super::filing::AT_ONCE;

/// How many records lack something that the house asks for and lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// For each colleague who has some; what belongs to nobody stands first.
    pub by_staff: Vec<IncompleteCount>,
    /// All contacts, whoever looks after their customer.
    pub contacts: u64,
    /// Interactions that were closed though something was missing: nobody can complete them, an
    /// addendum is all there is.
    pub closed_interactions: u64,
}

/// How many incomplete records somebody has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncompleteCount {
    /// Who; none for what belongs to nobody.
    pub staff_id: Option<Id<StaffMember>>,
    /// Customers whose account manager they are.
    pub customers: u64,
    /// Contacts at customers whose account manager they are; one without a customer is nobody's.
    pub contacts: u64,
    /// Their interactions that are not closed: those can still be completed.
    pub interactions: u64,
}

/// Whose records are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's and nobody's.
    All,
    /// Those that belong to nobody.
    Nobody,
    /// Those of this colleague.
    Of(Id<StaffMember>),
}

impl Whose {
    fn among<E: Entity>(
        self,
        criteria: Criteria<E>,
        owner: &'static Field<E, Id<StaffMember>>,
    ) -> Criteria<E> {
        match self {
            Self::All => criteria,
            Self::Nobody => criteria.and(owner.is_empty()),
            Self::Of(id) => criteria.and(owner.eq(id)),
        }
    }
}

/// Counts what is incomplete, where the data are. Contacts are read page by page, and the account managers of
/// their customers asked for, 500 at once.
///
/// # Errors
/// Whatever the store answers.
pub async fn inspect(unit: &mut (dyn ReadUnit + '_)) -> Result<Inspection> {
    let mut found: BTreeMap<Option<Id<StaffMember>>, IncompleteCount> = BTreeMap::new();
    let customers =
        Sums::<Customer>::count().by(&customer::OWNER_ID).matching(incomplete_customer());
    for (staff_id, count) in by_staff(unit.sums(customers).await?) {
        found.entry(staff_id).or_default().customers += count;
    }
    let interactions =
        Sums::<Interaction>::count().by(&interaction::STAFF_ID).matching(incomplete_interaction());
    for (staff_id, count) in by_staff(unit.sums(interactions).await?) {
        found.entry(staff_id).or_default().interactions += count;
    }
    let mut contacts = 0;
    for (staff_id, count) in contacts_by_staff(unit).await? {
        found.entry(staff_id).or_default().contacts += count;
        contacts += count;
    }
    let closed = interaction::STATUS.eq(InteractionStatus::Closed);
    let closed_interactions =
        unit.count(interaction::INCOMPLETE_SINCE.is_present().and(closed)).await?;
    let by_staff = found.into_iter().map(|(staff_id, count)| IncompleteCount { staff_id, ..count });
    Ok(Inspection { by_staff: by_staff.collect(), contacts, closed_interactions })
}

/// Incomplete customers of an account manager, of nobody or all: what is missing since today first.
///
/// # Errors
/// [`crate::Error::Invalid`] for a limit out of range or a cursor of another list.
pub async fn incomplete_customers(
    unit: &mut (dyn ReadUnit + '_),
    owner: Whose,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Customer>> {
    let criteria = owner.among(incomplete_customer(), &customer::OWNER_ID);
    let query = criteria.query().descending(&customer::INCOMPLETE_SINCE);
    unit.find(query.limit(limit).after(after)).await
}

/// Incomplete interactions of a colleague, of nobody or all, that are not closed: what is missing
/// since today first.
///
/// # Errors
/// [`crate::Error::Invalid`] for a limit out of range or a cursor of another list.
pub async fn incomplete_interactions(
    unit: &mut (dyn ReadUnit + '_),
    staff: Whose,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Interaction>> {
    let criteria = staff.among(incomplete_interaction(), &interaction::STAFF_ID);
    let query = criteria.query().descending(&interaction::INCOMPLETE_SINCE);
    unit.find(query.limit(limit).after(after)).await
}

/// Incomplete contacts at the customers of an account manager, at free ones or none at all
/// ([`Whose::Nobody`]), or all: what is missing since today first. But for all, it reads on until a page is
/// full, a page at a time in memory.
///
/// # Errors
/// [`crate::Error::Invalid`] for a limit out of range or a cursor of another list.
pub async fn incomplete_contacts(
    unit: &mut (dyn ReadUnit + '_),
    owner: Whose,
    mut after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Contact>> {
    let query = |after| {
        let criteria = incomplete_contact();
        criteria.query().descending(&contact::INCOMPLETE_SINCE).limit(limit).after(after)
    };
    if owner == Whose::All {
        return unit.find(query(after)).await;
    }
    query(after.clone()).check()?;
    let mut items: Vec<Stored<Contact>> = Vec::new();
    loop {
        // Few of them may be theirs.
        let page = unit.find(query(after).limit(MAX_LIMIT)).await?;
        let theirs = customers_of(unit, owner, &page.items).await?;
        let fit = |c: &Stored<Contact>| match c.customer_id {
            Some(id) => theirs.contains(&id),
            None => owner == Whose::Nobody,
        };
        items.extend(page.items.into_iter().filter(fit));
        after = page.next;
        let full = items.len() >= limit as usize;
        if full && (items.len() > limit as usize || after.is_some()) {
            items.truncate(limit as usize);
            let next = items.last().map(|last| query(None).cursor_after(last));
            return Ok(Page { items, next });
        }
        if after.is_none() {
            return Ok(Page { items, next: None });
        }
    }
}

/// How far a recheck has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rechecked {
    /// How many records were looked at.
    pub seen: u64,
    /// How many of them say something else of themselves now.
    pub changed: u64,
    /// Where to go on; `None` when these were the last.
    pub next: Option<Cursor>,
}

/// Looks at some records again by the rules that hold now, and writes what they are found by anew:
/// after the house has changed its rules, and once after migrating from a version that did not keep
/// it yet. The caller goes on after [`Rechecked::next`], best in a unit of its own each time.
///
/// A record that lacks what is refused by now stays, and is listed.
///
/// ```
/// # use crm_core::{customer::{Customer, recheck}, kernel::*, memory::MemoryStore, store::Store};
/// # futures_executor::block_on(async {
/// # let ports = Ports::new(FixedClock::new("2017-12-31T08:00:00Z".parse()?), SequentialIds::new(1));
/// # let store = MemoryStore::new(ports);
/// # let scope = Scope::new(TenantId(uuid::Uuid::from_u128(1)), Actor::new("anna")?);
/// let mut after = None;
/// loop {
///     let mut work = store.begin(scope.clone()).await?;
///     let done = recheck::<Customer>(&mut *work, after, 1_000).await?;
///     work.commit().await?;
///     after = done.next;
///     if after.is_none() {
///         break;
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
///
/// # Errors
/// [`crate::Error::Invalid`] for a limit out of range or a cursor of another list, and whatever an
/// update answers.
pub async fn recheck<'w, E: Entity>(
    work: &mut (dyn UnitOfWork + 'w),
    after: Option<Cursor>,
    limit: u32,
) -> Result<Rechecked>
where
    dyn UnitOfWork + 'w: Repository<E> + Custody<E>,
{
    let page = Read::<E>::find(work, Query::all().limit(limit).after(after)).await?;
    let mut done = Rechecked { next: page.next, ..Rechecked::default() };
    let mut looked_at = Vec::with_capacity(page.items.len());
    for stored in page.items {
        let version = stored.version();
        // A store settles what it is given, and writes it where that makes a difference.
        let unchanged = stored.change("rechecked", Ok::<E, crate::Error>)?;
        let settled = Repository::<E>::update(work, unchanged).await?;
        done.seen += 1;
        done.changed += u64::from(settled.version() != version);
        looked_at.push(settled);
    }
    Custody::<E>::reindex(work, &CUSTODIAN, looked_at).await?;
    Ok(done)
}

fn incomplete_customer() -> Criteria<Customer> {
    let here = customer::MERGED_INTO.is_empty().and(customer::ARCHIVED_AT.is_empty());
    customer::INCOMPLETE_SINCE.is_present().and(here)
}

fn incomplete_contact() -> Criteria<Contact> {
    contact::INCOMPLETE_SINCE.is_present().and(contact::ARCHIVED_AT.is_empty())
}

fn incomplete_interaction() -> Criteria<Interaction> {
    interaction::INCOMPLETE_SINCE.is_present().and(interaction::STATUS.eq(InteractionStatus::Open))
}

fn by_staff(sums: Vec<Sum>) -> impl Iterator<Item = (Option<Id<StaffMember>>, u64)> {
    sums.into_iter().map(|sum| {
        let id = sum.key.into_iter().next().filter(|value| *value != Value::Null);
        (id.and_then(|value| Id::from_value(value).ok()), sum.count)
    })
}

/// How many incomplete contacts there are at the customers of each account manager. A page of contacts
/// is in memory at a time.
async fn contacts_by_staff(
    unit: &mut (dyn ReadUnit + '_),
) -> Result<BTreeMap<Option<Id<StaffMember>>, u64>> {
    let mut found = BTreeMap::new();
    let mut after = None;
    loop {
        let query = incomplete_contact().query().limit(MAX_LIMIT).after(after);
        let page = unit.find(query).await?;
        let mut counts: BTreeMap<Id<Customer>, u64> = BTreeMap::new();
        for contact in &page.items {
            match contact.customer_id {
                Some(customer) => *counts.entry(customer).or_default() += 1,
                None => *found.entry(None).or_default() += 1,
            }
        }
        let ids: Vec<_> = counts.keys().copied().collect();
        for some in ids.chunks(AT_ONCE) {
            let owners = Sums::<Customer>::count().by(&customer::ID).by(&customer::OWNER_ID);
            let owners = owners.matching(customer::ID.one_of(some.iter().copied()));
            for sum in unit.sums(owners).await? {
                let [Value::Uuid(customer), owner] = sum.key.as_slice() else { continue };
                let owner = match owner {
                    Value::Uuid(id) => Some(Id::new(*id)),
                    _ => None,
                };
                let count = counts.get(&Id::new(*customer)).copied().unwrap_or_default();
                *found.entry(owner).or_default() += count;
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Which customers of these contacts are this account manager's, or nobody's.
async fn customers_of(
    unit: &mut (dyn ReadUnit + '_),
    owner: Whose,
    contacts: &[Stored<Contact>],
) -> Result<HashSet<Id<Customer>>> {
    let ids: HashSet<_> = contacts.iter().filter_map(|contact| contact.customer_id).collect();
    let criteria = owner.among(customer::ID.one_of(ids), &customer::OWNER_ID);
    let page = unit.find(criteria.query().limit(MAX_LIMIT)).await?;
    Ok(page.items.into_iter().map(|customer| customer.id).collect())
}
