use std::time::{Duration, Instant};

use chrono::Days;
use crm_benches::{Result, per_second};
use crm_core::{
    customer::Customer,
    interaction::{Channel, Direction, Interaction},
    kernel::{Actor, Currency, Entity, Id, Money, Scope, TenantId, Timestamp},
    opportunity::{Evidence, Opportunity, OpportunityEvent},
    pipeline::Pipeline,
    settings::{CompletenessPolicy, CompletenessRule, Demand, Settings},
    staff_member::StaffMember,
    store::{Append, Store, UnitOfWork},
    task::Task,
    transaction::Transaction,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::questions;

/// So many customers go in one unit of work.
const BATCH: usize = 2_000;
/// 2024-01-01T08:00:00Z.
pub(crate) const OPENING: i64 = 1_704_096_000_000_000;
/// Between two events of the customer with many.
const APART: i64 = 97 * 60_000_000;
/// Those that look after customers.
const STAFF: u128 = 40;
pub(crate) const SEED: u64 = 20_261_122;

/// A base of customers, in one store.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) scope: Scope,
    pub(crate) customers: usize,
    /// Some of them.
    pub(crate) sample: Vec<Customer>,
    /// The one with many events.
    pub(crate) busy: Id<Customer>,
}

impl Base {
    /// That of a tenant.
    pub(crate) fn new(tenant: TenantId, customers: usize) -> Result<Self> {
        let every = (customers / 4_000).max(1);
        let sample = questions::records(SEED).take(customers).step_by(every);
        Ok(Self {
            scope: Scope::new(tenant, Actor::new("bench")?),
            customers,
            sample: sample.map(questions::customer).collect(),
            busy: Id::new(Uuid::from_u128(customers as u128 / 2)),
        })
    }

    /// Puts the customers in, through the library; how long it took.
    pub(crate) async fn fill(&self, store: &dyn Store) -> Result<Duration> {
        let mut work = store.begin(self.scope.clone()).await?;
        let mut rules = Settings::standard(Settings::id_of(self.scope.tenant));
        rules.completeness = CompletenessPolicy {
            customer: vec![CompletenessRule::all(Demand::List, ["postcode"])],
            ..CompletenessPolicy::none()
        };
        work.insert(rules).await?;
        let colleagues = (0..STAFF).map(|n| StaffMember::new(staff(n), format!("Colleague {n}")));
        Append::<StaffMember>::insert_all(&mut *work, colleagues.collect()).await?;
        work.commit().await?;

        let mut records = questions::records(SEED).take(self.customers).map(|record| {
            let mut made = questions::customer(record);
            made.owner_id = Some(staff(made.id.uuid().as_u128() % STAFF));
            made
        });
        let started = Instant::now();
        let mut done = 0;
        loop {
            let batch: Vec<_> = records.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(started.elapsed());
            }
            done += batch.len();
            let mut work = store.begin(self.scope.clone()).await?;
            Append::<Customer>::insert_all(&mut *work, batch).await?;
            work.commit().await?;
            if done % 100_000 == 0 {
                let rate = per_second(done as u64, started.elapsed());
                eprintln!("  {done} customers, {rate:.0} a second");
            }
        }
    }

    /// What happened with the busy one, of each sort in turn; through the library.
    pub(crate) async fn keep_busy(&self, store: &dyn Store, events: usize) -> Result {
        let mut story = Story::default();
        let pipeline = Pipeline::sales(id(5, 0));
        for n in 0..events {
            let at = Timestamp::from_micros(OPENING + n as i64 * APART)?;
            match n % 25 {
                3 => story.tasks.push(self.task(n, at)?),
                7 => {
                    let mut opened = Opportunity::open(id(6, n), format!("Deal {n}"), &pipeline)?;
                    opened.customer_id = Some(self.busy);
                    story.opportunities.push(opened.taken_at(at));
                }
                13 => story.transactions.push(self.transaction(n, at)?),
                17 => {
                    let engaging = OpportunityEvent::advance("engaging");
                    let opened = story.opportunities.pop().ok_or("none was opened")?;
                    let after = opened.step(&pipeline, &engaging, &Evidence::default())?;
                    story.opportunities.push(after.taken_at(at));
                }
                _ => story.interactions.push(self.interaction(n, at)?),
            }
        }
        let mut work = store.begin(self.scope.clone()).await?;
        work.insert(pipeline).await?;
        all(&mut *work, story.interactions).await?;
        all(&mut *work, story.tasks).await?;
        all(&mut *work, story.opportunities).await?;
        all(&mut *work, story.transactions).await?;
        work.commit().await?;
        Ok(())
    }

    fn interaction(&self, n: usize, at: Timestamp) -> Result<Interaction> {
        let channel = Channel::ALL.get(n % Channel::ALL.len()).copied().unwrap_or(Channel::Other);
        let mut made = Interaction::new(id(1, n), self.busy, channel, Direction::Outbound, at);
        made.staff_id = Some(staff(n as u128 % STAFF));
        made.minutes = Some(5 + (n % 50) as i64);
        made.subject = Some(format!("Visit {n}"));
        made.content = Some(CONTENT.to_owned());
        made.outcome = Some("they think it over".to_owned());
        Ok(made.close(at, &self.scope.actor)?)
    }

    fn task(&self, n: usize, at: Timestamp) -> Result<Task> {
        let mut made = Task::new(id(2, n), format!("Send offer {n}"), at);
        made.customer_id = Some(self.busy);
        made.owner_id = Some(staff(n as u128 % STAFF));
        made.due = at.date().checked_add_days(Days::new(7));
        if n.is_multiple_of(2) {
            return Ok(made);
        }
        Ok(made.done(at, &self.scope.actor, Some("sent".to_owned()))?)
    }

    fn transaction(&self, n: usize, at: Timestamp) -> Result<Transaction> {
        let revenue = Money::new(Decimal::new(1_000 + n as i64, 2), Currency::EUR)?;
        let mut made = Transaction::new(id(3, n), self.busy, at.date(), revenue);
        made.reference = Some(format!("R-{n}"));
        Ok(made)
    }
}

#[derive(Default)]
struct Story {
    interactions: Vec<Interaction>,
    tasks: Vec<Task>,
    opportunities: Vec<Opportunity>,
    transactions: Vec<Transaction>,
}

/// What people write.
pub(crate) const CONTENT: &str =
    "Talked about the new price list and the delivery in spring; they want two samples first.";

async fn all<E: Entity>(work: &mut dyn UnitOfWork, records: Vec<E>) -> Result
where
    for<'w> dyn UnitOfWork + 'w: Append<E>,
{
    Append::<E>::insert_all(work, records).await?;
    Ok(())
}

fn staff(n: u128) -> Id<StaffMember> {
    Id::new(Uuid::from_u128((9 << 64) + n))
}

/// Of one family of ids, the nth.
fn id<E>(family: u128, n: usize) -> Id<E> {
    Id::new(Uuid::from_u128((family << 64) + n as u128 + 1))
}
