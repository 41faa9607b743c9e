use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    forecast_snapshot::ForecastSnapshot,
    kernel::{Currency, Id, Invalid, Result, text_enum},
    opportunity::ForecastCategory,
    pipeline::Pipeline,
    store::{Read, ReadUnit},
};

use super::{
    Figure, FiscalYear, Period, PeriodLength,
    gather::{Question, gather},
    groups::Grain,
    request::When,
};

text_enum! {
    /// From what it is known what was forecast.
    pub enum AccuracySource {
        /// A snapshot was taken.
        Snapshot = "snapshot",
        /// The moves since say what was before: see [`crate::forecast`] for what they do not say.
        Moves = "moves",
    }
}

/// What was forecast of a month when it began, and what closed in it.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthAccuracy {
    /// The month.
    pub month: Period,
    /// From what the forecast is known.
    pub source: AccuracySource,
    /// In which currency.
    pub currency: Currency,
    /// What was forecast at the end of the day before, by category.
    pub forecast: BTreeMap<ForecastCategory, Figure>,
    /// What closed in the month until the day that is asked for.
    pub closed: Figure,
}

impl MonthAccuracy {
    /// What was expected of all categories but `omitted`.
    pub fn expected(&self) -> Decimal {
        let counted = self.forecast.iter().filter(|(of, _)| **of != ForecastCategory::Omitted);
        let weighted = counted.map(|(_, figure)| figure.weighted);
        weighted.fold(Decimal::ZERO, Decimal::saturating_add).normalize()
    }

    /// What closed beyond what was expected; below zero where less did.
    pub fn error(&self) -> Decimal {
        self.closed.amount.saturating_sub(self.expected()).normalize()
    }

    /// What closed, as a share of what was expected, to six decimals; none where nothing was.
    pub fn accuracy(&self) -> Option<Decimal> {
        let expected = self.expected();
        if expected <= Decimal::ZERO {
            return None;
        }
        self.closed.amount.checked_div(expected).map(|share| share.round_dp(6))
    }
}

/// What was forecast at the start of each month against what closed in it until the end of `as_of`, from the month of
/// `from` to that of `to`; of a pipeline or of all, each currency by itself.
///
/// # Errors
/// [`Invalid`] when there are more than 120 months, or `to` is before `from` or in a month after `as_of`.
pub async fn forecast_accuracy(
    unit: &mut (dyn ReadUnit + '_),
    as_of: NaiveDate,
    from: NaiveDate,
    to: NaiveDate,
    pipeline: Option<Id<Pipeline>>,
) -> Result<Vec<MonthAccuracy>> {
    let month = |day| FiscalYear::CALENDAR.period_of(day, PeriodLength::Month);
    let months: Vec<_> = std::iter::successors(Some(month(from)), |one| Some(one.next()))
        .take_while(|one| *one <= month(to))
        .take(MOST_MONTHS + 1)
        .collect();
    if months.is_empty() || months.len() > MOST_MONTHS {
        let reason = format!("1 to {MOST_MONTHS} months, the first not after the last");
        return Err(Invalid::new("forecast", "to", reason).into());
    }
    if month(to) > month(as_of) {
        let reason = format!("{to} is after {as_of}: nothing closed then yet");
        return Err(Invalid::new("forecast", "to", reason).into());
    }
    let span = (months.first().copied(), months.last().copied());
    let (first, last) = (span.0.map(Period::start), span.1.map(Period::start));
    let asked = |as_of, months| Question {
        as_of,
        grain: Grain::default(),
        pipeline,
        product: None,
        months,
        undated: false,
    };
    let mut closed: BTreeMap<(NaiveDate, Currency), Figure> = BTreeMap::new();
    figures(unit, &asked(as_of, (first, last)), &mut |month, category, currency, figure| {
        if category == ForecastCategory::Closed {
            closed.entry((month, currency)).or_default().add(figure)?;
        }
        Ok(())
    })
    .await?;
    let mut told = Vec::new();
    for month in months {
        let start = month.start();
        let Some(day) = start.pred_opt() else { continue };
        let mut forecast: BTreeMap<Currency, BTreeMap<ForecastCategory, Figure>> = BTreeMap::new();
        let kept = snapshot(unit, day, pipeline, start, &mut forecast).await?;
        if !kept {
            let question = asked(day, (Some(start), Some(start)));
            figures(unit, &question, &mut |of, category, currency, figure| {
                if of == start {
                    let of = forecast.entry(currency).or_default();
                    of.entry(category).or_default().add(figure)?;
                }
                Ok(())
            })
            .await?;
        }
        let source = if kept { AccuracySource::Snapshot } else { AccuracySource::Moves };
        let won = closed.keys().filter(|(of, _)| *of == start).map(|(_, currency)| *currency);
        let currencies: BTreeSet<_> = forecast.keys().copied().chain(won).collect();
        for currency in currencies {
            told.push(MonthAccuracy {
                month,
                source,
                currency,
                forecast: forecast.remove(&currency).unwrap_or_default(),
                closed: closed.get(&(start, currency)).copied().unwrap_or_default(),
            });
        }
    }
    Ok(told)
}

const MOST_MONTHS: usize = 120;

type Each<'e> =
    dyn FnMut(NaiveDate, ForecastCategory, Currency, Figure) -> Result<(), Invalid> + Send + 'e;

/// What has an amount and a month.
async fn figures(
    unit: &mut (dyn ReadUnit + '_),
    question: &Question,
    each: &mut Each<'_>,
) -> Result<()> {
    gather(unit, question, &mut |portion| {
        let (When::Month(month), Some(currency)) = (portion.when, portion.currency) else {
            return Ok(());
        };
        let mut sum = Figure { count: portion.count, ..Figure::default() };
        for share in &portion.shares {
            let (amount, weighted) = (share.amount, share.weighted);
            sum.add(Figure { count: 0, amount, weighted })?;
        }
        Ok(each(month, portion.category, currency, sum)?)
    })
    .await
}

/// What a snapshot of a day says of a month; whether there is one.
async fn snapshot(
    unit: &mut (dyn ReadUnit + '_),
    day: NaiveDate,
    pipeline: Option<Id<Pipeline>>,
    month: NaiveDate,
    forecast: &mut BTreeMap<Currency, BTreeMap<ForecastCategory, Figure>>,
) -> Result<bool> {
    let id = ForecastSnapshot::id_of(unit.scope().tenant, day, pipeline);
    let stored = Read::<ForecastSnapshot>::get(unit, id).await?;
    let Some(snapshot) = stored.filter(|snapshot| snapshot.complete) else { return Ok(false) };
    for total in snapshot.totals.0.iter().filter(|total| total.month == Some(month)) {
        if let Some(currency) = total.currency {
            let figure = Figure {
                count: i64::try_from(total.count).unwrap_or(i64::MAX),
                amount: total.amount,
                weighted: total.weighted,
            };
            let of = forecast.entry(currency).or_default();
            of.entry(total.category).or_default().add(figure)?;
        }
    }
    Ok(true)
}
