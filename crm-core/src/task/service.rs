use chrono::NaiveDate;

use crate::{
    contact::Contact,
    customer::{Customer, ensure_filed},
    interaction::Interaction,
    kernel::{Id, Result, Stored, Timestamp, text::required},
    lead::Lead,
    opportunity::Opportunity,
    ownership::{Given, OwnerVerb, Why, give},
    staff_member::StaffMember,
    store::{Append, CUSTODIAN, Custody, Read, UnitOfWork, began_otherwise, expect},
};

use super::{CUSTOMER_ID, Task, TaskState};

/// By when a task is to be done, and when its owner is to be reminded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// By which day.
    pub due: Option<NaiveDate>,
    /// By when on that day.
    pub due_at: Option<Timestamp>,
    /// When to remind the owner.
    pub remind_at: Option<Timestamp>,
}

/// A task that was done, and the one that comes after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    /// The task.
    pub task: Stored<Task>,
    /// The next one by its rule.
    pub next: Option<Stored<Task>>,
}

/// The verbs on tasks, within a unit of work.
pub struct Tasks<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Tasks<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Adds a task; of a customer that was merged, under the survivor. One that names no customer is
    /// for that of its opportunity, else of its contact, else of the interaction it came from, else for what its lead
    /// became. Sent again with the same id, it answers with the first, also where these have another customer by now.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when what it names is not there, [`crate::Error::Duplicate`] when
    /// the id is taken by another one, [`crate::Error::Invalid`] for a rule that is none.
    pub async fn add(&mut self, mut task: Task) -> Result<Stored<Task>> {
        if task.customer_id.is_none() {
            task.customer_id = match Read::<Task>::get(self.work, task.id).await? {
                Some(known) => self.first_customer(&known, &task).await?,
                None => self.customer_of(&task).await?,
            };
        }
        ensure_filed(self.work, task).await
    }

    /// For whom it is that names no customer itself.
    async fn customer_of(&mut self, task: &Task) -> Result<Option<Id<Customer>>> {
        if let Some(id) = task.opportunity_id
            && let Some(opportunity) = Read::<Opportunity>::get(self.work, id).await?
            && opportunity.customer_id.is_some()
        {
            return Ok(opportunity.customer_id);
        }
        if let Some(id) = task.contact_id
            && let Some(contact) = Read::<Contact>::get(self.work, id).await?
            && contact.customer_id.is_some()
        {
            return Ok(contact.customer_id);
        }
        if let Some(id) = task.interaction_id
            && let Some(came_from) = Read::<Interaction>::get(self.work, id).await?
        {
            return Ok(Some(came_from.customer_id));
        }
        let Some(id) = task.lead_id else { return Ok(None) };
        // Whoever converts it meanwhile takes this task along.
        let held = Custody::<Lead>::hold(self.work, &CUSTODIAN, vec![id]).await?;
        Ok(held.first().and_then(|lead| lead.state().customer()))
    }

    /// For whom a task was when it began, where the same command names only what leads to a customer.
    async fn first_customer(
        &mut self,
        known: &Stored<Task>,
        again: &Task,
    ) -> Result<Option<Id<Customer>>> {
        if again.opportunity_id.is_none()
            && again.contact_id.is_none()
            && again.interaction_id.is_none()
            && again.lead_id.is_none()
        {
            return Ok(None);
        }
        let differs = began_otherwise(self.work, known, again).await?;
        let first = differs.iter().find(|differs| differs.field == CUSTOMER_ID.spec().name);
        Ok(first.and_then(|differs| differs.from.as_str()?.parse().ok()))
    }

    /// Moves it to another day or hour, also of its reminder. The rule of one that recurs goes on
    /// from the day it had by the rule.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, [`crate::Error::Refused`] when it is closed,
    /// [`crate::Error::Invalid`] when day and hour do not fit, or one that recurs loses its day.
    pub async fn reschedule(&mut self, id: Id<Task>, when: When) -> Result<Stored<Task>> {
        let stored = expect(self.work, id).await?;
        let moved = stored.change("rescheduled", |mut task| {
            task.state.must_be_open("rescheduled")?;
            if task.recurrence.is_some() && when.due.is_some() && when.due != task.due {
                task.planned = task.planned.or(task.due);
            }
            (task.due, task.due_at, task.remind_at) = (when.due, when.due_at, when.remind_at);
            Ok::<_, crate::Error>(task)
        })?;
        self.work.update(moved).await
    }

    /// Gives it to another owner, or to nobody.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, or no such colleague;
    /// [`crate::Error::Refused`] when it is closed, or they do not work here any more.
    pub async fn reassign(
        &mut self,
        id: Id<Task>,
        owner: Option<Id<StaffMember>>,
        why: Why,
    ) -> Result<Stored<Task>> {
        expect(self.work, id).await?.state.must_be_open("reassigned")?;
        give(self.work, id, Given::by(OwnerVerb::giving(owner), owner, why)).await
    }

    /// It was done. When it recurs, the next one is added, under an id that follows from this
    /// one's: however often it is tried, there is one. Said again by the same actor with the same
    /// outcome, it answers with the task and the one that came after it, as they are now.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none; [`crate::Error::Refused`] when it is cancelled, or somebody
    /// did it already or with another outcome, or when it recurs and crm-core was built without the
    /// feature `calendar`.
    pub async fn complete(&mut self, id: Id<Task>, outcome: Option<String>) -> Result<Completed> {
        let (at, scope) = (self.work.now(), self.work.scope().clone());
        let stored = expect(self.work, id).await?;
        if let TaskState::Done { by, outcome: first, .. } = stored.state()
            && *by == scope.actor.to_string()
            && *first == outcome
        {
            let next = stored.next_id(scope.tenant);
            let next = Read::<Task>::get(self.work, next).await?;
            return Ok(Completed { task: stored, next });
        }
        let done = stored.clone().change("done", |task| task.done(at, &scope.actor, outcome))?;
        let next = stored.next(stored.next_id(scope.tenant), at)?;
        let task = self.work.update(done).await?;
        let next = match next {
            None => None,
            Some(next) => match Read::<Task>::get(self.work, next.id).await? {
                Some(there) => Some(there),
                None => Some(Append::<Task>::insert(self.work, next).await?),
            },
        };
        Ok(Completed { task, next })
    }

    /// It will not be done, and does not come again.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, [`crate::Error::Refused`] when it is closed
    /// already, [`crate::Error::Invalid`] without a reason.
    pub async fn cancel(
        &mut self,
        id: Id<Task>,
        reason: impl Into<String> + Send,
    ) -> Result<Stored<Task>> {
        let (at, by, reason) = (self.work.now(), self.work.scope().actor.clone(), reason.into());
        required::<Task>("reason", &reason)?;
        let stored = expect(self.work, id).await?;
        self.work.update(stored.change("cancelled", |task| task.cancelled(at, &by, reason))?).await
    }
}
