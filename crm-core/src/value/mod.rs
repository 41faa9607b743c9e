//! What customers bring: transactions, what they add up to, profit, and who the few are that bring most. Classes,
//! standings, scores and tiers are pure functions of figures and of policies that are data; every answer says why in words.

pub mod customer_value;
mod effort;
mod fifths;
mod figures;
mod gather;
mod migration;
pub mod monthly_value;
mod pareto;
mod period;
mod plain;
mod plan;
mod profit;
mod purchases;
mod question;
mod report;
mod rfm;
mod run;
mod source;
mod standing;
mod tier;
pub mod transaction;
mod units;

pub use effort::effort;
pub use fifths::{Fifth, Fifths, fifths};
pub use figures::Figures;
pub use gather::{CustomerFigures, customer_values};
pub use migration::{Migration, MigrationCell, Move, Moved, Placed, Placements, migration};
pub use pareto::{
    Border, ClassShare, Classes, Cuts, LorenzPoint, Pareto, ParetoRow, Ranked, Ranking, Summary,
    TopShare, ValueClass, classes, pareto,
};
pub use period::Period;
pub use plan::{GroupTarget, PlanLine, ValuePlan, compare, compare_totals};
pub use profit::{Effort, Profit, ServiceRates, profit};
pub use purchases::purchases;
pub use question::{ValueQuestion, Values, profits, values_by};
pub use report::{Basis, value_by, value_currency};
pub use rfm::{
    GridCell, Purchases, Rfm, RfmPolicy, RfmRow, RfmScales, RfmSegment, Scale, Scores,
    SegmentCount, rfm,
};
pub use run::{
    AppliedTiers, CustomerClass, Expected, FittedLifetime, GroupTotal, LifetimePolicy, MovedBy,
    RunReasons, RunRequest, RunTotals, ServiceRate, ValuePolicies, apply_tiers, preview_run,
    run_migration, take_run, value_run, value_run_line,
};
pub use standing::{Expectation, Judged, Standing, StandingPolicy, Standings};
pub use tier::{Tier, TierChange, TierDecision, TierFigures, TierPolicy, TierState, TierTest};
pub use units::{Exact, UNITS, of_units, to_units};
