//! Customers, and the people to talk to there.

pub mod contact;
mod entity;

pub use entity::*;
