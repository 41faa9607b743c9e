use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{kernel::Invalid, territory_member::TerritoryMember};

use super::{CustomerCriteria, Territory};

/// All territories as they are to be, as data: what a file has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerritoryPlan {
    /// The territories. Those that are there and not in this list end.
    pub territories: Vec<PlannedTerritory>,
}

/// A territory as it is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedTerritory {
    /// What it is called.
    pub name: String,
    /// What another system calls it. By this, or else by its name, it is known again.
    #[serde(default)]
    pub external_id: Option<String>,
    /// What it is a part of: the external id or the name of another one of the plan.
    #[serde(default)]
    pub parent: Option<String>,
    /// Which customers belong to it; without, all that belong to the ones above it.
    #[serde(default)]
    pub criteria: CustomerCriteria,
    /// As [`Territory::priority`].
    #[serde(default)]
    pub priority: i64,
    /// The first day on which it counts, not before that of the alignment; without, that of the alignment for one that is new.
    #[serde(default)]
    pub first_day: Option<NaiveDate>,
    /// The last day on which it counts, not before that of the alignment; open without one.
    #[serde(default)]
    pub last_day: Option<NaiveDate>,
    /// Who works there; without the list, those who do now.
    #[serde(default)]
    pub members: Option<Vec<PlannedMember>>,
}

/// A member of a territory as it is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedMember {
    /// Who: an external id or a name.
    pub staff: String,
    /// As what.
    #[serde(default = "owner")]
    pub role: String,
    /// The first day, as [`PlannedTerritory::first_day`].
    #[serde(default)]
    pub first_day: Option<NaiveDate>,
    /// The last day; open without one.
    #[serde(default)]
    pub last_day: Option<NaiveDate>,
}

fn owner() -> String {
    TerritoryMember::OWNER.to_owned()
}

impl PlannedTerritory {
    pub(super) fn key(&self) -> &str {
        self.external_id.as_deref().unwrap_or(&self.name)
    }

    pub(super) fn wrong(&self, field: &str, reason: impl Into<String>) -> crate::Error {
        let reason = format!("{:?}: {}", self.name, reason.into());
        Invalid::field::<Territory>(field, reason).into()
    }
}
