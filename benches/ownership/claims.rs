use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use crm_benches::{Result, per_second};
use crm_core::{
    Error,
    customer::{self, Customer, CustomerKind},
    kernel::{Actor, Id, IdSource, Scope, SequentialIds, Sums, TenantId},
    owner_change::{self, OwnerChange},
    ownership::{Pool, PoolRules},
    staff_member::StaffMember,
    store::{Append, Insights, Read, Store, run},
};
use tokio::task::JoinSet;

/// How much is done. Every task wants every customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) customers: usize,
    pub(crate) tasks: usize,
    /// How many one may have.
    pub(crate) cap: u32,
}

impl Plan {
    /// How many customers find an owner: all, or as many as all people may have together. Who has not as many as they may
    /// was refused each that is left because somebody had it.
    pub(crate) const fn claimed(self) -> usize {
        let most = self.tasks * self.cap as usize;
        if most < self.customers { most } else { self.customers }
    }
}

/// Free customers, and who wants them.
pub(crate) struct House {
    pub(crate) scope: Scope,
    pub(crate) people: Vec<Id<StaffMember>>,
    pub(crate) customers: Vec<Id<Customer>>,
    pool: Id<Pool>,
}

/// What the tasks were told, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) claimed: usize,
    /// Who was told whose it is.
    pub(crate) too_late: usize,
    /// Who was told that they may have no more.
    pub(crate) at_cap: usize,
    /// How often a unit was run again.
    pub(crate) again: u64,
    pub(crate) violations: Vec<String>,
}

impl Told {
    pub(crate) fn add(&mut self, other: Self) {
        self.claimed += other.claimed;
        self.too_late += other.too_late;
        self.at_cap += other.at_cap;
        self.again += other.again;
        self.violations.extend(other.violations);
    }

    pub(crate) const fn decisions(&self) -> usize {
        self.claimed + self.too_late + self.at_cap
    }
}

pub(crate) async fn house(store: &dyn Store, tenant: TenantId, plan: Plan) -> Result<House> {
    let ids = SequentialIds::new(1);
    let scope = Scope::new(tenant, Actor::new("bench")?);
    let mut work = store.begin(scope.clone()).await?;
    let mut people = Vec::new();
    for n in 0..plan.tasks {
        let member = StaffMember::new(Id::new(ids.next()), format!("Colleague {n}"));
        people.push(Append::<StaffMember>::insert(&mut *work, member).await?.id);
    }
    let rules = PoolRules { cap: Some(plan.cap), ..PoolRules::default() };
    let pool = Pool::new(Id::new(ids.next()), "Open sea", rules);
    let pool = Append::<Pool>::insert(&mut *work, pool).await?.id;
    work.commit().await?;
    let mut customers = Vec::new();
    let all: Vec<_> = (0..plan.customers).collect();
    for some in all.chunks(2_000) {
        let new = some.iter().map(|n| {
            let id = Id::new(ids.next());
            Customer::new(id, CustomerKind::Organisation, format!("Library {n}"))
        });
        let new: Vec<_> = new.collect();
        customers.extend(new.iter().map(|one| one.id));
        let mut work = store.begin(scope.clone()).await?;
        Append::<Customer>::insert_all(&mut *work, new).await?;
        work.commit().await?;
    }
    Ok(House { scope, people, customers, pool })
}

/// What one task was told: the customers that it got, and of those it did not get, whose each is, or that it may have no more.
#[derive(Default)]
struct OfTask {
    got: Vec<usize>,
    whose: Vec<(usize, usize)>,
    at_cap: usize,
    wrong: Vec<String>,
}

