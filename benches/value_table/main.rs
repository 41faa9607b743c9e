//! What the table of what customers bring costs, and what it saves.

mod base;
mod classes;
mod imports;
mod runs;

use std::process::ExitCode;

use crm_benches::{Arguments, Result, run};

const ABOUT: &str = "\
VALUE TABLE
  import   transactions into SQLite (synchronous=FULL) in units of 2,000, each with its entry in the
           change log, its row of all time and its row of the month; by hand: rusqlite, the very same rows and
           the same upserts, added up for each unit, prepared statements, from memory
  classes  A, B and C of all customers of a base with ten orders each: the library reads the table and ranks,
           by hand one window query over the same table, into the same classes, which are compared. SQLite,
           and a private durable PostgreSQL. Then the same with what is written back: a run with classes, by
           hand the same query, and the same query with its labels kept in a table of their own
  a run    a run of all time taken and kept, a line with all its figures for each customer, three orders each;
           then its tiers, classes and values given to the customers, each with its entry in the change log;
           by hand the window query kept as a table, which has a label alone
Medians over the rounds; the two take turns.
";

fn main() -> ExitCode {
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    let folder = arguments.folder()?;
    if arguments.wants("sqlite") {
        imports::measure(arguments, folder.path()).await?;
    }
    classes::measure(arguments, folder.path()).await?;
    runs::measure(arguments, folder.path()).await
}
