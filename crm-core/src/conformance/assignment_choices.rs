//! Which rule decides, and who can take it: on stores.

use std::collections::BTreeSet;

use crate::{
    assignment::{
        AssignmentOutcome, AssignmentRules, Choice, KindRules, Needs, Rule, RuleSet, Strategy,
        Target, Then, Which, dry_run,
    },
    customer::{self, Customer},
    kernel::{Id, Tags, Timestamp},
    lead::{self, Lead},
    org::{Capacity, Shift, Shifts, Skills, Span, TimeZone, WeeklyHours},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::expect,
    territory::Territory,
    working_calendar::WorkingCalendar,
};

use super::{
    assignments::{leads, queue, set, text},
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    law::Law,
    merging::organisation,
    owners::{colleague, of},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        rules_are_tried_on_where_they_say_so,
        who_can_do_what_is_needed_gets_it,
        who_is_not_at_work_gets_nothing,
        new_ones_of_a_week_are_counted,
        names_of_rules_never_stand_in_the_way
    ]
}

fn to(to: Id<StaffMember>) -> AssignmentOutcome {
    AssignmentOutcome::Assigned { to }
}

fn target(target: Target) -> Vec<Choice> {
    vec![Choice::new(target, Strategy::RoundRobin)]
}

async fn rules_are_tried_on_where_they_say_so(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let today = work.now().date();
    let yesterday = today.pred_opt().unwrap_or(today);
    let anna = colleague(&mut *work, case, "Anna").await?;
    let full = StaffMember {
        capacity: Capacity { customers: Some(0), ..Capacity::default() },
        ..StaffMember::new(case.id(), "Full")
    };
    let full = work.insert(full).await?.id;
    let team = OrgUnit::new(case.id(), "Nobody's");
    let unit = work.insert(team).await?.id;
    let part = Territory::new(case.id(), "Wool", customer::INDUSTRY.eq("wool"));
    work.insert(part).await?;
    let on = |name: &str, choices| {
        let mut rule = Rule::<Customer>::new(name, choices);
        rule.when = customer::CATEGORY.eq(name);
        rule
    };
    let then = |rule: Rule<Customer>| Rule { then: Then::Continue, ..rule };
    let mut over = on("dated", target(Target::Person(anna)));
    (over.from, over.to) = (None, Some(yesterday));
    let mut begun = on("dated", target(Target::Person(anna)));
    begun.name = "dated, holds".into();
    (begun.from, begun.to) = (Some(today), Some(today));
    let mut fallback = queue(&[full], Strategy::LeastLoaded);
    fallback.extend(target(Target::Person(anna)));
    let rules = vec![
        on("keep", target(Target::Keep)),
        on("keep or Anna", [target(Target::Keep), target(Target::Person(anna))].concat()),
        then(Rule { name: "keep, or the next".into(), ..on("next", target(Target::Keep)) }),
        then(on("goes on", queue(&[full], Strategy::RoundRobin))),
        on("stops", queue(&[full], Strategy::RoundRobin)),
        on("fallback", fallback),
        on("team", target(Target::Team { unit, below: true })),
        then(on("territory", target(Target::TerritoryMembers { role: None, territory: None }))),
        over,
        begun,
        Rule {
            when: customer::CATEGORY.ne("team"),
            ..Rule::new("all", target(Target::Person(anna)))
        },
    ];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    for (category, outcome, told) in [
        ("keep", AssignmentOutcome::Unassigned, "nobody has it with whom it could stay"),
        ("keep or Anna", to(anna), "fallback 1, the rule names them"),
        ("next", to(anna), "then rule “all”"),
        ("goes on", to(anna), "then rule “all”"),
        ("stops", AssignmentOutcome::Unassigned, "Full takes no customers (the limit is 0)"),
        ("fallback", to(anna), "fallback 1, the rule names them"),
        ("team", AssignmentOutcome::Unassigned, "nobody works in the team"),
        ("territory", to(anna), "nobody works in its territory"),
        ("dated", to(anna), "rule “dated, holds”"),
    ] {
        let shop = Customer {
            category: Some(category.into()),
            industry: Some("wool".into()),
            ..organisation(case, category)
        };
        let shop = work.insert(shop).await?.id;
        let given = work.assignments().assign(shop, Which::WithoutOwner).await?;
        same(category, given.outcome, outcome)?;
        claim(text(&given)?.contains(told), format!("{} tells {told}", text(&given)?))?;
        let owner = match outcome {
            AssignmentOutcome::Assigned { to } => Some(to),
            _ => None,
        };
        same("whose it is", expect(&mut *work, shop).await?.owner_id, owner)?;
    }
    // Who has it keeps it, whatever comes after.
    for category in ["keep", "keep or Anna", "next"] {
        let theirs = Customer { category: Some(category.into()), ..of(case, Some(full), category) };
        let theirs = work.insert(theirs).await?.id;
        let given = work.assignments().assign(theirs, Which::All).await?;
        same(category, given.outcome, AssignmentOutcome::Kept)?;
        claim(text(&given)?.starts_with("It stays with Full, because"), text(&given)?)?;
    }
    // Which rules were tried and do not match, and which were not reached.
    let shop = Customer { category: Some("fallback".into()), ..organisation(case, "Last") };
    let shop = work.insert(shop).await?.id;
    let given = work.assignments().assign(shop, Which::WithoutOwner).await?;
    let account = given.account.ok_or_else(|| Failure::new("an account"))?;
    same(
        "tried",
        account.unmatched,
        ["keep", "keep or Anna", "keep, or the next", "goes on", "stops"]
            .map(String::from)
            .to_vec(),
    )?;
    same("how many", (account.unmatched_rules, account.unreached_rules), (5, 5))
}

