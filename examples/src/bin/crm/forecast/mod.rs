//! `crm forecast`: what will come in, what was forecast before, and what became of it.

mod accuracy;
mod adjust;
mod beside;
mod compare;
mod queries;
mod show;
mod snapshot;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use crm_core::{
    forecast::{FiscalYear, ForecastBy, ForecastRequest, PeriodLength, Whose, forecast},
    kernel::{Currency, Id, Scope},
    pipeline::Pipeline,
    store::{ReadUnit, Store},
};
use serde_json::json;

use crate::{failure::Failure, find, output::Out, when};

/// `crm forecast`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "What is open and was to close before the day is overdue, what has no date stands apart: both \
                  are in no period. Targets and adjustments stand beside it: of the periods, the people and the\n\
                  pipeline that are asked for.\n\nExample:\n  crm forecast --as-of 2017-12-31 --by team --period quarter\n  \
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
    /// Keeps how things stand at the end of a day: for a scheduler, once a day, when the day is over.
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
    /// With each figure of JSON, of rows, of `own` and of `total`, its opportunities: `opportunities` is the question that lists
    /// those that count whole and have not moved since, for `crm list opportunities --where`; `others` names all
    /// the others, each with what counts of it.
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
            (None, Some(name)) => Ok(Whose::Unit(find::org_unit(unit, name).await?.id)),
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
            queries::add(unit, &request, &found, &mut told).await?;
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
        beside.add_json(&mut told);
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
    Ok(Some(find::pipeline(unit, Some(name)).await?.id))
}
