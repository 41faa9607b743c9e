use crate::cargo;
use crate::failure::Failure;
use crate::lockfile;

/// Checks each library alone, with each of its features alone, and what its hosts get locked.
pub(crate) fn run() -> Result<(), Failure> {
    let mut failed = Vec::new();
    for (package, features) in ALONE {
        let mut command = cargo::command(&["check", "--package", package]);
        command.args(features.split_whitespace());
        let words = cargo::words(&command);
        if !cargo::passes(command)? {
            failed.push(words);
        }
    }
    for (host, strangers) in LOCKED {
        println!("\ncompat/{host} locks none of {}", strangers.join(", "));
        failed.extend(lockfile::strangers_in(host, strangers)?);
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("failed:\n  {}", failed.join("\n  "))))
}

const ALONE: [(&str, &str); 9] = [
    ("crm-core", ""),
    ("crm-core", "--no-default-features"),
    ("crm-core", "--no-default-features --features calendar"),
    ("crm-core", "--no-default-features --features memory"),
    ("crm-core", "--no-default-features --features conformance"),
    ("crm-store-sql", ""),
    ("crm-store-sqlite", ""),
    ("crm-store-sqlite", "--no-default-features"),
    ("crm-store-postgres", ""),
];

/// Cargo locks what a dependency might switch on, so a driver's features can lock the drivers of
/// other databases, whose version of SQLite then clashes with the host's.
const LOCKED: [(&str, &[&str]); 2] = [
    ("postgres-only", &["libsqlite3-sys", "rusqlite", "sqlx-sqlite", "sqlx-mysql"]),
    ("postgres-host", &["sqlx-sqlite", "sqlx-mysql"]),
];
