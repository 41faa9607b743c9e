//! `crm prices`: what products cost, book by book.

mod change;
mod import;

use clap::{Args, Subcommand};
use crm_core::{
    kernel::{Currency, Id, Query, Scope, Stored},
    price_book::{self, Price, PriceAsked, PriceBook, PriceSource, price},
    price_book_entry::{self, PriceBookEntry},
    store::{Read, ReadUnit, Store},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, grouped, short},
    when::DayOf,
};

/// `crm prices`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  crm prices create 'Standard EUR' --currency EUR\n  \
                  crm prices set 'Standard EUR' 'GTX Pro' 4500 --from 1 --tax 19 --max-discount 15\n  \
                  crm prices import 'Standard EUR' prices.csv\n  \
                  crm prices quote 'GTX Pro' --currency EUR --quantity 12 --customer 'Acme Bakeries'")]
pub(crate) struct PricesOf {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists the price books, or what is in one.
    List {
        /// The book: an id, an external id or a name.
        book: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u32,
    },
    /// Makes a price book.
    Create(change::Create),
    /// Sets what a product costs in a book.
    Set(change::Set),
    /// Sets prices from a CSV file: product, price, and where there are such columns from, tax_rate and max_discount.
    Import(import::Import),
    /// Says what a product costs, and why.
    Quote(Quote),
}

/// `crm prices quote`
#[derive(Debug, Args)]
struct Quote {
    /// The product: an id, an external id or a name.
    product: String,
    /// In which currency.
    #[arg(long)]
    currency: Currency,
    /// How many.
    #[arg(long, default_value = "1")]
    quantity: Decimal,
    /// For whom.
    #[arg(long)]
    customer: Option<String>,
    #[command(flatten)]
    when: DayOf,
}

impl PricesOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.verb {
            Verb::Create(create) => create.run(store, scope, out).await,
            Verb::Set(set) => set.run(store, scope, out).await,
            Verb::Import(import) => import.run(store, scope, out).await,
            Verb::List { book, limit } => {
                let unit = &mut *store.read(scope.clone()).await?;
                match book {
                    None => books(unit, *limit, out).await,
                    Some(book) => entries(unit, book, *limit, out).await,
                }
            }
            Verb::Quote(quote) => quote.run(&mut *store.read(scope.clone()).await?, out).await,
        }
    }
}

async fn books(unit: &mut dyn ReadUnit, limit: u32, out: Out) -> Result<(), Failure> {
    let query = Query::all().order_by(&price_book::NAME).limit(limit);
    let books = Read::<PriceBook>::find(unit, query).await?.items;
    if out.json {
        let books: Vec<_> = books.iter().map(|book| book_json(book)).collect();
        return out.json(&json!({"price_books": books}));
    }
    if books.is_empty() {
        return out.line("There is no price book: `crm prices create NAME --currency EUR`.");
    }
    let rows = books.iter().map(|book| {
        let day = |day: Option<chrono::NaiveDate>| day.map_or("-".into(), |day| day.to_string());
        vec![
            short(&book.name, 30),
            book.currency.to_string(),
            if book.active { "yes" } else { "no" }.to_owned(),
            day(book.valid_from),
            day(book.valid_to),
            if book.is_for_everybody() { "everybody" } else { "some" }.to_owned(),
            book.priority.to_string(),
        ]
    });
    out.table(&["Price book", "In", "In use", "From", "To", "For", "Priority"], 6, rows)
}

async fn entries(unit: &mut dyn ReadUnit, text: &str, limit: u32, out: Out) -> Result<(), Failure> {
    let book = find::price_book(unit, text).await?;
    let query = price_book_entry::PRICE_BOOK_ID.eq(book.id).query();
    let query = query.order_by(&price_book_entry::SLOT).limit(limit);
    let page = Read::<PriceBookEntry>::find(unit, query).await?;
    let products = find::products(unit, page.items.iter().map(|entry| entry.product_id)).await?;
    let name = |entry: &PriceBookEntry| products.get(&entry.product_id).map(|p| p.name.clone());
    let mut items: Vec<(Option<String>, Stored<PriceBookEntry>)> =
        page.items.into_iter().map(|entry| (name(&entry), entry)).collect();
    items.sort_by(|a, b| (&a.0, a.1.min_quantity).cmp(&(&b.0, b.1.min_quantity)));
    if out.json {
        let items: Vec<_> = items.iter().map(|(name, entry)| entry_json(name, entry)).collect();
        return out.json(&json!({
            "price_book": book_json(&book), "entries": items, "more": page.next.is_some(),
        }));
    }
    let rows = items.iter().map(|(name, entry)| {
        let percent =
            |number: Option<Decimal>| number.map_or("-".into(), |n| n.normalize().to_string());
        vec![
            short(name.as_deref().unwrap_or("-"), 40),
            entry.min_quantity.normalize().to_string(),
            grouped(entry.unit_price.amount_text()),
            percent(entry.tax_rate),
            percent(entry.max_discount),
        ]
    });
    let price = format!("Price in {}", book.currency);
    out.table(&["Product", "From", &price, "Tax %", "Max. discount %"], 1, rows)?;
    if page.next.is_some() { out.line("There are more: --limit") } else { Ok(()) }
}

impl Quote {
    async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let product = find::product(unit, &self.product).await?;
        let customer = match &self.customer {
            Some(text) => Some(find::customer(unit, text).await?.customer.id),
            None => None,
        };
        let asked = PriceAsked {
            product_id: product.id,
            currency: self.currency,
            quantity: self.quantity,
            on: self.when.date(),
            customer_id: customer,
        };
        let found: Price = price(unit, &asked).await?;
        if out.json {
            return out.json(&json!({
                "product": {"id": product.id, "name": product.name}, "price": found,
            }));
        }
        let (name, one) = (short(&product.name, 40), found.unit_price);
        let why = match &found.source {
            PriceSource::Book { name, min_quantity, .. } => {
                format!("{}, from {} on", short(name, 40), min_quantity.normalize())
            }
            _ => "the list price".to_owned(),
        };
        out.line(format!("{name}: {} {} ({why})", grouped(one.amount_text()), one.currency()))?;
        for passed in &found.passed_over {
            out.line(format!("not {}: {}", short(&passed.book, 40), passed.why))?;
        }
        Ok(())
    }
}

fn book_json(book: &PriceBook) -> Value {
    crm_core::kernel::to_json(book)
}

fn entry_json(name: &Option<String>, entry: &PriceBookEntry) -> Value {
    let id: Id<PriceBookEntry> = entry.id;
    json!({
        "id": id, "product": {"id": entry.product_id, "name": name},
        "from": entry.min_quantity.normalize().to_string(),
        "price": entry.unit_price.amount_text(), "currency": entry.unit_price.currency(),
        "tax_rate": entry.tax_rate, "max_discount": entry.max_discount,
    })
}
