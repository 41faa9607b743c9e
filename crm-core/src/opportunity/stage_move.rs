//! Stage moves: the steps that opportunities took.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    kernel::{
        Criteria, Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, Refused, Row, RowError,
        Tags, Timestamp, Value, text_enum,
    },
    opportunity::{ForecastCategory, Opportunity, OpportunityStatus, ProbabilitySource},
    pipeline::Pipeline,
    staff_member::StaffMember,
};

text_enum! {
    /// What a stage move was.
    pub enum MoveKind {
        /// The opportunity began.
        Opened = "opened",
        /// It came in from elsewhere, in the state it had there.
        Imported = "imported",
        /// It went on to a later stage.
        Advanced = "advanced",
        /// It went back to an earlier stage.
        Back = "back",
        /// It was won.
        Won = "won",
        /// It was lost.
        Lost = "lost",
        /// It was closed and is open again.
        Reopened = "reopened",
        /// It went to another pipeline.
        Transferred = "transferred",
        /// Somebody else works on it from then on.
        Reassigned = "reassigned",
        /// Its amount, probability, expected close or forecast category changed.
        Revised = "revised",
    }
}

text_enum! {
    /// Where in its pipeline a move led, by the order that the stages had at that time: whoever puts them in another
    /// order later changes no move. A move to another pipeline, one to a loss, and one that stays in its stage led
    /// nowhere of these.
    pub enum Course {
        /// To the stage that came next: the next open one or, from the last of these, one that is won.
        Next = "next",
        /// Beyond the next one.
        Ahead = "ahead",
        /// To an earlier open stage; from one that decides, to an open one.
        Back = "back",
    }
}

/// One step of an opportunity: a fact that is only ever added.
#[derive(Clone, Debug, PartialEq)]
pub struct StageMove {
    /// Its id.
    pub id: Id<StageMove>,
    /// Which opportunity moved.
    pub opportunity_id: Id<Opportunity>,
    /// Which of its moves: from 1 on.
    pub number: i64,
    /// What kind of move.
    pub kind: MoveKind,
    /// The pipeline before; none when it began.
    pub from_pipeline_id: Option<Id<Pipeline>>,
    /// The pipeline since.
    pub pipeline_id: Id<Pipeline>,
    /// The stage before; none when it began.
    pub from_stage: Option<String>,
    /// The stage since.
    pub to_stage: String,
    /// The status before; none when it began.
    pub from_status: Option<OpportunityStatus>,
    /// The status since.
    pub to_status: OpportunityStatus,
    /// The amount before.
    pub amount_before: Option<Money>,
    /// The amount since.
    pub amount_after: Option<Money>,
    /// The probability before, in per cent.
    pub probability_before: Option<Decimal>,
    /// The probability since, in per cent.
    pub probability_after: Option<Decimal>,
    /// Where the probability before came from; none when it began, and of moves of older versions of the schema.
    pub probability_source_before: Option<ProbabilitySource>,
    /// Where the probability since comes from; none of moves of older versions of the schema.
    pub probability_source_after: Option<ProbabilitySource>,
    /// The expected close before.
    pub expected_close_before: Option<NaiveDate>,
    /// The expected close since.
    pub expected_close_after: Option<NaiveDate>,
    /// The owner before.
    pub owner_before: Option<Id<StaffMember>>,
    /// The owner since.
    pub owner_after: Option<Id<StaffMember>>,
    /// When it moved.
    pub moved_at: Timestamp,
    /// Who moved it.
    pub moved_by: String,
    /// Why.
    pub reason: Option<String>,
    /// The names of gates that were not met and that somebody let it pass.
    pub waived: Tags,
    /// Who let it pass.
    pub waived_by: Option<Id<StaffMember>>,
    /// Whose opportunity it was then.
    pub customer_id: Option<Id<Customer>>,
    /// The forecast category that it counted in before: as [`crate::opportunity::COUNTS_AS`].
    pub category_before: Option<ForecastCategory>,
    /// The forecast category that it counts in since: as [`crate::opportunity::COUNTS_AS`].
    pub category_after: Option<ForecastCategory>,
    /// What a forecast expected of it before: as [`crate::opportunity::WEIGHTED`].
    pub weighted_before: Option<Money>,
    /// When the move before this one was, or a later one before that: since when the opportunity was as it was
    /// before; none when it began.
    pub since: Option<Timestamp>,
    /// When it came into the stage that it was in before; none when it began.
    pub entered_at: Option<Timestamp>,
    /// Of one that leaves a stage: how many whole days the opportunity was in it.
    pub stayed_days: Option<i64>,
    /// By how many days the expected close of an open opportunity moved: later is more than zero; none
    /// where it stayed.
    pub slipped_days: Option<i64>,
    /// Where in its pipeline it led, by the order of the stages at that time.
    pub course: Option<Course>,
}

/// Its id.
pub static ID: Field<StageMove, Id<StageMove>> = Field::new("id", |m| m.id.into_value());
/// Which opportunity moved.
pub static OPPORTUNITY_ID: Field<StageMove, Id<Opportunity>> =
    Field::new("opportunity_id", |m| m.opportunity_id.into_value());
