//! Many tasks assign the same people their turns.

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
    assignment::{
        AssignmentOutcome, AssignmentRules, Choice, KindRules, Rule, RuleSet, Strategy, Target,
        Which,
    },
    kernel::{Actor, Id, IdSource, Scope, SequentialIds, Sums, TenantId, Value},
    lead::{self, Lead},
    owner_change::{self, OwnerChange},
    staff_member::StaffMember,
    store::{Append, Insights, Store, run},
};
use tokio::task::JoinSet;

/// So many people have turns.
const PEOPLE: usize = 7;

/// How turns came out.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    pub(crate) assigned: usize,
    /// By how many records the largest share is larger than the smallest.
    pub(crate) apart: u64,
    /// How often a unit was run again.
    pub(crate) again: u64,
    pub(crate) violations: Vec<String>,
}

/// So many tasks assign so many leads by round robin, each in a unit of its own; and how many a second.
pub(crate) async fn race(
    store: &(impl Store + Clone + 'static),
    tenant: TenantId,
    leads: usize,
    tasks: usize,
) -> Result<(Turns, f64)> {
    let (scope, ids) = house(store, tenant, leads).await?;
    let start = Instant::now();
    let attempts = Arc::new(AtomicU64::new(0));
    let mut all = JoinSet::<(usize, Vec<String>)>::new();
    for task in 0..tasks {
        let (store, scope) = (store.clone(), scope.clone());
        let attempts = Arc::clone(&attempts);
        let part: Vec<_> = ids.iter().copied().skip(task).step_by(tasks).collect();
        all.spawn(async move {
            let (mut given, mut wrong) = (0, Vec::new());
            for id in part {
                let assigned = run(&store, &scope, |work| {
                    attempts.fetch_add(1, Relaxed);
                    Box::pin(async move {
                        work.assignments().assign::<Lead>(id, Which::WithoutOwner).await
                    })
                });
                match assigned.await.map(|one| one.outcome) {
                    Ok(AssignmentOutcome::Assigned { .. }) => given += 1,
                    Ok(other) => wrong.push(format!("{id}: {other:?}")),
                    Err(error) => wrong.push(format!("{id}: {error}")),
                }
            }
            (given, wrong)
        });
    }
    let mut turns = Turns::default();
    while let Some(done) = all.join_next().await {
        let (given, wrong) = done?;
        turns.assigned += given;
        turns.violations.extend(wrong);
    }
    let rate = per_second(turns.assigned as u64, start.elapsed());
    turns.again = attempts.load(Relaxed).saturating_sub(leads as u64);
    check(store, &scope, leads, &mut turns).await?;
    Ok((turns, rate))
}

async fn house(
    store: &dyn Store,
    tenant: TenantId,
    leads: usize,
) -> Result<(Scope, Vec<Id<Lead>>)> {
    let ids = SequentialIds::new(1);
    let scope = Scope::new(tenant, Actor::new("bench")?);
    let mut work = store.begin(scope.clone()).await?;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        let member = StaffMember::new(Id::new(ids.next()), format!("Colleague {n}"));
        people.push(Append::<StaffMember>::insert(&mut *work, member).await?.id);
    }
    let queue = Target::Queue { name: "All".into(), people };
    let rule = Rule::new("Turns", vec![Choice::new(queue, Strategy::RoundRobin)]);
    let rules = KindRules::Lead(RuleSet { rules: vec![rule] });
    work.assignments().set_rules(AssignmentRules::new(tenant, "Leads", rules)).await?;
    work.commit().await?;
    let all: Vec<_> =
        (0..leads).map(|n| Lead::company(Id::new(ids.next()), format!("Company {n}"))).collect();
    let leads = all.iter().map(|one| one.id).collect();
    for some in all.chunks(2_000) {
        let mut work = store.begin(scope.clone()).await?;
        Append::<Lead>::insert_all(&mut *work, some.to_vec()).await?;
        work.commit().await?;
    }
    Ok((scope, leads))
}

async fn check(store: &dyn Store, scope: &Scope, leads: usize, turns: &mut Turns) -> Result {
    let mut unit = store.read(scope.clone()).await?;
    let shares = Sums::<Lead>::count().by(&lead::OWNER_ID);
    let shares: HashMap<_, _> = Insights::<Lead>::sums(&mut *unit, shares)
        .await?
        .into_iter()
        .filter_map(|sum| match sum.key.first() {
            Some(Value::Uuid(id)) => Some((*id, sum.count)),
            _ => None,
        })
        .collect();
    let least = if shares.len() < PEOPLE { 0 } else { shares.values().copied().min().unwrap_or(0) };
    turns.apart = shares.values().copied().max().unwrap_or(0) - least;
    if turns.apart > 1 {
        turns.violations.push(format!("shares are {} apart", turns.apart));
    }
    if shares.values().sum::<u64>() != leads as u64 {
        turns.violations.push("leads are without an owner".to_owned());
    }
    let histories = Sums::<OwnerChange>::count().by(&owner_change::LEAD_ID);
    let histories = Insights::<OwnerChange>::sums(&mut *unit, histories).await?;
    if histories.len() != leads || histories.iter().any(|sum| sum.count != 1) {
        turns.violations.push("the histories of owners do not fit".to_owned());
    }
    Ok(())
}
