use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use crm_core::{
    Error, Result,
    kernel::{
        Change, ChangeCursor, ChangePage, Criteria, Entity, Id, Page, Ports, Query, Scope, Stored,
        Sum, Sums, Timestamp, UnitMark,
    },
    store::{Append, ChangeLog, Insights, Read, ReadUnit, Repository, UnitOfWork},
};
use uuid::Uuid;

use crate::{Catalog, Param, Session, changes, changes::Entry, read, sums, write};

/// So many entries of the change log wait in memory at the most.
const MOST_PENDING: usize = 1_000;
/// So many bytes of them.
const MOST_BYTES: usize = 4 << 20;

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
    bytes: usize,
    /// Whether entries may have been lost on their way: then nothing of the unit may last.
    broken: bool,
    mark: UnitMark,
    /// What this unit wrote: reading it again tells of no other unit.
    written: HashSet<Uuid>,
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
    pub fn new(session: S, catalog: Arc<Catalog>, scope: Scope, ports: Ports) -> Self {
        let reading = SqlReadUnit::new(session, catalog, scope);
        let (pending, mark) = (Vec::new(), UnitMark::new());
        let written = HashSet::new();
        Self { reading, ports, pending, bytes: 0, broken: false, mark, written }
    }

    async fn log(&mut self, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        let now = self.ports.clock.now();
        for entry in entries {
            self.bytes += entry.bytes();
            self.written.insert(entry.entity_id());
            self.pending.push((self.ports.ids.next(), now, entry));
        }
        let full = self.pending.len() >= MOST_PENDING || self.bytes >= MOST_BYTES;
        if full { self.flush().await } else { Ok(()) }
    }

    /// With the mark of this unit where it wrote the record.
    fn marked<E: Entity>(&self, stored: Stored<E>) -> Stored<E> {
        let ours = !self.written.is_empty() && self.written.contains(&stored.id().uuid());
        if ours { stored.of_unit(&self.mark) } else { stored }
    }

    async fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let entries = std::mem::take(&mut self.pending);
        self.bytes = 0;
        // Until they are written: a caller may drop this future, or go on after an error.
        self.broken = true;
        let SqlReadUnit { session, catalog, scope, .. } = &mut self.reading;
        changes::write(session, catalog, scope, entries).await?;
        self.broken = false;
        Ok(())
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
        if self.broken {
            return Err(Error::Unavailable {
                what: "an earlier step of this unit of work failed or was given up: nothing of it \
                       is written, run it again"
                    .to_owned(),
                retryable: true,
                source: None,
            });
        }
        Box::new(self.reading.session).commit().await?;
        self.mark.committed();
        Ok(())
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
                    if !changed.check_update(&self.mark)? {
                        return Ok(changed);
                    }
                    let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
                    let (stored, entry) = write::update(session, catalog, tenant, changed).await?;
                    self.log([entry]).await?;
                    Ok(stored.of_unit(&self.mark))
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
                let found = self.reading.get(id).await?;
                Ok(found.map(|stored| self.marked(stored)))
            }
            async fn find(&mut self, query: Query<$entity>) -> Result<Page<$entity>> {
                let page: Page<$entity> = self.reading.find(query).await?;
                let items = page.items.into_iter().map(|stored| self.marked(stored)).collect();
                Ok(Page { items, next: page.next })
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
                Ok(stored.of_unit(&self.mark))
            }
            async fn insert_all(&mut self, entities: Vec<$entity>) -> Result<Vec<Stored<$entity>>> {
                let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
                let (stored, entries) =
                    write::insert_all(session, catalog, tenant, entities).await?;
                self.log(entries).await?;
                Ok(stored.into_iter().map(|stored| stored.of_unit(&self.mark)).collect())
            }
        }
    };
}

crm_core::for_each_entity!(repositories);
