use thiserror::Error as ThisError;

use super::Model;
use crate::kernel::{Error, Refused};

/// Why the data cannot carry a model.
#[derive(Clone, Debug, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Unfit {
    /// There is nobody.
    #[error(
        "nobody has purchased until the end of the observation: there is nothing to learn from"
    )]
    NoCustomers,
    /// All bought once.
    #[error(
        "none of {customers} customers has come back: how often they do cannot be learned from one-time buyers; observe for longer, or in smaller units"
    )]
    OneTimeBuyers {
        /// How many customers.
        customers: u64,
    },
    /// Too few came back.
    #[error("{repeaters} customers have come back: a model needs {least} of them")]
    TooFew {
        /// How many have come back, for the Gamma-Gamma model with a value above nothing.
        repeaters: u64,
        /// How many are needed.
        least: u64,
    },
    /// Nobody differs from anybody.
    #[error(
        "all {customers} customers are the same in {what}: a model of how they differ cannot be learned from that"
    )]
    AllEqual {
        /// How many customers.
        customers: u64,
        /// In what.
        what: &'static str,
    },
    /// The Gamma-Gamma model holds where those who come often do not spend more, or less, than others.
    #[error(
        "how often customers come and what they spend go together (correlation {correlation:.3}, and up to {most} is borne): the Gamma-Gamma model would be wrong; fit groups of customers one by one"
    )]
    Correlated {
        /// The correlation among repeat buyers.
        correlation: f64,
        /// How much is borne, in size.
        most: f64,
    },
    /// Parameters that no model has.
    #[error("{parameters:?} are no parameters of {model}: it needs {needs} numbers above nothing")]
    NoParameters {
        /// The model.
        model: Model,
        /// How many it needs.
        needs: usize,
        /// What was given.
        parameters: Vec<f64>,
    },
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        Refused::new("lifetime", "purchases", "a model", unfit.to_string()).into()
    }
}
