//! Territories: where customers belong, and whether it fits.

use crate::{
    absence::Absence,
    customer::{self, Customer, CustomerKind, MergeCommand},
    kernel::{ErrorKind, Id},
    opportunity::Opportunity,
    pipeline::Pipeline,
    staff_member::StaffMember,
    store::{Read, UnitOfWork},
    territory::{
        LostBy, MemberTrouble, PlannedMember, PlannedTerritory, Territory, TerritoryPlan, check,
        placement, placement_of_opportunity,
    },
    territory_member::TerritoryMember,
    transaction::Transaction,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        each_customer_belongs_to_one_territory_with_the_reason,
        overlaps_and_gaps_are_counted_and_listed,
        territories_without_those_who_should_be_there_are_told,
        a_plan_that_cannot_be_is_refused_whole
    ]
}

pub(super) const DAY: &str = "2017-12-31";

pub(super) fn territory(
    name: &str,
    parent: Option<&str>,
    industry: Option<&str>,
) -> PlannedTerritory {
    let criteria = industry.map(|industry| customer::INDUSTRY.eq(industry).into());
    PlannedTerritory {
        name: name.to_owned(),
        external_id: None,
        parent: parent.map(str::to_owned),
        criteria: criteria.unwrap_or_default(),
        priority: 0,
        first_day: None,
        last_day: None,
        members: None,
    }
}

pub(super) fn with(staff: &[&str], planned: PlannedTerritory) -> PlannedTerritory {
    let owner = |name: &&str| PlannedMember {
        staff: (*name).to_owned(),
        role: TerritoryMember::OWNER.to_owned(),
        first_day: None,
        last_day: None,
    };
    PlannedTerritory { members: Some(staff.iter().map(owner).collect()), ..planned }
}

/// Two people; customers of three industries and of none, each with revenue of its number.
pub(super) struct House {
    pub(super) anna: Id<StaffMember>,
    pub(super) ben: Id<StaffMember>,
    pub(super) customers: Vec<Id<Customer>>,
    pub(super) pipeline: Pipeline,
}

const INDUSTRIES: [Option<&str>; 5] =
    [Some("retail"), Some("retail"), Some("medical"), Some("software"), None];

