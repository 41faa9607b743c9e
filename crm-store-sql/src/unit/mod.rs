use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use crm_core::{
    Error, ErrorKind, Result,
    kernel::{
        Change, ChangeCursor, ChangePage, Criteria, Entity, FieldSpec, Holder, Id, Page, Ports,
        Query, Scope, Stored, Sum, Sums, Term, TermTest, Timestamp, UnitMark,
    },
    settings::Settings,
    store::{
        Append, ChangeLog, Custodian, Custody, Insights, Read, ReadUnit, Repository, Terms,
        UnitOfWork,
    },
};
use uuid::Uuid;

use crate::{Catalog, Param, Session, changes, changes::Entry, custody, read, sums, terms, write};

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
    /// The rules of the house, once they were asked for.
    rules: Option<Arc<Settings>>,
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
        Self { reading, ports, pending, bytes: 0, broken: false, mark, written, rules: None }
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

    /// The rules of the house, as this unit sees them.
    async fn rules<E: Entity>(&mut self) -> Result<Arc<Settings>> {
        if let Some(rules) = &self.rules {
            return Ok(Arc::clone(rules));
        }
        let id = Settings::id_of(self.reading.scope.tenant);
        if !E::RULED {
            return Ok(Arc::new(Settings::standard(id)));
        }
        let stored: Option<Stored<Settings>> = self.reading.get(id).await?;
        let rules = Arc::new(stored.map_or_else(|| Settings::standard(id), Stored::into_inner));
        self.rules = Some(Arc::clone(&rules));
        Ok(rules)
    }

    /// After a record was written: settings may have changed.
    fn wrote<E: Entity>(&mut self) {
        if E::KIND == Settings::KIND {
            self.rules = None;
        }
    }

    async fn insert_one<E: Entity>(&mut self, mut entity: E) -> Result<Stored<E>> {
        let rules = self.rules::<E>().await?;
        entity.settle(None, &rules, self.ports.clock.now())?;
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let (stored, entry) = write::insert(session, catalog, tenant, entity).await?;
        let found_by = (stored.id(), stored.terms(&rules));
        let was = self.at_risk();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        terms::add(session, catalog, tenant, [found_by]).await?;
        self.broken = was;
        self.wrote::<E>();
        self.log([entry]).await?;
        Ok(stored.of_unit(&self.mark))
    }

    async fn insert_many<E: Entity>(&mut self, mut entities: Vec<E>) -> Result<Vec<Stored<E>>> {
        let rules = self.rules::<E>().await?;
        let now = self.ports.clock.now();
        entities.iter_mut().try_for_each(|entity| entity.settle(None, &rules, now))?;
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let (stored, entries) = write::insert_all(session, catalog, tenant, entities).await?;
        let found_by = stored.iter().map(|stored| (stored.id(), stored.terms(&rules)));
        let found_by: Vec<_> = found_by.collect();
        let was = self.at_risk();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        terms::add(session, catalog, tenant, found_by).await?;
        self.broken = was;
        self.wrote::<E>();
        self.log(entries).await?;
        Ok(stored.into_iter().map(|stored| stored.of_unit(&self.mark)).collect())
    }

    async fn update_one<E: Entity>(&mut self, changed: Stored<E>) -> Result<Stored<E>> {
        let rules = self.rules::<E>().await?;
        let now = self.ports.clock.now();
        let changed = changed.settle(&rules, now)?;
        if !changed.check_update(&self.mark)? {
            return Ok(changed);
        }
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let Some(stored) = read::get(session, catalog, tenant, changed.id()).await? else {
            return Err(Error::missing(changed.id()));
        };
        let changed = changed.over(stored)?.settle(&rules, now)?;
        if !changed.check_update(&self.mark)? {
            return Ok(changed);
        }
        let (before, after) = (changed.original().terms(&rules), changed.terms(&rules));
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let (stored, entry) = write::update(session, catalog, tenant, changed).await?;
        if before != after {
            let was = self.at_risk();
            let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
            terms::replace(session, catalog, tenant, stored.id(), after).await?;
            self.broken = was;
        }
        self.wrote::<E>();
        self.log([entry]).await?;
        Ok(stored.of_unit(&self.mark))
    }

    async fn refile_all<E: Entity>(
        &mut self,
        field: &'static FieldSpec<E>,
        ids: Vec<Id<E>>,
        places: (Option<Uuid>, Option<Uuid>),
    ) -> Result<Vec<Id<E>>> {
        let was = self.at_risk();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let done = custody::refile(session, catalog, tenant, field, &ids, places).await;
        // Nothing was written yet where it cannot be filed under that record.
        self.broken = was || matches!(&done, Err(error) if !refused(error.kind()));
        let (refiled, entries) = done?;
        self.log(entries).await?;
        Ok(refiled)
    }

    async fn hold_all<E: Entity>(&mut self, ids: Vec<Id<E>>) -> Result<Vec<Stored<E>>> {
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let held = custody::hold(session, catalog, tenant, ids).await?;
        Ok(held.into_iter().map(|stored| self.marked(stored)).collect())
    }

    async fn erase_one<E: Entity>(
        &mut self,
        id: Id<E>,
        only: Option<&'static FieldSpec<E>>,
    ) -> Result<Stored<E>> {
        self.flush().await?;
        let rules = self.rules::<E>().await?;
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        if read::get(session, catalog, tenant, id).await?.is_none() {
            return Err(Error::missing(id));
        }
        let was = self.at_risk();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let erased = custody::erase(session, catalog, tenant, id, only).await;
        // Nothing was written yet where it was refused.
        if let Err(Error::Conflict { .. } | Error::Invalid(_) | Error::Missing { .. }) = &erased {
            self.broken = was;
        }
        let (stored, entry) = erased?;
        terms::replace(session, catalog, tenant, id, stored.terms(&rules)).await?;
        self.broken = was;
        self.log([entry]).await?;
        Ok(stored.of_unit(&self.mark))
    }

    async fn redact_some<E: Entity>(
        &mut self,
        id: Id<E>,
        versions: Vec<u64>,
        only: Option<&'static FieldSpec<E>>,
    ) -> Result<()> {
        self.flush().await?;
        let was = self.at_risk();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let which = |version| versions.contains(&version);
        custody::redact::<E>(session, catalog, tenant, id, only, which).await?;
        self.broken = was;
        Ok(())
    }

    async fn reindex_all<E: Entity>(&mut self, records: Vec<Stored<E>>) -> Result<()> {
        let rules = self.rules::<E>().await?;
        let was = self.at_risk();
        let ids = records.iter().map(|record| record.id()).collect();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        // As they are once nobody else writes them: a rename beside this would leave old words.
        for record in custody::hold::<E>(session, catalog, tenant, ids).await? {
            terms::replace(session, catalog, tenant, record.id(), record.terms(&rules)).await?;
        }
        self.broken = was;
        Ok(())
    }

    /// From now on nothing of the unit may last, until what it was is put back: a caller may drop
    /// the future in the middle, or go on after an error.
    const fn at_risk(&mut self) -> bool {
        std::mem::replace(&mut self.broken, true)
    }

    async fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let entries = std::mem::take(&mut self.pending);
        self.bytes = 0;
        let was = self.at_risk();
        let SqlReadUnit { session, catalog, scope, .. } = &mut self.reading;
        changes::write(session, catalog, scope, entries).await?;
        self.broken = was;
        Ok(())
    }
}

