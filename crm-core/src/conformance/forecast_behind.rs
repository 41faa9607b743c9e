//! The list behind a figure is the figure: of each cell of a forecast, whatever its rows are, now and of a past day.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::{
    exchange_rate::Rates,
    forecast::{
        Behind, Cell, Figure, FigureOf, ForecastBy, ForecastRequest, PeriodLength, RowKey, Whose,
        forecast,
    },
    kernel::{Currency, Id, Money},
    opportunity::{Line, Lines, Opportunity, OpportunityStatus},
    org_unit::OrgUnit,
    store::{ReadUnit, every, expect},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, same},
    forecast_house::{Deal, ForecastHouse, Stood, days},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![each_figure_gives_its_opportunities, a_figure_in_one_currency_gives_its_opportunities]
}

const BY: [ForecastBy; 4] =
    [ForecastBy::Category, ForecastBy::Owner, ForecastBy::Product, ForecastBy::Team];

/// People in units below each other; opportunities with shares, with lines, with both, with a product.
async fn house(case: &Case, deals: usize) -> Held<(ForecastHouse, [Id<OrgUnit>; 2])> {
    let mut house = ForecastHouse::busy(case, deals).await?;
    let ([one, two], [top, _]) = (house.setting.staff, house.setting.org_units);
    let [first, second] = house.setting.products;
    let mut work = case.begin().await?;
    let mut branch = OrgUnit::new(case.id(), "A branch");
    branch.parent_id = Some(top);
    let branch = work.insert(branch).await?.id;
    for (id, unit) in [(one, branch), (two, top)] {
        let stored = expect(&mut *work, id).await?;
        work.update(stored.edit(|o| o.org_unit_id = Some(unit))).await?;
    }
    for (at, deal) in house.deals.iter().enumerate() {
        let stored = expect(&mut *work, deal.id).await?;
        let own = (at % 3 == 0).then_some(first);
        work.update(stored.edit(|o| o.product_id = own)).await?;
    }
    // What closed in a stage is not given lines any more: these are had from the beginning.
    for at in 0..deals / 3 {
        let since = day("2017-02-01")?;
        let stood = |since, stage: &'static str, amount: &str| -> Held<Stood> {
            let amount = Some(amount.parse()?);
            let close = Some(day("2017-08-15")?);
            Ok(Stood {
                since,
                stage,
                owner: Some([one, two][at % 2]),
                amount,
                close,
                category: None,
            })
        };
        let mut stands = vec![stood(since, "new", "33.34 EUR")?];
        if at % 4 != 0 {
            stands.push(stood(day("2017-05-10")?, "offer", "33.34 EUR")?);
        }
        if at % 4 > 1 {
            stands.push(stood(day("2017-08-20")?, "won", "33.34 EUR")?);
        }
        if at % 4 == 3 {
            stands.push(stood(day("2017-11-02")?, "contract", "33.34 EUR")?);
        }
        let deal = Deal { id: case.id(), shared: at % 3 == 0, stood: stands };
        let line = |product, price: &str| -> Held<Line> {
            let mut line = Line::new("it", 1.into(), price.parse()?);
            line.product_id = product;
            Ok(line)
        };
        let lines = vec![
            line(Some(second), "10.01 EUR")?,
            line(None, "3.33 EUR")?,
            line(Some(first), "20 EUR")?,
        ];
        house.write_with(&mut *work, &deal, Lines(lines)).await?;
        house.deals.push(deal);
    }
    work.commit().await?;
    Ok((house, [top, branch]))
}

async fn each_figure_gives_its_opportunities(case: &Case) -> Held {
    let (house, [top, branch]) = house(case, 48).await?;
    let [one, two] = house.setting.staff;
    let mut unit = case.read().await?;
    let mut seen = Seen::default();
    for as_of in days()? {
        for by in BY {
            for whose in [Whose::House, Whose::Staff(two), Whose::Unit(branch)] {
                let pipeline = (whose != Whose::House).then_some(house.pipeline.id);
                let length = if by == ForecastBy::Team {
                    PeriodLength::Quarter
                } else {
                    PeriodLength::Month
                };
                let asked =
                    ForecastRequest { by, whose, pipeline, length, ..ForecastRequest::new(as_of) };
                let told = lists_are_figures(&mut *unit, &asked, None, &mut seen).await?;
                let there = |key| told.contains(&format!("{key:?}"));
                if (by, whose) == (ForecastBy::Team, Whose::House) {
                    claim(there(RowKey::Unit(Some(top))), format!("a unit on {as_of}"))?;
                }
                if (by, whose) == (ForecastBy::Owner, Whose::House) {
                    claim(there(RowKey::Staff(Some(one))), format!("a person on {as_of}"))?;
                }
            }
        }
    }
    claim(seen.whole > 100 && seen.others > 100 && seen.parts > 100, format!("{seen:?}"))
}

