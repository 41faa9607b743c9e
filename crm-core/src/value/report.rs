use rust_decimal::Decimal;

use crate::{
    Result,
    customer::Customer,
    kernel::{Currency, Id, Invalid, Sum, Sums, Value},
    opportunity::{self, Opportunity, OpportunityStatus},
    store::{Insights, ReadUnit},
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
/// there is. Records without an amount do not count.
///
/// # Errors
/// [`crate::Error::Invalid`] when no currency is named and there are several, or none.
pub async fn value_by(
    unit: &mut (dyn ReadUnit + '_),
    basis: Basis,
    currency: Option<Currency>,
) -> Result<Pareto<Id<Customer>>> {
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
    let currency = match currency {
        Some(currency) => currency,
        None => only_currency(&sums, basis)?,
    };
    Ok(pareto(values(&sums, currency), currency)?)
}

fn values(sums: &[Sum], currency: Currency) -> Vec<(Id<Customer>, Decimal)> {
    let of_currency = sums.iter().filter(|sum| sum.currency == Some(currency));
    let pairs = of_currency.filter_map(|sum| match sum.key.as_slice() {
        [Value::Uuid(id)] => Some((Id::new(*id), sum.amount)),
        _ => None,
    });
    pairs.collect()
}

fn only_currency(sums: &[Sum], basis: Basis) -> Result<Currency, Invalid> {
    let mut currencies: Vec<_> = sums.iter().filter_map(|sum| sum.currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    match currencies.as_slice() {
        [one] => Ok(*one),
        [] => {
            let what = match basis {
                Basis::Won => "no opportunity with an amount is won yet",
                Basis::Revenue => "there are no transactions yet",
            };
            Err(Invalid::new("value", "currency", format!("{what}: there is nothing to add up")))
        }
        several => {
            let codes: Vec<_> = several.iter().map(|currency| currency.code()).collect();
            let reason = format!("amounts are in {}: name one of them", codes.join(", "));
            Err(Invalid::new("value", "currency", reason))
        }
    }
}
