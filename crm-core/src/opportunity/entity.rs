use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{
        Custom, ERASED, Entity, Facts, Field, FieldSpec, FieldType, Id, Invalid, Moment, Money,
        Refused, Row, RowError, Tags, Timestamp, Value, text, text_enum,
    },
    owner_change::OwnerChange,
    pipeline::Pipeline,
    product::Product,
    settings::{Settings, lacks, refuse},
    staff_member::StaffMember,
};

use super::{
    ForecastCategory, Lines, OpportunityState, OpportunityStatus, Splits, figures::Figures,
    machine::not_in_the_future, steps::Steps,
};

text_enum! {
    /// Where a probability comes from.
    pub enum ProbabilitySource {
        /// The default of the stage.
        Stage = "stage",
        /// Somebody said so.
        Manual = "manual",
        /// A model computed it.
        Model = "model",
    }
}

/// A chance to sell something to somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Opportunity {
    /// Its id.
    pub id: Id<Opportunity>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// What it is about, in a line.
    pub name: String,
    /// The pipeline it goes through.
    pub pipeline_id: Id<Pipeline>,
    /// The day it began, where that is known.
    pub opened_on: Option<NaiveDate>,
    /// Who would buy; winning needs one.
    pub customer_id: Option<Id<Customer>>,
    /// Whom to talk to.
    pub contact_id: Option<Id<Contact>>,
    /// What would be bought.
    pub product_id: Option<Id<Product>>,
    /// Who works on it.
    pub owner_id: Option<Id<StaffMember>>,
    /// What it is worth, without tax: what its lines come to, where it has some.
    pub amount: Option<Money>,
    /// What would be bought, line by line.
    pub lines: Lines,
    /// The shares of co-owners; without any, all of it is the owner's.
    pub splits: Splits,
    /// How sure a forecast is of it; without it, as its stage said when it came there.
    pub forecast_category: Option<ForecastCategory>,
    /// How likely it is won, in per cent; it never says whether it is.
    pub probability: Option<Decimal>,
    /// Where the probability comes from.
    pub probability_source: ProbabilitySource,
    /// The day it will be decided.
    pub expected_close: Option<NaiveDate>,
    /// Where it came from.
    pub source: Option<String>,
    /// What is to be done next.
    pub next_step: Option<String>,
    /// Words put on it.
    pub tags: Tags,
    /// The tenant's own fields.
    pub custom: Custom,
    /// Anything else.
    pub notes: Option<String>,
    /// The key of the stage it is in.
    pub(super) stage: String,
    /// Open, won or lost.
    pub(super) state: OpportunityState,
    /// The key of the stage it was decided from.
    pub(super) decided_from: Option<String>,
    /// Since when it is in its stage.
    pub(super) stage_since: Option<Timestamp>,
    /// The forecast category of its stage when it came there.
    pub(super) stage_category: Option<ForecastCategory>,
    /// How many moves are kept of it.
    pub(super) moves: i64,
    /// What follows from all this, for reports.
    pub(super) figures: Figures,
    /// What no store has kept yet.
    pub(super) steps: Steps,
}

