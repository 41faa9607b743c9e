//! Exchange rates by day: the only way amounts in two currencies come together.

mod conversion;
mod dated;
mod entity;
mod service;

pub use conversion::{CONVERSION_ROUNDING, Rates};
pub use dated::DatedRates;
pub use entity::*;
pub use service::ExchangeRates;
