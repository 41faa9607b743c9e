use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    kernel::{Currency, Money, Scope},
    opportunity::{ForecastCategory, Opportunity, PricedLine, ProbabilitySource},
    store::Store,
};
use rust_decimal::Decimal;

use crate::{
    failure::Failure,
    find,
    output::Out,
    when::{self, DayOf},
};

use super::tell;

/// `crm opportunity revise`
#[derive(Debug, Args)]
pub(super) struct Revise {
    /// The opportunity: an id, an external id or a name.
    opportunity: String,
    /// What it is worth, such as '24000 EUR'; that of its lines, where it has some.
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<Money>,
    /// The day it will be decided.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    expected_close: Option<NaiveDate>,
    /// How likely it is won, in per cent; `stage` for the default of its stage.
    #[arg(long, value_name = "PERCENT")]
    probability: Option<String>,
    /// How sure a forecast is of it: omitted, pipeline, best_case, commit.
    #[arg(long, value_name = "CATEGORY", value_parser = category)]
    forecast: Option<ForecastCategory>,
    /// Who works on it.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// What would be bought.
    #[arg(long)]
    product: Option<String>,
    /// What is to be done next.
    #[arg(long)]
    next_step: Option<String>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
}

impl Revise {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut work = store.begin(scope.clone()).await?;
        let deal = find::deal(&mut *work, &self.opportunity).await?;
        let owner = find::some_staff(&mut *work, self.owner.as_deref()).await?;
        let product = match &self.product {
            Some(text) => Some(find::product(&mut *work, text).await?.id),
            None => None,
        };
        let probability = match self.probability.as_deref() {
            None => None,
            Some("stage") => {
                let pipeline = deal.pipeline_id.to_string();
                let pipeline = find::pipeline(&mut *work, Some(&pipeline)).await?;
                let stage = pipeline.stages.get(deal.stage());
                Some((stage.map(|stage| stage.probability), ProbabilitySource::Stage))
            }
            Some(text) => {
                let wrong = |_| Failure::Asked("--probability: per cent, or `stage`".to_owned());
                Some((Some(text.parse().map_err(wrong)?), ProbabilitySource::Manual))
            }
        };
        let edit = |o: &mut Opportunity| {
            o.amount = self.amount.or(o.amount);
            o.expected_close = self.expected_close.or(o.expected_close);
            if let Some((percent, source)) = probability {
                (o.probability, o.probability_source) = (percent, source);
            }
            o.forecast_category = self.forecast.or(o.forecast_category);
            o.owner_id = owner.map(|owner| owner.id).or(o.owner_id);
            o.product_id = product.or(o.product_id);
            o.next_step = self.next_step.clone().or_else(|| o.next_step.clone());
        };
        let revised = work.opportunities().revise(deal.id, self.reason.clone(), edit).await?;
        work.commit().await?;
        tell(&revised, out)
    }
}

/// `crm opportunity line`
#[derive(Debug, Args)]
pub(super) struct AddLine {
    /// The opportunity: an id, an external id or a name.
    opportunity: String,
    /// The product: an id, an external id or a name.
    product: String,
    /// How many.
    #[arg(long, default_value = "1")]
    quantity: Decimal,
    /// The discount, in per cent.
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    discount: Decimal,
    /// In which currency; else that of the other lines, or of the amount.
    #[arg(long)]
    currency: Option<Currency>,
    /// How many lines stand before it: sent again with that, it is added once.
    #[arg(long, value_name = "N")]
    after: Option<usize>,
    #[command(flatten)]
    when: DayOf,
}

impl AddLine {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut work = store.begin(scope.clone()).await?;
        let deal = find::deal(&mut *work, &self.opportunity).await?;
        let product = find::product(&mut *work, &self.product).await?;
        let line = PricedLine {
            discount: self.discount,
            currency: self.currency,
            after: self.after,
            ..PricedLine::new(product.id, self.quantity, self.when.date())
        };
        let changed = work.opportunities().add_line(deal.id, line).await?;
        work.commit().await?;
        tell(&changed, out)
    }
}

fn category(text: &str) -> Result<ForecastCategory, String> {
    text.replace('-', "_").parse()
}
