use clap::Args;
use crm_core::{kernel::Scope, store::Store};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, grouped, short},
};

use super::{
    Best, Told,
    asked::{Asked, By},
    show,
    told::line_json,
};

/// `crm rfm`
#[derive(Debug, Args)]
#[command(
    after_help = "Each customer that bought has scores from 1 to 5 (5 is best) of how lately, how often and for how much, and a\n\
                  segment by them. Scales and segments are data: `crm settings`, value_policies.rfm.\n\nExample:\n  \
                  crm rfm --as-of 1998-06-30 --top 20"
)]
pub(crate) struct RfmOf {
    /// What purchases are: transactions, or won opportunities.
    #[arg(long, value_enum, default_value_t = By::Revenue)]
    by: By,
    #[command(flatten)]
    asked: Asked,
    /// So many customers, who brought most first, each with its reason. [default: 10; in JSON none]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
}

impl RfmOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let basis = self.by.into();
        let Some(request) = self.asked.request(store, scope, basis).await? else {
            return show::nothing(basis, out);
        };
        let mut best = Best::new(self.top.unwrap_or(if out.json { 0 } else { super::SHOWN }));
        let mut bought = 0_u64;
        let unit = &mut *store.read(scope.clone()).await?;
        let mut told = Told::preview(unit, &request, |line| {
            bought += u64::from(line.segment.is_some());
            best.add(line);
        })
        .await?;
        told.best = best.in_order();
        let names = find::customers(unit, told.best.iter().map(|line| line.customer_id)).await?;
        let (run, totals) = (&told.run, &told.totals);
        if out.json {
            let mut answer = json!({
                "as_of": run.as_of,
                "from": run.from_day,
                "to": run.to_day,
                "currency": run.currency,
                "customers": bought,
                "without_purchase": totals.customers - bought,
                "segments": totals.segments,
                "grid": totals.grid,
            });
            if !told.best.is_empty() {
                let best = told.best.iter().map(|line| line_json(run, line, &names));
                answer["best"] = best.collect::<Result<Vec<_>, Failure>>()?.into();
            }
            return out.json(&answer);
        }
        let rows = totals.segments.iter().map(|one| {
            let monetary = format!("{} {}", grouped(&one.monetary), run.currency);
            vec![one.segment.replace('_', " "), grouped(one.customers), monetary]
        });
        out.table(&["Segment", "Customers", "Brought"], 1, rows)?;
        let rows = (1..=5).rev().map(|recency| {
            let cells = (1..=5).map(|frequency| {
                let cell = totals
                    .grid
                    .iter()
                    .find(|cell| (cell.recency, cell.frequency) == (recency, frequency));
                cell.map(|cell| grouped(cell.customers)).unwrap_or_default()
            });
            std::iter::once(format!("recency {recency}")).chain(cells).collect()
        });
        let header = ["Customers", "frequency 1", "2", "3", "4", "5"];
        out.table(&header, 1, rows.collect::<Vec<Vec<String>>>())?;
        for line in &told.best {
            let name = names.get(&line.customer_id).map_or("somebody", |one| one.name.as_str());
            if let Some(reason) = line.reasons(run).map_err(crm_core::Error::from)?.segment {
                out.line(format!("{}: {reason}", short(name, 40)))?;
            }
        }
        Ok(())
    }
}
