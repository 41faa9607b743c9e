//! The forecast, as it is.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    forecast::{
        FiscalYear, ForecastBy, ForecastRequest, PeriodLength, RowKey, Whose, forecast,
        forecast_accuracy,
    },
    kernel::Id,
    opportunity::{Line, Lines},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::expect,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    forecast_house::{ForecastHouse, Place, Sum, brief, cast, days, deal, parts, pipeline, told},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        the_forecast_by_month_and_salesperson,
        a_forecast_is_the_fold_over_its_opportunities,
        periods_add_up_to_each_other,
        units_add_up_and_people_count_once,
        lines_count_for_their_products
    ]
}

/// Scenario 9.
async fn the_forecast_by_month_and_salesperson(case: &Case) -> Held {
    let setting = cast(case).await?;
    let [anna, ben] = setting.staff;
    let pipeline = pipeline(case);
    let mut work = case.begin().await?;
    work.insert(pipeline.clone()).await?;
    for (owner, stage, amount, close) in [
        (anna, "won", "500 EUR", "2017-11-20"),
        (anna, "contract", "1000 EUR", "2017-12-28"),
        (anna, "offer", "200 EUR", "2018-01-15"),
        (anna, "new", "300 USD", "2018-01-31"),
        (anna, "lost", "9999 EUR", "2017-12-01"),
        (ben, "offer", "70 EUR", "2017-11-30"),
        (ben, "new", "10 EUR", ""),
    ] {
        let mut new = deal(case, &pipeline, &setting, stage, amount, close)?;
        new.owner_id = Some(owner);
        work.insert(new).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let asked = ForecastRequest::new(day("2017-12-15")?);
    let found = forecast(&mut *unit, &asked).await?;
    let rows: BTreeMap<_, _> =
        found.rows.iter().map(|row| (row.key, brief(&told(&row.cells)))).collect();
    let of = |id| rows.get(&RowKey::Staff(Some(id))).cloned().unwrap_or_default();
    let expected = [
        "2017-11 closed EUR 1 500 500",
        "2017-12 commit EUR 1 1000 900",
        "2018-01 pipeline USD 1 300 30",
        "2018-01 best_case EUR 1 200 90",
    ];
    same("what is Anna's", of(anna), expected.map(str::to_owned).to_vec())?;
    let expected = ["no_date pipeline EUR 1 10 1", "overdue best_case EUR 1 70 31.5"];
    same("what is Ben's", of(ben), expected.map(str::to_owned).to_vec())?;
    // What was forecast of November when it began, and what closed.
    let (from, to) = (day("2017-11-01")?, day("2017-11-30")?);
    let months = forecast_accuracy(&mut *unit, asked.as_of, from, to, None).await?;
    let [november] = months.as_slice() else { return Err(Failure::new(format!("{months:?}"))) };
    same("what was expected of November", november.expected(), Decimal::new(315, 1))?;
    same("what closed in it", november.closed.amount, Decimal::from(500))?;
    same("by how much that was wrong", november.error(), Decimal::new(4685, 1))
}

async fn a_forecast_is_the_fold_over_its_opportunities(case: &Case) -> Held {
    let house = ForecastHouse::busy(case, 60).await?;
    let [one, two] = house.setting.staff;
    for as_of in days()? {
        let mut all: BTreeMap<Place, Sum> = BTreeMap::new();
        let mut by: BTreeMap<Option<Id<StaffMember>>, BTreeMap<Place, Sum>> = BTreeMap::new();
        for (deal, stood) in house.at(as_of) {
            let Some(place) = stood.place(as_of) else { continue };
            all.entry(place.clone()).or_default().plus(stood.sum());
            let shares = if deal.shared {
                vec![(Some(one), parts(stood.sum())[0]), (Some(two), parts(stood.sum())[1])]
            } else {
                vec![(stood.owner, stood.sum())]
            };
            for (owner, sum) in shares {
                by.entry(owner).or_default().entry(place.clone()).or_default().plus(sum);
            }
        }
        let mut unit = case.read().await?;
        let asked = ForecastRequest::new(as_of);
        let found = forecast(&mut *unit, &asked).await?;
        same(&format!("all of {as_of}"), told(&found.cells), all.clone())?;
        same(&format!("rows of {as_of}"), found.rows.len(), by.len())?;
        for row in &found.rows {
            let RowKey::Staff(owner) = row.key else { return Err(Failure::new("a row")) };
            let what = format!("what was {owner:?}'s on {as_of}");
            same(&what, told(&row.cells), by.remove(&owner).unwrap_or_default())?;
        }
        let by_category = ForecastRequest { by: ForecastBy::Category, ..asked.clone() };
        let found = forecast(&mut *unit, &by_category).await?;
        same(&format!("by category on {as_of}"), told(&found.cells), all.clone())?;
        // Of two owners only what is theirs.
        let theirs = ForecastRequest { whose: Whose::Staff(one), ..by_category };
        let found = forecast(&mut *unit, &theirs).await?;
        let rows = forecast(&mut *unit, &asked).await?.rows;
        let row = rows.iter().find(|row| row.key == RowKey::Staff(Some(one)));
        let row = row.map(|row| told(&row.cells)).unwrap_or_default();
        same(&format!("what was one's on {as_of}"), told(&found.cells), row)?;
        let by_product = ForecastRequest { by: ForecastBy::Product, ..asked };
        let found = forecast(&mut *unit, &by_product).await?;
        same(&format!("by product on {as_of}"), told(&found.cells), all)?;
    }
    Ok(())
}

async fn periods_add_up_to_each_other(case: &Case) -> Held {
    let house = ForecastHouse::busy(case, 40).await?;
    let as_of = day("2017-07-01")?;
    let april = FiscalYear::starting_in(4)?;
    let mut unit = case.read().await?;
    for (length, fiscal_year) in [
        (PeriodLength::Quarter, FiscalYear::CALENDAR),
        (PeriodLength::Quarter, FiscalYear::starting_in(2)?),
        (PeriodLength::Year, FiscalYear::CALENDAR),
        (PeriodLength::Year, april),
    ] {
        let mut expected: BTreeMap<Place, Sum> = BTreeMap::new();
        for (_, stood) in house.at(as_of) {
            let Some((when, category, currency)) = stood.place(as_of) else { continue };
            let when = match day(&format!("{when}-01")) {
                Ok(month) => fiscal_year.period_of(month, length).label(fiscal_year),
                Err(_) => when,
            };
            expected.entry((when, category, currency)).or_default().plus(stood.sum());
        }
        let by = ForecastBy::Category;
        let asked = ForecastRequest { by, length, fiscal_year, ..ForecastRequest::new(as_of) };
        let found = forecast(&mut *unit, &asked).await?;
        let mut cells: BTreeMap<Place, Sum> = BTreeMap::new();
        for cell in &found.cells {
            let place = (cell.bucket.label(fiscal_year), cell.category, cell.currency);
            let (count, amount) = (cell.figure.count, cell.figure.amount);
            cells.insert(place, Sum { count, amount, weighted: cell.figure.weighted });
        }
        same(&format!("{length} from {}", fiscal_year.start_month()), cells, expected)?;
        // Only some of them; what is in none stays.
        let (from, to) = (Some(day("2017-08-20")?), Some(day("2017-08-21")?));
        let some = forecast(&mut *unit, &ForecastRequest { from, to, ..asked }).await?;
        let one = fiscal_year.period_of(day("2017-08-20")?, length);
        let asked_for = |label: &str| {
            label == one.label(fiscal_year) || label == "overdue" || label == "no_date"
        };
        let expected = found.cells.iter().filter(|c| asked_for(&c.bucket.label(fiscal_year)));
        let expected: Vec<_> = expected.copied().collect();
        same(&format!("one {length}"), some.cells, expected)?;
    }
    Ok(())
}

async fn units_add_up_and_people_count_once(case: &Case) -> Held {
    let house = ForecastHouse::busy(case, 50).await?;
    let [one, two] = house.setting.staff;
    let [top, side] = house.setting.org_units;
    let mut work = case.begin().await?;
    let mut branch = OrgUnit::new(case.id(), "A branch");
    branch.parent_id = Some(top);
    let branch = work.insert(branch).await?.id;
    for (id, unit) in [(one, branch), (two, top)] {
        let stored = expect(&mut *work, id).await?;
        work.update(stored.edit(|o| o.org_unit_id = Some(unit))).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let asked = ForecastRequest::new(day("2019-01-01")?);
    let people = forecast(&mut *unit, &asked).await?;
    let asked = ForecastRequest { by: ForecastBy::Team, ..asked };
    let units = forecast(&mut *unit, &asked).await?;
    same("all of it", &units.cells, &people.cells)?;
    let row = |key| units.rows.iter().find(|row| row.key == key);
    let staff = |id| people.rows.iter().find(|row| row.key == RowKey::Staff(id));
    claim(row(RowKey::Unit(Some(side))).is_none(), "a unit without people has no row")?;
    let Some(of_branch) = row(RowKey::Unit(Some(branch))) else {
        return Err(Failure::new("no branch"));
    };
    same("the branch", Some(&of_branch.cells), staff(Some(one)).map(|row| &row.cells))?;
    same("its level", of_branch.level, 1)?;
    let Some(of_top) = row(RowKey::Unit(Some(top))) else { return Err(Failure::new("no top")) };
    same("its own", Some(&of_top.own), staff(Some(two)).map(|row| &row.cells))?;
    let nobody = row(RowKey::Unit(None)).map(|row| told(&row.cells)).unwrap_or_default();
    same("nobody's", Some(&nobody), staff(None).map(|row| told(&row.cells)).as_ref())?;
    // A shared one counts once above both of its owners; amounts add up.
    let mut sum = nobody;
    for (place, of) in told(&of_top.cells) {
        sum.entry(place).or_default().plus(of);
    }
    same("everything", sum, told(&units.cells))?;
    let only = ForecastRequest { whose: Whose::Unit(top), by: ForecastBy::Category, ..asked };
    let only = forecast(&mut *unit, &only).await?;
    same("only of the unit", told(&only.cells), told(&of_top.cells))
}

async fn lines_count_for_their_products(case: &Case) -> Held {
    let setting = cast(case).await?;
    let [one, two] = setting.products;
    let pipeline = pipeline(case);
    let mut work = case.begin().await?;
    work.insert(pipeline.clone()).await?;
    let line = |product, price: &str| -> Held<Line> {
        let mut line = Line::new("it", 1.into(), price.parse()?);
        line.product_id = product;
        Ok(line)
    };
    let mut lined = deal(case, &pipeline, &setting, "offer", "1 EUR", "2018-01-31")?;
    lined.product_id = Some(one);
    lined.lines = Lines(vec![
        line(Some(two), "10.01 EUR")?,
        line(None, "3.33 EUR")?,
        line(Some(two), "20 EUR")?,
    ]);
    let mut bare = deal(case, &pipeline, &setting, "offer", "5 EUR", "2018-01-31")?;
    bare.product_id = Some(one);
    work.insert_all(vec![lined, bare]).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let by = ForecastBy::Product;
    let asked = ForecastRequest { by, ..ForecastRequest::new(day("2099-01-01")?) };
    let found = forecast(&mut *unit, &asked).await?;
    let rows: BTreeMap<_, _> =
        found.rows.iter().map(|row| (row.key, brief(&told(&row.cells)))).collect();
    let of = |id| rows.get(&RowKey::Product(id)).cloned().unwrap_or_default();
    // 33.34 at 45 %: 15.00, of which 30.01/33.34 and 3.33/33.34.
    same("two lines", of(Some(two)), vec!["overdue best_case EUR 1 30.01 13.5".to_owned()])?;
    same("no product", of(None), vec!["overdue best_case EUR 1 3.33 1.5".to_owned()])?;
    same("without lines", of(Some(one)), vec!["overdue best_case EUR 1 5 2.25".to_owned()])?;
    let all = brief(&told(&found.cells));
    same("all", all, vec!["overdue best_case EUR 2 38.34 17.25".to_owned()])
}
