use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::kernel::{FieldType, Invalid, Kind, Value, storable, text_enum};

use super::{Gate, Need, pipeline::Pipeline};

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

text_enum! {
    /// How sure a forecast is of an opportunity.
    pub enum ForecastCategory {
        /// Not counted.
        Omitted = "omitted",
        /// It may come.
        Pipeline = "pipeline",
        /// It comes if all goes well.
        BestCase = "best_case",
        /// It is promised.
        Commit = "commit",
        /// It is won.
        Closed = "closed",
    }
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// How sure a forecast is of what is in it; without it, as its kind says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<ForecastCategory>,
    /// The keys of the stages that come after it, and no others, where it says so; a loss is always one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// What must hold before an opportunity enters it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// How many days an opportunity stays in it, as a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_days: Option<u32>,
    /// After how many days without an interaction or a step an opportunity in it is idle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_days: Option<u32>,
}

impl Stage {
    /// A stage, its probability in per cent, without gates.
    pub fn new(
        key: impl Into<String>,
        name: impl Into<String>,
        kind: StageKind,
        probability: impl Into<Decimal>,
    ) -> Self {
        Self {
            key: key.into(),
            name: name.into(),
            kind,
            probability: probability.into(),
            needs_customer: false,
            category: None,
            to: Vec::new(),
            gates: Vec::new(),
            expected_days: None,
            idle_days: None,
        }
    }

    /// With this gate before it.
    #[must_use]
    pub fn gate(mut self, name: impl Into<String>, need: Need) -> Self {
        self.gates.push(Gate::new(name, need));
        self
    }

    /// How sure a forecast is of what is in it.
    pub fn forecast_category(&self) -> ForecastCategory {
        self.category.unwrap_or(match self.kind {
            StageKind::Open => ForecastCategory::Pipeline,
            StageKind::Won => ForecastCategory::Closed,
            StageKind::Lost => ForecastCategory::Omitted,
        })
    }

    fn wrong(&self, stages: &Stages) -> Result<(), String> {
        let key = &self.key;
        storable(self.probability)
            .map_err(|error| format!("the probability of {key:?}: {error}"))?;
        if self.probability < Decimal::ZERO || self.probability > Decimal::ONE_HUNDRED {
            return Err(format!("the probability of {key:?} is not between 0 and 100"));
        }
        let fits = match self.category {
            None | Some(ForecastCategory::Omitted) => true,
            Some(ForecastCategory::Closed) => self.kind == StageKind::Won,
            Some(_) => self.kind == StageKind::Open,
        };
        if !fits {
            let category = self.forecast_category();
            return Err(format!(
                "{key:?} is {}: its forecast category is not {category}",
                self.kind
            ));
        }
        if !self.to.is_empty() && self.kind != StageKind::Open {
            return Err(format!("{key:?} decides: nothing comes after it"));
        }
        if let Some(nowhere) =
            self.to.iter().find(|to| stages.get(to).is_none_or(|s| s.key == *key))
        {
            return Err(format!("from {key:?} nothing goes to {nowhere:?}: name another stage"));
        }
        for gate in &self.gates {
            gate.check().map_err(|wrong| format!("{key:?}: {wrong}"))?;
            let gates = stages.0.iter().flat_map(|stage| &stage.gates);
            if gates.filter(|other| other.name == gate.name).count() > 1 {
                return Err(format!("two gates are called {:?}", gate.name));
            }
        }
        Ok(())
    }
}

/// The stages of a pipeline, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
            if let Err(reason) = stage.wrong(self) {
                return wrong(reason);
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
