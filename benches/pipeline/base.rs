use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use crm_benches::{Result, house::Random, per_second};
use crm_core::{
    customer::{Customer, CustomerKind},
    interaction::{Channel, Direction, Interaction},
    kernel::{Actor, Criteria, Currency, Id, Money, Scope, TenantId, Timestamp},
    opportunity::{Evidence, Need, Opportunity, OpportunityEvent, Stage, StageKind, Stages},
    org_unit::OrgUnit,
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
    store::{Append, Store},
};
use rust_decimal::Decimal;
use uuid::Uuid;

/// So many opportunities go in one unit of work.
const BATCH: usize = 1_000;
/// The first day on which something began.
const OPENING: (i32, u32, u32) = (2024, 1, 1);
/// Opportunities begin within so many days.
const DAYS: usize = 730;
const STAFF: usize = 200;
const UNITS: usize = 12;
const PRODUCTS: usize = 40;

/// A base of opportunities, in one store: each began within two years and took some five steps.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) scope: Scope,
    pub(crate) opportunities: usize,
    pub(crate) pipeline: Pipeline,
    /// So many of them, the first, are moved to and fro.
    pub(crate) moved: usize,
    customers: usize,
}

impl Base {
    /// That of a tenant.
    pub(crate) fn new(tenant: TenantId, opportunities: usize) -> Result<Self> {
        let scope = Scope::new(tenant, Actor::new("bench")?);
        let customers = (opportunities / 10).clamp(10, 20_000);
        let moved = (opportunities / 4).min(2_000);
        Ok(Self { scope, opportunities, pipeline: pipeline(), moved, customers })
    }

    /// The first day on which something began.
    pub(crate) fn first(&self) -> Result<NaiveDate> {
        let (year, month, day) = OPENING;
        Ok(NaiveDate::from_ymd_opt(year, month, day).ok_or("no day")?)
    }

    /// The day it is looked at.
    pub(crate) fn as_of(&self) -> Result<NaiveDate> {
        Ok(NaiveDate::from_ymd_opt(2026, 12, 31).ok_or("no day")?)
    }

    /// Puts everything in, through the library; how long the opportunities took.
    pub(crate) async fn fill(&self, store: &dyn Store) -> Result<Duration> {
        let mut work = store.begin(self.scope.clone()).await?;
        work.insert(self.pipeline.clone()).await?;
        let units = (0..UNITS).map(|n| OrgUnit {
            parent_id: (n > 0).then(|| id(8, (n - 1) / 3)),
            ..OrgUnit::new(id(8, n), format!("Office {n}"))
        });
        Append::<OrgUnit>::insert_all(&mut *work, units.collect()).await?;
        let staff = (0..STAFF).map(|n| StaffMember {
            org_unit_id: Some(id(8, n % UNITS)),
            ..StaffMember::new(id(9, n), format!("Colleague {n}"))
        });
        Append::<StaffMember>::insert_all(&mut *work, staff.collect()).await?;
        let products = (0..PRODUCTS).map(|n| Product::new(id(7, n), format!("Product {n}")));
        Append::<Product>::insert_all(&mut *work, products.collect()).await?;
        let customers = (0..self.customers)
            .map(|n| Customer::new(id(4, n), CustomerKind::Organisation, format!("Customer {n}")));
        Append::<Customer>::insert_all(&mut *work, customers.collect()).await?;
        work.commit().await?;

        let started = Instant::now();
        let mut random = Random(7);
        let mut done = 0;
        while done < self.opportunities {
            let next = (done + BATCH).min(self.opportunities);
            let batch: Result<Vec<_>> =
                (done..next).map(|n| self.opportunity(n, &mut random)).collect();
            let mut work = store.begin(self.scope.clone()).await?;
            Append::<Opportunity>::insert_all(&mut *work, batch?).await?;
            work.commit().await?;
            done = next;
            if done.is_multiple_of(100_000) {
                let rate = per_second(done as u64, started.elapsed());
                eprintln!("  {done} opportunities, {rate:.0} a second");
            }
        }
        let taken = started.elapsed();
        self.talk(store).await?;
        Ok(taken)
    }

