//! Runs: the customers of a period judged by what they brought, kept with all that their figures and reasons follow from.

mod again;
mod apply;
mod classes;
mod collect;
mod compare;
mod expectation;
mod judge;
mod policies;
mod rows;
mod sorted;
mod stored_classes;
mod stored_lines;
mod take;
mod totals;
pub mod value_run;
pub mod value_run_line;
mod words;

pub use apply::{AppliedTiers, apply_tiers};
pub use classes::CustomerClass;
pub use compare::{MovedBy, run_migration};
pub use expectation::{FittedLifetime, LifetimePolicy};
pub use policies::ValuePolicies;
pub use take::{Expected, RunRequest, preview_run, take_run};
pub use totals::{GroupTotal, RunTotals, ServiceRate};
pub use words::RunReasons;
