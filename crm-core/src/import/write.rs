use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    Error, Result,
    store::{Repository, UnitOfWork, Work},
};

use super::{
    build::reason,
    insert::{insert, refuses},
    row::{Outcome, RowOutcome},
    slot::{Slot, State},
    subject::Subject,
};

/// Writes the records of a batch, and tells what became of their rows.
pub(super) struct Writing<'a> {
    /// Records that rows name and the store refused.
    refused: HashMap<Uuid, Error>,
    outcomes: &'a mut [RowOutcome],
    /// Something was written.
    pub(super) wrote: bool,
    /// A record that rows name was not there.
    pub(super) misses: bool,
}

impl<'a> Writing<'a> {
    pub(super) const fn new(refused: HashMap<Uuid, Error>, outcomes: &'a mut [RowOutcome]) -> Self {
        Self { refused, outcomes, wrote: false, misses: false }
    }

    pub(super) async fn write<'w, E: Subject>(
        &mut self,
        work: &mut Work<'w>,
        slots: Vec<Slot<E>>,
    ) -> Result<()>
    where
        dyn UnitOfWork + 'w: Repository<E>,
    {
        let (mut entities, mut new, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for mut slot in slots {
            for (row, outcome) in &slot.rows {
                self.tell(*row, outcome.clone());
            }
            if slot.stored.is_some() {
                changed.push(slot);
                continue;
            }
            let mut states = std::mem::take(&mut slot.states).into_iter();
            let Some(State { to: first, .. }) = states.next() else { continue };
            slot.states = states.collect();
            entities.push(first);
            new.push(slot);
        }
        let answers = insert(work, entities).await?;
        for (mut slot, answer) in new.into_iter().zip(answers) {
            match answer {
                Ok(stored) => {
                    self.wrote = true;
                    slot.stored = Some(stored);
                    changed.push(slot);
                }
                Err(error) => {
                    let first = slot.rows.first().map_or(0, |(row, _)| *row);
                    self.refuse(&slot.rows, first, &error);
                }
            }
        }
        for slot in changed {
            self.change(work, slot).await?;
        }
        Ok(())
    }

    async fn change<'w, E: Subject>(&mut self, work: &mut Work<'w>, slot: Slot<E>) -> Result<()>
    where
        dyn UnitOfWork + 'w: Repository<E>,
    {
        let Slot { stored: Some(mut stored), states, rows } = slot else { return Ok(()) };
        for State { row, event, to } in states {
            let next = stored.change(event, |_| Ok::<_, Error>(to))?;
            match Repository::<E>::update(work, next).await {
                Ok(written) => stored = written,
                Err(error) if refuses(&error) => {
                    self.refuse(&rows, row, &error);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            self.wrote = true;
        }
        Ok(())
    }

    /// Refuses a row and those after it that are about the same record: they stand on it.
    fn refuse(&mut self, rows: &[(usize, Outcome)], first: usize, error: &Error) {
        let mut why = error;
        if let Error::Missing { id, .. } = error {
            self.misses = true;
            why = self.refused.get(id).unwrap_or(error);
        }
        let why = reason(why);
        for (row, _) in rows.iter().skip_while(|(row, _)| *row != first) {
            self.tell(*row, Outcome::Refused(why.clone()));
        }
    }

    fn tell(&mut self, row: usize, outcome: Outcome) {
        if let Some(told) = self.outcomes.get_mut(row) {
            told.outcome = outcome;
        }
    }
}
