//! What a customer will still bring: purchases to expect, whether it is still one, what it is worth, and whose silence
//! is unlike them (customer lifetime value, CLV).
//!
//! Purchases come as plain rows (customer, day, amount). [`ordered_by_customer`] (or [`by_customer`]) makes
//! [`PurchaseDays`] of them, a [`Cohort`] groups what these say up to a day, [`fit`] estimates a model from it by
//! maximum likelihood, and an [`Outlook`] says what to expect of one customer. Before a model is believed,
//! [`HoldoutCheck`] and [`Tracking`] compare it with what happened later. [`Watch`] needs no model: it asks
//! whether a customer's silence is likely, given its own rhythm.
//!
//! On a store, [`each_customer`] gives the rows, [`lifetime`] does all of the first in one go, and [`at_risk`] the
//! second: a thin layer that reads, and leaves every figure to what is pure.
//!
//! Models, each with its source:
//! - BG/NBD: Fader, Hardie and Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005).
//! - MBG/NBD: Batislam, Denizel and Filiztekin, Empirical validation and comparison of models for customer base
//!   analysis, International Journal of Research in Marketing 24 (2007).
//! - Pareto/NBD: Schmittlein, Morrison and Colombo, Counting Your Customers, Management Science 33 (1987).
//! - Gamma-Gamma: Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013).
//!
//! Estimates are statistics, thus `f64`; amounts are added up exactly, and what comes out as money is rounded to the
//! currency's decimals. No result depends on the order of what is given.

mod at_risk;
mod best;
mod beta_geometric;
mod cohort;
mod estimate;
mod fit;
mod gamma_gamma;
mod holdout;
mod maximum;
mod model;
mod outlook;
mod pareto_nbd;
mod purchases;
mod question;
mod read;
mod report;
mod rhythm;
mod rows;
mod series;
mod tracking;
mod unfit;
mod watch;

pub use at_risk::at_risk;
pub use best::{BestOutlooks, Together};
pub use beta_geometric::BetaGeometric;
pub use cohort::{Cohort, History, TimeUnit};
pub use estimate::{Estimates, significant};
pub use fit::{Fit, LEAST_REPEATERS, MOST_CORRELATION, fit};
pub use gamma_gamma::GammaGamma;
pub use holdout::{HoldoutCheck, HoldoutGroup};
pub use model::{Model, PurchaseModel};
pub use outlook::{CustomerOutlook, DAYS_OF_A_YEAR, Expected, Outlook};
pub use pareto_nbd::ParetoNbd;
pub use purchases::{ByCustomer, PurchaseDays, by_customer, ordered_by_customer};
pub use question::{LifetimeQuestion, lifetime};
pub use read::each_customer;
pub use report::{LifetimeReport, OutlookPages};
pub use rhythm::{Regularity, chance_of_silence};
pub use tracking::{Tracking, TrackingPoint};
pub use unfit::Unfit;
pub use watch::{AtRisk, AtRiskReport, Watch, Watching};
