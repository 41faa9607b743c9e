use std::cmp::Reverse;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    customer::Customer,
    kernel::{Currency, Id, Invalid, Money},
    product::Product,
};

use super::{PriceBook, price_book_entry::PriceBookEntry};

/// What is asked of price books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceAsked {
    /// The price of what.
    pub product_id: Id<Product>,
    /// In which currency: prices are never converted.
    pub currency: Currency,
    /// For how many.
    pub quantity: Decimal,
    /// On which day.
    pub on: NaiveDate,
    /// For whom, where that is known.
    pub customer_id: Option<Id<Customer>>,
}

/// A price, and why it is that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Price {
    /// The price of one, without tax.
    pub unit_price: Money,
    /// The tax, in per cent, where the price book says so.
    pub tax_rate: Option<Decimal>,
    /// The highest discount that may be given, in per cent, where the price book says so.
    pub max_discount: Option<Decimal>,
    /// Where it stands.
    pub source: PriceSource,
    /// Books that come before it and do not hold here.
    pub passed_over: Vec<PassedOver>,
}

/// Where a price stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PriceSource {
    /// In a price book.
    Book {
        /// Which.
        id: Id<PriceBook>,
        /// What it is called.
        name: String,
        /// Which of its entries.
        entry: Id<PriceBookEntry>,
        /// From how many on it holds.
        min_quantity: Decimal,
    },
    /// It is the list price of the product.
    ListPrice,
}

/// A book that has prices of the product, and none that holds here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// What it is called.
    pub book: String,
    /// Why it does not hold.
    pub why: String,
}

/// What a product costs. Of the books in this currency that are in use, hold on the day and are for the customer, the one with the highest
/// priority decides that has the product for the quantity; of several, one for certain customers before one for everybody, then the
/// one that holds since later, then the name. In it, the entry for the highest quantity that is reached. Where no book
/// decides, the product's list price, if it is in this currency.
///
/// `entries` are those of the product, `books` those that have them.
///
/// # Errors
/// [`Invalid`] names what is missing: `currency` when nothing in it has a price of the product, `product_id`
/// when books in it do and none holds here, `quantity` when it is sold from a higher quantity on.
pub fn best_price(
    asked: &PriceAsked,
    product: &Product,
    customer: Option<&Customer>,
    books: &[PriceBook],
    entries: &[PriceBookEntry],
) -> Result<Price, Invalid> {
    if asked.quantity < Decimal::ZERO {
        return Err(Invalid::new("price", "quantity", format!("{} is negative", asked.quantity)));
    }
    let mut ranked: Vec<_> = books.iter().filter(|book| book.currency == asked.currency).collect();
    ranked.sort_by_key(|book| {
        let first = (Reverse(book.priority), book.is_for_everybody(), Reverse(book.valid_from));
        (first, book.name.as_str(), book.id)
    });
    let mut passed_over = Vec::new();
    let mut from_more_on = false;
    for book in ranked {
        let of_book = |entry: &&PriceBookEntry| {
            entry.price_book_id == book.id
                && entry.product_id == product.id
                && entry.unit_price.currency() == book.currency
        };
        let mut tiers: Vec<_> = entries.iter().filter(of_book).collect();
        tiers.sort_by_key(|entry| entry.min_quantity);
        let Some(first) = tiers.first() else { continue };
        let reached = tiers.iter().rev().find(|entry| entry.min_quantity <= asked.quantity);
        let why = match (against(book, asked, customer), reached) {
            (Some(why), _) => why,
            (None, None) => {
                from_more_on = true;
                format!("it has it from {} on", first.min_quantity)
            }
            (None, Some(entry)) => {
                return Ok(Price {
                    unit_price: entry.unit_price,
                    tax_rate: entry.tax_rate,
                    max_discount: entry.max_discount,
                    source: PriceSource::Book {
                        id: book.id,
                        name: book.name.clone(),
                        entry: entry.id,
                        min_quantity: entry.min_quantity,
                    },
                    passed_over,
                });
            }
        };
        passed_over.push(PassedOver { book: book.name.clone(), why });
    }
    match product.list_price.filter(|price| price.currency() == asked.currency) {
        Some(unit_price) => Ok(Price {
            unit_price,
            tax_rate: None,
            max_discount: None,
            source: PriceSource::ListPrice,
            passed_over,
        }),
        None => Err(no_price(asked, product, books, &passed_over, from_more_on)),
    }
}

/// Why a book does not hold, if it does not.
fn against(book: &PriceBook, asked: &PriceAsked, customer: Option<&Customer>) -> Option<String> {
    if !book.active {
        return Some("it is not in use".to_owned());
    }
    if let Some(from) = book.valid_from.filter(|from| asked.on < *from) {
        return Some(format!("it holds from {from} on"));
    }
    if let Some(to) = book.valid_to.filter(|to| *to < asked.on) {
        return Some(format!("it held until {to}"));
    }
    if book.is_for_everybody() {
        return None;
    }
    match customer {
        None => Some("it is for certain customers, and none is named".to_owned()),
        Some(customer) if book.customers.0.matches(customer) => None,
        Some(_) => Some("it is for other customers".to_owned()),
    }
}

fn no_price(
    asked: &PriceAsked,
    product: &Product,
    books: &[PriceBook],
    passed_over: &[PassedOver],
    from_more_on: bool,
) -> Invalid {
    let (name, currency, on) = (&product.name, asked.currency, asked.on);
    if passed_over.is_empty() {
        let mut others: Vec<_> = books.iter().map(|book| book.currency.code()).collect();
        others.extend(product.list_price.map(|price| price.currency().code()));
        others.sort_unstable();
        others.dedup();
        let others = match others.as_slice() {
            [] => "it has no price at all".to_owned(),
            some => format!("it has one in {}", some.join(", ")),
        };
        let reason = format!("no price book has {name:?} in {currency}; {others}: set a price");
        return Invalid::new("price", "currency", reason);
    }
    let told: Vec<_> =
        passed_over.iter().map(|book| format!("{}: {}", book.book, book.why)).collect();
    let told = told.join("; ");
    if from_more_on {
        let reason = format!("{name:?} has no price in {currency} for {}: {told}", asked.quantity);
        return Invalid::new("price", "quantity", reason);
    }
    let reason = format!("{name:?} has no price in {currency} on {on}: {told}");
    Invalid::new("price", "product_id", reason)
}
