use chrono::{Datelike, NaiveDate};
use clap::Args;
use crm_core::{
    forecast::{FiscalYear, MonthAccuracy, forecast_accuracy},
    opportunity::ForecastCategory,
    store::ReadUnit,
};
use serde_json::json;

use super::{day_or_today, pipeline};
use crate::{
    failure::Failure,
    output::{Out, grouped, percent, told, told_plain},
    when,
};

/// `crm forecast accuracy`
#[derive(Debug, Args)]
pub(crate) struct AccuracyOf {
    /// What closed until the end of this day, in UTC. [default: today]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    as_of: Option<NaiveDate>,
    /// From the month of this day on. [default: the year of the day]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    from: Option<NaiveDate>,
    /// Up to the month of this day. [default: the month of the day]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    to: Option<NaiveDate>,
    /// Only of this pipeline, by name.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

impl AccuracyOf {
    pub(super) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let as_of = day_or_today(self.as_of);
        let from = self.from.or_else(|| as_of.with_day(1)?.with_month(1)).unwrap_or(as_of);
        let to = self.to.unwrap_or(as_of);
        let pipeline = pipeline(unit, self.pipeline.as_deref()).await?;
        let months = forecast_accuracy(unit, as_of, from, to, pipeline).await?;
        if out.json {
            let months: Vec<_> = months.iter().map(as_json).collect();
            return out.json(&json!({"as_of": as_of, "months": months}));
        }
        if months.is_empty() {
            return out.line("Nothing was forecast of these months, and nothing closed in them.");
        }
        let rows = months.iter().map(|one| {
            let currency = Some(one.currency);
            let of = |category| one.forecast.get(&category).map(|figure| figure.amount);
            let amount = |amount: Option<_>| amount.map_or_else(String::new, |a| told(a, currency));
            let share = one.accuracy().map(|share| percent(&share.to_string()));
            vec![
                one.month.label(FiscalYear::CALENDAR),
                amount(of(ForecastCategory::Commit)),
                told(one.expected(), currency),
                grouped(one.closed.count),
                format!("{} {}", told(one.closed.amount, currency), one.currency),
                told(one.error(), currency),
                share.unwrap_or_default(),
                one.source.to_string(),
            ]
        });
        let header = ["Month", "Commit", "Expected", "Deals", "Closed", "Error", "", "Known from"];
        out.table(&header, 1, rows)
    }
}

fn as_json(one: &MonthAccuracy) -> serde_json::Value {
    let amount = |amount| told_plain(amount, one.currency);
    let forecast = one.forecast.iter().map(|(category, figure)| {
        let told = json!({
            "count": figure.count,
            "amount": amount(figure.amount),
            "weighted": amount(figure.weighted),
        });
        (category.as_str().to_owned(), told)
    });
    let forecast: serde_json::Map<_, _> = forecast.collect();
    json!({
        "month": one.month.label(FiscalYear::CALENDAR),
        "currency": one.currency,
        "source": one.source,
        "forecast": forecast,
        "expected": amount(one.expected()),
        "closed": {"count": one.closed.count, "amount": amount(one.closed.amount)},
        "error": amount(one.error()),
        "accuracy": one.accuracy().map(|share| format!("{share:.6}")),
    })
}
