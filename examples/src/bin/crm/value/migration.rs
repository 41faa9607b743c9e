use clap::{Args, ValueEnum};
use crm_core::{
    kernel::Scope,
    store::Store,
    value::{MovedBy, run_migration},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, grouped, short},
};

use super::asked::run_named;

/// So many who moved are shown to people.
const SHOWN: usize = 20;

/// `crm migration`
#[derive(Debug, Args)]
#[command(
    after_help = "A run is kept by `crm value --save NAME` and by `crm tiers --apply`.\n\nExample:\n  \
                  crm migration 2017-q3 2017-q4 --by tier"
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
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let by = match self.by {
            Groups::Class => MovedBy::Class,
            Groups::Segment => MovedBy::Segment,
            Groups::Standing => MovedBy::Standing,
            Groups::Tier => MovedBy::Tier,
        };
        let most = self.top.unwrap_or(if out.json { 0 } else { SHOWN });
        let unit = &mut *store.read(scope.clone()).await?;
        let (before, after) =
            (run_named(unit, &self.before).await?, run_named(unit, &self.after).await?);
        let (mut some, mut moved) = (Vec::new(), 0_u64);
        let told = run_migration(unit, [before.id, after.id], by, |one| {
            moved += 1;
            if some.len() < most {
                some.push(one);
            }
            Ok(())
        })
        .await?;
        let names = find::customers(unit, some.iter().map(|one| one.customer)).await?;
        let name = |id| names.get(&id).map_or("somebody", |one| one.name.as_str());
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
        let ends = || told.groups.iter().map(Some).chain([None]);
        let rows = ends().map(|from| {
            let cells = ends().map(|to| {
                let cell = told
                    .cells
                    .iter()
                    .find(|cell| (cell.before.as_ref(), cell.after.as_ref()) == (from, to));
                cell.map(|cell| grouped(cell.customers)).unwrap_or_default()
            });
            let from = from.map_or("came", String::as_str);
            std::iter::once(short(from, 20)).chain(cells).collect::<Vec<_>>()
        });
        let mut header = vec!["From / to"];
        header.extend(told.groups.iter().map(String::as_str).chain(["left"]));
        out.table(&header, 1, rows)?;
        for one in &some {
            out.line(format!("{}: {}", short(name(one.customer), 40), one.reason))?;
        }
        let moved = counted(moved, "customer", "customers");
        let stayed = counted(told.stayed, "customer", "customers");
        out.line(format!("{moved} moved, {stayed} stayed."))
    }
}
