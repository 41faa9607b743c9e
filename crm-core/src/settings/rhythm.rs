use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    kernel::{Criteria, Invalid},
};

use super::check::{self, Place};

/// Every how many days customers should hear from the house. The first rule that fits decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContactRhythm(pub Vec<RhythmRule>);
super::as_json!(ContactRhythm);

/// Every how many days some customers should hear from the house.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RhythmRule {
    /// Which customers; without it, all.
    #[serde(default = "Criteria::everything", skip_serializing_if = "Criteria::is_everything")]
    pub when: Criteria<Customer>,
    /// In days, at least one.
    pub days: u32,
}

impl ContactRhythm {
    /// No rules: nobody is waited for.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Every how many days this customer should hear from the house; none where no rule fits.
    pub fn days_for(&self, customer: &Customer) -> Option<u32> {
        self.0.iter().find(|rule| rule.when.matches(customer)).map(|rule| rule.days)
    }

    pub(super) fn check(&self, place: &Place<'_>) -> Result<(), Invalid> {
        for (at, rule) in self.0.iter().enumerate() {
            let place = place.item(at);
            check::criteria(&rule.when, &place.member("when"))?;
            if rule.days == 0 {
                return place.member("days").wrong("at least one day");
            }
        }
        Ok(())
    }
}
