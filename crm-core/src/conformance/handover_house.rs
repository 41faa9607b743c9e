//! A house of which somebody hands over what is theirs, by rules.

use crate::{
    assignment::{Choice, KindRules, Rule, RuleSet, Strategy, Target},
    customer::{self, Customer},
    forecast::{FiscalYear, PeriodLength, Whose},
    handover::HandoverPlan,
    kernel::{Currency, Id, Money},
    lead::{self, Lead},
    opportunity,
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::{UnitOfWork, expect},
};

use super::{
    assignments::{leads, queue, set},
    case::Case,
    claim::{Failure, Held},
    handover_reach::{About, step},
    handovers::chance,
    owners::of,
    setting::Setting,
};

/// Who is there: the leaver works here still, in the team with Anna and Ben.
pub(super) struct People {
    pub(super) leaver: Id<StaffMember>,
    pub(super) anna: Id<StaffMember>,
    pub(super) ben: Id<StaffMember>,
    pub(super) carl: Id<StaffMember>,
    pub(super) dora: Id<StaffMember>,
    pub(super) zoe: Id<StaffMember>,
    pub(super) team: Id<OrgUnit>,
}

impl People {
    pub(super) async fn hired(work: &mut (dyn UnitOfWork + '_), case: &Case) -> Held<Self> {
        let team = work.insert(OrgUnit::new(case.id(), "North")).await?.id;
        let mut ids = Vec::new();
        for name in ["Leaver", "Anna", "Ben", "Carl", "Dora", "Zoe"] {
            let mut one = StaffMember::new(case.id(), name);
            match name {
                "Leaver" | "Anna" => one.org_unit_id = Some(team),
                "Ben" => {
                    one.org_unit_id = Some(team);
                    one.capacity.customers = Some(3);
                    one.weight = Some(2);
                }
                "Dora" => one.capacity.new_per_day = Some(6),
                _ => {}
            }
            ids.push(work.insert(one).await?.id);
        }
        let [leaver, anna, ben, carl, dora, zoe] = ids[..] else {
            return Err(Failure::new("six people"));
        };
        Ok(Self { leaver, anna, ben, carl, dora, zoe, team })
    }

    pub(super) fn called(&self, id: Id<StaffMember>) -> &'static str {
        let all = [
            (self.leaver, "Leaver"),
            (self.anna, "Anna"),
            (self.ben, "Ben"),
            (self.carl, "Carl"),
            (self.dora, "Dora"),
            (self.zoe, "Zoe"),
        ];
        all.iter().find(|(one, _)| *one == id).map_or("?", |(_, name)| name)
    }
}

pub(super) fn customer(case: &Case, owner: Id<StaffMember>, category: &str) -> Customer {
    Customer { category: Some(category.into()), ..of(case, Some(owner), category) }
}

/// Rules for customers: the north by turns in the team, the south for Carl, some stay.
pub(super) async fn rules_for_customers(work: &mut (dyn UnitOfWork + '_), people: &People) -> Held {
    let team = Target::Team { unit: people.team, below: true };
    let rule = |name: &str, category: &str, choices| {
        let mut rule = Rule::<Customer>::new(name, choices);
        rule.when = customer::CATEGORY.eq(category);
        rule
    };
    let rules = vec![
        rule("North", "north", vec![Choice::new(team, Strategy::RoundRobin)]),
        rule("South", "south", queue(&[people.carl], Strategy::RoundRobin)),
        rule("Stays", "keep", vec![Choice::new(Target::Keep, Strategy::RoundRobin)]),
        rule("Theirs", "theirs", queue(&[people.leaver], Strategy::RoundRobin)),
        rule("Room", "room", queue(&[people.ben, people.dora], Strategy::LeastLoaded)),
    ];
    set(work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    Ok(())
}

pub(super) fn by_rules(rest: Id<StaffMember>) -> HandoverPlan {
    HandoverPlan { by_rules: true, ..HandoverPlan::to(rest) }
}

/// All kinds, by every strategy that compares figures, with limits of which kinds have a say in each other.
pub(super) async fn a_house(work: &mut (dyn UnitOfWork + '_), case: &Case) -> Held<People> {
    let theirs = Setting::furnish(work, case).await?;
    let people = People::hired(work, case).await?;
    let People { leaver, anna, ben, carl, dora, .. } = people;
    rules_for_customers(work, &people).await?;
    let eur = |n: i64| Money::new(n.into(), Currency::EUR);
    let quarter = FiscalYear::CALENDAR.period_of(work.now().date(), PeriodLength::Quarter);
    for (staff, amount) in [(anna, 60_000), (carl, 55_000), (leaver, 900_000)] {
        let tenant = work.scope().tenant;
        let quota = crate::target::Target::new(tenant, Whose::Staff(staff), quarter, eur(amount)?);
        work.insert(quota).await?;
    }
    let mut big = Rule::new("Big", queue(&[anna, carl, leaver], Strategy::HighestQuotaLeft));
    big.when = opportunity::AMOUNT.at_least(eur(5_000)?);
    let small = Rule::new("Small", queue(&[anna, ben, dora, leaver], Strategy::LeastLoaded));
    let rules = vec![big, small];
    set(work, "Deals", KindRules::Opportunity(RuleSet { rules })).await?;
    let mut north =
        Rule::new("North", queue(&[anna, ben, leaver, dora], Strategy::WeightedRoundRobin));
    north.when = lead::REGION.eq("north");
    let mut south = Rule::new("South", queue(&[anna, carl], Strategy::HighestQuotaLeft));
    south.when = lead::REGION.eq("south");
    set(work, "Leads", KindRules::Lead(RuleSet { rules: vec![north, south] })).await?;
    let rules = vec![Rule::new("Steps", queue(&[dora, ben, leaver], Strategy::RoundRobin))];
    set(work, "Steps", KindRules::Task(RuleSet { rules })).await?;

    let now = work.now();
    for n in 0..24_usize {
        let category = ["north", "room", "south", "keep", "key", "none"][n % 6];
        let archived_at = (n == 12).then_some(now);
        let new = Customer { archived_at, ..customer(case, leaver, category) };
        let id = work.insert(new).await?.id;
        if n % 3 == 0 {
            work.insert(chance(case, &theirs, leaver, Some(id), &format!("{n}000 EUR"))?).await?;
        }
        if n % 4 == 0 {
            work.insert(step(case, leaver, About::Customer(id))?).await?;
        }
    }
    // Of others' customers: Carl gets something by a rule, the other one nothing.
    for owner in [carl, theirs.staff[0]] {
        let id = work.insert(customer(case, owner, "south")).await?.id;
        work.insert(chance(case, &theirs, leaver, Some(id), "700 EUR")?).await?;
        work.insert(step(case, leaver, About::Customer(id))?).await?;
        work.ownership().share(id, leaver, "presales").await?;
    }
    for n in 1..=12 {
        let id =
            work.insert(chance(case, &theirs, leaver, None, &format!("{n}000 EUR"))?).await?.id;
        work.insert(step(case, leaver, About::Deal(id))?).await?;
        work.insert(step(case, leaver, About::Nothing)?).await?;
    }
    for id in leads(work, case, 12).await? {
        let stored = expect::<Lead, _>(work, id).await?;
        work.update(stored.edit(|lead| lead.owner_id = Some(leaver))).await?;
        work.insert(step(case, leaver, About::Lead(id))?).await?;
    }
    Ok(people)
}
