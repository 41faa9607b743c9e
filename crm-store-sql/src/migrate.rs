//! The schema, step by step. Run on request, never by itself.

use crm_core::{
    Error, Result,
    kernel::{Timestamp, Value},
};

use crate::{Catalog, Dialect, Param, Reach, Session, SqlType};

/// A step of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1 on without gaps.
    pub version: u32,
    /// What it does, in a word.
    pub name: &'static str,
    /// Its statements, in the words of one database.
    pub statements: Vec<String>,
}

pub(crate) const STEPS: [(&str, &str); 14] = [
    ("foundation", include_str!("../migrations/0001_foundation.sql")),
    ("customers", include_str!("../migrations/0002_customers.sql")),
    ("terms", include_str!("../migrations/0003_terms.sql")),
    ("opportunities", include_str!("../migrations/0004_opportunities.sql")),
    ("figures", include_str!("../migrations/0005_figures.sql")),
    ("win_model", include_str!("../migrations/0006_win_model.sql")),
    ("prices", include_str!("../migrations/0007_prices.sql")),
    ("leads", include_str!("../migrations/0008_leads.sql")),
    ("reports", include_str!("../migrations/0009_reports.sql")),
    ("forecast", include_str!("../migrations/0010_forecast.sql")),
    ("people", include_str!("../migrations/0011_people.sql")),
    ("ownership", include_str!("../migrations/0012_ownership.sql")),
    ("assignment", include_str!("../migrations/0013_assignment.sql")),
    ("value", include_str!("../migrations/0014_value.sql")),
];

/// Every step, in order: for hosts that run them with a tool of their own. The steps also record
/// themselves, so that [`check_schema`] and a later [`migrate`] know them.
pub fn migrations(catalog: &Catalog, dialect: &dyn Dialect) -> Vec<Migration> {
    let table = catalog.name("migration");
    STEPS
        .iter()
        .zip(1..)
        .map(|((name, text), version)| {
            let mut statements = Vec::new();
            if version == 1 {
                statements.push(create(&table, dialect));
            }
            statements.extend(steps(text, version, catalog, dialect));
            statements
                .push(format!("INSERT INTO {table} (version, name) VALUES ({version}, '{name}')"));
            Migration { version, name, statements }
        })
        .collect()
}

/// Brings the schema to the version this library knows, within the session's transaction.
///
/// Safe when several processes start at once: they wait for each other, and each step is done once.
///
/// # Errors
/// [`Error::Schema`] when the database is newer, and whatever the database answers.
pub async fn migrate(session: &mut dyn Session, catalog: &Catalog, now: Timestamp) -> Result<()> {
    let dialect = session.dialect();
    let table = catalog.name("migration");
    let create = create(&table, dialect);
    session.execute(&create, Vec::new()).await?;
    // Row 0 is what everybody who migrates waits for.
    record(session, &table, 0, "lock", now).await?;
    let lock = format!("SELECT version FROM {table} WHERE version = 0{}", dialect.for_update());
    session.query(&lock, Vec::new(), &[SqlType::Integer], Reach::Short).await?;

    let found = version(session, &table).await?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(newer(found, known));
    }
    for ((name, text), step) in STEPS.iter().zip(1..).filter(|(_, step)| *step > found) {
        for statement in steps(text, step, catalog, dialect) {
            session.execute(&statement, Vec::new()).await?;
        }
        record(session, &table, step, name, now).await?;
    }
    Ok(())
}

/// Whether the schema is what this library knows.
///
/// # Errors
/// [`Error::Schema`] when it is older, newer or not there.
pub async fn check_schema(session: &mut dyn Session, catalog: &Catalog) -> Result<()> {
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    let table = catalog.name("migration");
    let params = vec![Param::new(SqlType::Text, Value::Text(table.clone().into()))];
    let sql = session.dialect().table_exists();
    let there = session.query(sql, params, &[SqlType::Integer], Reach::Short).await?;
    let found = match there.first() {
        Some(Value::Integer(0)) | None => 0,
        _ => version(session, &table).await?,
    };
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(newer(found, known)),
        std::cmp::Ordering::Less => {
            let advice = "run the store's `migrate` first";
            Err(Error::Schema { found, known, advice })
        }
    }
}

