mod picture;
mod show;

use clap::{Args, ValueEnum};
use crm_core::{
    Error,
    kernel::Scope,
    store::Store,
    value::{MovedBy, run_migration},
};
use serde_json::json;

use crate::{
    db::Db,
    failure::Failure,
    find,
    output::{Out, short},
    page::Files,
};

use super::asked::run_named;
use picture::{Moves, words};

/// So many who moved are shown to people.
const SHOWN: usize = 20;

const NO_TIERS: &str = "set some, as value_policies.tiers with `crm settings --set FILE`, and keep new runs; or ask --by class";

/// `crm migration`
#[derive(Debug, Args)]
#[command(
    after_help = "A run is kept by `crm value --save NAME` and by `crm tiers --apply`.\n\nExample:\n  \
                  crm migration 2017-q3 2017-q4 --by tier --svg moves.svg"
)]
pub(crate) struct MigrationOf {
    /// The earlier run: an id or a name.
    #[arg(value_name = "RUN1")]
    before: String,
    /// The later run.
    #[arg(value_name = "RUN2")]
    after: String,
    /// Between which groups.
    #[arg(long, value_enum, default_value_t = Groups::Class)]
    by: Groups,
    /// So many of those who moved, with their reasons. [default: 20; in JSON none, as each database has ids of its own]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    #[command(flatten)]
    files: Files,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Groups {
    Class,
    Segment,
    Standing,
    Tier,
}

impl MigrationOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        db: &Db,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let places = self.files.places(db)?;
        let (by, groups) = match self.by {
            Groups::Class => (MovedBy::Class, "class"),
            Groups::Segment => (MovedBy::Segment, "segment"),
            Groups::Standing => (MovedBy::Standing, "standing"),
            Groups::Tier => (MovedBy::Tier, "tier"),
        };
        let most = self.top.unwrap_or(if out.json { 0 } else { SHOWN });
        let on_page = if places.has_page() { self.top.unwrap_or(SHOWN) } else { 0 };
        let unit = &mut *store.read(scope.clone()).await?;
        let (before, after) =
            (run_named(unit, &self.before).await?, run_named(unit, &self.after).await?);
        let (mut some, mut moved) = (Vec::new(), 0_u64);
        let told = run_migration(unit, [before.id, after.id], by, |one| {
            moved += 1;
            if some.len() < most.max(on_page) {
                some.push(one);
            }
            Ok(())
        })
        .await
        .map_err(|error| match error {
            Error::Invalid(invalid) if by == MovedBy::Tier && invalid.field == "policies" => {
                Failure::Hinted { error: invalid.into(), hint: NO_TIERS }
            }
            other => other.into(),
        })?;
        let names = find::customers(unit, some.iter().map(|one| one.customer)).await?;
        let name = |id| names.get(&id).map_or("somebody", |one| one.name.as_str());
        let runs =
            [&before, &after].map(|run| run.name.clone().unwrap_or_else(|| run.id.to_string()));
        let moves = Moves { told: &told, groups, runs, moved };
        places.write(|| moves.picture(), |picture| Ok(moves.page(&some, name, picture)))?;
        some.truncate(most);
        if out.json {
            let mut answer = json!({
                "by": by,
                "currency": told.currency,
                "groups": told.groups,
                "cells": told.cells,
                "stayed": told.stayed,
                "moved": moved,
            });
            if !some.is_empty() {
                let moves = some.iter().map(|one| {
                    let mut told = json!(one);
                    told["name"] = name(one.customer).into();
                    told
                });
                answer["moves"] = moves.collect::<Vec<_>>().into();
            }
            return out.json(&answer);
        }
        moves.table(out)?;
        for one in &some {
            out.line(format!("{}: {}", short(name(one.customer), 40), words(&one.reason)))?;
        }
        out.line(format!("{}.", moves.counted()))
    }
}
