use std::{iter::Peekable, vec};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::kernel::Invalid;

/// The days on which one customer purchased, in order, each once, with what they brought.
///
/// - Amounts of one day are added up: several purchases on a day are one.
/// - An amount below nothing is a return. A day whose sum is below nothing, or nothing because what was bought was returned,
///   is no purchase; its sum is taken off the last purchase before. A return without a purchase before it is left out.
/// - A purchase of nothing (a free item) is a purchase.
///
/// ```
/// use crm_core::lifetime::PurchaseDays;
/// let day = |d: u32| chrono::NaiveDate::from_ymd_opt(2026, 3, d).unwrap_or_default();
/// let days = PurchaseDays::of(vec![(day(9), 5.into()), (day(1), 30.into()), (day(1), 10.into()), (day(4), (-10).into())])?;
/// assert_eq!(days.days(), [(day(1), 30.into()), (day(9), 5.into())]);
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurchaseDays(Vec<(NaiveDate, Decimal)>);

impl PurchaseDays {
    /// From one customer's amounts, in any order.
    ///
    /// # Errors
    /// [`Invalid`] when a sum is beyond 28 digits.
    pub fn of(mut amounts: Vec<(NaiveDate, Decimal)>) -> Result<Self, Invalid> {
        amounts.sort_unstable();
        let mut days: Vec<(NaiveDate, Decimal)> = Vec::new();
        for of_day in amounts.chunk_by(|one, next| one.0 == next.0) {
            let Some((day, _)) = of_day.first() else { continue };
            let sum = sum(of_day.iter().map(|(_, amount)| *amount))?;
            let returned = of_day.iter().any(|(_, amount)| *amount < Decimal::ZERO);
            if sum > Decimal::ZERO || !returned {
                days.push((*day, sum));
            } else if let Some((_, last)) = days.last_mut() {
                *last = plus(*last, sum)?;
            }
        }
        Ok(Self(days))
    }

    /// The same, as it was known at the end of a day: of what came later, returns too, nothing counts.
    ///
    /// # Errors
    /// [`Invalid`] when a sum is beyond 28 digits.
    pub fn known(mut amounts: Vec<(NaiveDate, Decimal)>, end: NaiveDate) -> Result<Self, Invalid> {
        amounts.retain(|(day, _)| *day <= end);
        Self::of(amounts)
    }

    /// The days, in order, each with what it brought.
    pub fn days(&self) -> &[(NaiveDate, Decimal)] {
        &self.0
    }

    /// Of how many days until the end, that day too.
    pub(super) fn until(&self, end: NaiveDate) -> &[(NaiveDate, Decimal)] {
        self.0.split_at(self.0.partition_point(|(day, _)| *day <= end)).0
    }

    /// How many purchases there are after a day, up to another.
    pub fn count_between(&self, after: NaiveDate, until: NaiveDate) -> u64 {
        self.0.iter().filter(|(day, _)| *day > after && *day <= until).count() as u64
    }
}

/// The sum, exactly.
///
/// # Errors
/// [`Invalid`] beyond 28 digits.
pub(super) fn sum(amounts: impl Iterator<Item = Decimal>) -> Result<Decimal, Invalid> {
    amounts.into_iter().try_fold(Decimal::ZERO, plus)
}

fn plus(sum: Decimal, amount: Decimal) -> Result<Decimal, Invalid> {
    let beyond = || {
        Invalid::new(
            "purchase",
            "amount",
            "the amounts of a customer have more than 28 digits together",
        )
    };
    sum.checked_add(amount).ok_or_else(beyond)
}

/// Rows in the order of their customers, one customer at a time: it keeps the rows of that customer only. Days may come in
/// any order. See [`ordered_by_customer`].
pub struct ByCustomer<I: Iterator> {
    rows: Peekable<I>,
    broken: bool,
}

/// Makes [`PurchaseDays`] of rows that come in the order of their customers, as a store gives them. Memory is flat: one
/// customer's rows at a time. The iterator ends with [`Invalid`] at the first row that is out of order, or
/// where a customer's amounts are beyond 28 digits together.
pub fn ordered_by_customer<K, R>(rows: R) -> ByCustomer<R::IntoIter>
where
    R: IntoIterator<Item = (K, NaiveDate, Decimal)>,
{
    ByCustomer { rows: rows.into_iter().peekable(), broken: false }
}

