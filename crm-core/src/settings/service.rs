use crate::{
    kernel::{Error, Result, Stored},
    store::{Append, Read, ReadUnit, Repository, UnitOfWork},
};

use super::Settings;

/// The rules that hold: those that are stored, or [`Settings::standard`].
///
/// # Errors
/// Whatever the store answers.
pub async fn house_rules(unit: &mut (dyn ReadUnit + '_)) -> Result<Settings> {
    let id = Settings::id_of(unit.scope().tenant);
    let stored = Read::<Settings>::get(unit, id).await?;
    Ok(stored.map_or_else(|| Settings::standard(id), Stored::into_inner))
}

/// The verbs on the rules of the house, within a unit of work.
pub struct HouseRules<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> HouseRules<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// The rules that hold: those that are stored, or [`Settings::standard`].
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn get(&mut self) -> Result<Settings> {
        house_rules(self.work).await
    }

    /// Changes the rules. They hold for what is written from then on: what is stored already is
    /// looked at again by [`crate::customer::recheck`].
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] names the place within the rules;
    /// [`crate::Error::Conflict`] when somebody else changes them too.
    pub async fn change(&mut self, edit: impl FnOnce(&mut Settings)) -> Result<Stored<Settings>> {
        let id = Settings::id_of(self.work.scope().tenant);
        let Some(stored) = Read::<Settings>::get(self.work, id).await? else {
            let mut first = Settings::standard(id);
            edit(&mut first);
            first.id = id;
            return match Append::insert(self.work, first).await {
                Err(Error::Duplicate { field: "id", .. }) => Err(Error::conflict(id, None)),
                inserted => inserted,
            };
        };
        let edited = stored.edit(|settings| {
            edit(settings);
            settings.id = id;
        });
        Repository::update(self.work, edited).await
    }
}
