use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    kernel::{Id, Money, Scope},
    opportunity::ForecastCategory,
    store::{Store, run},
};
use serde_json::json;

use super::{Periods, WhoseArg};
use crate::{failure::Failure, find, output::Out, when};

/// `crm forecast adjust`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  crm forecast adjust '20000 USD' --category commit --of 2018-01-01 --staff 'Anna Snelling' \
                  --by 'Dustin Brinkmann' --reason 'two of them wait for a budget'"
)]
pub(crate) struct Adjust {
    /// What is expected instead, all of it, such as '20000 USD'.
    amount: Money,
    /// In which category: omitted, pipeline, best_case, commit, closed.
    #[arg(long, value_name = "CATEGORY")]
    category: ForecastCategory,
    /// For the period of this day.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    of: NaiveDate,
    #[command(flatten)]
    periods: Periods,
    #[command(flatten)]
    whose: WhoseArg,
    /// Who says so: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Adjust {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let period = self.periods.fiscal_year()?.period_of(self.of, self.periods.length());
        let (whose, by) = {
            let mut unit = store.read(scope.clone()).await?;
            (self.whose.find(&mut *unit).await?, find::staff(&mut *unit, &self.by).await?.id)
        };
        let (category, amount) = (self.category, self.amount);
        let said = run(store, scope, |work| {
            let reason = self.reason.clone();
            Box::pin(async move {
                let id = Id::new(work.next_id());
                let mut forecasts = work.forecasts();
                forecasts.adjust(id, whose, period, category, amount, by, reason).await
            })
        });
        let said = said.await?;
        let label = period.label(self.periods.fiscal_year()?);
        if out.json {
            return out.json(&json!({
                "id": said.id, "number": said.number, "whose": said.whose(), "period": label,
                "category": said.category, "amount": said.amount, "reason": said.reason,
            }));
        }
        out.line(format!("{label}, {}: {} is expected.", said.category, said.amount))
    }
}
