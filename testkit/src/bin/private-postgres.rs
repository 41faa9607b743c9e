//! Runs a private PostgreSQL by hand: prints its URL and its folder, and stops at the end of input.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crm_testkit::{PrivateOptions, PrivatePostgres};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let durable = std::env::args().any(|argument| argument == "--durable");
    let server = PrivatePostgres::start(PrivateOptions { durable })?;
    let mut output = io::stdout();
    writeln!(output, "{}\n{}", server.url(), server.folder().display())?;
    output.flush()?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
