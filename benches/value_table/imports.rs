use std::{collections::BTreeMap, path::Path, time::Instant};

use chrono::{Datelike, Days, NaiveDate};
use crm_benches::{Arguments, Result, Series, by_hand::sqlite, table};
use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Actor, Currency, Id, Money, Scope, TenantId},
    store::Store,
    transaction::Transaction,
};
use crm_store_sqlite::{
    SqliteStore,
    rusqlite::{Connection, params, params_from_iter, types::Value},
    system_ports,
};
use rust_decimal::Decimal;
use uuid::Uuid;

const BATCH: usize = 2_000;

/// Adds to the row that is there: the tenant, the customer, the revenue, the cost, how many, and the id.
const VALUE: &str = "INSERT INTO crm_customer_value AS kept VALUES (?1, 1, ?6, ?2, ?3, 'EUR', 0, 'EUR', ?4, \
    'EUR', ?5, 0, ?5, 0, 0, 0, 0) ON CONFLICT (tenant_id, customer_id, revenue_currency) DO UPDATE SET \
    version = version + 1, revenue = revenue + excluded.revenue, cost = cost + excluded.cost, \
    orders = orders + excluded.orders, transactions = transactions + excluded.transactions";
const MONTH: &str = "INSERT INTO crm_monthly_value AS kept VALUES (?1, 1, ?6, ?2, ?7, ?3, 'EUR', 0, 'EUR', \
    ?4, 'EUR', ?5, 0, ?5, 0, 0, 0, 0) ON CONFLICT (tenant_id, customer_id, revenue_currency, month) DO UPDATE SET \
    version = version + 1, revenue = revenue + excluded.revenue, cost = cost + excluded.cost, \
    orders = orders + excluded.orders, transactions = transactions + excluded.transactions";

pub(crate) async fn measure(arguments: &Arguments, folder: &Path) -> Result {
    let (many, customers) = arguments.size.pick((4_000, 500), (60_000, 10_000), (300_000, 50_000));
    let rounds = arguments.size.pick(1, 3, 5);
    let (mut ours, mut by_hand) = (Series::default(), Series::default());
    for round in 0..rounds {
        let path = folder.join(format!("import-{round}.db"));
        let scope = Scope::new(TenantId(Uuid::from_u128(1)), Actor::new("anna")?);
        let store = SqliteStore::open(&path, system_ports()).await?;
        store.migrate().await?;
        let ids = add_customers(&store, &scope, customers).await?;
        let sold = sales(&store, &scope, &ids, many).await?;
        let start = Instant::now();
        for batch in sold.chunks(BATCH) {
            let mut work = store.begin(scope.clone()).await?;
            work.insert_all(batch.to_vec()).await?;
            work.commit().await?;
        }
        ours.push(start.elapsed().as_secs_f64());
        drop(store);
        by_hand.push(write_by_hand(&path, &sold).await?);
    }
    let mut results = table(&["import", "rows", "rows/s", "by hand, rows/s", "ratio of times"]);
    results.add_row([
        "SQLite".to_owned(),
        many.to_string(),
        format!("{:.0}", many as f64 / ours.median()),
        format!("{:.0}", many as f64 / by_hand.median()),
        ours.over(&by_hand).with_range(2),
    ]);
    println!("{results}\n");
    Ok(())
}

async fn add_customers(store: &dyn Store, scope: &Scope, many: usize) -> Result<Vec<Id<Customer>>> {
    let mut ids = Vec::with_capacity(many);
    while ids.len() < many {
        let mut work = store.begin(scope.clone()).await?;
        let some: Vec<_> = (0..BATCH.min(many - ids.len()))
            .map(|_| Customer::new(Id::new(work.next_id()), CustomerKind::Person, "Somebody"))
            .collect();
        ids.extend(some.iter().map(|one| one.id));
        work.insert_all(some).await?;
        work.commit().await?;
    }
    Ok(ids)
}

/// Orders in the order of their days, over two years.
async fn sales(
    store: &dyn Store,
    scope: &Scope,
    customers: &[Id<Customer>],
    many: usize,
) -> Result<Vec<Transaction>> {
    let work = store.begin(scope.clone()).await?;
    let first = NaiveDate::from_ymd_opt(2016, 1, 1).ok_or("a day")?;
    let mut state = 1_u64;
    let mut sold = Vec::with_capacity(many);
    for n in 0..many {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let dice = (state >> 33) as usize;
        let customer = *customers.get(dice % customers.len()).ok_or("a customer")?;
        let date = first + Days::new((n * 730 / many) as u64);
        let amount = Decimal::new((dice % 100_000) as i64 + 1, 2);
        let mut one = Transaction::new(
            Id::new(work.next_id()),
            customer,
            date,
            Money::new(amount, Currency::EUR)?,
        );
        one.cost = Some(Money::new(Decimal::new((dice % 50_000) as i64, 2), Currency::EUR)?);
        sold.push(one);
    }
    Ok(sold)
}

