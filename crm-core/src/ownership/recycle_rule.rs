use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    customer::{self, Customer},
    kernel::{Criteria, CustomValue, Invalid},
};

use super::{MOST_DAYS, Pool};

/// So many characters what a rule says has at the most.
const MOST_WORDS: usize = 400;

/// When a customer that somebody has comes back into a pool. All that it says must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecycleRule {
    /// What people call it; no other of the pool is called so.
    pub name: String,
    /// Which customers: by category, tier, stage or anything else of theirs.
    #[serde(default = "Criteria::everything", skip_serializing_if = "Criteria::is_everything")]
    pub when: Criteria<Customer>,
    /// After so many days without an interaction and with the same owner; one that began with its owner and never had
    /// an interaction waits since it was added. At most [`MOST_DAYS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_days: Option<u32>,
    /// After the day in this one of the tenant's own fields: the end of a contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Only those with no open opportunity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_opportunity: bool,
}

impl RecycleRule {
    /// Which customers it is about on a day, as far as their records tell.
    pub(super) fn about(&self, today: NaiveDate) -> Criteria<Customer> {
        match &self.ended {
            Some(name) => {
                let ended = customer::CUSTOM.field(name).below(CustomValue::Date(today));
                self.when.clone().and(ended)
            }
            None => self.when.clone(),
        }
    }

    /// What it says, for those it takes back.
    pub fn words(&self) -> String {
        let mut why = Vec::new();
        if let Some(days) = self.silent_days {
            why.push(format!("no interaction for {days} days"));
        }
        if let Some(name) = &self.ended {
            why.push(format!("{name} is over"));
        }
        if self.without_opportunity {
            why.push("no open opportunity".to_owned());
        }
        if why.is_empty() {
            self.name.clone()
        } else {
            format!("{}: {}", self.name, why.join(", "))
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        self.when.check()?;
        if self.silent_days.is_none() && self.ended.is_none() && self.when.is_everything() {
            let reason = format!(
                "recycling: {:?} would take every customer at once: say silent_days, ended or when",
                self.name
            );
            return Err(Invalid::field::<Pool>("rules", reason));
        }
        if self.silent_days.is_some_and(|days| days == 0 || days > MOST_DAYS) {
            let reason =
                format!("recycling: {:?}: silent_days is from 1 to {MOST_DAYS}", self.name);
            return Err(Invalid::field::<Pool>("rules", reason));
        }
        // The history of owners keeps what it says as a reason.
        let length = self.words().chars().count();
        if length > MOST_WORDS {
            let reason = format!(
                "recycling: what a rule says has {length} characters, and {MOST_WORDS} are the most: shorten its name"
            );
            return Err(Invalid::field::<Pool>("rules", reason));
        }
        Ok(())
    }
}
