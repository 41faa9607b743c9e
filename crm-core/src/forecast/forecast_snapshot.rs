//! Snapshots: a forecast as it stood at the end of a day, kept.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{
        Currency, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError,
        TenantId, Timestamp, Value,
    },
    opportunity::{ForecastCategory, Opportunity},
    pipeline::Pipeline,
};

/// What counted in the forecast at the end of a day, line by line ([`crate::snapshot_line::SnapshotLine`]). There is
/// one for each day and pipeline, and one for all pipelines, under [`ForecastSnapshot::id_of`].
///
/// It keeps what was open, with a date or without, and what was won in the month of the day and in the eleven before it: so
/// each month, quarter and fiscal year that the day is in is whole, whichever month that year begins with, and
/// snapshots of every day stay as large as what is worked on. What was won before is in the opportunities themselves.
///
/// It is taken in steps, each a unit of work of its own: until it is complete it keeps how far it got, afterwards it never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastSnapshot {
    /// Its id.
    pub id: Id<ForecastSnapshot>,
    /// At the end of which day, in UTC.
    pub day: NaiveDate,
    /// Of which pipeline; without one, of all.
    pub pipeline_id: Option<Id<Pipeline>>,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// By whom.
    pub begun_by: String,
    /// The last opportunity that was looked at, while it is not complete.
    pub reached: Option<Id<Opportunity>>,
    /// How many lines there are.
    pub lines: i64,
    /// What they add up to.
    pub totals: SnapshotTotals,
    /// Whether all is taken.
    pub complete: bool,
}

/// What the lines of a snapshot add up to, by month, category and currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SnapshotTotals(pub Vec<SnapshotTotal>);
crate::settings::as_json!(SnapshotTotals);

/// What some lines of a snapshot add up to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotTotal {
    /// The first day of the month; none of what has no date.
    pub month: Option<NaiveDate>,
    /// In which category.
    pub category: ForecastCategory,
    /// Of those without an amount none.
    pub currency: Option<Currency>,
    /// How many opportunities.
    pub count: u64,
    /// What they are worth.
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// What is expected of them.
    #[serde(with = "rust_decimal::serde::str")]
    pub weighted: Decimal,
}

impl ForecastSnapshot {
    /// The id of the one snapshot of a day and a pipeline, or of all.
    pub fn id_of(tenant: TenantId, day: NaiveDate, pipeline: Option<Id<Pipeline>>) -> Id<Self> {
        let scope = pipeline.map_or_else(|| "all".to_owned(), |id| id.to_string());
        Id::derived(tenant, &format!("forecast_snapshot {day} {scope}"))
    }
}

/// Its id.
pub static ID: Field<ForecastSnapshot, Id<ForecastSnapshot>> =
    Field::new("id", |s| s.id.into_value());
/// At the end of which day, in UTC.
pub static DAY: Field<ForecastSnapshot, NaiveDate> = Field::new("day", |s| s.day.into_value());
/// Of which pipeline; without one, of all.
pub static PIPELINE_ID: Field<ForecastSnapshot, Id<Pipeline>> =
    Field::optional("pipeline_id", |s| Value::opt(s.pipeline_id));
/// When it was begun.
pub static BEGUN_AT: Field<ForecastSnapshot, Timestamp> =
    Field::new("begun_at", |s| s.begun_at.into_value());
/// By whom.
pub static BEGUN_BY: Field<ForecastSnapshot, String> =
    Field::new("begun_by", |s| Value::text(&s.begun_by));
/// The last opportunity that was looked at, while it is not complete.
pub static REACHED: Field<ForecastSnapshot, Id<Opportunity>> =
    Field::optional("reached", |s| Value::opt(s.reached));
/// How many lines there are.
pub static LINES: Field<ForecastSnapshot, i64> = Field::new("lines", |s| s.lines.into_value());
/// What they add up to.
pub static TOTALS: Field<ForecastSnapshot, SnapshotTotals> =
    Field::new("totals", |s| Value::json(&s.totals));
/// Whether all is taken.
pub static COMPLETE: Field<ForecastSnapshot, bool> =
    Field::new("complete", |s| s.complete.into_value());

impl Entity for ForecastSnapshot {
    const KIND: &'static str = "forecast_snapshot";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        DAY.spec(),
        PIPELINE_ID.spec(),
        BEGUN_AT.spec(),
        BEGUN_BY.spec(),
        REACHED.spec(),
        LINES.spec(),
        TOTALS.spec(),
        COMPLETE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            day: row.take(&DAY)?,
            pipeline_id: row.opt(&PIPELINE_ID)?,
            begun_at: row.take(&BEGUN_AT)?,
            begun_by: row.take(&BEGUN_BY)?,
            reached: row.opt(&REACHED)?,
            lines: row.take(&LINES)?,
            totals: row.take(&TOTALS)?,
            complete: row.take(&COMPLETE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        let kept = (self.day, self.pipeline_id) == (next.day, next.pipeline_id);
        if !self.complete && kept {
            return Ok(());
        }
        let why = "a snapshot shows what was: it is taken once";
        Err(Refused::new(Self::KIND, self.day.to_string(), next.day.to_string(), why))
    }
}
