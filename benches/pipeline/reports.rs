//! The funnel and the forecast as somebody would write them by hand: each statement goes through its
//! table once.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Offset, Utc};
use crm_benches::Result;
use crm_core::{
    forecast::{FiscalYear, Forecast, ForecastRequest, RowKey, forecast},
    kernel::Timestamp,
    pipeline_report::{FunnelQuestion, FunnelReport, Measure, Period, funnel_report},
    store::ReadUnit,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::base::Base;

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given {
    Uuid(Uuid),
    Time(Timestamp),
    Day(NaiveDate),
}

/// A value of an answer: an amount is whole units of 10^-4.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    Nothing,
    Text(String),
    Number(i64),
}

/// How a database adds up amounts, in whole units.
pub(crate) type Sum = fn(&str) -> String;

/// By stage, measure and currency: how many, and how much.
pub(crate) type Figures = BTreeMap<(String, String, String), (i64, i64)>;

/// A statement with its parameters.
pub(crate) struct Asked {
    pub(crate) sql: String,
    pub(crate) given: Vec<Given>,
}

const ENTERING: &str =
    "kind IN ('opened', 'imported', 'advanced', 'back', 'won', 'lost', 'reopened', 'transferred')";

/// The measures that one way through the moves gives, by stage left.
const LEFT: [(&str, &str); 7] = [
    ("forward", "pipeline_id = $2 AND to_status = 'open' AND course IN ('next', 'ahead')"),
    ("back", "pipeline_id = $2 AND course = 'back'"),
    ("won", "pipeline_id = $2 AND to_status = 'won'"),
    ("lost", "pipeline_id = $2 AND to_status = 'lost'"),
    ("transferred", "pipeline_id <> $2"),
    ("next", "pipeline_id = $2 AND course = 'next'"),
    ("onward", "pipeline_id = $2 AND (to_status = 'won' OR course IN ('next', 'ahead'))"),
];

/// What a funnel is asked for.
pub(crate) struct Funnel {
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
    as_of: NaiveDate,
}

impl Funnel {
    pub(crate) fn new(base: &Base, from: NaiveDate, to: NaiveDate) -> Result<Self> {
        Ok(Self { from, to, as_of: base.as_of()? })
    }

    /// By the library.
    pub(crate) async fn ours(&self, unit: &mut dyn ReadUnit, base: &Base) -> Result<FunnelReport> {
        let period = Period::new(self.from, self.to, Utc.fix())?;
        let question = FunnelQuestion::new(base.pipeline.id, period).as_of(self.as_of);
        Ok(funnel_report(unit, &question).await?)
    }

