use crate::{Result, customer::Customer, exchange_rate::DatedRates, kernel::Id, store::ReadUnit};

use super::{AtRiskReport, PurchaseDays, Regularity, Watch, each_customer};

/// Whose silence is unlikely, of all customers of a house, in the currency of the watch: purchases in other currencies count too, at
/// the rates of their days. Transactions are read twice: how regular everybody is comes first.
///
/// # Errors
/// [`crate::Error::NoRate`] names the pair and the day where a rate is missing. [`crate::Error::Invalid`] for limits that are none, and when amounts have more than 28 digits.
pub async fn at_risk(
    unit: &mut (dyn ReadUnit + '_),
    watch: &Watch,
) -> Result<AtRiskReport<Id<Customer>>> {
    watch.begin::<Id<Customer>>(Regularity::default())?;
    let rates = DatedRates::load(unit, watch.currency, watch.as_of).await?;
    let mut everybody = Regularity::default();
    each_customer(unit, rates.clone(), watch.as_of, |_, amounts| {
        everybody.add(watch.regularity(&PurchaseDays::known(amounts, watch.as_of)?));
        Ok(())
    })
    .await?;
    let mut watching = watch.begin(everybody)?;
    each_customer(unit, rates, watch.as_of, |customer, amounts| {
        Ok(watching.add(customer, &PurchaseDays::known(amounts, watch.as_of)?)?)
    })
    .await?;
    Ok(watching.report()?)
}
