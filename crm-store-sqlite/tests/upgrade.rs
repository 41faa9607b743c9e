//! What older versions wrote is there after migrating.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../crm-store-sql/tests/kept_figures/mod.rs"]
mod kept_figures;
#[path = "../../crm-store-sql/tests/third_version/mod.rs"]
mod third_version;

use crm_core::{
    ErrorKind,
    customer::{Customer, Happening, TimelineKind, recheck, timeline},
    interaction::Participants,
    kernel::{Actor, Id, Scope, TenantId},
    search::search,
    staff_member::StaffMember,
    store::{Store, expect},
};
use crm_store_sqlite::{SqliteStore, migrations, system_ports};
use rusqlite::Connection;
use uuid::Uuid;

fn scope() -> Scope {
    Scope::new(TenantId(Uuid::from_u128(1)), Actor::new("host").unwrap())
}

#[tokio::test]
async fn what_an_older_version_wrote_is_there_after_migrating() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    for statement in &migrations().first().unwrap().statements {
        connection.execute_batch(statement).unwrap();
    }
    let tenant = scope().tenant.0.as_u128();
    let insert = |table: &str, fields: &str, values: &str| {
        let sql = format!(
            "INSERT INTO crm_{table} (tenant_id, version, {fields}) \
             VALUES (X'{tenant:032x}', 1, {values})"
        );
        connection.execute_batch(&sql).unwrap();
    };
    let id = |n: u128| format!("X'{n:032x}'");
    let (customer, pipeline, chance) = (id(1), id(2), id(3));
    insert(
        "customer",
        "id, kind, name, phones, lifecycle_stage, tags, custom",
        &format!("{customer}, 'organisation', 'Acme', '[]', 'lead', '[]', '{{}}'"),
    );
    insert("pipeline", "id, name, stages, active", &format!("{pipeline}, 'sales', '[]', 1"));
    insert(
        "opportunity",
        "id, name, pipeline_id, stage, status, customer_id, probability_source, tags, custom",
        &format!(
            "{chance}, 'A book', {pipeline}, 'won', 'open', {customer}, 'stage', '[]', '{{}}'"
        ),
    );
    let step = "id, opportunity_id, kind, to_stage, to_status, moved_at, moved_by";
    insert("stage_move", step, &format!("{}, {chance}, 'opened', 'won', 'open', 5, 'anna'", id(4)));
    insert("staff_member", "id, name, active", &format!("{}, 'Anna', 1", id(6)));
    insert(
        "interaction",
        "id, customer_id, channel, direction, happened_at, status",
        &format!("{}, {customer}, 'phone', 'inbound', 6, 'open'", id(5)),
    );
    drop(connection);

    let store = SqliteStore::open(&path, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    let mut unit = store.read(scope()).await.unwrap();
    let kinds = [TimelineKind::Interaction, TimelineKind::Step];
    let acme = Id::new(Uuid::from_u128(1));
    let story = timeline(&mut *unit, acme, &kinds, None, 10).await.unwrap();
    let [call, step] = story.as_slice() else { panic!("{story:?}") };
    assert!(
        matches!(&call.happened, Happening::Interaction(call)
            if call.participants == Participants::default() && !call.late),
        "{call:?}"
    );
    assert!(
        matches!(&step.happened, Happening::Step { opportunity, step }
            if opportunity == "A book" && step.customer_id == Some(acme)),
        "{step:?}"
    );
    let anna = StaffMember::new(Id::new(Uuid::from_u128(6)), "Anna");
    assert_eq!(*expect(&mut *unit, anna.id).await.unwrap(), anna, "nothing is said of her work");
    assert_eq!(search(&mut *unit, "acme", 10).await.unwrap().hits.len(), 0);
    drop(unit);
    // What it is found by is written when the records are looked at again.
    let mut work = store.begin(scope()).await.unwrap();
    let done = recheck::<Customer>(&mut *work, None, 100).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!((done.seen, done.changed, done.next), (1, 0, None));
    let mut unit = store.read(scope()).await.unwrap();
    assert_eq!(search(&mut *unit, "acme", 10).await.unwrap().hits.len(), 1);
}