/// The very same rows into an empty database beside it: the seconds of that.
async fn write_by_hand(path: &Path, sold: &[Transaction]) -> Result<f64> {
    let copy = path.with_extension("copy");
    SqliteStore::open(&copy, system_ports()).await?.migrate().await?;
    let read = Connection::open(path)?;
    let customers = rows(&read, "SELECT * FROM crm_customer")?;
    let transactions = rows(&read, "SELECT * FROM crm_transaction ORDER BY rowid")?;
    let entries = "SELECT * FROM crm_change WHERE entity = 'transaction' ORDER BY rowid";
    let entries = rows(&read, entries)?;
    if transactions.len() != sold.len() || entries.len() != sold.len() {
        return Err("not every transaction was written".into());
    }
    let connection = sqlite::open(&copy, 64 * 1024)?;
    connection.execute_batch("BEGIN")?;
    insert(&connection, "crm_customer", &customers)?;
    connection.execute_batch("COMMIT")?;
    let start = Instant::now();
    let batches = transactions.chunks(BATCH).zip(entries.chunks(BATCH)).zip(sold.chunks(BATCH));
    for ((transactions, entries), sold) in batches {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        insert(&connection, "crm_transaction", transactions)?;
        insert(&connection, "crm_change", entries)?;
        add_up(&connection, sold)?;
        connection.execute_batch("COMMIT")?;
    }
    let seconds = start.elapsed().as_secs_f64();
    for kept in ["crm_customer_value", "crm_monthly_value"] {
        let columns = "customer_id, revenue, cost, orders, transactions";
        let sql = format!("SELECT {columns} FROM {kept} ORDER BY {columns}");
        if rows(&read, &sql)? != rows(&connection, &sql)? {
            return Err(format!("{kept} is not the same by hand").into());
        }
    }
    Ok(seconds)
}

fn add_up(connection: &Connection, sold: &[Transaction]) -> Result {
    let (mut values, mut months) = (BTreeMap::new(), BTreeMap::new());
    for one in sold {
        let id = one.customer_id.uuid();
        let month = one.date.with_day(1).ok_or("a month")?;
        let units = |amount: Decimal| (amount * Decimal::from(10_000)).try_into();
        let revenue: i64 = units(one.revenue.amount())?;
        let cost: i64 = units(one.cost.map(Money::amount).unwrap_or_default())?;
        for sum in [values.entry(id).or_default(), months.entry((id, month)).or_default()] {
            let (all_revenue, all_cost, count): &mut (i64, i64, i64) = sum;
            *all_revenue += revenue;
            *all_cost += cost;
            *count += 1;
        }
    }
    let tenant = Uuid::from_u128(1);
    let mut statement = connection.prepare_cached(VALUE)?;
    for (customer, (revenue, cost, count)) in values {
        let id = Uuid::new_v5(&customer, b"EUR");
        let (tenant, customer, id) = (tenant.as_bytes(), customer.as_bytes(), id.as_bytes());
        statement.execute(params![tenant, customer, revenue, cost, count, id])?;
    }
    let mut statement = connection.prepare_cached(MONTH)?;
    for ((customer, month), (revenue, cost, count)) in months {
        let id = Uuid::new_v5(&customer, format!("EUR {month}").as_bytes());
        let (tenant, customer, id) = (tenant.as_bytes(), customer.as_bytes(), id.as_bytes());
        let month = month.to_string();
        statement.execute(params![tenant, customer, revenue, cost, count, id, month])?;
    }
    Ok(())
}

fn rows(connection: &Connection, sql: &str) -> Result<Vec<Vec<Value>>> {
    let mut statement = connection.prepare(sql)?;
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect())?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

fn insert(connection: &Connection, name: &str, rows: &[Vec<Value>]) -> Result {
    let marks = vec!["?"; rows.first().map_or(0, Vec::len)].join(", ");
    let mut statement =
        connection.prepare_cached(&format!("INSERT INTO {name} VALUES ({marks})"))?;
    for row in rows {
        statement.execute(params_from_iter(row.iter()))?;
    }
    Ok(())
}