/// Which of its moves: from 1 on.
pub static NUMBER: Field<StageMove, i64> = Field::new("number", |m| m.number.into_value());
/// The pipeline before; none when it began.
pub static FROM_PIPELINE_ID: Field<StageMove, Id<Pipeline>> =
    Field::optional("from_pipeline_id", |m| Value::opt(m.from_pipeline_id));
/// The pipeline since.
pub static PIPELINE_ID: Field<StageMove, Id<Pipeline>> =
    Field::new("pipeline_id", |m| m.pipeline_id.into_value());
/// What kind of move.
pub static KIND: Field<StageMove, MoveKind> = Field::new("kind", |m| m.kind.into_value());
/// The stage before; none when it began.
pub static FROM_STAGE: Field<StageMove, String> =
    Field::optional("from_stage", |m| Value::opt_text(&m.from_stage));
/// The stage since.
pub static TO_STAGE: Field<StageMove, String> =
    Field::new("to_stage", |m| Value::text(&m.to_stage));
/// The status before; none when it began.
pub static FROM_STATUS: Field<StageMove, OpportunityStatus> =
    Field::optional("from_status", |m| Value::opt(m.from_status));
/// The status since.
pub static TO_STATUS: Field<StageMove, OpportunityStatus> =
    Field::new("to_status", |m| m.to_status.into_value());
/// The amount before.
pub static AMOUNT_BEFORE: Field<StageMove, Money> =
    Field::optional("amount_before", |m| Value::opt(m.amount_before));
/// The amount since.
pub static AMOUNT_AFTER: Field<StageMove, Money> =
    Field::optional("amount_after", |m| Value::opt(m.amount_after));
/// The probability before, in per cent.
pub static PROBABILITY_BEFORE: Field<StageMove, Decimal> =
    Field::optional("probability_before", |m| Value::opt(m.probability_before));
/// The probability since, in per cent.
pub static PROBABILITY_AFTER: Field<StageMove, Decimal> =
    Field::optional("probability_after", |m| Value::opt(m.probability_after));
/// Where the probability before came from.
pub static PROBABILITY_SOURCE_BEFORE: Field<StageMove, ProbabilitySource> =
    Field::optional("probability_source_before", |m| Value::opt(m.probability_source_before));
/// Where the probability since comes from.
pub static PROBABILITY_SOURCE_AFTER: Field<StageMove, ProbabilitySource> =
    Field::optional("probability_source_after", |m| Value::opt(m.probability_source_after));
/// The expected close before.
pub static EXPECTED_CLOSE_BEFORE: Field<StageMove, NaiveDate> =
    Field::optional("expected_close_before", |m| Value::opt(m.expected_close_before));
/// The expected close since.
pub static EXPECTED_CLOSE_AFTER: Field<StageMove, NaiveDate> =
    Field::optional("expected_close_after", |m| Value::opt(m.expected_close_after));
/// The owner before.
pub static OWNER_BEFORE: Field<StageMove, Id<StaffMember>> =
    Field::optional("owner_before", |m| Value::opt(m.owner_before));
/// The owner since.
pub static OWNER_AFTER: Field<StageMove, Id<StaffMember>> =
    Field::optional("owner_after", |m| Value::opt(m.owner_after));
/// When it moved.
pub static MOVED_AT: Field<StageMove, Timestamp> =
    Field::new("moved_at", |m| m.moved_at.into_value());
/// Who moved it.
pub static MOVED_BY: Field<StageMove, String> =
    Field::new("moved_by", |m| Value::text(&m.moved_by));
/// Why.
pub static REASON: Field<StageMove, String> =
    Field::optional("reason", |m: &StageMove| Value::opt_text(&m.reason)).personal();
/// The names of gates that were not met and that somebody let it pass.
pub static WAIVED: Field<StageMove, Tags> = Field::new("waived", |m| Value::json(&m.waived));
/// Who let it pass.
pub static WAIVED_BY: Field<StageMove, Id<StaffMember>> =
    Field::optional("waived_by", |m| Value::opt(m.waived_by));
/// Whose opportunity it was then.
pub static CUSTOMER_ID: Field<StageMove, Id<Customer>> =
    Field::optional("customer_id", |m| Value::opt(m.customer_id));
/// The forecast category that it counted in before.
pub static CATEGORY_BEFORE: Field<StageMove, ForecastCategory> =
    Field::optional("category_before", |m| Value::opt(m.category_before));
/// The forecast category that it counts in since.
pub static CATEGORY_AFTER: Field<StageMove, ForecastCategory> =
    Field::optional("category_after", |m| Value::opt(m.category_after));
/// What a forecast expected of it before: as [`crate::opportunity::WEIGHTED`].
pub static WEIGHTED_BEFORE: Field<StageMove, Money> =
    Field::optional("weighted_before", |m| Value::opt(m.weighted_before));
