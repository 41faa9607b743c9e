use std::path::Path;

use crm_benches::Result;
use crm_core::{
    customer::{self, Customer, TimelineEntry, TimelineKind},
    interaction::{self, Interaction},
    kernel::Criteria,
    store::Store,
};
use crm_store_postgres::PostgresStore;
use crm_store_sqlite::{SqliteStore, system_ports};
use sqlx::postgres::PgPoolOptions;

use super::{base::Base, postgres, sqlite, story::Entry};

/// A store of the library, and the same data by hand.
pub(crate) struct Side {
    pub(crate) store: Box<dyn Store>,
    by_hand: ByHand,
}

enum ByHand {
    Sqlite(sqlite::ByHand),
    Postgres(postgres::ByHand),
}

impl Side {
    pub(crate) async fn sqlite(path: &Path) -> Result<Self> {
        let store = SqliteStore::open(path, system_ports()).await?;
        store.migrate().await?;
        let by_hand = ByHand::Sqlite(sqlite::ByHand::open(path)?);
        Ok(Self { store: Box::new(store), by_hand })
    }

    pub(crate) async fn postgres(url: &str) -> Result<Self> {
        // As the store's own pool.
        let pool = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
        let pool = pool.connect(url).await?;
        let store = PostgresStore::new(pool.clone(), crm_store_postgres::system_ports());
        store.migrate().await?;
        let by_hand = ByHand::Postgres(postgres::ByHand::new(pool));
        Ok(Self { store: Box::new(store), by_hand })
    }

    /// How many customers there are.
    pub(crate) async fn customers(&self, base: &Base) -> Result<u64> {
        let mut unit = self.store.read(base.scope.clone()).await?;
        Ok(unit.count(Criteria::<Customer>::everything()).await?)
    }

    /// How many interactions the busy one has.
    pub(crate) async fn events(&self, base: &Base) -> Result<u64> {
        let mut unit = self.store.read(base.scope.clone()).await?;
        Ok(unit.count(interaction::CUSTOMER_ID.eq(base.busy)).await?)
    }

    /// How many interactions there are of all but the busy one.
    pub(crate) async fn interactions(&self, base: &Base) -> Result<usize> {
        let mut unit = self.store.read(base.scope.clone()).await?;
        let all = unit.count(Criteria::<Interaction>::everything()).await?;
        Ok(usize::try_from(all - self.events(base).await?)?)
    }

    pub(crate) async fn add_interactions(&self, base: &Base, range: (usize, usize)) -> Result {
        let tenant = base.scope.tenant.0;
        match &self.by_hand {
            ByHand::Sqlite(by_hand) => by_hand.interactions(tenant, base.customers, range),
            ByHand::Postgres(by_hand) => by_hand.interactions(tenant, base.customers, range).await,
        }
    }

    /// What PostgreSQL does by itself within some minutes.
    pub(crate) async fn settled(&self) -> Result {
        if let ByHand::Postgres(by_hand) = &self.by_hand {
            sqlx::query("VACUUM ANALYZE").execute(&by_hand.pool).await?;
        }
        Ok(())
    }

    /// The first page of the busy customer's story, by the library.
    pub(crate) async fn ours(&self, base: &Base) -> Result<Vec<TimelineEntry>> {
        let mut unit = self.store.read(base.scope.clone()).await?;
        let by_hand_too = |kind: &TimelineKind| *kind != TimelineKind::Ownership;
        let kinds: Vec<_> = TimelineKind::ALL.iter().copied().filter(by_hand_too).collect();
        Ok(customer::timeline(&mut *unit, base.busy, &kinds, None, 50).await?)
    }

    /// The same by hand, with one statement.
    pub(crate) async fn theirs(&self, base: &Base) -> Result<Vec<Entry>> {
        match &self.by_hand {
            ByHand::Sqlite(by_hand) => by_hand.timeline(&base.scope, base.busy),
            ByHand::Postgres(by_hand) => by_hand.timeline(&base.scope, base.busy).await,
        }
    }

    /// The same by hand, with a statement for each source.
    pub(crate) async fn theirs_by_source(&self, base: &Base) -> Result<Vec<Entry>> {
        match &self.by_hand {
            ByHand::Sqlite(by_hand) => by_hand.by_source(&base.scope, base.busy),
            ByHand::Postgres(by_hand) => by_hand.by_source(&base.scope, base.busy).await,
        }
    }
}
