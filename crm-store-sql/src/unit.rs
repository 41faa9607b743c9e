use std::sync::Arc;

use async_trait::async_trait;
use crm_core::{
    Result,
    kernel::{
        Change, ChangeCursor, ChangePage, Criteria, Id, Page, Ports, Query, Scope, Stored, Sum,
        Sums, Timestamp,
    },
    store::{Append, ChangeLog, Insights, Read, ReadUnit, Repository, UnitOfWork},
};
use uuid::Uuid;

use crate::{Catalog, Param, Session, changes, changes::Entry, read, sums, write};

/// So many entries of the change log wait in memory at the most.
const MOST_PENDING: usize = 1_000;

/// The reading half of a unit on a session.
pub struct SqlReadUnit<S> {
    session: S,
    catalog: Arc<Catalog>,
    scope: Scope,
    tenant: Param<'static>,
}

/// A unit of work on a session.
pub struct SqlUnit<S> {
    reading: SqlReadUnit<S>,
    ports: Ports,
    pending: Vec<(Uuid, Timestamp, Entry)>,
}

impl<S: Session> SqlReadUnit<S> {
    /// Reads for this scope.
    pub const fn new(session: S, catalog: Arc<Catalog>, scope: Scope) -> Self {
        let tenant = Param::uuid(scope.tenant.0);
        Self { session, catalog, scope, tenant }
    }
}

impl<S: Session> SqlUnit<S> {
    /// Works for this scope.
    pub const fn new(session: S, catalog: Arc<Catalog>, scope: Scope, ports: Ports) -> Self {
        let reading = SqlReadUnit::new(session, catalog, scope);
        Self { reading, ports, pending: Vec::new() }
    }

    async fn log(&mut self, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        let now = self.ports.clock.now();
        let ids = &self.ports.ids;
        self.pending.extend(entries.into_iter().map(|entry| (ids.next(), now, entry)));
        if self.pending.len() >= MOST_PENDING { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let entries = std::mem::take(&mut self.pending);
        let SqlReadUnit { session, catalog, scope, .. } = &mut self.reading;
        changes::write(session, catalog, scope, entries).await
    }
}

#[async_trait]
impl<S: Session> ChangeLog for SqlReadUnit<S> {
    async fn changes(&mut self, after: Option<ChangeCursor>, limit: u32) -> Result<ChangePage> {
        changes::after(&mut self.session, &self.catalog, &self.tenant, after, limit).await
    }

    async fn history(
        &mut self,
        entity: &'static str,
        id: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Change>> {
        let Self { session, catalog, tenant, .. } = self;
        changes::history(session, catalog, tenant, entity, id, after, limit).await
    }
}

#[async_trait]
impl<S: Session> ChangeLog for SqlUnit<S> {
    async fn changes(&mut self, after: Option<ChangeCursor>, limit: u32) -> Result<ChangePage> {
        self.reading.changes(after, limit).await
    }

    async fn history(
        &mut self,
        entity: &'static str,
        id: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Change>> {
        self.flush().await?;
        self.reading.history(entity, id, after, limit).await
    }
}

impl<S: Session> ReadUnit for SqlReadUnit<S> {
    fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl<S: Session> ReadUnit for SqlUnit<S> {
    fn scope(&self) -> &Scope {
        &self.reading.scope
    }
}

#[async_trait]
impl<S: Session> UnitOfWork for SqlUnit<S> {
    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    fn next_id(&self) -> Uuid {
        self.ports.ids.next()
    }

    async fn commit(mut self: Box<Self>) -> Result<()> {
        self.flush().await?;
        Box::new(self.reading.session).commit().await
    }
}

/// The repositories of an entity, by the functions that serve all of them. An odd entity would be
/// written by hand beside it.
macro_rules! repositories {
    (update: $($entity:ty),+; append: $($added:ty),+;) => {
        $(
            reading!($entity);
            appending!($entity);
            #[async_trait]
            impl<S: Session> Repository<$entity> for SqlUnit<S> {
                async fn update(&mut self, changed: Stored<$entity>) -> Result<Stored<$entity>> {
                    let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
                    let (stored, entry) = write::update(session, catalog, tenant, changed).await?;
                    self.log(entry).await?;
                    Ok(stored)
                }
            }
        )+
        $(
            reading!($added);
            appending!($added);
        )+
    };
}

macro_rules! reading {
    ($entity:ty) => {
        #[async_trait]
        impl<S: Session> Read<$entity> for SqlReadUnit<S> {
            async fn get(&mut self, id: Id<$entity>) -> Result<Option<Stored<$entity>>> {
                read::get(&mut self.session, &self.catalog, &self.tenant, id).await
            }
            async fn find(&mut self, query: Query<$entity>) -> Result<Page<$entity>> {
                read::find(&mut self.session, &self.catalog, &self.tenant, &query).await
            }
            async fn count(&mut self, criteria: Criteria<$entity>) -> Result<u64> {
                read::count(&mut self.session, &self.catalog, &self.tenant, &criteria).await
            }
        }
        #[async_trait]
        impl<S: Session> Insights<$entity> for SqlReadUnit<S> {
            async fn sums(&mut self, sums: Sums<$entity>) -> Result<Vec<Sum>> {
                sums::sums(&mut self.session, &self.catalog, &self.tenant, &sums).await
            }
        }
        #[async_trait]
        impl<S: Session> Read<$entity> for SqlUnit<S> {
            async fn get(&mut self, id: Id<$entity>) -> Result<Option<Stored<$entity>>> {
                self.reading.get(id).await
            }
            async fn find(&mut self, query: Query<$entity>) -> Result<Page<$entity>> {
                self.reading.find(query).await
            }
            async fn count(&mut self, criteria: Criteria<$entity>) -> Result<u64> {
                self.reading.count(criteria).await
            }
        }
        #[async_trait]
        impl<S: Session> Insights<$entity> for SqlUnit<S> {
            async fn sums(&mut self, sums: Sums<$entity>) -> Result<Vec<Sum>> {
                self.reading.sums(sums).await
            }
        }
    };
}

macro_rules! appending {
    ($entity:ty) => {
        #[async_trait]
        impl<S: Session> Append<$entity> for SqlUnit<S> {
            async fn insert(&mut self, entity: $entity) -> Result<Stored<$entity>> {
                let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
                let (stored, entry) = write::insert(session, catalog, tenant, entity).await?;
                self.log([entry]).await?;
                Ok(stored)
            }
            async fn insert_all(&mut self, entities: Vec<$entity>) -> Result<Vec<Stored<$entity>>> {
                let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
                let (stored, entries) =
                    write::insert_all(session, catalog, tenant, entities).await?;
                self.log(entries).await?;
                Ok(stored)
            }
        }
    };
}

crm_core::for_each_entity!(repositories);
