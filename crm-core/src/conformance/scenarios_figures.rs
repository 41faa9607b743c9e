//! What the people who use the library ask their figures, on every store.

use crate::{
    kernel::{Currency, ErrorKind},
    opportunity::{Opportunity, funnel},
    pipeline::Pipeline,
    transaction::Transaction,
    value::{Basis, ValueClass, value_by},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    law::Law,
    scenarios::{customer, ranked},
};

pub(super) fn laws() -> Vec<Law> {
    laws![the_funnel_at_any_moment, who_earns_our_money]
}

async fn the_funnel_at_any_moment(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let customer = work.insert(customer(case, "Dealer")).await?.id;
    let day = day("2017-12-31")?;
    for (n, amount) in ["", "100 USD", "0.5 USD", "7 USD", "30 USD"].iter().enumerate() {
        let mut new = Opportunity::open(case.id(), format!("{n}"), &pipeline)?;
        new.customer_id = Some(customer);
        new.amount = if amount.is_empty() { None } else { Some(amount.parse()?) };
        let id = work.opportunities().open(new).await?.id;
        match n {
            2 => drop(work.opportunities().advance(id, "engaging", None).await?),
            3 => drop(work.opportunities().win(id, day, None).await?),
            4 => drop(work.opportunities().lose(id, day, None, None).await?),
            _ => {}
        }
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let funnel = funnel(&mut *unit, pipeline.id).await?;
    let lines: Vec<_> = funnel
        .stages
        .iter()
        .map(|line| (line.stage.as_str(), line.count, line.amount.as_str()))
        .collect();
    let expected = [
        ("Prospecting", 2, "100.00"),
        ("Engaging", 1, "0.50"),
        ("Won", 1, "7.00"),
        ("Lost", 1, "30.00"),
    ];
    same("the funnel", lines.as_slice(), expected.as_slice())?;
    claim(
        funnel.stages.iter().all(|line| line.currency == Some(Currency::USD)),
        "all of it is in dollars",
    )
}

async fn who_earns_our_money(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let day = day("2017-12-31")?;
    let mut ids = Vec::new();
    for (name, revenues) in [
        ("A", vec!["500 EUR", "400.50 EUR", "-100.50 EUR"]),
        ("B", vec!["150 EUR"]),
        ("C", vec!["60 EUR", "-10 EUR"]),
    ] {
        let id = work.insert(customer(case, name)).await?.id;
        for revenue in revenues {
            work.insert(Transaction::new(case.id(), id, day, revenue.parse()?)).await?;
        }
        let mut won = Opportunity::open(case.id(), name, &pipeline)?;
        (won.customer_id, won.amount) = (Some(id), Some("10 USD".parse()?));
        let won = work.opportunities().open(won).await?.id;
        work.opportunities().win(won, day, None).await?;
        ids.push(id);
    }
    // Another currency is never added.
    let stranger = work.insert(customer(case, "D")).await?.id;
    work.insert(Transaction::new(case.id(), stranger, day, "9999 JPY".parse()?)).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let unclear = value_by(&mut *unit, Basis::Revenue, None).await;
    fails("a ranking of two currencies", unclear, ErrorKind::Invalid)?;
    let ranking = ranked(value_by(&mut *unit, Basis::Revenue, Some(Currency::EUR)).await?)?;
    let found: Vec<_> = ranking.rows().map(|r| (*r.customer, r.class)).collect();
    let classes = [ValueClass::A, ValueClass::B, ValueClass::C];
    same("the classes", found, ids.iter().copied().zip(classes).collect::<Vec<_>>())?;
    same("the total", ranking.total.as_str(), "1000.00")?;
    let won = ranked(value_by(&mut *unit, Basis::Won, None).await?)?;
    same("what was won", (won.total.as_str(), won.customers), ("30.00", 3))
}
