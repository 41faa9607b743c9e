use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    kernel::{Entity, Invalid, Refused, Result},
};

use super::check::Place;

/// How far customers come with the house, and which steps are allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// The stages, in order.
    pub stages: Vec<LifecycleStage>,
    /// The key of the stage that a customer begins in which is added without one.
    pub initial: String,
    /// The allowed steps; when none is given, all are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<LifecycleMove>,
}
super::as_json!(Lifecycle);

/// A stage of the lifecycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleStage {
    /// What customers keep: never renamed.
    pub key: String,
    /// What people read.
    pub name: String,
}

/// A step from a stage to another, by their keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleMove {
    /// From this one.
    pub from: String,
    /// To that one.
    pub to: String,
}

impl Default for Lifecycle {
    /// Lead, prospect, customer, dormant, lost; begins as a lead, and every step is allowed.
    fn default() -> Self {
        let stage = |key: &str, name: &str| LifecycleStage { key: key.into(), name: name.into() };
        Self {
            stages: vec![
                stage("lead", "Lead"),
                stage("prospect", "Prospect"),
                stage("customer", "Customer"),
                stage("dormant", "Dormant"),
                stage("lost", "Lost"),
            ],
            initial: "lead".into(),
            moves: Vec::new(),
        }
    }
}

impl Lifecycle {
    /// The stage with this key.
    pub fn stage(&self, key: &str) -> Option<&LifecycleStage> {
        self.stages.iter().find(|stage| stage.key == key)
    }

    /// The keys of the stages that one may go to from this one.
    pub fn next(&self, from: &str) -> Vec<&str> {
        let others = self.stages.iter().map(|stage| stage.key.as_str()).filter(|key| *key != from);
        others.filter(|to| self.allows(from, to)).collect()
    }

    fn allows(&self, from: &str, to: &str) -> bool {
        self.moves.is_empty() || self.moves.iter().any(|step| step.from == from && step.to == to)
    }

    /// Whether a customer may go from one stage to another; `from` is none of a new one. From a stage
    /// that there is no more, every step is allowed.
    ///
    /// # Errors
    /// [`Invalid`] when there is no such stage, [`Refused`] when the step is not allowed: both name
    /// the stages that would do.
    pub fn step(&self, from: Option<&str>, to: &str) -> Result<()> {
        if from == Some(to) {
            return Ok(());
        }
        if self.stage(to).is_none() {
            let known: Vec<_> = self.stages.iter().map(|stage| stage.key.as_str()).collect();
            let reason = format!("there is no stage {to:?}; there are: {}", known.join(", "));
            return Err(Invalid::field::<Customer>("lifecycle_stage", reason).into());
        }
        match from {
            Some(from) if self.stage(from).is_some() && !self.allows(from, to) => {
                let next = self.next(from);
                let why = match next.as_slice() {
                    [] => format!("nothing comes after {from}"),
                    next => format!("from {from} a customer goes to: {}", next.join(", ")),
                };
                Err(Refused::new(Customer::KIND, from, to, why).into())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check(&self, place: &Place<'_>) -> Result<(), Invalid> {
        let stages = place.member("stages");
        if self.stages.is_empty() {
            return stages.wrong("a lifecycle has stages");
        }
        for (at, stage) in self.stages.iter().enumerate() {
            let key = stages.item(at).member("key");
            key.says(&stage.key)?;
            stages.item(at).member("name").says(&stage.name)?;
            if self.stages.iter().take(at).any(|other| other.key == stage.key) {
                return key.wrong(format!("two stages have the key {:?}", stage.key));
            }
        }
        let known = |key: &str, place: Place<'_>| match self.stage(key) {
            Some(_) => Ok(()),
            None => place.wrong(format!("there is no stage {key:?}")),
        };
        known(&self.initial, place.member("initial"))?;
        for (at, step) in self.moves.iter().enumerate() {
            let place = place.member("moves").item(at);
            known(&step.from, place.member("from"))?;
            known(&step.to, place.member("to"))?;
            if step.from == step.to {
                return place.wrong("it leads nowhere");
            }
            if self.moves.iter().take(at).any(|other| other == step) {
                return place.wrong("it is there twice");
            }
        }
        Ok(())
    }
}