async fn who_can_do_what_is_needed_gets_it(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for (name, fairs, english, north) in [
        ("Anna", 5, false, true),
        ("Ben", 4, true, false),
        ("Carl", 3, true, true),
        ("Dora", 2, true, true),
    ] {
        let mut one = StaffMember::new(case.id(), name);
        one.skills = Skills([("fairs".to_owned(), fairs)].into());
        one.languages = Tags(english.then(|| "en".to_owned()).into_iter().collect());
        one.regions = Tags(north.then(|| "north".to_owned()).into_iter().collect());
        people.push(work.insert(one).await?.id);
    }
    let all = || Target::Queue { name: "All".into(), people: people.clone() };
    let needs = |languages: bool, regions: bool| Needs {
        skills: [("fairs".to_owned(), 2)].into(),
        languages: languages.then(|| "en".to_owned()).into_iter().collect::<BTreeSet<_>>(),
        regions: regions.then(|| "north".to_owned()).into_iter().collect::<BTreeSet<_>>(),
    };
    let mut rules = Vec::new();
    let cases = [
        ("north", false, false, people[0], "best skills: 5 points"),
        ("south", true, false, people[1], "Anna does not speak en"),
        ("east", true, true, people[2], "Ben does not work in north"),
    ];
    for (region, languages, regions, ..) in cases {
        let needs = needs(languages, regions);
        let choice = Choice { needs, ..Choice::new(all(), Strategy::BestSkill) };
        let mut rule = Rule::new(region, vec![choice]);
        rule.when = lead::REGION.eq(region);
        rules.push(rule);
    }
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    for id in leads(&mut *work, case, 3).await? {
        let given = work.assignments().assign(id, Which::WithoutOwner).await?;
        let rule = given.account.as_ref().and_then(|all| all.rules.last());
        let rule = rule.map(|rule| rule.rule.as_str()).unwrap_or_default();
        let expected = cases.iter().find(|one| one.0 == rule);
        let (_, _, _, who, told) = expected.ok_or_else(|| Failure::new("a rule of these"))?;
        same(rule, given.outcome, to(*who))?;
        claim(text(&given)?.contains(told), format!("{} tells {told}", text(&given)?))?;
    }
    Ok(())
}

