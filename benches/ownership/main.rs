//! A stress program: many tasks claim the same free customers, and each gets one owner; many assign leads by turns.

mod by_hand;
mod claims;
mod turns;

use std::process::ExitCode;

use comfy_table::Table;
use crm_benches::{Arguments, Result, Series, Server, house::tenant, load, run, table};
use crm_core::store::Store;
use crm_store_postgres::{PostgresStore, sqlx::postgres::PgPoolOptions, system_ports};
use crm_store_sqlite::SqliteStore;

use by_hand::ByHand;
use claims::{Plan, Told};
use turns::Turns;

const ABOUT: &str = "\
OWNERSHIP: 64 tasks, each for a person of its own, claim the same free customers of a pool, on SQLite and on a
private durable PostgreSQL. All walk through them in one order; of each customer three want it at about the same time.
A person may have 150, and no more: 64 of them cannot have all.
  claim        the verb: holds the person, counts what they have and took, writes the customer, the history of
               its owners and the change log; a unit of its own each time
  by hand      one statement on the bare driver that writes the owner where there is none, one commit each: no cap, no
               limit, no history, no log
Afterwards it is counted: customers with two owners told, people beyond their cap, histories that do not fit, errors
that are no refusals. Any of them makes the program fail.

Then 16 tasks assign leads to 7 people by round robin, each lead in a unit of its own: how far the shares are apart, and
whether each lead has one owner and one change of it. `--customers N`, `--leads N`, `--runs N`, `--tasks N`, `--only DATABASE`,
`--url URL`.
";

fn main() -> ExitCode {
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    let size = arguments.size;
    let plan = Plan {
        customers: arguments.number("--customers")?.unwrap_or(size.pick(40, 1_000, 10_000)),
        tasks: arguments.number("--tasks")?.unwrap_or(size.pick(8, 64, 64)),
        wanted_by: 3,
    };
    let runs = arguments.number("--runs")?.unwrap_or(size.pick(1, 2, 3));
    let leads = arguments.number("--leads")?.unwrap_or(size.pick(70, 2_000, 50_000));
    let mut turns = table(&[
        "database",
        "runs",
        "tasks",
        "assigned",
        "shares apart",
        "violations",
        "assigned/s",
    ]);
    println!("load when it began: {}", load());
    let mut results = table(&[
        "database",
        "runs",
        "tasks",
        "decisions",
        "claimed",
        "refused",
        "violations",
        "claims/s",
        "by hand/s",
        "claim / by hand",
    ]);
    if arguments.wants("SQLite") {
        let folder = arguments.folder()?;
        let path = folder.path().join("ownership.db");
        let store = SqliteStore::open(&path, system_ports()).await?;
        store.migrate().await?;
        let hand = ByHand::sqlite(&path)?;
        measure("SQLite", &store, &hand, plan, runs, &mut results).await?;
        assign("SQLite", &store, leads, runs, &mut turns).await?;
    }
    if arguments.wants("PostgreSQL") {
        let server = Server::start(arguments)?;
        let pool = PgPoolOptions::new().max_connections(16).connect(server.url()).await?;
        let store = PostgresStore::new(pool.clone(), system_ports());
        store.migrate().await?;
        measure("PostgreSQL", &store, &ByHand::Postgres(pool), plan, runs, &mut results).await?;
        assign("PostgreSQL", &store, leads, runs, &mut turns).await?;
    }
    println!("load when it ended: {}\n\n{results}\n\n{turns}", load());
    Ok(())
}

async fn measure(
    database: &str,
    store: &(impl Store + Clone + 'static),
    hand: &ByHand,
    plan: Plan,
    runs: usize,
    results: &mut Table,
) -> Result {
    let (mut claims, mut by_hand) = (Series::default(), Series::default());
    let mut total = Told::default();
    for _ in 0..runs {
        // A house of its own each time; tests share a server.
        let house = claims::house(store, tenant(system_ports().ids.next().as_u128()), plan).await?;
        let (told, rate) = claims::race(store, &house, plan).await?;
        claims.push(rate);
        total.add(&told);
        let house = claims::house(store, tenant(system_ports().ids.next().as_u128()), plan).await?;
        by_hand.push(hand.race(&house, plan).await?);
    }
    results.add_row([
        database.to_owned(),
        runs.to_string(),
        plan.tasks.to_string(),
        (total.claimed + total.refused).to_string(),
        total.claimed.to_string(),
        total.refused.to_string(),
        total.violations.len().to_string(),
        format!("{:.0}", claims.median()),
        format!("{:.0}", by_hand.median()),
        claims.over(&by_hand).with_range(2),
    ]);
    match total.violations.first() {
        Some(first) => Err(format!("{database}: {first}").into()),
        None => Ok(()),
    }
}

/// So many tasks assign leads at once.
const ASSIGNING: usize = 16;

async fn assign(
    database: &str,
    store: &(impl Store + Clone + 'static),
    leads: usize,
    runs: usize,
    results: &mut Table,
) -> Result {
    let mut rates = Series::default();
    let mut total = Turns::default();
    for _ in 0..runs {
        let house = tenant(system_ports().ids.next().as_u128());
        let (told, rate) = turns::race(store, house, leads, ASSIGNING).await?;
        rates.push(rate);
        total.assigned += told.assigned;
        total.apart = total.apart.max(told.apart);
        total.violations.extend(told.violations);
    }
    results.add_row([
        database.to_owned(),
        runs.to_string(),
        ASSIGNING.to_string(),
        total.assigned.to_string(),
        total.apart.to_string(),
        total.violations.len().to_string(),
        format!("{:.0}", rates.median()),
    ]);
    match total.violations.first() {
        Some(first) => Err(format!("{database}: {first}").into()),
        None => Ok(()),
    }
}
