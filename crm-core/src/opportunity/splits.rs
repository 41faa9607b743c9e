//! Who shares an opportunity, and how much of it is whose.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{kernel::Id, staff_member::StaffMember};

/// The share of a co-owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Whose.
    pub staff_id: Id<StaffMember>,
    /// How much, in per cent: above 0.
    #[serde(with = "rust_decimal::serde::str")]
    pub percent: Decimal,
}

/// The shares of all owners. Without any, all of it is the owner's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Splits(pub Vec<Split>);
crate::settings::as_json!(Splits);

impl Splits {
    /// What is wrong with them: at which place, and why.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let mut sum = Decimal::ZERO;
        for (at, split) in self.0.iter().enumerate() {
            let place = |field: &str| format!("splits[{at}].{field}");
            if let Err(error) = crate::kernel::storable(split.percent) {
                return Err((place("percent"), error.to_string()));
            }
            if split.percent <= Decimal::ZERO || split.percent > Decimal::ONE_HUNDRED {
                let why = format!("{} is not above 0 and at most 100", split.percent);
                return Err((place("percent"), why));
            }
            if self.0.iter().take(at).any(|other| other.staff_id == split.staff_id) {
                return Err((place("staff_id"), "somebody has one share, not two".to_owned()));
            }
            sum += split.percent;
        }
        if !self.0.is_empty() && sum != Decimal::ONE_HUNDRED {
            let why = format!("the shares add up to {}, not to 100", sum.normalize());
            return Err(("splits".to_owned(), why));
        }
        Ok(())
    }
}
