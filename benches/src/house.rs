//! A made-up house, the same every time: customers and what happened between them and us.

use chrono::Days;
use crm_core::{
    customer::{Customer, CustomerKind},
    interaction::{Channel, Direction, Interaction},
    kernel::{
        Actor, Currency, Id, IdSource, Money, Phone, PhoneKind, Phones, Scope, SequentialIds, Tags,
        TenantId, Timestamp,
    },
    staff_member::StaffMember,
    store::{Append, Store},
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Result;

/// So many records go in one unit of work.
const BATCH: usize = 2_000;
/// 2025-01-01T08:00:00Z.
const OPENING: i64 = 1_735_718_400_000_000;
const MINUTE: i64 = 60_000_000;

const WORDS: [&str; 16] = [
    "offer", "delivery", "price", "library", "reader", "scanner", "contract", "autumn", "fair",
    "training", "invoice", "sample", "renewal", "budget", "北京", "visit",
];

/// The house as a store has it.
#[derive(Clone, Debug)]
pub struct House {
    /// Whose it is.
    pub scope: Scope,
    /// Its customers.
    pub customers: Vec<Id<Customer>>,
    /// Its one account manager.
    pub staff: Id<StaffMember>,
}

impl House {
    /// Builds the house of a tenant: so many customers, so many interactions with each. These come
    /// in the order of time, so that those of one customer lie scattered.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn build(
        store: &dyn Store,
        tenant: TenantId,
        customers: usize,
        interactions: usize,
    ) -> Result<Self> {
        let ids = SequentialIds::new(1);
        let scope = Scope::new(tenant, Actor::new("bench")?);
        let staff = Id::new(ids.next());
        let mut work = store.begin(scope.clone()).await?;
        work.insert(StaffMember::new(staff, "Darcel Schlecht")).await?;
        work.commit().await?;

        let mut random = Random(7);
        let list = (0..customers).map(|n| customer(&mut random, n, Id::new(ids.next()), staff));
        let list = list.collect::<Result<Vec<_>>>()?;
        let house = Self { scope, customers: list.iter().map(|c| c.id).collect(), staff };
        house.insert(store, list).await?;
        let mut batch = Vec::with_capacity(BATCH);
        for n in 0..customers * interactions {
            let at = Timestamp::from_micros(OPENING + n as i64 * MINUTE)?;
            batch.push(house.interaction(&mut random, n, Id::new(ids.next()), at)?);
            if batch.len() == BATCH {
                house.insert(store, std::mem::take(&mut batch)).await?;
            }
        }
        house.insert(store, batch).await?;
        Ok(house)
    }

    /// A visit, a call, a letter: the nth, with the nth customer. Three in four are closed.
    ///
    /// # Errors
    /// None that is to be expected.
    pub fn interaction(
        &self,
        random: &mut Random,
        n: usize,
        id: Id<Interaction>,
        at: Timestamp,
    ) -> Result<Interaction> {
        let customer = self.customer(n)?;
        let channel = Channel::ALL.get(random.below(Channel::ALL.len())).copied();
        let direction = if n.is_multiple_of(3) { Direction::Inbound } else { Direction::Outbound };
        let channel = channel.unwrap_or(Channel::Other);
        let mut made = Interaction::new(id, customer, channel, direction, at);
        made.staff_id = Some(self.staff);
        made.minutes = Some(5 + random.below(90) as i64);
        made.subject = Some(random.words(4));
        made.content = Some(random.words(24));
        if n.is_multiple_of(2) {
            made.next_step = Some(random.words(5));
            made.next_step_due = at.date().checked_add_days(Days::new(14));
            made.next_step_owner_id = Some(self.staff);
        }
        if n.is_multiple_of(4) {
            return Ok(made);
        }
        made.outcome = Some(random.words(6));
        Ok(made.close(at, &self.scope.actor)?)
    }

    /// The nth customer, beginning again after the last.
    ///
    /// # Errors
    /// When the house has none.
    pub fn customer(&self, n: usize) -> Result<Id<Customer>> {
        let at = n % self.customers.len().max(1);
        Ok(*self.customers.get(at).ok_or("a house without customers")?)
    }

    async fn insert<E>(&self, store: &dyn Store, mut records: Vec<E>) -> Result
    where
        E: crm_core::kernel::Entity,
        for<'w> dyn crm_core::store::UnitOfWork + 'w: Append<E>,
    {
        while !records.is_empty() {
            let rest = records.split_off(records.len().min(BATCH));
            let mut work = store.begin(self.scope.clone()).await?;
            Append::<E>::insert_all(&mut *work, records).await?;
            work.commit().await?;
            records = rest;
        }
        Ok(())
    }
}

/// A tenant of its own.
pub const fn tenant(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(number))
}

fn customer(
    random: &mut Random,
    n: usize,
    id: Id<Customer>,
    owner: Id<StaffMember>,
) -> Result<Customer> {
    let name = format!("{} {} {n}", random.words(1), random.words(1));
    let mut made = Customer::new(id, CustomerKind::Organisation, name);
    made.external_id = Some(format!("A-{n}"));
    "prospect".clone_into(&mut made.lifecycle_stage);
    made.industry = Some(random.words(1));
    let number = format!("+49 89 {}", random.below(9_000_000));
    made.phones = Phones(vec![Phone { kind: PhoneKind::Work, number }]);
    made.email = Some(format!("office{n}@example.com"));
    made.street = Some(format!("Hauptstraße {}", random.below(200)));
    made.postcode = Some(format!("{:05}", random.below(99_999)));
    made.city = Some("München".to_owned());
    made.country = Some("DE".parse()?);
    made.employees = Some(random.below(5_000) as i64);
    let revenue = Decimal::new(random.below(100_000_000) as i64, 2);
    made.yearly_revenue = Some(Money::new(revenue, Currency::EUR)?);
    made.owner_id = Some(owner);
    made.tags = ["key", "south"].into_iter().collect::<Tags>();
    Ok(made)
}

/// The same numbers every time (xorshift64, Marsaglia 2003).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// A number below `most`, which is not 0.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }

    fn words(&mut self, count: usize) -> String {
        let words = (0..count).map(|_| WORDS.get(self.below(WORDS.len())).copied());
        words.map(|word| word.unwrap_or_default()).collect::<Vec<_>>().join(" ")
    }
}
