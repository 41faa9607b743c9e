use std::collections::BTreeMap;

use crate::{
    Result,
    affiliation::Affiliation,
    contact::Contact,
    duplicate::{self, Added},
    kernel::{Id, Stored},
    merge::{Merge, MergeCommand, MergePreview},
    relation::Relation,
    settings::house_rules,
    store::{Read, UnitOfWork, expect},
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

    /// Adds a customer, and says what it may be a duplicate of: [`duplicate::add`]. Sent again with
    /// the same id, it answers with the first. This is the gate for duplicates and for addresses and
    /// numbers that cannot be any: a plain insert asks for neither.
    ///
    /// It begins in whatever stage it is given: who was a customer for years comes in as one. Without
    /// one it begins where the house says.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] names an e-mail address, a phone or a tax number that cannot be one;
    /// [`crate::Error::Refused`] when the house refuses what is certainly there already, and names
    /// it; [`crate::Error::Invalid`] and [`crate::Error::Refused`] by the house's other rules;
    /// [`crate::Error::Missing`] when what it names is not there; [`crate::Error::Duplicate`] when
    /// the id or the external id is taken by another one.
    pub async fn add(&mut self, new: Customer) -> Result<Added> {
        duplicate::add(self.work, new).await
    }

    /// Adds a contact, to the survivor where its customer was merged. A customer that names no
    /// contact person names this one from then on. Sent again with the same id, it answers with the
    /// first.
    ///
    /// # Errors
    /// As [`Customers::add`].
    pub async fn add_contact(&mut self, new: Contact) -> Result<Stored<Contact>> {
        let known = Read::<Contact>::get(self.work, new.id).await?.is_some();
        if !known {
            let rules = house_rules(self.work).await?;
            duplicate::check_contact(&new, &rules)?;
        }
        let contact = ensure_filed(self.work, new).await?;
        let new = !known && contact.version() == 1;
        if let Some(id) = contact.customer_id.filter(|_| new) {
            let customer = expect(self.work, id).await?;
            if customer.contact_person.is_none() {
                let name = contact.name.clone();
                self.work.update(customer.edit(|c| c.contact_person = Some(name))).await?;
            }
        }
        Ok(contact)
    }

    /// Moves a customer on in its lifecycle. Its history tells when, from where and who:
    /// [`lifecycle_history`](super::lifecycle_history).
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none; [`crate::Error::Invalid`] for a stage the house
    /// does not know, [`crate::Error::Refused`] for a move it does not allow.
    pub async fn move_to(&mut self, id: Id<Customer>, stage: &str) -> Result<Stored<Customer>> {
        let stored = expect(self.work, id).await?;
        let moved = stored.change("moved", |customer| {
            Ok::<_, crate::Error>(Customer { lifecycle_stage: stage.to_owned(), ..customer })
        })?;
        self.work.update(moved).await
    }

    /// Puts a customer away: it is left out of the daily work, and nothing of it is lost. Done
    /// before, it changes nothing.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, [`crate::Error::Refused`] when it was merged.
    pub async fn archive(&mut self, id: Id<Customer>) -> Result<Stored<Customer>> {
        let (stored, now) = (expect(self.work, id).await?, self.work.now());
        if stored.archived_at.is_some() {
            return Ok(stored);
        }
        let archived = stored.change("archived", |customer| {
            Ok::<_, crate::Error>(Customer { archived_at: Some(now), ..customer })
        })?;
        self.work.update(archived).await
    }

    /// Takes a customer back into the daily work. Done before, it changes nothing.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, [`crate::Error::Refused`] when it was merged.
    pub async fn restore(&mut self, id: Id<Customer>) -> Result<Stored<Customer>> {
        let stored = expect(self.work, id).await?;
        let restored = stored.change("restored", |customer| {
            Ok::<_, crate::Error>(Customer { archived_at: None, ..customer })
        })?;
        self.work.update(restored).await
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
    /// [`crate::Error::Invalid`] when it ends before it began,
    /// [`crate::Error::Duplicate`] when the id is taken by another one.
    pub async fn affiliate(&mut self, new: Affiliation) -> Result<Stored<Affiliation>> {
        ensure_filed(self.work, new).await
    }

    /// Says what one customer is to another. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when both are the same, or lead to the same, or it ends before it began,
    /// [`crate::Error::Missing`] when one is not there, [`crate::Error::Duplicate`] when the id is
    /// taken by another relation.
    pub async fn relate(&mut self, new: Relation) -> Result<Stored<Relation>> {
        ensure_filed(self.work, new).await
    }

    /// Erases what tells of a customer, on request of the person: from its record, from those that
    /// were merged into it, and from their entries in the change log. Of a person, also from all that
    /// is about them: contacts, as [`Customers::erase_contact`] does, interactions, opportunities and
    /// what belongs to these, leads that became them among them. Of an organisation only its own records, and those of leads
    /// that became it: its contacts are persons of their own. Ids, references, times, states and amounts stay.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such customer.
    pub async fn erase(&mut self, customer: Id<Customer>) -> Result<Erased> {
        erase::customer(self.work, customer).await
    }

    /// Erases what tells of a contact: from their record, from the interactions they took part in and what
    /// belongs to these, from leads that became them, from opportunities that name them and the reasons of their moves, and from
    /// customers that name or named them as the contact person: those where they are or were, and those
    /// merged with these; and from the entries of all these in the change log. A contact person is known
    /// by whole words: all of the contact's name, or of their given and family name, now or before, in
    /// any order.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such contact.
    pub async fn erase_contact(&mut self, contact: Id<Contact>) -> Result<Erased> {
        erase::contact(self.work, contact).await
    }
}
