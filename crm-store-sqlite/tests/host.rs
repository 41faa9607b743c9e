//! What a host sees of the store beyond the laws: joining its transaction, migrating, errors.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, time::Duration};

use crm_core::{
    ErrorKind,
    customer::{Customer, CustomerKind},
    customer_value::CustomerValue,
    handover::{Handover, HandoverPlan},
    kernel::{Actor, Criteria, Id, Query, Scope, TenantId, Timestamp},
    org_unit::OrgUnit,
    ownership::{MOST_AT_ONCE, Pool, PoolRules, RecycleRule, complete_handover},
    staff_member::StaffMember,
    store::Store,
    transaction::Transaction,
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

/// Something that the customer of this id bought.
fn sold(id: Uuid) -> Transaction {
    let (day, amount) = ("2017-12-31".parse().unwrap(), "5 EUR".parse().unwrap());
    Transaction::new(Id::new(id), Id::new(id), day, amount)
}

/// What each customer brought, as it is kept.
async fn brought(store: &SqliteStore, scope: Scope) -> Vec<rust_decimal::Decimal> {
    let mut unit = store.read(scope).await.unwrap();
    let rows = unit.find(Query::<CustomerValue>::all()).await.unwrap().items;
    rows.iter().map(|row| row.figures.revenue).collect()
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
    work.insert(sold(id)).await.unwrap();
    work.commit().await.unwrap();
    connection.execute_batch("ROLLBACK").unwrap();
    assert_eq!(customers(&store).await, 0);
    assert_eq!(brought(&store, scope()).await, []);
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
        work.insert(sold(id)).await.unwrap();
        if keep {
            work.commit().await.unwrap();
        }
    }
    connection.execute_batch("COMMIT").unwrap();
    assert_eq!(customers(&store).await, 1);
    assert_eq!(brought(&store, scope()).await, [5.into()]);
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

/// A colleague with so many customers, and a successor, for a handover that is begun.
async fn a_handover(store: &SqliteStore, many: usize) -> Id<Handover> {
    let mut work = store.begin(scope()).await.unwrap();
    let mut people = Vec::new();
    for name in ["Leaver", "Anna"] {
        let member = StaffMember::new(Id::new(work.next_id()), name);
        people.push(work.insert(member).await.unwrap().id);
    }
    let mut customers = Vec::new();
    for _ in 0..many {
        customers.push(Customer { owner_id: Some(people[0]), ..acme(work.next_id()) });
    }
    work.insert_all(customers).await.unwrap();
    let (id, plan) = (Id::new(work.next_id()), HandoverPlan::to(people[1]));
    work.ownership().begin_handover(id, people[0], plan, None).await.unwrap();
    work.commit().await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handover_that_a_unit_has_no_time_for_is_done_in_smaller_ones() {
    const MANY: usize = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let id = a_handover(&store(&path).await, MANY).await;
    let options = SqliteOptions::new(system_ports()).hold_limit(Duration::from_millis(60));
    let store = options.open(&path).await.unwrap();
    let mut work = store.begin(scope()).await.unwrap();
    // Nobody is rolled back for whom nobody waits.
    let other = store.clone();
    let waiting = tokio::spawn(async move {
        loop {
            drop(other.begin(scope()).await);
            tokio::task::yield_now().await;
        }
    });
    let all = work.ownership().continue_handover(id, MOST_AT_ONCE).await;
    assert_eq!(all.unwrap_err().kind(), ErrorKind::Expired, "all of it takes too long here");
    drop(work);
    let (mut steps, mut went) = (0, 0);
    let done = complete_handover(&store, &scope(), id, MOST_AT_ONCE, |now| {
        (steps, went) = (steps + 1, now.done.0.values().map(|share| share.all()).sum::<u64>());
    })
    .await
    .unwrap();
    waiting.abort();
    assert!(done.completed_at.is_some() && steps > 1, "{steps} steps");
    assert_eq!(went, MANY as u64);
}

#[tokio::test]
async fn org_units_that_go_in_circles_in_restored_data_end_no_claim_and_no_recycling_in_a_loop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = store(&path).await;
    let mut work = store.begin(scope()).await.unwrap();
    let [one, two, home] = [(); 3].map(|()| Id::<OrgUnit>::new(work.next_id()));
    work.insert(OrgUnit::new(one, "One")).await.unwrap();
    work.insert(OrgUnit { parent_id: Some(one), ..OrgUnit::new(two, "Two") }).await.unwrap();
    work.insert(OrgUnit::new(home, "Home")).await.unwrap();
    let member = StaffMember::new(Id::new(work.next_id()), "Anna");
    let anna = work.insert(StaffMember { org_unit_id: Some(two), ..member }).await.unwrap().id;
    let theirs = Customer { owner_id: Some(anna), ..acme(work.next_id()) };
    work.insert(theirs).await.unwrap();
    let free = acme(work.next_id());
    let free = work.insert(free).await.unwrap().id;
    let rule = RecycleRule {
        name: "silent".into(),
        when: Criteria::everything(),
        silent_days: Some(1),
        ended: None,
        without_opportunity: false,
    };
    let rules = PoolRules { recycling: vec![rule], ..PoolRules::default() };
    let mut pools = Vec::new();
    for unit in [home, one] {
        let pool = Pool::new(Id::new(work.next_id()), unit.to_string(), rules.clone());
        let pool = Pool { org_unit_id: Some(unit), ..pool };
        pools.push(work.insert(pool).await.unwrap().id);
    }
    work.commit().await.unwrap();
    let raw = Connection::open(&path).unwrap();
    let circle = "UPDATE crm_org_unit SET parent_id = ?1 WHERE id = ?2";
    let changed = raw.execute(circle, [two.uuid().as_bytes(), one.uuid().as_bytes()]).unwrap();
    assert_eq!(changed, 1);
    let mut work = store.begin(scope()).await.unwrap();
    let answer = work.ownership().claim(pools[0], free, anna).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused, "she works elsewhere");
    work.ownership().claim(pools[1], free, anna).await.unwrap();
    let later = Timestamp::from_micros(work.now().micros() + 3 * 86_400_000_000).unwrap();
    let home = work.ownership().recycle(pools[0], later, None, 10).await.unwrap();
    assert_eq!(home.returned, []);
    let one = work.ownership().recycle(pools[1], later, None, 10).await.unwrap();
    assert_eq!(one.returned.len(), 2);
}
