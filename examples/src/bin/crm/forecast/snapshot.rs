use chrono::NaiveDate;
use clap::Args;
use crm_core::{forecast::take_snapshot, kernel::Scope, store::Store};
use serde_json::json;

use super::pipeline;
use crate::{
    failure::Failure,
    output::{Out, counted},
    when,
};

/// `crm forecast snapshot`
#[derive(Debug, Args)]
pub(crate) struct SnapshotOf {
    /// How things stood at the end of this day, in UTC. Of a day that is not over it keeps how things stand now, for good.
    /// [default: yesterday, the last day that is over]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    day: Option<NaiveDate>,
    /// Only of this pipeline, by name.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

impl SnapshotOf {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let yesterday = || when::now().date().pred_opt();
        let day = self.day.or_else(yesterday).unwrap_or_else(|| when::now().date());
        let pipeline = {
            let mut unit = store.read(scope.clone()).await?;
            pipeline(&mut *unit, self.pipeline.as_deref()).await?
        };
        let snapshot = take_snapshot(store, scope, day, pipeline).await?;
        if out.json {
            return out.json(&json!({
                "id": snapshot.id,
                "day": snapshot.day,
                "lines": snapshot.lines,
                "totals": snapshot.totals,
            }));
        }
        let lines = counted(snapshot.lines, "opportunity", "opportunities");
        out.line(format!("{lines} counted at the end of {day}: {}", snapshot.id))
    }
}
