//! Entries of price books: what a product costs, from so many on.

use rust_decimal::Decimal;

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, Refused, Row, RowError, Timestamp,
        Value,
    },
    product::Product,
    settings::Settings,
};

use super::PriceBook;

/// What a product costs in a price book, from so many on.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceBookEntry {
    /// Its id.
    pub id: Id<PriceBookEntry>,
    /// In which book.
    pub price_book_id: Id<PriceBook>,
    /// Of what.
    pub product_id: Id<Product>,
    /// From so many on: not negative. 0 is any quantity.
    pub min_quantity: Decimal,
    /// The price of one, without tax, in the currency of the book; not negative.
    pub unit_price: Money,
    /// The tax, in per cent, where the book says so.
    pub tax_rate: Option<Decimal>,
    /// The highest discount that may be given on it, in per cent; without it, any.
    pub max_discount: Option<Decimal>,
    /// Anything else.
    pub notes: Option<String>,
    /// Book, product and quantity in one: no two entries have the same.
    slot: String,
}

impl PriceBookEntry {
    /// What a product costs in a book, whatever the quantity.
    pub fn new(
        id: Id<Self>,
        price_book_id: Id<PriceBook>,
        product_id: Id<Product>,
        unit_price: Money,
    ) -> Self {
        Self {
            id,
            price_book_id,
            product_id,
            min_quantity: Decimal::ZERO,
            unit_price,
            tax_rate: None,
            max_discount: None,
            notes: None,
            slot: slot_of(price_book_id, product_id, Decimal::ZERO),
        }
    }
}

/// What tells an entry from all others: its book, its product, and from how many on.
pub fn slot_of(book: Id<PriceBook>, product: Id<Product>, min_quantity: Decimal) -> String {
    format!("{book} {product} {}", min_quantity.normalize())
}

/// Its id.
pub static ID: Field<PriceBookEntry, Id<PriceBookEntry>> = Field::new("id", |e| e.id.into_value());
/// In which book.
pub static PRICE_BOOK_ID: Field<PriceBookEntry, Id<PriceBook>> =
    Field::new("price_book_id", |e| e.price_book_id.into_value());
/// Of what.
pub static PRODUCT_ID: Field<PriceBookEntry, Id<Product>> =
    Field::new("product_id", |e| e.product_id.into_value());
/// From so many on.
pub static MIN_QUANTITY: Field<PriceBookEntry, Decimal> =
    Field::new("min_quantity", |e| e.min_quantity.into_value());
/// The price of one, without tax.
pub static UNIT_PRICE: Field<PriceBookEntry, Money> =
    Field::new("unit_price", |e| e.unit_price.into_value());
/// The tax, in per cent, where the book says so.
pub static TAX_RATE: Field<PriceBookEntry, Decimal> =
    Field::optional("tax_rate", |e| Value::opt(e.tax_rate));
/// The highest discount that may be given on it, in per cent.
pub static MAX_DISCOUNT: Field<PriceBookEntry, Decimal> =
    Field::optional("max_discount", |e| Value::opt(e.max_discount));
/// Anything else.
pub static NOTES: Field<PriceBookEntry, String> =
    Field::optional_long("notes", |e| Value::opt_text(&e.notes));
/// Book, product and quantity in one: no two entries have the same. Derived.
pub static SLOT: Field<PriceBookEntry, String> =
    Field::new("slot", |e: &PriceBookEntry| Value::text(&e.slot)).derived();

impl Entity for PriceBookEntry {
    const KIND: &'static str = "price_book_entry";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        PRICE_BOOK_ID.spec(),
        PRODUCT_ID.spec(),
        MIN_QUANTITY.spec(),
        UNIT_PRICE.spec(),
        TAX_RATE.spec(),
        MAX_DISCOUNT.spec(),
        NOTES.spec(),
        SLOT.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["slot"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            price_book_id: row.take(&PRICE_BOOK_ID)?,
            product_id: row.take(&PRODUCT_ID)?,
            min_quantity: row.take(&MIN_QUANTITY)?,
            unit_price: row.take(&UNIT_PRICE)?,
            tax_rate: row.opt(&TAX_RATE)?,
            max_discount: row.opt(&MAX_DISCOUNT)?,
            notes: row.opt(&NOTES)?,
            slot: row.take(&SLOT)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        let negative = |field: &str, number: Decimal| {
            Err(Invalid::field::<Self>(field, format!("{number} is negative")))
        };
        if self.min_quantity < Decimal::ZERO {
            return negative("min_quantity", self.min_quantity);
        }
        if self.unit_price.amount() < Decimal::ZERO {
            return negative("unit_price", self.unit_price.amount());
        }
        if let Some(rate) = self.tax_rate
            && rate < Decimal::ZERO
        {
            return negative("tax_rate", rate);
        }
        if let Some(most) = self.max_discount
            && !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&most)
        {
            let reason = format!("{most} is not between 0 and 100");
            return Err(Invalid::field::<Self>("max_discount", reason));
        }
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }

    fn settle(
        &mut self,
        _before: Option<&Self>,
        _rules: &Settings,
        _now: Timestamp,
    ) -> crate::Result<()> {
        self.slot = slot_of(self.price_book_id, self.product_id, self.min_quantity);
        Ok(())
    }
}
