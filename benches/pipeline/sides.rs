use std::path::Path;

use crm_benches::Result;
use crm_core::{
    kernel::{Criteria, Id, Query},
    opportunity::Opportunity,
    stage_move::{self, StageMove},
    store::{Read, Store},
};
use crm_store_postgres::PostgresStore;
use crm_store_sqlite::{SqliteStore, system_ports};
use sqlx::postgres::PgPoolOptions;

use super::{
    base::Base,
    postgres,
    reports::{Asked, Found, Sum},
    sqlite,
};

/// A store of the library, and the same data by hand.
pub(crate) struct Side {
    pub(crate) store: Box<dyn Store>,
    pub(crate) by_hand: ByHand,
}

pub(crate) enum ByHand {
    Sqlite(sqlite::ByHand),
    Postgres(postgres::ByHand),
}

impl Side {
    pub(crate) async fn sqlite(path: &Path) -> Result<Self> {
        let store = SqliteStore::open(path, system_ports()).await?;
        store.migrate().await?;
        let by_hand = ByHand::Sqlite(sqlite::ByHand::open(path, system_ports())?);
        Ok(Self { store: Box::new(store), by_hand })
    }

    pub(crate) async fn postgres(url: &str) -> Result<Self> {
        // As the store's own pool.
        let pool = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
        let pool = pool.connect(url).await?;
        let store = PostgresStore::new(pool.clone(), crm_store_postgres::system_ports());
        store.migrate().await?;
        let ports = crm_store_postgres::system_ports();
        let by_hand = ByHand::Postgres(postgres::ByHand::new(pool, ports));
        Ok(Self { store: Box::new(store), by_hand })
    }

    /// How many opportunities there are.
    pub(crate) async fn opportunities(&self, base: &Base) -> Result<u64> {
        let mut unit = self.store.read(base.scope.clone()).await?;
        Ok(unit.count(Criteria::<Opportunity>::everything()).await?)
    }

    /// How many moves there are.
    pub(crate) async fn moves(&self, base: &Base) -> Result<u64> {
        let mut unit = self.store.read(base.scope.clone()).await?;
        Ok(unit.count(Criteria::<StageMove>::everything()).await?)
    }

    /// What PostgreSQL does by itself within some minutes.
    pub(crate) async fn settled(&self) -> Result {
        if let ByHand::Postgres(by_hand) = &self.by_hand {
            sqlx::query("VACUUM ANALYZE").execute(&by_hand.pool).await?;
        }
        Ok(())
    }

    /// A move by the library.
    pub(crate) async fn ours(&self, base: &Base, id: Id<Opportunity>, to: &str) -> Result {
        let mut work = self.store.begin(base.scope.clone()).await?;
        work.opportunities().advance(id, to, None).await?;
        Ok(work.commit().await?)
    }

    /// The same by hand.
    pub(crate) async fn theirs(&self, base: &Base, id: Id<Opportunity>, to: &str) -> Result {
        match &self.by_hand {
            ByHand::Sqlite(by_hand) => by_hand.go(base, id, to),
            ByHand::Postgres(by_hand) => by_hand.go(base, id, to).await,
        }
    }

    /// How the database adds up amounts, in whole units.
    pub(crate) const fn sum(&self) -> Sum {
        match self.by_hand {
            ByHand::Sqlite(_) => |amount| format!("coalesce(sum({amount}), 0)"),
            ByHand::Postgres(_) => {
                |amount| format!("CAST(coalesce(sum({amount}), 0) * 10000 AS bigint)")
            }
        }
    }

    /// The answers by hand, in one transaction.
    pub(crate) async fn answers(&self, asked: &[Asked]) -> Result<Vec<Vec<Vec<Found>>>> {
        match &self.by_hand {
            ByHand::Sqlite(by_hand) => asked.iter().map(|one| by_hand.answer(one)).collect(),
            ByHand::Postgres(by_hand) => by_hand.answers(asked).await,
        }
    }

    /// The last moves of one, newest first, but for what differs between two opportunities that went
    /// the same way, and between two times.
    pub(crate) async fn last(
        &self,
        base: &Base,
        id: Id<Opportunity>,
        like: Id<Opportunity>,
    ) -> Result<Vec<StageMove>> {
        let mut unit = self.store.read(base.scope.clone()).await?;
        let of = stage_move::OPPORTUNITY_ID.eq(id).query();
        let query: Query<StageMove> = of.descending(&stage_move::NUMBER).limit(2);
        let found = Read::<StageMove>::find(&mut *unit, query).await?.items;
        let as_is = unit.get(like).await?.ok_or("no such opportunity")?;
        let now = as_is.moved_at().ok_or("it never moved")?;
        Ok(found
            .into_iter()
            .map(|stored| {
                let kept = stored.into_inner();
                StageMove {
                    id: Id::new(uuid::Uuid::nil()),
                    opportunity_id: like,
                    amount_before: None,
                    amount_after: None,
                    weighted_before: None,
                    expected_close_before: None,
                    expected_close_after: None,
                    owner_before: None,
                    owner_after: None,
                    customer_id: None,
                    moved_at: now,
                    since: kept.since.map(|_| now),
                    entered_at: kept.entered_at.map(|_| now),
                    stayed_days: kept.stayed_days.map(|days| days.min(0)),
                    ..kept
                }
            })
            .collect())
    }
}
