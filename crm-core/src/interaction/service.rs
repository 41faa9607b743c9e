use crate::{
    Error,
    addendum::Addendum,
    customer::ensure_filed,
    kernel::{Entity, Id, Invalid, Refused, Result, Stored, Timestamp},
    staff_member::StaffMember,
    store::{Append, Read, UnitOfWork, expect},
};

use super::{ClosedDay, Interaction, InteractionStatus, close_day, next_step};

/// The verbs on interactions, within a unit of work.
pub struct Interactions<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Interactions<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Records what happened, and whether that is late; of a customer that was merged, under the
    /// survivor. Its next step becomes a [`crate::task::Task`], of who is named for it, else of who
    /// recorded it. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when the customer, the contact, the opportunity or the colleague
    /// is not there, [`crate::Error::Duplicate`] when the id is taken by another record,
    /// [`crate::Error::Invalid`] when it is to happen more than a day from now.
    pub async fn record(&mut self, interaction: Interaction) -> Result<Stored<Interaction>> {
        let known = Read::<Interaction>::get(self.work, interaction.id).await?.is_some();
        if !known {
            has_happened::<Interaction>(interaction.happened_at, self.work.now())?;
        }
        let stored =
            ensure_filed(self.work, Interaction { recorded_at: None, ..interaction }).await?;
        if !known && stored.version() == 1 {
            next_step::keep(self.work, None, &stored).await?;
        }
        Ok(stored)
    }

    /// Changes a record that is open still, and the task of its next step with it: a step that is
    /// named no more is cancelled, as long as nobody has closed it.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, or when what it names now is not there;
    /// [`crate::Error::Refused`] when it is closed, [`crate::Error::Invalid`] when it is to happen more
    /// than a day from now.
    pub async fn revise(
        &mut self,
        id: Id<Interaction>,
        edit: impl FnOnce(&mut Interaction) + Send,
    ) -> Result<Stored<Interaction>> {
        let stored = expect(self.work, id).await?;
        stored.must_be_open("revised")?;
        let (before, now) = (stored.clone().into_inner(), self.work.now());
        let changed = stored.change("revised", |mut draft| {
            edit(&mut draft);
            if draft.happened_at != before.happened_at {
                has_happened::<Interaction>(draft.happened_at, now)?;
            }
            Ok::<_, Error>(draft)
        })?;
        let stored = self.work.update(changed).await?;
        next_step::keep(self.work, Some(&before), &stored).await?;
        Ok(stored)
    }

    /// Closes it: from now on nobody changes it, on any path. What the house only lists as missing
    /// does not stand against it; [`crate::customer::inspect`] counts such records.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, [`crate::Error::Refused`] when it is closed,
    /// [`crate::Error::Invalid`] when it lacks what the house demands.
    pub async fn close(&mut self, id: Id<Interaction>) -> Result<Stored<Interaction>> {
        let (at, by) = (self.work.now(), self.work.scope().actor.clone());
        let stored = expect(self.work, id).await?;
        self.work.update(stored.change("closed", |i| i.close(at, &by))?).await
    }

    /// The end of the day: closes what happened before `until`, of one colleague or of all, and is
    /// complete by the rules of the house as they are now; lists the rest with what it lacks. What
    /// `missing` names, for reasons of the host's own, is missing too. Run again, it does what is left.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when somebody changed one of them meanwhile: run the unit again.
    pub async fn close_day(
        &mut self,
        until: Timestamp,
        staff: Option<Id<StaffMember>>,
        missing: &(dyn Fn(&Interaction) -> Vec<String> + Sync),
    ) -> Result<ClosedDay> {
        close_day::close_day(self.work, until, staff, missing).await
    }

    /// Writes an addendum to a closed interaction, under the actor's name. Sent again with the same
    /// id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such interaction, [`crate::Error::Refused`] while
    /// it is open, [`crate::Error::Invalid`] without a text, [`crate::Error::Duplicate`] when the id
    /// is taken by another one.
    pub async fn add_addendum(
        &mut self,
        id: Id<Addendum>,
        interaction: Id<Interaction>,
        text: impl Into<String> + Send,
    ) -> Result<Stored<Addendum>> {
        let text = text.into();
        let of = expect(self.work, interaction).await?;
        if of.state().status() == InteractionStatus::Open {
            let why = "it is not closed yet: change the record itself";
            return Err(Refused::new(Interaction::KIND, "open", "amended", why).into());
        }
        let mut new = Addendum {
            id,
            interaction_id: interaction,
            customer_id: of.customer_id,
            text,
            written_at: self.work.now(),
            written_by: self.work.scope().actor.to_string(),
        };
        let first = match Read::<Addendum>::get(self.work, id).await? {
            Some(first) => first,
            None => match Append::<Addendum>::insert(self.work, new.clone()).await {
                Err(duplicate @ Error::Duplicate { field: "id", .. }) => {
                    Read::<Addendum>::get(self.work, id).await?.ok_or(duplicate)?
                }
                answer => return answer,
            },
        };
        (new.written_at, new.customer_id) = (first.written_at, first.customer_id);
        ensure_filed(self.work, new).await
    }
}

/// No two clocks on earth are further apart than a day: what is later than that is a wish.
pub(crate) fn has_happened<E: Entity>(at: Timestamp, now: Timestamp) -> Result<(), Invalid> {
    const DAY: i64 = 86_400_000_000;
    if at.micros().saturating_sub(now.micros()) <= DAY {
        return Ok(());
    }
    let reason =
        format!("{at} is yet to come: record it once it has happened; what is planned is a task");
    Err(Invalid::field::<E>("happened_at", reason))
}
