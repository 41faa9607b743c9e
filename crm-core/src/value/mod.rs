//! What customers bring: transactions, profit, and who the few are that bring most. Classes, standings, scores and
//! tiers are pure functions of figures and of policies that are data; every answer says why in words.

mod fifths;
mod migration;
mod pareto;
mod period;
mod plan;
mod profit;
mod report;
mod rfm;
mod standing;
mod tier;
pub mod transaction;
mod units;

pub use fifths::{Fifth, Fifths, fifths};
pub use migration::{Migration, MigrationCell, Move, Moved, Placed, Placements, migration};
pub use pareto::{
    Border, ClassShare, Classes, Cuts, LorenzPoint, Pareto, ParetoRow, Ranked, Ranking, Summary,
    TopShare, ValueClass, classes, pareto,
};
pub use period::Period;
pub use plan::{GroupTarget, PlanLine, ValuePlan, compare};
pub use profit::{Effort, Profit, ServiceRates, profit};
pub use report::{Basis, value_by};
pub use rfm::{
    GridCell, Purchases, Rfm, RfmPolicy, RfmRow, RfmScales, RfmSegment, Scale, Scores,
    SegmentCount, rfm,
};
pub use standing::{Expectation, Judged, Standing, StandingPolicy, Standings};
pub use tier::{Tier, TierChange, TierDecision, TierFigures, TierPolicy, TierState, TierTest};
pub use units::{Exact, UNITS, of_units, to_units};
