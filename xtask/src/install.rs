use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Whether this machine lets us install Debian's PostgreSQL.
pub(crate) fn is_possible() -> bool {
    is_root() && has_apt_get()
}

/// Installs Debian's PostgreSQL. The cluster that the package sets up is not used.
pub(crate) fn postgres() -> Result<(), Failure> {
    apt_get(&["update"])?;
    apt_get(&["install", "-y", "postgresql"])
}

fn apt_get(arguments: &[&str]) -> Result<(), Failure> {
    let words = format!("apt-get {}", arguments.join(" "));
    println!("$ {words}");
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status()
        .map_err(Failure::io(format_args!("run {words}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{words} failed ({status}): install PostgreSQL by hand")))
    }
}

/// Where there is apt-get, there is `/proc`: the owner of its `self` is the effective user.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn has_apt_get() -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join("apt-get").is_file()))
}
