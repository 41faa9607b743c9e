mod picture;

use clap::Args;
use crm_core::{kernel::Scope, store::Store};
use serde_json::json;

use crate::{
    db::Db,
    failure::Failure,
    find,
    output::{Out, grouped, short},
    page::Files,
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
                  crm rfm --as-of 1998-06-30 --top 20 --svg grid.svg"
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
    #[command(flatten)]
    files: Files,
}

impl RfmOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        db: &Db,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let basis = self.by.into();
        let places = self.files.places(db)?;
        let Some(mut request) = self.asked.request(store, scope, basis).await? else {
            return show::nothing(basis, None, Some(&places), out);
        };
        // Scores need no expectation, which poor data would refuse.
        request.policies.iter_mut().for_each(|policies| policies.lifetime = None);
        let most = self.top.unwrap_or(if out.json { 0 } else { super::SHOWN });
        let on_page = if places.has_page() { self.top.unwrap_or(super::SHOWN) } else { 0 };
        let mut best = Best::new(most.max(on_page));
        let mut bought = 0_u64;
        let unit = &mut *store.read(scope.clone()).await?;
        let mut told = Told::preview(unit, &request, |line| {
            bought += u64::from(line.segment.is_some());
            best.add(line);
        })
        .await?;
        told.best = best.in_order();
        let names = find::customers(unit, told.best.iter().map(|line| line.customer_id)).await?;
        places.write(
            || picture::picture(&told, bought),
            |picture| picture::page(&told, bought, &names, picture),
        )?;
        told.best.truncate(most);
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
        let rows = picture::lines(&told, |cell| grouped(cell.customers));
        let header = ["Customers", "frequency 1", "2", "3", "4", "5"];
        out.table(&header, 1, rows)?;
        for line in &told.best {
            let name = names.get(&line.customer_id).map_or("somebody", |one| one.name.as_str());
            if let Some(reason) = line.reasons(run).map_err(crm_core::Error::from)?.segment {
                out.line(format!("{}: {reason}", short(name, 40)))?;
            }
        }
        Ok(())
    }
}
