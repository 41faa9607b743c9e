use std::{path::Path, time::Instant};

use crm_benches::{Result, by_hand::sqlite};
use crm_store_sqlite::{
    SqliteStore,
    rusqlite::{Connection, params_from_iter, types::Value},
    system_ports,
};

/// So many rows, with as many entries of the log, are one transaction.
const BATCH: usize = 2_000;

/// The rows of a table, in the order in which they were written.
struct Table {
    insert: String,
    rows: Vec<Vec<Value>>,
}

/// Inserts what is in a database into an empty one beside it: the seconds of that.
pub(crate) async fn insert(database: &Path) -> Result<f64> {
    let tables = tables(database)?;
    let copy = database.with_extension("copy");
    SqliteStore::open(&copy, system_ports()).await?.migrate().await?;
    let connection = sqlite::open(&copy, 64 * 1024)?;
    let [log, records @ ..] = tables.as_slice() else { return Err("no tables".into()) };
    let mut log = log.rows.iter().map(|row| (&log.insert, row));

    let start = Instant::now();
    let records = records.iter().flat_map(|t| t.rows.iter().map(|row| (&t.insert, row)));
    let records: Vec<_> = records.collect();
    for batch in records.chunks(BATCH) {
        let entries: Vec<_> = log.by_ref().take(batch.len()).collect();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for (sql, row) in batch.iter().chain(&entries) {
            connection.prepare_cached(sql)?.execute(params_from_iter(row.iter()))?;
        }
        connection.execute_batch("COMMIT")?;
    }
    let seconds = start.elapsed().as_secs_f64();
    match log.next() {
        None => Ok(seconds),
        Some(_) => Err("more entries in the log than records".into()),
    }
}

/// The change log first, then the tables that have rows, those that others refer to before them.
fn tables(database: &Path) -> Result<Vec<Table>> {
    let connection = Connection::open(database)?;
    let names = [
        "change",
        "org_unit",
        "staff_member",
        "product",
        "customer",
        "pipeline",
        "opportunity",
        "stage_move",
        "transaction",
    ];
    names.iter().map(|name| table(&connection, &format!("crm_{name}"))).collect()
}

fn table(connection: &Connection, name: &str) -> Result<Table> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {name} ORDER BY rowid"))?;
    let width = statement.column_count();
    let marks = vec!["?"; width].join(", ");
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect())?;
    let rows = rows.collect::<std::result::Result<_, _>>()?;
    Ok(Table { insert: format!("INSERT INTO {name} VALUES ({marks})"), rows })
}
