//! The rules of the house: what a tenant decides for itself, as data, kept in the store.

mod entity;

pub use entity::*;
