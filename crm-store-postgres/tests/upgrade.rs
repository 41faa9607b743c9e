//! What older versions wrote is there after migrating.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../crm-store-sql/tests/kept_figures/mod.rs"]
mod kept_figures;
#[path = "../../crm-store-sql/tests/third_version/mod.rs"]
mod third_version;

use crm_core::{
    ErrorKind,
    customer::{Customer, Happening, TimelineKind, recheck, timeline},
    kernel::{Actor, Id, Scope, TenantId},
    search::search,
    staff_member::StaffMember,
    store::{Store, expect},
};
use crm_store_postgres::{PostgresStore, sqlx, system_ports};
use sqlx::Executor;
use uuid::Uuid;

/// A tenant that nobody used before.
fn fresh() -> Scope {
    let tenant = TenantId(system_ports().ids.next());
    Scope::new(tenant, Actor::new("host").unwrap())
}

#[tokio::test]
async fn what_an_older_version_wrote_is_there_after_migrating() {
    let schema = format!("older_{}", system_ports().ids.next().simple());
    let url = crm_testkit::postgres_url().unwrap();
    let store = PostgresStore::connect(url, system_ports()).await.unwrap();
    let store = store.in_schema(&schema).unwrap();
    let run = async |sql: String| {
        store.pool().execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    };
    run(format!("CREATE SCHEMA {schema}")).await;
    for statement in &store.migrations().first().unwrap().statements {
        run(statement.clone()).await;
    }
    let (scope, id) = (fresh(), |n: u128| format!("'{}'", Uuid::from_u128(n)));
    let tenant = scope.tenant.0;
    let (customer, pipeline, chance) = (id(1), id(2), id(3));
    for (table, fields, values) in [
        (
            "customer",
            "id, kind, name, phones, lifecycle_stage, tags, custom",
            format!("{customer}, 'organisation', 'Acme', '[]', 'lead', '[]', '{{}}'"),
        ),
        ("staff_member", "id, name, active", format!("{}, 'Anna', true", id(6))),
        ("pipeline", "id, name, stages, active", format!("{pipeline}, 'sales', '[]', true")),
        (
            "opportunity",
            "id, name, pipeline_id, stage, status, customer_id, probability_source, tags, custom",
            format!(
                "{chance}, 'A book', {pipeline}, 'won', 'open', {customer}, 'stage', '[]', '{{}}'"
            ),
        ),
        (
            "stage_move",
            "id, opportunity_id, kind, to_stage, to_status, moved_at, moved_by",
            format!("{}, {chance}, 'opened', 'won', 'open', '2017-12-31Z', 'anna'", id(4)),
        ),
    ] {
        run(format!(
            "INSERT INTO {schema}.crm_{table} (tenant_id, version, {fields}) \
             VALUES ('{tenant}', 1, {values})"
        ))
        .await;
    }
    store.migrate().await.unwrap();
    let acme = Id::new(Uuid::from_u128(1));
    let mut work = store.begin(scope.clone()).await.unwrap();
    let story = timeline(&mut *work, acme, &[TimelineKind::Step], None, 10).await.unwrap();
    assert!(
        matches!(&story.first().unwrap().happened, Happening::Step { opportunity, step }
            if opportunity == "A book" && step.customer_id == Some(acme)),
        "{story:?}"
    );
    let anna = StaffMember::new(Id::new(Uuid::from_u128(6)), "Anna");
    assert_eq!(*expect(&mut *work, anna.id).await.unwrap(), anna, "nothing is said of her work");
    // What it is found by is written when the records are looked at again.
    assert_eq!(search(&mut *work, "acme", 10).await.unwrap().hits.len(), 0);
    recheck::<Customer>(&mut *work, None, 100).await.unwrap();
    work.commit().await.unwrap();
    let mut unit = store.read(scope).await.unwrap();
    assert_eq!(search(&mut *unit, "acme", 10).await.unwrap().hits.len(), 1);
    drop(unit);
    run(format!("DROP SCHEMA {schema} CASCADE")).await;
}

