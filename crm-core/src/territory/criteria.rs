use serde::{Deserialize, Serialize};

use crate::{customer::Customer, kernel::Criteria, settings::as_json};

/// Criteria over customers, as a field keeps them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerCriteria(pub Criteria<Customer>);
as_json!(CustomerCriteria);

impl Default for CustomerCriteria {
    /// Every customer.
    fn default() -> Self {
        Self(Criteria::everything())
    }
}

impl From<Criteria<Customer>> for CustomerCriteria {
    fn from(criteria: Criteria<Customer>) -> Self {
        Self(criteria)
    }
}
