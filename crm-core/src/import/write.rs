use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::{
    Error, Result,
    assignment::Coming,
    kernel::{Id, Stored, Timestamp, Value},
    settings::Settings,
    store::{Repository, UnitOfWork, Work},
};

use super::{
    build::reason,
    by_rules::ByRules,
    insert::{insert, refuses},
    row::{Outcome, RowOutcome},
    slot::{Slot, State},
    subject::Subject,
};

/// How new records are given to people.
pub(super) struct Giving<E> {
    pub(super) by: ByRules<E>,
    pub(super) rules: Settings,
    pub(super) now: Timestamp,
}

impl<E: Subject> Giving<E> {
    /// Whether it is added with its owner. What a later row changes is decided about as that leaves it.
    fn at_once(&self, slot: &Slot<E>, named: &HashSet<Uuid>) -> bool {
        let ([State { to: new, .. }], None) = (slot.states.as_slice(), &slot.stored) else {
            return false;
        };
        (self.by.is_asked)(new) && !named.contains(&new.id().uuid())
    }
}

/// Which records are named by those of their kind that are written before anybody's turn is taken: they are added before these.
fn named_before<E: Subject>(slots: &[Slot<E>], giving: &Giving<E>) -> HashSet<Uuid> {
    let mut named = HashSet::new();
    let fields = E::FIELDS.iter().skip(1);
    let own: Vec<_> = fields.filter(|field| field.refers_to == Some(E::KIND)).collect();
    if own.is_empty() {
        return named;
    }
    // A record comes after those that it names.
    for slot in slots.iter().rev() {
        if giving.at_once(slot, &named) {
            continue;
        }
        for state in &slot.states {
            named.extend(own.iter().filter_map(|field| match (field.get)(&state.to) {
                Value::Uuid(id) => Some(id),
                _ => None,
            }));
        }
    }
    named
}

/// The rows that are about a record.
type Rows = Vec<(usize, Outcome)>;

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
        by_rules: Option<Giving<E>>,
        added_first: &mut bool,
    ) -> Result<()>
    where
        dyn UnitOfWork + 'w: Repository<E>,
    {
        let (mut entities, mut new, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        let mut asked = Vec::new();
        let giving = by_rules.as_ref().filter(|_| !*added_first);
        let named = giving.map(|giving| named_before(&slots, giving)).unwrap_or_default();
        for (place, mut slot) in slots.into_iter().enumerate() {
            for (row, outcome) in &slot.rows {
                self.tell(*row, outcome.clone());
            }
            if slot.stored.is_some() {
                changed.push((None, slot));
                continue;
            }
            let at_once = giving.filter(|giving| giving.at_once(&slot, &named));
            let mut states = std::mem::take(&mut slot.states).into_iter();
            let Some(State { to: first, row, .. }) = states.next() else { continue };
            slot.states = states.collect();
            match at_once {
                Some(giving) => match (giving.by.coming)(first, &giving.rules, giving.now) {
                    Ok(coming) => asked.push((place, slot.rows, coming)),
                    Err(error) if refuses(&error) => self.refuse(&slot.rows, row, &error),
                    Err(error) => return Err(error),
                },
                None => {
                    entities.push(first);
                    new.push((place, slot));
                }
            }
        }
        let answers = insert(work, entities).await?;
        for ((place, mut slot), answer) in new.into_iter().zip(answers) {
            match answer {
                Ok(stored) => {
                    self.wrote = true;
                    slot.stored = Some(stored);
                    changed.push((Some(place), slot));
                }
                Err(error) => {
                    let first = slot.rows.first().map_or(0, |(row, _)| *row);
                    self.refuse(&slot.rows, first, &error);
                }
            }
        }
        for (new, mut slot) in changed {
            let rows = std::mem::take(&mut slot.rows);
            let stored = self.change(work, slot, &rows).await?;
            let (Some(place), Some(giving), Some(stored)) = (new, &by_rules, stored) else {
                continue;
            };
            if (giving.by.is_asked)(&stored) {
                asked.push((place, rows, Coming::There(stored)));
            }
        }
        if let Some(giving) = by_rules {
            self.give(work, asked, &giving, added_first).await?;
        }
        Ok(())
    }

    /// Gives new records to people, in the order of their rows.
    async fn give<E: Subject>(
        &mut self,
        work: &mut Work<'_>,
        mut asked: Vec<(usize, Rows, Coming<E>)>,
        giving: &Giving<E>,
        added_first: &mut bool,
    ) -> Result<()> {
        asked.sort_by_key(|(place, ..)| *place);
        let (rows, coming): (Vec<_>, Vec<_>) =
            asked.into_iter().map(|(_, rows, coming)| (rows, coming)).unzip();
        let told = match (giving.by.give)(work, coming).await {
            Ok(told) => told,
            // Which one the store refuses is known once they are added one by one, and that comes before all turns.
            Err(error) if refuses(&error) && !*added_first => {
                *added_first = true;
                return Err(Error::conflict(Id::<E>::new(Uuid::nil()), None));
            }
            Err(error) => return Err(error),
        };
        for (rows, told) in rows.iter().zip(told) {
            self.wrote = true;
            // The row that made it.
            if let Some((row, _)) = rows.first()
                && let Some(outcome) = self.outcomes.get_mut(*row)
            {
                outcome.assignment = Some(told);
            }
        }
        Ok(())
    }

    /// The record as the rows leave it.
    async fn change<'w, E: Subject>(
        &mut self,
        work: &mut Work<'w>,
        slot: Slot<E>,
        rows: &[(usize, Outcome)],
    ) -> Result<Option<Stored<E>>>
    where
        dyn UnitOfWork + 'w: Repository<E>,
    {
        let Slot { stored: Some(mut stored), states, .. } = slot else { return Ok(None) };
        for State { row, event, to } in states {
            let next = stored.clone().change(event, |_| Ok::<_, Error>(to))?;
            match Repository::<E>::update(work, next).await {
                Ok(written) => stored = written,
                Err(error) if refuses(&error) => {
                    self.refuse(rows, row, &error);
                    return Ok(Some(stored));
                }
                Err(error) => return Err(error),
            }
            self.wrote = true;
        }
        Ok(Some(stored))
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