    /// The statements by hand: entered and won since, left, how long, moved since the day, and there now.
    pub(crate) fn by_hand(&self, base: &Base, sum: Sum) -> Result<[Asked; 5]> {
        let seen = Timestamp::start_of(self.as_of.succ_opt().ok_or("no day")?)?;
        let (from, to) = (Timestamp::start_of(self.from)?, Timestamp::start_of(self.to)?);
        let (tenant, pipeline) =
            (Given::Uuid(base.scope.tenant.0), Given::Uuid(base.pipeline.id.uuid()));
        let (from, to, seen) = (Given::Time(from), Given::Time(to), Given::Time(seen));
        let all = sum("o.amount");
        let won = sum("CASE WHEN o.status = 'won' AND o.closed_on <= $6 THEN o.amount END");
        let entered = format!(
            "SELECT d.to_stage, o.amount_currency, count(*), {all}, \
             count(*) FILTER (WHERE o.status = 'won' AND o.closed_on <= $6), {won} \
             FROM (SELECT DISTINCT to_stage, opportunity_id FROM crm_stage_move \
             WHERE tenant_id = $1 AND pipeline_id = $2 AND moved_at >= $3 AND moved_at < $4 \
             AND moved_at < $5 AND {ENTERING}) AS d \
             JOIN crm_opportunity AS o ON o.tenant_id = $1 AND o.id = d.opportunity_id GROUP BY 1, 2"
        );
        let leaving = format!(
            "FROM crm_stage_move WHERE tenant_id = $1 AND from_pipeline_id = $2 AND entered_at >= $3 \
             AND entered_at < $4 AND moved_at >= $3 AND moved_at < $5 AND {ENTERING}"
        );
        let flags =
            LEFT.map(|(name, test)| format!("max(CASE WHEN {test} THEN 1 ELSE 0 END) AS {name}_0"));
        let sums = LEFT.map(|(name, _)| {
            let amount = sum(&format!("CASE WHEN l.{name}_0 = 1 THEN o.amount END"));
            format!("sum(l.{name}_0), {amount}")
        });
        let left = format!(
            "SELECT l.from_stage, o.amount_currency, {} FROM (SELECT from_stage, opportunity_id, {} \
             {leaving} GROUP BY from_stage, opportunity_id) AS l JOIN crm_opportunity AS o \
             ON o.tenant_id = $1 AND o.id = l.opportunity_id GROUP BY 1, 2",
            sums.join(", "),
            flags.join(", ")
        );
        let stayed = format!("SELECT from_stage, stayed_days, count(*) {leaving} GROUP BY 1, 2");
        let were = format!(
            "SELECT from_stage, amount_before_currency, count(*), {} FROM crm_stage_move \
             WHERE tenant_id = $1 AND from_pipeline_id = $2 AND moved_at >= $3 AND since < $3 \
             GROUP BY 1, 2",
            sum("amount_before")
        );
        let are = format!(
            "SELECT stage, amount_currency, count(*), {} FROM crm_opportunity \
             WHERE tenant_id = $1 AND pipeline_id = $2 AND moved_at < $3 GROUP BY 1, 2",
            sum("amount")
        );
        let day = Given::Day(self.as_of);
        let asked = |sql, given: &[Given]| Asked { sql, given: given.to_vec() };
        Ok([
            asked(entered, &[tenant, pipeline, from, to, seen, day]),
            asked(left, &[tenant, pipeline, from, to, seen]),
            asked(stayed, &[tenant, pipeline, from, to, seen]),
            asked(were, &[tenant, pipeline, seen]),
            asked(are, &[tenant, pipeline, seen]),
        ])
    }

    /// Fails where the figures differ.
    pub(crate) fn same(ours: &FunnelReport, answers: &[Vec<Vec<Found>>]) -> Result {
        let mut by_hand = Figures::new();
        let measures = [
            vec!["entered", "became_won"],
            LEFT.iter().map(|(name, _)| *name).collect(),
            Vec::new(),
            vec!["in_stage"],
            vec!["in_stage"],
        ];
        for (rows, measures) in answers.iter().zip(&measures) {
            for row in rows {
                for (at, measure) in measures.iter().enumerate() {
                    let key = (text(row, 0), (*measure).to_owned(), text(row, 1));
                    let figure = by_hand.entry(key).or_default();
                    figure.0 += number(row, 2 + at * 2);
                    figure.1 += number(row, 3 + at * 2);
                }
            }
        }
        by_hand.retain(|_, (count, _)| *count != 0);
        let mut found = Figures::new();
        for stage in &ours.stages {
            for measure in Measure::ALL {
                for (currency, amount) in &stage.total(*measure).amounts {
                    let key = (stage.key.clone(), measure.to_string(), currency.to_string());
                    found.insert(key, (0, units(*amount)?));
                }
            }
        }
        let amounts: Figures =
            by_hand.iter().map(|(key, (_, amount))| (key.clone(), (0, *amount))).collect();
        if amounts != found {
            return Err(format!("not the same amounts: {amounts:?} and {found:?}").into());
        }
        for stage in &ours.stages {
            for measure in Measure::ALL {
                let count: i64 = (by_hand.iter())
                    .filter(|((key, of, _), _)| *key == stage.key && *of == measure.to_string())
                    .map(|(_, (count, _))| count)
                    .sum();
                if i64::try_from(stage.total(*measure).count)? != count {
                    return Err(format!("{} {measure}: {count} by hand", stage.key).into());
                }
            }
            let stays = answers.get(2).into_iter().flatten();
            let stays = stays.filter(|row| text(row, 0) == stage.key);
            let stays: i64 = stays.map(|row| number(row, 2)).sum();
            let summary = stage.stayed.as_ref().map_or(0, |summary| summary.count);
            if i64::try_from(summary)? != stays {
                return Err(format!("{}: {stays} stays by hand", stage.key).into());
            }
        }
        Ok(())
    }
}