#[tokio::test]
async fn terms_of_the_second_version_are_indexed_anew() {
    let schema = format!("second_{}", system_ports().ids.next().simple());
    let url = crm_testkit::postgres_url().unwrap();
    let store = PostgresStore::connect(url, system_ports()).await.unwrap();
    let store = store.in_schema(&schema).unwrap();
    let run = async |sql: String| {
        store.pool().execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    };
    run(format!("CREATE SCHEMA {schema}")).await;
    for statement in store.migrations().iter().take(2).flat_map(|step| &step.statements) {
        run(statement.clone()).await;
    }
    let (scope, id) = (fresh(), Uuid::from_u128(1));
    let tenant = scope.tenant.0;
    run(format!(
        "INSERT INTO {schema}.crm_customer (tenant_id, version, id, kind, name, phones, \
         lifecycle_stage, tags, custom) VALUES ('{tenant}', 1, '{id}', 'organisation', \
         'Acme Labs', '[]', 'lead', '[]', '{{}}')"
    ))
    .await;
    run(format!(
        "INSERT INTO {schema}.crm_term SELECT '{tenant}', term, '{id}', 'customer' \
         FROM (VALUES ('w:acme'), ('w:labs')) AS terms (term)"
    ))
    .await;
    let state = async || -> (String, i64) {
        let sql = format!(
            "SELECT (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute \
             WHERE attrelid = '{schema}.crm_term_entity_id'::regclass), \
             (SELECT max(version) FROM {schema}.crm_migration)"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(store.pool()).await.unwrap()
    };
    assert_eq!(state().await, ("tenant_id,entity_id,term".to_owned(), 2));
    let error = store.read(scope.clone()).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Schema);

    store.migrate().await.unwrap();
    let known = store.migrations().len() as i64;
    assert_eq!(state().await, ("tenant_id,entity_id,entity,term".to_owned(), known));
    let mut unit = store.read(scope).await.unwrap();
    assert_eq!(search(&mut *unit, "labs acme", 10).await.unwrap().hits.len(), 1);
    drop(unit);
    run(format!("DROP SCHEMA {schema} CASCADE")).await;
}

#[tokio::test]
async fn moves_of_the_third_version_are_numbered() {
    let schema = format!("third_{}", system_ports().ids.next().simple());
    let url = crm_testkit::postgres_url().unwrap();
    let store = PostgresStore::connect(url, system_ports()).await.unwrap();
    let store = store.in_schema(&schema).unwrap();
    let run = async |sql: String| {
        store.pool().execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    };
    run(format!("CREATE SCHEMA {schema}")).await;
    for statement in store.migrations().iter().take(3).flat_map(|step| &step.statements) {
        run(statement.clone()).await;
    }
    let id = |n: u128| format!("'{}'", Uuid::from_u128(n));
    let time = |micros: i64| format!("'1970-01-01T00:00:00.{micros:06}Z'");
    // Another tenant has the same ids.
    for tenant in [1, 2].map(id) {
        for (table, fields, values) in third_version::rows(id, time) {
            run(format!(
                "INSERT INTO {schema}.crm_{table} (tenant_id, version, {fields}) \
                 VALUES ({tenant}, 1, {values})"
            ))
            .await;
        }
    }

    store.migrate().await.unwrap();
    for tenant in [1, 2] {
        let tenant = TenantId(Uuid::from_u128(tenant));
        let scope = Scope::new(tenant, Actor::new("host").unwrap());
        third_version::moves_are_numbered(&store, scope.clone()).await;
        third_version::tasks_may_be_for_leads(&store, scope).await;
    }
    run(format!("DROP SCHEMA {schema} CASCADE")).await;
}

#[tokio::test]
async fn what_customers_brought_before_is_added_up() {
    let schema = format!("kept_{}", system_ports().ids.next().simple());
    let url = crm_testkit::postgres_url().unwrap();
    let store = PostgresStore::connect(url, system_ports()).await.unwrap();
    let store = store.in_schema(&schema).unwrap();
    let run = async |sql: String| {
        store.pool().execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    };
    run(format!("CREATE SCHEMA {schema}")).await;
    store.migrate().await.unwrap();
    let houses = [fresh(), fresh()];
    kept_figures::sell(&store, houses[0].clone()).await;
    kept_figures::sell(&store, houses[1].clone()).await;
    kept_figures::sell(&store, houses[1].clone()).await;
    let mut expected = Vec::new();
    for house in &houses {
        expected.push(kept_figures::kept(&store, house.clone()).await);
    }
    run(kept_figures::as_before(&format!("{schema}."))).await;
    store.migrate().await.unwrap();
    for (house, expected) in houses.iter().zip(&expected) {
        assert_eq!(kept_figures::kept(&store, house.clone()).await, *expected);
    }
    // What comes later is added to the rows that are there.
    kept_figures::sell(&store, houses[0].clone()).await;
    assert_eq!(kept_figures::kept(&store, houses[0].clone()).await, expected[1]);
}
