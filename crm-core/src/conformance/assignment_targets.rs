//! Whom a rule names, and nobody else: on stores.

use crate::{
    assignment::{
        Assignment, AssignmentOutcome, Choice, KindRules, Rule, RuleSet, Strategy, Target, Which,
    },
    customer::{self, Customer},
    kernel::{Country, Id},
    lead::Lead,
    opportunity::Opportunity,
    org_unit::OrgUnit,
    pipeline::Pipeline,
    staff_member::StaffMember,
    store::{UnitOfWork, expect},
    territory::{Territory, placement_of_lead},
    territory_member::TerritoryMember,
};

use super::{
    assignments::{set, text},
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    merging::organisation,
    owners::colleague,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        only_those_with_the_role_in_the_territory_are_asked,
        what_lies_nowhere_goes_to_the_people_of_a_named_territory,
        a_lead_belongs_where_the_customer_would_that_it_becomes,
        only_the_team_is_asked
    ]
}

/// Everybody whom the last choice looked at, by name; those who cannot take it in brackets.
fn asked(one: &Assignment) -> Held<Vec<String>> {
    let rule = one.account.as_ref().and_then(|account| account.rules.last());
    let choice = rule.and_then(|rule| rule.choices.last());
    let choice = choice.ok_or_else(|| Failure::new(format!("a choice: {one:?}")))?;
    let name = |one: &crate::assignment::CandidateAccount| match &one.excluded {
        Some(_) => format!("({})", one.name),
        None => one.name.clone(),
    };
    let mut names: Vec<_> = choice.candidates.iter().map(name).collect();
    names.sort();
    Ok(names)
}

/// Gives a new opportunity of a customer by the rules.
async fn given(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
    pipeline: &Pipeline,
    customer: Option<Id<Customer>>,
) -> Held<Assignment> {
    let mut deal = Opportunity::open(case.id(), "Deal", pipeline)?;
    deal.customer_id = customer;
    let id = work.insert(deal).await?.id;
    Ok(work.assignments().assign(id, Which::WithoutOwner).await?)
}

fn to(to: Id<StaffMember>) -> AssignmentOutcome {
    AssignmentOutcome::Assigned { to }
}

