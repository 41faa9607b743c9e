use std::sync::Arc;

use async_lock::MutexGuardArc;
use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Error, Result,
    kernel::{
        Change, ChangeCursor, ChangePage, Criteria, Entity, Facts, FieldSpec, Holder, Id, Moment,
        Page, Ports, Query, Scope, Stored, Tallies, Term, TermTest, Timestamp, UnitMark, Value,
        check, check_limit, created_fields, erased, redacted_change, updated_fields, with_value,
    },
    settings::Settings,
    store::{
        Answers, Append, Batch, Batches, ChangeLog, Custodian, Custody, Read, ReadUnit, Repository,
        Terms, UnitOfWork, one_by_one,
    },
};

use super::{Place, tenant::Tenant};

/// A unit on a clone of the tenant's data: with a [`Writer`] it may write, with `()` only read.
pub(super) struct Unit<W> {
    scope: Scope,
    pub(super) tenant: Tenant,
    writer: W,
}

/// What a unit needs to write: the turn is the tenant's, until the unit ends.
pub(super) struct Writer {
    ports: Ports,
    place: Arc<Place>,
    pending: Vec<Arc<Change>>,
    mark: UnitMark,
    _turn: MutexGuardArc<()>,
}

impl<W> Unit<W> {
    pub(super) const fn new(scope: Scope, tenant: Tenant, writer: W) -> Self {
        Self { scope, tenant, writer }
    }
}

impl Writer {
    pub(super) fn new(ports: Ports, place: Arc<Place>, turn: MutexGuardArc<()>) -> Self {
        Self { ports, place, pending: Vec::new(), mark: UnitMark::new(), _turn: turn }
    }
}

impl Unit<Writer> {
    fn add<E: Entity>(&mut self, mut entity: E) -> Result<Stored<E>> {
        let rules = self.rules::<E>();
        let now = self.writer.ports.clock.now();
        entity.settle(None, &rules, now)?;
        check(&entity)?;
        if self.tenant.get(entity.id()).is_some() {
            return Err(Error::Duplicate { entity: E::KIND, field: "id" });
        }
        let ids = Arc::clone(&self.writer.ports.ids);
        let next_id = || ids.next();
        let by = &self.scope.actor;
        let moment = Moment { now, by, version: 1, why: None, grounds: None, next_id: &next_id };
        let facts = entity.facts(None, &moment);
        self.write(None, &entity, 1)?;
        self.tenant.index(entity.id(), entity.terms(&rules));
        let stored = Stored::loaded(entity, 1).of_unit(&self.writer.mark);
        self.log(&stored, "created".to_owned(), &created_fields(&*stored));
        self.add_facts(facts)?;
        Ok(stored)
    }

    /// Writes a record, and adds what it counts for to the figures that are kept.
    fn write<E: Entity>(&mut self, before: Option<&E>, after: &E, version: u64) -> Result<()> {
        let mut tallies = Tallies::default();
        tallies.change(before, after)?;
        if tallies.is_empty() {
            return self.tenant.put(after, version);
        }
        let mut tenant = self.tenant.clone();
        tenant.put(after, version)?;
        tenant.keep(tallies)?;
        self.tenant = tenant;
        Ok(())
    }

    fn add_facts(&mut self, facts: Facts) -> Result<()> {
        facts.moves.into_iter().try_for_each(|fact| self.add(fact).map(drop))?;
        facts.owners.into_iter().try_for_each(|fact| self.add(fact).map(drop))
    }

    /// The rules of the house, as this unit sees them.
    fn rules<E: Entity>(&self) -> Settings {
        let id = Settings::id_of(self.scope.tenant);
        let stored = if E::RULED { self.tenant.get(id) } else { None };
        stored.map_or_else(|| Settings::standard(id), Stored::into_inner)
    }

    /// Writes a record whatever it permits.
    fn overwrite<E: Entity>(&mut self, before: &Stored<E>, after: E, event: &str) -> Result<()> {
        check(&after)?;
        let version = before.version() + 1;
        self.write(Some(&**before), &after, version)?;
        let terms = after.terms(&self.rules::<E>());
        self.tenant.index(after.id(), terms);
        let fields = updated_fields(&**before, &after);
        self.log(&Stored::loaded(after, version), event.to_owned(), &fields);
        Ok(())
    }

