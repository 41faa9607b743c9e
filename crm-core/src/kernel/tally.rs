use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    customer::Customer, customer_value::CustomerValue, monthly_value::MonthlyValue, value::Figures,
};

use super::{Currency, Entity, Id, Invalid, first_of_month};

/// What a record counts for in the figures of a customer: see [`Entity::tally`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tally {
    /// Of whom.
    pub customer_id: Id<Customer>,
    /// In which currency.
    pub currency: Currency,
    /// On which day.
    pub day: NaiveDate,
    /// How much.
    pub figures: Figures,
}

/// For stores: what a unit of work adds to figures that are kept, added up until it is written.
#[derive(Clone, Debug, Default)]
pub struct Tallies(BTreeMap<Key, Figures>);

/// The customer, the currency and the first day of the month.
type Key = (Id<Customer>, Currency, NaiveDate);

impl Tallies {
    /// A record came to be (`before` is `None`), or became another.
    ///
    /// # Errors
    /// [`Invalid`] when an amount is beyond 28 digits.
    pub fn change<E: Entity>(&mut self, before: Option<&E>, after: &E) -> Result<(), Invalid> {
        if !E::TALLIED {
            return Ok(());
        }
        let (before, after) = (before.and_then(Entity::tally), after.tally());
        if before == after {
            return Ok(());
        }
        if let Some(before) = before {
            self.add(&before, Figures::minus)?;
        }
        after.map_or(Ok(()), |after| self.add(&after, Figures::plus))
    }

    fn add(
        &mut self,
        tally: &Tally,
        how: fn(Figures, Figures) -> Result<Figures, Invalid>,
    ) -> Result<(), Invalid> {
        let month = first_of_month(tally.day);
        let figures = self.0.entry((tally.customer_id, tally.currency, month)).or_default();
        *figures = how(*figures, tally.figures)?;
        Ok(())
    }

    /// How many rows of months wait.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is to be added to which rows, in the order of their keys: those of all time, and those of
    /// months. What came to nothing is left out.
    ///
    /// # Errors
    /// [`Invalid`] when an amount is beyond 28 digits.
    pub fn rows(self) -> Result<(Vec<CustomerValue>, Vec<MonthlyValue>), Invalid> {
        let (mut values, mut months) = (Vec::<CustomerValue>::new(), Vec::new());
        for ((customer, currency, month), figures) in self.0 {
            if figures == Figures::default() {
                continue;
            }
            months.push(MonthlyValue::new(customer, currency, month, figures));
            match values.last_mut().filter(|v| (v.customer_id, v.currency) == (customer, currency))
            {
                Some(value) => value.figures = value.figures.plus(figures)?,
                None => values.push(CustomerValue::new(customer, currency, figures)),
            }
        }
        values.retain(|value| value.figures != Figures::default());
        Ok((values, months))
    }
}