/// All tasks at once; what they were told, and how many decisions a second.
pub(crate) async fn race(
    store: &(impl Store + Clone + 'static),
    house: &House,
    plan: Plan,
) -> Result<(Told, f64)> {
    let start = Instant::now();
    let attempts = Arc::new(AtomicU64::new(0));
    let mut all = JoinSet::<(usize, OfTask)>::new();
    for task in 0..plan.tasks {
        let (store, scope, pool) = (store.clone(), house.scope.clone(), house.pool);
        let (who, wanted) = (house.people[task], house.customers.clone());
        let attempts = Arc::clone(&attempts);
        all.spawn(async move {
            let mut told = OfTask::default();
            for (n, id) in wanted.into_iter().enumerate() {
                let claimed = run(&store, &scope, |work| {
                    attempts.fetch_add(1, Relaxed);
                    Box::pin(async move { work.ownership().claim(pool, id, who).await })
                });
                match claimed.await {
                    Ok(_) => told.got.push(n),
                    Err(Error::Refused(why)) => told.hear(n, &why.to_string(), plan.cap),
                    Err(error) => told.wrong.push(format!("an error that is no refusal: {error}")),
                }
            }
            (task, told)
        });
    }
    let (mut sum, mut owners, mut heard) = (Told::default(), HashMap::new(), Vec::new());
    while let Some(done) = all.join_next().await {
        let (task, told) = done?;
        sum.claimed += told.got.len();
        sum.too_late += told.whose.len();
        sum.at_cap += told.at_cap;
        sum.violations.extend(told.wrong);
        for n in told.got {
            if owners.insert(n, task).is_some() {
                sum.violations.push(format!("customer {n}: two were told that it is theirs"));
            }
        }
        heard.extend(told.whose);
    }
    let rate = per_second(sum.decisions() as u64, start.elapsed());
    sum.again = attempts.load(Relaxed).saturating_sub((plan.tasks * plan.customers) as u64);
    if sum.claimed != plan.claimed() {
        let wanted = plan.claimed();
        sum.violations.push(format!("{} have an owner, and {wanted} can", sum.claimed));
    }
    for (n, whose) in heard {
        if owners.get(&n) != Some(&whose) {
            sum.violations
                .push(format!("customer {n}: Colleague {whose} was named, who has it not"));
        }
    }
    check(store, house, plan, &owners, &mut sum).await?;
    Ok((sum, rate))
}

impl OfTask {
    /// A refusal names the owner, or says that the cap is reached; anything else is wrong.
    fn hear(&mut self, customer: usize, words: &str, cap: u32) {
        let owner = words.split("Colleague ").nth(1).filter(|_| words.contains(" has it since "));
        let owner =
            owner.and_then(|rest| rest.split([' ', ',', ':', ')', '"', '”']).next()?.parse().ok());
        match owner {
            Some(owner) => self.whose.push((customer, owner)),
            None if words
                .contains(&format!("they have {cap} customers, and {cap} is the most")) =>
            {
                self.at_cap += 1;
            }
            None => self.wrong.push(format!("customer {customer}: a refusal says {words:?}")),
        }
    }
}

/// Whether what the store has is what the tasks were told.
async fn check(
    store: &dyn Store,
    house: &House,
    plan: Plan,
    owners: &HashMap<usize, usize>,
    told: &mut Told,
) -> Result {
    let mut unit = store.read(house.scope.clone()).await?;
    let mut stored = HashMap::new();
    for some in house.customers.chunks(2_000) {
        let these = customer::ID.one_of(some.iter().copied()).query().limit(2_000);
        for one in Read::<Customer>::find(&mut *unit, these).await?.items {
            stored.insert(one.id, one.owner_id);
        }
    }
    for (n, id) in house.customers.iter().enumerate() {
        let whose = owners.get(&n).map(|task| house.people[*task]);
        if stored.get(id) != Some(&whose) {
            told.violations.push(format!("customer {n}: it is not whose it was told to be"));
        }
    }
    for who in &house.people {
        let theirs = Read::<Customer>::count(&mut *unit, customer::OWNER_ID.eq(*who)).await?;
        if theirs > u64::from(plan.cap) {
            told.violations.push(format!("{who} has {theirs}: more than {}", plan.cap));
        }
    }
    let histories = Sums::<OwnerChange>::count().by(&owner_change::CUSTOMER_ID);
    let histories = Insights::<OwnerChange>::sums(&mut *unit, histories).await?;
    if histories.len() != owners.len() || histories.iter().any(|sum| sum.count != 1) {
        told.violations.push("the histories of owners do not fit".to_owned());
    }
    Ok(())
}
