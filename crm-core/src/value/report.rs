use std::collections::HashMap;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    Result,
    customer::{self, Customer},
    kernel::{Currency, Id, Invalid, MoneyError, Stored, Sum, Sums, Value},
    opportunity::{self, Opportunity, OpportunityStatus},
    store::{Insights, ReadUnit, every},
    transaction::{self, Transaction},
};

use super::{Pareto, pareto};

/// What counts as a customer's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Basis {
    /// The amounts of the opportunities it won us.
    Won,
    /// The revenue of its transactions.
    Revenue,
}

/// Who of a house's customers brings how much, in one currency: in `currency`, else in the only one
/// there is. Records without an amount do not count; `None` where there is nothing to add up.
///
/// # Errors
/// [`crate::Error::Invalid`] when no currency is named and there are several.
pub async fn value_by(
    unit: &mut (dyn ReadUnit + '_),
    basis: Basis,
    currency: Option<Currency>,
) -> Result<Option<Pareto<Id<Customer>>>> {
    let sums = match basis {
        Basis::Won => {
            let won = opportunity::STATUS.eq(OpportunityStatus::Won);
            let sums = Sums::of(&opportunity::AMOUNT).by(&opportunity::CUSTOMER_ID).matching(won);
            Insights::<Opportunity>::sums(unit, sums).await?
        }
        Basis::Revenue => {
            let sums = Sums::of(&transaction::REVENUE).by(&transaction::CUSTOMER_ID);
            Insights::<Transaction>::sums(unit, sums).await?
        }
    };
    let sums = under_survivors(unit, sums).await?;
    let currency = match currency {
        Some(currency) => Some(currency),
        None => only_currency(&sums)?,
    };
    let answer = currency.map(|currency| pareto(values(&sums, currency), currency));
    Ok(answer.transpose()?)
}

/// What is filed under customers that were merged counts for those who survived.
async fn under_survivors(unit: &mut (dyn ReadUnit + '_), sums: Vec<Sum>) -> Result<Vec<Sum>> {
    let mut leads = HashMap::new();
    every(unit, customer::MERGED_INTO.is_present().query(), |stored: Stored<Customer>| {
        leads.extend(stored.merged_into.map(|into| (stored.id.uuid(), into.uuid())));
        Ok(())
    })
    .await?;
    let mut together: Vec<Sum> = Vec::with_capacity(sums.len());
    let mut at: HashMap<(Uuid, Option<Currency>), usize> = HashMap::new();
    for mut sum in sums {
        if let [Value::Uuid(id)] = sum.key.as_mut_slice() {
            // No chain is longer than there are merged customers.
            for _ in 0..leads.len() {
                let Some(into) = leads.get(id) else { break };
                *id = *into;
            }
            let place = *at.entry((*id, sum.currency)).or_insert(together.len());
            if let Some(known) = together.get_mut(place) {
                let total = known.amount.checked_add(sum.amount);
                let too_large =
                    || Invalid::new("value", "amount", MoneyError::TooLarge.to_string());
                (known.amount, known.count) =
                    (total.ok_or_else(too_large)?.normalize(), known.count + sum.count);
                continue;
            }
        }
        together.push(sum);
    }
    Ok(together)
}

fn values(sums: &[Sum], currency: Currency) -> Vec<(Id<Customer>, Decimal)> {
    let of_currency = sums.iter().filter(|sum| sum.currency == Some(currency));
    let pairs = of_currency.filter_map(|sum| match sum.key.as_slice() {
        [Value::Uuid(id)] => Some((Id::new(*id), sum.amount)),
        _ => None,
    });
    pairs.collect()
}

fn only_currency(sums: &[Sum]) -> Result<Option<Currency>, Invalid> {
    let mut currencies: Vec<_> = sums.iter().filter_map(|sum| sum.currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    match currencies.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => {
            let codes: Vec<_> = several.iter().map(|currency| currency.code()).collect();
            let reason = format!("amounts are in {}: name one of them", codes.join(", "));
            Err(Invalid::new("value", "currency", reason))
        }
    }
}
