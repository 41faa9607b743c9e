//! What a host sees of the store beyond the laws: joining its transaction, migrating, errors.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, time::Duration};

use crm_core::{
    ErrorKind,
    customer::{Customer, CustomerKind},
    kernel::{Actor, Id, Query, Scope, TenantId},
    store::Store,
};
use crm_store_sqlite::{SqliteOptions, SqliteStore, join, migrations, system_ports, tables};
use rusqlite::Connection;
use uuid::Uuid;

async fn store(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    store
}

fn scope() -> Scope {
    Scope::new(TenantId(Uuid::from_u128(1)), Actor::new("host").unwrap())
}

fn acme(id: Uuid) -> Customer {
    Customer::new(Id::new(id), CustomerKind::Organisation, "Acme")
}

async fn customers(store: &SqliteStore) -> usize {
    let mut unit = store.read(scope()).await.unwrap();
    unit.find(Query::<Customer>::all()).await.unwrap().items.len()
}

#[tokio::test]
async fn a_rollback_of_the_host_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = store(&path).await;
    let mut connection = Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE shop_order (number INTEGER)").unwrap();
    connection.execute_batch("BEGIN IMMEDIATE; INSERT INTO shop_order VALUES (77)").unwrap();
    let mut work = store.join(&mut connection, scope()).unwrap();
    let id = work.next_id();
    work.insert(acme(id)).await.unwrap();
    work.commit().await.unwrap();
    connection.execute_batch("ROLLBACK").unwrap();
    assert_eq!(customers(&store).await, 0);
    let changes = store.read(scope()).await.unwrap().changes(None, 10).await.unwrap();
    assert_eq!(changes.changes, []);
}

#[tokio::test]
async fn a_dropped_unit_leaves_the_hosts_own_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = store(&path).await;
    let mut connection = Connection::open(&path).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    for keep in [true, false] {
        let mut work = store.join(&mut connection, scope()).unwrap();
        let id = work.next_id();
        work.insert(acme(id)).await.unwrap();
        if keep {
            work.commit().await.unwrap();
        }
    }
    connection.execute_batch("COMMIT").unwrap();
    assert_eq!(customers(&store).await, 1);
}

#[tokio::test]
async fn a_host_that_runs_the_steps_itself_needs_no_store() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    for step in migrations() {
        for statement in &step.statements {
            connection.execute_batch(statement).unwrap();
        }
    }
    let ports = system_ports();
    let error = join(&mut connection, scope(), &ports).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Invalid, "no transaction is open");
    connection.execute_batch("PRAGMA foreign_keys = OFF; BEGIN").unwrap();
    let error = join(&mut connection, scope(), &ports).err().unwrap();
    assert!(error.to_string().contains("foreign_keys"), "{error}");
    connection.execute_batch("COMMIT; PRAGMA foreign_keys = ON; BEGIN").unwrap();
    let mut work = join(&mut connection, scope(), &ports).unwrap();
    let id = work.next_id();
    work.insert(acme(id)).await.unwrap();
    work.commit().await.unwrap();
    connection.execute_batch("COMMIT").unwrap();
    let rows: i64 =
        connection.query_row("SELECT count(*) FROM crm_customer", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn an_exported_schema_is_known_to_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let connection = Connection::open(&path).unwrap();
    for step in migrations() {
        for statement in &step.statements {
            connection.execute_batch(statement).unwrap();
        }
    }
    let opened = SqliteStore::open(&path, system_ports()).await.unwrap();
    assert_eq!(customers(&opened).await, 0);
    opened.migrate().await.unwrap();
}

#[tokio::test]
async fn a_file_with_texts_in_another_encoding_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let mut connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA encoding = 'UTF-16'; CREATE TABLE host (n)").unwrap();
    let error = SqliteStore::open(&path, system_ports()).await.err().unwrap();
    assert!(error.to_string().contains("UTF-16"), "{error}");
    connection.execute_batch("PRAGMA foreign_keys = ON; BEGIN").unwrap();
    let error = join(&mut connection, scope(), &system_ports()).err().unwrap();
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

#[tokio::test]
async fn many_processes_may_migrate_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let mut starts = Vec::new();
    for _ in 0..6 {
        let path = path.clone();
        starts.push(tokio::spawn(async move {
            let store = SqliteStore::open(&path, system_ports()).await.unwrap();
            store.migrate().await
        }));
    }
    for start in starts {
        start.await.unwrap().unwrap();
    }
    assert_eq!(customers(&store(&path).await).await, 0);
}

#[tokio::test]
async fn a_file_without_or_with_a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let store = SqliteStore::open(&path, system_ports()).await.unwrap();
    let missing = store.begin(scope()).await.err().unwrap();
    assert_eq!(missing.kind(), ErrorKind::Schema, "{missing}");
    store.migrate().await.unwrap();
    let connection = Connection::open(&path).unwrap();
    connection.execute("INSERT INTO crm_migration VALUES (999, 'future', 0)", []).unwrap();
    assert_eq!(store.migrate().await.unwrap_err().kind(), ErrorKind::Schema);
    let again = SqliteStore::open(&path, system_ports()).await.unwrap();
    assert_eq!(again.begin(scope()).await.err().unwrap().kind(), ErrorKind::Schema);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear customer, this is a letter and no database.").unwrap();
    let error = SqliteStore::open(&path, system_ports()).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("letter.txt"), "{error}");
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, "Dear customer, this is a letter and no database.");
}

#[tokio::test]
async fn a_file_that_another_program_writes_to_is_waited_for_and_then_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    store(&path).await;
    let impatient = SqliteOptions::new(system_ports()).busy_timeout(Duration::from_millis(50));
    let impatient = impatient.open(&path).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = impatient.begin(scope()).await.err().unwrap();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(customers(&impatient).await, 0, "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    assert!(impatient.begin(scope()).await.is_ok());
}

#[tokio::test]
async fn a_unit_held_too_long_is_rolled_back_and_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    store(&path).await;
    let store = SqliteOptions::new(system_ports()).hold_limit(Duration::from_millis(50));
    let store = store.open(&path).await.unwrap();
    let mut slow = store.begin(scope()).await.unwrap();
    let id = slow.next_id();
    slow.insert(acme(id)).await.unwrap();
    let other = store.clone();
    let next = tokio::spawn(async move { other.begin(scope()).await.map(drop) });
    next.await.unwrap().unwrap();
    let error = slow.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired, "{error}");
    assert!(error.is_retryable());
    assert_eq!(customers(&store).await, 0);
}

#[tokio::test]
async fn the_schema_has_the_columns_that_the_entities_describe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    store(&path).await;
    let connection = Connection::open(&path).unwrap();
    for (table, columns) in tables() {
        let mut statement =
            connection.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid").unwrap();
        let found = statement.query_map([&table], |row| row.get(0)).unwrap();
        let found: Vec<String> = found.map(Result::unwrap).collect();
        assert_eq!(found, columns, "{table}");
    }
}

#[tokio::test]
async fn a_damaged_row_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let store = store(&path).await;
    let mut work = store.begin(scope()).await.unwrap();
    let id = work.next_id();
    work.insert(acme(id)).await.unwrap();
    work.commit().await.unwrap();
    let connection = Connection::open(&path).unwrap();
    connection.execute("UPDATE crm_customer SET kind = 'ghost'", []).unwrap();
    let mut unit = store.read(scope()).await.unwrap();
    let error = unit.get(Id::<Customer>::new(id)).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    for word in ["crm_customer", "kind", &id.to_string()] {
        assert!(text.contains(word), "{text}");
    }
}
