//! What a product costs: by currency, day, customer and quantity, and why.

use rust_decimal::Decimal;

use crate::{
    customer,
    kernel::{Currency, Error, ErrorKind, Id, Money},
    opportunity::{Opportunity, PricedLine},
    price_book::{PriceAsked, PriceBook, PriceSource, PricedFor, SetPrice, price},
    price_book_entry::{self, PriceBookEntry},
    product::Product,
    store::{Read, UnitOfWork, expect},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        the_first_book_that_holds_decides,
        a_price_that_is_not_there_is_named,
        a_price_is_set_once_for_a_quantity,
        no_two_entries_are_for_one_quantity,
        a_book_keeps_its_currency,
        a_line_is_priced_by_the_books
    ]
}

/// Books in euro: one for all with two tiers, one for retailers, one for the summer, one not in use.
struct Shelf {
    setting: Setting,
    product: Id<Product>,
    standard: Id<PriceBook>,
}

async fn shelf(case: &Case, work: &mut (dyn UnitOfWork + '_)) -> Held<Shelf> {
    let setting = Setting::furnish(work, case).await?;
    let [retailer, _] = setting.customers;
    let one = expect(work, retailer).await?;
    work.update(one.edit(|c| c.industry = Some("retail".into()))).await?;
    let product = setting.products[0];
    let book = |name: &str| PriceBook::new(case.id(), name, Currency::EUR);
    let standard = book("Standard");
    let partners = PriceBook {
        priority: 5,
        customers: PricedFor(customer::INDUSTRY.eq("retail")),
        ..book("Retailers")
    };
    let summer = PriceBook {
        priority: 9,
        valid_from: Some(day("2017-06-01")?),
        valid_to: Some(day("2017-08-31")?),
        ..book("Summer")
    };
    let old = PriceBook { priority: 10, active: false, ..book("Old") };
    let ids = [&standard, &partners, &summer, &old].map(|book| book.id);
    for book in [standard, partners, summer, old] {
        work.price_books().create(book).await?;
    }
    for (id, from, amount) in [
        (ids[0], 0, "100"),
        (ids[0], 10, "90"),
        (ids[1], 5, "80"),
        (ids[2], 0, "70"),
        (ids[3], 0, "1"),
    ] {
        let mut set = SetPrice::new(id, product, format!("{amount} EUR").parse()?);
        set.min_quantity = from.into();
        set.tax_rate = Some(Decimal::from(19));
        set.max_discount = Some(Decimal::from(20));
        work.price_books().set_price(set).await?;
    }
    Ok(Shelf { setting, product, standard: ids[0] })
}

async fn the_first_book_that_holds_decides(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let Shelf { setting, product, .. } = shelf(case, &mut *work).await?;
    let [retailer, other] = setting.customers;
    for (customer, quantity, on, book, amount, passed) in [
        (None, "1", "2017-01-01", "Standard", "100.00", 3),
        (None, "9.9999", "2017-01-01", "Standard", "100.00", 3),
        (None, "10", "2017-01-01", "Standard", "90.00", 3),
        (Some(other), "10", "2017-01-01", "Standard", "90.00", 3),
        (Some(retailer), "4", "2017-01-01", "Standard", "100.00", 3),
        (Some(retailer), "5", "2017-01-01", "Retailers", "80.00", 2),
        (Some(retailer), "5", "2017-06-01", "Summer", "70.00", 1),
        (None, "0", "2017-08-31", "Summer", "70.00", 1),
        (None, "0", "2017-09-01", "Standard", "100.00", 3),
    ] {
        let asked = PriceAsked {
            product_id: product,
            currency: Currency::EUR,
            quantity: quantity.parse()?,
            on: day(on)?,
            customer_id: customer,
        };
        let found = price(&mut *work, &asked).await?;
        let what = format!("{quantity} on {on} for {customer:?}");
        let PriceSource::Book { name, .. } = &found.source else {
            return Err(Failure::new(format!("{what}: {:?}", found.source)));
        };
        same(&what, (name.as_str(), found.unit_price.amount_text().as_str()), (book, amount))?;
        same(&what, found.tax_rate, Some(Decimal::from(19)))?;
        same(&format!("{what}: passed over"), found.passed_over.len(), passed)?;
    }
    Ok(())
}

async fn a_price_that_is_not_there_is_named(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let Shelf { setting, product, standard, .. } = shelf(case, &mut *work).await?;
    let [_, bare] = setting.products;
    let asked = |product_id, currency: &str, quantity: i64, on: &str| -> Held<PriceAsked> {
        Ok(PriceAsked {
            product_id,
            currency: currency.parse()?,
            quantity: quantity.into(),
            on: day(on)?,
            customer_id: None,
        })
    };
    let mut wrong = Vec::new();
    for (what, asked, field, says) in [
        ("another currency", asked(product, "JPY", 1, "2017-01-01")?, "currency", "EUR"),
        ("no price at all", asked(bare, "EUR", 1, "2017-01-01")?, "currency", "no price at all"),
        ("a negative quantity", asked(product, "EUR", -1, "2017-01-01")?, "quantity", "negative"),
    ] {
        wrong.push((what, price(&mut *work, &asked).await, field, says));
    }
    // Only from a higher quantity on, and only in the summer.
    let stored = expect(&mut *work, standard).await?;
    work.update(stored.edit(|book| book.active = false)).await?;
    let winter = asked(product, "EUR", 10, "2017-01-01")?;
    let told = price(&mut *work, &winter).await;
    wrong.push(("out of season", told, "product_id", "holds from 2017-06-01"));
    let for_retailer =
        PriceAsked { customer_id: Some(setting.customers[0]), quantity: 1.into(), ..winter };
    wrong.push(("too few", price(&mut *work, &for_retailer).await, "quantity", "from 5 on"));
    for (what, told, field, says) in wrong {
        let error = fails(what, told, ErrorKind::Invalid)?;
        let Error::Invalid(invalid) = error else { return Err(Failure::new(what)) };
        same(what, invalid.field.as_str(), field)?;
        claim(invalid.reason.contains(says), format!("{what}: {invalid}"))?;
    }
    let nothing = asked(case.id(), "EUR", 1, "2017-01-01")?;
    fails("a product that is not there", price(&mut *work, &nothing).await, ErrorKind::Missing)?;
    // Without a book, the list price is the price.
    let list: Money = "12.50 CNY".parse()?;
    let stored = expect(&mut *work, bare).await?;
    work.update(stored.edit(|product| product.list_price = Some(list))).await?;
    let found = price(&mut *work, &asked(bare, "CNY", 3, "2017-01-01")?).await?;
    same("the list price", (found.unit_price, found.source), (list, PriceSource::ListPrice))
}

async fn a_price_is_set_once_for_a_quantity(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let Shelf { product, standard, .. } = shelf(case, &mut *work).await?;
    let mut set = SetPrice::new(standard, product, "95 EUR".parse()?);
    set.min_quantity = "10.000".parse()?;
    let first = work.price_books().set_price(set.clone()).await?;
    let again = work.price_books().set_price(set.clone()).await?;
    same("sent again", (&*again, again.version()), (&*first, first.version()))?;
    same("the price", first.unit_price, set.unit_price)?;
    same("the version", first.version(), 2)?;
    let of_book = price_book_entry::PRICE_BOOK_ID.eq(standard);
    same("entries", Read::<PriceBookEntry>::count(&mut *work, of_book).await?, 2)?;
    set.unit_price = "95 USD".parse()?;
    let answer = work.price_books().set_price(set.clone()).await;
    let said = fails("in another currency", answer, ErrorKind::Invalid)?.to_string();
    claim(said.contains("unit_price") && said.contains("USD in a book in EUR"), said)?;
    set.unit_price = "-1 EUR".parse()?;
    let answer = work.price_books().set_price(set.clone()).await;
    fails("below nothing", answer, ErrorKind::Invalid)?;
    set.price_book_id = case.id();
    let answer = work.price_books().set_price(set).await;
    fails("in a book that is not there", answer, ErrorKind::Missing).map(drop)
}

async fn no_two_entries_are_for_one_quantity(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let Shelf { product, standard, .. } = shelf(case, &mut *work).await?;
    let price: Money = "5 EUR".parse()?;
    let entry = |quantity: &str| -> Held<PriceBookEntry> {
        let mut new = PriceBookEntry::new(case.id(), standard, product, price);
        new.min_quantity = quantity.parse()?;
        Ok(new)
    };
    let slot_taken = |what: &str, error: Error| match error {
        Error::Duplicate { entity: "price_book_entry", field: "slot" } => Ok(()),
        other => Err(Failure::new(format!("{what}: {other:?}"))),
    };
    for quantity in ["10", "10.0000", "0"] {
        let answer = work.insert(entry(quantity)?).await;
        slot_taken(quantity, fails("the same again", answer, ErrorKind::Duplicate)?)?;
    }
    let twice = work.insert_all(vec![entry("7")?, entry("7.0")?]).await;
    slot_taken("a list", fails("twice in a list", twice, ErrorKind::Duplicate)?)?;
    let other = work.insert(entry("10.0001")?).await?;
    let moved = other.clone().edit(|one| one.min_quantity = Decimal::TEN);
    slot_taken("moved", fails("moved there", work.update(moved).await, ErrorKind::Duplicate)?)?;
    let moved = work.update(other.edit(|one| one.min_quantity = 11.into())).await?;
    work.insert(entry("10.0001")?).await?;
    same("what was moved", moved.min_quantity, 11.into())?;
    work.commit().await?;
    // Two at the same time: one of them is there.
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let (case, new) = (case.clone(), entry("33"));
            case.clone().spawn(async move {
                let mut work = case.begin().await?;
                let answer = work.insert(new?).await;
                Ok(super::versions::end(answer, work).await)
            })
        })
        .collect();
    let mut there = 0;
    for task in tasks {
        match task.join().await? {
            Ok(()) => there += 1,
            Err(Error::Duplicate { field: "slot", .. }) => {}
            Err(error) => claim(error.is_retryable(), format!("the loser got {error:?}"))?,
        }
    }
    same("how many are there", there, 1)
}

