use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    pipeline_report::{Stuck, stuck},
    store::ReadUnit,
};
use serde_json::json;

use super::{SelectOf, cell::without_queries};
use crate::{
    failure::Failure,
    find,
    output::{Out, counted, grouped, short},
    when::{day, now, offset},
};

/// `crm stuck`
#[derive(Debug, Args)]
#[command(
    after_help = "What was open as of the day and in its stage for longer than expected, idle, past its expected close, \
                  or\nwithout a next step that has a day; the points are those of `crm workday`, of all reasons \
                  together.\n\nExample:\n  crm stuck --as-of 2017-12-31 --owner 'Anna Snelling'"
)]
pub(crate) struct StuckOf {
    /// As things stood when this day was over. [default: today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<NaiveDate>,
    /// How far the clocks of the house are ahead of UTC, such as +08:00.
    #[arg(long, value_name = "OFFSET", default_value = "+00:00", allow_hyphen_values = true, value_parser = offset)]
    utc_offset: chrono::FixedOffset,
    #[command(flatten)]
    which: SelectOf,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// With the figure of JSON the question that lists what was open.
    #[arg(long)]
    queries: bool,
}

impl StuckOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let today = || now().to_datetime().with_timezone(&self.utc_offset).date_naive();
        let as_of = self.as_of.unwrap_or_else(today);
        let filter = self.which.criteria(unit).await?;
        let found = stuck(unit, as_of, self.utc_offset, &filter, self.limit).await?;
        let ids = found.items.iter().filter_map(|item| item.opportunity.customer_id);
        let customers = find::customers(unit, ids).await?;
        let customer = |item: &Stuck| {
            let id = item.opportunity.customer_id?;
            customers.get(&id).map(|one| one.name.clone())
        };
        if out.json {
            let item = |item: &Stuck| {
                json!({
                    "id": item.opportunity.id,
                    "external_id": item.opportunity.external_id,
                    "name": item.opportunity.name,
                    "customer": customer(item),
                    "stage": item.stood.stage,
                    "since": item.stood.stage_since,
                    "owner_id": item.stood.owner_id,
                    "amount": item.stood.amount,
                    "urgency": item.urgency(),
                    "reasons": item.reasons(),
                })
            };
            let items: Vec<_> = found.items.iter().map(item).collect();
            let mut told = json!({
                "as_of": as_of, "open": found.open, "stuck": found.stuck, "items": items,
            });
            if !self.queries {
                without_queries(&mut told);
            }
            return out.json(&told);
        }
        out.line(format!(
            "{} of {} do not move, as of {as_of}.",
            grouped(found.stuck.count),
            counted(found.open.count, "open opportunity", "open opportunities")
        ))?;
        if found.items.is_empty() {
            return Ok(());
        }
        let line = |item: &Stuck| {
            vec![
                short(&customer(item).unwrap_or_else(|| "-".to_owned()), 22),
                short(&item.opportunity.name, 24),
                item.stood.stage.clone(),
                item.reasons().join("; "),
                item.urgency().to_string(),
            ]
        };
        let header = ["Customer", "Opportunity", "Stage", "Why", "Points"];
        out.table(&header, 4, found.items.iter().map(line))
    }
}
