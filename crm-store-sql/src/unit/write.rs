use std::collections::HashSet;

use crm_core::{
    Error, ErrorKind, Result,
    kernel::{
        Entity, Facts, FieldSpec, Id, Moment, Stored, Timestamp, Value, differing_fields,
        with_value,
    },
};
use uuid::Uuid;

use crate::{Session, custody, read, terms, write};

use super::{SqlReadUnit, SqlUnit};

/// So many updates are written with one statement at the most.
const TOGETHER: usize = 1_000;

impl<S: Session> SqlUnit<S> {
    pub(super) async fn insert_one<E: Entity>(&mut self, mut entity: E) -> Result<Stored<E>> {
        let rules = self.rules::<E>().await?;
        let now = self.ports.clock.now();
        entity.settle(None, &rules, now)?;
        let facts = self.facts_of(&mut entity, now);
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let (stored, entry) = write::insert(session, catalog, tenant, entity).await?;
        let found_by = (stored.id(), stored.terms(&rules));
        let was = self.at_risk();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        terms::add(session, catalog, tenant, [found_by]).await?;
        self.broken = was;
        self.wrote::<E>();
        self.tally(None, &*stored).await?;
        self.log::<E>([entry]).await?;
        self.add_facts(facts).await?;
        Ok(stored.of_unit(&self.mark))
    }

    fn facts_of<E: Entity>(&self, entity: &mut E, now: Timestamp) -> Facts {
        let by = &self.reading.scope.actor;
        let next_id = || self.ports.ids.next();
        let (version, next_id) = (1, &next_id);
        entity.facts(None, &Moment { now, by, version, why: None, grounds: None, next_id })
    }

    /// The record is written: without its facts nothing of the unit may last.
    async fn add_facts(&mut self, facts: Facts) -> Result<()> {
        if facts.is_empty() {
            return Ok(());
        }
        let was = self.at_risk();
        self.add_all(facts.moves).await?;
        self.add_all(facts.owners).await?;
        self.broken = was;
        Ok(())
    }

    /// Facts have no facts of their own. One by itself is fewer ways to a server than a list.
    async fn add_all<E: Entity>(&mut self, facts: Vec<E>) -> Result<()> {
        if facts.is_empty() {
            return Ok(());
        }
        match <[E; 1]>::try_from(facts) {
            Ok([fact]) => drop(Box::pin(self.insert_one(fact)).await?),
            Err(facts) => drop(Box::pin(self.insert_many(facts)).await?),
        }
        Ok(())
    }

    pub(super) async fn insert_many<E: Entity>(
        &mut self,
        mut entities: Vec<E>,
    ) -> Result<Vec<Stored<E>>> {
        let rules = self.rules::<E>().await?;
        let now = self.ports.clock.now();
        entities.iter_mut().try_for_each(|entity| entity.settle(None, &rules, now))?;
        let mut facts = Facts::default();
        for entity in &mut entities {
            facts.extend(self.facts_of(entity, now));
        }
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let (stored, entries) = write::insert_all(session, catalog, tenant, entities).await?;
        let found_by = stored.iter().map(|stored| (stored.id(), stored.terms(&rules)));
        let found_by: Vec<_> = found_by.collect();
        let was = self.at_risk();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        terms::add(session, catalog, tenant, found_by).await?;
        self.broken = was;
        self.wrote::<E>();
        for one in &stored {
            self.tally(None, &**one).await?;
        }
        self.log::<E>(entries).await?;
        self.add_facts(facts).await?;
        Ok(stored.into_iter().map(|stored| stored.of_unit(&self.mark)).collect())
    }

    pub(super) async fn update_one<E: Entity>(&mut self, changed: Stored<E>) -> Result<Stored<E>> {
        let (stored, facts) = self.overwrite_one(changed).await?;
        self.add_facts(facts).await?;
        Ok(stored)
    }

