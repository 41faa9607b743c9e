use chrono::NaiveDate;

use crate::{
    customer::{self, Customer},
    kernel::{Id, Query, Result},
    lead::Lead,
    opportunity::Opportunity,
    store::{ReadUnit, every, expect},
};

use super::{Placement, Territory, TerritoryTree};

/// The territories that count on a day.
///
/// # Errors
/// Whatever the store answers.
pub async fn territory_tree(
    unit: &mut (dyn ReadUnit + '_),
    day: NaiveDate,
) -> Result<TerritoryTree> {
    Ok(TerritoryTree::new(all(unit).await?, day)?)
}

pub(super) async fn all(unit: &mut (dyn ReadUnit + '_)) -> Result<Vec<Territory>> {
    let mut all = Vec::new();
    every::<Territory, _>(unit, Query::all(), |one| {
        all.push(one.into_inner());
        Ok(())
    })
    .await?;
    Ok(all)
}

/// Where a customer belongs on a day; one that was merged belongs where its survivor does.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer.
pub async fn placement(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    day: NaiveDate,
) -> Result<Placement> {
    let customer = customer::resolve(unit, customer).await?;
    let customer = expect::<Customer, _>(unit, customer).await?;
    Ok(territory_tree(unit, day).await?.place(&customer))
}

/// Where an opportunity belongs on a day: where its customer does; nowhere without one.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such opportunity.
pub async fn placement_of_opportunity(
    unit: &mut (dyn ReadUnit + '_),
    opportunity: Id<Opportunity>,
    day: NaiveDate,
) -> Result<Placement> {
    match expect::<Opportunity, _>(unit, opportunity).await?.customer_id {
        Some(customer) => placement(unit, customer, day).await,
        None => Ok(Placement::default()),
    }
}

/// Where a lead belongs on a day: where the customer does that it became, and before that where one would of whom is known what is known of
/// the lead.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such lead.
pub async fn placement_of_lead(
    unit: &mut (dyn ReadUnit + '_),
    lead: Id<Lead>,
    day: NaiveDate,
) -> Result<Placement> {
    let lead = expect::<Lead, _>(unit, lead).await?;
    match lead.state().customer() {
        Some(customer) => placement(unit, customer, day).await,
        None => Ok(territory_tree(unit, day).await?.place(&lead.as_customer())),
    }
}
