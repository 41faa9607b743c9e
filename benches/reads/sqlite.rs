use std::{hint::black_box, path::Path, sync::Arc, time::Duration};

use crm_benches::{
    Result,
    by_hand::{Interaction, sqlite},
    house::{House, tenant},
    time,
};
use crm_core::{customer::Customer, kernel::Id};
use crm_store_sqlite::{SqliteStore, rusqlite::Connection, system_ports};

use super::{
    Asked, INTERACTIONS,
    contender::{Contender, Ours, Question, Within},
};

/// rusqlite, and nothing else.
pub(crate) struct ByHand {
    connection: Connection,
    asked: Arc<Asked>,
}

pub(crate) async fn open(folder: &Path, customers: usize) -> Result<(Ours, ByHand)> {
    let path = folder.join("reads.db");
    let store = SqliteStore::open(&path, system_ports()).await?;
    store.migrate().await?;
    let house = House::build(&store, tenant(1), customers, INTERACTIONS).await?;
    let asked = Arc::new(Asked::new(house));
    let connection = sqlite::open(&path, 16 * 1024)?;
    let ours = Ours { store: Box::new(store), asked: Arc::clone(&asked) };
    Ok((ours, ByHand { connection, asked }))
}

impl ByHand {
    fn ask(&self, question: Question, n: usize) -> Result {
        let (tenant, id) = (self.asked.house.scope.tenant, self.asked.nth(n)?);
        match question {
            Question::Customer => {
                drop(black_box(sqlite::customer(&self.connection, tenant, id)?));
            }
            Question::Newest => drop(black_box(sqlite::newest(&self.connection, tenant, id)?)),
        }
        Ok(())
    }

    fn run(&self, sql: &str) -> Result {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

impl Contender for ByHand {
    async fn time(&mut self, question: Question, within: Within, slice: Duration) -> Result<f64> {
        match within {
            Within::OpenUnit => {
                self.run("BEGIN")?;
                let taken = time(slice, async |n| self.ask(question, n)).await;
                self.run("COMMIT")?;
                taken
            }
            Within::OwnUnit => {
                let once = async |n| {
                    self.run("BEGIN")?;
                    self.ask(question, n)?;
                    self.run("COMMIT")
                };
                time(slice, once).await
            }
            Within::Nothing => time(slice, async |n| self.ask(question, n)).await,
        }
    }

    async fn customer(&mut self, id: Id<Customer>) -> Result<Option<(u64, Customer)>> {
        sqlite::customer(&self.connection, self.asked.house.scope.tenant, id)
    }

    async fn newest(&mut self, id: Id<Customer>) -> Result<Vec<(u64, Interaction)>> {
        sqlite::newest(&self.connection, self.asked.house.scope.tenant, id)
    }
}
