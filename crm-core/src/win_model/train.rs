use chrono::{Days, NaiveDate};

use crate::{
    Result,
    kernel::{Criteria, Id, Invalid, Query, Refused},
    opportunity::{CLOSED_ON, Opportunity, OpportunityStatus, PIPELINE_ID, STATUS},
    pipeline::Pipeline,
    store::{Read, ReadUnit, expect},
};

use super::{
    Evaluation, Feature, FieldWeights, Tally, WinFields,
    count::{counts, customers_of, tally},
    evaluate::Scores,
    score::{percent, prior, score},
};

/// What a model is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Training {
    /// The opportunities of this pipeline.
    pub pipeline_id: Id<Pipeline>,
    /// Which fields it looks at: 1 to 8, each once.
    pub features: Vec<Feature>,
    /// What was decided on this day or before.
    pub as_of: NaiveDate,
    /// What was decided on this day or later; else all there is.
    pub since: Option<NaiveDate>,
    /// What was decided on this day or later judges a model of what was decided before; else the last quarter of the
    /// days from the first decision to the last.
    pub split: Option<NaiveDate>,
}

/// What came of a training.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trained {
    pub(super) since: NaiveDate,
    pub(super) split: NaiveDate,
    pub(super) all: Tally,
    pub(super) fields: WinFields,
    pub(super) evaluation: Evaluation,
}

/// So many won, and so many lost, must be closed before the split.
pub const LEAST_TRAINED: u64 = 10;
/// So many won, and so many lost, must be closed from the split on.
pub const LEAST_TESTED: u64 = 5;
/// So many fields at the most.
const MOST_FIELDS: usize = 8;
/// So many opportunities are scored together.
const AT_ONCE: u32 = 1_000;

impl Training {
    /// Of a pipeline, with the usual fields, as of a day.
    pub fn new(pipeline_id: Id<Pipeline>, as_of: NaiveDate) -> Self {
        Self { pipeline_id, features: Feature::usual(), as_of, since: None, split: None }
    }

    fn check(&self) -> Result<(), Invalid> {
        let wrong = |field: &str, reason: String| Err(Invalid::new("win_model", field, reason));
        if self.features.is_empty() || self.features.len() > MOST_FIELDS {
            let reason = format!("a model looks at 1 to {MOST_FIELDS} fields");
            return wrong("fields", reason);
        }
        let name = |at: usize| self.features.get(at).map(Feature::name);
        if let Some(twice) =
            (1..self.features.len()).find(|at| (0..*at).any(|b| name(b) == name(*at)))
        {
            let reason = format!("{} is there twice", name(twice).unwrap_or_default());
            return wrong("fields", reason);
        }
        let (as_of, since) = (self.as_of, self.since.unwrap_or(NaiveDate::MIN));
        if since > as_of {
            return wrong("since", format!("{since} is after {as_of}, the last day"));
        }
        if let Some(split) = self.split.filter(|split| *split <= since || *split > as_of) {
            let from = self.since.map_or(String::new(), |since| format!("after {since} and "));
            return wrong("split", format!("{split} is not {from}at the latest on {as_of}"));
        }
        Ok(())
    }

    /// Decided on this day or later.
    fn closed_from(&self, from: NaiveDate) -> Criteria<Opportunity> {
        self.of_pipeline().and(CLOSED_ON.at_least(from))
    }

    fn of_pipeline(&self) -> Criteria<Opportunity> {
        let closed = STATUS.one_of([OpportunityStatus::Won, OpportunityStatus::Lost]);
        PIPELINE_ID.eq(self.pipeline_id).and(closed)
    }

