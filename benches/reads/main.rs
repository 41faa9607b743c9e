//! What reading through the store costs over reading by hand on the same driver.

mod contender;
mod postgres;
mod sqlite;

use std::{process::ExitCode, time::Duration};

use comfy_table::Table;
use crm_benches::{
    Arguments, Result, Series, Server, Size,
    house::{House, Random},
    run, table,
};
use crm_core::{customer::Customer, kernel::Id};

use contender::{Contender, Question, Within};

const ABOUT: &str = "\
READS: a customer by key, and the newest 50 interactions of a customer, through the store and by
hand (rusqlite, sqlx) on the same rows, into equal structs, which is checked first. One task.
  in an open unit      one reading unit, or transaction, for the whole slice
  a unit of its own    each read begins and ends its own; by hand too
  bare                 by hand without a transaction, against a unit of its own: for information
Workload: a made-up house with 60 interactions for each customer, written in the order of time;
customers are drawn at random, the same for both. Medians over the rounds; both take turns.
`--only sqlite` or `--only postgresql` leaves the other one out.
";

fn main() -> ExitCode {
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    let customers = arguments.size.pick(20, 2_000, 8_000);
    println!("{customers} customers, {} interactions\n", customers * INTERACTIONS);
    let mut results = table(&["read", "by hand, µs", "store, µs", "store / by hand"]);

    if arguments.wants("SQLite") {
        let folder = arguments.folder()?;
        let (ours, mut theirs) = sqlite::open(folder.path(), customers).await?;
        compare(arguments, "SQLite", ours, &mut theirs, &mut results).await?;
    }
    if arguments.wants("PostgreSQL") {
        let server = Server::start(arguments)?;
        let (ours, mut theirs) = postgres::open(server.url(), customers).await?;
        compare(arguments, "PostgreSQL", ours, &mut theirs, &mut results).await?;
    }
    println!("{results}");
    Ok(())
}

/// With each customer: more than are asked for, so that the list is cut.
pub(crate) const INTERACTIONS: usize = 60;

async fn compare(
    arguments: &Arguments,
    database: &str,
    mut ours: contender::Ours,
    theirs: &mut impl Contender,
    results: &mut Table,
) -> Result {
    ours.proves_equal(theirs).await?;
    let (rounds, slice) = arguments.size.pick((1, 5), (3, 150), (9, 400));
    let slice = Duration::from_millis(slice);
    for question in [Question::Customer, Question::Newest] {
        for within in [Within::OpenUnit, Within::OwnUnit, Within::Nothing] {
            let (mut a, mut b) = (Series::default(), Series::default());
            // The first round warms up.
            for round in 0..=rounds {
                let (by_hand, store);
                if round % 2 == 0 {
                    by_hand = theirs.time(question, within, slice).await?;
                    store = ours.time(question, within, slice).await?;
                } else {
                    store = ours.time(question, within, slice).await?;
                    by_hand = theirs.time(question, within, slice).await?;
                }
                if round > 0 {
                    a.push(by_hand);
                    b.push(store);
                }
            }
            results.add_row([
                format!("{database}: {question}, {within}"),
                format!("{:.1}", a.median()),
                format!("{:.1}", b.median()),
                b.over(&a).with_range(2),
            ]);
        }
    }
    if arguments.size != Size::Smoke {
        eprintln!("{database} is done");
    }
    Ok(())
}

/// The customers that are asked for, the same for everybody.
pub(crate) struct Asked {
    pub(crate) house: House,
    order: Vec<usize>,
}

impl Asked {
    pub(crate) fn new(house: House) -> Self {
        let mut random = Random(11);
        let order = (0..4_096).map(|_| random.below(house.customers.len())).collect();
        Self { house, order }
    }

    pub(crate) fn nth(&self, n: usize) -> Result<Id<Customer>> {
        self.house.customer(self.order.get(n % self.order.len().max(1)).copied().unwrap_or(n))
    }
}
