use std::path::PathBuf;

use clap::Args;
use crm_core::{
    kernel::{Money, Scope},
    price_book::{PriceBook, SetPrice},
    store::{Store, UnitOfWork},
};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, counted},
};

/// `crm prices import`
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The price book: an id, an external id or a name.
    book: String,
    /// The file: its first line names the columns product and price, and may name from, tax_rate and max_discount.
    file: PathBuf,
}

/// The first reasons why rows are refused.
const MOST_TOLD: usize = 20;

impl Import {
    /// Rows that cannot be are told with their line, and stop no other.
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let wrong =
            |error: csv::Error| Failure::File { path: self.file.clone(), what: error.to_string() };
        let file = std::fs::File::open(&self.file).map_err(|e| Failure::file(&self.file, &e))?;
        let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let columns = Columns::of(table.headers().map_err(wrong)?)?;
        let mut work = store.begin(scope.clone()).await?;
        let book = find::price_book(&mut *work, &self.book).await?;
        let (mut set, mut refused) = (0_u64, Vec::new());
        for row in table.records() {
            let row = row.map_err(wrong)?;
            let line = row.position().map_or(0, csv::Position::line);
            match columns.set(&mut *work, &book, &row).await {
                Ok(()) => set += 1,
                Err(Failure::Core(error)) if error.is_retryable() => return Err(error.into()),
                Err(reason) => refused.push(json!({"line": line, "reason": reason.to_string()})),
            }
        }
        work.commit().await?;
        if out.json {
            let first: Vec<_> = refused.iter().take(MOST_TOLD).collect();
            return out.json(&json!({"set": set, "refused": refused.len(), "refusals": first}));
        }
        out.line(format!("{} set.", counted(set, "price is", "prices are")))?;
        for one in refused.iter().take(MOST_TOLD) {
            out.line(format!("line {}: {}", one["line"], one["reason"].as_str().unwrap_or("")))?;
        }
        match refused.len() {
            0 => Ok(()),
            many => out.line(format!("{} refused.", counted(many, "row is", "rows are"))),
        }
    }
}

/// Where the columns are.
struct Columns {
    product: usize,
    price: usize,
    from: Option<usize>,
    tax_rate: Option<usize>,
    max_discount: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> Result<Self, Failure> {
        let at = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let needed = |name: &str| {
            let there: Vec<_> = header.iter().collect();
            let there = there.join(", ");
            let missing =
                || Failure::Asked(format!("there is no column {name:?}; there are: {there}"));
            at(name).ok_or_else(missing)
        };
        Ok(Self {
            product: needed("product")?,
            price: needed("price")?,
            from: at("from"),
            tax_rate: at("tax_rate"),
            max_discount: at("max_discount"),
        })
    }

    async fn set(
        &self,
        work: &mut dyn UnitOfWork,
        book: &PriceBook,
        row: &csv::StringRecord,
    ) -> Result<(), Failure> {
        let asked = |text: String| Failure::Asked(text);
        let number = |at: Option<usize>, name: &str| {
            let text = at.and_then(|at| row.get(at)).filter(|text| !text.is_empty());
            let read = |text: &str| {
                Decimal::from_str_exact(text)
                    .map_err(|_| asked(format!("{name}: {text:?} is not a number like 12.50")))
            };
            text.map(read).transpose()
        };
        let product = find::product(&mut *work, row.get(self.product).unwrap_or("")).await?;
        let price = number(Some(self.price), "price")?
            .ok_or_else(|| asked("price: it must not be empty".to_owned()))?;
        let price = Money::new(price, book.currency).map_err(|e| asked(e.to_string()))?;
        let set = SetPrice {
            min_quantity: number(self.from, "from")?.unwrap_or_default(),
            tax_rate: number(self.tax_rate, "tax_rate")?,
            max_discount: number(self.max_discount, "max_discount")?,
            ..SetPrice::new(book.id, product.id, price)
        };
        work.price_books().set_price(set).await?;
        Ok(())
    }
}
