use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::kernel::{Entity, FieldType, Id, Invalid, Kind, Value, storable, text_enum};

use super::pipeline::Pipeline;

text_enum! {
    /// What it means to be in a stage.
    pub enum StageKind {
        /// Not decided.
        Open = "open",
        /// Won.
        Won = "won",
        /// Lost.
        Lost = "lost",
    }
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What opportunities keep: never renamed.
    pub key: String,
    /// What people read.
    pub name: String,
    /// What it means to be in it.
    pub kind: StageKind,
    /// How likely an opportunity in it is won, in per cent.
    #[serde(with = "rust_decimal::serde::str")]
    pub probability: Decimal,
    /// Whether an opportunity in it must have a customer; a won one always must.
    #[serde(default)]
    pub needs_customer: bool,
}

/// The stages of a pipeline, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stages(pub Vec<Stage>);

impl Stages {
    /// The stage with this key.
    pub fn get(&self, key: &str) -> Option<&Stage> {
        self.0.iter().find(|stage| stage.key == key)
    }

    /// The stage with this key or this name, as people write it.
    pub fn find(&self, text: &str) -> Option<&Stage> {
        self.get(text).or_else(|| self.0.iter().find(|stage| stage.name == text))
    }

    /// The first stage of a kind.
    pub fn first(&self, kind: StageKind) -> Option<&Stage> {
        self.0.iter().find(|stage| stage.kind == kind)
    }

    /// Where in the order a stage stands.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.0.iter().position(|stage| stage.key == key)
    }

    /// Opportunities keep the keys of their stages, so a key that was in use stays what it is.
    pub(super) fn keep(&self, next: &Self) -> Result<(), String> {
        self.0.iter().try_for_each(|stage| match next.get(&stage.key) {
            Some(kept) if kept.kind == stage.kind => Ok(()),
            Some(_) => Err(format!("the stage {:?} is {} for ever", stage.key, stage.kind)),
            None => Err(format!(
                "opportunities keep the stage {:?}: rename it, do not remove it",
                stage.key
            )),
        })
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let wrong = |reason: String| Err(Invalid::field::<Pipeline>("stages", reason));
        for (i, stage) in self.0.iter().enumerate() {
            if stage.key.trim().is_empty() || stage.name.trim().is_empty() {
                return wrong(format!("stage {} has no key or no name", i + 1));
            }
            if self.position(&stage.key) != Some(i) {
                return wrong(format!("two stages have the key {:?}", stage.key));
            }
            if let Err(error) = storable(stage.probability) {
                return wrong(format!("the probability of {:?}: {error}", stage.key));
            }
            if stage.probability < Decimal::ZERO || stage.probability > Decimal::ONE_HUNDRED {
                return wrong(format!(
                    "the probability of {:?} is not between 0 and 100",
                    stage.key
                ));
            }
        }
        for kind in StageKind::ALL {
            if self.first(*kind).is_none() {
                return wrong(format!("a pipeline needs a stage of the kind {kind}"));
            }
        }
        Ok(())
    }
}

impl FieldType for Stages {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        crate::kernel::from_json_text(value)
    }
}

impl Pipeline {
    /// A pipeline for a start: prospecting, engaging, won, lost.
    pub fn sales(id: Id<Self>) -> Self {
        let stage = |key: &str, name: &str, kind, probability: i64| Stage {
            key: key.into(),
            name: name.into(),
            kind,
            probability: probability.into(),
            needs_customer: false,
        };
        let stages = Stages(vec![
            stage("prospecting", "Prospecting", StageKind::Open, 10),
            stage("engaging", "Engaging", StageKind::Open, 50),
            stage("won", "Won", StageKind::Won, 100),
            stage("lost", "Lost", StageKind::Lost, 0),
        ]);
        Self::new(id, "Sales", stages)
    }

    /// The stage with this key.
    ///
    /// # Errors
    /// [`Invalid`] names the stages there are.
    pub fn stage(&self, key: &str) -> Result<&Stage, Invalid> {
        self.stages.get(key).ok_or_else(|| {
            let known: Vec<_> = self.stages.0.iter().map(|s| s.key.as_str()).collect();
            let reason = format!(
                "the {} {:?} has no stage {key:?}; it has: {}",
                Self::KIND,
                self.name,
                known.join(", ")
            );
            Invalid::new("opportunity", "stage", reason)
        })
    }
}
