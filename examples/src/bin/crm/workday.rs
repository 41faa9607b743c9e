use clap::Args;
use crm_core::{
    store::ReadUnit,
    workday::{WorkItem, workday},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
    when::DayOf,
};

/// `crm workday`
#[derive(Debug, Args)]
#[command(
    after_help = "Points say how urgent it is: a task that is due today has 100, and 10 more for each day that \
                  it is late;\na customer has 50 for each time that the agreed days went by without contact \
                  (`crm settings`).\n\nExample:\n  crm workday 'Anna Snow' --day 2017-12-31"
)]
pub(crate) struct WorkdayOf {
    /// The colleague: an id, an external id or a name.
    staff: String,
    #[command(flatten)]
    when: DayOf,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
}

impl WorkdayOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let staff = find::staff(unit, &self.staff).await?;
        let day = self.when.date();
        let items = workday(unit, staff.id, day, self.when.utc_offset(), self.limit).await?;
        if out.json {
            let items: Vec<_> = items.iter().map(as_json).collect();
            let who = json!({"id": staff.id, "name": staff.name});
            return out.json(&json!({"staff": who, "day": day, "items": items}));
        }
        let away = items.iter().filter_map(|item| item.on_behalf_of);
        let away = find::colleagues(unit, away).await?;
        let who = short(&staff.name, 60);
        if items.is_empty() {
            return out.line(format!("{who} has nothing to do on {day}."));
        }
        out.line(format!("{who}, {day}"))?;
        // What reads the same is one line: opportunities that nobody gave a name of their own.
        let mut rows: Vec<([String; 4], usize)> = Vec::new();
        for item in &items {
            let of = item.on_behalf_of.and_then(|id| away.get(&id));
            let reason = item.reason();
            let row = [
                item.customer.clone().or(item.lead.clone()).unwrap_or_else(|| "-".to_owned()),
                item.what.clone(),
                of.map_or(reason.clone(), |one| format!("for {}: {reason}", one.name)),
                item.urgency().to_string(),
            ];
            match rows.last_mut() {
                Some((last, times)) if *last == row => *times += 1,
                _ => rows.push((row, 1)),
            }
        }
        let rows = rows.into_iter().map(|([customer, what, reason, points], times)| {
            let what = short(&what, 28);
            let what = if times > 1 { format!("{what} (× {times})") } else { what };
            vec![short(&customer, 26), what, short(&reason, 50), points]
        });
        out.table(&["Customer", "What", "Why", "Points"], 3, rows)?;
        let full = items.len() == self.limit as usize;
        if full { out.line("There may be more: --limit") } else { Ok(()) }
    }
}

fn as_json(item: &WorkItem) -> serde_json::Value {
    json!({
        "urgency": item.urgency(),
        "kind": item.kind(),
        "customer": item.customer_id.map(|id| json!({"id": id, "name": item.customer})),
        "what": item.what,
        "reason": item.reason(),
        "on_behalf_of": item.on_behalf_of,
        "task_id": item.task_id,
        "interaction_id": item.interaction_id,
        "opportunity_id": item.opportunity_id,
        "lead": item.lead_id.map(|id| json!({"id": id, "name": item.lead})),
    })
}
