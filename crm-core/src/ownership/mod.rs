//! Who owns what: one account manager for each customer, or a public pool.
//!
//! A record has one owner because it has one field for it; whoever writes it with a version that is not
//! the stored one any more is in conflict. What that decided stands in [`owner_change::OwnerChange`], which
//! every store adds with the write, on every path.

mod belonging;
mod claim;
mod dormant;
mod going;
mod hand_over;
pub mod handover;
pub mod helper;
mod helping;
mod history;
mod masks;
pub mod owner_change;
pub mod pool;
mod preview;
mod recycle;
mod recycle_rule;
mod service;
mod trace;

pub use claim::{Claimant, against_claim, unmet};
pub use hand_over::{MOST_AT_ONCE, belongings, complete_handover};
pub use handover::{HandedOver, Handover, HandoverPlan, HandoverRule, Share};
pub use helper::Helper;
pub(crate) use history::tell_why;
pub use history::{OwnerStep, ownership_history};
pub use masks::Masks;
pub use owner_change::{Grounds, Owned, OwnerChange, OwnerVerb};
pub use pool::{InPool, MASK, Pool, PoolRules, in_pool};
pub use preview::{HandoverItem, HandoverPreview, Worth, open_worth, preview_handover};
pub use recycle::{Due, Recycled, due_to_recycle};
pub use recycle_rule::RecycleRule;
pub(crate) use service::{Given, give, given};
pub use service::{Ownership, Why};
pub use trace::Trace;

/// So many microseconds has a day.
const DAY: i64 = 86_400_000_000;

/// So many days are the most that a rule of a pool may say: a hundred years.
pub const MOST_DAYS: u32 = 36_525;

/// So many days as microseconds, however many.
const fn days(days: u32) -> i64 {
    // Less than 2^53 by 2^10.
    DAY.saturating_mul(days as i64)
}
