//! What is asked of runs on the command line.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use crm_core::{
    kernel::{Currency, Id, Invalid, Scope, Stored},
    settings::house_rules,
    store::{Read, ReadUnit, Store, every, find_one},
    value::{Basis, Period, RunRequest, preview_run, take_run, value_currency},
    value_run::{self, ValueRun},
    value_run_line::{self, ValueRunLine},
};
use uuid::Uuid;

use crate::{failure::Failure, when};

/// A period and a currency.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The first day that counts. [default: all days up to the last]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    from: Option<NaiveDate>,
    /// The last day that counts. [default: the day as of which it is told]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    to: Option<NaiveDate>,
    /// As of which day it is told. [default: today]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    as_of: Option<NaiveDate>,
    /// In this currency, other amounts by the rates of their days (`crm rate`); needed where there are several.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
}

/// What counts as value.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum By {
    Won,
    Revenue,
    Margin,
    Profit,
}

impl From<By> for Basis {
    fn from(by: By) -> Self {
        match by {
            By::Won => Self::Won,
            By::Revenue => Self::Revenue,
            By::Margin => Self::Margin,
            By::Profit => Self::Profit,
        }
    }
}

impl Asked {
    /// The run that is asked for, by the policies of the house; none where no currency is named and there is no amount.
    pub(crate) async fn request(
        &self,
        store: &dyn Store,
        scope: &Scope,
        basis: Basis,
    ) -> Result<Option<RunRequest<'static>>, Failure> {
        let unit = &mut *store.read(scope.clone()).await?;
        let as_of = self.as_of.unwrap_or_else(|| when::now().date());
        let to = self.to.unwrap_or(as_of);
        let period = match self.from {
            Some(from) => Period::new(from, to, as_of),
            None => Period::up_to(to, as_of),
        };
        let period = period.map_err(|error: Invalid| Failure::Asked(error.reason))?;
        let currency = value_currency(unit, basis, self.currency).await;
        let currency = currency.map_err(ask_for_currency)?;
        let Some(currency) = currency else { return Ok(None) };
        let policies = house_rules(unit).await?.value_policies;
        let request = RunRequest::new(Id::new(Uuid::now_v7()), period, basis, currency);
        Ok(Some(RunRequest { policies: Some(policies), ..request }))
    }
}

/// What a run is to be called.
pub(crate) fn run_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a run that is kept has a name".to_owned());
    }
    Ok(text.to_owned())
}

/// A house with several currencies is to name one.
pub(crate) fn ask_for_currency(error: crm_core::Error) -> Failure {
    match error {
        crm_core::Error::Invalid(invalid) if invalid.field == "currency" => {
            Failure::Asked(format!("{} with --currency", invalid.reason))
        }
        other => other.into(),
    }
}

/// Takes the run and keeps it, under a name.
pub(crate) async fn saved(
    store: &dyn Store,
    scope: &Scope,
    request: &mut RunRequest<'_>,
    name: Option<&str>,
) -> Result<ValueRun, Failure> {
    if let Some(name) = name {
        request.id = ValueRun::id_of(scope.tenant, name);
        request.name = Some(name.to_owned());
    }
    let taken = take_run(store, scope, request).await;
    let taken = taken.map_err(|error| match (&error, name) {
        (crm_core::Error::Duplicate { .. }, Some(name)) => Failure::Asked(format!(
            "there is another run called {name}, which stays as it was taken: choose another name"
        )),
        _ => error.into(),
    });
    Ok(taken?.into_inner())
}

/// A run by its id or its name.
pub(crate) async fn run_named(unit: &mut dyn ReadUnit, text: &str) -> Result<ValueRun, Failure> {
    let found = match Uuid::try_parse(text) {
        Ok(id) => Read::<ValueRun>::get(unit, Id::new(id)).await?,
        Err(_) => find_one(unit, value_run::NAME.eq(text)).await?,
    };
    let none = || {
        let how =
            "keep one with `crm value --save NAME` or `crm tiers`, and see `crm list value-runs`";
        Failure::Asked(format!("there is no run {text}: {how}"))
    };
    found.map(Stored::into_inner).ok_or_else(none)
}

/// The run that is kept, else what it would be; each of its lines to `each`, in the order of their customers.
pub(crate) async fn lines_of(
    unit: &mut dyn ReadUnit,
    request: &RunRequest<'_>,
    kept: Option<ValueRun>,
    mut each: impl FnMut(ValueRunLine) -> Result<(), crm_core::Error> + Send,
) -> Result<ValueRun, Failure> {
    match kept {
        Some(run) => {
            lines(unit, run.id, each).await?;
            Ok(run)
        }
        None => {
            let told = preview_run(unit, request, |some| some.into_iter().try_for_each(&mut each));
            Ok(told.await?)
        }
    }
}

/// The lines of a run, in the order of their customers.
pub(crate) async fn lines(
    unit: &mut dyn ReadUnit,
    run: Id<ValueRun>,
    mut each: impl FnMut(ValueRunLine) -> Result<(), crm_core::Error> + Send,
) -> Result<(), Failure> {
    let query = value_run_line::RUN_ID.eq(run).query().order_by(&value_run_line::CUSTOMER_ID);
    every(unit, query, |line: Stored<ValueRunLine>| each(line.into_inner())).await?;
    Ok(())
}
