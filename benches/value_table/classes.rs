use std::{path::Path, time::Instant};

use crm_benches::{Arguments, Result, Series, Server, by_hand::sqlite, peak, start_peak, table};
use crm_core::{
    exchange_rate::DatedRates,
    kernel::{Actor, Currency, Scope, TenantId, Timestamp},
    store::Store,
    value::{Basis, Cuts, Period, ValueClass, ValueQuestion, classes, values_by},
};
use crm_store_postgres::PostgresStore;
use crm_store_sqlite::{SqliteStore, rusqlite::params, system_ports};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

/// A customer is in A while the share before it is below 80 %, in B while it is below 95 %.
pub(crate) fn window(tenant: &str) -> String {
    format!(
        "SELECT customer_id, CASE WHEN before * 100 < total * 80 THEN 'A' WHEN before * 100 < total * 95 \
         THEN 'B' ELSE 'C' END AS class FROM (SELECT customer_id, sum(value) OVER (ORDER BY value DESC \
         ROWS UNBOUNDED PRECEDING) - value AS before, sum(value) OVER () AS total FROM (SELECT \
         customer_id, revenue + returned AS value FROM crm_customer_value WHERE tenant_id = {tenant} \
         AND revenue_currency = 'EUR') AS brought) AS ranked"
    )
}

/// How many are in A, B and C.
type Classes = [usize; 3];

pub(crate) async fn measure(arguments: &Arguments, folder: &Path) -> Result {
    let many = arguments.size.pick(1_000, 200_000, 1_000_000);
    let many = arguments.number("--customers")?.unwrap_or(many);
    let rounds = arguments.size.pick(1, 3, 5);
    let scope = Scope::new(TenantId(system_ports().ids.next()), Actor::new("anna")?);
    let mut results =
        table(&["classes", "customers", "ms", "MB more", "window query, ms", "ratio of times"]);
    let mut row = |name: &str, ours: &Series, by_hand: &Series, most: Option<f64>| {
        results.add_row([
            name.to_owned(),
            many.to_string(),
            ours.with_range(0),
            most.map_or("unknown".to_owned(), |most| format!("{most:.0}")),
            by_hand.with_range(0),
            ours.over(by_hand).with_range(2),
        ]);
    };
    if arguments.wants("sqlite") {
        let path = folder.join("classes.db");
        let store = SqliteStore::open(&path, system_ports()).await?;
        store.migrate().await?;
        let connection = sqlite::open(&path, 64 * 1024)?;
        fill_sqlite(&connection, scope.tenant.0, many)?;
        // Before others leave memory behind.
        let before = start_peak();
        by_library(&store, &scope).await?;
        let more = peak().zip(before).map(|(peak, before)| peak - before);
        let (mut ours, mut by_hand) = (Series::default(), Series::default());
        for _ in 0..rounds {
            let (found, ms) = by_library(&store, &scope).await?;
            ours.push(ms);
            let start = Instant::now();
            let mut statement = connection.prepare(&window("?1"))?;
            let mut rows = statement.query(params![scope.tenant.0.as_bytes()])?;
            let (mut ids, mut expected) = (Vec::new(), Classes::default());
            while let Some(row) = rows.next()? {
                ids.push(Uuid::from_slice(row.get_ref(0)?.as_blob()?)?);
                count(&mut expected, row.get_ref(1)?.as_str()?)?;
            }
            by_hand.push(start.elapsed().as_secs_f64() * 1e3);
            same(found, expected)?;
        }
        row("SQLite", &ours, &by_hand, more);
    }
    if arguments.wants("postgresql") {
        let server = Server::start(arguments)?;
        let pool = PgPool::connect(server.url()).await?;
        let store = PostgresStore::new(pool.clone(), crm_store_postgres::system_ports());
        store.migrate().await?;
        fill_postgres(&pool, scope.tenant.0, many).await?;
        // Before others leave memory behind.
        let before = start_peak();
        by_library(&store, &scope).await?;
        let more = peak().zip(before).map(|(peak, before)| peak - before);
        let (mut ours, mut by_hand) = (Series::default(), Series::default());
        for _ in 0..rounds {
            let (found, ms) = by_library(&store, &scope).await?;
            ours.push(ms);
            let start = Instant::now();
            let sql = window("$1");
            let rows: Vec<(Uuid, String)> =
                sqlx::query_as(AssertSqlSafe(sql)).bind(scope.tenant.0).fetch_all(&pool).await?;
            let mut expected = Classes::default();
            for (_, class) in &rows {
                count(&mut expected, class)?;
            }
            by_hand.push(start.elapsed().as_secs_f64() * 1e3);
            same(found, expected)?;
        }
        row("PostgreSQL", &ours, &by_hand, more);
    }
    println!("{results}");
    Ok(())
}

async fn by_library(store: &dyn Store, scope: &Scope) -> Result<(Classes, f64)> {
    let start = Instant::now();
    let mut unit = store.read(scope.clone()).await?;
    let period = Period::until(Timestamp::MAX.date());
    let rates = DatedRates::load(&mut *unit, Currency::EUR, period.to()).await?;
    let question = ValueQuestion { basis: Basis::Revenue, period, rates, service: None };
    let values = values_by(&mut *unit, &question).await?;
    let found = classes(&values.units, &Cuts::default())?;
    let ms = start.elapsed().as_secs_f64() * 1e3;
    let mut all = Classes::default();
    for label in &found.labels {
        count(&mut all, label.as_str())?;
    }
    Ok((all, ms))
}

fn count(classes: &mut Classes, class: &str) -> Result {
    let at = ValueClass::ALL.iter().position(|one| one.as_str() == class);
    *at.and_then(|at| classes.get_mut(at)).ok_or("no class")? += 1;
    Ok(())
}

fn same(found: Classes, expected: Classes) -> Result {
    // The window query tears ties apart: a few customers at a cut.
    let near = found.iter().zip(&expected).all(|(a, b)| a.abs_diff(*b) <= 5);
    if near { Ok(()) } else { Err(format!("{found:?} are not {expected:?}").into()) }
}

fn fill_sqlite(
    connection: &crm_store_sqlite::rusqlite::Connection,
    tenant: Uuid,
    many: usize,
) -> Result {
    connection.execute(
        "INSERT INTO crm_customer_value WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n \
         LIMIT ?2) SELECT ?1, 1, randomblob(16), randomblob(16), 10000 * (100000000 / (1 + abs(random() % \
         1000000))) + abs(random() % 10000000), 'EUR', 0, 'EUR', 0, 'EUR', 3, 0, 3, 0, 0, 0, 0 FROM n",
        params![tenant.as_bytes(), many as i64],
    )?;
    Ok(())
}

async fn fill_postgres(pool: &PgPool, tenant: Uuid, many: usize) -> Result {
    let fill = "INSERT INTO crm_customer_value SELECT $1, 1, gen_random_uuid(), gen_random_uuid(), \
        round((100000000 / (1 + random() * 1000000) + random() * 1000)::numeric, 4), 'EUR', 0, 'EUR', 0, \
        'EUR', 3, 0, 3, 0, 0, 0, 0 FROM generate_series(1, $2)";
    sqlx::query(fill).bind(tenant).bind(many as i64).execute(pool).await?;
    sqlx::query("VACUUM ANALYZE crm_customer_value").execute(pool).await?;
    Ok(())
}
