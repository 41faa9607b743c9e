#![doc = include_str!("README.md")]

mod count;
mod entity;
mod evaluate;
mod feature;
mod score;
mod service;
mod train;
mod weights;
mod words;

pub use entity::*;
pub use evaluate::{Calibration, Evaluation};
pub use feature::{Bands, Feature};
pub use score::{HIGHEST, LOWEST, WinReason, WinScore};
pub use service::{Scored, ScoresWritten, WinModels, latest, likeliest, scores};
pub use train::{LEAST_TESTED, LEAST_TRAINED, Training};
pub use weights::{FieldWeights, Tally, ValueCount};
pub use words::ValueNames;
