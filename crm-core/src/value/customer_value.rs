//! What customers brought in all, as stores keep it.

use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{
        Currency, Entity, Field, FieldSpec, FieldType, Id, Invalid, KeptEntity, Money, MoneyError,
        Refused, Row, RowError, Value,
    },
};

use super::figures::{Figures, beyond, figure_fields, low, whole};

/// What a customer brought in one currency, of all time: a row that stores keep up to date with its transactions, in the
/// same unit of work.
///
/// A transaction of a day to come counts too. The first and the last day are not kept: neither follows
/// from a difference once a transaction is changed.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerValue {
    /// Its id. A row is known by the customer and the currency; look for these.
    pub id: Id<CustomerValue>,
    /// Whose.
    pub customer_id: Id<Customer>,
    /// In which currency.
    pub currency: Currency,
    /// What it brought.
    pub figures: Figures,
}

impl CustomerValue {
    pub(crate) fn new(customer_id: Id<Customer>, currency: Currency, figures: Figures) -> Self {
        let id = Id::new(Uuid::new_v5(&customer_id.uuid(), currency.code().as_bytes()));
        Self { id, customer_id, currency, figures }
    }
}

/// Its id.
pub static ID: Field<CustomerValue, Id<CustomerValue>> = Field::new("id", |v| v.id.into_value());
/// Whose.
pub static CUSTOMER_ID: Field<CustomerValue, Id<Customer>> =
    Field::new("customer_id", |v| v.customer_id.into_value());
figure_fields!(CustomerValue);

impl Entity for CustomerValue {
    const KIND: &'static str = "customer_value";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        CUSTOMER_ID.spec(),
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
        let (currency, figures) = figures(row)?;
        Ok(Self { id, customer_id, currency, figures })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}

impl KeptEntity for CustomerValue {
    const KEY: &'static [&'static str] = &["customer_id", "revenue_currency"];

    fn plus(&self, more: &Self) -> Result<Self, Invalid> {
        Ok(Self { figures: self.figures.plus(more.figures)?, ..*self })
    }
}
