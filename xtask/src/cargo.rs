use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// The cargo that runs this task, in the root of the workspace.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    here.parent().unwrap_or(Path::new(".")).to_owned()
}

/// Prints and runs the command; the answer is whether it succeeded.
pub(crate) fn passes(mut command: Command) -> Result<bool, Failure> {
    println!("\n$ {}", words(&command));
    let status = command.status().map_err(Failure::io("run cargo"))?;
    Ok(status.success())
}

/// The command as one would type it.
pub(crate) fn words(command: &Command) -> String {
    let arguments: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    format!("cargo {}", arguments.join(" "))
}
