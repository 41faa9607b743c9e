//! Private servers: they answer, they differ, and they stop however their owner ends. These tests
//! start servers of their own even when the environment names one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failed_start;
mod killed_owner;
mod running;

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

const OWNER: &str = env!("CARGO_BIN_EXE_private-postgres");

fn address(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once('@').unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

/// A folder for every account: the server may run under another than the test.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}
