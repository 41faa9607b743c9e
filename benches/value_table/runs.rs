use std::{path::Path, time::Instant};

use crm_benches::{Arguments, Result, Series, Server, by_hand::sqlite, peak, start_peak, table};
use crm_core::{
    kernel::{Actor, Currency, Id, Scope, TenantId, Timestamp},
    store::Store,
    value::{Basis, Period, RunRequest, TierPolicy, ValuePolicies, apply_tiers, take_run},
    value_run::ValueRun,
};
use crm_store_postgres::PostgresStore;
use crm_store_sqlite::{SqliteStore, rusqlite::params, system_ports};
use sqlx::{AssertSqlSafe, PgPool};

use crate::{base::Base, classes::window};

/// Tiers by what was brought: about a third each.
const TIERS: &str = r#"{"currency": "EUR", "tiers": [
    {"name": "gold", "any": [{"value_at_least": "2000"}]},
    {"name": "silver", "any": [{"value_at_least": "1000"}]}, {"name": "standard"}]}"#;

/// What it takes to keep a run, and to give its tiers and values to the customers.
#[derive(Default)]
struct Kept {
    run: Series,
    first: Series,
    by_hand: Series,
    memory: Option<f64>,
}

pub(crate) async fn measure(arguments: &Arguments, folder: &Path) -> Result {
    let (many, rounds) = arguments.size.pick((200, 1), (20_000, 3), (100_000, 3));
    let many = arguments.number("--run-customers")?.unwrap_or(many);
    let rounds = arguments.number("--run-rounds")?.unwrap_or(rounds);
    let base = Base { customers: many, each: 3 };
    let columns =
        ["a run kept", "customers", "s", "customers/s", "MB more", "window query kept, s"];
    let mut results = table(&[&columns[..], &["ratio of times", "given to customers, s"]].concat());
    let mut row = |name: &str, kept: &Kept| {
        results.add_row([
            name.to_owned(),
            many.to_string(),
            kept.run.with_range(2),
            format!("{:.0}", many as f64 / kept.run.median()),
            kept.memory.map_or("unknown".to_owned(), |most| format!("{most:.0}")),
            kept.by_hand.with_range(2),
            kept.run.over(&kept.by_hand).with_range(1),
            kept.first.with_range(2),
        ]);
    };
    if arguments.wants("sqlite") {
        let path = folder.join("runs.db");
        let store = SqliteStore::open(&path, system_ports()).await?;
        store.migrate().await?;
        let scope = Scope::new(TenantId(system_ports().ids.next()), Actor::new("anna")?);
        let connection = sqlite::open(&path, 64 * 1024)?;
        base.fill_sqlite(&connection, scope.tenant.0)?;
        let mut kept = Kept::default();
        for _ in 0..rounds {
            one(&store, &scope, &mut kept).await?;
            let start = Instant::now();
            let sql = format!("CREATE TABLE labels AS {}", window("?1"));
            connection.execute(&sql, params![scope.tenant.0.as_bytes()])?;
            kept.by_hand.push(start.elapsed().as_secs_f64());
            connection.execute_batch("DROP TABLE labels")?;
        }
        row("SQLite", &kept);
    }
    if arguments.wants("postgresql") {
        let server = Server::start(arguments)?;
        let pool = PgPool::connect(server.url()).await?;
        let store = PostgresStore::new(pool.clone(), crm_store_postgres::system_ports());
        store.migrate().await?;
        let scope = Scope::new(TenantId(system_ports().ids.next()), Actor::new("anna")?);
        base.fill_postgres(&pool, scope.tenant.0).await?;
        let mut kept = Kept::default();
        for _ in 0..rounds {
            one(&store, &scope, &mut kept).await?;
            let start = Instant::now();
            let sql = window(&format!("'{}'", scope.tenant.0));
            sqlx::query(AssertSqlSafe(format!("CREATE TABLE labels AS {sql}")))
                .execute(&pool)
                .await?;
            kept.by_hand.push(start.elapsed().as_secs_f64());
            sqlx::query("DROP TABLE labels").execute(&pool).await?;
        }
        row("PostgreSQL", &kept);
    }
    println!("{results}\n");
    Ok(())
}

async fn one(store: &dyn Store, scope: &Scope, kept: &mut Kept) -> Result {
    let id = Id::<ValueRun>::new(system_ports().ids.next());
    let period = Period::until(Timestamp::MAX.date());
    let policies = ValuePolicies {
        tiers: Some(serde_json::from_str::<TierPolicy>(TIERS)?),
        ..ValuePolicies::default()
    };
    let request = RunRequest {
        policies: Some(policies),
        ..RunRequest::new(id, period, Basis::Revenue, Currency::EUR)
    };
    let before = start_peak();
    let start = Instant::now();
    take_run(store, scope, &request).await?;
    kept.run.push(start.elapsed().as_secs_f64());
    kept.memory = kept.memory.or_else(|| Some(peak()? - before?));
    let start = Instant::now();
    let applied = apply_tiers(store, scope, id).await?;
    if applied.changed > 0 {
        kept.first.push(start.elapsed().as_secs_f64());
    }
    Ok(())
}
