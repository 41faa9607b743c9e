use crate::{
    kernel::{Id, Result, Stored},
    store::{UnitOfWork, ensure, expect},
};

use super::Interaction;

/// The verbs on interactions, within a unit of work.
pub struct Interactions<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Interactions<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Records what happened. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when the customer, the contact, the opportunity or the colleague
    /// is not there, [`crate::Error::Duplicate`] when the id is taken by another record.
    pub async fn record(&mut self, interaction: Interaction) -> Result<Stored<Interaction>> {
        ensure(self.work, interaction).await
    }

    /// Closes it: from now on nobody changes it, on any path.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, [`crate::Error::Refused`] when it is closed.
    pub async fn close(&mut self, id: Id<Interaction>) -> Result<Stored<Interaction>> {
        let (at, by) = (self.work.now(), self.work.scope().actor.clone());
        let stored = expect(self.work, id).await?;
        self.work.update(stored.change("closed", |i| i.close(at, &by))?).await
    }
}
