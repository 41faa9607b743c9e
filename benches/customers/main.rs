//! How fast a large base of customers answers: a timeline, a search, a check for duplicates, the
//! evening inspection.

mod base;
mod postgres;
mod questions;
#[path = "../../crm-core/tests/dirty/records/mod.rs"]
#[expect(dead_code, reason = "other benches ask which firm a record is")]
mod records;
mod sides;
mod sqlite;
mod story;
mod tell;

use std::{path::PathBuf, process::ExitCode};

use crm_benches::{Arguments, Result, Server, load, run};

use crm_store_postgres::system_ports;

use base::Base;
use sides::Side;
use tell::Tables;

const ABOUT: &str = "\
CUSTOMERS: a large base on SQLite and on a private durable PostgreSQL. Customers go in through the
library, with their terms and their entries in the change log; the bulk of the interactions by one
INSERT ... SELECT by hand. One task asks; each question is a reading unit of its own.
  timeline     the newest 50 of a customer with 10,000 events of five sorts; by hand: one UNION ALL
               over the same tables on the bare driver, or one statement for each of them, into equal
               values, which is checked first
  search       every text once, none asked before
  duplicates   customers about to be added, half of them there already, each asked once
  inspection   counts by account manager, then all incomplete customers page by page
`--customers N`, `--interactions N`, `--only sqlite|postgresql`, `--keep FOLDER` (SQLite) keeps the
base and takes it up again, `--url URL` takes a server that runs instead of a private one.
";

fn main() -> ExitCode {
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    let customers = arguments.number("--customers")?;
    let customers = customers.unwrap_or(arguments.size.pick(300, 50_000, 1_000_000));
    let interactions = arguments.number("--interactions")?;
    let interactions = interactions.unwrap_or(arguments.size.pick(1_000, 300_000, 10_000_000));
    println!("{customers} customers, {interactions} interactions");
    println!("load when it began: {}", load());
    let mut tables = Tables::new(arguments.size);
    if arguments.wants("SQLite") {
        let folder = arguments.folder()?;
        let kept = arguments.word("--keep").map(PathBuf::from);
        let folder = kept.as_deref().unwrap_or(folder.path());
        let base = Base::new(crm_benches::house::tenant(1), customers)?;
        let side = Side::sqlite(&folder.join("customers.db")).await?;
        measure("SQLite", &side, &base, interactions, &mut tables).await?;
    }
    if arguments.wants("PostgreSQL") {
        let server = Server::start(arguments)?;
        // Tests share a server.
        let number = arguments.size.pick(system_ports().ids.next().as_u128(), 1, 1);
        let base = Base::new(crm_benches::house::tenant(number), customers)?;
        let side = Side::postgres(server.url()).await?;
        measure("PostgreSQL", &side, &base, interactions, &mut tables).await?;
    }
    println!("load when it ended: {}\n", load());
    println!("{tables}");
    Ok(())
}

async fn measure(
    name: &str,
    side: &Side,
    base: &Base,
    interactions: usize,
    tables: &mut Tables,
) -> Result {
    let events = tables.size.pick(250, 10_000, 10_000).min(interactions);
    let there = side.customers(base).await?;
    if there == 0 {
        let taken = base.fill(&*side.store).await?;
        tables.filled(name, base.customers, taken);
    }
    if side.events(base).await? == 0 {
        base.keep_busy(&*side.store, events).await?;
        side.settled().await?;
    }
    tables.find(name, side, base).await?;
    let mut there = side.interactions(base).await?;
    for upto in [interactions / 10, interactions] {
        while there < upto {
            let next = (there + 250_000).min(upto);
            side.add_interactions(base, (there, next)).await?;
            if next % 1_000_000 == 0 {
                eprintln!("  {next} interactions");
            }
            there = next;
        }
        side.settled().await?;
        tables.timeline(name, side, base, there).await?;
    }
    tables.inspection(name, side, base).await?;
    eprintln!("{name} is done");
    Ok(())
}
