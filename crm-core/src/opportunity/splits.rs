//! Who shares an opportunity, and how much of it is whose.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Id, Money},
    staff_member::StaffMember,
};

use super::apportion::parts;

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
    /// Who owns how much of it: without shares all of it is the owner's.
    pub(crate) fn owners(
        &self,
        owner: Option<Id<StaffMember>>,
    ) -> Vec<(Option<Id<StaffMember>>, Decimal)> {
        if self.0.is_empty() {
            return vec![(owner, Decimal::ONE)];
        }
        self.0.iter().map(|split| (Some(split.staff_id), split.percent)).collect()
    }

    /// The part of an amount that is somebody's.
    pub(crate) fn part_of(
        &self,
        amount: Option<Money>,
        owner: Option<Id<StaffMember>>,
        theirs: impl Fn(Option<Id<StaffMember>>) -> bool,
    ) -> Decimal {
        let owners = self.owners(owner);
        let weights: Vec<_> = owners.iter().map(|(_, weight)| *weight).collect();
        let each = owners.iter().zip(parts(amount, &weights));
        let parts = each.filter(|((owner, _), _)| theirs(*owner));
        parts.filter_map(|(_, part)| part).map(Money::amount).sum()
    }

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
