//! Territories: what a re-alignment moves, and from when on.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    customer,
    kernel::{Currency, Id, Query},
    staff_member::StaffMember,
    store::{UnitOfWork, every, expect},
    territory::{PlannedTerritory, Territory, TerritoryPlan, check, preview, territory_tree},
    territory_member::TerritoryMember,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    law::Law,
    territories::{DAY, House, house, territory, with},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_realignment_moves_what_its_preview_says,
        a_realignment_holds_from_its_day_on,
        what_an_alignment_takes_back_counts_on_no_day,
        replaced_people_gain_and_lose_what_stays_in_its_territory,
        a_name_that_is_free_again_is_another_territory
    ]
}

fn money(code: Currency, amount: i64, decimals: u32) -> Vec<(Currency, Decimal)> {
    vec![(code, Decimal::new(amount, decimals).normalize())]
}

async fn a_realignment_moves_what_its_preview_says(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = house(case, &mut *work).await?;
    let now = TerritoryPlan {
        territories: vec![
            with(&["Anna"], territory("Shops", None, Some("retail"))),
            with(&["Ben"], territory("Hospitals", None, Some("medical"))),
        ],
    };
    work.territories().align(&now, day("2017-01-01")?).await?;
    let before = check(&mut *work, day(DAY)?).await?;
    // Retail goes to Ben, medical stays his, software comes to him and Anna.
    let then = TerritoryPlan {
        territories: vec![
            with(
                &["Ben"],
                PlannedTerritory {
                    criteria: customer::INDUSTRY.one_of(["medical", "retail"]).into(),
                    ..territory("Hospitals", None, None)
                },
            ),
            with(&["Ben", "Anna"], territory("Programs", None, Some("software"))),
        ],
    };
    let aligned = then.resolve(&mut *work, day(DAY)?).await?;
    let year = (day("2017-01-01")?, day(DAY)?);
    let previewed = preview(&mut *work, &aligned, day(DAY)?, year).await?;
    same("nothing is written", &check(&mut *work, day(DAY)?).await?, &before)?;
    let [from_nowhere, retail] = previewed.moves.as_slice() else {
        return Err(Failure::new(format!("{:?}", previewed.moves)));
    };
    let figures = &from_nowhere.figures;
    same("from nowhere", (from_nowhere.from, figures.customers), (None, 1))?;
    // Customers 1 and 2: 1.50 + 2.50 and 1 + 2 in the year, 10 + 20 open.
    let figures = &retail.figures;
    same("retail", figures.customers, 2)?;
    let mut revenue = money(Currency::EUR, 400, 2);
    revenue.extend(money(Currency::USD, 3, 0));
    let mut found: Vec<_> = figures.revenue.clone().into_iter().collect();
    found.sort_by_key(|(currency, _)| currency.to_string());
    same("revenue", found, revenue)?;
    let open: Vec<_> = figures.pipeline.clone().into_iter().collect();
    same("open", open, money(Currency::EUR, 30, 0))?;
    let of = |who| previewed.members.get(&who).cloned().unwrap_or_default();
    let count = |who| (of(who).gains.customers, of(who).loses.customers);
    same("Anna, Ben", (count(house.anna), count(house.ben)), ((1, 2), (3, 0)))?;

    work.territories().align(&then, day(DAY)?).await?;
    let after = check(&mut *work, day(DAY)?).await?;
    for one in &after.territories {
        let had = before.territories.iter().find(|old| old.name == one.name);
        let was = aligned.was(one.territory);
        let moved = previewed.territories.get(&was).cloned().unwrap_or_default();
        let expected = had.map_or(0, |old| old.customers) + moved.gains.customers;
        same(&one.name, one.customers, expected - moved.loses.customers)?;
    }
    let names: Vec<_> = after.territories.iter().map(|one| one.name.as_str()).collect();
    claim(!names.contains(&"Shops") && names.len() == 2, "what the plan leaves out ended")?;
    let yesterday = check(&mut *work, day("2017-12-30")?).await?;
    same("the day before", &yesterday.territories, &before.territories)?;
    // Done again, it changes nothing.
    let versions = |found: Vec<_>| found.into_iter().collect::<Vec<u64>>();
    let mut seen = Vec::new();
    for territory in &aligned.territories {
        seen.push(expect(&mut *work, territory.id).await?.version());
    }
    work.territories().align(&then, day(DAY)?).await?;
    let mut again = Vec::new();
    for territory in &aligned.territories {
        again.push(expect(&mut *work, territory.id).await?.version());
    }
    same("versions", versions(again), seen)
}

