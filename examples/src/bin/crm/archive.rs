use clap::Args;
use crm_core::{
    customer::Customer,
    kernel::{Id, Scope, Stored},
    store::{Store, run},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

/// `crm archive` and `crm restore`
#[derive(Debug, Args)]
pub(crate) struct OneCustomer {
    /// The customer: an id, an external id or a name.
    customer: String,
}

impl OneCustomer {
    pub(crate) async fn archive(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let meant = self.meant(store, scope).await?;
        let id = meant.customer.id;
        let archived =
            run(store, scope, |work| Box::pin(async move { work.customers().archive(id).await }));
        let name = short(&meant.customer.name, 40);
        let says = format!("{name} is put away; `crm restore {id}` takes it back.");
        tell(&meant, &archived.await?, &says, out)
    }

    pub(crate) async fn restore(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let meant = self.meant(store, scope).await?;
        let id: Id<Customer> = meant.customer.id;
        let restored =
            run(store, scope, |work| Box::pin(async move { work.customers().restore(id).await }));
        let says = format!("{} is in the daily work.", short(&meant.customer.name, 60));
        tell(&meant, &restored.await?, &says, out)
    }

    async fn meant(&self, store: &dyn Store, scope: &Scope) -> Result<find::Meant, Failure> {
        find::customer(&mut *store.read(scope.clone()).await?, &self.customer).await
    }
}

fn tell(meant: &find::Meant, now: &Stored<Customer>, says: &str, out: Out) -> Result<(), Failure> {
    if out.json {
        return out.json(&json!({
            "customer": find::named(&meant.customer),
            "merged_from": meant.merged_from(),
            "archived_at": now.archived_at,
            "changed": now.archived_at != meant.customer.archived_at,
        }));
    }
    meant.note(out)?;
    out.line(says)
}
