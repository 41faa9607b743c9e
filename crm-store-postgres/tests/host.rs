//! What a host sees of the store beyond the laws: joining its transaction, migrating, errors.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use crm_core::{
    ErrorKind,
    customer::{Customer, CustomerKind},
    customer_value::CustomerValue,
    kernel::{Actor, ChangeCursor, ChangePage, Id, Query, Scope, TenantId},
    store::Store,
    transaction::Transaction,
};
use crm_store_postgres::{PostgresStore, sqlx, system_ports};
use sqlx::{Connection, Executor};
use uuid::Uuid;

async fn store() -> PostgresStore {
    let url = crm_testkit::postgres_url().unwrap();
    let store = PostgresStore::connect(url, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// A tenant that nobody used before.
fn fresh() -> Scope {
    let tenant = TenantId(system_ports().ids.next());
    Scope::new(tenant, Actor::new("host").unwrap())
}

fn acme(id: Uuid) -> Customer {
    Customer::new(Id::new(id), CustomerKind::Organisation, "Acme")
}

async fn customers(store: &PostgresStore, scope: &Scope) -> usize {
    let mut unit = store.read(scope.clone()).await.unwrap();
    unit.find(Query::<Customer>::all()).await.unwrap().items.len()
}

/// Something that the customer of this id bought.
fn sold(id: Uuid) -> Transaction {
    let (day, amount) = ("2017-12-31".parse().unwrap(), "5 EUR".parse().unwrap());
    Transaction::new(Id::new(id), Id::new(id), day, amount)
}

/// What each customer brought, as it is kept.
async fn brought(store: &PostgresStore, scope: Scope) -> Vec<rust_decimal::Decimal> {
    let mut unit = store.read(scope).await.unwrap();
    let rows = unit.find(Query::<CustomerValue>::all()).await.unwrap().items;
    rows.iter().map(|row| row.figures.revenue).collect()
}

#[tokio::test]
async fn a_rollback_of_the_host_leaves_nothing() {
    let (store, scope) = (store().await, fresh());
    store.pool().execute("CREATE TABLE IF NOT EXISTS shop_order (number bigint)").await.unwrap();
    let mut transaction = store.pool().begin().await.unwrap();
    transaction.execute("INSERT INTO shop_order VALUES (77)").await.unwrap();
    let mut work = store.join(&mut transaction, scope.clone()).await.unwrap();
    let id = work.next_id();
    work.insert(acme(id)).await.unwrap();
    work.insert(sold(id)).await.unwrap();
    work.commit().await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(customers(&store, &scope).await, 0);
    assert_eq!(brought(&store, scope.clone()).await, []);
    let mut unit = store.read(scope).await.unwrap();
    assert_eq!(unit.changes(None, 10).await.unwrap().changes, []);
    let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM shop_order WHERE number = 77")
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!(orders, 0);
}

#[tokio::test]
async fn a_dropped_unit_leaves_the_hosts_own_work() {
    let (store, scope) = (store().await, fresh());
    let mut transaction = store.pool().begin().await.unwrap();
    {
        let mut work = store.join(&mut transaction, scope.clone()).await.unwrap();
        let id = work.next_id();
        work.insert(acme(id)).await.unwrap();
        work.insert(sold(id)).await.unwrap();
        work.commit().await.unwrap();
    }
    {
        let mut work = store.join(&mut transaction, scope.clone()).await.unwrap();
        let id = work.next_id();
        work.insert(acme(id)).await.unwrap();
        work.insert(sold(id)).await.unwrap();
    }
    transaction.commit().await.unwrap();
    assert_eq!(customers(&store, &scope).await, 1);
    assert_eq!(brought(&store, scope).await, [5.into()]);
}

#[tokio::test]
async fn a_refused_write_leaves_the_hosts_transaction_usable() {
    let (store, scope) = (store().await, fresh());
    let mut transaction = store.pool().begin().await.unwrap();
    let mut work = store.join(&mut transaction, scope.clone()).await.unwrap();
    let id = work.next_id();
    work.insert(acme(id)).await.unwrap();
    let twice = work.insert(acme(id)).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Duplicate);
    let both = work.insert_all(vec![acme(work.next_id()), acme(id)]).await.unwrap_err();
    assert_eq!(both.kind(), ErrorKind::Duplicate);
    work.commit().await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(customers(&store, &scope).await, 1);
}

#[tokio::test]
async fn a_connection_without_a_transaction_is_not_joined() {
    let store = store().await;
    let mut connection = store.pool().acquire().await.unwrap();
    let error = store.join(&mut connection, fresh()).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn an_unreachable_server_says_where() {
    let error = PostgresStore::connect("postgres://nobody@127.0.0.1:1/none", system_ports())
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://nobody@{}/none", silent.local_addr().unwrap());
    let error = PostgresStore::connect(&url, system_ports()).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_schema_of_its_own_is_migrated_by_many_at_once() {
    let url = crm_testkit::postgres_url().unwrap();
    let schema = format!("crm_{}", system_ports().ids.next().simple());
    let mut starts = Vec::new();
    for _ in 0..6 {
        let store = PostgresStore::connect(url, system_ports()).await.unwrap();
        let store = store.in_schema(&schema).unwrap();
        starts.push(tokio::spawn(async move { store.migrate().await.map(|()| store) }));
    }
    let mut last = None;
    for start in starts {
        last = Some(start.await.unwrap().unwrap());
    }
    assert_eq!(customers(&last.unwrap(), &fresh()).await, 0);
}

#[tokio::test]
async fn a_database_without_or_with_a_newer_schema_is_refused() {
    let url = crm_testkit::postgres_url().unwrap();
    let schema = format!("crm_{}", system_ports().ids.next().simple());
    let store = PostgresStore::connect(url, system_ports()).await.unwrap();
    let store = store.in_schema(&schema).unwrap();
    let missing = store.begin(fresh()).await.err().unwrap();
    assert_eq!(missing.kind(), ErrorKind::Schema, "{missing}");
    store.migrate().await.unwrap();
    let newer = format!(
        "INSERT INTO \"{schema}\".crm_migration VALUES (999, 'future', '2030-01-01T00:00:00Z')"
    );
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(newer)).await.unwrap();
    assert_eq!(store.migrate().await.unwrap_err().kind(), ErrorKind::Schema);
    assert_eq!(store.begin(fresh()).await.err().unwrap().kind(), ErrorKind::Schema);
}

#[tokio::test]
async fn the_schema_has_the_columns_that_the_entities_describe() {
    let (store, url) = (store().await, crm_testkit::postgres_url().unwrap());
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    for (table, columns) in store.tables() {
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1 \
             AND table_schema = 'public' ORDER BY ordinal_position",
        )
        .bind(&table)
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert_eq!(found, columns, "{table}");
    }
}

#[tokio::test]
async fn a_unit_whose_statement_failed_is_not_committed() {
    let (store, scope) = (store().await, fresh());
    let mut blocker = store.pool().begin().await.unwrap();
    let mut work = store.begin(scope.clone()).await.unwrap();
    // So many that their entries are in the change log before the unit ends.
    let many = (0..1_000).map(|_| acme(work.next_id())).collect();
    work.insert_all(many).await.unwrap();
    let mut theirs = store.join(&mut blocker, scope.clone()).await.unwrap();
    let id = work.next_id();
    theirs.insert(acme(id)).await.unwrap();
    theirs.commit().await.unwrap();
    // The same id is being written by somebody who does not end.
    let blocked = tokio::time::timeout(Duration::from_millis(100), work.insert(acme(id))).await;
    assert!(blocked.is_err(), "it waits");
    blocker.rollback().await.unwrap();
    let error = work.commit().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(customers(&store, &scope).await, 0);
}

#[tokio::test]
async fn an_exported_schema_is_known_to_the_store() {
    let url = crm_testkit::postgres_url().unwrap();
    let schema = format!("crm_{}", system_ports().ids.next().simple());
    let store = PostgresStore::connect(url, system_ports()).await.unwrap();
    let store = store.in_schema(&schema).unwrap();
    let create = format!("CREATE SCHEMA \"{schema}\"");
    store.pool().execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    for step in store.migrations() {
        for statement in step.statements {
            store.pool().execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
        }
    }
    let scope = fresh();
    let mut work = store.begin(scope.clone()).await.unwrap();
    let id = work.next_id();
    work.insert(acme(id)).await.unwrap();
    work.commit().await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(customers(&store, &scope).await, 1);
}

#[tokio::test]
async fn a_change_log_from_another_server_is_noticed_and_goes_on() {
    let url = crm_testkit::postgres_url().unwrap();
    let schema = format!("crm_{}", system_ports().ids.next().simple());
    let open = || async {
        let store = PostgresStore::connect(url, system_ports()).await.unwrap();
        store.in_schema(&schema).unwrap()
    };
    let (store, scope) = (open().await, fresh());
    store.migrate().await.unwrap();
    write_acme(&store, &scope).await;
    let before = read_changes(&store, &scope, None).await;
    assert_eq!(before.changes.len(), 1);
    // What a restored dump looks like: entries with the numbers of a server that counted further.
    let ahead = format!("UPDATE \"{schema}\".crm_change SET unit = unit + 1000000000");
    store.pool().execute(sqlx::AssertSqlSafe(ahead)).await.unwrap();

    let error = open().await.begin(scope.clone()).await.err().unwrap();
    assert!(error.to_string().contains("after_restore"), "{error}");
    let store = open().await;
    store.after_restore().await.unwrap();
    store.after_restore().await.unwrap();
    let all = read_changes(&store, &scope, None).await;
    assert_eq!(all.changes.len(), 1);
    write_acme(&store, &scope).await;
    let new = read_changes(&store, &scope, all.next).await;
    assert_eq!(new.changes.len(), 1);
}

async fn write_acme(store: &PostgresStore, scope: &Scope) {
    let mut work = store.begin(scope.clone()).await.unwrap();
    let id = work.next_id();
    work.insert(acme(id)).await.unwrap();
    work.commit().await.unwrap();
}

/// Waits for older transactions of other tests: entries show once nothing can come before them.
async fn read_changes(
    store: &PostgresStore,
    scope: &Scope,
    after: Option<ChangeCursor>,
) -> ChangePage {
    for _ in 0..1_000 {
        let mut unit = store.read(scope.clone()).await.unwrap();
        let page = unit.changes(after.clone(), 100).await.unwrap();
        if !page.changes.is_empty() {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no entry shows");
}
