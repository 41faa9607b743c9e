//! Taking a customer from a pool: who may, and what stands against it.

use std::collections::HashSet;

use crate::{
    customer::{self, Customer},
    kernel::{Id, Query, Refused, Result, Stored, Timestamp},
    org_unit::OrgUnit,
    owner_change::{self, OwnerChange, OwnerVerb},
    staff_member::StaffMember,
    store::{CUSTODIAN, Custody, Read, ReadUnit, UnitOfWork, expect},
};

use super::{Grounds, Pool, Trace, ownership_history};

/// What a claim is judged by, beside the pool and the customer themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claimant {
    /// How many customers they have that count for the cap.
    pub customers: u64,
    /// How many they took from the pool today.
    pub picks: u64,
    /// When they last gave this very customer up.
    pub gave_up: Option<Timestamp>,
}

/// What stands against it that somebody takes a customer from a pool at an instant: all of it, in words.
pub fn unmet(pool: &Pool, customer: &Customer, who: Claimant, now: Timestamp) -> Vec<String> {
    let (rules, mut unmet) = (&pool.rules, Vec::new());
    if !pool.active {
        unmet.push(format!("the pool {:?} is not in use", pool.name));
    } else if !pool.holds(customer) {
        unmet.push(format!("it does not lie in the pool {:?}", pool.name));
    }
    if let Some(cap) = rules.cap.filter(|cap| who.customers >= u64::from(*cap)) {
        let has = who.customers;
        unmet.push(format!("they have {has} customers, and {cap} is the most here"));
    }
    if let Some(most) = rules.picks_per_day.filter(|most| who.picks >= u64::from(*most)) {
        unmet.push(format!("they took {} from it today, and {most} a day is the most", who.picks));
    }
    if let Some(gave_up) = who.gave_up {
        let again = gave_up.micros().saturating_add(super::days(rules.wait_days));
        if again > now.micros() {
            let from =
                Timestamp::from_micros(again).map_or_else(|_| "later".into(), Timestamp::to_minute);
            let until = gave_up.to_minute();
            unmet.push(format!(
                "it was theirs until {until}, they may take it again from {from} on"
            ));
        }
    }
    unmet
}

