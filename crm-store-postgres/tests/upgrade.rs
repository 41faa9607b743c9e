//! What older versions wrote is there after migrating.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crm_core::{
    ErrorKind,
    customer::{Customer, Happening, TimelineKind, recheck, timeline},
    kernel::{Actor, Id, Scope, TenantId, Timestamp},
    opportunity::Opportunity,
    pipeline::Pipeline,
    search::search,
    stage_move::{self, MoveKind},
    store::Store,
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
        for (table, fields, values) in third_version(id, time) {
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
        moves_are_numbered(&store, Scope::new(tenant, Actor::new("host").unwrap())).await;
    }
    run(format!("DROP SCHEMA {schema} CASCADE")).await;
}

/// A pipeline with three opportunities: one was won, one begun, of one no move was kept. Ids of moves do not
/// tell their order.
fn third_version(
    id: impl Fn(u128) -> String,
    time: impl Fn(i64) -> String,
) -> Vec<(&'static str, &'static str, String)> {
    let (customer, pipeline) = (id(1), id(2));
    let stage = |key: &str, kind: &str| {
        format!(r#"{{"key": "{key}", "name": "{key}", "kind": "{kind}", "probability": "10"}}"#)
    };
    let stages = [("prospecting", "open"), ("engaging", "open"), ("won", "won")];
    let stages = stages.map(|(key, kind)| stage(key, kind)).join(", ");
    let mut rows = vec![
        (
            "customer",
            "id, kind, name, phones, lifecycle_stage, tags, custom",
            format!("{customer}, 'organisation', 'Acme', '[]', 'lead', '[]', '{{}}'"),
        ),
        (
            "pipeline",
            "id, name, stages, active",
            format!("{pipeline}, 'sales', '[{stages}]', true"),
        ),
    ];
    for (n, stage, status, closed_on) in [
        (3, "won", "won", "'2017-12-31'"),
        (4, "engaging", "open", "NULL"),
        (5, "prospecting", "open", "NULL"),
    ] {
        rows.push((
            "opportunity",
            "id, name, pipeline_id, stage, status, closed_on, customer_id, probability_source, \
             tags, custom",
            format!(
                "{}, 'Books', {pipeline}, '{stage}', '{status}', {closed_on}, {customer}, 'stage', \
                 '[]', '{{}}'",
                id(n)
            ),
        ));
    }
    for (n, of, kind, [from_stage, from_status], [to_stage, to_status], at) in [
        (31, 3, "won", ["'engaging'", "'open'"], ["won", "won"], 9),
        (33, 3, "opened", ["NULL", "NULL"], ["prospecting", "open"], 5),
        (32, 3, "advanced", ["'prospecting'", "'open'"], ["engaging", "open"], 7),
        (41, 4, "imported", ["NULL", "NULL"], ["engaging", "open"], 6),
    ] {
        rows.push((
            "stage_move",
            "id, opportunity_id, kind, from_stage, from_status, to_stage, to_status, moved_at, \
             moved_by, customer_id",
            format!(
                "{}, {}, '{kind}', {from_stage}, {from_status}, '{to_stage}', '{to_status}', {}, \
                 'anna', {customer}",
                id(n),
                id(of),
                time(at)
            ),
        ));
    }
    rows
}

async fn moves_are_numbered(store: &dyn Store, scope: Scope) {
    let at = |micros| Some(Timestamp::from_micros(micros).unwrap());
    let sales: Id<Pipeline> = Id::new(Uuid::from_u128(2));
    let [won, begun, bare] = [3, 4, 5].map(|n| Id::<Opportunity>::new(Uuid::from_u128(n)));
    let mut work = store.begin(scope).await.unwrap();
    let moved = work.find(stage_move::OPPORTUNITY_ID.eq(won).query()).await.unwrap();
    let mut moves = moved.items;
    moves.sort_by_key(|step| step.number);
    let moves: Vec<_> = moves
        .iter()
        .map(|m| (m.number, m.from_pipeline_id, m.pipeline_id, m.to_stage.as_str(), m.moved_at))
        .collect();
    let time = |micros| Timestamp::from_micros(micros).unwrap();
    let expected = [
        (1, None, sales, "prospecting", time(5)),
        (2, Some(sales), sales, "engaging", time(7)),
        (3, Some(sales), sales, "won", time(9)),
    ];
    assert_eq!(moves, expected);
    for (id, moves, since, from) in
        [(won, 3, at(9), Some("engaging")), (begun, 1, at(6), None), (bare, 0, None, None)]
    {
        let found = work.get(id).await.unwrap().unwrap();
        assert_eq!(
            (found.moves(), found.stage_since(), found.decided_from(), found.lines.0.len()),
            (moves, since, from, 0),
            "{found:?}"
        );
    }
    // And it goes on from there.
    let again = work.opportunities().reopen(won, "engaging", None).await.unwrap();
    assert_eq!((again.moves(), again.decided_from()), (4, None));
    let last = stage_move::OPPORTUNITY_ID.eq(won).and(stage_move::NUMBER.eq(4));
    let last = work.find(last.query()).await.unwrap().items;
    assert_eq!(last.iter().map(|m| m.kind).collect::<Vec<_>>(), [MoveKind::Reopened]);
    work.commit().await.unwrap();
}