    pub(super) async fn run(&self, unit: &mut (dyn ReadUnit + '_)) -> Result<Trained> {
        self.check()?;
        let pipeline = expect(unit, self.pipeline_id).await?;
        let refused = |why: String| Refused::new("win_model", &pipeline.name, "a model", why);
        let decided = self.of_pipeline().and(CLOSED_ON.at_most(self.as_of));
        let decided = match self.since {
            Some(since) => decided.and(CLOSED_ON.at_least(since)),
            None => decided,
        };
        let first = closing_day(unit, decided.clone().query().order_by(&CLOSED_ON)).await?;
        let last = closing_day(unit, decided.query().descending(&CLOSED_ON)).await?;
        let (Some(first), Some(last)) = (first, last) else {
            let why =
                format!("nothing is closed until {}: there is nothing to learn from", self.as_of);
            return Err(refused(why).into());
        };
        let since = self.since.unwrap_or(first);
        let split = self.split.unwrap_or_else(|| {
            let days = (last - first).num_days().unsigned_abs() + 1;
            first.checked_add_days(Days::new((days * 3).div_ceil(4))).unwrap_or(last)
        });
        let earlier = self.closed_from(since).and(CLOSED_ON.below(split));
        enough(tally(unit, earlier.clone()).await?, LEAST_TRAINED).map_err(|lack| {
            refused(format!("from {since} until {split}, that day not counted, {lack}"))
        })?;
        let later = self.closed_from(split).and(CLOSED_ON.at_most(self.as_of));
        enough(tally(unit, later.clone()).await?, LEAST_TESTED)
            .map_err(|lack| refused(format!("from {split} to {}, {lack}", self.as_of)))?;
        let (trained, fields) = self.fit(unit, &earlier).await?;
        let scores = scored(unit, &fields, trained, later).await?;
        let evaluation = scores.evaluate(trained, percent(prior(trained)));
        let whole = self.closed_from(since).and(CLOSED_ON.at_most(self.as_of));
        let (all, fields) = self.fit(unit, &whole).await?;
        Ok(Trained { since, split, all, fields: WinFields(fields), evaluation })
    }

    /// What the store counted, as weights; a field that tells too much is refused.
    async fn fit(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        closed: &Criteria<Opportunity>,
    ) -> Result<(Tally, Vec<FieldWeights>)> {
        let all = tally(unit, closed.clone()).await?;
        let counted = counts(unit, &self.features, closed).await?;
        let mut fields = Vec::with_capacity(counted.len());
        for (feature, counts) in self.features.iter().zip(counted) {
            let field = FieldWeights::fit(feature.clone(), counts);
            field.refuse_leak()?;
            fields.push(field);
        }
        Ok((all, fields))
    }
}

/// The day on which the first of these was decided.
async fn closing_day(
    unit: &mut (dyn ReadUnit + '_),
    query: Query<Opportunity>,
) -> Result<Option<NaiveDate>> {
    let first = Read::<Opportunity>::find(unit, query.limit(1)).await?.items.pop();
    Ok(first.and_then(|first| first.state().closed_on()))
}

fn enough(there: Tally, least: u64) -> Result<(), String> {
    if there.won >= least && there.lost >= least {
        return Ok(());
    }
    let Tally { won, lost } = there;
    Err(format!("{won} won and {lost} lost are closed: a model needs {least} of each there"))
}

/// The scores of what a model has not seen, page by page, and what came of it.
async fn scored(
    unit: &mut (dyn ReadUnit + '_),
    fields: &[FieldWeights],
    trained: Tally,
    later: Criteria<Opportunity>,
) -> Result<Scores> {
    let mut scores = Scores::default();
    let mut after = None;
    loop {
        let query = Query::of(later.clone()).limit(AT_ONCE).after(after.take());
        let page = Read::<Opportunity>::find(unit, query).await?;
        let features = fields.iter().map(|field| &field.feature);
        let deals = page.items.iter().map(|deal| &**deal);
        let customers = customers_of(unit, features, deals).await?;
        for deal in &page.items {
            let customer = deal.customer_id.and_then(|id| customers.get(&id.uuid()));
            let told = score(fields, trained, |feature| feature.of(deal, customer));
            let won = deal.state().status() == OpportunityStatus::Won;
            let tally = Tally { won: u64::from(won), lost: u64::from(!won) };
            scores.add(told.probability, tally);
        }
        after = page.next;
        if after.is_none() {
            return Ok(scores);
        }
    }
}
