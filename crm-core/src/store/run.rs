use crate::{
    Error, Result, assignment::Assignments, customer::Customers, exchange_rate::ExchangeRates,
    forecast::Forecasts, interaction::Interactions, kernel::Scope, lead::Leads,
    opportunity::Opportunities, org::Absences, ownership::Ownership, price_book::PriceBooks,
    settings::HouseRules, task::Tasks, territory::Territories, win_model::WinModels,
};

use super::{Store, UnitOfWork, support::Boxed};

/// How often a unit is run at the most.
const ATTEMPTS: u32 = 5;

/// A unit of work, as verbs take it.
pub type Work<'w> = dyn UnitOfWork + 'w;

/// Begins a unit, runs `verbs` on it and commits; runs all of it again when the error says that
/// this can help, at most five times.
///
/// ```
/// # use crm_core::{customer::{Customer, CustomerKind}, kernel::*, memory::MemoryStore, store::{run, Append}};
/// # futures_executor::block_on(async {
/// # let ports = Ports::new(FixedClock::new("2017-12-31T08:00:00Z".parse()?), SequentialIds::new(1));
/// # let store = MemoryStore::new(ports);
/// # let scope = Scope::new(TenantId(uuid::Uuid::from_u128(1)), Actor::new("anna")?);
/// let acme = run(&store, &scope, |work| Box::pin(async move {
///     let id = Id::new(work.next_id());
///     work.insert(Customer::new(id, CustomerKind::Organisation, "Acme")).await
/// })).await?;
/// assert_eq!(acme.version(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
///
/// # Errors
/// Whatever `verbs` or the store answer, the last time.
pub async fn run<T: Send>(
    store: &dyn Store,
    scope: &Scope,
    verbs: impl for<'w> FnMut(&'w mut Work<'_>) -> Boxed<'w, T> + Send,
) -> Result<T> {
    run_while(store, scope, Error::is_retryable, verbs).await
}

/// As [`run`], again only after errors of which `again` holds.
pub(crate) async fn run_while<T: Send>(
    store: &dyn Store,
    scope: &Scope,
    again: impl Fn(&Error) -> bool + Send,
    mut verbs: impl for<'w> FnMut(&'w mut Work<'_>) -> Boxed<'w, T> + Send,
) -> Result<T> {
    let mut attempt = 1;
    loop {
        let outcome = once(store, scope, &mut verbs).await;
        match outcome {
            Err(error) if again(&error) && attempt < ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
    }
}

async fn once<T: Send>(
    store: &dyn Store,
    scope: &Scope,
    verbs: &mut (impl for<'w> FnMut(&'w mut Work<'_>) -> Boxed<'w, T> + Send),
) -> Result<T> {
    let mut work = store.begin(scope.clone()).await?;
    let answer = verbs(&mut *work).await?;
    work.commit().await?;
    Ok(answer)
}

impl<'w> dyn UnitOfWork + 'w {
    /// The verbs on the rules of the house.
    pub fn settings(&mut self) -> HouseRules<'_> {
        HouseRules::on(self)
    }

    /// The verbs on customers and their contacts.
    pub fn customers(&mut self) -> Customers<'_> {
        Customers::on(self)
    }

    /// The verbs on interactions.
    pub fn interactions(&mut self) -> Interactions<'_> {
        Interactions::on(self)
    }

    /// The verbs on opportunities.
    pub fn opportunities(&mut self) -> Opportunities<'_> {
        Opportunities::on(self)
    }

    /// The verbs on price books.
    pub fn price_books(&mut self) -> PriceBooks<'_> {
        PriceBooks::on(self)
    }

    /// The verbs on who owns what.
    pub fn ownership(&mut self) -> Ownership<'_> {
        Ownership::on(self)
    }

    /// The verbs on leads.
    pub fn leads(&mut self) -> Leads<'_> {
        Leads::on(self)
    }

    /// The verbs on tasks.
    pub fn tasks(&mut self) -> Tasks<'_> {
        Tasks::on(self)
    }

    /// The verbs on win models.
    pub fn win_models(&mut self) -> WinModels<'_> {
        WinModels::on(self)
    }

    /// The verbs on exchange rates.
    pub fn exchange_rates(&mut self) -> ExchangeRates<'_> {
        ExchangeRates::on(self)
    }

    /// The verbs on targets, adjustments and snapshots of the forecast.
    pub fn forecasts(&mut self) -> Forecasts<'_> {
        Forecasts::on(self)
    }

    /// The verbs on absences.
    pub fn absences(&mut self) -> Absences<'_> {
        Absences::on(self)
    }

    /// The verbs on territories.
    pub fn territories(&mut self) -> Territories<'_> {
        Territories::on(self)
    }

    /// The verbs that give records to people by rules.
    pub fn assignments(&mut self) -> Assignments<'_> {
        Assignments::on(self)
    }
}