/// The forecast by month and owner, by the library.
pub(crate) async fn our_forecast(unit: &mut dyn ReadUnit, base: &Base) -> Result<Forecast> {
    Ok(forecast(unit, &ForecastRequest::new(base.as_of()?)).await?)
}

/// The same by hand: what is, and what was before it moved after the day.
pub(crate) fn forecast_by_hand(base: &Base, sum: Sum) -> Result<[Asked; 2]> {
    let day = base.as_of()?;
    let end = Timestamp::start_of(day.succ_opt().ok_or("no day")?)?;
    let tenant = Given::Uuid(base.scope.tenant.0);
    let are = format!(
        "SELECT counts_as, amount_currency, status, forecast_month, owner_id, \
         CASE WHEN status = 'open' AND expected_close < $3 THEN 1 ELSE 0 END, count(*), {}, {} \
         FROM crm_opportunity WHERE tenant_id = $1 AND moved_at < $2 AND status <> 'lost' \
         AND shared = FALSE GROUP BY 1, 2, 3, 4, 5, 6",
        sum("amount"),
        sum("weighted")
    );
    let were = format!(
        "SELECT category_before, amount_before_currency, from_status, \
         expected_close_before, owner_before, 0, count(*), {}, {} FROM crm_stage_move \
         WHERE tenant_id = $1 AND moved_at >= $2 AND since < $2 AND from_status = 'open' \
         GROUP BY 1, 2, 3, 4, 5",
        sum("amount_before"),
        sum("weighted_before")
    );
    Ok([
        Asked { sql: are, given: vec![tenant, Given::Time(end), Given::Day(day)] },
        Asked { sql: were, given: vec![tenant, Given::Time(end)] },
    ])
}

/// Fails where a cell of an owner differs.
pub(crate) fn same_forecast(ours: &Forecast, base: &Base, answers: &[Vec<Vec<Found>>]) -> Result {
    /// Whose, when, in which category and currency: how many, worth how much, weighted.
    type Cells = BTreeMap<[String; 4], (i64, i64, i64)>;
    let day = base.as_of()?.to_string();
    let mut by_hand = Cells::new();
    for (at, rows) in answers.iter().enumerate() {
        for row in rows {
            let date = text(row, 3);
            // What is comes by the month and says itself whether it is overdue; what was comes by the day.
            let late = number(row, 5) == 1 || (at == 1 && date < day);
            let when = match date.get(..7) {
                None => "no_date",
                Some(_) if late => "overdue",
                Some(month) => month,
            };
            let key = [text(row, 4), when.to_owned(), text(row, 0), text(row, 1)];
            let figure = by_hand.entry(key).or_default();
            figure.0 += number(row, 6);
            figure.1 += number(row, 7);
            figure.2 += number(row, 8);
        }
    }
    let mut found = Cells::new();
    for row in &ours.rows {
        let RowKey::Staff(owner) = row.key else { return Err("a row is no owner's".into()) };
        let owner = owner.map(|id| id.to_string()).unwrap_or_default();
        for cell in &row.cells {
            let when = cell.bucket.label(FiscalYear::CALENDAR);
            let code = cell.currency.map(|code| code.to_string()).unwrap_or_default();
            let key = [owner.clone(), when, cell.category.to_string(), code];
            let (amount, weighted) = (units(cell.figure.amount)?, units(cell.figure.weighted)?);
            found.insert(key, (cell.figure.count, amount, weighted));
        }
    }
    if by_hand.is_empty() {
        return Err("nothing is forecast".into());
    }
    match by_hand.iter().find(|(key, figure)| found.get(*key) != Some(figure)) {
        Some((key, figure)) => {
            Err(format!("{key:?}: {figure:?} by hand, {:?}", found.get(key)).into())
        }
        None if by_hand.len() != found.len() => {
            Err(format!("{} cells by hand, {}", by_hand.len(), found.len()).into())
        }
        None => Ok(()),
    }
}

fn text(row: &[Found], at: usize) -> String {
    match row.get(at) {
        Some(Found::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

fn number(row: &[Found], at: usize) -> i64 {
    match row.get(at) {
        Some(Found::Number(number)) => *number,
        _ => 0,
    }
}

fn units(amount: Decimal) -> Result<i64> {
    Ok(i64::try_from((amount * Decimal::from(10_000)).trunc())?)
}
