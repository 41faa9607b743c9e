use std::process::ExitCode;

use crate::{Arguments, Result, Size};

/// Runs a bench: its `about` first, then its tables.
pub fn run(about: &str, bench: impl AsyncFnOnce(&Arguments) -> Result) -> ExitCode {
    match start(about, bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(why) = cause {
                eprintln!("  because: {why}");
                cause = why.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn start(about: &str, bench: impl AsyncFnOnce(&Arguments) -> Result) -> Result {
    let arguments = Arguments::of_process()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if arguments.size == Size::Smoke {
        println!("a test on next to nothing; to measure, use `cargo bench`");
        runtime.block_on(bench(&arguments))?;
        // As the test harness says it, for whoever counts.
        println!("test result: ok. 1 passed; 0 failed; 0 ignored");
        return Ok(());
    }
    println!("{about}");
    runtime.block_on(bench(&arguments))
}

/// How many wanted the processor in the last minute, where the system says it.
pub fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("unknown").to_owned()
}
