use rust_decimal::Decimal;

use crate::{
    kernel::{Criteria, Currency, ErrorKind, Id, MAX_LIMIT, Money, Query, Sums},
    product::{self, Product},
    store::Insights,
};

use super::{
    case::Case,
    claim::{Held, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        large_lists_of_values_are_found,
        criteria_of_the_largest_size_are_run,
        criteria_that_are_too_large_are_refused
    ]
}

async fn large_lists_of_values_are_found(case: &Case) -> Held {
    const MANY: i64 = 1_500;
    let shelf = shelf(case).await?;
    // What is there stands at the beginning, in the middle and at the end of each list.
    let at = |n: i64| shelf.iter().find(|p| p.name == format!("product {n}"));
    let names = || (0..MANY).map(|n| format!("product {n}"));
    let ids = (0..MANY).map(|n| at(n).map_or_else(|| case.id(), |p| p.id));
    let prices = (0..MANY).map(|n| price(n, if n % 2 == 0 { "USD" } else { "EUR" }));
    let lists = [
        product::NAME.one_of(names()),
        product::ID.one_of(ids.collect::<Vec<Id<Product>>>()),
        product::LIST_PRICE.one_of(prices.collect::<Held<Vec<Money>>>()?),
        product::EXTERNAL_ID.one_of(names()),
        Criteria::Any(names().map(|name| product::NAME.eq(name)).collect()),
        Criteria::All(names().skip(2).map(|name| product::NAME.ne(name)).collect()),
    ];
    for list in &lists {
        finds(case, list.clone(), &shelf).await?;
        finds(case, list.clone().not(), &shelf).await?;
    }
    let [names, ids, prices, ..] = lists;
    finds(case, names.clone().and(ids.clone()).and(prices.clone()), &shelf).await?;
    finds(case, names.or(ids).or(prices.not()), &shelf).await
}

async fn criteria_of_the_largest_size_are_run(case: &Case) -> Held {
    let shelf = shelf(case).await?;
    let names = (0..10_000).map(|n| format!("product {n}"));
    finds(case, product::NAME.one_of(names.clone()), &shelf).await?;
    let prices = (0..10_000).map(|n| price(n, "EUR")).collect::<Held<Vec<Money>>>()?;
    finds(case, product::LIST_PRICE.one_of(prices), &shelf).await?;
    for wrap in WRAPS {
        finds(case, nested(wrap, 64), &shelf).await?;
    }
    Ok(())
}

async fn criteria_that_are_too_large_are_refused(case: &Case) -> Held {
    shelf(case).await?;
    let names = || (0..10_001).map(|n| format!("product {n}"));
    let half = |skip| product::NAME.one_of(names().skip(skip).step_by(2));
    let mut wrong = vec![
        product::NAME.one_of(names()),
        product::NAME.one_of(names()).not(),
        half(0).or(half(1)),
        Criteria::Any(names().map(|name| product::NAME.eq(name)).collect()),
    ];
    wrong.extend(WRAPS.map(|wrap| nested(wrap, 65)));
    for (n, criteria) in wrong.into_iter().enumerate() {
        let what = format!("the criteria with number {n}");
        let mut unit = case.read().await?;
        fails(&what, unit.count(criteria.clone()).await, ErrorKind::Invalid)?;
        fails(&what, unit.find(Query::of(criteria.clone())).await, ErrorKind::Invalid)?;
        let sums = Sums { criteria, ..Sums::count() };
        let found = Insights::<Product>::sums(&mut *unit, sums).await;
        fails(&what, found, ErrorKind::Invalid)?;
    }
    Ok(())
}

type Wrap = fn(Criteria<Product>) -> Criteria<Product>;
const WRAPS: [Wrap; 3] = [
    Criteria::not,
    |one| Criteria::All(vec![product::NAME.starts_with("p"), one]),
    |one| Criteria::Any(vec![product::NAME.eq("nobody"), one]),
];

/// A test that many levels deep.
fn nested(wrap: Wrap, levels: usize) -> Criteria<Product> {
    (1..levels).fold(product::NAME.eq("product 0"), |inner, _| wrap(inner))
}

/// A few products with names, other names and prices that are far apart, and some without.
async fn shelf(case: &Case) -> Held<Vec<Product>> {
    let mut shelf = Vec::new();
    for n in [0, 1, 2, 749, 750, 751, 1_498, 1_499, 1_500, 9_999, 10_000] {
        let mut product = Product::new(case.id(), format!("product {n}"));
        product.external_id = (n % 3 != 0).then(|| product.name.clone());
        product.list_price = Some(price(n, "EUR")?).filter(|_| n != 750);
        shelf.push(product);
    }
    let mut work = case.begin().await?;
    work.insert_all(shelf.clone()).await?;
    work.commit().await?;
    shelf.sort_by_key(|product| product.id);
    Ok(shelf)
}

fn price(n: i64, currency: &str) -> Held<Money> {
    Ok(Money::new(Decimal::new(n, 2), currency.parse::<Currency>()?)?)
}

async fn finds(case: &Case, criteria: Criteria<Product>, shelf: &[Product]) -> Held {
    let expected: Vec<_> = shelf.iter().filter(|p| criteria.matches(p)).map(|p| p.id).collect();
    let mut unit = case.read().await?;
    let query = Query::of(criteria.clone()).limit(MAX_LIMIT);
    let found: Vec<_> = unit.find(query).await?.items.iter().map(|p| p.id).collect();
    same("what is found", &found, &expected)?;
    same("the count", unit.count(criteria.clone()).await?, expected.len() as u64)?;
    let sums = Sums { criteria, ..Sums::count() };
    let sums = Insights::<Product>::sums(&mut *unit, sums).await?;
    same("the sums", sums.iter().map(|sum| sum.count).sum::<u64>(), expected.len() as u64)
}
