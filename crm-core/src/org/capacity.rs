use serde::{Deserialize, Serialize};

use crate::settings::as_json;

/// How much somebody takes on, by kind of work. What is absent has no limit; 0 is to get nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capacity {
    /// Customers of whom they are the account manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customers: Option<u32>,
    /// Opportunities of theirs that are open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_opportunities: Option<u32>,
    /// Leads of theirs that are not decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_leads: Option<u32>,
    /// Tasks of theirs that are open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_tasks: Option<u32>,
    /// Records that come to be theirs on one day: assigned, claimed, transferred or handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_per_day: Option<u32>,
    /// Records that come to be theirs in one week, from Monday on, in any of these ways.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_per_week: Option<u32>,
}
as_json!(Capacity);
