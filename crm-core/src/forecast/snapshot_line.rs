//! Lines of a snapshot: one for each opportunity that counted.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    forecast_snapshot::ForecastSnapshot,
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, Refused, Row, RowError, Value,
    },
    opportunity::{ForecastCategory, Opportunity, OpportunityStatus, Splits},
    pipeline::Pipeline,
    staff_member::StaffMember,
};

/// How an opportunity counted in a snapshot: a fact that is only ever added. What was lost has none.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotLine {
    /// Its id.
    pub id: Id<SnapshotLine>,
    /// Of which snapshot.
    pub snapshot_id: Id<ForecastSnapshot>,
    /// Which opportunity.
    pub opportunity_id: Id<Opportunity>,
    /// In which pipeline.
    pub pipeline_id: Id<Pipeline>,
    /// In which stage.
    pub stage: String,
    /// Open or won.
    pub status: OpportunityStatus,
    /// In which category it counted.
    pub category: ForecastCategory,
    /// The first day of the month it counted in; none where it had no date.
    pub month: Option<NaiveDate>,
    /// Whose it was.
    pub owner_id: Option<Id<StaffMember>>,
    /// The shares of co-owners.
    pub splits: Splits,
    /// What it was worth.
    pub amount: Option<Money>,
    /// What was expected of it: as [`crate::opportunity::WEIGHTED`].
    pub weighted: Option<Money>,
}

impl SnapshotLine {
    /// The id of the one line of an opportunity in a snapshot.
    pub fn id_of(snapshot: Id<ForecastSnapshot>, opportunity: Id<Opportunity>) -> Id<Self> {
        Id::new(Uuid::new_v5(&snapshot.uuid(), opportunity.uuid().as_bytes()))
    }
}

/// Its id.
pub static ID: Field<SnapshotLine, Id<SnapshotLine>> = Field::new("id", |l| l.id.into_value());
/// Of which snapshot.
pub static SNAPSHOT_ID: Field<SnapshotLine, Id<ForecastSnapshot>> =
    Field::new("snapshot_id", |l| l.snapshot_id.into_value());
/// Which opportunity.
pub static OPPORTUNITY_ID: Field<SnapshotLine, Id<Opportunity>> =
    Field::new("opportunity_id", |l| l.opportunity_id.into_value());
/// In which pipeline.
pub static PIPELINE_ID: Field<SnapshotLine, Id<Pipeline>> =
    Field::new("pipeline_id", |l| l.pipeline_id.into_value());
/// In which stage.
pub static STAGE: Field<SnapshotLine, String> = Field::new("stage", |l| Value::text(&l.stage));
/// Open or won.
pub static STATUS: Field<SnapshotLine, OpportunityStatus> =
    Field::new("status", |l| l.status.into_value());
/// In which category it counted.
pub static CATEGORY: Field<SnapshotLine, ForecastCategory> =
    Field::new("category", |l| l.category.into_value());
/// The first day of the month it counted in.
pub static MONTH: Field<SnapshotLine, NaiveDate> =
    Field::optional("month", |l| Value::opt(l.month));
/// Whose it was.
pub static OWNER_ID: Field<SnapshotLine, Id<StaffMember>> =
    Field::optional("owner_id", |l| Value::opt(l.owner_id));
/// The shares of co-owners.
pub static SPLITS: Field<SnapshotLine, Splits> = Field::new("splits", |l| Value::json(&l.splits));
/// What it was worth.
pub static AMOUNT: Field<SnapshotLine, Money> = Field::optional("amount", |l| Value::opt(l.amount));
/// What was expected of it.
pub static WEIGHTED: Field<SnapshotLine, Money> =
    Field::optional("weighted", |l| Value::opt(l.weighted));

impl Entity for SnapshotLine {
    const KIND: &'static str = "snapshot_line";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        SNAPSHOT_ID.spec(),
        OPPORTUNITY_ID.spec(),
        PIPELINE_ID.spec(),
        STAGE.spec(),
        STATUS.spec(),
        CATEGORY.spec(),
        MONTH.spec(),
        OWNER_ID.spec(),
        SPLITS.spec(),
        AMOUNT.spec(),
        WEIGHTED.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            snapshot_id: row.take(&SNAPSHOT_ID)?,
            opportunity_id: row.take(&OPPORTUNITY_ID)?,
            pipeline_id: row.take(&PIPELINE_ID)?,
            stage: row.take(&STAGE)?,
            status: row.take(&STATUS)?,
            category: row.take(&CATEGORY)?,
            month: row.opt(&MONTH)?,
            owner_id: row.opt(&OWNER_ID)?,
            splits: row.take(&SPLITS)?,
            amount: row.opt(&AMOUNT)?,
            weighted: row.opt(&WEIGHTED)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "a snapshot shows what was: it is taken once";
        Err(Refused::new(Self::KIND, self.stage.as_str(), "another line", why))
    }
}
