//! A host on rusqlite 0.37: the store joins the host's own connection, so both must use one rusqlite.

use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Actor, Criteria, Id, Scope, TenantId},
    store::Store,
};
use crm_store_sqlite::{SqliteStore, system_ports};

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
    assert!(rusqlite[0].starts_with("0.37."), "{rusqlite:?}");
    assert_eq!(locked("libsqlite3-sys").len(), 1);
}

#[tokio::test]
async fn a_rollback_of_the_host_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.db");
    let store = SqliteStore::open(&file, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    let scope = Scope::new(
        TenantId(system_ports().ids.next()),
        Actor::new("host").unwrap(),
    );

    let mut connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch("CREATE TABLE host_order (note TEXT NOT NULL)")
        .unwrap();
    for end in ["ROLLBACK", "COMMIT"] {
        connection
            .execute_batch("BEGIN IMMEDIATE; INSERT INTO host_order VALUES ('desk')")
            .unwrap();
        let mut work = store.join(&mut connection, scope.clone()).unwrap();
        let id = Id::new(work.next_id());
        work.insert(Customer::new(id, CustomerKind::Person, "Ann"))
            .await
            .unwrap();
        work.commit().await.unwrap();
        connection.execute_batch(end).unwrap();

        let lasting = i64::from(end == "COMMIT");
        let orders: i64 = connection
            .query_row("SELECT count(*) FROM host_order", (), |row| row.get(0))
            .unwrap();
        let mut unit = store.read(scope.clone()).await.unwrap();
        let customers = unit.count(Criteria::<Customer>::everything()).await.unwrap();
        assert_eq!((orders, customers), (lasting, lasting as u64), "{end}");
    }
}

#[tokio::test]
async fn sqlx_and_rusqlite_run_the_same_sqlite() {
    use sqlx::Connection as _;

    let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:")
        .await
        .unwrap();
    let of_sqlx: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(of_sqlx, rusqlite::version());
}