/// The table that keeps which steps were done, and when where we did them.
fn create(table: &str, dialect: &dyn Dialect) -> String {
    let (integer, text, time) = (
        dialect.column_type(SqlType::Integer),
        dialect.column_type(SqlType::Text),
        dialect.column_type(SqlType::Timestamp),
    );
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (version {integer} PRIMARY KEY, name {text} NOT NULL, \
         applied_at {time}){}",
        dialect.table_options()
    )
}

/// The statements of a step.
fn steps(text: &str, version: u32, catalog: &Catalog, dialect: &dyn Dialect) -> Vec<String> {
    let common = text.split(";\n").map(|statement| render(statement, catalog, dialect));
    let own = if version == 1 { dialect.setup(&catalog.name("change_clock")) } else { Vec::new() };
    common.filter(|statement| !statement.is_empty()).chain(own).collect()
}

/// What [`check_schema`] answered: whether there is nothing left to do.
///
/// # Errors
/// [`Error::Schema`] when the database is newer.
pub fn is_known(checked: Result<()>) -> Result<bool> {
    match checked {
        Ok(()) => Ok(true),
        Err(Error::Schema { found, known, .. }) if found < known => Ok(false),
        Err(error) => Err(error),
    }
}

async fn version(session: &mut dyn Session, table: &str) -> Result<u32> {
    let sql = format!("SELECT coalesce(max(version), 0) FROM {table}");
    let rows = session.query(&sql, Vec::new(), &[SqlType::Integer], Reach::Short).await?;
    match rows.first() {
        Some(Value::Integer(version)) => Ok(u32::try_from(version).unwrap_or(u32::MAX)),
        _ => Ok(0),
    }
}

async fn record(
    session: &mut dyn Session,
    table: &str,
    version: u32,
    name: &'static str,
    now: Timestamp,
) -> Result<()> {
    let mark = session.dialect().mark();
    let sql = format!(
        "INSERT INTO {table} (version, name, applied_at) VALUES ({mark}1, {mark}2, {mark}3) \
         ON CONFLICT DO NOTHING"
    );
    let params = vec![
        Param::integer(version.into()),
        Param::text(name),
        Param::new(SqlType::Timestamp, Value::Timestamp(now)),
    ];
    session.execute(&sql, params).await.map(drop).map_err(Error::from)
}

fn newer(found: u32, known: u32) -> Error {
    let advice = "a newer program made it: use that one, nothing was changed";
    Error::Schema { found, known, advice }
}

/// A statement in the words of a database: `{uuid}` for a type, `{crm}x` for the table of x, `{stages of p}` for the
/// elements of the pipeline `p`, `{month}` and `{least_id}` for the month of a date and the least of several ids, `{low x}` and
/// `{beyond x}` for a sum of amounts up to what one can be and what is beyond that, `{uncompressed c of x}` for a statement of its own.
fn render(statement: &str, catalog: &Catalog, dialect: &dyn Dialect) -> String {
    let lines = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
    let mut sql = lines.collect::<Vec<_>>().join("\n").trim().trim_end_matches(';').to_owned();
    for (word, sql_type) in [
        ("{bool}", SqlType::Bool),
        ("{integer}", SqlType::Integer),
        ("{decimal}", SqlType::Decimal),
        ("{text}", SqlType::Text),
        ("{uuid}", SqlType::Uuid),
        ("{date}", SqlType::Date),
        ("{timestamp}", SqlType::Timestamp),
        ("{json}", SqlType::Json),
    ] {
        sql = sql.replace(word, dialect.column_type(sql_type));
    }
    for name in ["revenue", "returned", "cost"] {
        let (low, beyond) = dialect.carry_sum(name);
        sql = sql.replace(&format!("{{low {name}}}"), &low);
        sql = sql.replace(&format!("{{beyond {name}}}"), &beyond);
    }
    if let Some((_, rest)) = sql.split_once("{uncompressed ")
        && let Some((column, table)) = rest.trim_end_matches('}').split_once(" of ")
    {
        return dialect.uncompressed(&catalog.name(table), column);
    }
    sql.replace("{nulls_first}", dialect.nulls_first())
        .replace("{crm}", &catalog.name(""))
        .replace("{options}", dialect.table_options())
        .replace("{key_options}", dialect.key_table_options())
        .replace("{month}", &dialect.first_of_month("date"))
        .replace("{least_id}", &dialect.least_id("id"))
        .replace("{stages of p}", &dialect.elements("p.stages"))
}
