use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crm_testkit::URL_VARIABLE;

use crate::cargo;
use crate::failure::Failure;
use crate::server::Server;

/// Tests each host in `compat/`, with the versions of its own lock file.
pub(crate) fn run() -> Result<(), Failure> {
    let server = Server::ready()?;
    let target = target_folder().join("compat");
    let mut failed = Vec::new();
    for host in hosts()? {
        let mut command = cargo::command(&["test", "--locked", "--manifest-path"]);
        command.arg(manifest(&host));
        command.env("CARGO_TARGET_DIR", &target).env(URL_VARIABLE, server.url());
        if !cargo::passes(command)? {
            failed.push(host);
        }
    }
    conclude("hosts failed", &failed)
}

/// Lets each lock file follow a change in the manifests, and nothing else.
pub(crate) fn relock() -> Result<(), Failure> {
    let mut failed = Vec::new();
    for host in hosts()? {
        let mut command = cargo::command(&["update", "--workspace", "--manifest-path"]);
        command.arg(manifest(&host));
        if !cargo::passes(command)? {
            failed.push(host);
        }
    }
    conclude("hosts have no lock file", &failed)
}

/// The hosts share one folder for what they build, beside that of the workspace.
fn target_folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    cargo::root().join(target)
}

/// The folders in `compat/` with a manifest, by name.
fn hosts() -> Result<Vec<String>, Failure> {
    let folder = cargo::root().join("compat");
    let entries = fs::read_dir(&folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(Failure::io("read compat/"))?;
    let mut names: Vec<String> = entries
        .iter()
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    if names.is_empty() {
        return Err(Failure::new("compat/ has no hosts"));
    }
    names.sort();
    Ok(names)
}

fn manifest(host: &str) -> PathBuf {
    Path::new("compat").join(host).join("Cargo.toml")
}

fn conclude(what: &str, failed: &[String]) -> Result<(), Failure> {
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("these {what}: {}", failed.join(", "))))
}
