//! A host on PostgreSQL alone: nothing of SQLite or MySQL may reach its lock file.

use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Actor, Criteria, Id, Scope, TenantId},
    store::Store,
};
use crm_store_postgres::{PostgresStore, system_ports};
use sqlx::Connection as _;

#[test]
fn no_other_database_is_locked() {
    for package in ["libsqlite3-sys", "rusqlite", "sqlx-sqlite", "sqlx-mysql"] {
        let entry = format!("name = \"{package}\"");
        assert!(
            !include_str!("../Cargo.lock").contains(&entry),
            "{package} is locked"
        );
    }
}

#[tokio::test]
async fn postgres_answers() {
    let url = crm_testkit::postgres_url().unwrap();
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let answer: i32 = sqlx::query_scalar("SELECT 42")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(answer, 42);
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
