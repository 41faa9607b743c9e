//! Exchange rates by day: the only way amounts in two currencies come together.

mod conversion;
mod entity;
mod service;

pub use conversion::{CONVERSION_ROUNDING, Rates};
pub use entity::*;
pub use service::ExchangeRates;