    /// Together where they change the same fields, else one after another; what they add to histories is added together.
    pub(super) async fn update_many<E: Entity>(
        &mut self,
        changed: Vec<Stored<E>>,
    ) -> Result<Vec<Stored<E>>> {
        let (mut written, mut facts) = (Vec::with_capacity(changed.len()), Facts::default());
        // Who stops in the middle leaves records without their facts.
        let was = self.at_risk();
        let mut refusal = None;
        let mut left = changed.into_iter();
        'all: loop {
            let some: Vec<_> = left.by_ref().take(TOGETHER).collect();
            if some.is_empty() {
                break;
            }
            if let Some((stored, more)) = self.overwrite_together(&some).await? {
                written.extend(stored);
                facts.extend(more);
                continue;
            }
            for one in some {
                match self.overwrite_one(one).await {
                    Ok((stored, more)) => {
                        written.push(stored);
                        facts.extend(more);
                    }
                    Err(error) if leaves_it_usable(error.kind()) => {
                        refusal = Some(error);
                        break 'all;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        self.broken = was;
        self.add_facts(facts).await?;
        refusal.map_or(Ok(written), Err)
    }

    /// Writes some with one statement, where each changes the same fields and nothing refuses one of them: what is refused says so when
    /// it is written by itself. Without their facts nothing of the unit may last.
    async fn overwrite_together<E: Entity>(
        &mut self,
        some: &[Stored<E>],
    ) -> Result<Option<(Vec<Stored<E>>, Facts)>> {
        if some.len() < 2 {
            return Ok(None);
        }
        let rules = self.rules::<E>().await?;
        let now = self.ports.clock.now();
        let (mut all, mut ids) = (Vec::with_capacity(some.len()), HashSet::new());
        let mut differing: Option<Vec<usize>> = None;
        for one in some {
            let Ok(one) = one.clone().settle(&rules, now) else { return Ok(None) };
            let alone = !one.was_seen_by(&self.mark)
                || !ids.insert(one.id())
                || !matches!(one.check_update(&self.mark), Ok(true))
                || one.also_names() != one.original().also_names();
            let fields = differing_fields(one.original(), &*one);
            if alone || differing.as_ref().is_some_and(|those| *those != fields) {
                return Ok(None);
            }
            differing = Some(fields);
            all.push(one);
        }
        let differing = differing.unwrap_or_default();
        let (mut facts, mut terms, mut originals) = (Facts::default(), Vec::new(), Vec::new());
        for one in &mut all {
            facts.extend(one.facts(now, &self.reading.scope.actor, &|| self.ports.ids.next()));
            if has_terms::<E>(&differing) {
                let (before, after) = (one.original().terms(&rules), one.terms(&rules));
                terms.extend((before != after).then(|| (one.id(), after)));
            }
            originals.extend(E::TALLIED.then(|| one.original().clone()));
        }
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let done = write::update_all(session, catalog, tenant, all, &differing).await?;
        let Some((stored, entries)) = done else { return Ok(None) };
        let was = self.at_risk();
        for (id, after) in terms {
            let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
            terms::replace(session, catalog, tenant, id, after).await?;
        }
        self.broken = was;
        self.wrote::<E>();
        for (before, after) in originals.iter().zip(&stored) {
            self.tally(Some(before), &**after).await?;
        }
        self.log::<E>(entries).await?;
        let stored = stored.into_iter().map(|one| one.of_unit(&self.mark)).collect();
        Ok(Some((stored, facts)))
    }

    /// Writes one. Without its facts nothing of the unit may last.
    async fn overwrite_one<E: Entity>(&mut self, changed: Stored<E>) -> Result<(Stored<E>, Facts)> {
        let rules = self.rules::<E>().await?;
        let now = self.ports.clock.now();
        let mut changed = changed.settle(&rules, now)?;
        if !changed.check_update(&self.mark)? {
            return Ok((changed, Facts::default()));
        }
        if !changed.was_seen_by(&self.mark) {
            let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
            let Some(stored) = read::get(session, catalog, tenant, changed.id()).await? else {
                return Err(Error::missing(changed.id()));
            };
            changed = changed.over(stored)?.settle(&rules, now)?;
            if !changed.check_update(&self.mark)? {
                return Ok((changed, Facts::default()));
            }
        }
        let facts = changed.facts(now, &self.reading.scope.actor, &|| self.ports.ids.next());
        let differing = differing_fields(changed.original(), &*changed);
        let terms = has_terms::<E>(&differing)
            .then(|| (changed.original().terms(&rules), changed.terms(&rules)));
        let original = E::TALLIED.then(|| changed.original().clone());
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let (stored, entry) = write::update(session, catalog, tenant, changed).await?;
        if let Some((_, after)) = terms.filter(|(before, after)| before != after) {
            let was = self.at_risk();
            let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
            terms::replace(session, catalog, tenant, stored.id(), after).await?;
            self.broken = was;
        }
        self.wrote::<E>();
        self.tally(original.as_ref(), &*stored).await?;
        self.log::<E>([entry]).await?;
        Ok((stored.of_unit(&self.mark), facts))
    }

    pub(super) async fn refile_all<E: Entity>(
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
        let refiled = done?;
        let now = places.1.map_or(Value::Null, Value::Uuid);
        for before in refiled.tallied {
            let was = self.at_risk();
            let after = with_value(&before, field, &now)?;
            self.broken = was;
            self.tally(Some(&before), &after).await?;
        }
        self.log::<E>(refiled.entries).await?;
        Ok(refiled.ids)
    }

    pub(super) async fn hold_all<E: Entity>(
        &mut self,
        ids: Vec<Id<E>>,
        for_change: bool,
    ) -> Result<Vec<Stored<E>>> {
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let held = custody::hold(session, catalog, tenant, ids, for_change).await?;
        Ok(held.into_iter().map(|stored| self.marked(stored)).collect())
    }

    pub(super) async fn erase_one<E: Entity>(
        &mut self,
        id: Id<E>,
        only: Option<&'static FieldSpec<E>>,
    ) -> Result<Stored<E>> {
        self.flush().await?;
        let rules = self.rules::<E>().await?;
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        let Some(before) = read::get(session, catalog, tenant, id).await? else {
            return Err(Error::missing(id));
        };
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
        self.tally(Some(&*before), &*stored).await?;
        self.log::<E>([entry]).await?;
        Ok(stored.of_unit(&self.mark))
    }

    pub(super) async fn redact_some<E: Entity>(
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

    pub(super) async fn reindex_all<E: Entity>(&mut self, records: Vec<Stored<E>>) -> Result<()> {
        let rules = self.rules::<E>().await?;
        let was = self.at_risk();
        let ids = records.iter().map(|record| record.id()).collect();
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        // As they are once nobody else writes them: a rename beside this would leave old words.
        for record in custody::hold::<E>(session, catalog, tenant, ids, false).await? {
            terms::replace(session, catalog, tenant, record.id(), record.terms(&rules)).await?;
        }
        self.broken = was;
        Ok(())
    }
}

/// Whether its terms may follow from what changed.
fn has_terms<E: Entity>(differing: &[usize]) -> bool {
    let fields = differing.iter().filter_map(|at| E::FIELDS.get(*at));
    fields.into_iter().any(|field| !E::NO_TERMS.contains(&field.name))
}

/// Whether nothing was written, and the unit can go on.
const fn leaves_it_usable(kind: ErrorKind) -> bool {
    refused(kind) || matches!(kind, ErrorKind::Conflict | ErrorKind::Duplicate | ErrorKind::Refused)
}

/// Whether a refiling that ended like this wrote nothing.
const fn refused(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Missing | ErrorKind::Invalid)
}
