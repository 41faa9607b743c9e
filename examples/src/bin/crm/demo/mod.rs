//! `crm demo`: a sample house, and what can be done with it.

mod claim;
mod house;
mod people;
#[path = "../../../../../benches/customers/questions.rs"]
mod questions;
mod random;
#[path = "../../../../../crm-core/tests/dirty/records/mod.rs"]
#[expect(dead_code, reason = "tests ask which firm a record is")]
mod records;
mod rollback;
mod speed;
mod story;
mod words;

use std::{collections::HashMap, path::PathBuf, process::ExitCode, time::Instant};

use clap::Args;
use crm_core::{
    customer,
    kernel::{Criteria, Scope},
    opportunity,
};
use serde_json::json;

use crate::{
    db::{Db, Opened},
    failure::Failure,
    output::{Out, counted},
    value,
};

/// `crm demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// How many customers the house has.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    customers: u32,
    /// Another number, another house.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
}

impl Demo {
    pub(crate) async fn run(
        &self,
        db: Option<Db>,
        scope: Scope,
        out: Out,
    ) -> Result<ExitCode, Failure> {
        let kept = db.is_some();
        let folder = if kept { None } else { Some(Folder::new()?) };
        let db = match (db, &folder) {
            (Some(db), _) => db,
            (None, Some(folder)) => Db::Sqlite(folder.0.join("house.db")),
            (None, None) => return Ok(ExitCode::SUCCESS),
        };
        let told = {
            let opened = db.open().await?;
            self.tell(&opened, scope, out, kept).await
        };
        told.map(|()| ExitCode::SUCCESS)
    }

    async fn tell(
        &self,
        opened: &Opened,
        scope: Scope,
        out: Out,
        kept: bool,
    ) -> Result<(), Failure> {
        let store = opened.store();
        let there = {
            let mut unit = store.read(scope.clone()).await?;
            unit.count(Criteria::<customer::Customer>::everything()).await?
        };
        if there > 0 {
            let message = format!(
                "this house has {} already: make the sample in another one, with --tenant sample",
                counted(there, "customer", "customers")
            );
            return Err(Failure::Asked(message));
        }
        let began = Instant::now();
        let house = house::build(&*store, &scope, self.customers, self.seed).await?;
        let seconds = began.elapsed().as_secs_f64();
        if !out.json {
            return story::tell(opened, &scope, &house, (seconds, self.seed), kept, out).await;
        }
        let speed = speed::measure(&*store, &scope, &house, self.seed).await?;
        let mut unit = store.read(scope).await?;
        let funnel = opportunity::funnel(&mut *unit, house.pipeline.id).await?;
        let value = value::revenue(&mut *unit, 0).await?.to_json(&HashMap::new())?;
        let records = house.count.total();
        out.json(&json!({"records": records, "seconds": seconds, "funnel": funnel, "value": value, "speed": speed}))
    }
}

/// A folder that goes when the demo ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let name = format!("crm-demo-{}", uuid::Uuid::now_v7());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).map_err(|e| Failure::file(&path, &e))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A temporary folder that cannot be removed does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
