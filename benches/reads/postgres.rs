use std::{hint::black_box, sync::Arc, time::Duration};

use crm_benches::{
    Result,
    by_hand::{Interaction, postgres},
    house::{House, tenant},
    time,
};
use crm_core::{customer::Customer, kernel::Id};
use crm_store_postgres::{PostgresStore, system_ports};
use sqlx::{PgConnection, PgPool, postgres::PgPoolOptions};

use super::{
    Asked, INTERACTIONS,
    contender::{Contender, Ours, Question, Within},
};

/// As the store begins its reading units.
const READ_ONLY: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// sqlx, and nothing else: on the pool that the store has too.
pub(crate) struct ByHand {
    pool: PgPool,
    asked: Arc<Asked>,
}

pub(crate) async fn open(url: &str, customers: usize) -> Result<(Ours, ByHand)> {
    // As the store's own pool.
    let pool = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
    let pool = pool.connect(url).await?;
    let store = PostgresStore::new(pool.clone(), system_ports());
    store.migrate().await?;
    let number = system_ports().ids.next().as_u128();
    let house = House::build(&store, tenant(number), customers, INTERACTIONS).await?;
    sqlx::query("VACUUM ANALYZE crm_customer").execute(&pool).await?;
    sqlx::query("VACUUM ANALYZE crm_interaction").execute(&pool).await?;
    let asked = Arc::new(Asked::new(house));
    let ours = Ours { store: Box::new(store), asked: Arc::clone(&asked) };
    Ok((ours, ByHand { pool, asked }))
}

impl ByHand {
    async fn ask(&self, connection: &mut PgConnection, question: Question, n: usize) -> Result {
        let (tenant, id) = (self.asked.house.scope.tenant, self.asked.nth(n)?);
        match question {
            Question::Customer => {
                drop(black_box(postgres::customer(connection, tenant, id).await?));
            }
            Question::Newest => drop(black_box(postgres::newest(connection, tenant, id).await?)),
        }
        Ok(())
    }
}

impl Contender for ByHand {
    async fn time(&mut self, question: Question, within: Within, slice: Duration) -> Result<f64> {
        match within {
            Within::OpenUnit => {
                let mut open = self.pool.begin_with(READ_ONLY).await?;
                let taken = time(slice, async |n| self.ask(&mut open, question, n).await).await;
                open.commit().await?;
                taken
            }
            Within::OwnUnit => {
                let once = async |n| {
                    let mut own = self.pool.begin_with(READ_ONLY).await?;
                    // Dropped, as a unit of the store is: the rollback goes on in the background.
                    self.ask(&mut own, question, n).await
                };
                time(slice, once).await
            }
            Within::Nothing => {
                let once = async |n| {
                    let mut connection = self.pool.acquire().await?;
                    self.ask(&mut connection, question, n).await
                };
                time(slice, once).await
            }
        }
    }

    async fn customer(&mut self, id: Id<Customer>) -> Result<Option<(u64, Customer)>> {
        let mut connection = self.pool.acquire().await?;
        postgres::customer(&mut connection, self.asked.house.scope.tenant, id).await
    }

    async fn newest(&mut self, id: Id<Customer>) -> Result<Vec<(u64, Interaction)>> {
        let mut connection = self.pool.acquire().await?;
        postgres::newest(&mut connection, self.asked.house.scope.tenant, id).await
    }
}
