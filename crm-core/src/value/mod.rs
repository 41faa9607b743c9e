//! What customers bring: transactions, and who the few are that bring most.

mod pareto;
mod report;
pub mod transaction;

pub use pareto::{ClassShare, Pareto, Ranked, ValueClass, pareto};
pub use report::{Basis, value_by};
