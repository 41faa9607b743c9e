//! Everything of somebody goes to two others, in one unit of work.

use std::time::Instant;

use crm_benches::Result;
use crm_core::{
    customer::{Customer, CustomerKind},
    handover::HandoverPlan,
    kernel::{Actor, Id, IdSource, Scope, SequentialIds, TenantId},
    ownership::belongings,
    staff_member::StaffMember,
    store::{Append, Store},
};

/// How many seconds it takes; that nothing stays behind is checked.
pub(crate) async fn one_unit(store: &dyn Store, tenant: TenantId, many: usize) -> Result<f64> {
    let ids = SequentialIds::new(1);
    let scope = Scope::new(tenant, Actor::new("bench")?);
    let mut work = store.begin(scope.clone()).await?;
    let mut people = Vec::new();
    for name in ["Leaver", "Anna", "Bob"] {
        let member = StaffMember::new(Id::new(ids.next()), name);
        people.push(Append::<StaffMember>::insert(&mut *work, member).await?.id);
    }
    let all: Vec<_> = (0..many)
        .map(|n| {
            let new = Customer::new(
                Id::new(ids.next()),
                CustomerKind::Organisation,
                format!("Library {n}"),
            );
            Customer { owner_id: Some(people[0]), ..new }
        })
        .collect();
    Append::<Customer>::insert_all(&mut *work, all).await?;
    let plan = HandoverPlan { others: vec![people[1], people[2]], ..HandoverPlan::default() };
    let id = Id::new(ids.next());
    work.ownership().begin_handover(id, people[0], plan, None).await?;
    work.commit().await?;
    let start = Instant::now();
    let mut work = store.begin(scope.clone()).await?;
    let done = work.ownership().continue_handover(id, many as u64).await?;
    work.commit().await?;
    let seconds = start.elapsed().as_secs_f64();
    let left = belongings(&mut *store.read(scope).await?, people[0]).await?.all();
    if left > 0 || done.completed_at.is_none() {
        return Err(format!("{left} stay behind").into());
    }
    Ok(seconds)
}
