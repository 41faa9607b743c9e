//! What customers bring, as far as a number of each row that is kept tells it.

use std::collections::HashMap;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    Result,
    customer::{Customer, Survivors},
    customer_value::{self, CustomerValue},
    kernel::{
        AmountsOf, Criteria, Currency, Field, Id, KeptAmounts, KeptEntity, Money, Sums, Value,
    },
    monthly_value::{self, MonthlyValue},
    store::{Amounts, Insights, ReadUnit},
};

use super::{
    Basis, Period, Profit, ValueQuestion,
    figures::too_large,
    gather::figures_of,
    question::Values,
    source::{AT_ONCE, Source},
    to_units,
};

/// Of so much a month, as many months as there are days for still add up to a number of 64 bits.
const MOST_A_MONTH: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Revenue and margin of whole months or of all time, without reading more of a row than one number: of each customer an id and that
/// number are in memory. Whoever has another currency, or amounts beyond that, is told from its rows. None where this does not serve: with days at
/// the edges of months, and for what is won or takes effort.
pub(super) async fn plain_values(
    unit: &mut (dyn ReadUnit + '_),
    question: &ValueQuestion,
    survivors: &Survivors,
) -> Result<Option<Values>> {
    let (basis, currency) = (question.basis, question.currency());
    if !matches!(basis, Basis::Revenue | Basis::Margin) {
        return Ok(None);
    }
    let Some(source) = Source::of(unit, &question.period).await? else {
        return Ok(Some(Values::none(currency)));
    };
    let KeptAmounts { mut plain, other } = match source {
        Source::AllTime => {
            let of = OF_ALL_TIME.asked(basis, currency, Criteria::everything(), None)?;
            Amounts::<CustomerValue>::amounts(unit, of).await?
        }
        Source::Months { .. } => {
            let Some((first, last)) = source.whole() else { return Ok(None) };
            let those = monthly_value::MONTH.at_least(first);
            let those = those.and(monthly_value::MONTH.at_most(last));
            let of = OF_MONTHS.asked(basis, currency, those, Some(MOST_A_MONTH))?;
            Amounts::<MonthlyValue>::amounts(unit, of).await?
        }
    };
    if !survivors.is_empty() {
        for (whose, _) in &mut plain {
            *whose = survivors.of(Id::new(*whose)).uuid();
        }
    }
    let mut others: Vec<_> = other.into_iter().map(|id| survivors.of(Id::new(id))).collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        plain.retain(|(whose, _)| others.binary_search(&Id::new(*whose)).is_err());
    }
    let merged = merged_into(survivors);
    for some in others.chunks(AT_ONCE) {
        let with_them = some.iter().filter_map(|id| merged.get(id)).flatten();
        let mut ids: Vec<_> = some.iter().chain(with_them).copied().collect();
        ids.sort_unstable();
        let found = figures_of(unit, source, question.period, &question.rates, survivors, &ids);
        for row in found.await? {
            let profit = Profit::of(row.figures, Decimal::ZERO, currency)?;
            if let Some(value) = basis.of(&profit)? {
                plain.push((row.customer_id.uuid(), to_units(value)?));
            }
        }
    }
    add_up(&mut plain)?;
    let (customers, units) = apart(plain);
    Ok(Some(Values { customers, units, currency }))
}