async fn who_is_not_at_work_gets_nothing(case: &Case) -> Held {
    let span = |from, to| Span::new(from, to).map_err(|e| Failure::new(e));
    let berlin: TimeZone = "Europe/Berlin".parse().map_err(|e: String| Failure::new(e))?;
    let hours = WeeklyHours::weekdays(&[span("09:00", "17:00")?]);
    let mut calendar = WorkingCalendar::new(case.id(), "Berlin", berlin, hours);
    calendar.holidays.0.insert(day("2018-01-01")?, "New Year".to_owned());
    let late = span("20:00", "22:00")?;
    let shift = Shift { day: day("2018-01-01")?, from: late.from, to: late.to };
    let mut work = case.begin().await?;
    let calendar_id = Some(work.insert(calendar).await?.id);
    let anna = StaffMember { calendar_id, ..StaffMember::new(case.id(), "Anna") };
    let ben = StaffMember { shifts: Shifts(vec![shift]), ..anna.clone() };
    let ben = StaffMember { id: case.id(), name: "Ben".into(), ..ben };
    let (anna, ben) = (work.insert(anna).await?.id, work.insert(ben).await?.id);
    let rules = vec![Rule::new("All", queue(&[anna, ben], Strategy::RoundRobin))];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    let id = leads(&mut *work, case, 1).await?[0];
    work.commit().await?;
    let mut unit = case.read().await?;
    for (at, who, told) in [
        ("2017-12-29T15:00:00Z", Some(anna), "their turn"),
        ("2017-12-29T18:00:00Z", None, "Anna is away until"),
        ("2018-01-01T10:00:00Z", None, "New Year"),
        ("2018-01-01T19:30:00Z", Some(ben), "New Year"),
        ("2018-01-01T18:30:00Z", None, "outside their hours"),
    ] {
        let at_instant: Timestamp = at.parse()?;
        let told_of = dry_run::<Lead>(&mut *unit, id, Which::WithoutOwner, at_instant).await?;
        let outcome = who.map_or(AssignmentOutcome::Unassigned, to);
        same(at, told_of.outcome, outcome)?;
        claim(text(&told_of)?.contains(told), format!("{at}: {} tells {told}", text(&told_of)?))?;
    }
    Ok(())
}

async fn new_ones_of_a_week_are_counted(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = StaffMember {
        capacity: Capacity { new_per_week: Some(3), ..Capacity::default() },
        ..StaffMember::new(case.id(), "Anna")
    };
    let anna = work.insert(anna).await?.id;
    let rules = vec![Rule::new("All", queue(&[anna], Strategy::RoundRobin))];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    // Of whatever kind.
    work.insert(of(case, None, "Shop")).await?;
    let shop = work.insert(of(case, None, "Other shop")).await?.id;
    work.ownership().assign(shop, anna, None.into()).await?;
    let ids = leads(&mut *work, case, 4).await?;
    let mut given = Vec::new();
    for id in &ids {
        given.push(work.assignments().assign(*id, Which::WithoutOwner).await?);
    }
    let outcomes: Vec<_> = given.iter().map(|one| one.outcome).collect();
    let none = AssignmentOutcome::Unassigned;
    same("two more", outcomes, vec![to(anna), to(anna), none, none])?;
    let words = text(&given[3])?;
    claim(words.contains("Anna is at the limit of 3 new ones a week"), words)?;
    // What they gave back stays one that they were given; a new week begins on Monday.
    work.leads().reassign(ids[0], None, None.into()).await?;
    let again = work.assignments().assign(ids[2], Which::WithoutOwner).await?;
    same("given back", again.outcome, none)?;
    let now = work.now();
    work.commit().await?;
    let week = 7 * 86_400_000_000;
    let later = Timestamp::from_micros(now.micros() + week)?;
    let mut unit = case.read().await?;
    let later = dry_run::<Lead>(&mut *unit, ids[2], Which::WithoutOwner, later).await?;
    same("a week later", later.outcome, to(anna))
}

async fn names_of_rules_never_stand_in_the_way(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let long = "ü".repeat(200);
    let rule = |name: &str, region: &str| {
        let mut rule = Rule::new(name, target(Target::Person(anna)));
        rule.when = lead::REGION.eq(region);
        rule
    };
    let tenant = work.scope().tenant;
    // Two rules of the first set are called as the library would call those of the next ones.
    for (position, name, rules) in [
        (0, "A", vec![rule("x", "nowhere"), rule("x (B)", "nowhere"), rule(&long, "north")]),
        (1, "B", vec![rule("x", "south"), rule(&long, "nowhere")]),
        (2, "B", vec![rule("x", "east"), rule(&long, "nowhere")]),
    ] {
        let kind = KindRules::Lead(RuleSet { rules });
        let set = AssignmentRules { position, ..AssignmentRules::new(tenant, name, kind) };
        // Sets may have one name under two ids.
        work.insert(AssignmentRules { id: case.id(), ..set }).await?;
    }
    for id in leads(&mut *work, case, 3).await? {
        let given = work.assignments().assign(id, Which::WithoutOwner).await?;
        same("given", given.outcome, to(anna))?;
    }
    let kind = KindRules::Lead(RuleSet { rules: vec![rule(&format!("{long}x"), "north")] });
    let set = AssignmentRules::new(tenant, "Too long", kind);
    let refused = work.assignments().set_rules(set).await.err().map(|e| e.to_string());
    claim(refused.as_ref().is_some_and(|text| text.contains("200")), format!("{refused:?}"))
}
