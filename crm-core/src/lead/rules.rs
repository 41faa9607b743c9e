use serde::{Deserialize, Serialize};

use crate::kernel::Invalid;

use super::Lead;

/// What the house asks of leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeadRules {
    /// Why leads are disqualified: one of these; any text where there is no list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disqualify_reasons: Vec<String>,
}
crate::settings::as_json!(LeadRules);

impl LeadRules {
    /// Nothing but that a reason is given.
    pub const fn none() -> Self {
        Self { disqualify_reasons: Vec::new() }
    }

    /// Whether a lead may be disqualified for this reason.
    pub(super) fn accepts(&self, reason: &str) -> Result<(), Invalid> {
        let list = &self.disqualify_reasons;
        if list.is_empty() || list.iter().any(|one| one == reason) {
            return Ok(());
        }
        let why = format!("{reason:?} is no reason to disqualify; there are: {}", list.join(", "));
        Err(Invalid::field::<Lead>("reason", why))
    }
}