/// How many orders and returns of whole months or of all time do not say what their goods cost.
pub(super) async fn without_cost(unit: &mut (dyn ReadUnit + '_), period: &Period) -> Result<i64> {
    let Some(source) = Source::of(unit, period).await? else { return Ok(0) };
    let sums = match source {
        Source::AllTime => {
            let some = customer_value::WITHOUT_COST.above(0);
            let sums = Sums::count().by(&customer_value::WITHOUT_COST).matching(some);
            Insights::<CustomerValue>::sums(unit, sums).await?
        }
        Source::Months { .. } => {
            let Some((first, last)) = source.whole() else { return Ok(0) };
            let some = monthly_value::WITHOUT_COST.above(0);
            let some = some.and(monthly_value::MONTH.at_least(first));
            let some = some.and(monthly_value::MONTH.at_most(last));
            let sums = Sums::count().by(&monthly_value::WITHOUT_COST).matching(some);
            Insights::<MonthlyValue>::sums(unit, sums).await?
        }
    };
    let each = sums.iter().map(|sum| match &*sum.key {
        [Value::Integer(without)] => without * i64::try_from(sum.count).unwrap_or_default(),
        _ => 0,
    });
    Ok(each.sum())
}

/// So many are moved at once.
const MOVED: usize = 1 << 16;

/// In two lists. What was moved is given back on the way, so that it is in memory once.
fn apart(mut plain: Vec<(Uuid, i64)>) -> (Vec<Id<Customer>>, Vec<i64>) {
    let (mut customers, mut units) =
        (Vec::with_capacity(plain.len()), Vec::with_capacity(plain.len()));
    while !plain.is_empty() {
        let rest = plain.len().saturating_sub(MOVED);
        for (whose, own) in plain.drain(rest..).rev() {
            customers.push(Id::new(whose));
            units.push(own);
        }
        plain.shrink_to_fit();
    }
    customers.reverse();
    units.reverse();
    (customers, units)
}

/// Who was merged into each of those who survived.
fn merged_into(survivors: &Survivors) -> HashMap<Id<Customer>, Vec<Id<Customer>>> {
    let mut merged: HashMap<_, Vec<_>> = HashMap::new();
    for id in survivors.merged() {
        merged.entry(survivors.of(id)).or_default().push(id);
    }
    merged
}

/// Each once, in the order of their ids.
fn add_up(plain: &mut Vec<(Uuid, i64)>) -> Result<()> {
    plain.sort_unstable_by_key(|(whose, _)| *whose);
    let mut fits = true;
    plain.dedup_by(|(whose, units), (before, sum)| {
        if whose != before {
            return false;
        }
        match sum.checked_add(*units) {
            Some(all) => *sum = all,
            None => fits = false,
        }
        true
    });
    if fits { Ok(()) } else { Err(too_large().into()) }
}

/// The fields of what is kept.
struct Kept<E: 'static> {
    revenue: &'static Field<E, Money>,
    returned: &'static Field<E, Money>,
    cost: &'static Field<E, Money>,
    orders: &'static Field<E, i64>,
    returns: &'static Field<E, i64>,
    /// Of each of the three amounts, how often it is beyond what one amount holds.
    beyond: [&'static Field<E, i64>; 3],
}

const OF_ALL_TIME: Kept<CustomerValue> = Kept {
    revenue: &customer_value::REVENUE,
    returned: &customer_value::RETURNED,
    cost: &customer_value::COST,
    orders: &customer_value::ORDERS,
    returns: &customer_value::RETURNS,
    beyond: [
        &customer_value::REVENUE_BEYOND,
        &customer_value::RETURNED_BEYOND,
        &customer_value::COST_BEYOND,
    ],
};

const OF_MONTHS: Kept<MonthlyValue> = Kept {
    revenue: &monthly_value::REVENUE,
    returned: &monthly_value::RETURNED,
    cost: &monthly_value::COST,
    orders: &monthly_value::ORDERS,
    returns: &monthly_value::RETURNS,
    beyond: [
        &monthly_value::REVENUE_BEYOND,
        &monthly_value::RETURNED_BEYOND,
        &monthly_value::COST_BEYOND,
    ],
};

impl<E: KeptEntity> Kept<E> {
    /// What a customer sold in a currency, of rows in which no amount is more than `most` on either side of zero.
    fn asked(
        &self,
        basis: Basis,
        currency: Currency,
        those: Criteria<E>,
        most: Option<Decimal>,
    ) -> Result<AmountsOf<E>> {
        let mut amounts = vec![self.revenue, self.returned];
        if basis == Basis::Margin {
            amounts.push(self.cost);
        }
        let zero = Money::zero(currency);
        // Of one currency is what can be compared with it.
        let mut plain = self.revenue.at_least(zero).or(self.revenue.below(zero));
        for (amount, beyond) in amounts.iter().zip(self.beyond) {
            plain = plain.and(beyond.eq(0));
            if let Some(most) = most {
                let bound = |most| Money::new(most, currency).map_err(|_| too_large());
                plain = plain.and(amount.at_least(bound(-most)?));
                plain = plain.and(amount.at_most(bound(most)?));
            }
        }
        let sold = self.orders.above(0).or(self.returns.above(0));
        let plus = vec![self.revenue.spec(), self.returned.spec()];
        let minus = amounts.get(2).map(|cost| cost.spec()).into_iter().collect();
        Ok(AmountsOf { criteria: those.and(sold), plus, minus, plain })
    }
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;

    use super::*;

    #[test]
    fn months_of_all_days_stay_within_bounds() {
        let months = i128::from(crate::kernel::Timestamp::MAX.date().year_ce().1) * 12;
        let one_month = i128::from(to_units(MOST_A_MONTH).unwrap()) * 3;
        assert!(months * one_month < i128::from(i64::MAX));
    }
}