pub(super) async fn house(case: &Case, work: &mut (dyn UnitOfWork + '_)) -> Held<House> {
    let [anna, ben] = [case.id(), case.id()];
    work.insert(StaffMember::new(anna, "Anna")).await?;
    work.insert(StaffMember::new(ben, "Ben")).await?;
    let pipeline = Pipeline::sales(case.id());
    work.insert(pipeline.clone()).await?;
    let mut customers = Vec::new();
    for (number, industry) in (1..).zip(INDUSTRIES) {
        let new = Customer::new(case.id(), CustomerKind::Organisation, format!("C {number}"));
        let industry = industry.map(str::to_owned);
        let id = work.insert(Customer { industry, ..new }).await?.id;
        customers.push(id);
        for (on, amount) in [
            ("2017-01-01", format!("{number}.50 EUR")),
            ("2017-12-30", format!("{number} USD")),
            ("2016-12-31", "1000 EUR".to_owned()),
            ("2017-12-31", "1000 EUR".to_owned()),
        ] {
            work.insert(Transaction::new(case.id(), id, day(on)?, amount.parse()?)).await?;
        }
        let mut open = Opportunity::open(case.id(), "Open", &pipeline)?;
        (open.customer_id, open.amount) = (Some(id), Some(format!("{number}0 EUR").parse()?));
        work.insert(open).await?;
        let mut won = Opportunity::open(case.id(), "Lost", &pipeline)?;
        (won.customer_id, won.amount) = (Some(id), Some("7000 EUR".parse()?));
        let won = work.insert(won).await?.id;
        work.opportunities().lose(won, day("2017-12-01")?, Some("price".into()), None).await?;
    }
    let archived = Customer::new(case.id(), CustomerKind::Organisation, "Archived");
    let archived = Customer { industry: Some("retail".into()), ..archived };
    let archived = work.insert(archived).await?.id;
    work.customers().archive(archived).await?;
    Ok(House { anna, ben, customers, pipeline })
}

async fn each_customer_belongs_to_one_territory_with_the_reason(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = house(case, &mut *work).await?;
    let mut ended = territory("Ended", Some("North"), Some("medical"));
    ended.last_day = Some(day("2017-12-30")?);
    let plan = TerritoryPlan {
        territories: vec![
            territory("Shops", Some("North"), Some("retail")),
            territory("North", None, None),
            ended,
            territory("Also", None, None),
        ],
    };
    let aligned = work.territories().align(&plan, day("2017-12-01")?).await?;
    let id = |name: &str| -> Held<Id<Territory>> {
        let found = aligned.territories.iter().find(|one| one.name == name);
        found.map(|one| one.id).ok_or_else(|| Failure::new(format!("{name} is not there")))
    };
    let found = placement(&mut *work, house.customers[0], day(DAY)?).await?;
    same("the path", found.path, vec![id("North")?, id("Shops")?])?;
    let tests: Vec<_> = found.why.iter().flat_map(|one| &one.tests).collect();
    same("why", tests, vec![&customer::INDUSTRY.eq("retail")])?;
    let also: Vec<_> = found.also.iter().map(|one| (one.territory, one.lost)).collect();
    same("the other", also, vec![(id("Also")?, LostBy::Depth)])?;
    let medical = house.customers[2];
    let then = placement(&mut *work, medical, day("2017-12-30")?).await?;
    same("until it ended", then.territory, Some(id("Ended")?))?;
    let now = placement(&mut *work, medical, day(DAY)?).await?;
    let first = id("North")?.min(id("Also")?);
    same("after it ended", now.territory, Some(first))?;

    let mut deals = Vec::new();
    for customer_id in [Some(house.customers[1]), None] {
        let mut new = Opportunity::open(case.id(), "Tills", &house.pipeline)?;
        new.customer_id = customer_id;
        deals.push(work.insert(new).await?.id);
    }
    let merged = MergeCommand::new(case.id(), house.customers[1], [medical]);
    work.customers().merge(merged).await?;
    let follows = placement(&mut *work, medical, day(DAY)?).await?;
    same("one that was merged", follows.territory, Some(id("Shops")?))?;
    let of_deal = placement_of_opportunity(&mut *work, deals[0], day(DAY)?).await?;
    same("an opportunity", of_deal.territory, Some(id("Shops")?))?;
    let without = placement_of_opportunity(&mut *work, deals[1], day(DAY)?).await?;
    same("without a customer", without.territory, None)
}

async fn overlaps_and_gaps_are_counted_and_listed(case: &Case) -> Held {
    let mut work = case.begin().await?;
    house(case, &mut *work).await?;
    let plan = TerritoryPlan {
        territories: vec![
            territory("Shops", None, Some("retail")),
            territory("Stores", None, Some("retail")),
            territory("Hospitals", None, Some("medical")),
        ],
    };
    work.territories().align(&plan, day(DAY)?).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let found = check(&mut *unit, day(DAY)?).await?;
    same("customers", found.customers, 5)?;
    let mut counts: Vec<_> = found.territories.iter().map(|one| one.customers).collect();
    counts.sort_unstable();
    same("what they have", counts, vec![0, 1, 2])?;
    let [overlap] = found.overlaps.as_slice() else {
        return Err(Failure::new(format!("{:?}", found.overlaps)));
    };
    same("both", (overlap.territories.len(), overlap.customers), (2, 2))?;
    let first = overlap.territories.first().copied();
    let has: Vec<_> = found.territories.iter().filter(|one| one.customers == 2).collect();
    same("the first has them", has.first().map(|one| one.territory), first)?;
    let listed = Read::<Customer>::count(&mut *unit, overlap.criteria.clone()).await?;
    same("the overlap is listed", listed, 2)?;
    let listed = Read::<Customer>::count(&mut *unit, found.gap_criteria.clone()).await?;
    same("the gap is listed", (found.gap, listed), (2, 2))
}

async fn territories_without_those_who_should_be_there_are_told(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = house(case, &mut *work).await?;
    let carla = work.insert(StaffMember::new(case.id(), "Carla")).await?;
    let plan = TerritoryPlan {
        territories: vec![
            territory("House", None, None),
            with(&["Anna", "Carla"], territory("Shops", Some("House"), Some("retail"))),
            with(&["Ben"], territory("Hospitals", Some("House"), Some("medical"))),
        ],
    };
    let aligned = work.territories().align(&plan, day(DAY)?).await?;
    let leave = Absence::leave(case.id(), house.anna, day(DAY)?, day(DAY)?);
    work.absences().add(Absence { deputy_id: Some(house.ben), ..leave }).await?;
    work.update(carla.edit(|carla| carla.active = false)).await?;
    let found = check(&mut *work, day(DAY)?).await?;
    let id = |name: &str| aligned.territories.iter().find(|one| one.name == name).map(|one| one.id);
    let (Some(top), Some(shops)) = (id("House"), id("Shops")) else {
        return Err(Failure::new("they are there"));
    };
    let inactive = |trouble: &MemberTrouble| matches!(trouble, MemberTrouble::Inactive { .. });
    let away = MemberTrouble::Away { territory: shops, staff: house.anna, deputy: Some(house.ben) };
    claim(found.members.contains(&away), format!("{:?}", found.members))?;
    // Customers of other industries, and of none, stay with the house.
    claim(found.members.contains(&MemberTrouble::NoMember { territory: top }), "nobody on top")?;
    claim(found.members.iter().any(inactive), "Carla left")?;
    same("no more", found.members.len(), 3)?;
    let tomorrow = day("2018-01-01")?;
    same("she is back", check(&mut *work, tomorrow).await?.members.len(), 2)
}

async fn a_plan_that_cannot_be_is_refused_whole(case: &Case) -> Held {
    let mut work = case.begin().await?;
    house(case, &mut *work).await?;
    let sound = || territory("Shops", None, Some("retail"));
    let mut backwards = territory("Late", None, None);
    (backwards.first_day, backwards.last_day) = (Some(day(DAY)?), Some(day("2017-01-01")?));
    for (what, wrong) in [
        ("a circle", vec![territory("A", Some("B"), None), territory("B", Some("A"), None)]),
        ("two of a name", vec![territory("Shops", None, None)]),
        ("no such territory", vec![territory("A", Some("Nowhere"), None)]),
        ("nobody", vec![with(&["Zoe"], territory("A", None, None))]),
        ("twice", vec![with(&["Anna", "Anna"], territory("A", None, None))]),
        ("backwards", vec![backwards]),
        ("no name", vec![territory(" ", None, None)]),
    ] {
        let territories = [vec![sound()], wrong].concat();
        let refused = work.territories().align(&TerritoryPlan { territories }, day(DAY)?).await;
        fails(what, refused, ErrorKind::Invalid)?;
    }
    let none = check(&mut *work, day(DAY)?).await?;
    same("nothing is there", (none.territories.len(), none.gap), (0, 5))?;
    let past = Some(day("2017-12-30")?);
    for (what, wrong) in [
        ("it would begin before", PlannedTerritory { first_day: past, ..sound() }),
        ("it would end before", PlannedTerritory { last_day: past, ..sound() }),
    ] {
        let plan = TerritoryPlan { territories: vec![wrong] };
        fails(what, work.territories().align(&plan, day(DAY)?).await, ErrorKind::Invalid)?;
    }
    Ok(())
}