#[async_trait]
impl<S: Session> Terms for SqlReadUnit<S> {
    async fn holders(&mut self, terms: &[Term], most: u32) -> Result<Vec<Holder>> {
        terms::holders(&mut self.session, &self.catalog, &self.tenant, terms, most).await
    }

    async fn frequency(&mut self, tests: &[TermTest], most: u32) -> Result<Vec<u32>> {
        terms::frequency(&mut self.session, &self.catalog, &self.tenant, tests, most).await
    }

    async fn having(&mut self, tests: &[TermTest], limit: u32) -> Result<Vec<Holder>> {
        terms::having(&mut self.session, &self.catalog, &self.tenant, tests, limit).await
    }
}

#[async_trait]
impl<S: Session> Terms for SqlUnit<S> {
    async fn holders(&mut self, terms: &[Term], most: u32) -> Result<Vec<Holder>> {
        self.reading.holders(terms, most).await
    }

    async fn frequency(&mut self, tests: &[TermTest], most: u32) -> Result<Vec<u32>> {
        self.reading.frequency(tests, most).await
    }

    async fn having(&mut self, tests: &[TermTest], limit: u32) -> Result<Vec<Holder>> {
        self.reading.having(tests, limit).await
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

/// Whether a refiling that ended like this wrote nothing.
const fn refused(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Missing | ErrorKind::Invalid)
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
                    self.update_one(changed).await
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
                self.insert_one(entity).await
            }
            async fn insert_all(&mut self, entities: Vec<$entity>) -> Result<Vec<Stored<$entity>>> {
                self.insert_many(entities).await
            }
        }
        #[async_trait]
        impl<S: Session> Custody<$entity> for SqlUnit<S> {
            async fn hold(
                &mut self,
                _: &Custodian,
                ids: Vec<Id<$entity>>,
            ) -> Result<Vec<Stored<$entity>>> {
                self.hold_all(ids).await
            }
            async fn refile(
                &mut self,
                _: &Custodian,
                field: &'static FieldSpec<$entity>,
                ids: Vec<Id<$entity>>,
                from: Option<Uuid>,
                to: Option<Uuid>,
            ) -> Result<Vec<Id<$entity>>> {
                self.refile_all(field, ids, (from, to)).await
            }
            async fn erase(
                &mut self,
                _: &Custodian,
                id: Id<$entity>,
                only: Option<&'static FieldSpec<$entity>>,
            ) -> Result<Stored<$entity>> {
                self.erase_one(id, only).await
            }
            async fn redact(
                &mut self,
                _: &Custodian,
                id: Id<$entity>,
                versions: Vec<u64>,
                only: Option<&'static FieldSpec<$entity>>,
            ) -> Result<()> {
                self.redact_some(id, versions, only).await
            }
            async fn reindex(
                &mut self,
                _: &Custodian,
                records: Vec<Stored<$entity>>,
            ) -> Result<()> {
                self.reindex_all(records).await
            }
        }
    };
}

crm_core::for_each_entity!(repositories);
