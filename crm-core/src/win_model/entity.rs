use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Timestamp, Value,
        text_enum,
    },
    pipeline::Pipeline,
};

use super::{Evaluation, FieldWeights, Tally};

text_enum! {
    /// How a model comes to its scores.
    pub enum WinMethod {
        /// Naive Bayes, each field shrunk to the base rate by how little it tells.
        NaiveBayes = "naive_bayes",
    }
}

/// What a house's closed opportunities say of those that are open: a fact that is only ever added. Each training makes a
/// new one; the one with the highest number counts, of two with one number the one trained last.
#[derive(Clone, Debug, PartialEq)]
pub struct WinModel {
    /// Its id.
    pub id: Id<WinModel>,
    /// Of which pipeline.
    pub pipeline_id: Id<Pipeline>,
    /// Which model of that pipeline: from 1 on.
    pub number: i64,
    /// How it comes to its scores.
    pub method: WinMethod,
    /// The first day on which something it has seen was decided.
    pub since: NaiveDate,
    /// The last day on which something it has seen may have been decided.
    pub as_of: NaiveDate,
    /// The first day of what it was judged by.
    pub split: NaiveDate,
    /// How many it has seen that were won.
    pub won: i64,
    /// How many it has seen that were lost.
    pub lost: i64,
    /// What it knows of each field.
    pub fields: WinFields,
    /// How well a model made in the same way of those before the split did on those after it.
    pub evaluation: Evaluation,
    /// When it was trained.
    pub trained_at: Timestamp,
    /// Who had it trained.
    pub trained_by: String,
}

/// What a model knows of each field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WinFields(pub Vec<FieldWeights>);
crate::settings::as_json!(WinFields);
crate::settings::as_json!(Evaluation);

impl WinModel {
    /// What it has seen.
    pub fn tally(&self) -> Tally {
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        Tally { won: count(self.won), lost: count(self.lost) }
    }
}

/// Its id.
pub static ID: Field<WinModel, Id<WinModel>> = Field::new("id", |m| m.id.into_value());
/// Of which pipeline.
pub static PIPELINE_ID: Field<WinModel, Id<Pipeline>> =
    Field::new("pipeline_id", |m| m.pipeline_id.into_value());
/// Which model of that pipeline: from 1 on.
pub static NUMBER: Field<WinModel, i64> = Field::new("number", |m| m.number.into_value());
/// How it comes to its scores.
pub static METHOD: Field<WinModel, WinMethod> = Field::new("method", |m| m.method.into_value());
/// The first day on which something it has seen was decided.
pub static SINCE: Field<WinModel, NaiveDate> = Field::new("since", |m| m.since.into_value());
/// The last day on which something it has seen may have been decided.
pub static AS_OF: Field<WinModel, NaiveDate> = Field::new("as_of", |m| m.as_of.into_value());
/// The first day of what it was judged by.
pub static SPLIT: Field<WinModel, NaiveDate> = Field::new("split", |m| m.split.into_value());
/// How many it has seen that were won.
pub static WON: Field<WinModel, i64> = Field::new("won", |m| m.won.into_value());
/// How many it has seen that were lost.
pub static LOST: Field<WinModel, i64> = Field::new("lost", |m| m.lost.into_value());
/// What it knows of each field.
pub static FIELDS: Field<WinModel, WinFields> = Field::new("fields", |m| Value::json(&m.fields));
/// How well a model made in the same way of those before the split did on those after it.
pub static EVALUATION: Field<WinModel, Evaluation> =
    Field::new("evaluation", |m| Value::json(&m.evaluation));
/// When it was trained.
pub static TRAINED_AT: Field<WinModel, Timestamp> =
    Field::new("trained_at", |m| m.trained_at.into_value());
/// Who had it trained.
pub static TRAINED_BY: Field<WinModel, String> =
    Field::new("trained_by", |m| Value::text(&m.trained_by));

impl Entity for WinModel {
    const KIND: &'static str = "win_model";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        PIPELINE_ID.spec(),
        NUMBER.spec(),
        METHOD.spec(),
        SINCE.spec(),
        AS_OF.spec(),
        SPLIT.spec(),
        WON.spec(),
        LOST.spec(),
        FIELDS.spec(),
        EVALUATION.spec(),
        TRAINED_AT.spec(),
        TRAINED_BY.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            pipeline_id: row.take(&PIPELINE_ID)?,
            number: row.take(&NUMBER)?,
            method: row.take(&METHOD)?,
            since: row.take(&SINCE)?,
            as_of: row.take(&AS_OF)?,
            split: row.take(&SPLIT)?,
            won: row.take(&WON)?,
            lost: row.take(&LOST)?,
            fields: row.take(&FIELDS)?,
            evaluation: row.take(&EVALUATION)?,
            trained_at: row.take(&TRAINED_AT)?,
            trained_by: row.take(&TRAINED_BY)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        for (field, count) in [("number", self.number), ("won", self.won), ("lost", self.lost)] {
            if count < 1 {
                let reason = "a model is numbered from 1 on, and has seen both wins and losses";
                return Err(Invalid::field::<Self>(field, reason));
            }
        }
        for (at, field) in self.fields.0.iter().enumerate() {
            let place = |name: &str| format!("fields[{at}].{name}");
            // Found by halving.
            if !field.values.windows(2).all(|pair| matches!(pair, [a, b] if a.value < b.value)) {
                let reason = "values come in order, each once";
                return Err(Invalid::field::<Self>(&place("values"), reason));
            }
            if field.smoothing.is_some_and(|m| m < 2.into()) {
                let reason = "counts are mixed with two opportunities of the base rate at least";
                return Err(Invalid::field::<Self>(&place("smoothing"), reason));
            }
        }
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "what a model has seen is not changed afterwards: train another one";
        Err(Refused::new(Self::KIND, self.number.to_string(), "another model", why))
    }
}
