use std::sync::Arc;

use crm_core::{
    Error, Result,
    customer::{self, Customer},
    kernel::{Actor, Criteria, Id, Scope, Stored},
    opportunity::Opportunity,
    pipeline::Pipeline,
    staff_member::StaffMember,
    store::{Read, Repository, Store, expect, find_one},
};
use tokio::sync::Barrier;

/// Two colleagues who saw the same free customer, and take it at the same moment; what each of them
/// is told.
pub(super) async fn race(
    store: &Arc<dyn Store>,
    scope: &Scope,
    rivals: [&StaffMember; 2],
) -> Result<Option<(Customer, Vec<String>)>> {
    let seen = {
        let mut unit = store.read(scope.clone()).await?;
        find_one(&mut *unit, customer::OWNER_ID.is_empty()).await?
    };
    let Some(seen) = seen else { return Ok(None) };
    let both = Arc::new(Barrier::new(rivals.len()));
    let tasks: Vec<_> = rivals
        .into_iter()
        .map(|rival| {
            let (store, both) = (Arc::clone(store), Arc::clone(&both));
            let (seen, rival, tenant) = (seen.clone(), rival.clone(), scope.tenant);
            tokio::spawn(async move {
                both.wait().await;
                let scope = Scope::new(tenant, Actor::new(&rival.name)?);
                claim(&*store, scope, seen, &rival).await
            })
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        match task.await {
            Ok(answer) => told.push(answer?),
            Err(error) => told.push(error.to_string()),
        }
    }
    Ok(Some((seen.into_inner(), told)))
}

async fn claim(
    store: &dyn Store,
    scope: Scope,
    seen: Stored<Customer>,
    rival: &StaffMember,
) -> Result<String> {
    let id = seen.id;
    match take(store, scope.clone(), seen, rival.id).await {
        Ok(()) => Ok(format!("{} has it.", rival.name)),
        Err(Error::Conflict { .. }) => {
            let mut unit = store.read(scope).await?;
            let owner = expect::<Customer, _>(&mut *unit, id).await?.owner_id;
            let owner = match owner {
                Some(owner) => expect::<StaffMember, _>(&mut *unit, owner).await?.name.clone(),
                None => "nobody".to_owned(),
            };
            Ok(format!("{} is told: somebody was faster, it belongs to {owner} now.", rival.name))
        }
        Err(other) => Err(other),
    }
}

async fn take(
    store: &dyn Store,
    scope: Scope,
    seen: Stored<Customer>,
    owner: Id<StaffMember>,
) -> Result<()> {
    let mut work = store.begin(scope).await?;
    let taken = seen.change("claimed", |customer| {
        Ok::<_, Error>(Customer { owner_id: Some(owner), ..customer })
    })?;
    Repository::<Customer>::update(&mut *work, taken).await?;
    work.commit().await
}

/// A unit of work that the host does not commit; how many opportunities it saw, and how many are
/// there after it.
pub(super) async fn rolled_back(
    store: &dyn Store,
    scope: &Scope,
    customer: Id<Customer>,
    pipeline: &Pipeline,
) -> Result<[u64; 3]> {
    let everything = Criteria::<Opportunity>::everything;
    let before = {
        let mut unit = store.read(scope.clone()).await?;
        unit.count(everything()).await?
    };
    let within = {
        let mut work = store.begin(scope.clone()).await?;
        let mut new = Opportunity::open(Id::new(work.next_id()), "A big order", pipeline)?;
        new.customer_id = Some(customer);
        let opened = work.opportunities().open(new).await?;
        work.opportunities().advance(opened.id, "engaging", None).await?;
        work.opportunities().win(opened.id, super::house::TODAY, None).await?;
        Read::<Opportunity>::count(&mut *work, everything()).await?
        // Dropped, not committed.
    };
    let after = {
        let mut unit = store.read(scope.clone()).await?;
        unit.count(everything()).await?
    };
    Ok([before, within, after])
}
