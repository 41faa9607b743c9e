use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitStatus};

use crm_testkit::URL_VARIABLE;

use crate::cargo;
use crate::failure::Failure;
use crate::server::Server;
use crate::summary::Summary;

/// Runs all tests against one PostgreSQL, and sums up what ran.
pub(crate) fn run(extra: &[String]) -> Result<(), Failure> {
    let server = Server::ready()?;
    let mut command = cargo::command(&["test", "--no-fail-fast"]);
    if !names_a_package(extra) {
        command.args(["--workspace", "--features", "crm-core/conformance"]);
    }
    command.args(extra).env(URL_VARIABLE, server.url());
    println!("$ {}", cargo::words(&command));

    let (summary, status) = watch(command).map_err(Failure::io("run cargo test"))?;
    println!("\n{summary}");
    if status.success() { Ok(()) } else { Err(Failure::new(summary.failure())) }
}

/// Cargo takes a package and the whole workspace together, and then tests the whole.
fn names_a_package(extra: &[String]) -> bool {
    extra
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

/// Passes the output on line by line. Both streams share a pipe, so that a target's name stays
/// before its results.
fn watch(mut command: Command) -> io::Result<(Summary, ExitStatus)> {
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The command holds our copies of the writing end: with them open, the output never ends.
    drop(command);

    let mut summary = Summary::default();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        io::stdout().write_all(&line)?;
        summary.read(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok((summary, child.wait()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_an_argument_of_cargo_and_not_of_the_tests() {
        let named =
            |words: &str| names_a_package(&words.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert!(named("-p crm-core"));
        assert!(named("--release --package=crm-core"));
        assert!(!named("money -- -p"));
    }
}