async fn a_figure_in_one_currency_gives_its_opportunities(case: &Case) -> Held {
    house(case, 30).await?;
    let (euro, on) = (Currency::EUR, day("2017-01-01")?);
    let mut work = case.begin().await?;
    work.exchange_rates().set(Currency::USD, euro, on, Decimal::new(84_137, 5), None).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let mut seen = Seen::default();
    for as_of in days()? {
        let rates = Rates::load(&mut *unit, euro, as_of).await?;
        for by in BY {
            let currency = Some(euro);
            let asked = ForecastRequest { by, currency, ..ForecastRequest::new(as_of) };
            lists_are_figures(&mut *unit, &asked, Some(&rates), &mut seen).await?;
        }
    }
    claim(seen.whole > 50 && seen.others > 50, format!("{seen:?}"))
}

/// How many opportunities the lists gave, so that the law says something.
#[derive(Debug, Default)]
struct Seen {
    whole: usize,
    others: usize,
    parts: usize,
}

/// Goes over every cell of a forecast; answers with its rows.
async fn lists_are_figures(
    unit: &mut dyn ReadUnit,
    asked: &ForecastRequest,
    rates: Option<&Rates>,
    seen: &mut Seen,
) -> Held<BTreeSet<String>> {
    let found = forecast(unit, asked).await?;
    let behind = Behind::load(unit, asked).await?;
    let mut cells: Vec<(FigureOf, &Cell)> =
        found.cells.iter().map(|cell| (FigureOf::Everything, cell)).collect();
    for row in &found.rows {
        cells.extend(row.cells.iter().map(|cell| (FigureOf::Row(row.key), cell)));
        let own = match row.key {
            RowKey::Unit(Some(id)) => FigureOf::OwnPeople(id),
            key => FigureOf::Row(key),
        };
        cells.extend(row.own.iter().map(|cell| (own, cell)));
    }
    for (of, cell) in cells {
        let mut sums: BTreeMap<Option<Currency>, Figure> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        let mut add = |id, currency, figure: Figure| {
            let sum = sums.entry(currency).or_default();
            sum.count += figure.count;
            sum.amount += figure.amount;
            sum.weighted += figure.weighted;
            ids.insert(id)
        };
        let (mut once, mut whole) = (true, 0);
        every::<Opportunity, _>(unit, behind.whole(of, cell).query(), |o| {
            let amount = o.amount.map(Money::amount).unwrap_or_default();
            let won = o.state().status() == OpportunityStatus::Won;
            let expected = o.weighted().map(Money::amount).unwrap_or_default();
            let weighted = if won { amount } else { expected };
            whole += 1;
            once &= add(o.id, o.amount.map(Money::currency), Figure { count: 1, amount, weighted });
            Ok(())
        })
        .await?;
        let (mut others, mut parts) = (0, 0);
        behind
            .others(unit, of, cell, &mut |one| {
                others += 1;
                parts +=
                    usize::from(one.figure.amount.scale() > 2 || one.figure.amount < 33.into());
                once &= add(one.opportunity_id, one.currency, one.figure);
                Ok(())
            })
            .await?;
        (seen.whole, seen.others) = (seen.whole + whole, seen.others + others);
        seen.parts += parts;
        let mut sum = Figure::default();
        for (currency, figure) in sums {
            let converted = |amount| match (rates, currency) {
                (Some(rates), Some(from)) => rates.convert(amount, from),
                _ => Ok(amount),
            };
            sum.count += figure.count;
            sum.amount += converted(figure.amount)?;
            sum.weighted += converted(figure.weighted)?;
        }
        let (whose, by) = (asked.whose, asked.by);
        let what = format!("{of:?} by {by:?} of {whose:?} on {}: {cell:?}", asked.as_of);
        claim(once, format!("each opportunity once: {what}"))?;
        let told = |f: Figure| (f.count, f.amount.normalize(), f.weighted.normalize());
        same(&what, told(sum), told(cell.figure))?;
    }
    Ok(found.rows.iter().map(|row| format!("{:?}", row.key)).collect())
}
