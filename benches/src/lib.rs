//! What the benches share: arguments, rounds and tables, a made-up house, and reading its records
//! by hand on the bare drivers.

mod arguments;
pub mod by_hand;
mod disk;
pub mod house;
mod memory;
mod rounds;
mod run;
mod server;

pub use arguments::{Arguments, Size};
pub use disk::flush_time;
pub use memory::{peak, start_peak};
pub use rounds::{Series, per_second, table, time};
pub use run::{load, run};
pub use server::Server;

/// What goes wrong in a bench ends it.
pub type Result<T = (), E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
