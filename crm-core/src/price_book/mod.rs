//! Price books: what products cost, by currency, day, customer and quantity.
//!
//! A price book has entries: a product, from so many on, at a price. Which book holds is decided by [`best_price`],
//! a pure function that says why; without any, a product costs its list price.

mod decision;
mod entity;
pub mod price_book_entry;
mod service;

pub use decision::{PassedOver, Price, PriceAsked, PriceSource, best_price};
pub use entity::*;
pub use service::{PriceBooks, SetPrice, price};
