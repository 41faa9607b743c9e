use std::{path::Path, time::Instant};

use crm_benches::{Arguments, Result, Series, Server, by_hand::sqlite, peak, start_peak, table};
use crm_core::{
    exchange_rate::DatedRates,
    kernel::{Actor, Currency, Id, MAX_LIMIT, Scope, TenantId, Timestamp},
    store::Store,
    value::{
        Basis, Cuts, Period, RunRequest, ValueClass, ValueQuestion, classes, take_run, values_by,
    },
    value_run::{RunDetail, ValueRun},
};
use crm_store_postgres::PostgresStore;
use crm_store_sqlite::{SqliteStore, rusqlite::params, system_ports};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use super::base::Base;

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

/// The columns of a table of labels, by its key.
fn labels_of(uuid: &str) -> String {
    format!(
        "tenant_id {uuid} NOT NULL, customer_id {uuid} NOT NULL, class TEXT NOT NULL, \
         PRIMARY KEY (tenant_id, customer_id)"
    )
}

/// How many are in A, B and C.
type Classes = [usize; 3];

pub(crate) async fn measure(arguments: &Arguments, folder: &Path) -> Result {
    let many = arguments.size.pick(1_000, 200_000, 1_000_000);
    let many = arguments.number("--customers")?.unwrap_or(many);
    let each = arguments.number("--orders")?.unwrap_or(10);
    let base = Base { customers: many, each };
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
    let columns =
        ["classes kept", "customers", "ms", "MB more", "window query, ms", "ratio of times"];
    let more = ["its labels kept, ms", "ratio of times"];
    let mut kept_results = table(&[&columns[..], &more].concat());
    let mut kept_row = |name: &str, kept: &Kept, by_hand: &Series, labels: &Series| {
        let Kept { kept, most } = kept;
        kept_results.add_row([
            name.to_owned(),
            many.to_string(),
            kept.with_range(0),
            most.map_or("unknown".to_owned(), |most| format!("{most:.0}")),
            by_hand.with_range(0),
            kept.over(by_hand).with_range(2),
            labels.with_range(0),
            kept.over(labels).with_range(2),
        ]);
    };
    if arguments.wants("sqlite") {
        let path = folder.join("classes.db");
        let store = SqliteStore::open(&path, system_ports()).await?;
        store.migrate().await?;
        let connection = sqlite::open(&path, 64 * 1024)?;
        base.fill_sqlite(&connection, scope.tenant.0)?;
        // Before others leave memory behind.
        let before = start_peak();
        by_library(&store, &scope).await?;
        let more = peak().zip(before).map(|(peak, before)| peak - before);
        let (mut ours, mut by_hand) = (Series::default(), Series::default());
        let (mut kept, mut labels) = (Kept::default(), Series::default());
        let mut of_window = Classes::default();
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
            of_window = expected;
        }
        for _ in 0..rounds {
            same(kept.once(&store, &scope).await?, of_window)?;
            let start = Instant::now();
            let sql = format!("{} ORDER BY customer_id", window("?1"));
            connection.execute_batch(&format!(
                "CREATE TABLE labels ({}) WITHOUT ROWID",
                labels_of("BLOB")
            ))?;
            let insert = format!("INSERT INTO labels SELECT ?1, customer_id, class FROM ({sql})");
            connection.execute(&insert, params![scope.tenant.0.as_bytes()])?;
            labels.push(start.elapsed().as_secs_f64() * 1e3);
            connection.execute_batch("DROP TABLE labels")?;
        }
        row("SQLite", &ours, &by_hand, more);
        kept_row("SQLite", &kept, &by_hand, &labels);
    }
    if arguments.wants("postgresql") {
        let server = Server::start(arguments)?;
        let pool = PgPool::connect(server.url()).await?;
        let store = PostgresStore::new(pool.clone(), crm_store_postgres::system_ports());
        store.migrate().await?;
        base.fill_postgres(&pool, scope.tenant.0).await?;
        // Before others leave memory behind.
        let before = start_peak();
        by_library(&store, &scope).await?;
        let more = peak().zip(before).map(|(peak, before)| peak - before);
        let (mut ours, mut by_hand) = (Series::default(), Series::default());
        let (mut kept, mut labels) = (Kept::default(), Series::default());
        let mut of_window = Classes::default();
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
            of_window = expected;
        }
        for _ in 0..rounds {
            same(kept.once(&store, &scope).await?, of_window)?;
            let start = Instant::now();
            let sql = format!("{} ORDER BY customer_id", window("$1"));
            let create = AssertSqlSafe(format!("CREATE TABLE labels ({})", labels_of("uuid")));
            sqlx::query(create).execute(&pool).await?;
            let insert =
                format!("INSERT INTO labels SELECT $1, customer_id, class FROM ({sql}) AS l");
            sqlx::query(AssertSqlSafe(insert)).bind(scope.tenant.0).execute(&pool).await?;
            labels.push(start.elapsed().as_secs_f64() * 1e3);
            sqlx::query("DROP TABLE labels").execute(&pool).await?;
        }
        row("PostgreSQL", &ours, &by_hand, more);
        kept_row("PostgreSQL", &kept, &by_hand, &labels);
    }
    println!("{results}\n\n{kept_results}");
    Ok(())
}

/// The classes of all time taken and kept.
#[derive(Default)]
struct Kept {
    kept: Series,
    /// MB more at the peak, the first time.
    most: Option<f64>,
}

impl Kept {
    /// How many are kept in each class.
    async fn once(&mut self, store: &dyn Store, scope: &Scope) -> Result<Classes> {
        let before = start_peak();
        let start = Instant::now();
        let period = Period::until(Timestamp::MAX.date());
        let id = Id::<ValueRun>::new(system_ports().ids.next());
        let detail = RunDetail::Classes;
        let request = RunRequest::new(id, period, Basis::Revenue, Currency::EUR);
        take_run(store, scope, &RunRequest { detail, ..request }).await?;
        self.kept.push(start.elapsed().as_secs_f64() * 1e3);
        self.most = self.most.or_else(|| Some(peak()? - before?));
        let (mut all, mut after) = (Classes::default(), None);
        let mut unit = store.read(scope.clone()).await?;
        loop {
            let page = unit.run_classes(id, after, MAX_LIMIT).await?;
            after = page.last().map(|one| one.customer);
            page.iter().try_for_each(|one| count(&mut all, one.class.as_str()))?;
            if after.is_none() {
                return Ok(all);
            }
        }
    }
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
