//! Which customers a pool's rules take back: what is known of them beside their records, and the judgement.

use std::collections::{HashMap, HashSet};

use crate::{
    customer::{self, Customer},
    interaction::{self, Direction, Interaction},
    kernel::{Criteria, Entity, Field, Id, Result, Stored, Sum, Sums, Timestamp, Value},
    opportunity::{self, Opportunity, OpportunityStatus},
    owner_change::{self, OwnerChange},
    store::{Batch, Insights, ReadUnit},
};

use super::{Pool, RecycleRule};

/// What is known of some customers.
pub(super) struct Dormant<'p> {
    pool: &'p Pool,
    as_of: Timestamp,
    /// With whom the house spoke in so many days.
    heard: HashMap<u32, HashSet<Id<Customer>>>,
    /// With whom it ever spoke.
    ever: HashSet<Id<Customer>>,
    /// Who got an owner in so many days.
    given: HashMap<u32, HashSet<Id<Customer>>>,
    /// Who has an open opportunity.
    open: HashSet<Id<Customer>>,
    /// When those were added that all else takes back.
    added: HashMap<Id<Customer>, Timestamp>,
}

impl<'p> Dormant<'p> {
    /// Asks for it: some sums for all of them, and then when those were added that all else takes back.
    pub(super) async fn gather(
        unit: &mut (dyn ReadUnit + '_),
        pool: &'p Pool,
        customers: &[Stored<Customer>],
        as_of: Timestamp,
    ) -> Result<Self> {
        let (heard, ever) = (HashMap::new(), HashSet::new());
        let (given, open) = (HashMap::new(), HashSet::new());
        let mut known = Self { pool, as_of, heard, ever, given, open, added: HashMap::new() };
        let ids: Vec<_> = customers.iter().map(|one| one.id).collect();
        let rules = &pool.rules.recycling;
        let mut days: Vec<u32> = rules.iter().filter_map(|rule| rule.silent_days).collect();
        days.sort_unstable();
        days.dedup();
        let of = Group::of(unit, &ids).await?;
        let spoke = interaction::DIRECTION.ne(Direction::Internal);
        let got = owner_change::OWNER_AFTER.is_present();
        for silent in days.iter().copied() {
            let since = interaction::HAPPENED_AT.above(known.before(silent));
            let some =
                of.named::<Interaction>(unit, &interaction::CUSTOMER_ID, spoke.clone().and(since));
            known.heard.insert(silent, some.await?);
        }
        if !days.is_empty() {
            known.ever = of.named::<Interaction>(unit, &interaction::CUSTOMER_ID, spoke).await?;
            days.push(pool.rules.protect_days);
        } else if pool.rules.protect_days > 0 {
            days.push(pool.rules.protect_days);
        }
        for some in days {
            let since = owner_change::CHANGED_AT.above(known.before(some));
            let given =
                of.named::<OwnerChange>(unit, &owner_change::CUSTOMER_ID, got.clone().and(since));
            known.given.insert(some, given.await?);
        }
        if rules.iter().any(|rule| rule.without_opportunity) {
            let open = opportunity::STATUS.eq(OpportunityStatus::Open);
            known.open = of.named::<Opportunity>(unit, &opportunity::CUSTOMER_ID, open).await?;
        }
        let mut batch = Batch::new();
        let asked: Vec<_> = customers
            .iter()
            .filter(|one| known.judge(one).is_some_and(|rule| known.asks_when_added(one, rule)))
            .map(|one| (one.id, batch.history(Customer::KIND, one.id.uuid(), 0, 1)))
            .collect();
        let mut answers = unit.ask(batch).await?;
        for (id, first) in asked {
            known.added.extend(answers.take(first)?.first().map(|change| (id, change.at)));
        }
        Ok(known)
    }

    /// The first rule that takes a customer back.
    pub(super) fn judge(&self, customer: &Customer) -> Option<&'p RecycleRule> {
        let protected = self.pool.rules.protect_days;
        if protected > 0
            && (has(&self.given, protected, customer) || self.is_new(customer, protected))
        {
            return None;
        }
        let today = self.pool.today(self.as_of);
        self.pool.rules.recycling.iter().find(|rule| {
            let silent = |days: u32| {
                let new = !self.ever.contains(&customer.id) && self.is_new(customer, days);
                !has(&self.heard, days, customer) && !has(&self.given, days, customer) && !new
            };
            rule.about(today).matches(customer)
                && rule.silent_days.is_none_or(silent)
                && !(rule.without_opportunity && self.open.contains(&customer.id))
        })
    }

    /// Whether it matters when a customer was added.
    fn asks_when_added(&self, customer: &Customer, rule: &RecycleRule) -> bool {
        let never_spoken_with = rule.silent_days.is_some() && !self.ever.contains(&customer.id);
        never_spoken_with || self.pool.rules.protect_days > 0
    }

    /// Whether it was added in so many days.
    fn is_new(&self, customer: &Customer, days: u32) -> bool {
        self.added.get(&customer.id).is_some_and(|added| *added > self.before(days))
    }

    /// The instant so many days earlier.
    fn before(&self, days: u32) -> Timestamp {
        let micros = self.as_of.micros().saturating_sub(super::days(days));
        Timestamp::from_micros(micros).unwrap_or(Timestamp::MIN)
    }
}

fn has(sets: &HashMap<u32, HashSet<Id<Customer>>>, days: u32, customer: &Customer) -> bool {
    sets.get(&days).is_some_and(|set| set.contains(&customer.id))
}

/// Some customers, under whichever of their ids.
struct Group(HashMap<Id<Customer>, Id<Customer>>);

impl Group {
    async fn of(unit: &mut (dyn ReadUnit + '_), ids: &[Id<Customer>]) -> Result<Self> {
        Ok(Self(customer::groups(unit, ids).await?))
    }

    /// Those of them that records name.
    async fn named<'u, E: Entity>(
        &self,
        unit: &mut (dyn ReadUnit + 'u),
        field: &'static Field<E, Id<Customer>>,
        criteria: Criteria<E>,
    ) -> Result<HashSet<Id<Customer>>>
    where
        dyn ReadUnit + 'u: Insights<E>,
    {
        let mut named = HashSet::new();
        let all: Vec<_> = self.0.keys().copied().collect();
        for some in all.chunks(2_000) {
            let of_these = field.one_of(some.iter().copied()).and(criteria.clone());
            let sums: Vec<Sum> =
                Insights::<E>::sums(unit, Sums::count().by(field).matching(of_these)).await?;
            named.extend(sums.into_iter().filter_map(|sum| match sum.key.as_slice() {
                [Value::Uuid(id)] => self.0.get(&Id::new(*id)).copied(),
                _ => None,
            }));
        }
        Ok(named)
    }
}
