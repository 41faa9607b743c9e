use std::collections::HashMap;

use crate::{
    kernel::{Criteria, Entity, Id, Query, Result},
    opportunity::{ForecastCategory, OpportunityStatus},
    pipeline::Pipeline,
    store::{ReadUnit, every},
};

use super::groups::Lens;

/// In which category the stages of all pipelines count.
pub(super) struct Categories(HashMap<Id<Pipeline>, HashMap<String, ForecastCategory>>);

impl Categories {
    pub(super) async fn load(unit: &mut (dyn ReadUnit + '_)) -> Result<Self> {
        let mut all = HashMap::new();
        every::<Pipeline, _>(unit, Query::all(), |pipeline| {
            let stages = pipeline.stages.0.iter();
            let stages = stages.map(|stage| (stage.key.clone(), stage.forecast_category()));
            all.insert(pipeline.id, stages.collect());
            Ok(())
        })
        .await?;
        Ok(Self(all))
    }

    /// In which category an opportunity counts; none where it is lost.
    pub(super) fn of(
        &self,
        pipeline: Id<Pipeline>,
        stage: &str,
        status: OpportunityStatus,
        own: Option<ForecastCategory>,
    ) -> Option<ForecastCategory> {
        match status {
            OpportunityStatus::Lost => None,
            OpportunityStatus::Won => Some(ForecastCategory::Closed),
            OpportunityStatus::Open => {
                let open = |category: &ForecastCategory| *category != ForecastCategory::Closed;
                let of_stage = || self.0.get(&pipeline)?.get(stage).copied().filter(open);
                Some(own.filter(open).or_else(of_stage).unwrap_or(ForecastCategory::Pipeline))
            }
        }
    }

    /// What counts in a category: the same as [`Categories::of`], for a store.
    pub(super) fn criteria<E: Entity>(
        &self,
        lens: &'static Lens<E>,
        category: ForecastCategory,
    ) -> Criteria<E> {
        let open = lens.status.eq(OpportunityStatus::Open);
        match category {
            ForecastCategory::Closed => lens.status.eq(OpportunityStatus::Won),
            ForecastCategory::Pipeline => {
                let others = ForecastCategory::ALL.iter().filter(|other| {
                    !matches!(other, ForecastCategory::Closed | ForecastCategory::Pipeline)
                });
                let said = others.map(|other| self.said(lens, *other)).collect();
                open.and(Criteria::Any(said).not())
            }
            one => open.and(self.said(lens, one)),
        }
    }

    /// The opportunity says it of itself, or else its stage does.
    fn said<E: Entity>(&self, lens: &'static Lens<E>, category: ForecastCategory) -> Criteria<E> {
        let mut pipelines: Vec<_> = self.0.iter().collect();
        pipelines.sort_by_key(|(id, _)| **id);
        let stages = pipelines.into_iter().filter_map(|(pipeline, stages)| {
            let of = stages.iter().filter(|(_, of)| **of == category);
            let mut keys: Vec<_> = of.map(|(key, _)| key.as_str()).collect();
            keys.sort_unstable();
            let there = !keys.is_empty();
            there.then(|| lens.pipeline.eq(*pipeline).and(lens.stage.one_of(keys)))
        });
        let silent = lens.category.is_empty().or(lens.category.eq(ForecastCategory::Closed));
        lens.category.eq(category).or(silent.and(Criteria::Any(stages.collect())))
    }
}
