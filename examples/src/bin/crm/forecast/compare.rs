use std::collections::BTreeMap;

use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    forecast::{CompareRequest, Comparison, Figure, Moment, compare},
    forecast_snapshot::ForecastSnapshot,
    kernel::{Currency, Id},
    opportunity::ForecastCategory,
    pipeline::Pipeline,
    store::{Read, ReadUnit},
};
use serde_json::{Value, json};

use super::{Periods, WhoseArg, pipeline};
use crate::{
    failure::Failure,
    output::{Out, grouped, told, told_plain},
    when,
};

/// `crm forecast compare`
#[derive(Debug, Args)]
pub(crate) struct CompareOf {
    /// From the end of this day: its snapshot, where there is one, else as it is known now.
    #[arg(value_parser = when::day)]
    from: NaiveDate,
    /// Until the end of this day.
    #[arg(value_parser = when::day)]
    to: NaiveDate,
    /// Only what counts in the period of this day.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    of: Option<NaiveDate>,
    #[command(flatten)]
    periods: Periods,
    #[command(flatten)]
    whose: WhoseArg,
    /// Only of this pipeline, by name.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Also each opportunity that changed, in JSON.
    #[arg(long)]
    each: bool,
}

impl CompareOf {
    pub(super) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let pipeline = pipeline(unit, self.pipeline.as_deref()).await?;
        let fiscal = self.periods.fiscal_year()?;
        let request = CompareRequest {
            from: moment(unit, self.from, pipeline).await?,
            to: moment(unit, self.to, pipeline).await?,
            period: self.of.map(|day| fiscal.period_of(day, self.periods.length())),
            whose: self.whose.find(unit).await?,
        };
        let mut each = Vec::new();
        let found = compare(unit, &request, &mut |change| {
            if self.each {
                let lines = [&change.before, &change.after].map(|line| {
                    line.as_ref().map(|l| {
                        json!({"stage": l.stage, "category": l.category, "month": l.month,
                               "amount": l.amount, "weighted": l.weighted, "owner": l.owner_id})
                    })
                });
                let [before, after] = lines;
                each.push(json!({
                    "opportunity": change.opportunity_id, "kind": change.kind,
                    "before": before, "after": after,
                }));
            }
            Ok(())
        })
        .await?;
        if out.json {
            return out.json(&as_json(self, &found, each));
        }
        show(&found, out)
    }
}

/// The snapshot of a day, where a whole one was taken.
async fn moment(
    unit: &mut dyn ReadUnit,
    day: NaiveDate,
    pipeline: Option<Id<Pipeline>>,
) -> Result<Moment, Failure> {
    let id = ForecastSnapshot::id_of(unit.scope().tenant, day, pipeline);
    let taken = Read::<ForecastSnapshot>::get(unit, id).await?.is_some_and(|one| one.complete);
    Ok(if taken { Moment::Snapshot(id) } else { Moment::EndOf(day, pipeline) })
}

type Sums = BTreeMap<(ForecastCategory, Option<Currency>), Figure>;

fn as_json(asked: &CompareOf, found: &Comparison, each: Vec<Value>) -> Value {
    let sums = |sums: &Sums| -> Vec<_> {
        let told = |amount, currency: Option<Currency>| match currency {
            Some(currency) => told_plain(amount, currency),
            None => amount.to_string(),
        };
        let told = sums.iter().map(|((category, currency), figure)| {
            json!({
                "category": category, "currency": currency, "count": figure.count,
                "amount": told(figure.amount, *currency),
                "weighted": told(figure.weighted, *currency),
            })
        });
        told.collect()
    };
    let changes = found.changes.iter().map(|(kind, of)| {
        let changed = found.changed.get(kind).copied().unwrap_or_default();
        json!({"kind": kind, "opportunities": changed, "figures": sums(of)})
    });
    let mut told = json!({
        "from": asked.from,
        "to": asked.to,
        "before": sums(&found.before),
        "changes": changes.collect::<Vec<_>>(),
        "after": sums(&found.after),
    });
    if asked.each {
        told["each"] = each.into();
    }
    told
}

fn show(found: &Comparison, out: Out) -> Result<(), Failure> {
    let mut rows = total_rows("before", None, &found.before);
    for (kind, sums) in &found.changes {
        let name = kind.as_str().replace('_', " ");
        rows.extend(total_rows(&name, found.changed.get(kind).copied(), sums));
    }
    rows.extend(total_rows("after", None, &found.after));
    out.table(&["", "Deals", "Worth", "Expected"], 1, rows)
}

/// All categories but `omitted` together, each currency in a line.
fn total_rows(name: &str, changed: Option<u64>, sums: &Sums) -> Vec<Vec<String>> {
    let mut totals: BTreeMap<Option<Currency>, Figure> = BTreeMap::new();
    for ((category, currency), figure) in sums {
        let total = totals.entry(*currency).or_default();
        if *category != ForecastCategory::Omitted {
            total.count += figure.count;
            total.amount = total.amount.saturating_add(figure.amount);
            total.weighted = total.weighted.saturating_add(figure.weighted);
        }
    }
    let rows = totals.into_iter().map(|(currency, total)| {
        let code = currency.map_or("", |currency| currency.code());
        let count = changed.map_or_else(|| grouped(total.count), grouped);
        let amount = |amount| format!("{} {code}", told(amount, currency)).trim_end().to_owned();
        vec![name.to_owned(), count, amount(total.amount), amount(total.weighted)]
    });
    rows.collect()
}
