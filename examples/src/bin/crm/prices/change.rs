use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    customer::Customer,
    kernel::{Criteria, Currency, Id, Money, Scope},
    price_book::{PriceBook, PricedFor, SetPrice},
    store::Store,
};
use rust_decimal::Decimal;

use crate::{
    failure::Failure,
    find,
    output::{Out, grouped, short},
    when,
};

use super::{book_json, entry_json};

/// `crm prices create`
#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it is called.
    name: String,
    /// The currency of its prices.
    #[arg(long)]
    currency: Currency,
    /// The first day it holds.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    from: Option<NaiveDate>,
    /// The last day it holds.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    to: Option<NaiveDate>,
    /// Of several that hold, the one with the highest is asked first.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    priority: i64,
    /// Only for customers of which this holds, such as {"field":"industry","value":"retail"}.
    #[arg(long = "for", value_name = "JSON")]
    customers: Option<String>,
    /// Its id, a UUID: sent again with it, it is made once.
    #[arg(long, value_name = "UUID")]
    id: Option<Id<PriceBook>>,
}

impl Create {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let customers: Criteria<Customer> = match &self.customers {
            Some(text) => Criteria::from_json(&serde_json::from_str(text).map_err(Failure::Json)?)?,
            None => Criteria::everything(),
        };
        let mut work = store.begin(scope.clone()).await?;
        let id = self.id.unwrap_or_else(|| Id::new(work.next_id()));
        let new = PriceBook {
            valid_from: self.from,
            valid_to: self.to,
            priority: self.priority,
            customers: PricedFor(customers),
            ..PriceBook::new(id, &self.name, self.currency)
        };
        let made = work.price_books().create(new).await?;
        work.commit().await?;
        if out.json {
            return out.json(&book_json(&made));
        }
        out.line(format!("{} has prices in {}: {}", short(&made.name, 40), made.currency, made.id))
    }
}

/// `crm prices set`
#[derive(Debug, Args)]
pub(super) struct Set {
    /// The price book: an id, an external id or a name.
    book: String,
    /// The product: an id, an external id or a name.
    product: String,
    /// The price of one, without tax, in the currency of the book.
    price: Decimal,
    /// From so many on.
    #[arg(long, default_value = "0", value_name = "QUANTITY")]
    from: Decimal,
    /// The tax, in per cent.
    #[arg(long, value_name = "PERCENT")]
    tax: Option<Decimal>,
    /// The highest discount that may be given, in per cent.
    #[arg(long, value_name = "PERCENT")]
    max_discount: Option<Decimal>,
}

impl Set {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut work = store.begin(scope.clone()).await?;
        let book = find::price_book(&mut *work, &self.book).await?;
        let product = find::product(&mut *work, &self.product).await?;
        let price = Money::new(self.price, book.currency)
            .map_err(|error| Failure::Asked(error.to_string()))?;
        let set = SetPrice {
            min_quantity: self.from,
            tax_rate: self.tax,
            max_discount: self.max_discount,
            ..SetPrice::new(book.id, product.id, price)
        };
        let entry = work.price_books().set_price(set).await?;
        work.commit().await?;
        if out.json {
            return out.json(&entry_json(&Some(product.name), &entry));
        }
        let (name, price) = (short(&product.name, 40), grouped(entry.unit_price.amount_text()));
        let from = entry.min_quantity.normalize();
        out.line(format!("{name} costs {price} {} from {from} on.", book.currency))
    }
}
