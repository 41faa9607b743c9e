use chrono::NaiveDate;

use crate::{
    Error, Result,
    customer::{Erased, ensure_filed, erase_lead},
    duplicate::check_lead,
    kernel::{Id, Stored},
    ownership::{Given, OwnerVerb, Why, give},
    settings::house_rules,
    staff_member::StaffMember,
    store::{Append, Read, UnitOfWork, ensure, expect},
    task::Task,
};

use super::{
    Conversion, ConversionPreview, Converted, Lead, LeadDuplicates, LeadEvent, LeadState,
    LeadStatus, Qualification,
    activity::LeadActivity,
    carry::step_of,
    convert::{convert, held},
    duplicates, preview,
};

/// A lead that was added, and what it may be a duplicate of.
#[derive(Clone, Debug, PartialEq)]
pub struct AddedLead {
    /// The lead.
    pub lead: Stored<Lead>,
    /// What it may be a duplicate of; nothing where the same command was sent before.
    pub duplicates: Option<LeadDuplicates>,
}

/// The verbs on leads, within a unit of work.
pub struct Leads<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Leads<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Adds a lead, and says what it may be a duplicate of: customers, and other leads. It is added all the same. Sent
    /// again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`Error::Invalid`] names an e-mail address, a phone or a tax number that cannot be one, a score that is none, or
    /// the lack of a name and a company; [`Error::Invalid`] by the house's other rules; [`Error::Missing`] when what it
    /// names is not there; [`Error::Duplicate`] when the id or the external id is taken by another one.
    pub async fn add(&mut self, new: Lead) -> Result<AddedLead> {
        if Read::<Lead>::get(self.work, new.id).await?.is_some() {
            let lead = ensure_filed(self.work, new).await?;
            return Ok(AddedLead { lead, duplicates: None });
        }
        check_lead(None, &new, &house_rules(self.work).await?)?;
        let lead = ensure_filed(self.work, new).await?;
        let duplicates = Some(duplicates(self.work, &lead).await?);
        Ok(AddedLead { lead, duplicates })
    }

    /// Changes what is known of it.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none, [`Error::Refused`] when it was converted, [`Error::Invalid`] as for
    /// [`Leads::add`], for what is new.
    pub async fn revise(
        &mut self,
        id: Id<Lead>,
        edit: impl FnOnce(&mut Lead) + Send,
    ) -> Result<Stored<Lead>> {
        let stored = expect(self.work, id).await?;
        let rules = house_rules(self.work).await?;
        let revised = stored.change("revised", |lead| {
            let mut next = lead.clone();
            edit(&mut next);
            check_lead(Some(&lead), &next, &rules)?;
            Ok::<_, Error>(next)
        })?;
        self.work.update(revised).await
    }

    /// Gives it to another owner, or to nobody.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none, or no such colleague; [`Error::Refused`] when it was converted, or they
    /// do not work here any more.
    pub async fn reassign(
        &mut self,
        id: Id<Lead>,
        owner: Option<Id<StaffMember>>,
        why: Why,
    ) -> Result<Stored<Lead>> {
        give(self.work, id, Given::by(OwnerVerb::giving(owner), owner, why)).await
    }

    /// Somebody works on it. Done before, it changes nothing.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none, [`Error::Refused`] as [`Lead::step`] says.
    pub async fn work(&mut self, id: Id<Lead>) -> Result<Stored<Lead>> {
        self.take(id, LeadEvent::Work, |lead| lead).await
    }

    /// It is worth it; these answers are kept beside those that are known. Done before, it changes nothing.
    ///
    /// # Errors
    /// As for [`Leads::work`].
    pub async fn qualify(&mut self, id: Id<Lead>, answers: Qualification) -> Result<Stored<Lead>> {
        self.take(id, LeadEvent::Qualify, |mut lead| {
            lead.qualification.0.extend(answers.0);
            lead
        })
        .await
    }

    /// It is not worth it, for a reason that the house knows ([`super::LeadRules`]). Its open tasks wait, and are
    /// left out of the working day. Said again by the same actor for the same reason, it answers with the first.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a reason, or for one that the house does not know; else as for [`Leads::work`].
    pub async fn disqualify(
        &mut self,
        id: Id<Lead>,
        reason: impl Into<String> + Send,
    ) -> Result<Stored<Lead>> {
        let reason = reason.into();
        let stored = expect(self.work, id).await?;
        if let LeadState::Disqualified { by, reason: first, .. } = stored.state()
            && (by, first) == (&self.work.scope().actor.to_string(), &reason)
        {
            return Ok(stored);
        }
        self.take(id, LeadEvent::Disqualify { reason }, |lead| lead).await
    }

    /// It comes back, and is worked on again; how often that was is counted. With a day, its owner has a task then. Said
    /// again with the same day, it answers with the first.
    ///
    /// # Errors
    /// [`Error::Refused`] when it was not disqualified; else as for [`Leads::work`].
    pub async fn recycle(
        &mut self,
        id: Id<Lead>,
        recall_on: Option<NaiveDate>,
    ) -> Result<Stored<Lead>> {
        let stored = expect(self.work, id).await?;
        let worked_on = stored.state().status() == LeadStatus::Working;
        if worked_on && stored.recycled() > 0 && stored.recall_on == recall_on {
            return Ok(stored);
        }
        let lead = self.take(id, LeadEvent::Recycle { recall_on }, |lead| lead).await?;
        if let Some(day) = recall_on {
            let which = format!("recall {} of lead {id}", lead.recycled());
            let task = Id::derived(self.work.scope().tenant, &which);
            let title = format!("take up again: {}", lead.called());
            // Names may be as long as titles.
            let title: String = title.chars().take(crate::kernel::SHORT_TEXT as usize).collect();
            let mut recall = Task::new(task, title, self.work.now());
            (recall.lead_id, recall.owner_id, recall.due) = (Some(id), lead.owner_id, Some(day));
            ensure(self.work, recall).await?;
        }
        Ok(lead)
    }

    /// Records what happened with it, under the actor's name: that is final. Its next step becomes a task of who is
    /// named for it, else of who it was of us. Sent again with the same id, it answers with the first, also since the
    /// lead was converted.
    ///
    /// # Errors
    /// [`Error::Refused`] when it was converted: record it with the customer; [`Error::Missing`] when the lead or the
    /// colleague is not there, [`Error::Duplicate`] when the id is taken by another one, [`Error::Invalid`] when
    /// it is to happen more than a day from now.
    pub async fn record(&mut self, activity: LeadActivity) -> Result<Stored<LeadActivity>> {
        let by = self.work.scope().actor.to_string();
        let new = LeadActivity { recorded_by: by, recorded_at: None, ..activity };
        let lead = held(self.work, new.lead_id).await?;
        if Read::<LeadActivity>::get(self.work, new.id).await?.is_some() {
            return ensure(self.work, new).await;
        }
        if lead.state().status() == LeadStatus::Converted {
            return Err(lead.state().refused("recorded with").into());
        }
        crate::interaction::has_happened::<LeadActivity>(new.happened_at, self.work.now())?;
        let stored = ensure(self.work, new).await?;
        if let Some(step) = super::entity::says(&stored.next_step) {
            let id = step_of(self.work.scope().tenant, stored.id);
            let mut task = Task::new(id, step, self.work.now());
            task.lead_id = Some(stored.lead_id);
            task.due = stored.next_step_due;
            task.owner_id = stored.next_step_owner_id.or(stored.staff_id);
            Append::<Task>::insert(self.work, task).await?;
        }
        Ok(stored)
    }

    /// What is there already of it: [`duplicates`].
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none.
    pub async fn duplicates(&mut self, id: Id<Lead>) -> Result<LeadDuplicates> {
        let lead = expect(self.work, id).await?;
        duplicates(self.work, &lead).await
    }

    /// What [`Leads::convert`] would do; nothing is written: [`preview`].
    ///
    /// # Errors
    /// As for [`preview`].
    pub async fn preview(
        &mut self,
        id: Id<Lead>,
        conversion: &Conversion,
    ) -> Result<ConversionPreview> {
        preview(self.work, id, conversion).await
    }

    /// Converts it, in this unit of work: into a customer, a contact and an opportunity, new ones or some that are there.
    /// What is empty there is filled, nothing is overwritten. What happened with it becomes closed interactions of the
    /// customer as of their own time, its tasks are the customer's too. That is final.
    ///
    /// Sent again, whatever it asks for then, it answers with what the lead became; of a customer that was merged since,
    /// with the survivor. Two who convert one lead at once make one customer. Drop the unit after an error.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not clear into which customer or contact, which lists who may be meant; when the lead
    /// was disqualified, which says why; when a record that is named is erased, archived, closed or another customer's.
    /// [`Error::Invalid`] for a contact of a lead without a person, and as [`crate::customer::Customers::add`] says;
    /// [`Error::Missing`] when something is not there, [`Error::Duplicate`] when an id that is given is taken.
    pub async fn convert(&mut self, id: Id<Lead>, conversion: &Conversion) -> Result<Converted> {
        convert(self.work, id, conversion).await
    }

    /// Erases what tells of the person, on their request: from the lead, from what happened with it, also where that became
    /// interactions, and from its tasks; and from the entries of all these in the change log. What the lead became
    /// is erased by [`crate::customer::Customers::erase`] and [`crate::customer::Customers::erase_contact`], which reach
    /// the lead as well.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such lead.
    pub async fn erase(&mut self, id: Id<Lead>) -> Result<Erased> {
        erase_lead(self.work, id).await
    }

    async fn take(
        &mut self,
        id: Id<Lead>,
        event: LeadEvent,
        edit: impl FnOnce(Lead) -> Lead + Send,
    ) -> Result<Stored<Lead>> {
        let (now, by) = (self.work.now(), self.work.scope().actor.clone());
        let stored = expect(self.work, id).await?;
        let next = stored.change(event.name(), |lead| lead.step(&event, now, &by).map(edit))?;
        self.work.update(next).await
    }
}