/// Where each customer belongs on a day, by name, and who works there.
async fn places(
    work: &mut (dyn UnitOfWork + '_),
    house: &House,
    on: NaiveDate,
) -> Held<Vec<(String, Vec<Id<StaffMember>>)>> {
    let tree = territory_tree(work, on).await?;
    let mut members = Vec::new();
    every::<TerritoryMember, _>(work, Query::all(), |one| {
        members.extend(one.is_effective(on).then_some((one.territory_id, one.staff_id)));
        Ok(())
    })
    .await?;
    members.sort_unstable();
    let mut all = Vec::new();
    for customer in &house.customers {
        let customer = expect(work, *customer).await?;
        let found = tree.territory_of(&customer);
        let name = found.and_then(|id| tree.get(id)).map_or("nowhere", |one| &one.name);
        let there = members.iter().filter(|(id, _)| Some(*id) == found).map(|(_, who)| *who);
        all.push((name.to_owned(), there.collect()));
    }
    Ok(all)
}

/// A criteria, a parent, a priority or a member that changes does so on the day, also below what changes.
async fn a_realignment_holds_from_its_day_on(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = house(case, &mut *work).await?;
    let keyed = |key: &str, one: PlannedTerritory| PlannedTerritory {
        external_id: Some(key.to_owned()),
        ..one
    };
    let medical_too = || customer::INDUSTRY.one_of(["retail", "medical"]);
    let shops = || keyed("S", with(&["Anna"], territory("Shops", Some("House"), Some("retail"))));
    let wider = PlannedTerritory { criteria: medical_too().into(), ..shops() };
    let other = with(&["Ben"], territory("Also", Some("House"), None));
    let plans = [
        vec![territory("House", None, None), shops(), other.clone()],
        // Other criteria and people; then all of it a part of another one; then another priority.
        vec![
            territory("House", None, None),
            PlannedTerritory { members: None, ..wider.clone() },
            other.clone(),
        ],
        vec![
            territory("Group", None, None),
            territory("House", Some("Group"), None),
            PlannedTerritory { members: None, ..wider.clone() },
            with(&["Anna", "Ben"], other.clone()),
        ],
        vec![
            territory("Group", None, None),
            territory("House", Some("Group"), None),
            with(&["Ben"], wider),
            PlannedTerritory { priority: 1, members: None, ..other },
        ],
    ];
    let mut were = Vec::new();
    for (month, territories) in (1..).zip(plans) {
        let on = day(&format!("2027-0{month}-01"))?;
        let plan = TerritoryPlan { territories };
        let aligned = work.territories().align(&plan, on).await?;
        same("done again", &work.territories().align(&plan, on).await?.members, &aligned.members)?;
        let later = day("2027-09-01")?;
        let again = plan.resolve(&mut *work, later).await?;
        same("it stays", (&again.territories, again.follows.len()), (&aligned.territories, 0))?;
        for (before, there) in &were {
            same("as it was", &places(&mut *work, &house, *before).await?, there)?;
        }
        let eve = on.pred_opt().ok_or_else(|| Failure::new("a day before"))?;
        let there = places(&mut *work, &house, eve).await?;
        match were.last() {
            Some((_, last)) => same("the day before", &there, last)?,
            None => claim(there.iter().all(|(name, _)| name == "nowhere"), "nothing yet")?,
        }
        were.push((on, places(&mut *work, &house, on).await?));
    }
    let (anna, ben) = (house.anna, house.ben);
    let mut two = vec![anna, ben];
    two.sort_unstable();
    let of = |month: usize| -> Held<Vec<(&str, Vec<_>)>> {
        let (_, there) = were.get(month).ok_or_else(|| Failure::new("a month"))?;
        Ok([0, 2, 3]
            .iter()
            .filter_map(|at| there.get(*at))
            .map(|(n, w)| (n.as_str(), w.clone()))
            .collect())
    };
    let also = |who: &[Id<StaffMember>]| ("Also", who.to_vec());
    let (first, second) = (of(0)?, of(1)?);
    // Without a priority the lower id decides between the two that count for retail.
    for (what, found) in [("retail", first.first()), ("medical", second.get(1))] {
        let known = [Some(&("Shops", vec![anna])), Some(&also(&[ben]))].contains(&found);
        claim(known, format!("{what}: {found:?}"))?;
    }
    same("medical is not a shop's", first.get(1), Some(&also(&[ben])))?;
    same("two people", of(2)?.get(2), Some(&also(&two)))?;
    same("the priority", of(3)?, vec![also(&two), also(&two), also(&two)])?;
    let keys = |one: &Territory| (one.external_id.is_some(), is_over(one));
    let mut all = Vec::new();
    every::<Territory, _>(&mut *work, Query::all(), |one| {
        all.extend((one.name == "Shops").then(|| keys(&one)));
        Ok(())
    })
    .await?;
    all.sort_unstable();
    same("the last has the external id", all, vec![(false, true), (false, true), (true, false)])
}

fn is_over(one: &Territory) -> bool {
    one.last_day.is_some()
}

async fn what_an_alignment_takes_back_counts_on_no_day(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = house(case, &mut *work).await?;
    let plan = |all: Vec<PlannedTerritory>| TerritoryPlan { territories: all };
    let shops = || with(&["Anna"], territory("Shops", None, Some("retail")));
    let hospitals = || with(&["Ben"], territory("Hospitals", None, Some("medical")));
    let first = plan(vec![shops()]);
    work.territories().align(&first, day("2027-01-01")?).await?;
    let was = places(&mut *work, &house, day("2027-01-31")?).await?;
    // A mistake, and one that is to come; both are taken back on the same day.
    let coming = PlannedTerritory { first_day: Some(day("2027-06-01")?), ..hospitals() };
    let mistaken =
        PlannedTerritory { criteria: customer::INDUSTRY.eq("medical").into(), ..shops() };
    work.territories().align(&plan(vec![mistaken, coming]), day("2027-02-01")?).await?;
    let mistake = places(&mut *work, &house, day("2027-02-01")?).await?;
    claim(mistake != was, "it was there")?;
    work.territories().align(&first, day("2027-02-01")?).await?;
    for on in ["2027-01-31", "2027-02-01", "2027-07-01"] {
        same(on, &places(&mut *work, &house, day(on)?).await?, &was)?;
    }
    let checked = check(&mut *work, day("2027-07-01")?).await?;
    same("one territory", checked.territories.len(), 1)?;
    // What was taken back, or is over, may come again: the days between stay without it.
    work.territories().align(&plan(vec![hospitals()]), day("2027-03-01")?).await?;
    work.territories().align(&plan(vec![shops(), hospitals()]), day("2027-05-01")?).await?;
    let names = |all: Vec<(String, Vec<_>)>| all.into_iter().map(|(name, _)| name);
    let of = |all: Vec<_>| names(all).step_by(2).take(2).collect::<Vec<_>>();
    for (on, expected) in [
        ("2027-02-28", ["Shops", "nowhere"]),
        ("2027-04-30", ["nowhere", "Hospitals"]),
        ("2027-05-01", ["Shops", "Hospitals"]),
    ] {
        same(
            on,
            of(places(&mut *work, &house, day(on)?).await?),
            expected.map(str::to_owned).to_vec(),
        )?;
    }
    Ok(())
}

async fn replaced_people_gain_and_lose_what_stays_in_its_territory(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = house(case, &mut *work).await?;
    let plan = |who: &[&str]| TerritoryPlan {
        territories: vec![
            with(who, territory("Shops", None, Some("retail"))),
            with(&["Anna"], territory("Hospitals", None, Some("medical"))),
        ],
    };
    work.territories().align(&plan(&["Anna"]), day("2017-01-01")?).await?;
    let year = (day("2017-01-01")?, day(DAY)?);
    let unchanged = plan(&["Anna"]).resolve(&mut *work, day(DAY)?).await?;
    let none = preview(&mut *work, &unchanged, day(DAY)?, year).await?;
    same("nothing changes", (none.moves.len(), none.members.len()), (0, 0))?;
    let replaced = plan(&["Ben"]).resolve(&mut *work, day(DAY)?).await?;
    let found = preview(&mut *work, &replaced, day(DAY)?, year).await?;
    same("no customer moves", (found.moves.len(), found.territories.len()), (0, 0))?;
    let of = |who| found.members.get(&who).cloned().unwrap_or_default();
    let (anna, ben) = (of(house.anna), of(house.ben));
    same("Anna", (anna.gains.customers, anna.loses.customers), (0, 2))?;
    same("Ben", (ben.gains.customers, ben.loses.customers), (2, 0))?;
    // Customers 1 and 2: 1.50 + 2.50 in the year, 10 + 20 open.
    same("their revenue", ben.gains.revenue.get(&Currency::EUR), Some(&Decimal::from(4)))?;
    same("what is open", anna.loses.pipeline.get(&Currency::EUR), Some(&Decimal::from(30)))
}

async fn a_name_that_is_free_again_is_another_territory(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = house(case, &mut *work).await?;
    let key = |mut one: PlannedTerritory| {
        one.external_id = Some("shops".to_owned());
        one
    };
    let before = with(&["Anna"], key(territory("North", None, Some("retail"))));
    let before = TerritoryPlan { territories: vec![before] };
    work.territories().align(&before, day("2017-01-01")?).await?;
    let renamed = with(&["Anna"], key(territory("North-East", None, Some("retail"))));
    let other = territory("North", None, Some("medical"));
    let plan = TerritoryPlan { territories: vec![renamed, other] };
    let aligned = plan.resolve(&mut *work, day(DAY)?).await?;
    same("none follows another", aligned.follows.len(), 0)?;
    let found = preview(&mut *work, &aligned, day(DAY)?, (day("2017-01-01")?, day(DAY)?)).await?;
    let moved = found.territories.values().map(|one| one.gains.customers).collect::<Vec<_>>();
    same("what moves: the hospital alone", moved, vec![1])?;
    claim(!found.members.contains_key(&house.anna), "Anna gains and loses nothing")?;
    work.territories().align(&plan, day(DAY)?).await?;
    let tree = territory_tree(&mut *work, day(DAY)?).await?;
    for (customer, name) in [(0, "North-East"), (2, "North")] {
        let customer = expect(&mut *work, house.customers[customer]).await?;
        let of = tree.territory_of(&customer).ok_or_else(|| Failure::new("a territory"))?;
        same("where it belongs", expect(&mut *work, of).await?.name.as_str(), name)?;
    }
    Ok(())
}
