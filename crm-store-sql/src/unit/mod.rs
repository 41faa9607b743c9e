mod repositories;
mod write;

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use crm_core::{
    Error, Result,
    kernel::{
        Change, ChangeCursor, ChangePage, Entity, Holder, Ports, Scope, Stored, Tallies, Term,
        TermTest, Timestamp, UnitMark,
    },
    settings::Settings,
    store::{Answers, Batch, Batches, ChangeLog, Read, ReadUnit, Terms, UnitOfWork, one_by_one},
};
use uuid::Uuid;

use crate::{Catalog, Param, Session, batch, changes, changes::Entry, terms};

/// So many entries of the change log wait in memory at the most.
const MOST_PENDING: usize = 1_000;
/// So many bytes of them.
const MOST_BYTES: usize = 4 << 20;
/// So many months of customers whose figures changed wait in memory at the most.
const MOST_TALLIES: usize = 100_000;

macro_rules! added {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        &[$(<$added as Entity>::KIND),+]
    };
}
/// The kinds of what is only ever added.
const ADDED: &[&str] = crm_core::for_each_entity!(added);

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
    /// What comes to figures that are kept.
    tallies: Tallies,
    /// Whether entries may have been lost on their way: then nothing of the unit may last.
    broken: bool,
    mark: UnitMark,
    /// What this unit wrote and may update: reading it again tells of no other unit. What is only ever added is not among it:
    /// nothing builds on it, and there may be millions.
    written: HashSet<Uuid>,
    /// The rules of the house, once they were asked for.
    rules: Option<Arc<Settings>>,
}

/// What a unit of work marks the records with that it reads.
pub(crate) struct Marks<'u> {
    mark: &'u UnitMark,
    written: &'u HashSet<Uuid>,
}

impl Marks<'_> {
    /// The record as the unit read it, which may have written it.
    pub(crate) fn on<E: Entity>(&self, stored: Stored<E>) -> Stored<E> {
        let stored = stored.seen_by(self.mark);
        let ours = !self.written.is_empty() && self.written.contains(&stored.id().uuid());
        if ours { stored.of_unit(self.mark) } else { stored }
    }
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
        let (written, tallies) = (HashSet::new(), Tallies::default());
        let (bytes, broken, rules) = (0, false, None);
        Self { reading, ports, pending, bytes, tallies, broken, mark, written, rules }
    }

    async fn log<E: Entity>(&mut self, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        let now = self.ports.clock.now();
        let may_be_updated = !ADDED.contains(&E::KIND);
        for entry in entries {
            self.bytes += entry.bytes();
            if may_be_updated {
                self.written.insert(entry.entity_id());
            }
            self.pending.push((self.ports.ids.next(), now, entry));
        }
        let full = self.pending.len() >= MOST_PENDING || self.bytes >= MOST_BYTES;
        if full { self.flush().await } else { Ok(()) }
    }

    /// With the mark of this unit, which read the record, and may have written it.
    fn marked<E: Entity>(&self, stored: Stored<E>) -> Stored<E> {
        Marks { mark: &self.mark, written: &self.written }.on(stored)
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

    /// From now on nothing of the unit may last, until what it was is put back: a caller may drop
    /// the future in the middle, or go on after an error.
    const fn at_risk(&mut self) -> bool {
        std::mem::replace(&mut self.broken, true)
    }

    /// A record was written: what it counts for comes to the figures that are kept.
    async fn tally<E: Entity>(&mut self, before: Option<&E>, after: &E) -> Result<()> {
        if !E::TALLIED {
            return Ok(());
        }
        let was = self.at_risk();
        self.tallies.change(before, after)?;
        self.broken = was;
        if self.tallies.len() >= MOST_TALLIES { self.write_tallies().await } else { Ok(()) }
    }

    /// Writes what came to figures that are kept, in one order for all units.
    async fn write_tallies(&mut self) -> Result<()> {
        if self.tallies.is_empty() {
            return Ok(());
        }
        let was = self.at_risk();
        let (values, months) = std::mem::take(&mut self.tallies).rows()?;
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        crate::write::add_up(session, catalog, tenant, &values).await?;
        crate::write::add_up(session, catalog, tenant, &months).await?;
        self.broken = was;
        Ok(())
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

#[async_trait]
impl<S: Session> Batches for SqlReadUnit<S> {
    async fn ask(&mut self, batch: Batch) -> Result<Answers> {
        let Self { session, catalog, tenant, .. } = self;
        let dialect = session.dialect();
        if let Some(union) = session.union() {
            return batch::ask(union, dialect, catalog, tenant, &batch, None).await;
        }
        one_by_one(self, batch).await
    }
}

#[async_trait]
impl<S: Session> Batches for SqlUnit<S> {
    async fn ask(&mut self, batch: Batch) -> Result<Answers> {
        // Its entries of the change log are among what it wrote.
        self.flush().await?;
        self.write_tallies().await?;
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let dialect = session.dialect();
        if let Some(union) = session.union() {
            let marks = Marks { mark: &self.mark, written: &self.written };
            return batch::ask(union, dialect, catalog, tenant, &batch, Some(&marks)).await;
        }
        one_by_one(self, batch).await
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
        self.write_tallies().await?;
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
