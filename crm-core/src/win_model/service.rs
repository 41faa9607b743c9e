use rust_decimal::Decimal;

use crate::{
    Error, Result,
    kernel::{Criteria, Cursor, Id, Invalid, Query, Stored},
    opportunity::{self, Opportunity, OpportunityStatus, ProbabilitySource},
    pipeline::Pipeline,
    store::{Append, Read, ReadUnit, UnitOfWork, expect},
};

use super::{
    NUMBER, PIPELINE_ID, TRAINED_AT, Training, WinMethod, WinModel, WinScore, count::customers_of,
};

/// An opportunity with its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The opportunity, as it is.
    pub opportunity: Stored<Opportunity>,
    /// What the model says of it.
    pub score: WinScore,
}

/// How far writing scores has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoresWritten {
    /// How many open opportunities were looked at.
    pub seen: u64,
    /// How many of them have another probability now.
    pub changed: u64,
    /// How many have one that somebody gave them by hand: it stays.
    pub manual: u64,
    /// Where to go on; `None` when these were the last.
    pub next: Option<Cursor>,
}

/// So many opportunities are scored together.
const AT_ONCE: u32 = 1_000;

/// The model of a pipeline that counts: the last one trained.
///
/// # Errors
/// Whatever the store answers.
pub async fn latest(
    unit: &mut (dyn ReadUnit + '_),
    pipeline: Id<Pipeline>,
) -> Result<Option<Stored<WinModel>>> {
    let models = PIPELINE_ID.eq(pipeline).query().descending(&NUMBER).descending(&TRAINED_AT);
    Ok(Read::<WinModel>::find(unit, models.limit(1)).await?.items.pop())
}

/// A page of opportunities of the model's pipeline with their scores, and where the next one begins. Nothing is written.
///
/// # Errors
/// [`Error::Invalid`] for a query that cannot be.
pub async fn scores(
    unit: &mut (dyn ReadUnit + '_),
    model: &WinModel,
    mut query: Query<Opportunity>,
) -> Result<(Vec<Scored>, Option<Cursor>)> {
    query.criteria = query.criteria.and(opportunity::PIPELINE_ID.eq(model.pipeline_id));
    let page = Read::<Opportunity>::find(unit, query).await?;
    let features = model.fields.0.iter().map(|field| &field.feature);
    let customers = customers_of(unit, features, page.items.iter().map(|deal| &**deal)).await?;
    let scored = page.items.into_iter().map(|opportunity| {
        let customer = opportunity.customer_id.and_then(|id| customers.get(&id.uuid()));
        let score = model.score(&opportunity, customer);
        Scored { opportunity, score }
    });
    Ok((scored.collect(), page.next))
}

/// The open opportunities that are most likely won, at most `most` of those that match, the likeliest first; equally likely
/// ones in the order of their external ids, then of their ids. A page of the others at a time is in memory.
///
/// # Errors
/// [`Error::Invalid`] for criteria that cannot be.
pub async fn likeliest(
    unit: &mut (dyn ReadUnit + '_),
    model: &WinModel,
    matching: Criteria<Opportunity>,
    most: usize,
) -> Result<Vec<Scored>> {
    let open = matching.and(opportunity::STATUS.eq(OpportunityStatus::Open));
    let (mut best, mut after) = (Vec::new(), None);
    loop {
        let query = Query::of(open.clone()).limit(AT_ONCE).after(after.take());
        let (mut page, next) = scores(unit, model, query).await?;
        best.append(&mut page);
        best.sort_by(|a: &Scored, b: &Scored| {
            let (one, other) = (&a.opportunity, &b.opportunity);
            (b.score.probability.cmp(&a.score.probability))
                .then_with(|| one.external_id.cmp(&other.external_id))
                .then_with(|| one.id.cmp(&other.id))
        });
        best.truncate(most);
        after = next;
        if after.is_none() {
            return Ok(best);
        }
    }
}

/// The verbs on win models, within a unit of work.
pub struct WinModels<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> WinModels<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Trains a model on what is closed, and judges one made in the same way by what it has not seen. Those before it
    /// stay. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such pipeline; [`Error::Invalid`] for fields or days that cannot be, and for a
    /// field that tells the outcome; [`Error::Refused`] when too little is closed to learn from or to judge by;
    /// [`Error::Duplicate`] when the id is taken by another model.
    pub async fn train(
        &mut self,
        id: Id<WinModel>,
        training: &Training,
    ) -> Result<Stored<WinModel>> {
        if let Some(first) = Read::<WinModel>::get(self.work, id).await? {
            let same = first.pipeline_id == training.pipeline_id
                && first.as_of == training.as_of
                && training.since.is_none_or(|since| since == first.since)
                && training.split.is_none_or(|split| split == first.split)
                && first.fields.0.iter().map(|field| &field.feature).eq(&training.features);
            let duplicate = Error::Duplicate { entity: "win_model", field: "id" };
            return if same { Ok(first) } else { Err(duplicate) };
        }
        let trained = training.run(self.work).await?;
        let before = latest(self.work, training.pipeline_id).await?;
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let model = WinModel {
            id,
            pipeline_id: training.pipeline_id,
            number: before.map_or(0, |before| before.number).saturating_add(1),
            method: WinMethod::NaiveBayes,
            since: trained.since,
            as_of: training.as_of,
            split: trained.split,
            won: count(trained.all.won),
            lost: count(trained.all.lost),
            fields: trained.fields,
            evaluation: trained.evaluation,
            trained_at: self.work.now(),
            trained_by: self.work.scope().actor.to_string(),
        };
        Append::<WinModel>::insert(self.work, model).await
    }

    /// Gives open opportunities the probability that a model computes, a page of them: the caller goes on after
    /// [`ScoresWritten::next`], best in a unit of its own each time. Done again, it changes nothing.
    ///
    /// One that was given by hand stays. One that a model gave is only changed by `step` per cent points or more. Nobody's
    /// status changes; each change is a move, [`crate::stage_move::MoveKind::Revised`].
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such model, [`Error::Invalid`] for a negative step, a limit out of range or a
    /// cursor of another list, and whatever an update answers.
    pub async fn write_scores(
        &mut self,
        model: Id<WinModel>,
        step: Decimal,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ScoresWritten> {
        if step < Decimal::ZERO {
            let reason = format!("{step} is negative: a change is 0 per cent points or more");
            return Err(Invalid::new("win_model", "step", reason).into());
        }
        let model = expect(self.work, model).await?;
        let open = opportunity::STATUS.eq(OpportunityStatus::Open).query();
        let (page, next) = scores(self.work, &model, open.limit(limit).after(after)).await?;
        let mut done = ScoresWritten { next, ..ScoresWritten::default() };
        for Scored { opportunity, score } in page {
            done.seen += 1;
            if opportunity.probability_source == ProbabilitySource::Manual {
                done.manual += 1;
                continue;
            }
            let there = opportunity
                .probability
                .filter(|_| opportunity.probability_source == ProbabilitySource::Model);
            let stays = there.is_some_and(|there| {
                there == score.probability || (there - score.probability).abs() < step
            });
            if stays {
                continue;
            }
            let changed = opportunity.change("scored", |mut deal| {
                deal.probability = Some(score.probability);
                deal.probability_source = ProbabilitySource::Model;
                Ok::<_, Error>(deal)
            })?;
            self.work.update(changed.because(format!("win model {}", model.number))).await?;
            done.changed += 1;
        }
        Ok(done)
    }
}
