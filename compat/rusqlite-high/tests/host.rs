//! A host on rusqlite 0.41: the store joins the host's own connection, so both must use one rusqlite.

use crm_core as _;
use crm_store_sqlite as _;

fn locked(package: &str) -> Vec<&'static str> {
    let name = format!("name = \"{package}\"");
    include_str!("../Cargo.lock")
        .split("[[package]]")
        .filter(|entry| entry.lines().any(|line| line == name))
        .filter_map(|entry| {
            entry
                .lines()
                .find_map(|line| line.strip_prefix("version = "))
        })
        .map(|version| version.trim_matches('"'))
        .collect()
}

#[test]
fn one_rusqlite_and_one_sqlite_are_locked() {
    let rusqlite = locked("rusqlite");
    assert_eq!(rusqlite.len(), 1, "{rusqlite:?}");
    assert!(rusqlite[0].starts_with("0.41."), "{rusqlite:?}");
    assert_eq!(locked("libsqlite3-sys").len(), 1);
}

#[test]
fn a_rollback_of_the_host_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = rusqlite::Connection::open(folder.path().join("host.db")).unwrap();
    connection
        .execute_batch("CREATE TABLE host_order (note TEXT NOT NULL)")
        .unwrap();

    let transaction = connection.transaction().unwrap();
    transaction
        .execute("INSERT INTO host_order VALUES ('desk')", ())
        .unwrap();
    transaction.rollback().unwrap();

    let orders: i64 = connection
        .query_row("SELECT count(*) FROM host_order", (), |row| row.get(0))
        .unwrap();
    assert_eq!(orders, 0);
}
