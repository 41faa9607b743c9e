use clap::Args;
use crm_core::{
    kernel::Scope,
    settings::{Lifecycle, house_rules},
    store::{Store, expect, run},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

/// `crm stage`
#[derive(Debug, Args)]
#[command(
    after_help = "Which stages there are, and which steps are allowed, is a rule of the house: `crm settings`.\n\n\
                  Example:\n  crm stage 'Acme Bakeries' customer"
)]
pub(crate) struct Stage {
    /// The customer: an id, an external id or a name.
    customer: String,
    /// The stage of its lifecycle, by key or name.
    stage: String,
}

impl Stage {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (meant, lifecycle) = {
            let mut unit = store.read(scope.clone()).await?;
            let meant = find::customer(&mut *unit, &self.customer).await?;
            (meant, house_rules(&mut *unit).await?.lifecycle)
        };
        let (id, to) = (meant.customer.id, key(lifecycle.as_ref(), &self.stage));
        let moved = run(store, scope, |work| {
            let to = to.to_owned();
            Box::pin(async move {
                let from = expect(work, id).await?.lifecycle_stage.clone();
                Ok((from, work.customers().move_to(id, &to).await?))
            })
        });
        let (from, now) = moved.await?;
        let to = now.lifecycle_stage.as_str();
        let next = lifecycle.as_ref().map(|lifecycle| lifecycle.next(to));
        if out.json {
            return out.json(&json!({
                "customer": find::named(&meant.customer), "merged_from": meant.merged_from(),
                "from": from, "to": to, "changed": from != to, "next": next,
            }));
        }
        meant.note(out)?;
        let name = short(&meant.customer.name, 40);
        if from == to {
            return out.line(format!("{name} is there already: {to}."));
        }
        out.line(format!("{name}: {from} → {to}."))?;
        match next.as_deref() {
            None => Ok(()),
            Some([]) => out.line("Nothing comes after that."),
            Some(next) => out.line(format!("From there it goes to: {}.", next.join(", "))),
        }
    }
}

/// The key of the stage with this key or name; what is none, as it is.
fn key<'t>(lifecycle: Option<&'t Lifecycle>, text: &'t str) -> &'t str {
    let Some(lifecycle) = lifecycle.filter(|lifecycle| lifecycle.stage(text).is_none()) else {
        return text;
    };
    let same = |name: &str| name.to_lowercase() == text.to_lowercase();
    let named = lifecycle.stages.iter().find(|stage| same(&stage.key) || same(&stage.name));
    named.map_or(text, |stage| stage.key.as_str())
}
