//! A comparison is fair when all do the same.

use std::{fs, path::Path};

use crm_benches::{Result, house::Random};
use crm_core::kernel::{FixedClock, Ports, SequentialIds};
use crm_store_sqlite::{
    SqliteOptions,
    rusqlite::{Connection, types::Value},
};

use super::{
    by_hand::ByHand,
    contender::{Contender, Ours},
};

const CUSTOMERS: usize = 5;
const UNITS: usize = 40;

/// Lets each do the same units, with the same clock and ids, and compares the tables.
pub(crate) async fn all_write_the_same_rows(folder: &Path) -> Result {
    fs::create_dir_all(folder)?;
    let (ours, theirs) = (folder.join("ours"), folder.join("theirs"));
    let options = SqliteOptions::new(ports()?);
    units(&Ours::open(&ours, options, CUSTOMERS).await?).await?;
    units(&ByHand::open(&theirs, ports()?, CUSTOMERS).await?).await?;
    for table in ["crm_customer", "crm_interaction", "crm_change"] {
        let (ours, theirs) = (rows(&ours, table)?, rows(&theirs, table)?);
        if ours.len() < CUSTOMERS || ours != theirs {
            let differing = ours.iter().zip(&theirs).find(|(a, b)| a != b);
            return Err(format!("{table} is not the same: {differing:?}").into());
        }
    }
    Ok(())
}

async fn units(contender: &impl Contender) -> Result {
    let mut random = Random(3);
    for _ in 0..UNITS {
        contender.unit(&mut random).await?;
    }
    Ok(())
}

fn ports() -> Result<Ports> {
    let clock = FixedClock::new("2025-06-01T08:00:00Z".parse()?);
    Ok(Ports::new(clock, SequentialIds::new(9)))
}

fn rows(path: &Path, table: &str) -> Result<Vec<Vec<Value>>> {
    let connection = Connection::open(path)?;
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY rowid"))?;
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect())?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}