/// Its id.
pub static ID: Field<Opportunity, Id<Opportunity>> = Field::new("id", |o| o.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Opportunity, String> =
    Field::optional("external_id", |o| Value::opt_text(&o.external_id));
/// What it is about, in a line.
pub static NAME: Field<Opportunity, String> =
    Field::new("name", |o: &Opportunity| Value::text(&o.name)).personal_as(ERASED);
/// The pipeline it goes through.
pub static PIPELINE_ID: Field<Opportunity, Id<Pipeline>> =
    Field::new("pipeline_id", |o| o.pipeline_id.into_value());
/// The key of the stage it is in.
pub static STAGE: Field<Opportunity, String> = Field::new("stage", |o| Value::text(&o.stage));
/// Open, won or lost.
pub static STATUS: Field<Opportunity, OpportunityStatus> =
    Field::new("status", |o| o.state.status().into_value());
/// The day it was won or lost.
pub static CLOSED_ON: Field<Opportunity, NaiveDate> =
    Field::optional("closed_on", |o| Value::opt(o.state.closed_on()));
/// Why it was won or lost.
pub static CLOSE_REASON: Field<Opportunity, String> =
    Field::optional("close_reason", |o: &Opportunity| {
        o.state.reason().map_or(Value::Null, Value::text)
    })
    .personal();
/// Who won it instead.
pub static COMPETITOR: Field<Opportunity, String> =
    Field::optional("competitor", |o| o.state.competitor().map_or(Value::Null, Value::text));
/// The key of the stage it was decided from, where that is known.
pub static DECIDED_FROM: Field<Opportunity, String> =
    Field::optional("decided_from", |o| Value::opt_text(&o.decided_from));
/// Since when it is in its stage: derived from its moves.
pub static STAGE_SINCE: Field<Opportunity, Timestamp> =
    Field::optional("stage_since", |o: &Opportunity| Value::opt(o.stage_since)).derived();
/// The forecast category of its stage when it came there: as the default probability, it stays what it was.
pub static STAGE_CATEGORY: Field<Opportunity, ForecastCategory> =
    Field::optional("stage_category", |o: &Opportunity| Value::opt(o.stage_category)).derived();
/// How many moves are kept of it: derived.
pub static MOVES: Field<Opportunity, i64> =
    Field::new("moves", |o: &Opportunity| o.moves.into_value()).derived();
/// The day it began, where that is known.
pub static OPENED_ON: Field<Opportunity, NaiveDate> =
    Field::optional("opened_on", |o| Value::opt(o.opened_on));
/// Who would buy; winning needs one.
pub static CUSTOMER_ID: Field<Opportunity, Id<Customer>> =
    Field::optional("customer_id", |o| Value::opt(o.customer_id));
/// Whom to talk to.
pub static CONTACT_ID: Field<Opportunity, Id<Contact>> =
    Field::optional("contact_id", |o| Value::opt(o.contact_id));
/// What would be bought.
pub static PRODUCT_ID: Field<Opportunity, Id<Product>> =
    Field::optional("product_id", |o| Value::opt(o.product_id));
/// Who works on it.
pub static OWNER_ID: Field<Opportunity, Id<StaffMember>> =
    Field::optional("owner_id", |o| Value::opt(o.owner_id));
/// What it is worth, without tax: what its lines come to, where it has some.
pub static AMOUNT: Field<Opportunity, Money> = Field::optional("amount", |o| Value::opt(o.amount));
/// What would be bought, line by line.
pub static LINES: Field<Opportunity, Lines> =
    Field::new("lines", |o: &Opportunity| Value::json(&o.lines)).personal_as("[]");
/// The shares of co-owners; without any, all of it is the owner's.
pub static SPLITS: Field<Opportunity, Splits> = Field::new("splits", |o| Value::json(&o.splits));
/// How sure a forecast is of it; without it, as its stage said when it came there ([`STAGE_CATEGORY`]).
pub static FORECAST_CATEGORY: Field<Opportunity, ForecastCategory> =
    Field::optional("forecast_category", |o| Value::opt(o.forecast_category));
/// How likely it is won, in per cent; it never says whether it is.
pub static PROBABILITY: Field<Opportunity, Decimal> =
    Field::optional("probability", |o| Value::opt(o.probability));
/// Where the probability comes from.
pub static PROBABILITY_SOURCE: Field<Opportunity, ProbabilitySource> =
    Field::new("probability_source", |o| o.probability_source.into_value());
/// The day it will be decided.
pub static EXPECTED_CLOSE: Field<Opportunity, NaiveDate> =
    Field::optional("expected_close", |o| Value::opt(o.expected_close));
/// Where it came from.
pub static SOURCE: Field<Opportunity, String> =
    Field::optional("source", |o: &Opportunity| Value::opt_text(&o.source)).personal();
/// What is to be done next.
pub static NEXT_STEP: Field<Opportunity, String> =
    Field::optional("next_step", |o: &Opportunity| Value::opt_text(&o.next_step)).personal();
/// Words put on it.
pub static TAGS: Field<Opportunity, Tags> =
    Field::new("tags", |o: &Opportunity| Value::json(&o.tags)).personal_as("[]");
/// The tenant's own fields.
pub static CUSTOM: Field<Opportunity, Custom> =
    Field::new("custom", |o: &Opportunity| Value::json(&o.custom)).personal_as("{}");
/// Anything else.
pub static NOTES: Field<Opportunity, String> =
    Field::optional_long("notes", |o: &Opportunity| Value::opt_text(&o.notes)).personal();

impl Entity for Opportunity {
    const KIND: &'static str = "opportunity";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        NAME.spec(),
        PIPELINE_ID.spec(),
        STAGE.spec(),
        STATUS.spec(),
        CLOSED_ON.spec(),
        CLOSE_REASON.spec(),
        COMPETITOR.spec(),
        OPENED_ON.spec(),
        CUSTOMER_ID.spec(),
        CONTACT_ID.spec(),
        PRODUCT_ID.spec(),
        OWNER_ID.spec(),
        AMOUNT.spec(),
        PROBABILITY.spec(),
        PROBABILITY_SOURCE.spec(),
        EXPECTED_CLOSE.spec(),
        SOURCE.spec(),
        NEXT_STEP.spec(),
        TAGS.spec(),
        CUSTOM.spec(),
        NOTES.spec(),
        LINES.spec(),
        SPLITS.spec(),
        FORECAST_CATEGORY.spec(),
        DECIDED_FROM.spec(),
        STAGE_SINCE.spec(),
        MOVES.spec(),
        super::figures::WEIGHTED.spec(),
        super::figures::FORECAST_MONTH.spec(),
        super::figures::CYCLE_DAYS.spec(),
        super::figures::MOVED_AT.spec(),
        super::figures::SHARED.spec(),
        super::figures::ITEMISED.spec(),
        STAGE_CATEGORY.spec(),
        super::figures::COUNTS_AS.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            pipeline_id: row.take(&PIPELINE_ID)?,
            stage: row.take(&STAGE)?,
            state: OpportunityState::load(row)?,
            opened_on: row.opt(&OPENED_ON)?,
            customer_id: row.opt(&CUSTOMER_ID)?,
            contact_id: row.opt(&CONTACT_ID)?,
            product_id: row.opt(&PRODUCT_ID)?,
            owner_id: row.opt(&OWNER_ID)?,
            amount: row.opt(&AMOUNT)?,
            lines: row.take(&LINES)?,
            splits: row.take(&SPLITS)?,
            forecast_category: row.opt(&FORECAST_CATEGORY)?,
            probability: row.opt(&PROBABILITY)?,
            probability_source: row.take(&PROBABILITY_SOURCE)?,
            expected_close: row.opt(&EXPECTED_CLOSE)?,
            source: row.opt(&SOURCE)?,
            next_step: row.opt(&NEXT_STEP)?,
            tags: row.take(&TAGS)?,
            custom: row.take(&CUSTOM)?,
            notes: row.opt(&NOTES)?,
            decided_from: row.opt(&DECIDED_FROM)?,
            stage_since: row.opt(&STAGE_SINCE)?,
            stage_category: row.opt(&STAGE_CATEGORY)?,
            moves: row.take(&MOVES)?,
            figures: Figures::load(row)?,
            steps: Steps::default(),
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        if let Some(p) = self.probability
            && !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&p)
        {
            return Err(Invalid::field::<Self>("probability", "per cent are between 0 and 100"));
        }
        let wrong = |(place, why): (String, String)| Invalid::field::<Self>(&place, why);
        self.lines.check().map_err(wrong)?;
        self.splits.check().map_err(wrong)?;
        self.state.check(self.customer_id)
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        let stands = self.stage == next.stage
            && self.state == next.state
            && self.pipeline_id == next.pipeline_id
            && self.decided_from == next.decided_from;
        let why = match next.takes_steps() {
            true => next.leads_elsewhere(self),
            false if stands => None,
            false => {
                Some("an opportunity moves by its verbs, which ask the pipeline and keep the step")
            }
        };
        let Some(why) = why else { return Ok(()) };
        let to =
            if self.pipeline_id == next.pipeline_id { &next.stage } else { "another pipeline" };
        Err(Refused::new(Self::KIND, &self.stage, to, why))
    }

    const RULED: bool = true;

    fn settle(
        &mut self,
        before: Option<&Self>,
        rules: &Settings,
        now: Timestamp,
    ) -> crate::Result<()> {
        if let Ok(Some(totals)) = self.lines.totals() {
            self.amount = Some(totals.net);
        }
        let was_closed_on = before.and_then(|before| before.state.closed_on());
        let closed_on = self.state.closed_on();
        not_in_the_future(closed_on.filter(|_| closed_on != was_closed_on), now)?;
        self.began_first(before)?;
        self.settle_source(before);
        let moved =
            before.is_none_or(|b| (&b.stage, b.pipeline_id) != (&self.stage, self.pipeline_id));
        self.stage_since = if moved {
            let given = self.stage_since.filter(|_| before.is_none());
            Some(self.last_step_at().or(given).unwrap_or(now))
        } else {
            before.and_then(|before| before.stage_since)
        };
        let moves = self.moves_to_keep(before);
        self.moves = before.map_or(0, |before| before.moves) + moves;
        let moved_at = before.and_then(|before| before.figures.moved_at);
        let last_move = if moves > 0 {
            let given = self.figures.moved_at.filter(|_| before.is_none());
            moved_at.max(Some(self.latest_step_at().or(given).unwrap_or(now)))
        } else {
            moved_at
        };
        self.figure(last_move);
        rules.custom_fields.settle::<Self>(&self.custom, before.map(|before| &before.custom))?;
        let asked = &rules.completeness.opportunity;
        if !asked.is_empty() {
            refuse(asked, &lacks(asked, self, before), before)?;
        }
        Ok(())
    }

    fn facts(&mut self, before: Option<&Self>, moment: &Moment<'_>) -> Facts {
        let moves = self.take_moves(before, moment);
        Facts { moves, ..OwnerChange::of(self, before, moment) }
    }

    fn also_names(&self) -> Vec<(&'static str, Uuid)> {
        let products = self.lines.products().into_iter().map(|id| (Product::KIND, id.uuid()));
        let owners = self.splits.0.iter().map(|split| (StaffMember::KIND, split.staff_id.uuid()));
        products.chain(owners).collect()
    }
}
