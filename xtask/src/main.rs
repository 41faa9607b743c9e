//! `cargo xtask`: every check of the project with one command.

mod cargo;
mod compat;
mod failure;
mod features;
mod install;
mod lockfile;
mod server;
mod summary;
mod test;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match (task.as_str(), rest.is_empty()) {
        ("test", _) => test::run(&rest),
        ("compat", true) => compat::run(),
        ("features", true) => features::run(),
        ("relock", true) => compat::relock(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "\
cargo xtask <task>
  test [arguments of cargo test]  all tests, with a private PostgreSQL (installed if need be)
  features                        each crate and each feature compiles alone
  compat                          the hosts in compat/ build and pass, with their own lock files
  relock                          brings those lock files up to date after a change of dependencies

CRM_TEST_POSTGRES_URL  a running PostgreSQL to test with; its database has \"test\" in its name
CRM_TEST_PG_BIN        the folder of initdb and postgres, when it is not found";
