use std::collections::BTreeMap;

use crate::{
    Result,
    addendum::{self, Addendum},
    interaction::{self, Interaction},
    kernel::{Change, Criteria, Entity, Field, Id, Stored, Timestamp},
    opportunity::Opportunity,
    stage_move::{self, StageMove},
    store::{Answers, Asked, Batch, ReadUnit},
    task::{self, Task},
    transaction::{self, Transaction},
};

use super::{
    Customer, Happening, TimelineEntry, TimelineKind, TimelinePlace,
    changes::{changes, first_versions},
};

/// What a batch was asked about what happened with one customer, under this id alone.
pub(super) struct Story {
    transactions: Option<List<Transaction>>,
    steps: Option<(List<StageMove>, Asked<Named>)>,
    tasks: Option<List<Task>>,
    addenda: Option<List<Addendum>>,
    interactions: Option<List<Interaction>>,
    versions: Option<(Id<Customer>, Asked<Vec<Change>>)>,
}

type List<E> = Asked<Vec<Stored<E>>>;

/// What of a story is shown.
pub(super) struct Show<'s> {
    pub(super) wanted: &'s (dyn Fn(&Happening) -> bool + Send + Sync),
    pub(super) after: Option<TimelinePlace>,
    pub(super) limit: u32,
}

/// The opportunities that took steps.
type Named = BTreeMap<Id<Opportunity>, Stored<Opportunity>>;

impl Story {
    /// Asks for what of it may stand on a page that begins behind a place. Of the same time and id,
    /// the last kind stands first.
    pub(super) fn ask(
        batch: &mut Batch,
        of: Id<Customer>,
        wanted: impl Fn(TimelineKind) -> bool,
        after: Option<TimelinePlace>,
    ) -> Self {
        let transactions = wanted(TimelineKind::Transaction)
            .then(|| batch.newest(bought(of, after), &transaction::DATE));
        let steps = wanted(TimelineKind::Step).then(|| {
            let (time, id) = (&stage_move::MOVED_AT, &stage_move::ID);
            let criteria =
                behind(stage_move::CUSTOMER_ID.eq(of), time, id, TimelineKind::Step, after);
            let steps = batch.newest(criteria, time);
            let named = batch.named(&steps, &stage_move::OPPORTUNITY_ID);
            (steps, named)
        });
        let tasks = wanted(TimelineKind::Task).then(|| {
            let (time, id) = (&task::SINCE, &task::ID);
            batch
                .newest(behind(task::CUSTOMER_ID.eq(of), time, id, TimelineKind::Task, after), time)
        });
        let addenda = wanted(TimelineKind::Addendum).then(|| {
            let (time, id) = (&addendum::WRITTEN_AT, &addendum::ID);
            let criteria =
                behind(addendum::CUSTOMER_ID.eq(of), time, id, TimelineKind::Addendum, after);
            batch.newest(criteria, time)
        });
        let interactions = wanted(TimelineKind::Interaction).then(|| {
            let (time, id) = (&interaction::HAPPENED_AT, &interaction::ID);
            let criteria =
                behind(interaction::CUSTOMER_ID.eq(of), time, id, TimelineKind::Interaction, after);
            batch.newest(criteria, time)
        });
        // Both are in the same entries of the log.
        let versions = (wanted(TimelineKind::Change) || wanted(TimelineKind::Ownership))
            .then(|| (of, first_versions(batch, of)));
        Self { transactions, steps, tasks, addenda, interactions, versions }
    }

    /// Adds what happened to the entries.
    pub(super) async fn tell(
        self,
        unit: &mut (dyn ReadUnit + '_),
        mut answers: Answers,
        show: &Show<'_>,
        entries: &mut Vec<TimelineEntry>,
    ) -> Result<()> {
        if let Some(asked) = self.transactions {
            tell(answers.take(asked)?, entries, |bought| {
                let at = Timestamp::start_of(bought.date).unwrap_or(Timestamp::MIN);
                (at, Happening::Transaction(Box::new(bought)))
            });
        }
        if let Some((steps, named)) = self.steps {
            let named = answers.take(named)?;
            tell(answers.take(steps)?, entries, |step| {
                let opportunity = named.get(&step.opportunity_id).map(|o| o.name.clone());
                let opportunity = opportunity.unwrap_or_default();
                (step.moved_at, Happening::Step { opportunity, step: Box::new(step) })
            });
        }
        if let Some(asked) = self.tasks {
            tell(answers.take(asked)?, entries, |task| {
                (task.since(), Happening::Task(Box::new(task)))
            });
        }
        if let Some(asked) = self.addenda {
            tell(answers.take(asked)?, entries, |addendum| {
                (addendum.written_at, Happening::Addendum(Box::new(addendum)))
            });
        }
        if let Some(asked) = self.interactions {
            tell(answers.take(asked)?, entries, |talk| {
                (talk.happened_at, Happening::Interaction(Box::new(talk)))
            });
        }
        if let Some((of, asked)) = self.versions {
            changes(unit, of, answers.take(asked)?, show, entries).await?;
        }
        Ok(())
    }
}

fn tell<E: Entity>(
    records: Vec<Stored<E>>,
    entries: &mut Vec<TimelineEntry>,
    happened: impl Fn(E) -> (Timestamp, Happening),
) {
    entries.extend(records.into_iter().map(|stored| {
        let id = stored.id().uuid();
        let (at, happened) = happened(stored.into_inner());
        TimelineEntry { at, id, happened }
    }));
}

/// What a customer bought, by days.
fn bought(of: Id<Customer>, after: Option<TimelinePlace>) -> Criteria<Transaction> {
    let criteria = transaction::CUSTOMER_ID.eq(of);
    let Some(place) = after else { return criteria };
    let day = place.at.date();
    let mut same = transaction::DATE.eq(day);
    // Later on that day, all that counts for it stands behind.
    if Timestamp::start_of(day).is_ok_and(|start| start == place.at) {
        same = same.and(id_behind(&transaction::ID, TimelineKind::Transaction, place));
    }
    criteria.and(transaction::DATE.below(day).or(same))
}

/// And stands behind a place, which is earlier in time: those of `kind`.
pub(super) fn behind<E: Entity>(
    criteria: Criteria<E>,
    time: &'static Field<E, Timestamp>,
    id: &'static Field<E, Id<E>>,
    kind: TimelineKind,
    after: Option<TimelinePlace>,
) -> Criteria<E> {
    let Some(place) = after else { return criteria };
    let same = time.eq(place.at).and(id_behind(id, kind, place));
    criteria.and(time.below(place.at).or(same))
}

/// At the same time, those of a kind stand behind a place by their ids.
fn id_behind<E: Entity>(
    id: &'static Field<E, Id<E>>,
    kind: TimelineKind,
    place: TimelinePlace,
) -> Criteria<E> {
    let below = id.below(Id::new(place.id));
    if kind < place.kind { below.or(id.eq(Id::new(place.id))) } else { below }
}
