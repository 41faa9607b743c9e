use std::{any::Any, cmp::Ordering, ops::Bound, sync::Arc};

use imbl::{OrdMap, OrdSet, Vector};
use uuid::Uuid;

use crate::{
    Error, Result,
    kernel::{
        Change, ChangeCursor, ChangePage, Entity, FieldSpec, Holder, Id, Invalid, KeptEntity,
        OrderBy, Page, Query, Stored, Tallies, Term, TermTest, Value, change_cursor,
        change_position,
    },
    value::CustomerClass,
};

/// All data of one tenant. Cloning it costs next to nothing.
#[derive(Clone, Default)]
pub(super) struct Tenant {
    records: OrdMap<(&'static str, Uuid), Record>,
    /// Who has a value that only one may have.
    taken: OrdMap<(&'static str, &'static str, String), Uuid>,
    log: Vector<Arc<Change>>,
    history: OrdMap<(&'static str, Uuid, u64), Arc<Change>>,
    terms: OrdSet<(Term, Uuid, &'static str)>,
    terms_of: OrdMap<(Uuid, &'static str), Arc<[Term]>>,
    /// What runs keep of customers: by the run and the customer.
    pub(super) classes: OrdMap<(Uuid, Uuid), CustomerClass>,
}

#[derive(Clone)]
struct Record {
    entity: Arc<dyn Any + Send + Sync>,
    version: u64,
}

impl Tenant {
    pub(super) fn get<E: Entity>(&self, id: Id<E>) -> Option<Stored<E>> {
        let record = self.records.get(&(E::KIND, id.uuid()))?;
        let entity = record.entity.downcast_ref::<E>()?;
        Some(Stored::loaded(entity.clone(), record.version))
    }

    /// Every record of a kind, in the order of their ids.
    pub(super) fn all<E: Entity>(&self) -> impl Iterator<Item = &E> {
        self.after::<E>(Bound::Included(Uuid::nil())).map(|(entity, _)| entity)
    }

    /// A page of those that match the query, and of which this holds too.
    pub(super) fn find<E: Entity>(
        &self,
        query: &Query<E>,
        also: impl Fn(&E) -> bool,
    ) -> Result<Page<E>> {
        let start = query.check()?;
        let order = query.full_order();
        let one_more = (query.limit as usize).saturating_add(1);
        let mut found: Vec<(&E, u64)> = if order.len() == 1 && order.iter().all(|o| !o.descending) {
            // The records stand in the order of their ids: no need to look at all of them.
            let from = match start.as_deref() {
                Some([Value::Uuid(last)]) => Bound::Excluded(*last),
                _ => Bound::Included(Uuid::nil()),
            };
            self.after(from)
                .filter(|(e, _)| query.criteria.matches(e) && also(e))
                .take(one_more)
                .collect()
        } else {
            let mut keyed: Vec<_> = self
                .after::<E>(Bound::Included(Uuid::nil()))
                .filter(|(e, _)| query.criteria.matches(e) && also(e))
                .map(|(e, version)| (key(&order, e), (e, version)))
                .filter(|(key, _)| match &start {
                    Some(last) => compare(&order, key, last).is_gt(),
                    None => true,
                })
                .collect();
            keyed.sort_by(|a, b| compare(&order, &a.0, &b.0));
            keyed.into_iter().map(|(_, record)| record).take(one_more).collect()
        };
        let more = found.len() == one_more;
        if more {
            found.pop();
        }
        Ok(Page {
            next: found.last().filter(|_| more).map(|(last, _)| query.cursor_after(last)),
            items: found.into_iter().map(|(e, v)| Stored::loaded(e.clone(), v)).collect(),
        })
    }

    /// Writes a record that is new, or replaces the version that is there.
    pub(super) fn put<E: Entity>(&mut self, entity: &E, version: u64) -> Result<()> {
        let id = entity.id().uuid();
        self.check_references(entity)?;
        self.check_tree(entity)?;
        let unique = || E::FIELDS.iter().filter(|field| E::UNIQUE.contains(&field.name));
        for field in unique() {
            if let Some(key) = taken_key(field, entity)
                && self.taken.get(&key).is_some_and(|owner| *owner != id)
            {
                return Err(Error::Duplicate { entity: E::KIND, field: field.name });
            }
        }
        if let Some(before) = self.get::<E>(entity.id()) {
            for key in unique().filter_map(|field| taken_key(field, &before)) {
                self.taken.remove(&key);
            }
        }
        for key in unique().filter_map(|field| taken_key(field, entity)) {
            self.taken.insert(key, id);
        }
        let record = Record { entity: Arc::new(entity.clone()), version };
        self.records.insert((E::KIND, id), record);
        Ok(())
    }

    /// Adds to figures that are kept what changed.
    pub(super) fn keep(&mut self, tallies: Tallies) -> Result<()> {
        let (values, months) = tallies.rows()?;
        values.iter().try_for_each(|row| self.keep_row(row))?;
        months.iter().try_for_each(|row| self.keep_row(row))
    }

    fn keep_row<E: KeptEntity>(&mut self, more: &E) -> Result<()> {
        let stored = self.get(more.id());
        let (entity, version) = match &stored {
            Some(stored) => (stored.plus(more)?, stored.version() + 1),
            None => (more.clone(), 1),
        };
        let record = Record { entity: Arc::new(entity), version };
        self.records.insert((E::KIND, more.id().uuid()), record);
        Ok(())
    }

    /// Keeps what a record is found by, in place of what it was found by before.
    pub(super) fn index<E: Entity>(&mut self, id: Id<E>, terms: Vec<Term>) {
        let record = (id.uuid(), E::KIND);
        for term in self.terms_of.remove(&record).iter().flat_map(|terms| terms.iter()) {
            self.terms.remove(&(term.clone(), record.0, record.1));
        }
        for term in &terms {
            self.terms.insert((term.clone(), record.0, record.1));
        }
        if !terms.is_empty() {
            self.terms_of.insert(record, terms.into());
        }
    }

    /// Terms that pass a test, in order, with their records.
    pub(super) fn passing<'t>(&'t self, test: &'t TermTest) -> impl Iterator<Item = Holder> + 't {
        let (TermTest::Is(start) | TermTest::BeginsWith(start)) = test;
        let from = self.terms.range((start.clone(), Uuid::nil(), "")..);
        from.take_while(|(term, ..)| test.passes(term)).map(|(term, id, entity)| Holder {
            term: term.clone(),
            id: *id,
            entity: (*entity).into(),
        })
    }

    /// Whether a record has a term that passes.
    pub(super) fn has_passing(&self, record: &Holder, test: &TermTest) -> bool {
        let mut same_id =
            self.terms_of.range((record.id, "")..).take_while(|((id, _), _)| *id == record.id);
        same_id.any(|((_, kind), terms)| {
            *kind == record.entity && terms.iter().any(|t| test.passes(t))
        })
    }

    /// Rewrites the entries of a record.
    pub(super) fn rewrite(
        &mut self,
        kind: &'static str,
        id: Uuid,
        mut rewrite: impl FnMut(&Change) -> Change,
    ) {
        let entries: Vec<_> = self
            .history
            .range((kind, id, 0)..=(kind, id, u64::MAX))
            .map(|(key, change)| (*key, Arc::new(rewrite(change))))
            .collect();
        for (key, change) in entries {
            self.history.insert(key, change);
        }
        let log = self.log.iter().map(|change| {
            let ours = change.entity == kind && change.entity_id == id;
            if ours { Arc::new(rewrite(change)) } else { Arc::clone(change) }
        });
        self.log = log.collect();
    }

    /// Keeps an entry where its own unit may read it: with its record.
    pub(super) fn remember(&mut self, kind: &'static str, change: &Arc<Change>) {
        self.history.insert((kind, change.entity_id, change.version), Arc::clone(change));
    }

    /// Shows entries to those who follow the log.
    pub(super) fn publish(&mut self, changes: impl IntoIterator<Item = Arc<Change>>) {
        self.log.extend(changes);
    }

    pub(super) fn changes(&self, after: Option<&ChangeCursor>, limit: u32) -> Result<ChangePage> {
        let start = match after {
            Some(cursor) => usize::try_from(change_position(cursor)?.0).unwrap_or(0),
            None => 0,
        };
        let shown: Vec<Change> = self
            .log
            .iter()
            .skip(start)
            .take(limit as usize)
            .map(|change| Change::clone(change))
            .collect();
        let next = match shown.last() {
            Some(last) => i64::try_from(start + shown.len())
                .ok()
                .map(|position| change_cursor(position, last.id)),
            None => after.cloned(),
        };
        Ok(ChangePage { changes: shown, next })
    }

    pub(super) fn history(
        &self,
        kind: &'static str,
        id: Uuid,
        after: u64,
        limit: u32,
    ) -> Vec<Change> {
        let from = Bound::Excluded((kind, id, after));
        let to = Bound::Included((kind, id, u64::MAX));
        if after == u64::MAX {
            return Vec::new();
        }
        let entries = self.history.range((from, to)).take(limit as usize);
        entries.map(|(_, change)| Change::clone(change)).collect()
    }

    fn after<E: Entity>(&self, from: Bound<Uuid>) -> impl Iterator<Item = (&E, u64)> {
        let from = from.map(|id| (E::KIND, id));
        let to = Bound::Included((E::KIND, Uuid::max()));
        // A range that excludes its only possible member is none to the map.
        let range = (from != Bound::Excluded((E::KIND, Uuid::max())))
            .then(|| self.records.range((from, to)));
        range.into_iter().flatten().filter_map(|(_, record)| {
            record.entity.downcast_ref::<E>().map(|entity| (entity, record.version))
        })
    }

    fn check_references<E: Entity>(&self, entity: &E) -> Result<()> {
        // The first field is the record's own id.
        for field in E::FIELDS.iter().skip(1) {
            if let Some(kind) = field.refers_to
                && let Value::Uuid(id) = (field.get)(entity)
                && !self.records.contains_key(&(kind, id))
            {
                return Err(Error::Missing { entity: kind, id });
            }
        }
        for (kind, id) in entity.also_names() {
            if !self.records.contains_key(&(kind, id)) {
                return Err(Error::Missing { entity: kind, id });
            }
        }
        Ok(())
    }

    fn check_tree<E: Entity>(&self, entity: &E) -> Result<()> {
        let named = |name| E::FIELDS.iter().find(|field| name == Some(field.name));
        let Some(field) = named(E::TREE) else { return Ok(()) };
        let names = |field: &FieldSpec<E>, entity: &E| match (field.get)(entity) {
            Value::Uuid(id) => Some(Id::<E>::new(id)),
            _ => None,
        };
        let leads = |entity: &E| named(E::SURVIVOR).and_then(|field| names(field, entity));
        let above = |entity: &E| leads(entity).or_else(|| names(field, entity));
        // One that was merged stands nowhere itself.
        let mut next = names(field, entity).filter(|_| leads(entity).is_none());
        while let Some(id) = next {
            if id == entity.id() {
                return Err(Invalid::field::<E>(field.name, crate::kernel::CYCLE).into());
            }
            next = self.get(id).and_then(|stored| above(&stored));
        }
        Ok(())
    }
}

fn taken_key<E: Entity>(
    field: &FieldSpec<E>,
    entity: &E,
) -> Option<(&'static str, &'static str, String)> {
    let value = (field.get)(entity);
    (!value.is_null()).then(|| (E::KIND, field.name, value.to_string()))
}

fn key<'e, E>(order: &[OrderBy<E>], entity: &'e E) -> Vec<Value<'e>> {
    order.iter().map(|by| (by.field.get)(entity)).collect()
}

fn compare<E>(order: &[OrderBy<E>], a: &[Value<'_>], b: &[Value<'_>]) -> Ordering {
    order.iter().zip(a.iter().zip(b)).fold(Ordering::Equal, |so_far, (by, (a, b))| {
        so_far.then_with(|| {
            let order = a.sort_order(b);
            if by.descending { order.reverse() } else { order }
        })
    })
}
