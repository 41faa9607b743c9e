//! What customers bring: transactions, and who the few are that bring most.

mod pareto;
pub mod transaction;

pub use pareto::{ClassShare, Pareto, ValueClass, pareto};