    /// With each of those that are moved somebody spoke: a gate asks for it.
    async fn talk(&self, store: &dyn Store) -> Result {
        let mut work = store.begin(self.scope.clone()).await?;
        let at = Timestamp::start_of(self.as_of()?)?;
        let mut talks = Vec::new();
        for n in 0..self.moved {
            let customer = self.customer(n);
            let (channel, direction) = (Channel::Phone, Direction::Outbound);
            let mut talk = Interaction::new(id(1, n), customer, channel, direction, at);
            talk.opportunity_id = Some(id(6, n));
            talks.push(talk.close(at, &self.scope.actor)?);
        }
        Append::<Interaction>::insert_all(&mut *work, talks).await?;
        work.commit().await?;
        Ok(())
    }

    fn customer(&self, n: usize) -> Id<Customer> {
        id(4, n * 48_271 % self.customers)
    }

    /// One with its history: where it goes next is drawn, and when. The first ones stay open.
    fn opportunity(&self, n: usize, random: &mut Random) -> Result<Opportunity> {
        let mut day = later(self.first()?, n * DAYS / self.opportunities.max(1))?;
        let mut made = Opportunity::open(id(6, n), format!("Deal {n}"), &self.pipeline)?;
        made.opened_on = Some(day);
        made.customer_id = Some(self.customer(n));
        made.product_id = Some(id(7, random.below(PRODUCTS)));
        made.owner_id = Some(id(9, random.below(STAFF)));
        let cents = i64::try_from(100_000 + random.below(5_000_000))?;
        let currency = if random.below(10) == 0 { Currency::USD } else { Currency::EUR };
        made.amount = Some(Money::new(Decimal::new(cents, 2), currency)?);
        made.expected_close = Some(later(day, 60 + random.below(1_000))?);
        made = made.taken_at(at(day, random)?);
        if n < self.moved {
            return Ok(made);
        }
        // What is history is asked by no gate.
        let mut open = self.pipeline.clone();
        open.stages.0.iter_mut().for_each(|stage| stage.gates.clear());
        let steps = 3 + random.below(3);
        for step in 0..steps {
            day = later(day, 1 + random.below(40))?;
            let last = step + 1 == steps;
            let event = match (made.stage(), random.below(10)) {
                (_, 0..=2) if last => OpportunityEvent::win(day),
                (_, 3..=5) if last => OpportunityEvent::lose(day),
                ("qualified", 0) => OpportunityEvent::advance("new"),
                ("new", _) => OpportunityEvent::advance("qualified"),
                ("qualified", _) => OpportunityEvent::advance("proposal"),
                ("proposal", 0..=2) => OpportunityEvent::advance("qualified"),
                ("proposal", _) => OpportunityEvent::advance("negotiation"),
                ("negotiation", _) => OpportunityEvent::advance("proposal"),
                (stage, _) => return Err(format!("no opportunity is in {stage:?}").into()),
            };
            made = made.step(&open, &event, &Evidence::default())?.taken_at(at(day, random)?);
        }
        Ok(made)
    }
}

fn pipeline() -> Pipeline {
    let open = |key: &str, probability| Stage {
        expected_days: Some(30),
        ..Stage::new(key, key, StageKind::Open, probability)
    };
    let fields = Need::Fields(vec!["amount".to_owned(), "expected_close".to_owned()]);
    let stages = vec![
        open("new", 10),
        open("qualified", 25),
        open("proposal", 50)
            .gate("Spoken with them", Need::Interaction(Criteria::everything()))
            .gate("Amount and day", fields),
        open("negotiation", 75),
        Stage::new("won", "won", StageKind::Won, 100),
        Stage::new("lost", "lost", StageKind::Lost, 0),
    ];
    Pipeline::new(id(5, 0), "Sales", Stages(stages))
}

fn later(day: NaiveDate, days: usize) -> Result<NaiveDate> {
    Ok(day.checked_add_days(Days::new(days as u64)).ok_or("no day")?)
}

/// At some time of the day.
fn at(day: NaiveDate, random: &mut Random) -> Result<Timestamp> {
    let second = i64::try_from(random.below(86_400))?;
    Ok(Timestamp::from_micros(Timestamp::start_of(day)?.micros() + second * 1_000_000)?)
}

/// Of one family of ids, the nth.
pub(crate) fn id<E>(family: u128, n: usize) -> Id<E> {
    Id::new(Uuid::from_u128((family << 64) + n as u128 + 1))
}
