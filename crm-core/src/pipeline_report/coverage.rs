use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::{
    kernel::{Criteria, Currency, Money, Result, Sums},
    opportunity::{self, Opportunity, OpportunityStatus},
    store::{Insights, ReadUnit},
};

use super::{
    Period, Total,
    group::of_both,
    total::{as_text, quotient},
};

/// Whether enough is open for what is still to be won in a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// What is to be won.
    pub target: Money,
    /// What was won in the period.
    pub won: Total,
    /// What is open and expected to be decided in it.
    pub open: Total,
    /// What is left of the target, in its currency: nothing where it is reached.
    #[serde(serialize_with = "plain")]
    pub left: Decimal,
    /// What is open in the currency of the target, divided by what is left; none where nothing is.
    pub coverage: Option<Decimal>,
    /// What was won and is open in other currencies, which counts for nothing here.
    #[serde(serialize_with = "as_text")]
    pub other_currencies: BTreeMap<Currency, Decimal>,
}

/// The pipeline coverage of a target in a period, of opportunities as they are now.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit.
pub async fn coverage(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    target: Money,
    filter: &Criteria<Opportunity>,
) -> Result<Coverage> {
    let won = period.decided(&[OpportunityStatus::Won]);
    let won = total(unit, of_both(filter, &won)).await?;
    let open = period.in_its_months().and(opportunity::STATUS.eq(OpportunityStatus::Open));
    let open = open.and(period.has_day(&opportunity::EXPECTED_CLOSE));
    let open = total(unit, of_both(filter, &open)).await?;
    let currency = target.currency();
    let left = target.amount().saturating_sub(won.amount(currency)).max(Decimal::ZERO);
    let coverage = quotient(open.amount(currency), left, 4);
    let mut others = won.clone();
    others.add_all(&open)?;
    others.amounts.remove(&currency);
    let other_currencies = others.amounts;
    Ok(Coverage { target, won, open, left, coverage, other_currencies })
}

async fn total(unit: &mut (dyn ReadUnit + '_), criteria: Criteria<Opportunity>) -> Result<Total> {
    let sums = Sums::of(&opportunity::AMOUNT).matching(criteria);
    let mut total = Total::default();
    for sum in Insights::<Opportunity>::sums(unit, sums).await? {
        total.add(&sum)?;
    }
    Ok(total)
}

fn plain<S: Serializer>(amount: &Decimal, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&amount.to_string())
}
