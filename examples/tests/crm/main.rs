//! The binary `crm`, end to end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod assigning;
mod clv;
mod constants;
mod day;
mod day_errors;
mod deals;
mod demo;
mod dirty;
mod errors;
mod expected;
mod folding;
mod forecasts;
mod hostile_files;
mod house;
mod identity;
mod imports;
mod inspection;
mod killed;
mod leads;
mod masks;
mod ownership;
mod people;
mod pictures;
mod reading;
mod real_assignment;
mod real_clv;
mod real_conflicts;
mod real_data;
mod real_forecast;
mod real_house;
mod real_lifetime;
mod real_ownership;
mod real_pipeline;
mod real_quarter;
mod real_territories;
mod real_value;
mod real_win_model;
mod rejects;
mod two_imports;
mod value_refusals;
mod value_runs;
mod verbs;
mod verbs_errors;
mod xml;

use house::House;
