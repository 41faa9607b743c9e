//! `crm win-model`: which opportunities will be won, and why.

mod report;
mod score;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use crm_core::{
    kernel::{Id, Scope, Stored},
    pipeline::Pipeline,
    store::{ReadUnit, Store, find_one, run},
    win_model::{self, Feature, Training, WinModel, latest},
};

use crate::{
    failure::Failure,
    find,
    output::Out,
    when::{day, now},
};

/// `crm win-model`
#[derive(Debug, Subcommand)]
pub(crate) enum WinModelOf {
    /// Counts what was won and lost, keeps it as a new model, and tells how well it does.
    Train(Train),
    /// Shows a model: what raises and lowers a score, by how much, and how well it did.
    Show(Show),
    /// Lists the open opportunities that are most likely won, and why.
    Score(score::Score),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crm win-model train --as-of 2017-12-31 --split 2017-10-01\n  \
                  crm win-model train --fields owner,product,'amount:1000 USD/5000 USD'"
)]
pub(crate) struct Train {
    #[command(flatten)]
    pipeline: OfPipeline,
    /// Learns from what was decided on this day or before. [default: today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<NaiveDate>,
    /// Learns from what was decided on this day or later. [default: all there is]
    #[arg(long, value_name = "DAY", value_parser = day)]
    since: Option<NaiveDate>,
    /// What was decided on this day or later judges a model of what was decided before.
    /// [default: the last quarter of the days]
    #[arg(long, value_name = "DAY", value_parser = day)]
    split: Option<NaiveDate>,
    /// Which fields it looks at: owner, product, source, customer, industry, category, country, opened_month,
    /// opened_quarter_month, amount:BOUND/BOUND…. [default: owner,product,source,customer,industry]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pipeline: OfPipeline,
    /// The model of this number. [default: the last one]
    #[arg(long, value_name = "N")]
    number: Option<i64>,
    /// So many values of each field, those that move a score most.
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

/// Of which pipeline.
#[derive(Debug, Args)]
struct OfPipeline {
    /// Of this pipeline, by name; else of the first that is in use.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

impl WinModelOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match self {
            Self::Train(train) => train.run(store, scope, out).await,
            Self::Show(show) => show.run(&mut *store.read(scope.clone()).await?, out).await,
            Self::Score(score) => score.run(store, scope, out).await,
        }
    }
}

impl Train {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let pipeline = {
            let mut unit = store.read(scope.clone()).await?;
            self.pipeline.find(&mut *unit).await?
        };
        let mut training = Training::new(pipeline, self.as_of.unwrap_or_else(|| now().date()));
        (training.since, training.split) = (self.since, self.split);
        if !self.fields.is_empty() {
            let read: Result<Vec<Feature>, _> = self.fields.iter().map(|f| f.parse()).collect();
            training.features = read.map_err(crm_core::Error::from)?;
        }
        let model = run(store, scope, |work| {
            let training = training.clone();
            Box::pin(async move {
                let id = Id::new(work.next_id());
                work.win_models().train(id, &training).await
            })
        });
        let model = model.await?;
        let mut unit = store.read(scope.clone()).await?;
        report::tell(&mut *unit, &model, 3, out).await
    }
}

impl Show {
    async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let pipeline = self.pipeline.find(unit).await?;
        let model = match self.number {
            None => last(unit, pipeline).await?,
            Some(number) => {
                let numbered = win_model::PIPELINE_ID.eq(pipeline);
                let found = find_one(unit, numbered.and(win_model::NUMBER.eq(number))).await?;
                found.ok_or_else(|| Failure::Asked(format!("there is no model {number}")))?
            }
        };
        report::tell(unit, &model, self.limit, out).await
    }
}

impl OfPipeline {
    async fn find(&self, unit: &mut dyn ReadUnit) -> Result<Id<Pipeline>, Failure> {
        let found = find::some_pipeline(unit, self.pipeline.as_deref()).await?;
        found.map(|pipeline| pipeline.id).ok_or_else(|| {
            let hint = "`crm import opportunities FILE` reads some";
            Failure::Asked(format!("there are no opportunities yet: {hint}"))
        })
    }
}

async fn last(
    unit: &mut dyn ReadUnit,
    pipeline: Id<Pipeline>,
) -> Result<Stored<WinModel>, Failure> {
    let hint = "no model is trained yet: `crm win-model train` makes one";
    latest(unit, pipeline).await?.ok_or_else(|| Failure::Asked(hint.to_owned()))
}
