//! What is sold.

mod entity;

pub use entity::*;
