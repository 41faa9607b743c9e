//! A host on Diesel with SQLite: one program links Diesel and the store, on one copy of SQLite.

use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Actor, Criteria, Id, Scope, TenantId},
    store::Store,
};
use crm_store_sqlite::{SqliteStore, system_ports};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

diesel::table! {
    host_order (id) {
        id -> Integer,
        note -> Text,
    }
}

#[test]
fn diesel_reads_and_writes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.db");
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection
        .batch_execute("CREATE TABLE host_order (id INTEGER PRIMARY KEY, note TEXT NOT NULL)")
        .unwrap();
    diesel::insert_into(host_order::table)
        .values((host_order::id.eq(1), host_order::note.eq("desk")))
        .execute(&mut connection)
        .unwrap();

    let notes: Vec<String> = host_order::table
        .select(host_order::note)
        .load(&mut connection)
        .unwrap();
    assert_eq!(notes, ["desk"]);
}

#[tokio::test]
async fn diesel_and_the_store_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.db");
    let store = SqliteStore::open(&file, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    let scope = Scope::new(
        TenantId(system_ports().ids.next()),
        Actor::new("host").unwrap(),
    );
    let mut work = store.begin(scope.clone()).await.unwrap();
    let id = Id::new(work.next_id());
    work.insert(Customer::new(id, CustomerKind::Person, "Ann"))
        .await
        .unwrap();
    work.commit().await.unwrap();

    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection
        .batch_execute("CREATE TABLE host_order (id INTEGER PRIMARY KEY, note TEXT NOT NULL)")
        .unwrap();
    let mut unit = store.read(scope).await.unwrap();
    let customers = unit.count(Criteria::<Customer>::everything()).await.unwrap();
    assert_eq!(customers, 1);
}
