use rust_decimal::Decimal;

use crate::{
    customer::{Customer, resolve},
    kernel::{Id, Invalid, Money, Result, Stored},
    product::Product,
    store::{Append, Read, ReadUnit, Repository, UnitOfWork, ensure, every, expect, find_one},
};

use super::{
    Price, PriceAsked, PriceBook, best_price,
    price_book_entry::{self, PriceBookEntry, slot_of},
};

/// So many books are asked for by their ids at once.
const AT_ONCE: usize = 500;

/// What a product is to cost in a book, from so many on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPrice {
    /// In which book.
    pub price_book_id: Id<PriceBook>,
    /// Of what.
    pub product_id: Id<Product>,
    /// From so many on; 0 is any quantity.
    pub min_quantity: Decimal,
    /// The price of one, without tax.
    pub unit_price: Money,
    /// The tax, in per cent.
    pub tax_rate: Option<Decimal>,
    /// The highest discount that may be given on it, in per cent.
    pub max_discount: Option<Decimal>,
}

impl SetPrice {
    /// A price for any quantity, without tax and with any discount.
    pub const fn new(
        price_book_id: Id<PriceBook>,
        product_id: Id<Product>,
        unit_price: Money,
    ) -> Self {
        Self {
            price_book_id,
            product_id,
            unit_price,
            min_quantity: Decimal::ZERO,
            tax_rate: None,
            max_discount: None,
        }
    }
}

/// The verbs on price books, within a unit of work.
pub struct PriceBooks<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> PriceBooks<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Makes a price book. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Duplicate`] when the id or the name is taken by another one,
    /// [`crate::Error::Invalid`] when it cannot be.
    pub async fn create(&mut self, new: PriceBook) -> Result<Stored<PriceBook>> {
        ensure(self.work, new).await
    }

    /// Sets what a product costs in a book from so many on: there is one entry for that, which is made or changed.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such book or product, [`crate::Error::Invalid`] when the price
    /// is in another currency than the book, or cannot be.
    pub async fn set_price(&mut self, price: SetPrice) -> Result<Stored<PriceBookEntry>> {
        let book = expect(self.work, price.price_book_id).await?;
        let (of, given) = (book.currency, price.unit_price.currency());
        if given != of {
            let reason = format!("{given} in a book in {of}: {:?} has prices in {of}", book.name);
            return Err(Invalid::field::<PriceBookEntry>("unit_price", reason).into());
        }
        let slot = slot_of(price.price_book_id, price.product_id, price.min_quantity);
        let known = find_one(self.work, price_book_entry::SLOT.eq(slot.as_str())).await?;
        let set = |entry: &mut PriceBookEntry| {
            entry.min_quantity = price.min_quantity.normalize();
            entry.unit_price = price.unit_price;
            entry.tax_rate = price.tax_rate;
            entry.max_discount = price.max_discount;
        };
        if let Some(known) = known {
            return Repository::update(self.work, known.edit(set)).await;
        }
        let id = Id::derived(self.work.scope().tenant, &format!("price {slot}"));
        let (book, product) = (price.price_book_id, price.product_id);
        let mut new = PriceBookEntry::new(id, book, product, price.unit_price);
        set(&mut new);
        Append::insert(self.work, new).await
    }
}

/// What a product costs, and why: [`best_price`] of what the store has. A customer that was merged is asked for as the survivor.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such product or customer; else as [`best_price`].
pub async fn price(unit: &mut (dyn ReadUnit + '_), asked: &PriceAsked) -> Result<Price> {
    let product = expect(unit, asked.product_id).await?;
    let customer = match asked.customer_id {
        Some(id) => {
            let survivor = resolve(unit, id).await?;
            Some(expect::<Customer, _>(unit, survivor).await?)
        }
        None => None,
    };
    let mut entries = Vec::new();
    let of_product = price_book_entry::PRODUCT_ID.eq(asked.product_id).query();
    every(unit, of_product, |entry: Stored<PriceBookEntry>| {
        entries.push(entry.into_inner());
        Ok(())
    })
    .await?;
    let mut ids: Vec<_> = entries.iter().map(|entry| entry.price_book_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut books = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let query = super::ID.one_of(some.iter().copied()).query().limit(crate::kernel::MAX_LIMIT);
        let page = Read::<PriceBook>::find(unit, query).await?;
        books.extend(page.items.into_iter().map(Stored::into_inner));
    }
    Ok(best_price(asked, &product, customer.as_deref(), &books, &entries)?)
}