async fn by(work: &mut (dyn UnitOfWork + '_), target: Target) -> Held {
    let choices = vec![Choice::new(target, Strategy::RoundRobin)];
    let rules = RuleSet { rules: vec![Rule::new("All", choices)] };
    set(work, "Deals", KindRules::Opportunity(rules)).await?;
    Ok(())
}

async fn only_those_with_the_role_in_the_territory_are_asked(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let today = work.now().date();
    let mut people = Vec::new();
    for name in ["Anna", "Ben", "Carl", "Dora", "Eve"] {
        people.push(colleague(&mut *work, case, name).await?);
    }
    let [anna, ben, carl, dora, eve] = people[..] else { return Err(Failure::new("five")) };
    let mut places = Vec::new();
    for name in ["north", "south", "west"] {
        let part = Territory::new(case.id(), name, customer::INDUSTRY.eq(name));
        let part = work.insert(part).await?.id;
        let shop = Customer { industry: Some(name.into()), ..organisation(case, name) };
        places.push((part, work.insert(shop).await?.id));
    }
    let [(north, in_north), (south, in_south), (west, in_west)] = places[..] else {
        return Err(Failure::new("three"));
    };
    let member = |part, who, role: &str| TerritoryMember {
        role: role.into(),
        ..TerritoryMember::owner(case.id(), part, who)
    };
    let over = TerritoryMember { last_day: today.pred_opt(), ..member(north, dora, "service") };
    let not_yet = TerritoryMember { first_day: today.succ_opt(), ..member(north, eve, "service") };
    for one in [
        member(north, anna, "owner"),
        member(north, ben, "service"),
        member(north, ben, "owner"),
        member(south, anna, "service"),
        member(south, carl, "service"),
        member(west, carl, "owner"),
        over,
        not_yet,
    ] {
        work.insert(one).await?;
    }
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    by(&mut *work, Target::TerritoryMembers { role: Some("service".into()), territory: None })
        .await?;
    for _ in 0..3 {
        let one = given(&mut *work, case, &pipeline, Some(in_north)).await?;
        same("in the north", (one.outcome, asked(&one)?), (to(ben), vec!["Ben".to_owned()]))?;
    }
    let mut got = Vec::new();
    for _ in 0..2 {
        let one = given(&mut *work, case, &pipeline, Some(in_south)).await?;
        same("in the south", asked(&one)?, vec!["Anna".to_owned(), "Carl".to_owned()])?;
        got.push(one.outcome);
    }
    claim(got.contains(&to(anna)) && got.contains(&to(carl)), format!("in turn: {got:?}"))?;
    for (customer, words) in
        [(Some(in_west), "nobody is service in its territory"), (None, "it lies in no territory")]
    {
        let one = given(&mut *work, case, &pipeline, customer).await?;
        same(words, one.outcome, AssignmentOutcome::Unassigned)?;
        claim(text(&one)?.contains(words), format!("{} tells {words}", text(&one)?))?;
    }
    // Without a role: all who work there that day, each once.
    by(&mut *work, Target::TerritoryMembers { role: None, territory: None }).await?;
    let one = given(&mut *work, case, &pipeline, Some(in_north)).await?;
    same("whatever their role", asked(&one)?, vec!["Anna".to_owned(), "Ben".to_owned()])
}

async fn what_lies_nowhere_goes_to_the_people_of_a_named_territory(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let today = work.now().date();
    let (mut people, mut parts) = (Vec::new(), Vec::new());
    for name in ["Anna", "Ben", "Carl", "Dora"] {
        people.push(colleague(&mut *work, case, name).await?);
    }
    let [anna, ben, carl, dora] = people[..] else { return Err(Failure::new("four")) };
    for name in ["north", "south", "old"] {
        let last_day = if name == "old" { today.pred_opt() } else { None };
        let part = Territory::new(case.id(), name, customer::INDUSTRY.eq(name));
        parts.push(work.insert(Territory { last_day, ..part }).await?.id);
    }
    let [north, south, old] = parts[..] else { return Err(Failure::new("three")) };
    let below = Territory {
        parent_id: Some(old),
        ..Territory::new(case.id(), "below", customer::INDUSTRY.eq("below"))
    };
    let below = work.insert(below).await?.id;
    for (part, who, role) in [
        (north, anna, "owner"),
        (north, ben, "owner"),
        (north, carl, "service"),
        (south, dora, "owner"),
        (old, anna, "owner"),
        (below, anna, "owner"),
    ] {
        let one = TerritoryMember::owner(case.id(), part, who);
        work.insert(TerritoryMember { role: role.into(), ..one }).await?;
    }
    let shop = Customer { industry: Some("south".into()), ..organisation(case, "Shop") };
    let in_south = work.insert(shop).await?.id;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let owners =
        |part| Target::TerritoryMembers { role: Some("owner".into()), territory: Some(part) };
    // One turn for all records, wherever they lie.
    by(&mut *work, owners(north)).await?;
    let mut got = Vec::new();
    for customer in [None, Some(in_south), None, Some(in_south)] {
        let one = given(&mut *work, case, &pipeline, customer).await?;
        same("of the north", asked(&one)?, vec!["Anna".to_owned(), "Ben".to_owned()])?;
        got.push(one.outcome);
    }
    let times = |who| got.iter().filter(|one| **one == to(who)).count();
    same("in turn", (times(anna), times(ben)), (2, 2))?;
    by(&mut *work, Target::TerritoryMembers { role: None, territory: Some(south) }).await?;
    let one = given(&mut *work, case, &pipeline, None).await?;
    same("whatever their role", (one.outcome, asked(&one)?), (to(dora), vec!["Dora".to_owned()]))?;
    for (part, name) in [(old, "old"), (below, "below")] {
        by(&mut *work, owners(part)).await?;
        let one = given(&mut *work, case, &pipeline, None).await?;
        same("one that is over", one.outcome, AssignmentOutcome::Unassigned)?;
        let words =
            format!("nobody is owner in the territory {name}, which does not count that day");
        claim(text(&one)?.contains(&words), format!("{} tells {words}", text(&one)?))?;
    }
    // A new one of that name follows it.
    let new = Territory::new(case.id(), "old", customer::INDUSTRY.eq("new"));
    let new = work.insert(new).await?.id;
    work.insert(TerritoryMember::owner(case.id(), new, carl)).await?;
    by(&mut *work, owners(old)).await?;
    let one = given(&mut *work, case, &pipeline, None).await?;
    same(
        "the one that follows it",
        (one.outcome, asked(&one)?),
        (to(carl), vec!["Carl".to_owned()]),
    )
}

async fn a_lead_belongs_where_the_customer_would_that_it_becomes(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let today = work.now().date();
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    let germany: Country = "DE".parse()?;
    let part = Territory::new(case.id(), "Germany", customer::COUNTRY.eq(germany));
    let part = work.insert(part).await?.id;
    work.insert(TerritoryMember::owner(case.id(), part, anna)).await?;
    let members = Target::TerritoryMembers { role: None, territory: None };
    let large = Rule {
        customer: customer::EMPLOYEES.at_least(1_000),
        ..Rule::new("Large", vec![Choice::new(Target::Person(ben), Strategy::RoundRobin)])
    };
    let by_place = Rule::new("By place", vec![Choice::new(members, Strategy::RoundRobin)]);
    let rules = RuleSet { rules: vec![large, by_place] };
    set(&mut *work, "Leads", KindRules::Lead(rules)).await?;
    for (country, employees, expected) in [
        ("DE", Some(20), to(anna)),
        ("DE", Some(2_000), to(ben)),
        ("FR", Some(20), AssignmentOutcome::Unassigned),
    ] {
        let mut lead = Lead::company(case.id(), "Heron");
        (lead.country, lead.employees) = (Some(country.parse()?), employees);
        let id = work.insert(lead).await?.id;
        let placed = placement_of_lead(&mut *work, id, today).await?;
        same("where it belongs", placed.territory, (country == "DE").then_some(part))?;
        let one = work.assignments().assign(id, Which::WithoutOwner).await?;
        same(&format!("{country}, {employees:?}"), one.outcome, expected)?;
    }
    Ok(())
}

async fn only_the_team_is_asked(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let sales = work.insert(OrgUnit::new(case.id(), "Sales")).await?.id;
    let below =
        |name: &str, parent| OrgUnit { parent_id: Some(parent), ..OrgUnit::new(case.id(), name) };
    let north = work.insert(below("North", sales)).await?.id;
    let harbour = work.insert(below("Harbour", north)).await?.id;
    let south = work.insert(below("South", sales)).await?.id;
    let mut people = Vec::new();
    for (name, unit) in [
        ("Anna", Some(sales)),
        ("Ben", Some(north)),
        ("Carl", Some(harbour)),
        ("Dora", Some(south)),
        ("Eve", None),
        ("Gone", Some(north)),
    ] {
        let active = name != "Gone";
        let one = StaffMember { org_unit_id: unit, active, ..StaffMember::new(case.id(), name) };
        people.push(work.insert(one).await?.id);
    }
    let (ben, carl) = (people[1], people[2]);
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    by(&mut *work, Target::Team { unit: north, below: false }).await?;
    for _ in 0..2 {
        let one = given(&mut *work, case, &pipeline, None).await?;
        same("the team", (one.outcome, asked(&one)?), (to(ben), names(&["(Gone)", "Ben"])))?;
    }
    by(&mut *work, Target::Team { unit: north, below: true }).await?;
    let mut got = Vec::new();
    for _ in 0..4 {
        let one = given(&mut *work, case, &pipeline, None).await?;
        same("and those below it", asked(&one)?, names(&["(Gone)", "Ben", "Carl"]))?;
        got.push(one.outcome);
    }
    let times = |who| got.iter().filter(|one| **one == to(who)).count();
    same("in turn", (times(ben), times(carl)), (2, 2))?;
    // Who goes to another team is none of it.
    let stored = expect(&mut *work, ben).await?;
    work.update(stored.edit(|one| one.org_unit_id = Some(south))).await?;
    let one = given(&mut *work, case, &pipeline, None).await?;
    same("once he left it", (one.outcome, asked(&one)?), (to(carl), names(&["(Gone)", "Carl"])))?;
    by(&mut *work, Target::Team { unit: north, below: false }).await?;
    let one = given(&mut *work, case, &pipeline, None).await?;
    same("nobody who could", one.outcome, AssignmentOutcome::Unassigned)?;
    let words = "Gone does not work here any more";
    claim(text(&one)?.contains(words), format!("{} tells {words}", text(&one)?))
}
