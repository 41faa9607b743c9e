use std::{
    collections::{HashMap, HashSet},
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

/// How many one may have.
const CAP: u32 = 150;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) customers: usize,
    pub(crate) tasks: usize,
    /// So many tasks want each customer.
    pub(crate) wanted_by: usize,
}

impl Plan {
    /// Which customers a task wants, in the order that is common to all.
    pub(crate) fn wanted(self, task: usize) -> impl Iterator<Item = usize> {
        (0..self.customers).filter(move |n| (n + task) % self.tasks < self.wanted_by)
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
    pub(crate) refused: usize,
    pub(crate) violations: Vec<String>,
}

impl Told {
    pub(crate) fn add(&mut self, other: &Self) {
        self.claimed += other.claimed;
        self.refused += other.refused;
        self.violations.extend_from_slice(&other.violations);
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
    let rules = PoolRules { cap: Some(CAP), ..PoolRules::default() };
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

/// All tasks at once; what they were told, and how many decisions a second.
pub(crate) async fn race(
    store: &(impl Store + Clone + 'static),
    house: &House,
    plan: Plan,
) -> Result<(Told, f64)> {
    let start = Instant::now();
    let mut all = JoinSet::<(usize, Vec<Id<Customer>>, usize, Vec<String>)>::new();
    for task in 0..plan.tasks {
        let (store, scope, pool) = (store.clone(), house.scope.clone(), house.pool);
        let who = house.people[task];
        let wanted: Vec<_> = plan.wanted(task).map(|n| house.customers[n]).collect();
        all.spawn(async move {
            let (mut got, mut refused, mut wrong) = (Vec::new(), 0, Vec::new());
            for id in wanted {
                let claimed = run(&store, &scope, |work| {
                    Box::pin(async move { work.ownership().claim(pool, id, who).await })
                });
                match claimed.await {
                    Ok(_) => got.push(id),
                    Err(Error::Refused(_)) => refused += 1,
                    Err(error) => wrong.push(format!("an error that is no refusal: {error}")),
                }
            }
            (task, got, refused, wrong)
        });
    }
    let (mut told, mut owners) = (Told::default(), HashMap::new());
    while let Some(done) = all.join_next().await {
        let (task, got, refused, wrong) = done?;
        told.claimed += got.len();
        told.refused += refused;
        told.violations.extend(wrong);
        for id in got {
            if owners.insert(id, house.people[task]).is_some() {
                told.violations.push(format!("{id}: two were told that it is theirs"));
            }
        }
    }
    let rate = per_second((told.claimed + told.refused) as u64, start.elapsed());
    check(store, house, &owners, &mut told).await?;
    Ok((told, rate))
}

/// Whether what the store has is what the tasks were told.
async fn check(
    store: &dyn Store,
    house: &House,
    owners: &HashMap<Id<Customer>, Id<StaffMember>>,
    told: &mut Told,
) -> Result {
    let mut unit = store.read(house.scope.clone()).await?;
    let mut changed = HashSet::new();
    for some in house.customers.chunks(2_000) {
        let these = customer::ID.one_of(some.iter().copied()).query().limit(2_000);
        for one in Read::<Customer>::find(&mut *unit, these).await?.items {
            if one.owner_id != owners.get(&one.id).copied() {
                told.violations.push(format!("{}: it is not whose it was told to be", one.id));
            }
            changed.extend(one.owner_id.map(|_| one.id));
        }
    }
    for who in &house.people {
        let theirs = Read::<Customer>::count(&mut *unit, customer::OWNER_ID.eq(*who)).await?;
        if theirs > u64::from(CAP) {
            told.violations.push(format!("{who} has {theirs}: more than {CAP}"));
        }
    }
    let histories = Sums::<OwnerChange>::count().by(&owner_change::CUSTOMER_ID);
    let histories = Insights::<OwnerChange>::sums(&mut *unit, histories).await?;
    if histories.len() != changed.len() || histories.iter().any(|sum| sum.count != 1) {
        told.violations.push("the histories of owners do not fit".to_owned());
    }
    Ok(())
}
