//! `crm forecast`: what will come in, what was forecast before, and what became of it.

mod accuracy;
mod adjust;
mod beside;
mod compare;
mod show;
mod snapshot;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use crm_core::{
    forecast::{FiscalYear, ForecastBy, ForecastRequest, PeriodLength, Whose, behind, forecast},
    kernel::{Currency, Id, Query, Scope},
    org_unit::{self, OrgUnit},
    pipeline::{self, Pipeline},
    store::{Read, ReadUnit, Store, find_one},
};
use serde_json::json;

use crate::{failure::Failure, find, output::Out, when};

/// `crm forecast`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "What is open and was to close before the day is overdue, what has no date stands apart: both \
                  are in no period.\n\nExample:\n  crm forecast --as-of 2017-12-31 --by team --period quarter\n  \
                  crm forecast accuracy --as-of 2017-12-31 --from 2017-01-01\n  \
                  crm forecast snapshot --day 2017-12-31\n  crm forecast compare 2017-11-30 2017-12-31"
)]
pub(crate) struct ForecastOf {
    #[command(subcommand)]
    more: Option<More>,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Debug, Subcommand)]
enum More {
    /// Shows what was forecast of each month when it began, and what closed in it.
    Accuracy(accuracy::AccuracyOf),
    /// Keeps how things stand at the end of a day: for a scheduler, once a day.
    Snapshot(snapshot::SnapshotOf),
    /// Shows what changed between two days: new, won, lost, slipped, worth more or less.
    Compare(compare::CompareOf),
    /// Says what is expected instead of a computed figure, and why.
    Adjust(adjust::Adjust),
}

#[derive(Debug, Args)]
struct Asked {
    /// As of the end of this day, in UTC. [default: today]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    as_of: Option<NaiveDate>,
    /// What the rows are.
    #[arg(long, value_enum, default_value_t = By::Owner)]
    by: By,
    #[command(flatten)]
    periods: Periods,
    /// Only periods from the one of this day on.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    from: Option<NaiveDate>,
    /// Only periods up to the one of this day.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    to: Option<NaiveDate>,
    /// All in this currency, by the rates of the day (`crm rate`); else each in its own.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// Shows what is expected, each amount times its probability; JSON always has both.
    #[arg(long)]
    weighted: bool,
    /// Only of this pipeline, by name.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    #[command(flatten)]
    whose: WhoseArg,
    /// With each figure of JSON the question that lists its opportunities, for `crm list opportunities --where`.
    #[arg(long)]
    queries: bool,
}

/// How long periods are, and when they begin.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Periods {
    /// How long periods are.
    #[arg(long, value_enum, default_value_t = Length::Month)]
    period: Length,
    /// The month that the year of the house begins with: 1 to 12.
    #[arg(long, value_name = "MONTH", default_value_t = 1)]
    fiscal_year_start: u32,
}

impl Periods {
    pub(crate) fn fiscal_year(self) -> Result<FiscalYear, Failure> {
        Ok(FiscalYear::starting_in(self.fiscal_year_start).map_err(crm_core::Error::from)?)
    }

    pub(crate) const fn length(self) -> PeriodLength {
        match self.period {
            Length::Month => PeriodLength::Month,
            Length::Quarter => PeriodLength::Quarter,
            Length::Year => PeriodLength::Year,
        }
    }
}

/// Whose figures.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct WhoseArg {
    /// Only this colleague's: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    staff: Option<String>,
    /// Only those of this unit and of the units below it: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    unit: Option<String>,
}