    fn log<E: Entity>(&mut self, stored: &Stored<E>, event: String, fields: &str) {
        let change = Arc::new(Change {
            id: self.writer.ports.ids.next(),
            entity: E::KIND.into(),
            entity_id: stored.id().uuid(),
            version: stored.version(),
            actor: self.scope.actor.to_string(),
            at: self.writer.ports.clock.now(),
            event: event.into(),
            fields: Change::read_fields(fields).unwrap_or_default(),
        });
        self.tenant.remember(E::KIND, &change);
        self.writer.pending.push(change);
    }
}

#[async_trait]
impl<W: Send, E: Entity> Read<E> for Unit<W> {
    async fn get(&mut self, id: Id<E>) -> Result<Option<Stored<E>>> {
        Ok(self.tenant.get(id))
    }

    async fn find(&mut self, query: Query<E>) -> Result<Page<E>> {
        self.tenant.find(&query, |_| true)
    }

    async fn count(&mut self, criteria: Criteria<E>) -> Result<u64> {
        criteria.check()?;
        let matching = self.tenant.all().filter(|entity| criteria.matches(entity));
        Ok(matching.count() as u64)
    }
}

#[async_trait]
impl<E: Entity> Append<E> for Unit<Writer> {
    async fn insert(&mut self, entity: E) -> Result<Stored<E>> {
        self.add(entity)
    }

    async fn insert_all(&mut self, entities: Vec<E>) -> Result<Vec<Stored<E>>> {
        let (tenant, pending) = (self.tenant.clone(), self.writer.pending.len());
        let added: Result<Vec<_>> = entities.into_iter().map(|entity| self.add(entity)).collect();
        if added.is_err() {
            self.tenant = tenant;
            self.writer.pending.truncate(pending);
        }
        added
    }
}

macro_rules! repositories {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {$(
        #[async_trait]
        impl Repository<$entity> for Unit<Writer> {
            async fn update(&mut self, changed: Stored<$entity>) -> Result<Stored<$entity>> {
                update(self, changed)
            }
        }
    )+};
}
crate::for_each_entity!(repositories);

fn update<E: Entity>(unit: &mut Unit<Writer>, changed: Stored<E>) -> Result<Stored<E>> {
    let rules = unit.rules::<E>();
    let now = unit.writer.ports.clock.now();
    let changed = changed.settle(&rules, now)?;
    if !changed.check_update(&unit.writer.mark)? {
        return Ok(changed);
    }
    let id = changed.id();
    let Some(stored) = unit.tenant.get(id) else { return Err(Error::missing(id)) };
    let mut changed = changed.over(stored)?.settle(&rules, now)?;
    if !changed.check_update(&unit.writer.mark)? {
        return Ok(changed);
    }
    let ids = Arc::clone(&unit.writer.ports.ids);
    let facts = changed.facts(now, &unit.scope.actor, &|| ids.next());
    unit.write(Some(changed.original()), &*changed, changed.version() + 1)?;
    unit.tenant.index(id, changed.terms(&rules));
    let fields = updated_fields(changed.original(), &*changed);
    let event = changed.event().to_owned();
    let written = changed.written().of_unit(&unit.writer.mark);
    unit.log(&written, event, &fields);
    unit.add_facts(facts)?;
    Ok(written)
}

#[async_trait]
impl<E: Entity> Custody<E> for Unit<Writer> {
    async fn hold(&mut self, _: &Custodian, mut ids: Vec<Id<E>>) -> Result<Vec<Stored<E>>> {
        // The turn is this unit's: there is no other.
        ids.sort();
        ids.dedup();
        Ok(ids.into_iter().filter_map(|id| self.tenant.get(id)).collect())
    }

    async fn hold_for_change(&mut self, by: &Custodian, ids: Vec<Id<E>>) -> Result<Vec<Stored<E>>> {
        self.hold(by, ids).await
    }

    async fn refile(
        &mut self,
        _: &Custodian,
        field: &'static FieldSpec<E>,
        ids: Vec<Id<E>>,
        from: Option<Uuid>,
        to: Option<Uuid>,
    ) -> Result<Vec<Id<E>>> {
        let place = |id: Option<Uuid>| id.map_or(Value::Null, Value::Uuid);
        let (tenant, pending) = (self.tenant.clone(), self.writer.pending.len());
        let mut refiled = Vec::new();
        let mut each = |id| -> Result<()> {
            let Some(stored) = self.tenant.get(id) else { return Ok(()) };
            if (field.get)(&stored) == place(from) {
                let after = with_value(&*stored, field, &place(to))?;
                self.overwrite(&stored, after, "refiled")?;
                refiled.push(id);
            }
            Ok(())
        };
        if let Err(error) = ids.into_iter().try_for_each(&mut each) {
            self.tenant = tenant;
            self.writer.pending.truncate(pending);
            return Err(error);
        }
        Ok(refiled)
    }