#[tokio::test]
async fn terms_of_the_second_version_are_indexed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let connection = Connection::open(&path).unwrap();
    for statement in migrations().iter().take(2).flat_map(|step| &step.statements) {
        connection.execute_batch(statement).unwrap();
    }
    let (tenant, id) = (scope().tenant.0.as_u128(), Uuid::from_u128(1).as_u128());
    let fill = format!(
        "INSERT INTO crm_customer (tenant_id, version, id, kind, name, phones, lifecycle_stage, \
         tags, custom) VALUES (X'{tenant:032x}', 1, X'{id:032x}', 'organisation', 'Acme Labs', \
         '[]', 'lead', '[]', '{{}}'); \
         INSERT INTO crm_term SELECT X'{tenant:032x}', term, X'{id:032x}', 'customer' \
         FROM (SELECT 'w:acme' AS term UNION SELECT 'w:labs')"
    );
    connection.execute_batch(&fill).unwrap();
    let state = || {
        let index = "SELECT group_concat(name) FROM pragma_index_info('crm_term_entity_id')";
        let index: String = connection.query_row(index, [], |row| row.get(0)).unwrap();
        let version = "SELECT max(version) FROM crm_migration";
        (index, connection.query_row(version, [], |row| row.get::<_, i64>(0)).unwrap())
    };
    assert_eq!(state(), ("tenant_id,entity_id,term".to_owned(), 2));
    let older = SqliteStore::open(&path, system_ports()).await.unwrap();
    assert_eq!(older.read(scope()).await.err().unwrap().kind(), ErrorKind::Schema);

    let store = SqliteStore::open(&path, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(state(), ("tenant_id,entity_id,entity,term".to_owned(), migrations().len() as i64));
    let mut unit = store.read(scope()).await.unwrap();
    assert_eq!(search(&mut *unit, "labs acme", 10).await.unwrap().hits.len(), 1);
}

#[tokio::test]
async fn moves_of_the_third_version_are_numbered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    for statement in migrations().iter().take(3).flat_map(|step| &step.statements) {
        connection.execute_batch(statement).unwrap();
    }
    let id = |n: u128| format!("X'{n:032x}'");
    // Another tenant has the same ids.
    for tenant in [1, 2].map(id) {
        for (table, fields, values) in third_version::rows(id, |micros| micros.to_string()) {
            let sql = format!(
                "INSERT INTO crm_{table} (tenant_id, version, {fields}) \
                 VALUES ({tenant}, 1, {values})"
            );
            connection.execute_batch(&sql).unwrap();
        }
    }
    drop(connection);

    let store = SqliteStore::open(&path, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    for tenant in [1, 2] {
        let tenant = TenantId(Uuid::from_u128(tenant));
        let scope = Scope::new(tenant, Actor::new("host").unwrap());
        third_version::moves_are_numbered(&store, scope.clone()).await;
        third_version::tasks_may_be_for_leads(&store, scope).await;
    }
}

#[tokio::test]
async fn what_customers_brought_before_is_added_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let store = SqliteStore::open(&path, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    let houses =
        [1, 2].map(|n| Scope::new(TenantId(Uuid::from_u128(n)), Actor::new("host").unwrap()));
    kept_figures::sell(&store, houses[0].clone()).await;
    kept_figures::sell(&store, houses[1].clone()).await;
    kept_figures::sell(&store, houses[1].clone()).await;
    let mut expected = Vec::new();
    for house in &houses {
        expected.push(kept_figures::kept(&store, house.clone()).await);
    }
    drop(store);
    Connection::open(&path).unwrap().execute_batch(&kept_figures::as_before("")).unwrap();
    let store = SqliteStore::open(&path, system_ports()).await.unwrap();
    store.migrate().await.unwrap();
    for (house, expected) in houses.iter().zip(&expected) {
        assert_eq!(kept_figures::kept(&store, house.clone()).await, *expected);
    }
    // What comes later is added to the rows that are there.
    kept_figures::sell(&store, houses[0].clone()).await;
    assert_eq!(kept_figures::kept(&store, houses[0].clone()).await, expected[1]);
}
