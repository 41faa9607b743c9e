//! Recycling: customers come back into a pool when its rules say so.

use crate::{
    customer::{self, Customer},
    kernel::{Criteria, Cursor, Id, Query, Refused, Result, Stored, Timestamp},
    org::OrgChart,
    staff_member::StaffMember,
    store::{CUSTODIAN, Custody, Read, ReadUnit, UnitOfWork, expect},
};

use super::{Grounds, OwnerVerb, Pool, Trace, dormant::Dormant};

/// A customer that a pool's rules take back.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Which.
    pub customer_id: Id<Customer>,
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub owner_id: Id<StaffMember>,
    /// The name of the rule.
    pub rule: String,
    /// Why, in words.
    pub why: String,
}

/// How far recycling has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recycled {
    /// How many customers that a rule may be about were looked at.
    pub seen: u64,
    /// Those that came back, or would.
    pub returned: Vec<Due>,
    /// How many were due when they were looked at and not any more once they were held: somebody spoke with them or changed
    /// them at the same time.
    pub changed_meanwhile: u64,
    /// Where to go on; `None` when these were the last.
    pub next: Option<Cursor>,
}

/// What [`super::Ownership::recycle`] would return to a pool of the next `limit` customers that its rules may be about;
/// nothing is written. In the order of their ids. Of a pool of an org unit, only customers of those who
/// work there or below it.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such pool, [`crate::Error::Invalid`] for a limit out of range or a
/// cursor of another list, [`crate::Error::Refused`] when the pool is not in use.
pub async fn due_to_recycle(
    unit: &mut (dyn ReadUnit + '_),
    pool: Id<Pool>,
    as_of: Timestamp,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Recycled> {
    let pool = expect(unit, pool).await?;
    let (found, due) = look(unit, &pool, as_of, after, limit).await?;
    Ok(Recycled { returned: due.into_iter().map(|(_, due)| due).collect(), ..found })
}

/// Returns what is due. What came back before has no owner and is not looked at: running it again, or twice at the
/// same time, returns nothing twice.
///
/// What is due is held and judged once more: who spoke with a customer, or changed it, since it was looked at is waited
/// for, and counts.
pub(super) async fn recycle(
    work: &mut (dyn UnitOfWork + '_),
    pool: Id<Pool>,
    as_of: Timestamp,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Recycled> {
    let pool = expect(work, pool).await?;
    let (mut found, due) = look(work, &pool, as_of, after, limit).await?;
    if due.is_empty() {
        return Ok(found);
    }
    // As every verb that takes or gives: people first, in the order of their ids, so that nobody waits for each other.
    let mut owners: Vec<_> = due.iter().map(|(_, due)| due.owner_id).collect();
    owners.sort_unstable();
    owners.dedup();
    Custody::<StaffMember>::hold_for_change(work, &CUSTODIAN, owners.clone()).await?;
    let were_due = due.len();
    let ids = due.into_iter().map(|(stored, _)| stored.id).collect();
    let held = Custody::<Customer>::hold(work, &CUSTODIAN, ids).await?;
    let about = owned(work, &pool, as_of).await?;
    // Whoever has it by now is not held.
    let theirs = |one: &Customer| one.owner_id.is_some_and(|id| owners.binary_search(&id).is_ok());
    let held: Vec<_> = held.into_iter().filter(|one| about.matches(one) && theirs(one)).collect();
    let due = judge(work, &pool, held, as_of).await?;
    found.changed_meanwhile = (were_due - due.len()) as u64;
    for (stored, due) in due {
        let trace = Trace::default().with("rule", due.rule.as_str());
        let verb = OwnerVerb::Recycled;
        let returned = stored
            .change(verb.as_str(), |c| Ok::<_, Refused>(Customer { owner_id: None, ..c }))?
            .because(due.why.as_str())
            .on_grounds(Grounds { verb, pool: Some(pool.id), trace });
        work.update(returned).await?;
        found.returned.push(due);
    }
    Ok(found)
}

/// A page of customers that rules may be about, and those of them that are due.
async fn look(
    unit: &mut (dyn ReadUnit + '_),
    pool: &Pool,
    as_of: Timestamp,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Recycled, Vec<(Stored<Customer>, Due)>)> {
    if !pool.active {
        let why = format!("the pool {:?} is not in use", pool.name);
        return Err(Refused::new("pool", "inactive", "recycled", why).into());
    }
    let query: Query<Customer> = owned(unit, pool, as_of).await?.query().limit(limit).after(after);
    let page = Read::<Customer>::find(unit, query).await?;
    let mut found = Recycled { next: page.next, ..Recycled::default() };
    found.seen = page.items.len() as u64;
    let due = judge(unit, pool, page.items, as_of).await?;
    Ok((found, due))
}

/// Those of these customers that are due.
async fn judge(
    unit: &mut (dyn ReadUnit + '_),
    pool: &Pool,
    customers: Vec<Stored<Customer>>,
    as_of: Timestamp,
) -> Result<Vec<(Stored<Customer>, Due)>> {
    let dormant = Dormant::gather(unit, pool, &customers, as_of).await?;
    let due = customers.into_iter().filter_map(|one| {
        let owner_id = one.owner_id?;
        let rule = dormant.judge(&one)?;
        let (customer_id, name) = (one.id, one.name.clone());
        let (rule, why) = (rule.name.clone(), rule.words());
        Some((one, Due { customer_id, name, owner_id, rule, why }))
    });
    Ok(due.collect())
}

/// Customers with an owner that would lie in the pool without, as far as their records tell.
async fn owned(
    unit: &mut (dyn ReadUnit + '_),
    pool: &Pool,
    as_of: Timestamp,
) -> Result<Criteria<Customer>> {
    let today = pool.today(as_of);
    let rules = pool.rules.recycling.iter().map(|rule| rule.about(today)).collect();
    let owners = match pool.org_unit_id {
        Some(home) => {
            let chart = OrgChart::load(unit).await?;
            chart.owned_by(&customer::OWNER_ID, chart.people(home))
        }
        None => customer::OWNER_ID.is_present(),
    };
    let owned = owners.and(customer::ARCHIVED_AT.is_empty()).and(customer::MERGED_INTO.is_empty());
    Ok(owned.and(pool.rules.when.clone()).and(Criteria::Any(rules)))
}
