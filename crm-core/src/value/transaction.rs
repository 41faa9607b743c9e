//! Transactions: what customers bought, paid and sent back.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, MoneyError, Refused, Row,
        RowError, Tally, Value, text_enum,
    },
    opportunity::Opportunity,
    product::Product,
};

use super::figures::tally;

text_enum! {
    /// What a transaction records.
    pub enum TransactionKind {
        /// Something was bought.
        Order = "order",
        /// Money came in for what was bought: it is no revenue, which the order is.
        Payment = "payment",
        /// Something came back: revenue and cost are negative.
        Return = "return",
    }
}

/// An order, a payment or a return of a customer: what value is counted from.
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    /// Its id.
    pub id: Id<Transaction>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// Who bought.
    pub customer_id: Id<Customer>,
    /// What it records.
    pub kind: TransactionKind,
    /// The day it counts for.
    pub date: NaiveDate,
    /// What came in.
    pub revenue: Money,
    /// What the goods cost us, in the same currency.
    pub cost: Option<Money>,
    /// How many units.
    pub quantity: Option<Decimal>,
    /// What was bought.
    pub product_id: Option<Id<Product>>,
    /// The opportunity it came from.
    pub opportunity_id: Option<Id<Opportunity>>,
    /// The number of the order, invoice or receipt.
    pub reference: Option<String>,
}

impl Transaction {
    /// An order.
    pub fn new(id: Id<Self>, customer_id: Id<Customer>, date: NaiveDate, revenue: Money) -> Self {
        Self {
            id,
            customer_id,
            date,
            revenue,
            kind: TransactionKind::Order,
            external_id: None,
            cost: None,
            quantity: None,
            product_id: None,
            opportunity_id: None,
            reference: None,
        }
    }

    /// A return has amounts of nothing or less.
    pub(super) fn comes_back(&self) -> Result<(), Invalid> {
        if self.kind != TransactionKind::Return {
            return Ok(());
        }
        for (field, amount) in [("revenue", Some(self.revenue)), ("cost", self.cost)] {
            if let Some(amount) = amount.filter(|amount| amount.amount() > Decimal::ZERO) {
                let reason = format!(
                    "a return of {} has {amount}: what comes back is below zero",
                    self.date
                );
                return Err(Invalid::field::<Self>(field, reason));
            }
        }
        Ok(())
    }
}

/// Its id.
pub static ID: Field<Transaction, Id<Transaction>> = Field::new("id", |t| t.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Transaction, String> =
    Field::optional("external_id", |t| Value::opt_text(&t.external_id));
/// Who bought.
pub static CUSTOMER_ID: Field<Transaction, Id<Customer>> =
    Field::new("customer_id", |t| t.customer_id.into_value());
/// What it records.
pub static KIND: Field<Transaction, TransactionKind> = Field::new("kind", |t| t.kind.into_value());
/// The day it counts for.
pub static DATE: Field<Transaction, NaiveDate> = Field::new("date", |t| t.date.into_value());
/// What came in.
pub static REVENUE: Field<Transaction, Money> = Field::new("revenue", |t| t.revenue.into_value());
/// What the goods cost us, in the same currency.
pub static COST: Field<Transaction, Money> = Field::optional("cost", |t| Value::opt(t.cost));
/// How many units.
pub static QUANTITY: Field<Transaction, Decimal> =
    Field::optional("quantity", |t| Value::opt(t.quantity));
/// What was bought.
pub static PRODUCT_ID: Field<Transaction, Id<Product>> =
    Field::optional("product_id", |t| Value::opt(t.product_id));
/// The opportunity it came from.
pub static OPPORTUNITY_ID: Field<Transaction, Id<Opportunity>> =
    Field::optional("opportunity_id", |t| Value::opt(t.opportunity_id));
/// The number of the order, invoice or receipt.
pub static REFERENCE: Field<Transaction, String> =
    Field::optional("reference", |t| Value::opt_text(&t.reference));

impl Entity for Transaction {
    const KIND: &'static str = "transaction";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        CUSTOMER_ID.spec(),
        KIND.spec(),
        DATE.spec(),
        REVENUE.spec(),
        COST.spec(),
        QUANTITY.spec(),
        PRODUCT_ID.spec(),
        OPPORTUNITY_ID.spec(),
        REFERENCE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];
    const TALLIED: bool = true;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            customer_id: row.take(&CUSTOMER_ID)?,
            kind: row.take(&KIND)?,
            date: row.take(&DATE)?,
            revenue: row.take(&REVENUE)?,
            cost: row.opt(&COST)?,
            quantity: row.opt(&QUANTITY)?,
            product_id: row.opt(&PRODUCT_ID)?,
            opportunity_id: row.opt(&OPPORTUNITY_ID)?,
            reference: row.opt(&REFERENCE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        match self.cost {
            Some(cost) if cost.currency() != self.revenue.currency() => {
                let (left, right) = (self.revenue.currency(), cost.currency());
                Err(Invalid::field::<Self>("cost", MoneyError::Mixed { left, right }.to_string()))
            }
            _ => self.comes_back(),
        }
    }

    fn tally(&self) -> Option<Tally> {
        Some(tally(self))
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
