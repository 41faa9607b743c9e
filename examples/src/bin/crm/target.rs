use chrono::NaiveDate;
use clap::{Args, Subcommand};
use crm_core::{
    forecast::{AttainmentRequest, attainments},
    kernel::{Money, Scope},
    product::{self, Product},
    store::{ReadUnit, Store, find_one, run},
    target::Target,
};
use serde_json::json;

use crate::{
    failure::Failure,
    forecast::{Periods, WhoseArg, pipeline},
    output::{Out, grouped, percent, short, told, told_plain},
    when,
};

/// `crm target`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  crm target set '500000 USD' --of 2017-10-01 --period quarter --staff 'Anna Snelling'\n  \
                  crm target list --as-of 2017-12-31"
)]
pub(crate) struct TargetOf {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sets what somebody, a unit or the house is to sell in a period.
    Set(Set),
    /// Shows how far everybody is.
    List(ListOf),
}

#[derive(Debug, Args)]
struct Set {
    /// How much, such as '500000 USD'.
    amount: Money,
    /// For the period that begins on this day.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    of: NaiveDate,
    #[command(flatten)]
    periods: Periods,
    #[command(flatten)]
    whose: WhoseArg,
    /// Only of this product, by name.
    #[arg(long, value_name = "NAME")]
    product: Option<String>,
    /// Only in this pipeline, by name.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

#[derive(Debug, Args)]
struct ListOf {
    /// As of the end of this day, in UTC. [default: today]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    as_of: Option<NaiveDate>,
    /// Only of periods that end on this day or later.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    from: Option<NaiveDate>,
    /// Only of periods that begin on this day or before.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    to: Option<NaiveDate>,
}

impl TargetOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.what {
            What::Set(set) => set.run(store, scope, out).await,
            What::List(list) => list.run(&mut *store.read(scope.clone()).await?, out).await,
        }
    }
}

impl Set {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let (whose, product, pipeline) = {
            let mut unit = store.read(scope.clone()).await?;
            let unit = &mut *unit;
            let whose = self.whose.find(unit).await?;
            let product = product_named(unit, self.product.as_deref()).await?;
            (whose, product.map(|p| p.id), pipeline(unit, self.pipeline.as_deref()).await?)
        };
        let fiscal = self.periods.fiscal_year()?;
        let period = crm_core::forecast::FiscalPeriod::from_start(self.of, self.periods.length());
        let period = period.map_err(crm_core::Error::from)?;
        let new = Target::new(scope.tenant, whose, period, self.amount);
        let new = new.only(scope.tenant, product, pipeline);
        let set = run(store, scope, |work| {
            let new = new.clone();
            Box::pin(async move { work.forecasts().set_target(new, fiscal).await })
        });
        let set = set.await?;
        let label = period.label(fiscal);
        if out.json {
            return out.json(&json!({
                "id": set.id, "whose": whose, "period": label, "start": set.start,
                "product": product, "pipeline": pipeline, "amount": set.amount,
            }));
        }
        out.line(format!(
            "{label}: {} {}.",
            grouped(set.amount.amount_text()),
            set.amount.currency()
        ))
    }
}

async fn product_named(
    unit: &mut dyn ReadUnit,
    name: Option<&str>,
) -> Result<Option<Product>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let found = find_one(unit, product::NAME.eq(name)).await?;
    let hint = "`crm list products` shows which there are";
    let nothing = || Failure::Asked(format!("there is no product {name:?}; {hint}"));
    found.map(|one| Some(one.into_inner())).ok_or_else(nothing)
}

impl ListOf {
    async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let as_of = self.as_of.unwrap_or_else(|| when::now().date());
        let asked =
            AttainmentRequest { from: self.from, to: self.to, ..AttainmentRequest::new(as_of) };
        let all = attainments(unit, &asked).await?;
        if out.json {
            let all: Vec<_> = all
                .iter()
                .map(|one| {
                    json!({
                        "name": one.name, "whose": one.target.whose(), "start": one.target.start,
                        "period": one.target.length, "product": one.target.product_id,
                        "pipeline": one.target.pipeline_id, "target": one.target.amount,
                        "closed": told_plain(one.closed, one.target.amount.currency()),
                        "gap": told_plain(one.gap(), one.target.amount.currency()),
                        "attained": one.attained().map(|share| format!("{share:.6}")),
                    })
                })
                .collect();
            return out.json(&json!({"as_of": as_of, "targets": all}));
        }
        if all.is_empty() {
            return out.line("There are no targets: `crm target set` sets one.");
        }
        let rows = all.iter().map(|one| {
            let attained = one.attained().map(|share| percent(&share.to_string()));
            vec![
                short(one.name.as_deref().unwrap_or("the house"), 30),
                format!("{} {}", one.target.length, one.target.start),
                format!(
                    "{} {}",
                    grouped(one.target.amount.amount_text()),
                    one.target.amount.currency()
                ),
                told(one.closed, Some(one.target.amount.currency())),
                attained.unwrap_or_default(),
                told(one.gap(), Some(one.target.amount.currency())),
            ]
        });
        out.table(&["Whose", "Period", "Target", "Closed", "", "Gap"], 2, rows)
    }
}
