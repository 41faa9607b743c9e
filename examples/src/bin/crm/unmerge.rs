use clap::Args;
use crm_core::{
    kernel::{Id, Scope},
    merge::Merge,
    store::{Store, expect, run},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

/// `crm unmerge`
#[derive(Debug, Args)]
pub(crate) struct Unmerge {
    /// The merge: the id that `crm merge` told, and `crm list merges` tells.
    #[arg(value_parser = id)]
    merge: Id<Merge>,
}

impl Unmerge {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let id = self.merge;
        let undone =
            run(store, scope, |work| Box::pin(async move { work.customers().unmerge(id).await }));
        let undone = undone.await?;
        let mut unit = store.read(scope.clone()).await?;
        let survivor = expect(&mut *unit, undone.survivor_id).await?;
        let survivor = find::as_shown(&mut *unit, &survivor).await?;
        let others = find::customers(&mut *unit, undone.others.0.iter().copied()).await?;
        let others: Vec<_> = undone.others.0.iter().filter_map(|id| others.get(id)).collect();
        if out.json {
            let others: Vec<_> = others.into_iter().map(find::named).collect();
            return out.json(&json!({
                "merge": id, "survivor": find::named(&survivor), "others": others,
                "undone_at": undone.undone_at,
            }));
        }
        out.line(format!(
            "Undone: {} is as it was before, and these are there again:",
            short(&survivor.name, 40)
        ))?;
        for other in others {
            out.line(format!("  {}  {}", other.id, short(&other.name, 60)))?;
        }
        Ok(())
    }
}

fn id(text: &str) -> Result<Id<Merge>, String> {
    text.parse().map_err(|_| "it is not the id of a merge: `crm list merges` shows them".to_owned())
}
