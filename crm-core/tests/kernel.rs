//! The words that every subject shares, at their edges.

#[path = "kernel/check.rs"]
mod check;
#[path = "kernel/criteria_json.rs"]
mod criteria_json;
#[path = "kernel/ids.rs"]
mod ids;
#[path = "kernel/query.rs"]
mod query;
#[path = "kernel/row.rs"]
mod row;
