use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    kernel::{Currency, Id, Invalid, Result, Stored},
    price_book::{Price, PriceAsked, PriceSource, price},
    product::Product,
    store::expect,
};

use super::{Line, Opportunities, Opportunity};

/// A line whose price is in a price book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// What.
    pub product_id: Id<Product>,
    /// How many.
    pub quantity: Decimal,
    /// The discount, in per cent: 0 to 100, and not above what the price book allows.
    pub discount: Decimal,
    /// In which currency; without it, that of the other lines, else of the amount.
    pub currency: Option<Currency>,
    /// The day whose prices hold.
    pub on: NaiveDate,
    /// How many lines stand before it, where the caller knows: sent again with that, it is added once.
    pub after: Option<usize>,
}

impl PricedLine {
    /// So many of a product, without a discount.
    pub const fn new(product_id: Id<Product>, quantity: Decimal, on: NaiveDate) -> Self {
        Self { product_id, quantity, on, discount: Decimal::ZERO, currency: None, after: None }
    }

    fn is(&self, line: &Line) -> bool {
        line.product_id == Some(self.product_id)
            && (line.quantity, line.discount) == (self.quantity, self.discount)
    }
}

impl Opportunities<'_> {
    /// Adds a line: its text is the product's name, its price and tax rate are what the price books say for the
    /// customer, the quantity and the day.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such opportunity or product; [`crate::Error::Invalid`] when it is in another
    /// currency than the lines that are there, when nothing says in which currency, when it has no price
    /// (see [`crate::price_book::best_price`]), or another line stands in its place;
    /// [`crate::Error::Refused`] when the discount is above what the price book allows.
    pub async fn add_line(
        &mut self,
        id: Id<Opportunity>,
        new: PricedLine,
    ) -> Result<Stored<Opportunity>> {
        let stored = expect(self.work, id).await?;
        let at = stored.lines.0.len();
        if let Some(place) = new.after.filter(|place| *place != at) {
            return match stored.lines.0.get(place) {
                Some(line) if new.is(line) => Ok(stored),
                _ => {
                    let reason = format!("there are {at} lines, and another one in this place");
                    Err(Invalid::field::<Opportunity>(&format!("lines[{place}]"), reason).into())
                }
            };
        }
        let currency = currency_of(&stored, new.currency, at)?;
        let product = expect(self.work, new.product_id).await?;
        let asked = PriceAsked {
            product_id: new.product_id,
            currency,
            quantity: new.quantity,
            on: new.on,
            customer_id: stored.customer_id,
        };
        let found = price(self.work, &asked).await?;
        within_the_book(&stored, &new, &found)?;
        let line = Line {
            product_id: Some(new.product_id),
            discount: new.discount,
            tax_rate: found.tax_rate.unwrap_or_default(),
            ..Line::new(&product.name, new.quantity, found.unit_price)
        };
        self.edited(id, "revised", None, |o| o.lines.0.push(line)).await
    }
}

fn currency_of(
    opportunity: &Opportunity,
    given: Option<Currency>,
    at: usize,
) -> Result<Currency, Invalid> {
    let place = format!("lines[{at}].unit_price");
    match (given, opportunity.lines.currency()) {
        (Some(given), Some(there)) if given != there => {
            let reason = format!("{given} beside {there}: all lines are in one currency");
            Err(Invalid::field::<Opportunity>(&place, reason))
        }
        (given, there) => {
            let amount = opportunity.amount.map(|amount| amount.currency());
            given.or(there).or(amount).ok_or_else(|| {
                let reason = "say in which currency: neither a line nor the amount does";
                Invalid::field::<Opportunity>(&place, reason)
            })
        }
    }
}

fn within_the_book(opportunity: &Opportunity, new: &PricedLine, found: &Price) -> Result<()> {
    match (&found.source, found.max_discount) {
        (PriceSource::Book { name, .. }, Some(most)) if new.discount > most => {
            let why = format!("the price book {name:?} allows {most} at the most");
            let to = format!("a discount of {} %", new.discount);
            Err(opportunity.refused(&to, why).into())
        }
        _ => Ok(()),
    }
}
