//! What a pipeline asks of steps, beside its gates.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Id, text_enum},
    staff_member::StaffMember,
};

text_enum! {
    /// Whether a kind of step may be taken.
    pub enum Allowance {
        /// It may.
        Allowed = "allowed",
        /// It may, by whoever says why.
        WithReason = "with_reason",
        /// It may not.
        Refused = "refused",
    }
}

/// The reasons that may be given for a win or a loss.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reasons {
    /// Whether one must be given.
    pub required: bool,
    /// What may be given; any text where there is no list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

impl Reasons {
    /// One of these must be given.
    pub fn one_of<'r>(choices: impl IntoIterator<Item = &'r str>) -> Self {
        Self { required: true, choices: choices.into_iter().map(str::to_owned).collect() }
    }

    /// What is wrong with a reason, if something is.
    pub(super) fn objection(&self, reason: Option<&str>, to: &str) -> Option<String> {
        let reason = reason.filter(|text| !text.trim().is_empty());
        let list = || self.choices.join(", ");
        match reason {
            None if self.required && self.choices.is_empty() => {
                Some(format!("a reason must be given to {to} it"))
            }
            None if self.required => Some(format!("give a reason to {to} it, one of: {}", list())),
            Some(text) if !self.choices.is_empty() && !self.choices.iter().any(|c| c == text) => {
                Some(format!("{text:?} is no reason to {to} it; there are: {}", list()))
            }
            _ => None,
        }
    }
}

/// Which steps a pipeline allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PipelineRules {
    /// Going on beyond the next open stage; winning from another than the last one.
    pub skip: Allowance,
    /// Going back to an earlier open stage.
    pub back: Allowance,
    /// Opening again what was won or lost.
    pub reopen: Allowance,
    /// Why opportunities are won.
    pub win_reasons: Reasons,
    /// Why they are lost.
    pub loss_reasons: Reasons,
    /// Whether a loss must name who won it instead.
    pub competitor_required: bool,
    /// After how many days without an interaction or a step an open opportunity is idle, in stages that do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_days: Option<u32>,
    /// Who may let an opportunity pass a gate that it does not meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overriders: Vec<Id<StaffMember>>,
}
crate::settings::as_json!(PipelineRules);

impl Default for PipelineRules {
    /// Every step is allowed, and nothing is asked.
    fn default() -> Self {
        Self {
            skip: Allowance::Allowed,
            back: Allowance::Allowed,
            reopen: Allowance::Allowed,
            win_reasons: Reasons::default(),
            loss_reasons: Reasons::default(),
            competitor_required: false,
            idle_days: None,
            overriders: Vec::new(),
        }
    }
}