/// The same for rows in any order: all are kept, and sorted.
pub fn by_customer<K: Ord, R>(rows: R) -> ByCustomer<vec::IntoIter<(K, NaiveDate, Decimal)>>
where
    R: IntoIterator<Item = (K, NaiveDate, Decimal)>,
{
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_unstable();
    ordered_by_customer(rows)
}

impl<K: Ord, I: Iterator<Item = (K, NaiveDate, Decimal)>> Iterator for ByCustomer<I> {
    type Item = Result<(K, PurchaseDays), Invalid>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        let (customer, day, amount) = self.rows.next()?;
        let mut amounts = vec![(day, amount)];
        while let Some((_, day, amount)) = self.rows.next_if(|(next, _, _)| *next == customer) {
            amounts.push((day, amount));
        }
        let back = self.rows.peek().is_some_and(|(next, _, _)| *next < customer);
        let days = if back {
            let reason =
                "the rows are not in the order of the customers: sort them, or use `by_customer`";
            Err(Invalid::new("purchase", "customer", reason))
        } else {
            PurchaseDays::of(amounts)
        };
        self.broken = days.is_err();
        Some(days.map(|days| (customer, days)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(number)
    }

    fn of(amounts: &[(u64, i64)]) -> Vec<(u64, i64)> {
        let amounts = amounts.iter().map(|(d, amount)| (day(*d), Decimal::from(*amount))).collect();
        let days = PurchaseDays::of(amounts).unwrap();
        let plain = |(d, amount): &(NaiveDate, Decimal)| {
            ((*d - day(0)).num_days() as u64, i64::try_from(*amount).unwrap())
        };
        days.days().iter().map(plain).collect()
    }

    #[test]
    fn purchases_of_a_day_are_one() {
        assert_eq!(of(&[(3, 5), (0, 7), (3, 6)]), [(0, 7), (3, 11)]);
    }

    #[test]
    fn returns_are_no_purchases_and_lower_the_last_one() {
        assert_eq!(of(&[(0, 7), (4, -3)]), [(0, 4)]);
        assert_eq!(of(&[(0, 7), (4, 9), (5, -9), (9, 2)]), [(0, 7), (4, 0), (9, 2)]);
        assert_eq!(of(&[(0, -3), (4, 9)]), [(4, 9)]);
        // Exchanged on the same day for something dearer, and brought back on the same day.
        assert_eq!(of(&[(0, 7), (4, -3), (4, 5), (8, -2), (8, 2)]), [(0, 7), (4, 2)]);
    }

    #[test]
    fn what_is_free_is_a_purchase() {
        assert_eq!(of(&[(0, 7), (4, 0)]), [(0, 7), (4, 0)]);
    }

    #[test]
    fn amounts_beyond_28_digits_are_refused() {
        let rows =
            [("a", day(0), Decimal::MAX), ("a", day(0), Decimal::ONE), ("b", day(0), Decimal::ONE)];
        let mut customers = by_customer(rows);
        assert!(customers.next().unwrap().unwrap_err().to_string().contains("28 digits"));
        assert!(customers.next().is_none());
    }

    #[test]
    fn any_order_gives_the_same_and_the_flat_way_tells_disorder() {
        let rows = [("b", 5, 1), ("a", 3, 2), ("b", 1, 4), ("a", 3, 1)]
            .map(|(who, d, amount)| (who, day(d), Decimal::from(amount)));
        let all: Vec<_> = by_customer(rows).map(Result::unwrap).collect();
        assert_eq!(all.iter().map(|(who, _)| *who).collect::<Vec<_>>(), ["a", "b"]);
        let mut sorted = rows;
        sorted.sort_unstable_by_key(|(who, _, _)| *who);
        assert_eq!(ordered_by_customer(sorted).map(Result::unwrap).collect::<Vec<_>>(), all);

        let mut disorder = ordered_by_customer(rows);
        assert!(disorder.next().unwrap().unwrap_err().reason.contains("by_customer"));
        assert!(disorder.next().is_none());
    }
}
