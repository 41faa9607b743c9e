//! The binary `crm`, end to end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod constants;
mod day;
mod day_errors;
mod deals;
mod demo;
mod dirty;
mod errors;
mod folding;
mod forecasts;
mod hostile_files;
mod house;
mod identity;
mod imports;
mod inspection;
mod leads;
mod reading;
mod real_conflicts;
mod real_data;
mod real_forecast;
mod real_house;
mod real_pipeline;
mod real_quarter;
mod real_win_model;
mod rejects;
mod two_imports;
mod verbs;
mod verbs_errors;

use house::House;
