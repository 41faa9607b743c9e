use std::sync::Arc;

use crm_core::{
    Error, Result,
    customer::{self, Customer},
    kernel::{Actor, Entity, Id, MAX_LIMIT, Scope, Stored},
    staff_member::StaffMember,
    store::{Repository, Store, expect, find_one},
};
use tokio::sync::Barrier;

/// What the change log calls it.
const CLAIMED: &str = "claimed";

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
            let log = unit.history(Customer::KIND, id.uuid(), 0, MAX_LIMIT).await?;
            let claimed = log.iter().rfind(|change| change.event == CLAIMED);
            let since = claimed.map_or_else(String::new, |change| {
                change.at.to_datetime().format(" since %Y-%m-%d %H:%M:%S%.3f UTC").to_string()
            });
            Ok(format!(
                "{} is told: somebody was faster, it belongs to {owner}{since}.",
                rival.name
            ))
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
    let taken = seen.change(CLAIMED, |customer| {
        Ok::<_, Error>(Customer { owner_id: Some(owner), ..customer })
    })?;
    Repository::<Customer>::update(&mut *work, taken).await?;
    work.commit().await
}