/// When the move before this one was, or a later one before that; none when it began.
pub static SINCE: Field<StageMove, Timestamp> = Field::optional("since", |m| Value::opt(m.since));
/// When it came into the stage that it was in before; none when it began.
pub static ENTERED_AT: Field<StageMove, Timestamp> =
    Field::optional("entered_at", |m| Value::opt(m.entered_at));
/// Of one that leaves a stage: how many whole days the opportunity was in it.
pub static STAYED_DAYS: Field<StageMove, i64> =
    Field::optional("stayed_days", |m| Value::opt(m.stayed_days));
/// By how many days the expected close of an open opportunity moved: later is more than zero; none
/// where it stayed.
pub static SLIPPED_DAYS: Field<StageMove, i64> =
    Field::optional("slipped_days", |m| Value::opt(m.slipped_days));
/// Where in its pipeline it led, by the order of the stages at that time.
pub static COURSE: Field<StageMove, Course> = Field::optional("course", |m| Value::opt(m.course));

impl Entity for StageMove {
    const KIND: &'static str = "stage_move";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        OPPORTUNITY_ID.spec(),
        NUMBER.spec(),
        KIND.spec(),
        FROM_PIPELINE_ID.spec(),
        PIPELINE_ID.spec(),
        FROM_STAGE.spec(),
        TO_STAGE.spec(),
        FROM_STATUS.spec(),
        TO_STATUS.spec(),
        AMOUNT_BEFORE.spec(),
        AMOUNT_AFTER.spec(),
        PROBABILITY_BEFORE.spec(),
        PROBABILITY_AFTER.spec(),
        EXPECTED_CLOSE_BEFORE.spec(),
        EXPECTED_CLOSE_AFTER.spec(),
        OWNER_BEFORE.spec(),
        OWNER_AFTER.spec(),
        MOVED_AT.spec(),
        MOVED_BY.spec(),
        REASON.spec(),
        WAIVED.spec(),
        WAIVED_BY.spec(),
        CUSTOMER_ID.spec(),
        CATEGORY_BEFORE.spec(),
        CATEGORY_AFTER.spec(),
        WEIGHTED_BEFORE.spec(),
        SINCE.spec(),
        ENTERED_AT.spec(),
        STAYED_DAYS.spec(),
        SLIPPED_DAYS.spec(),
        PROBABILITY_SOURCE_BEFORE.spec(),
        PROBABILITY_SOURCE_AFTER.spec(),
        COURSE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            opportunity_id: row.take(&OPPORTUNITY_ID)?,
            number: row.take(&NUMBER)?,
            kind: row.take(&KIND)?,
            from_pipeline_id: row.opt(&FROM_PIPELINE_ID)?,
            pipeline_id: row.take(&PIPELINE_ID)?,
            from_stage: row.opt(&FROM_STAGE)?,
            to_stage: row.take(&TO_STAGE)?,
            from_status: row.opt(&FROM_STATUS)?,
            to_status: row.take(&TO_STATUS)?,
            amount_before: row.opt(&AMOUNT_BEFORE)?,
            amount_after: row.opt(&AMOUNT_AFTER)?,
            probability_before: row.opt(&PROBABILITY_BEFORE)?,
            probability_after: row.opt(&PROBABILITY_AFTER)?,
            expected_close_before: row.opt(&EXPECTED_CLOSE_BEFORE)?,
            expected_close_after: row.opt(&EXPECTED_CLOSE_AFTER)?,
            owner_before: row.opt(&OWNER_BEFORE)?,
            owner_after: row.opt(&OWNER_AFTER)?,
            moved_at: row.take(&MOVED_AT)?,
            moved_by: row.take(&MOVED_BY)?,
            reason: row.opt(&REASON)?,
            waived: row.take(&WAIVED)?,
            waived_by: row.opt(&WAIVED_BY)?,
            customer_id: row.opt(&CUSTOMER_ID)?,
            category_before: row.opt(&CATEGORY_BEFORE)?,
            category_after: row.opt(&CATEGORY_AFTER)?,
            weighted_before: row.opt(&WEIGHTED_BEFORE)?,
            since: row.opt(&SINCE)?,
            entered_at: row.opt(&ENTERED_AT)?,
            stayed_days: row.opt(&STAYED_DAYS)?,
            slipped_days: row.opt(&SLIPPED_DAYS)?,
            probability_source_before: row.opt(&PROBABILITY_SOURCE_BEFORE)?,
            probability_source_after: row.opt(&PROBABILITY_SOURCE_AFTER)?,
            course: row.opt(&COURSE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        Err(Refused::new(
            Self::KIND,
            self.to_stage.as_str(),
            next.to_stage.as_str(),
            "what happened is not changed afterwards",
        ))
    }
}

/// Moves before which an opportunity stood as it did just before an instant: of each opportunity that has moved since one at the
/// most, for it stood like that from `since` up to `moved_at`.
pub fn spanning(instant: Timestamp) -> Criteria<StageMove> {
    MOVED_AT.at_least(instant).and(SINCE.below(instant))
}
