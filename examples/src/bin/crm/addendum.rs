use clap::Args;
use crm_core::{
    addendum::Addendum as Added,
    kernel::{Id, Scope},
    store::{Store, expect, run},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

/// `crm addendum`
#[derive(Debug, Args)]
#[command(
    after_help = "A closed interaction is never changed; what is added stands beside it for ever, under the \
                  name of --actor.\n\nExample:\n  crm addendum 0190b7f4-0000-7000-8000-000000000001 \
                  'It was 40 copies, not 14' --actor 'Anna Snow'"
)]
pub(crate) struct Addendum {
    /// The interaction: an id, an external id or its subject.
    interaction: String,
    /// What is to be added, or is right instead.
    text: String,
    /// Its id, a UUID: sent again with it, it is added once.
    #[arg(long, value_name = "UUID")]
    id: Option<Id<Added>>,
}

impl Addendum {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (of, customer) = {
            let mut unit = store.read(scope.clone()).await?;
            let of = find::interaction(&mut *unit, &self.interaction).await?;
            let customer = expect(&mut *unit, of.customer_id).await?;
            let customer = find::as_shown(&mut *unit, &customer).await?;
            (of, customer)
        };
        let added = run(store, scope, |work| {
            let id = self.id.unwrap_or_else(|| Id::new(work.next_id()));
            let text = self.text.clone();
            Box::pin(async move { work.interactions().add_addendum(id, of.id, text).await })
        });
        let added = added.await?;
        if out.json {
            return out.json(&json!({
                "id": added.id, "interaction": of.id, "customer": find::named(&customer),
                "text": added.text, "written_at": added.written_at, "written_by": added.written_by,
            }));
        }
        let (channel, on) = (of.channel, of.happened_at.to_datetime().format("%Y-%m-%d"));
        let (name, by) = (short(&customer.name, 40), short(&added.written_by, 30));
        out.line(format!("Added by {by} to the {channel} of {on} with {name}: {}", added.id))
    }
}
