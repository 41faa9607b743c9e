//! Samples of price books and what is in them.

use rust_decimal::Decimal;

use crate::{
    customer,
    kernel::{Currency, Entity, Id, Money},
    price_book::{PriceBook, PricedFor},
    price_book_entry::PriceBookEntry,
    settings::Settings,
};

use super::{
    claim::Held,
    sample::{Make, Sample},
};

impl Sample for PriceBook {
    fn sample(make: &mut Make) -> Held<Self> {
        let mut sample = Self::new(make.id(), make.unique(), make.currency()?);
        sample.external_id = make.opt(Make::unique);
        sample.active = make.one_of(&[false, true]);
        let days = make.opt(|make| [make.date(), make.date()]);
        if let Some([one, other]) = days {
            (sample.valid_from, sample.valid_to) = (Some(one.min(other)), Some(one.max(other)));
        }
        sample.priority = make.count();
        if make.opt(|_| ()).is_some() {
            sample.customers = PricedFor(customer::NAME.contains(make.text()));
        }
        sample.notes = make.opt(Make::long_text);
        Ok(sample)
    }

    fn touch(&mut self, word: &str) {
        self.notes = Some(word.to_owned());
    }
}

impl Sample for PriceBookEntry {
    fn sample(make: &mut Make) -> Held<Self> {
        let (books, products) = (make.setting.price_books, make.setting.products);
        let (book, product) = (make.one_of(&books), make.one_of(&products));
        let price = Money::new(make.percent(), Currency::EUR)?;
        let mut sample = Self::new(make.id(), book, product, price);
        // No two entries are for the same quantity.
        let number = sample.id.uuid().as_u128() % 1_000_000_000_000_000;
        sample.min_quantity = Decimal::new(i64::try_from(number)?, 4).normalize();
        sample.tax_rate = make.opt(Make::percent);
        sample.max_discount = make.opt(Make::percent);
        sample.notes = make.opt(Make::long_text);
        // As a store settles it.
        let rules = Settings::standard(Id::new(uuid::Uuid::nil()));
        sample.settle(None, &rules, make.time())?;
        Ok(sample)
    }

    fn touch(&mut self, word: &str) {
        self.notes = Some(word.to_owned());
    }
}
