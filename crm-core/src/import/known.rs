use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::{
    Result,
    customer::{self, Customer},
    kernel::{Criteria, Entity, Field, Id, Stored, Value},
    store::{Read, UnitOfWork, Work, every},
};

use super::{draft::Key, subject::Subject};

/// A look-up asks for so many values at once: criteria have a limit.
pub(super) const PART: usize = 2_000;

/// The records that the rows of a batch are about, as they are stored.
pub(super) struct Known<E> {
    /// A row without an external id is about a record without one.
    only_bare: bool,
    external: HashMap<String, Hit<E>>,
    named: HashMap<String, Vec<Hit<E>>>,
    ids: HashMap<Uuid, Stored<E>>,
}

/// A record that was found.
#[derive(Clone)]
pub(super) struct Hit<E> {
    pub(super) stored: Stored<E>,
    /// It is the survivor of the one that was found, which was merged.
    pub(super) merged: bool,
    /// No other system has a name for the one that was found.
    bare: bool,
}

impl<E: Subject> Hit<E> {
    fn new(stored: Stored<E>) -> Self {
        let bare = text(E::external_id_field(), &*stored).is_none();
        Self { stored, merged: false, bare }
    }
}

impl<E: Subject> Known<E> {
    /// A few queries for each way of knowing; `only_bare` where the file has external ids.
    pub(super) async fn load<'w>(
        work: &mut Work<'w>,
        keys: impl Iterator<Item = &Key>,
        only_bare: bool,
    ) -> Result<Self>
    where
        dyn UnitOfWork + 'w: Read<E>,
    {
        let (mut externals, mut names, mut ids) = (HashSet::new(), HashSet::new(), HashSet::new());
        for key in keys {
            match key {
                Key::External(text) => drop(externals.insert(text.as_str())),
                Key::Name(text) => drop(names.insert(text.as_str())),
                Key::Content(id) => drop(ids.insert(*id)),
            }
        }
        let mut known = Self {
            only_bare,
            external: HashMap::new(),
            named: HashMap::new(),
            ids: HashMap::new(),
        };
        let field = E::external_id_field();
        each(
            work,
            externals,
            |part| field.one_of(part),
            |stored: Stored<E>| {
                if let Some(text) = text(field, &stored) {
                    known.external.insert(text, Hit::new(stored));
                }
            },
        )
        .await?;
        if let Some(field) = E::name_field() {
            each(
                work,
                names,
                |part| field.one_of(part),
                |stored: Stored<E>| {
                    if let Some(text) = text(field, &stored) {
                        known.named.entry(text).or_default().push(Hit::new(stored));
                    }
                },
            )
            .await?;
        }
        let ids = ids.into_iter().map(Id::<E>::new);
        each(
            work,
            ids,
            |part| E::id_field().one_of(part),
            |stored: Stored<E>| {
                known.ids.insert(stored.id().uuid(), stored);
            },
        )
        .await?;
        known.follow(work).await?;
        Ok(known)
    }

    /// A row about a customer that was merged is about the survivor.
    async fn follow(&mut self, work: &mut Work<'_>) -> Result<()> {
        let leads = |hit: &Hit<E>| {
            hit.stored.as_customer().filter(|customer| customer.merged_into.is_some()).map(|c| c.id)
        };
        let hits = self.external.values().chain(self.named.values().flatten());
        let merged: Vec<_> = hits.filter_map(leads).collect();
        if merged.is_empty() {
            return Ok(());
        }
        let leading = customer::survivors(work, &merged).await?;
        let survivors: HashSet<_> = leading.values().copied().collect();
        let mut there = HashMap::new();
        each(
            work,
            survivors,
            |part| customer::ID.one_of(part),
            |stored: Stored<Customer>| {
                there.insert(stored.id, stored);
            },
        )
        .await?;
        for hit in self.external.values_mut().chain(self.named.values_mut().flatten()) {
            let survivor = leads(hit).and_then(|id| leading.get(&id)).and_then(|id| there.get(id));
            if let Some(stored) = survivor.and_then(E::of_customer) {
                (hit.stored, hit.merged) = (stored, true);
            }
        }
        Ok(())
    }

    /// Whether a record, or several, are known by this.
    pub(super) fn has(&self, key: &Key) -> bool {
        match key {
            Key::External(text) => self.external.contains_key(text),
            Key::Content(id) => self.ids.contains_key(id),
            Key::Name(text) => self
                .named
                .get(text)
                .is_some_and(|list| !self.only_bare || list.iter().any(|one| one.bare)),
        }
    }

    /// The record that is known by this, where it is one and not the survivor of one that was merged.
    pub(super) fn get(&self, key: &Key) -> Option<&Stored<E>> {
        match key {
            Key::External(text) => {
                self.external.get(text).filter(|hit| !hit.merged).map(|hit| &hit.stored)
            }
            Key::Content(id) => self.ids.get(id),
            Key::Name(text) => {
                let list = self.named.get(text)?;
                let only_bare = self.only_bare || list.iter().any(|one| one.bare);
                let meant = || list.iter().filter(|one| one.bare || !only_bare);
                let itself = meant().find(|one| !one.merged)?;
                let one = meant().all(|other| other.stored.id() == itself.stored.id());
                one.then_some(&itself.stored)
            }
        }
    }

    /// The record that is known by this.
    ///
    /// # Errors
    /// Why the row is refused: there are several.
    pub(super) fn take(&mut self, key: &Key) -> Result<Option<Hit<E>>, String> {
        match key {
            Key::External(text) => Ok(self.external.remove(text)),
            Key::Content(id) => Ok(self.ids.remove(id).map(Hit::new)),
            Key::Name(text) => match self.named.get_mut(text) {
                Some(list) => {
                    if self.only_bare || list.iter().any(|one| one.bare) {
                        list.retain(|one| one.bare);
                    }
                    // The one that is called so itself comes before those that lead to it.
                    list.sort_by_key(|one| (one.stored.id(), one.merged));
                    list.dedup_by_key(|one| one.stored.id());
                    if list.len() > 1 { Err(several(E::KIND, text)) } else { Ok(list.pop()) }
                }
                None => Ok(None),
            },
        }
    }
}

/// Every record that has one of these values, asked for in parts.
pub(super) async fn each<'w, E: Entity, V: Send>(
    work: &mut Work<'w>,
    values: impl IntoIterator<Item = V>,
    criteria: impl Fn(Vec<V>) -> Criteria<E>,
    mut found: impl FnMut(Stored<E>) + Send,
) -> Result<()>
where
    dyn UnitOfWork + 'w: Read<E>,
{
    let mut values = values.into_iter();
    loop {
        let part: Vec<_> = values.by_ref().take(PART).collect();
        if part.is_empty() {
            return Ok(());
        }
        every(work, criteria(part).query(), |stored| {
            found(stored);
            Ok(())
        })
        .await?;
    }
}

/// What a text field says.
pub(super) fn text<E: Entity>(field: &'static Field<E, String>, entity: &E) -> Option<String> {
    match (field.spec().get)(entity) {
        Value::Text(text) => Some(text.into_owned()),
        _ => None,
    }
}

pub(super) fn several(kind: &str, text: &str) -> String {
    format!("more than one {} is called {text:?}: name it by its external id", words(kind))
}

/// `staff member` for `staff_member`.
pub(super) fn words(kind: &str) -> String {
    kind.replace('_', " ")
}
