use std::{path::Path, sync::Arc, time::Instant};

use crm_benches::{Result, per_second};
use crm_store_postgres::sqlx::{self, PgPool};
use crm_store_sqlite::rusqlite::{Connection, params};
use tokio::{sync::Mutex, task::JoinSet};
use uuid::Uuid;

use super::claims::{House, Plan};

/// A compare-and-set on the bare driver.
#[derive(Clone)]
pub(crate) enum ByHand {
    Sqlite(Arc<Mutex<Connection>>),
    Postgres(PgPool),
}

impl ByHand {
    pub(crate) fn sqlite(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        Ok(Self::Sqlite(Arc::new(Mutex::new(connection))))
    }

    /// All tasks at once: how many decisions a second. That none was won twice is checked.
    pub(crate) async fn race(&self, house: &House, plan: Plan) -> Result<f64> {
        let start = Instant::now();
        let mut all = JoinSet::<Result<(usize, usize)>>::new();
        for task in 0..plan.tasks {
            let (hand, tenant) = (self.clone(), house.scope.tenant.0);
            let who = house.people[task].uuid();
            let wanted: Vec<_> = house.customers.iter().map(|id| id.uuid()).collect();
            all.spawn(async move {
                let (mut won, decisions) = (0, wanted.len());
                for id in wanted {
                    won += usize::from(hand.set(tenant, id, who).await?);
                }
                Ok((won, decisions))
            });
        }
        let (mut won, mut decisions) = (0, 0);
        while let Some(done) = all.join_next().await {
            let some = done??;
            (won, decisions) = (won + some.0, decisions + some.1);
        }
        if won != plan.customers {
            return Err(format!("by hand, {won} of {} were won", plan.customers).into());
        }
        Ok(per_second(decisions as u64, start.elapsed()))
    }

    /// Whether it was free, and is theirs now.
    async fn set(&self, tenant: Uuid, id: Uuid, who: Uuid) -> Result<bool> {
        const SET: &str = "UPDATE crm_customer SET owner_id = $1, version = version + 1 \
                           WHERE tenant_id = $2 AND id = $3 AND owner_id IS NULL";
        let rows = match self {
            Self::Sqlite(connection) => {
                let connection = connection.lock().await;
                let mut set = connection.prepare_cached(SET)?;
                set.execute(params![who.as_bytes(), tenant.as_bytes(), id.as_bytes()])? as u64
            }
            Self::Postgres(pool) => {
                let set = sqlx::query(SET).bind(who).bind(tenant).bind(id);
                set.execute(pool).await?.rows_affected()
            }
        };
        Ok(rows == 1)
    }
}
