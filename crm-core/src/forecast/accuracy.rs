use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    forecast_snapshot::ForecastSnapshot,
    kernel::{Currency, Id, Invalid, Result, ratio, text_enum},
    opportunity::ForecastCategory,
    pipeline::Pipeline,
    store::{Read, ReadUnit},
};

use super::{
    Figure, FiscalPeriod, FiscalYear, PeriodLength,
    gather::{Question, gather},
    groups::Grain,
    month_starts::{ByCurrency, at_month_starts},
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
    pub month: FiscalPeriod,
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
        ratio(self.closed.amount, expected, 6)
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
    let (first, last) = (span.0.map(FiscalPeriod::start), span.1.map(FiscalPeriod::start));
    let question = Question {
        as_of,
        grain: Grain::default(),
        pipeline,
        product: None,
        months: (first, last),
        undated: false,
    };
    let closed = closed(unit, &question).await?;
    let mut kept: BTreeMap<NaiveDate, ByCurrency> = BTreeMap::new();
    let mut starts = Vec::new();
    for start in months.iter().map(|month| month.start()) {
        match snapshot(unit, pipeline, start).await? {
            Some(forecast) => {
                kept.insert(start, forecast);
            }
            None => starts.push(start),
        }
    }
    let mut from_moves = at_month_starts(unit, &starts, pipeline).await?;
    let mut told = Vec::new();
    for month in months {
        let start = month.start();
        let (source, forecast) = match kept.remove(&start) {
            Some(forecast) => (AccuracySource::Snapshot, Some(forecast)),
            None => (AccuracySource::Moves, from_moves.remove(&start)),
        };
        let mut forecast = forecast.unwrap_or_default();
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

/// What closed, by month and currency.
async fn closed(
    unit: &mut (dyn ReadUnit + '_),
    question: &Question,
) -> Result<BTreeMap<(NaiveDate, Currency), Figure>> {
    let mut closed: BTreeMap<_, Figure> = BTreeMap::new();
    gather(unit, question, &mut |portion| {
        let (When::Month(month), Some(currency)) = (portion.when, portion.currency) else {
            return Ok(());
        };
        if portion.category == ForecastCategory::Closed {
            let sum = closed.entry((month, currency)).or_default();
            sum.count += portion.count;
            for share in &portion.shares {
                let (amount, weighted) = (share.amount, share.weighted);
                sum.add(Figure { count: 0, amount, weighted })?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(closed)
}

/// What a snapshot of the day before says of the month that begins on this one; none where there is no whole one.
async fn snapshot(
    unit: &mut (dyn ReadUnit + '_),
    pipeline: Option<Id<Pipeline>>,
    start: NaiveDate,
) -> Result<Option<ByCurrency>> {
    let Some(day) = start.pred_opt() else { return Ok(None) };
    let id = ForecastSnapshot::id_of(unit.scope().tenant, day, pipeline);
    let stored = Read::<ForecastSnapshot>::get(unit, id).await?;
    let Some(snapshot) = stored.filter(|snapshot| snapshot.complete) else { return Ok(None) };
    let mut forecast = ByCurrency::new();
    for total in snapshot.totals.0.iter().filter(|total| total.month == Some(start)) {
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
    Ok(Some(forecast))
}
