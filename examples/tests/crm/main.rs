//! The binary `crm`, end to end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod demo;
mod errors;
mod house;
mod imports;
mod real_data;

use house::House;
