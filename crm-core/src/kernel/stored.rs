use std::{
    borrow::Cow,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use uuid::Uuid;

use crate::{owner_change::OwnerChange, ownership::Grounds, settings::Settings};

use super::{Actor, Entity, Error, Facts, Moment, Result, Timestamp};

/// For stores: a unit of work, as the records that it wrote remember it.
///
/// What a unit wrote is nothing once the unit is lost. Another unit could by chance have written
/// the same version, so a version alone would not tell.
#[derive(Clone, Debug, Default)]
pub struct UnitMark(Arc<AtomicBool>);

impl UnitMark {
    /// The mark of a unit that begins.
    pub fn new() -> Self {
        Self::default()
    }

    /// The unit is committed: what it wrote is what the store has.
    pub fn committed(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether a unit may build on what this one wrote: the same unit, or a later one once this is
    /// committed.
    fn carries(&self, unit: &Self) -> bool {
        Arc::ptr_eq(&self.0, &unit.0) || self.0.load(Ordering::Acquire)
    }
}

/// A record as a store has it: the entity and its version.
///
/// Stores make one, and judge a change by the record as they have it, not by what this says it was.
/// Reading goes straight to the entity; changing it goes through [`Stored::change`], which names what
/// happened. One that came from a unit which was then lost is in conflict with whatever the store has.
#[derive(Clone, Debug)]
pub struct Stored<E> {
    entity: E,
    version: u64,
    /// The entity as the store has it, once this one was changed.
    original: Option<Box<E>>,
    event: Cow<'static, str>,
    why: Option<String>,
    grounds: Option<Box<Grounds>>,
    /// The unit that wrote it; none where it was read.
    unit: Option<UnitMark>,
    /// The unit that read it.
    seen: Option<UnitMark>,
    /// It is put back to what it was: the house's rules do not refuse that.
    put_back: bool,
}

impl<E: Entity> Stored<E> {
    /// For stores: a record as it was read or written, with its version (the first is 1).
    pub const fn loaded(entity: E, version: u64) -> Self {
        Self {
            entity,
            version,
            original: None,
            event: Cow::Borrowed("updated"),
            why: None,
            grounds: None,
            unit: None,
            seen: None,
            put_back: false,
        }
    }

    /// For stores: the same record, which this unit wrote.
    #[must_use]
    pub fn of_unit(self, unit: &UnitMark) -> Self {
        Self { unit: Some(unit.clone()), seen: Some(unit.clone()), ..self }
    }

    /// For stores: the same record, which this unit read.
    #[must_use]
    pub fn seen_by(self, unit: &UnitMark) -> Self {
        Self { seen: Some(unit.clone()), ..self }
    }

    /// For stores: whether this unit read it, or answered with it when it wrote it. Then [`Stored::original`] is what it has, and need not be
    /// read again for [`Stored::over`].
    pub fn was_seen_by(&self, unit: &UnitMark) -> bool {
        self.seen.as_ref().is_some_and(|mark| Arc::ptr_eq(&mark.0, &unit.0))
    }

    /// Its version: 1 when it was inserted, one more with each update.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The entity as the store has it, whatever was changed since.
    pub fn original(&self) -> &E {
        self.original.as_deref().unwrap_or(&self.entity)
    }

    /// What happened to it, for the change log: `"updated"` unless [`Stored::change`] said more.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// The entity alone.
    pub fn into_inner(self) -> E {
        self.entity
    }

    /// Changes it by a transition that may refuse, under the name the change log keeps.
    ///
    /// # Errors
    /// Whatever the transition answers; nothing is changed then.
    pub fn change<X>(
        mut self,
        event: &'static str,
        transition: impl FnOnce(E) -> Result<E, X>,
    ) -> Result<Self, X> {
        let before = self.entity.clone();
        self.entity = transition(self.entity)?;
        self.original.get_or_insert_with(|| Box::new(before));
        self.event = Cow::Borrowed(event);
        Ok(self)
    }

    /// Changes fields of it.
    #[must_use]
    pub fn edit(mut self, edit: impl FnOnce(&mut E)) -> Self {
        if self.original.is_none() {
            self.original = Some(Box::new(self.entity.clone()));
        }
        edit(&mut self.entity);
        self
    }

    /// The same change, which puts the record back to what it was: the house's rules say what it
    /// lacks by now, and do not refuse it.
    #[must_use]
    pub(crate) fn put_back(self) -> Self {
        Self { put_back: true, ..self }
    }

    /// Says why it is changed: its history keeps the reason.
    #[must_use]
    pub fn because(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }

    /// Says by which verb it changes its owner, and what decided that: the history of its owners keeps it.
    #[must_use]
    pub(crate) fn on_grounds(self, grounds: Grounds) -> Self {
        Self { grounds: Some(Box::new(grounds)), ..self }
    }

    /// For stores: what an update of it adds beside it: see [`Entity::facts`].
    pub fn facts(&mut self, now: Timestamp, by: &Actor, next_id: &dyn Fn() -> Uuid) -> Facts {
        let (version, why) = (self.version + 1, self.why.as_deref());
        let moment = Moment { now, by, version, why, grounds: self.grounds.as_deref(), next_id };
        self.entity.facts(self.original.as_deref(), &moment)
    }

    /// For stores: before an update, what the entity settles: see [`Entity::settle`].
    ///
    /// # Errors
    /// What a rule of the house refuses.
    pub fn settle(mut self, rules: &Settings, now: Timestamp) -> Result<Self> {
        // Once the record is written, its facts must not fail any more.
        OwnerChange::check_told(self.why.as_deref(), self.grounds.as_deref())?;
        let before = self.original.take().unwrap_or_else(|| Box::new(self.entity.clone()));
        // A rule refuses no record that is as it was stored.
        let as_stored = self.put_back.then(|| self.entity.clone());
        self.entity.settle(Some(as_stored.as_ref().unwrap_or(&before)), rules, now)?;
        self.original = Some(before);
        Ok(self)
    }

    /// For stores: the same change to the record as it is stored, read in this unit: that is what a
    /// change is judged by, whatever this one says the record was.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is stored in another version.
    pub fn over(self, stored: Self) -> Result<Self> {
        if stored.version != self.version {
            return Err(Error::conflict(self.entity.id(), Some(stored.version)));
        }
        Ok(Self { original: Some(Box::new(stored.entity)), seen: None, ..self })
    }

    /// For stores: this record after its update was written.
    #[must_use]
    pub fn written(self) -> Self {
        Self::loaded(self.entity, self.version + 1)
    }

    /// For stores: what an update of it in this unit may write: `false` when nothing was changed.
    ///
    /// Every store asks before it updates. It is where rules hold on every path.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another unit wrote it that was not committed; [`Error::Invalid`] and
    /// [`Error::Refused`], as the entity says.
    pub fn check_update(&self, unit: &UnitMark) -> Result<bool> {
        if self.unit.as_ref().is_some_and(|wrote| !wrote.carries(unit)) {
            return Err(Error::conflict(self.entity.id(), None));
        }
        let Some(original) = &self.original else { return Ok(false) };
        if **original == self.entity {
            return Ok(false);
        }
        super::check(&self.entity)?;
        if original.id() != self.entity.id() {
            let reason = "the id of a record never changes";
            return Err(super::Invalid::field::<E>("id", reason).into());
        }
        original.permits(&self.entity)?;
        Ok(true)
    }
}

impl<E> Deref for Stored<E> {
    type Target = E;
    fn deref(&self) -> &E {
        &self.entity
    }
}

impl<E: PartialEq> PartialEq for Stored<E> {
    /// The same record in the same version, changed in the same way.
    fn eq(&self, other: &Self) -> bool {
        (&self.entity, self.version, &self.original, &self.event)
            == (&other.entity, other.version, &other.original, &other.event)
    }
}