    async fn erase(
        &mut self,
        _: &Custodian,
        id: Id<E>,
        only: Option<&'static FieldSpec<E>>,
    ) -> Result<Stored<E>> {
        let stored = self.tenant.get(id).ok_or_else(|| Error::missing(id))?;
        let after = erased(&*stored, only)?;
        self.overwrite(&stored, after, "erased")?;
        self.tenant.rewrite(E::KIND, id.uuid(), |change| redacted_change(change, only));
        for change in &mut self.writer.pending {
            if change.entity == E::KIND && change.entity_id == id.uuid() {
                *change = Arc::new(redacted_change(change, only));
            }
        }
        let stored = self.tenant.get(id).ok_or_else(|| Error::missing(id))?;
        Ok(stored.of_unit(&self.writer.mark))
    }

    async fn redact(
        &mut self,
        _: &Custodian,
        id: Id<E>,
        versions: Vec<u64>,
        only: Option<&'static FieldSpec<E>>,
    ) -> Result<()> {
        let redacted = |change: &Change| match versions.contains(&change.version) {
            true => redacted_change::<E>(change, only),
            false => change.clone(),
        };
        self.tenant.rewrite(E::KIND, id.uuid(), redacted);
        for change in &mut self.writer.pending {
            if change.entity == E::KIND && change.entity_id == id.uuid() {
                *change = Arc::new(redacted(change));
            }
        }
        Ok(())
    }

    async fn reindex(&mut self, _: &Custodian, records: Vec<Stored<E>>) -> Result<()> {
        let rules = self.rules::<E>();
        for record in records {
            self.tenant.index(record.id(), record.terms(&rules));
        }
        Ok(())
    }
}

#[async_trait]
impl<W: Send> Terms for Unit<W> {
    async fn holders(&mut self, terms: &[Term], most: u32) -> Result<Vec<Holder>> {
        let mut terms = terms.to_vec();
        terms.sort();
        terms.dedup();
        let tests: Vec<_> = terms.into_iter().map(TermTest::Is).collect();
        let each = |test| self.tenant.passing(test).take(most as usize);
        Ok(tests.iter().flat_map(each).collect())
    }

    async fn frequency(&mut self, tests: &[TermTest], most: u32) -> Result<Vec<u32>> {
        let count = |test| self.tenant.passing(test).take(most as usize).count();
        Ok(tests.iter().map(|test| u32::try_from(count(test)).unwrap_or(most)).collect())
    }

    async fn having(&mut self, tests: &[TermTest], limit: u32) -> Result<Vec<Holder>> {
        let Some((first, others)) = tests.split_first() else { return Ok(Vec::new()) };
        let passing = self.tenant.passing(first);
        let all = passing.filter(|h| others.iter().all(|test| self.tenant.has_passing(h, test)));
        Ok(all.take(limit as usize).collect())
    }
}

#[async_trait]
impl<W: Send> ChangeLog for Unit<W> {
    async fn changes(&mut self, after: Option<ChangeCursor>, limit: u32) -> Result<ChangePage> {
        check_limit("changes", limit)?;
        self.tenant.changes(after.as_ref(), limit)
    }

    async fn history(
        &mut self,
        entity: &'static str,
        id: Uuid,
        after_version: u64,
        limit: u32,
    ) -> Result<Vec<Change>> {
        check_limit("changes", limit)?;
        Ok(self.tenant.history(entity, id, after_version, limit))
    }
}

#[async_trait]
impl<W: Send> Batches for Unit<W> {
    async fn ask(&mut self, batch: Batch) -> Result<Answers> {
        one_by_one(self, batch).await
    }
}

impl<W: Send> ReadUnit for Unit<W> {
    fn scope(&self) -> &Scope {
        &self.scope
    }
}

#[async_trait]
impl UnitOfWork for Unit<Writer> {
    fn now(&self) -> Timestamp {
        self.writer.ports.clock.now()
    }

    fn next_id(&self) -> Uuid {
        self.writer.ports.ids.next()
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        let Self { mut tenant, writer, .. } = *self;
        tenant.publish(writer.pending);
        writer.place.commit(tenant);
        writer.mark.committed();
        Ok(())
    }
}