/// One of two becomes the account manager, the other is told who it is and since when.
pub(super) async fn claim(
    work: &mut (dyn UnitOfWork + '_),
    pool: Id<Pool>,
    customer: Id<Customer>,
    staff: Id<StaffMember>,
) -> Result<Stored<Customer>> {
    let pool = expect(work, pool).await?;
    // Whatever one claims at the same time is counted: they claim one after another.
    let held = Custody::<StaffMember>::hold_for_change(work, &CUSTODIAN, vec![staff]).await?;
    let member = held.into_iter().next().ok_or_else(|| crate::Error::missing(staff))?;
    if let Some(why) = elsewhere(work, &pool, &member).await? {
        return Err(refused(why).into());
    }
    let id = customer::resolve(work, customer).await?;
    let stored = expect(work, id).await?;
    if stored.owner_id == Some(staff) {
        return Ok(stored);
    }
    if let Some(owner) = stored.owner_id {
        return Err(taken(work, &stored, owner, OwnerVerb::Claimed).await?.into());
    }
    let now = work.now();
    let who = claimant(work, &pool, id, staff, now).await?;
    let against = unmet(&pool, &stored, who, now);
    if !against.is_empty() {
        return Err(refused(against.join("; ")).into());
    }
    let verb = OwnerVerb::Claimed;
    let grounds = Grounds { verb, pool: Some(pool.id), trace: Trace::default() };
    let claimed = stored
        .change(verb.as_str(), |c| Ok::<_, Refused>(Customer { owner_id: Some(staff), ..c }))?
        .on_grounds(grounds);
    match work.update(claimed).await {
        Err(conflict @ crate::Error::Conflict { .. }) => {
            // Somebody was faster: who?
            let stored = expect(work, id).await?;
            match stored.owner_id {
                Some(owner) if owner == staff => Ok(stored),
                Some(owner) => Err(taken(work, &stored, owner, verb).await?.into()),
                None => Err(conflict),
            }
        }
        written => written,
    }
}

/// Who somebody is to a pool and a customer.
pub(super) async fn claimant(
    unit: &mut (dyn ReadUnit + '_),
    pool: &Pool,
    customer: Id<Customer>,
    staff: Id<StaffMember>,
    now: Timestamp,
) -> Result<Claimant> {
    let theirs = customer::OWNER_ID.eq(staff).and(customer::ARCHIVED_AT.is_empty());
    let theirs = theirs.and(customer::MERGED_INTO.is_empty()).and(pool.rules.counts.clone());
    let taken = owner_change::OWNER_AFTER
        .eq(staff)
        .and(owner_change::CHANGED_AT.at_least(pool.day_began(now)))
        .and(owner_change::VERB.eq(OwnerVerb::Claimed))
        .and(owner_change::POOL_ID.eq(pool.id));
    let left = owner_change::CUSTOMER_ID.eq(customer).and(owner_change::OWNER_BEFORE.eq(staff));
    let left: Query<OwnerChange> = left.query().descending(&owner_change::CHANGED_AT).limit(1);
    let last = Read::<OwnerChange>::find(unit, left).await?.items.pop();
    Ok(Claimant {
        customers: Read::<Customer>::count(unit, theirs).await?,
        picks: Read::<OwnerChange>::count(unit, taken).await?,
        gave_up: last.map(|last| last.changed_at),
    })
}

/// What stands against it that somebody claims a customer from a pool at an instant, all of it, in words; nothing where
/// [`super::Ownership::claim`] would give it to them. The instant says which day is asked about and who has waited long enough;
/// all else is as it is now. So a host shows who may take what, and from when on.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such pool, customer or colleague.
pub async fn against_claim(
    unit: &mut (dyn ReadUnit + '_),
    pool: Id<Pool>,
    customer: Id<Customer>,
    staff: Id<StaffMember>,
    at: Timestamp,
) -> Result<Vec<String>> {
    let (pool, member) = (expect(unit, pool).await?, expect(unit, staff).await?);
    let mut against = Vec::from_iter(elsewhere(unit, &pool, &member).await?);
    let id = customer::resolve(unit, customer).await?;
    let stored = expect(unit, id).await?;
    match stored.owner_id {
        Some(owner) if owner == staff => {}
        Some(owner) => {
            against.push(taken(unit, &stored, owner, OwnerVerb::Claimed).await?.why);
        }
        None => {
            let who = claimant(unit, &pool, id, staff, at).await?;
            against.extend(unmet(&pool, &stored, who, at));
        }
    }
    Ok(against)
}

/// Why somebody takes nothing from a pool: they do not work here any more, or not where it is.
async fn elsewhere(
    unit: &mut (dyn ReadUnit + '_),
    pool: &Pool,
    member: &StaffMember,
) -> Result<Option<String>> {
    if !member.active {
        return Ok(Some(format!("{} does not work here any more", member.name)));
    }
    let Some(home) = pool.org_unit_id else { return Ok(None) };
    // Restored data may go in circles.
    let (mut at, mut seen) = (member.org_unit_id, HashSet::new());
    while let Some(id) = at.filter(|id| seen.insert(*id)) {
        if id == home {
            return Ok(None);
        }
        at = expect::<OrgUnit, _>(unit, id).await?.parent_id;
    }
    Ok(Some(format!("{} does not work where the pool {:?} is", member.name, pool.name)))
}

/// That somebody has it already, where it is to be given by a verb: who, and since when.
pub(super) async fn taken(
    unit: &mut (dyn ReadUnit + '_),
    customer: &Customer,
    owner: Id<StaffMember>,
    verb: OwnerVerb,
) -> Result<Refused> {
    let last = ownership_history(unit, customer.id).await?.pop();
    let since = last.filter(|step| step.to == Some(owner)).map(|step| step.at.to_minute());
    let since = since.map_or_else(String::new, |since| format!(" since {since}"));
    let name = expect::<StaffMember, _>(unit, owner).await?.name.clone();
    let why = format!("{name} has it{since}");
    Ok(Refused::new("customer", format!("owned by {name}"), verb.as_str(), why))
}

fn refused(why: impl Into<String>) -> Refused {
    Refused::new("customer", "free", "claimed", why.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{customer::CustomerKind, ownership::PoolRules};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn free() -> Customer {
        Customer::new(Id::new(uuid::Uuid::from_u128(1)), CustomerKind::Organisation, "Library")
    }

    #[test]
    fn a_former_owner_may_take_it_again_on_the_instant() {
        let rules = PoolRules { wait_days: 7, ..PoolRules::default() };
        let pool = Pool::new(Id::new(uuid::Uuid::from_u128(2)), "Open sea", rules);
        let gave_up = Some(at("2017-12-01T08:00:00Z"));
        let who = Claimant { gave_up, ..Claimant::default() };
        let early = unmet(&pool, &free(), who, at("2017-12-08T07:59:59Z"));
        assert_eq!(early.len(), 1, "{early:?}");
        assert!(early[0].contains("from 2017-12-08 08:00 UTC"), "{early:?}");
        assert!(unmet(&pool, &free(), who, at("2017-12-08T08:00:00Z")).is_empty());
    }

    #[test]
    fn a_day_begins_where_the_pool_is() {
        let in_zone = |zone: &str| {
            let rules = PoolRules { time_zone: zone.parse().unwrap(), ..PoolRules::default() };
            Pool::new(Id::new(uuid::Uuid::from_u128(2)), "Open sea", rules)
        };
        let pool = in_zone("Asia/Shanghai");
        let began = pool.day_began(at("2017-12-31T15:59:00Z"));
        assert_eq!(began, at("2017-12-30T16:00:00Z"));
        let next = at("2017-12-31T16:00:00Z");
        assert_eq!(
            (pool.day_began(next), pool.today(next).to_string()),
            (next, "2018-01-01".into())
        );
        // By the clocks, not by an offset: in summer a day begins an hour earlier.
        let berlin = in_zone("Europe/Berlin");
        let began =
            ["2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z"].map(|t| berlin.day_began(at(t)));
        assert_eq!(began, [at("2026-01-14T23:00:00Z"), at("2026-07-14T22:00:00Z")]);
        // Where clocks leave midnight out, the day begins when they do so.
        let beirut = in_zone("Asia/Beirut").day_began(at("2022-03-27T12:00:00Z"));
        assert_eq!(beirut, at("2022-03-26T22:00:00Z"));
    }

    #[test]
    fn what_no_stored_pool_says_ends_all_the_same() {
        let rules =
            PoolRules { wait_days: u32::MAX, protect_days: u32::MAX, ..PoolRules::default() };
        let pool = Pool::new(Id::new(uuid::Uuid::from_u128(2)), "Open sea", rules);
        for (gave_up, now) in [
            (Timestamp::MAX, Timestamp::MAX),
            (at("2017-12-31T15:59:00Z"), at("2018-12-31T15:59:00Z")),
        ] {
            let who = Claimant { gave_up: Some(gave_up), ..Claimant::default() };
            let against = unmet(&pool, &free(), who, now);
            assert!(against[0].ends_with("may take it again from later on"), "{against:?}");
        }
    }

    #[test]
    fn all_that_stands_against_it_is_told_at_once() {
        let rules = PoolRules { cap: Some(0), picks_per_day: Some(0), ..PoolRules::default() };
        let pool = Pool::new(Id::new(uuid::Uuid::from_u128(2)), "Open sea", rules);
        let mut taken = free();
        taken.archived_at = Some(at("2017-12-31T15:59:00Z"));
        let against = unmet(&pool, &taken, Claimant::default(), at("2017-12-31T15:59:00Z"));
        assert_eq!(against.len(), 3, "{against:?}");
    }
}
