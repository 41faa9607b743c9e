use std::collections::BTreeMap;

use crate::{
    Result,
    affiliation::Affiliation,
    contact::Contact,
    kernel::{Id, Stored},
    merge::{Merge, MergeCommand, MergePreview},
    relation::Relation,
    store::UnitOfWork,
};

use super::{
    Customer, ensure_filed,
    erase::{self, Erased},
    merge, preview_merge,
};

/// The verbs on customers and their contacts, within a unit of work.
pub struct Customers<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Customers<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// What [`Customers::merge`] would do; nothing is written: [`preview_merge`].
    ///
    /// # Errors
    /// Whatever the merge would answer.
    pub async fn preview_merge(
        &mut self,
        survivor: Id<Customer>,
        others: &[Id<Customer>],
        choices: &BTreeMap<String, Id<Customer>>,
        with_ids: bool,
    ) -> Result<MergePreview> {
        preview_merge(self.work, survivor, others, choices, with_ids).await
    }

    /// Merges customers that are the same: all that names the others names the survivor from then on,
    /// and their ids lead to it. The survivor keeps its number in other systems, the others theirs.
    /// Sent again with the same id, it answers with the first. Drop the unit after an error.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a list that is empty, too long or names the survivor, and for a
    /// choice that cannot be; [`crate::Error::Missing`] when a customer is not there;
    /// [`crate::Error::Refused`] when one was merged before, which names its survivor, or is archived;
    /// [`crate::Error::Duplicate`] when the id is taken by another merge; [`crate::Error::Conflict`]
    /// when somebody changed what is merged at the same time.
    pub async fn merge(&mut self, command: MergeCommand) -> Result<Stored<Merge>> {
        merge::merge(self.work, command).await
    }

    /// Undoes a merge: the survivor has what it had, what moved is where it was, the others are open
    /// again. What came to the survivor since stays with it. Drop the unit after an error.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such merge, [`crate::Error::Refused`] when it was
    /// undone before or something it did was changed since, which the reason names.
    pub async fn unmerge(&mut self, merge: Id<Merge>) -> Result<Stored<Merge>> {
        merge::unmerge(self.work, merge).await
    }

    /// Gives a contact a part at a further customer. Sent again with the same id, it answers with the
    /// first.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when the contact or the customer is not there,
    /// [`crate::Error::Duplicate`] when the id is taken by another one.
    pub async fn affiliate(&mut self, new: Affiliation) -> Result<Stored<Affiliation>> {
        ensure_filed(self.work, new).await
    }

    /// Says what one customer is to another. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when both are the same, or lead to the same,
    /// [`crate::Error::Missing`] when one is not there, [`crate::Error::Duplicate`] when the id is
    /// taken by another relation.
    pub async fn relate(&mut self, new: Relation) -> Result<Stored<Relation>> {
        ensure_filed(self.work, new).await
    }

    /// Erases what tells of a customer, on request of the person: from its record, from those that
    /// were merged into it, and from their entries in the change log. Of a person, also from all that
    /// is about them: contacts, interactions, opportunities and what belongs to these. Of an
    /// organisation only its own records: its contacts are persons of their own. Ids, references,
    /// times, states and amounts stay.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such customer.
    pub async fn erase(&mut self, customer: Id<Customer>) -> Result<Erased> {
        erase::customer(self.work, customer).await
    }

    /// Erases what tells of a contact: from their record, from the interactions with them and what
    /// belongs to these, and from a customer that names them as its contact person; and from the
    /// entries of all these in the change log.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such contact.
    pub async fn erase_contact(&mut self, contact: Id<Contact>) -> Result<Erased> {
        erase::contact(self.work, contact).await
    }
}
