use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    Result,
    kernel::{Id, Stored, Value},
    store::{Read, UnitOfWork, Work, every},
};

use super::{draft::Key, subject::Subject};

/// The records that the rows of a batch are about, as they are stored.
pub(super) struct Known<E> {
    external: HashMap<String, Stored<E>>,
    named: HashMap<String, Vec<Stored<E>>>,
    ids: HashMap<Uuid, Stored<E>>,
}

impl<E: Subject> Known<E> {
    /// One query for each way of knowing.
    pub(super) async fn load<'w>(
        work: &mut Work<'w>,
        keys: impl Iterator<Item = &Key>,
    ) -> Result<Self>
    where
        dyn UnitOfWork + 'w: Read<E>,
    {
        let (mut externals, mut names, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            match key {
                Key::External(text) => externals.push(text.clone()),
                Key::Name(text) => names.push(text.clone()),
                Key::Content(id) => ids.push(Id::<E>::new(*id)),
            }
        }
        let mut known =
            Self { external: HashMap::new(), named: HashMap::new(), ids: HashMap::new() };
        if !externals.is_empty() {
            let field = E::external_id_field();
            every(work, field.one_of(externals).query(), |stored: Stored<E>| {
                if let Value::Text(text) = (field.spec().get)(&stored) {
                    let text = text.into_owned();
                    known.external.insert(text, stored);
                }
                Ok(())
            })
            .await?;
        }
        if let Some(field) = E::name_field().filter(|_| !names.is_empty()) {
            every(work, field.one_of(names).query(), |stored: Stored<E>| {
                if let Value::Text(text) = (field.spec().get)(&stored) {
                    let text = text.into_owned();
                    known.named.entry(text).or_default().push(stored);
                }
                Ok(())
            })
            .await?;
        }
        if !ids.is_empty() {
            every(work, E::id_field().one_of(ids).query(), |stored: Stored<E>| {
                known.ids.insert(stored.id().uuid(), stored);
                Ok(())
            })
            .await?;
        }
        Ok(known)
    }

    /// The record that is known by this.
    ///
    /// # Errors
    /// Why the row is refused: there are several.
    pub(super) fn take(&mut self, key: &Key) -> Result<Option<Stored<E>>, String> {
        match key {
            Key::External(text) => Ok(self.external.remove(text)),
            Key::Content(id) => Ok(self.ids.remove(id)),
            Key::Name(text) => match self.named.get_mut(text) {
                Some(list) if list.len() > 1 => Err(several(E::KIND, text)),
                Some(list) => Ok(list.pop()),
                None => Ok(None),
            },
        }
    }
}

pub(super) fn several(kind: &str, text: &str) -> String {
    format!("more than one {} is called {text:?}: name it by its external id", words(kind))
}

/// `staff member` for `staff_member`.
pub(super) fn words(kind: &str) -> String {
    kind.replace('_', " ")
}
