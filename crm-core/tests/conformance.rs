//! The conformance suite against the reference store: each law is a line of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ground;

use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let ground = ground::shared(Arc::new(ground::memory()));
    let trials = crm_core::conformance::laws().into_iter().map(|law| {
        let ground = ground.clone();
        Trial::test(law.name().to_owned(), move || {
            futures_executor::block_on(law.hold(&ground)).map_err(Into::into)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
