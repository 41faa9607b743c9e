//! Win rates by what customers are, and by the products that lines name.

use crate::{
    customer,
    opportunity::{Line, Lines, Opportunity},
    pipeline::Pipeline,
    pipeline_report::{GroupBy, win_rates},
    product::Product,
    store::ReadUnit,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, same},
    law::Law,
    pipeline_lists::{january, stepped, told},
    scenarios::customer,
};

pub(super) fn laws() -> Vec<Law> {
    laws![win_rates_by_product_count_what_lines_name, win_rates_by_tier_go_by_the_customer]
}

/// Won in January, and taken back in February.
const STEPS: [(&str, &str); 4] = [
    ("2017-01-02", "opened"),
    ("2017-01-05", "engaging"),
    ("2017-01-12", "won"),
    ("2017-02-03", "reopened"),
];
const LOST: [(&str, &str); 3] =
    [("2017-01-02", "opened"), ("2017-01-05", "engaging"), ("2017-01-12", "lost")];

/// Of a line: what it is called, how many were won, worth what, lost, worth what.
type Row = (Option<String>, u64, String, u64, String);

fn row(name: Option<&str>, won: (u64, &str), lost: (u64, &str)) -> Row {
    (name.map(str::to_owned), won.0, won.1.to_owned(), lost.0, lost.1.to_owned())
}

async fn win_rates_by_product_count_what_lines_name(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let dealer = work.insert(customer(case, "Dealer")).await?.id;
    let van = work.insert(Product::new(case.id(), "Van")).await?.id;
    let kit = work.insert(Product::new(case.id(), "Kit")).await?.id;
    let line = |product, quantity: i64, price: &str| -> Held<Line> {
        let mut line = Line::new("a line", quantity.into(), price.parse()?);
        line.product_id = product;
        Ok(line)
    };
    let won = &STEPS[..3];
    for (lines, product, steps) in [
        // Two lines name the van: it counts once for it.
        (
            vec![
                line(Some(van), 2, "10 EUR")?,
                line(Some(kit), 1, "75 EUR")?,
                line(Some(van), 1, "5 EUR")?,
            ],
            Some(kit),
            won,
        ),
        (vec![line(Some(kit), 1, "50 EUR")?, line(None, 1, "10 EUR")?], None, &LOST),
        (vec![], Some(van), won),
        (vec![], None, &LOST),
        // Won in January, taken back in February.
        (vec![line(Some(van), 1, "20 EUR")?, line(Some(kit), 1, "10 EUR")?], None, &STEPS),
    ] {
        let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
        (deal.customer_id, deal.product_id) = (Some(dealer), product);
        deal.amount = Some(if lines.is_empty() { "7 EUR" } else { "30 EUR" }.parse()?);
        deal.lines = Lines(lines);
        work.insert(stepped(deal, &pipeline, steps)?).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let expected = vec![
        row(None, (0, "0"), (2, "17")),
        row(Some("Kit"), (1, "75"), (1, "50")),
        row(Some("Van"), (2, "32"), (0, "0")),
    ];
    same("now", rows(&mut *unit, &GroupBy::Product, "2017-02-28").await?, expected)?;
    let expected = vec![
        row(Some("Kit"), (2, "85"), (1, "50")),
        row(Some("Van"), (3, "52"), (0, "0")),
        row(None, (0, "0"), (2, "17")),
    ];
    same("then", rows(&mut *unit, &GroupBy::Product, "2017-01-31").await?, expected)?;
    // Together they are worth what all are worth; each counts once there.
    let expected = vec![row(None, (3, "137"), (2, "67"))];
    same("of all", rows(&mut *unit, &GroupBy::Whole, "2017-01-31").await?, expected)?;
    drop(unit);
    // What it was worth then goes by the lines of now.
    let mut work = case.begin().await?;
    let taken_back = crate::opportunity::AMOUNT.eq("30 EUR".parse::<crate::kernel::Money>()?);
    let id = crate::store::find_one(&mut *work, taken_back).await?.map(|one| one.id);
    let id = id.ok_or_else(|| Failure::new("it is not there"))?;
    work.opportunities().revise(id, None, |o| o.lines.0.truncate(1)).await?;
    let expected = vec![
        row(Some("Van"), (3, "62"), (0, "0")),
        row(None, (0, "0"), (2, "17")),
        row(Some("Kit"), (1, "75"), (1, "50")),
    ];
    same("then, by other lines", rows(&mut *work, &GroupBy::Product, "2017-01-31").await?, expected)
}

async fn win_rates_by_tier_go_by_the_customer(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    for (tier, amount, steps) in [
        (Some("gold"), "100 EUR", &STEPS[..3]),
        (Some("gold"), "50 EUR", &LOST),
        (None, "1 EUR", &LOST),
    ] {
        let mut new = customer(case, "Dealer");
        new.tier = tier.map(str::to_owned);
        let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
        deal.customer_id = Some(work.insert(new).await?.id);
        deal.amount = Some(amount.parse()?);
        work.insert(stepped(deal, &pipeline, steps)?).await?;
    }
    work.commit().await?;
    let by = GroupBy::CustomerField(customer::TIER.spec());
    let expected = vec![row(Some("gold"), (1, "100"), (1, "50")), row(None, (0, "0"), (1, "1"))];
    same("by tier", rows(&mut *case.read().await?, &by, "2017-01-31").await?, expected)
}

/// The lines of a win rate of January. What lists a figure says the same.
async fn rows(unit: &mut (dyn ReadUnit + '_), by: &GroupBy, as_of: &str) -> Held<Vec<Row>> {
    let question = january()?.as_of(day(as_of)?);
    let mut rows = Vec::new();
    for line in win_rates(unit, &question, by).await? {
        // As a program keeps it: from JSON it asks the same.
        for figure in [&line.won, &line.lost] {
            let kept = serde_json::from_value(serde_json::to_value(&figure.query)?)?;
            same("the list behind it", &figure.query, &kept)?;
        }
        let (won, lost) = (told(unit, &line.won).await?, told(unit, &line.lost).await?);
        rows.push((line.name, won.0, won.1, lost.0, lost.1));
    }
    Ok(rows)
}
