//! `crm territories`

mod change;
mod show;

use std::{collections::HashMap, path::PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use crm_core::{
    kernel::{Id, Query, Scope},
    store::{ReadUnit, Store, every},
    territory::Territory,
};

use crate::{failure::Failure, output::Out, when};

#[derive(Debug, Args)]
#[command(after_help = FILE_HELP)]
pub(crate) struct TerritoriesOf {
    /// On this day. [default: today]
    #[arg(long, global = true, value_name = "DAY", value_parser = when::day)]
    day: Option<NaiveDate>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

const FILE_HELP: &str = "\
Without a verb: the tree, who works there, and how many customers each has. Any day can be asked for, one that
is past or to come: `crm territories --day 2027-01-01`.

Example, with plan.json, all territories as they are to be:
  {\"territories\": [
    {\"name\": \"North\", \"criteria\": {\"field\": \"region\", \"value\": \"north\"},
     \"members\": [{\"staff\": \"Anna Snow\"}]},
    {\"name\": \"North, schools\", \"parent\": \"North\", \"priority\": 1,
     \"criteria\": {\"field\": \"industry\", \"value\": \"education\"},
     \"members\": [{\"staff\": \"Ben Ford\", \"role\": \"specialist\"}]}]}
  crm territories preview plan.json; crm territories align plan.json; crm territories check";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Says where territories overlap, who belongs nowhere, and where nobody is there.
    Check,
    /// Says what a plan would move, in customers and in money.
    Preview(Preview),
    /// Makes the territories what a plan says, from the day on; on the days before, all stays as it was.
    Align {
        /// The plan: a JSON file, or `-`.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Preview {
    /// The plan: a JSON file, or `-`.
    file: PathBuf,
    /// The revenue from this day on. [default: a year before the day]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    from: Option<NaiveDate>,
    /// Up to this day, that day no more. [default: the day]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    to: Option<NaiveDate>,
}

impl TerritoriesOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let day = self.day.unwrap_or_else(|| when::now().date());
        if let Some(Verb::Align { file }) = &self.verb {
            return change::align(file, store, scope, day, out).await;
        }
        let unit = &mut *store.read(scope.clone()).await?;
        match &self.verb {
            None => show::tree(unit, day, out).await,
            Some(Verb::Check) => show::check(unit, day, out).await,
            Some(Verb::Preview(preview)) => change::preview(preview, unit, day, out).await,
            Some(Verb::Align { .. }) => Ok(()),
        }
    }
}

/// What territories are called.
async fn names(unit: &mut dyn ReadUnit) -> Result<HashMap<Id<Territory>, String>, Failure> {
    let mut names = HashMap::new();
    every::<Territory, _>(unit, Query::all(), |one| {
        names.insert(one.id, one.into_inner().name);
        Ok(())
    })
    .await?;
    Ok(names)
}
