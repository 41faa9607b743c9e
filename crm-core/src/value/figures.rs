use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    Result,
    kernel::{Currency, Invalid, Money, MoneyError, Tally, Value},
    transaction::{Transaction, TransactionKind},
};

/// What a customer brought in one currency, added up from its transactions. A payment is no revenue: it
/// settles an order that is counted already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The revenue of its orders.
    #[serde(with = "rust_decimal::serde::str")]
    pub revenue: Decimal,
    /// The revenue of its returns, as they say it: negative ([`TransactionKind::Return`]).
    #[serde(with = "rust_decimal::serde::str")]
    pub returned: Decimal,
    /// What the goods of orders cost us, and those of returns, which is negative. What comes
    /// back can be sold again; a return without a cost is worth nothing.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost: Decimal,
    /// How many orders.
    pub orders: i64,
    /// How many returns.
    pub returns: i64,
    /// How many transactions of any kind, payments too.
    pub transactions: i64,
    /// How many orders and returns do not say their cost: the margin is not known where there are any.
    pub without_cost: i64,
}

impl Figures {
    /// What is left of the revenue after returns.
    ///
    /// # Errors
    /// [`Invalid`] when it is beyond 28 digits.
    pub fn net_revenue(&self) -> Result<Decimal, Invalid> {
        self.revenue.checked_add(self.returned).ok_or_else(too_large)
    }

    /// What is left of that after the cost of goods; orders and returns without a cost count as if
    /// they had none ([`Figures::without_cost`]).
    ///
    /// # Errors
    /// [`Invalid`] when it is beyond 28 digits.
    pub fn margin(&self) -> Result<Decimal, Invalid> {
        self.net_revenue()?.checked_sub(self.cost).ok_or_else(too_large)
    }

    /// These and others.
    ///
    /// # Errors
    /// [`Invalid`] when an amount is beyond 28 digits.
    pub fn plus(self, more: Self) -> Result<Self, Invalid> {
        self.with(more, Decimal::checked_add, i64::checked_add)
    }

    /// These without others.
    ///
    /// # Errors
    /// [`Invalid`] when an amount is beyond 28 digits.
    pub fn minus(self, less: Self) -> Result<Self, Invalid> {
        self.with(less, Decimal::checked_sub, i64::checked_sub)
    }

    /// Each amount as another.
    pub(super) fn each(self, amount: impl Fn(Decimal) -> Result<Decimal>) -> Result<Self> {
        let [revenue, returned, cost] = [self.revenue, self.returned, self.cost]
            .map(|one| if one.is_zero() { Ok(one) } else { amount(one) });
        Ok(Self { revenue: revenue?, returned: returned?, cost: cost?, ..self })
    }

    fn with(
        self,
        other: Self,
        amount: fn(Decimal, Decimal) -> Option<Decimal>,
        count: fn(i64, i64) -> Option<i64>,
    ) -> Result<Self, Invalid> {
        let amount = |a, b| amount(a, b).map(|sum| sum.normalize()).ok_or_else(too_large);
        let count = |a, b| count(a, b).ok_or_else(too_large);
        Ok(Self {
            revenue: amount(self.revenue, other.revenue)?,
            returned: amount(self.returned, other.returned)?,
            cost: amount(self.cost, other.cost)?,
            orders: count(self.orders, other.orders)?,
            returns: count(self.returns, other.returns)?,
            transactions: count(self.transactions, other.transactions)?,
            without_cost: count(self.without_cost, other.without_cost)?,
        })
    }
}

/// What a transaction counts for.
pub(super) fn tally(one: &Transaction) -> Tally {
    let sold = one.kind != TransactionKind::Payment;
    let amount = one.revenue.amount();
    let (mut figures, none) = (Figures::default(), i64::from(sold && one.cost.is_none()));
    (figures.transactions, figures.without_cost) = (1, none);
    match one.kind {
        TransactionKind::Order => (figures.revenue, figures.orders) = (amount, 1),
        TransactionKind::Return => (figures.returned, figures.returns) = (amount, 1),
        TransactionKind::Payment => {}
    }
    if sold {
        figures.cost = one.cost.map(Money::amount).unwrap_or_default();
    }
    let (customer_id, currency) = (one.customer_id, one.revenue.currency());
    Tally { customer_id, currency, day: one.date, figures }
}

/// From here on an amount is more than [`Money`] holds: 10^14.
const ONE_BEYOND: Decimal = Decimal::from_parts(276_447_232, 23_283, 0, false, 0);

/// The part of an amount that one [`Money`] holds.
pub(super) fn low(amount: Decimal, currency: Currency) -> Value<'static> {
    Money::new(amount % ONE_BEYOND, currency).map_or(Value::Null, Value::Money)
}

