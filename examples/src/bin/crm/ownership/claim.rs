use clap::Args;
use crm_core::{
    Error,
    kernel::Scope,
    store::{Store, run},
};
use serde_json::json;

use crate::{failure::Failure, find, output::Out};

/// `crm claim`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  crm claim 'Open sea' 'Acme Bakeries' --by 'Anna Snow'")]
pub(crate) struct Claim {
    /// The pool: an id, an external id or a name.
    pool: String,
    /// The customer: an id, an external id or a name.
    customer: String,
    /// Who takes it: the colleague's id, external id or name.
    #[arg(long, value_name = "NAME")]
    by: String,
}

impl Claim {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (pool, meant, by) = {
            let mut unit = store.read(scope.clone()).await?;
            let pool = super::pool_named(&mut *unit, &self.pool).await?;
            let meant = find::customer(&mut *unit, &self.customer).await?;
            (pool, meant, find::staff(&mut *unit, &self.by).await?)
        };
        let (pool_id, id, staff) = (pool.id, meant.customer.id, by.id);
        let had = meant.customer.owner_id == Some(staff);
        let claimed = run(store, scope, |work| {
            Box::pin(async move { work.ownership().claim(pool_id, id, staff).await })
        });
        let claimed = claimed.await.map_err(|error| match error {
            // What stands against it, in words.
            Error::Refused(refused) if !out.json => Failure::Asked(format!(
                "{} does not get {}: {}",
                by.name, meant.customer.name, refused.why
            )),
            error => error.into(),
        })?;
        if out.json {
            return out.json(&json!({
                "customer": find::named(&claimed), "merged_from": meant.merged_from(),
                "owner": {"id": staff, "name": by.name},
                "pool": {"id": pool_id, "name": pool.name}, "claimed": !had,
            }));
        }
        meant.note(out)?;
        if had {
            return out.line(format!("{} has {} already.", by.name, claimed.name));
        }
        out.line(format!("{} has {} now, from {}.", by.name, claimed.name, pool.name))
    }
}
