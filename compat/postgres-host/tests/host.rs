//! A host on PostgreSQL that keeps something of its own in SQLite, on a rusqlite that sqlx's own
//! SQLite driver could not share. It builds because the store locks no SQLite crate.

use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Actor, Criteria, Id, Scope, TenantId},
    store::Store,
};
use crm_store_postgres::{PostgresStore, system_ports};
use sqlx::Connection as _;

#[test]
fn no_other_driver_of_sqlx_is_locked() {
    for package in ["sqlx-sqlite", "sqlx-mysql"] {
        let entry = format!("name = \"{package}\"");
        assert!(
            !include_str!("../Cargo.lock").contains(&entry),
            "{package} is locked"
        );
    }
}

#[tokio::test]
async fn both_databases_answer() {
    let url = crm_testkit::postgres_url().unwrap();
    let mut postgres = sqlx::PgConnection::connect(url).await.unwrap();
    let of_postgres: i32 = sqlx::query_scalar("SELECT 42")
        .fetch_one(&mut postgres)
        .await
        .unwrap();

    let sqlite = rusqlite::Connection::open_in_memory().unwrap();
    let of_sqlite: i32 = sqlite.query_row("SELECT 42", (), |row| row.get(0)).unwrap();

    assert_eq!(of_postgres, of_sqlite);
}

#[tokio::test]
async fn the_store_joins_the_hosts_transaction() {
    let url = crm_testkit::postgres_url().unwrap();
    let store = PostgresStore::connect(url, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    let scope = Scope::new(
        TenantId(system_ports().ids.next()),
        Actor::new("host").unwrap(),
    );
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let mut work = store.join(&mut transaction, scope.clone()).await.unwrap();
    let id = Id::new(work.next_id());
    work.insert(Customer::new(id, CustomerKind::Person, "Ann"))
        .await
        .unwrap();
    work.commit().await.unwrap();
    transaction.rollback().await.unwrap();

    let mut unit = store.read(scope).await.unwrap();
    let customers = unit.count(Criteria::<Customer>::everything()).await.unwrap();
    assert_eq!(customers, 0);
}