/// How many times 10^14 the amount is beyond that part.
pub(super) fn beyond(amount: Decimal) -> Value<'static> {
    let times = (amount / ONE_BEYOND).trunc();
    Value::Integer(i64::try_from(times).unwrap_or_default())
}

/// The amount that both make.
pub(super) fn whole(low: Money, beyond: i64) -> Result<Decimal, &'static str> {
    let high = Decimal::from(beyond).checked_mul(ONE_BEYOND);
    let whole = high.and_then(|high| high.checked_add(low.amount()));
    Ok(whole.ok_or("it is beyond 28 digits")?.normalize())
}

pub(super) fn too_large() -> Invalid {
    Invalid::new("value", "amount", MoneyError::TooLarge.to_string())
}

/// The fields of figures in `currency`, and how they are read from a row.
///
/// What a customer brings may be more than one amount can be. What is beyond that is kept in whole multiples beside it:
/// 0 for all but absurd amounts.
macro_rules! figure_fields {
    ($entity:ident) => {
        /// The revenue of its orders, with the currency.
        pub static REVENUE: Field<$entity, Money> =
            Field::new("revenue", |row| low(row.figures.revenue, row.currency));
        /// The revenue of its returns: negative.
        pub static RETURNED: Field<$entity, Money> =
            Field::new("returned", |row| low(row.figures.returned, row.currency));
        /// What the goods cost us, less those of returns.
        pub static COST: Field<$entity, Money> =
            Field::new("cost", |row| low(row.figures.cost, row.currency));
        /// How many orders.
        pub static ORDERS: Field<$entity, i64> =
            Field::new("orders", |row| Value::Integer(row.figures.orders));
        /// How many returns.
        pub static RETURNS: Field<$entity, i64> =
            Field::new("returns", |row| Value::Integer(row.figures.returns));
        /// How many transactions of any kind, payments too.
        pub static TRANSACTIONS: Field<$entity, i64> =
            Field::new("transactions", |row| Value::Integer(row.figures.transactions));
        /// How many orders and returns do not say their cost.
        pub static WITHOUT_COST: Field<$entity, i64> =
            Field::new("without_cost", |row| Value::Integer(row.figures.without_cost));
        /// How many times 10^14 its revenue is beyond that: 0.
        pub static REVENUE_BEYOND: Field<$entity, i64> =
            Field::new("revenue_beyond", |row| beyond(row.figures.revenue));
        /// How many times 10^14 its returns are beyond that: 0.
        pub static RETURNED_BEYOND: Field<$entity, i64> =
            Field::new("returned_beyond", |row| beyond(row.figures.returned));
        /// How many times 10^14 its cost is beyond that: 0.
        pub static COST_BEYOND: Field<$entity, i64> =
            Field::new("cost_beyond", |row| beyond(row.figures.cost));

        /// The currency and the figures.
        fn figures(row: &mut Row<'_, $entity>) -> Result<(Currency, Figures), RowError> {
            let revenue = row.take(&REVENUE)?;
            let (returned, cost) = (row.take(&RETURNED)?, row.take(&COST)?);
            let currency = revenue.currency();
            for (field, amount) in [(&RETURNED, returned), (&COST, cost)] {
                if amount.currency() != currency {
                    let (left, right) = (currency, amount.currency());
                    let mixed = MoneyError::Mixed { left, right };
                    return Err(RowError::new(field.spec().name, mixed.to_string()));
                }
            }
            let (orders, returns) = (row.take(&ORDERS)?, row.take(&RETURNS)?);
            let (transactions, without_cost) = (row.take(&TRANSACTIONS)?, row.take(&WITHOUT_COST)?);
            let mut all = |low, field: &'static Field<$entity, i64>| {
                whole(low, row.take(field)?).map_err(|why| RowError::new(field.spec().name, why))
            };
            let figures = Figures {
                revenue: all(revenue, &REVENUE_BEYOND)?,
                returned: all(returned, &RETURNED_BEYOND)?,
                cost: all(cost, &COST_BEYOND)?,
                orders,
                returns,
                transactions,
                without_cost,
            };
            Ok((currency, figures))
        }
    };
}
pub(super) use figure_fields;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_one_amount_is_kept_beside_it() {
        assert_eq!(ONE_BEYOND, Decimal::from(100_000_000_000_000_i64));
        for text in ["0", "99999999999999.9999", "100000000000000", "-250000000000000.0001"] {
            let amount: Decimal = text.parse().unwrap();
            let Value::Money(low) = low(amount, Currency::USD) else { panic!("{text}") };
            let Value::Integer(times) = beyond(amount) else { panic!("{text}") };
            assert_eq!(whole(low, times).unwrap().to_string(), text);
        }
    }
}
