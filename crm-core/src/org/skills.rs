use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::settings::as_json;

/// What somebody can do, and how well: 1 (began to learn it) to 5 (teaches it to others).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skills(pub BTreeMap<String, u8>);
as_json!(Skills);

impl Skills {
    /// The highest level.
    pub const HIGHEST: u8 = 5;

    /// How well they can do it; 0 where they cannot.
    pub fn level(&self, skill: &str) -> u8 {
        self.0.get(skill).copied().unwrap_or(0)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for (skill, level) in &self.0 {
            if skill.trim().is_empty() {
                return Err("a skill has no name".to_owned());
            }
            if !(1..=Self::HIGHEST).contains(level) {
                let most = Self::HIGHEST;
                return Err(format!("{skill:?} has the level {level}: levels are 1 to {most}"));
            }
        }
        Ok(())
    }
}