async fn a_book_keeps_its_currency(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let Shelf { standard, .. } = shelf(case, &mut *work).await?;
    let stored = expect(&mut *work, standard).await?;
    let other = stored.clone().edit(|book| book.currency = Currency::USD);
    fails("another currency", work.update(other).await, ErrorKind::Refused)?;
    let (from, to) = (Some(day("2017-02-01")?), Some(day("2017-01-31")?));
    let ended = stored.clone().edit(|book| (book.valid_from, book.valid_to) = (from, to));
    let said = fails("over before it begins", work.update(ended).await, ErrorKind::Invalid)?;
    claim(said.to_string().contains("valid_to"), said.to_string())?;
    let book = PriceBook::new(case.id(), "Standard", Currency::USD);
    let answer = work.price_books().create(book.clone()).await;
    fails("another of its name", answer, ErrorKind::Duplicate)?;
    let book = PriceBook { name: "Dollars".into(), ..book };
    let first = work.price_books().create(book.clone()).await?;
    same("sent again", work.price_books().create(book).await?, first)
}

async fn a_line_is_priced_by_the_books(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let Shelf { setting, product, .. } = shelf(case, &mut *work).await?;
    let on = day("2017-01-01")?;
    let mut deal = Opportunity::open(case.id(), "a deal", &setting.pipeline)?;
    deal.customer_id = Some(setting.customers[0]);
    let id = work.opportunities().open(deal).await?.id;
    let line = PricedLine::new(product, 5.into(), on);
    let answer = work.opportunities().add_line(id, line).await;
    let said = fails("in no currency", answer, ErrorKind::Invalid)?.to_string();
    claim(said.contains("lines[0].unit_price"), said)?;
    let in_euro = PricedLine {
        currency: Some(Currency::EUR),
        discount: Decimal::TEN,
        after: Some(0),
        ..line
    };
    let first = work.opportunities().add_line(id, in_euro).await?;
    let told = &first.lines.0[0];
    same("its text", told.text.as_str(), "Book")?;
    same("its price", told.unit_price.to_string(), "80.00 EUR".to_owned())?;
    same("its tax", told.tax_rate, 19.into())?;
    same("the amount", first.amount.map(|a| a.to_string()), Some("360.00 EUR".to_owned()))?;
    let again = work.opportunities().add_line(id, in_euro).await?;
    same("sent again", (again.lines.0.len(), again.version()), (1, first.version()))?;
    let other = PricedLine { quantity: 6.into(), ..in_euro };
    let answer = work.opportunities().add_line(id, other).await;
    fails("another one in its place", answer, ErrorKind::Invalid)?;
    // The next one follows the currency of the first.
    let second =
        work.opportunities().add_line(id, PricedLine { quantity: 1.into(), ..line }).await?;
    same("the amount", second.amount.map(|a| a.to_string()), Some("460.00 EUR".to_owned()))?;
    let in_dollars = PricedLine { currency: Some(Currency::USD), ..line };
    let answer = work.opportunities().add_line(id, in_dollars).await;
    let said = fails("two currencies", answer, ErrorKind::Invalid)?.to_string();
    claim(said.contains("lines[2].unit_price") && said.contains("USD beside EUR"), said)?;
    let cheap = PricedLine { discount: 21.into(), ..line };
    let answer = work.opportunities().add_line(id, cheap).await;
    let said = fails("more than the book allows", answer, ErrorKind::Refused)?.to_string();
    claim(said.contains("20 at the most"), said)?;
    let minus = PricedLine { quantity: (-1).into(), ..line };
    let answer = work.opportunities().add_line(id, minus).await;
    fails("a negative quantity", answer, ErrorKind::Invalid)?;
    same("how many", expect(&mut *work, id).await?.lines.0.len(), 2)
}
