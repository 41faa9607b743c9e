//! What customers brought month by month, as stores keep it.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{
        Currency, Entity, Field, FieldSpec, FieldType, Id, Invalid, KeptEntity, Money, MoneyError,
        Refused, Row, RowError, Value,
    },
};

use super::figures::{Figures, beyond, figure_fields, low, whole};

/// What a customer brought in one currency in one month: a row that stores keep up to date with its transactions, in the
/// same unit of work. Whoever has a transaction in a month has a row of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthlyValue {
    /// Its id. A row is known by the customer, the currency and the month; look for these.
    pub id: Id<MonthlyValue>,
    /// Whose.
    pub customer_id: Id<Customer>,
    /// The first day of the month.
    pub month: NaiveDate,
    /// In which currency.
    pub currency: Currency,
    /// What it brought.
    pub figures: Figures,
}

impl MonthlyValue {
    pub(crate) fn new(
        customer_id: Id<Customer>,
        currency: Currency,
        month: NaiveDate,
        figures: Figures,
    ) -> Self {
        let key = format!("{currency} {month}");
        let id = Id::new(Uuid::new_v5(&customer_id.uuid(), key.as_bytes()));
        Self { id, customer_id, month, currency, figures }
    }
}

/// Its id.
pub static ID: Field<MonthlyValue, Id<MonthlyValue>> = Field::new("id", |v| v.id.into_value());
/// Whose.
pub static CUSTOMER_ID: Field<MonthlyValue, Id<Customer>> =
    Field::new("customer_id", |v| v.customer_id.into_value());
/// The first day of the month.
pub static MONTH: Field<MonthlyValue, NaiveDate> = Field::new("month", |v| v.month.into_value());
figure_fields!(MonthlyValue);

impl Entity for MonthlyValue {
    const KIND: &'static str = "monthly_value";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        CUSTOMER_ID.spec(),
        MONTH.spec(),
        REVENUE.spec(),
        RETURNED.spec(),
        COST.spec(),
        ORDERS.spec(),
        RETURNS.spec(),
        TRANSACTIONS.spec(),
        WITHOUT_COST.spec(),
        REVENUE_BEYOND.spec(),
        RETURNED_BEYOND.spec(),
        COST_BEYOND.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        let (id, customer_id) = (row.take(&ID)?, row.take(&CUSTOMER_ID)?);
        let month = row.take(&MONTH)?;
        let (currency, figures) = figures(row)?;
        Ok(Self { id, customer_id, month, currency, figures })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}

impl KeptEntity for MonthlyValue {
    const KEY: &'static [&'static str] = &["customer_id", "revenue_currency", "month"];

    fn plus(&self, more: &Self) -> Result<Self, Invalid> {
        Ok(Self { figures: self.figures.plus(more.figures)?, ..*self })
    }
}
