//! Dry runs of some records, and of those after them.

use crate::{
    assignment::{
        Assigned, Assignment, AssignmentOutcome, KindRules, Rule, RuleSet, Strategy, Which,
        dry_run_all,
    },
    customer::{self, Customer},
    kernel::{Criteria, Cursor, ErrorKind, Timestamp},
    lead::{self, Lead},
    org::Capacity,
    staff_member::StaffMember,
    store::{Read, ReadUnit},
};

use super::{
    assignments::{leads, queue, set},
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    owners::of,
};

pub(super) fn laws() -> Vec<Law> {
    laws![a_dry_run_of_some_is_what_is_then_done_with_them]
}

/// What is asked about: which of them, from where on, how many.
struct Part<'a, E: Assigned> {
    criteria: &'a Criteria<E>,
    which: Which,
    after: Option<Cursor>,
    limit: u32,
}

/// What would be done with them, and where it would go on.
async fn dry<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    some: &Part<'_, E>,
    at: Timestamp,
) -> Held<(Vec<Assignment>, Option<Cursor>)> {
    let mut all = Vec::new();
    let (criteria, after) = (some.criteria.clone(), some.after.clone());
    let each = |one| {
        all.push(one);
        Ok(())
    };
    let limit = some.limit.into();
    let next = dry_run_all::<E>(unit, criteria, some.which, at, after, limit, each).await?;
    Ok((all, next))
}

/// All of them, some at a time: before each time a dry run tells what will be, record for record.
async fn all<E: Assigned>(
    case: &Case,
    criteria: &Criteria<E>,
    which: Which,
    limit: u32,
) -> Held<Vec<Assignment>> {
    let (mut done, mut after) = (Vec::new(), None);
    loop {
        let some = Part { criteria, which, after, limit };
        let mut work = case.begin().await?;
        let now = work.now();
        let (told, next) = dry(&mut *work, &some, now).await?;
        work.commit().await?;
        // Twice as many at once begin with the same ones.
        let more = Part { limit: limit * 2, after: some.after.clone(), ..some };
        let (longer, _) = dry(&mut *case.read().await?, &more, now).await?;
        claim(longer.starts_with(&told), format!("{longer:?} begins with {told:?}"))?;
        let mut work = case.begin().await?;
        let page =
            work.assignments().assign_all(criteria.clone(), which, more.after, limit).await?;
        work.commit().await?;
        same("how many", page.items.len() <= limit as usize, true)?;
        for (given, told) in page.items.iter().zip(&told) {
            same("record for record", given, told)?;
        }
        same("as many", page.items.len(), told.len())?;
        same("where it goes on", page.next.as_ref(), next.as_ref())?;
        done.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(done);
        }
    }
}

async fn a_dry_run_of_some_is_what_is_then_done_with_them(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for n in 0..4_u32 {
        let mut one = StaffMember::new(case.id(), format!("Colleague {n}"));
        one.weight = Some(i64::from(n) + 1);
        let most = (n > 1).then_some(n * 3);
        one.capacity = Capacity { open_leads: most, customers: most, ..Capacity::default() };
        people.push(work.insert(one).await?.id);
    }
    let mut north = Rule::new("North", queue(&people, Strategy::LeastLoaded));
    north.when = lead::REGION.eq("north");
    let south = Rule::new("South", queue(&people, Strategy::WeightedRoundRobin));
    let rules = vec![north, south];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    let mut large = Rule::new("Large", queue(&people[1..], Strategy::LeastLoaded));
    large.when = customer::EMPLOYEES.at_least(50);
    let rules = vec![large, Rule::new("All", queue(&people, Strategy::RoundRobin))];
    let rules = KindRules::Customer(RuleSet { rules });
    set(&mut *work, "Customers", rules).await?;
    leads(&mut *work, case, 36).await?;
    for n in 0..30_i64 {
        let new = of(case, None, &format!("Shop {n}"));
        let city = ["Bremen", "Kiel"][n as usize % 2];
        let new = Customer { employees: Some(n * 5), city: Some(city.into()), ..new };
        work.insert(new).await?;
    }
    work.commit().await?;

    // Only some regions, and then again, with all others who have one by now.
    let criteria = lead::REGION.one_of(["north", "south"]);
    for which in [Which::WithoutOwner, Which::All] {
        let done = all::<Lead>(case, &criteria, which, 5).await?;
        same("only these", done.len(), 24)?;
    }
    let mut unit = case.read().await?;
    let east = lead::REGION.eq("east").and(lead::OWNER_ID.is_present());
    same("nobody else got an owner", Read::<Lead>::count(&mut *unit, east).await?, 0)?;
    drop(unit);
    let done = all::<Customer>(case, &customer::CITY.eq("Bremen"), Which::WithoutOwner, 4).await?;
    same("only these", done.len(), 15)?;
    let given = done.iter().filter(|one| matches!(one.outcome, AssignmentOutcome::Assigned { .. }));
    same("all of them are given", given.count(), 15)?;
    // Where the last page was full there is nothing more, and where another list stopped none goes on.
    let mut unit = case.read().await?;
    let everything = Criteria::<Lead>::everything();
    let now = Timestamp::MAX;
    let some = Part { criteria: &everything, which: Which::All, after: None, limit: 36 };
    let (told, next) = dry(&mut *unit, &some, now).await?;
    same("all at once", (told.len(), next), (36, None))?;
    let (_, next) = dry(&mut *unit, &Part { limit: 3, ..some }, now).await?;
    let next = next.ok_or_else(|| Failure::new("there are more"))?;
    let kiel = customer::CITY.eq("Kiel");
    let answer =
        dry_run_all::<Customer>(&mut *unit, kiel, Which::WithoutOwner, now, Some(next), 1, |_| {
            Ok(())
        });
    fails("a cursor of another list", answer.await, ErrorKind::Invalid)?;
    Ok(())
}