impl WhoseArg {
    pub(crate) async fn find(&self, unit: &mut dyn ReadUnit) -> Result<Whose, Failure> {
        match (&self.staff, &self.unit) {
            (Some(name), _) => Ok(Whose::Staff(find::staff(unit, name).await?.id)),
            (None, Some(name)) => Ok(Whose::Unit(org_unit(unit, name).await?)),
            (None, None) => Ok(Whose::House),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Owner,
    Team,
    Product,
    Category,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Length {
    Month,
    Quarter,
    Year,
}

impl ForecastOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.more {
            Some(More::Snapshot(snapshot)) => return snapshot.run(store, scope, out).await,
            Some(More::Adjust(adjust)) => return adjust.run(store, scope, out).await,
            _ => {}
        }
        let unit = &mut *store.read(scope.clone()).await?;
        match &self.more {
            Some(More::Accuracy(accuracy)) => accuracy.run(unit, out).await,
            Some(More::Compare(compare)) => compare.run(unit, out).await,
            _ => self.asked.run(unit, out).await,
        }
    }
}

impl Asked {
    async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let request = self.request(unit).await?;
        let found = forecast(unit, &request).await?;
        let beside = beside::Beside::find(unit, &request).await?;
        if !out.json {
            show::show(&request, &found, self.weighted, out)?;
            return beside.show(out);
        }
        let mut told = found.to_json();
        if self.queries {
            for (row, json) in found.rows.iter().zip(list(&mut told["rows"])) {
                for (cell, json) in row.cells.iter().zip(list(&mut json["cells"])) {
                    let which = behind(unit, &request, Some(row.key), cell).await?;
                    json["opportunities"] = which.opportunities.to_json();
                    json["parted"] = which.parted.to_json();
                    json["moved"] = which.moved.to_json();
                }
            }
        }
        let head = json!({
            "as_of": request.as_of,
            "by": show::by(request.by),
            "period": request.length,
            "fiscal_year_start": request.fiscal_year.start_month(),
            "in_currency": request.currency,
        });
        for (name, value) in head.as_object().into_iter().flatten() {
            told[name] = value.clone();
        }
        told["targets"] = beside.targets_json();
        told["adjustments"] = beside.adjustments_json();
        out.json(&told)
    }

    async fn request(&self, unit: &mut dyn ReadUnit) -> Result<ForecastRequest, Failure> {
        Ok(ForecastRequest {
            by: match self.by {
                By::Owner => ForecastBy::Owner,
                By::Team => ForecastBy::Team,
                By::Product => ForecastBy::Product,
                By::Category => ForecastBy::Category,
            },
            length: self.periods.length(),
            fiscal_year: self.periods.fiscal_year()?,
            from: self.from,
            to: self.to,
            currency: self.currency,
            pipeline: pipeline(unit, self.pipeline.as_deref()).await?,
            whose: self.whose.find(unit).await?,
            ..ForecastRequest::new(day_or_today(self.as_of))
        })
    }
}

/// The entries of a list.
pub(crate) fn list(json: &mut serde_json::Value) -> impl Iterator<Item = &mut serde_json::Value> {
    json.as_array_mut().into_iter().flatten()
}

/// A day that was named, else today.
fn day_or_today(day: Option<NaiveDate>) -> NaiveDate {
    day.unwrap_or_else(|| when::now().date())
}

/// The pipeline that is named, if one is.
pub(crate) async fn pipeline(
    unit: &mut dyn ReadUnit,
    name: Option<&str>,
) -> Result<Option<Id<Pipeline>>, Failure> {
    let Some(name) = name else { return Ok(None) };
    if let Some(found) = find_one(unit, pipeline::NAME.eq(name)).await? {
        return Ok(Some(found.id));
    }
    let all = Read::<Pipeline>::find(unit, Query::all().order_by(&pipeline::NAME)).await?;
    let names: Vec<_> = all.items.iter().map(|pipeline| pipeline.name.as_str()).collect();
    let names = names.join(", ");
    Err(Failure::Asked(format!("there is no pipeline {name:?}; there are: {names}")))
}

async fn org_unit(unit: &mut dyn ReadUnit, text: &str) -> Result<Id<OrgUnit>, Failure> {
    if let Ok(id) = text.parse()
        && let Some(found) = Read::<OrgUnit>::get(unit, id).await?
    {
        return Ok(found.id);
    }
    for criteria in [org_unit::EXTERNAL_ID.eq(text), org_unit::NAME.eq(text)] {
        if let Some(found) = find_one(unit, criteria).await? {
            return Ok(found.id);
        }
    }
    let hint = "`crm list org_units` shows which there are";
    Err(Failure::Asked(format!("there is no unit {text:?}; {hint}")))
}
