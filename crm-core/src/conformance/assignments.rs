//! Who gets a record, and why, from what a store has.

use crate::{
    absence::Absence,
    assignment::{
        Assignment, AssignmentCursor, AssignmentOutcome, AssignmentRules, Choice, KindRules, Needs,
        Rule, RuleSet, Strategy, Target, Which, dry_run, dry_run_all,
    },
    customer::{self, Customer},
    kernel::{Criteria, Currency, CustomValue, Entity, Id, Money, Timestamp},
    lead::{self, Lead},
    opportunity::{self, Opportunity},
    org::{Capacity, Skills},
    owner_change::{self, OwnerChange},
    ownership::OwnerVerb,
    pipeline::Pipeline,
    staff_member::StaffMember,
    store::{Read, ReadUnit, UnitOfWork, expect},
    task::{self, Task},
    territory::Territory,
    territory_member::TerritoryMember,
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    merging::organisation,
    owners::{colleague, of},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        whom_do_i_send,
        the_tier_of_a_customer_decides_who_gets_its_work,
        a_dry_run_and_a_batch_are_the_same_as_one_by_one,
        every_kind_of_record_is_given_by_its_rules,
        sets_of_rules_are_tried_in_their_order_and_on_their_days
    ]
}

/// People in turn, or as another strategy has it.
pub(super) fn queue(people: &[Id<StaffMember>], strategy: Strategy) -> Vec<Choice> {
    let queue = Target::Queue { name: "All of them".into(), people: people.to_vec() };
    vec![Choice::new(queue, strategy)]
}

/// Rules for one kind, in use.
pub(super) async fn set(
    work: &mut (dyn UnitOfWork + '_),
    name: &str,
    rules: KindRules,
) -> Held<Id<AssignmentRules>> {
    let rules = AssignmentRules::new(work.scope().tenant, name, rules);
    Ok(work.assignments().set_rules(rules).await?.id)
}

/// So many leads that nobody has, by region.
pub(super) async fn leads(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
    many: usize,
) -> Held<Vec<Id<Lead>>> {
    let mut ids = Vec::new();
    for n in 0..many {
        let mut lead = Lead::company(case.id(), format!("Company {n}"));
        lead.region = Some(["north", "south", "east"][n % 3].to_owned());
        ids.push(work.insert(lead).await?.id);
    }
    ids.sort_unstable();
    Ok(ids)
}

pub(super) fn text(one: &Assignment) -> Held<&str> {
    let account = one.account.as_ref();
    Ok(account.ok_or_else(|| Failure::new("a decision has an account"))?.text.as_str())
}

async fn whom_do_i_send(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let today = work.now().date();
    let mut people = Vec::new();
    for (name, level, most) in [
        ("Anna", 4, None),
        ("Ben", 5, None),
        ("Carl", 5, Some(1)),
        ("Dora", 1, None),
        ("Eve", 3, Some(5)),
    ] {
        let mut one = StaffMember::new(case.id(), name);
        one.skills = Skills([("fairs".to_owned(), level)].into());
        one.capacity = Capacity { open_opportunities: most, ..Capacity::default() };
        people.push(work.insert(one).await?.id);
    }
    let [anna, ben, carl, _, eve] = people[..] else { return Err(Failure::new("five people")) };
    let away = Absence::leave(case.id(), ben, today, today);
    work.absences().add(Absence { deputy_id: Some(anna), ..away }).await?;
    let part = Territory::new(case.id(), "Retail", customer::INDUSTRY.eq("retail"));
    let part = work.insert(part).await?.id;
    for staff in &people {
        work.insert(TerritoryMember::owner(case.id(), part, *staff)).await?;
    }
    let shop = Customer { industry: Some("retail".into()), ..organisation(case, "Shop") };
    let shop = work.insert(shop).await?.id;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let amount = |n: i64| Money::new(n.into(), Currency::EUR);
    let deal = |owner, customer, money| {
        let mut deal = Opportunity::open(case.id(), "Fair", &pipeline)?;
        (deal.owner_id, deal.customer_id, deal.amount) = (owner, customer, Some(money));
        Ok::<_, Failure>(deal)
    };
    for owner in [anna, anna, carl, eve] {
        work.insert(deal(Some(owner), None, amount(1)?)?).await?;
    }
    let big = work.insert(deal(None, Some(shop), amount(120_000)?)?).await?.id;
    let small = work.insert(deal(None, Some(shop), amount(100)?)?).await?.id;
    let target = Target::TerritoryMembers { role: None, territory: None };
    let needs = Needs { skills: [("fairs".to_owned(), 3)].into(), ..Needs::default() };
    let choice = Choice { needs, ..Choice::new(target, Strategy::LeastLoaded) };
    let mut rule = Rule::new("Big in retail", vec![choice]);
    rule.when = opportunity::AMOUNT.at_least(amount(50_000)?);
    set(&mut *work, "House", KindRules::Opportunity(RuleSet { rules: vec![rule] })).await?;
    let now = work.now();
    work.commit().await?;

    let mut unit = case.read().await?;
    let proposed = dry_run(&mut *unit, big, Which::WithoutOwner, now).await?;
    let to = eve;
    same("who", proposed.outcome, AssignmentOutcome::Assigned { to })?;
    let words = text(&proposed)?;
    let until = today.succ_opt().unwrap_or(today).format("%-d %B %Y");
    for part in [
        "Eve, because rule “Big in retail” matched (amount 120,000.00 EUR at least 50,000.00 EUR)",
        "least loaded: 1 of 5 open opportunities",
        &format!("Ben is away until {until} (leave; Anna stands in)"),
        "Carl is at the limit of 1 open opportunities",
        "Dora has fairs at level 1, 3 is needed",
    ] {
        claim(words.contains(part), format!("{words} tells {part}"))?;
    }
    let nobody = dry_run(&mut *unit, small, Which::WithoutOwner, now).await?;
    same("a small one", nobody.outcome, AssignmentOutcome::Unassigned)?;
    same("why", text(&nobody)?, "Nobody, because the only rule does not match.")?;
    same("nothing moved", expect::<Opportunity, _>(&mut *unit, big).await?.owner_id, None)?;
    drop(unit);

    let mut work = case.begin().await?;
    let done = work.assignments().assign(big, Which::WithoutOwner).await?;
    same("what was proposed", &done, &proposed)?;
    let again = work.assignments().assign(big, Which::WithoutOwner).await?;
    same("once", again.outcome, AssignmentOutcome::HasOwner)?;
    let free = work.assignments().assign(small, Which::WithoutOwner).await?;
    same("what was said", &free, &nobody)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("whose", expect::<Opportunity, _>(&mut *unit, big).await?.owner_id, Some(to))?;
    let of_it = owner_change::OPPORTUNITY_ID.eq(big).query();
    let history = Read::<OwnerChange>::find(&mut *unit, of_it).await?.items;
    let [one] = history.as_slice() else { return Err(Failure::new("one change of owner")) };
    same("by which verb", one.verb, OwnerVerb::Assigned)?;
    same("the trace", one.trace.get("text"), Some(text(&done)?.into()))?;
    let rules = one.trace.get("rules").unwrap_or_default();
    let told = rules.pointer("/0/choices/0/candidates");
    same("everybody in it", told.and_then(|all| all.as_array()).map(Vec::len), Some(5))
}

async fn the_tier_of_a_customer_decides_who_gets_its_work(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    let mut key = Rule::new("Key accounts", queue(&[anna], Strategy::RoundRobin));
    key.customer = customer::CATEGORY.eq("key").or(customer::CUSTOM.field("value").at_least(1_000));
    let others = Rule::new("The others", queue(&[ben], Strategy::RoundRobin));
    let rules = vec![key, others];
    set(&mut *work, "By tier", KindRules::Opportunity(RuleSet { rules })).await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let shop = work.insert(of(case, None, "Shop")).await?;
    let id = shop.id;
    let mut deals = Vec::new();
    for _ in 0..3 {
        let mut deal = Opportunity::open(case.id(), "Deal", &pipeline)?;
        deal.customer_id = Some(id);
        deals.push(work.insert(deal).await?.id);
    }
    let to = |to| AssignmentOutcome::Assigned { to };
    let plain = work.assignments().assign(deals[0], Which::WithoutOwner).await?;
    same("of any customer", plain.outcome, to(ben))?;
    let shop = work.update(shop.edit(|c| c.category = Some("key".into()))).await?;
    let tier = work.assignments().assign(deals[1], Which::WithoutOwner).await?;
    same("since it is a key account", tier.outcome, to(anna))?;
    claim(text(&tier)?.contains("customer: category key"), text(&tier)?)?;
    let edited = shop.edit(|c| {
        c.category = None;
        c.custom.0.insert("value".into(), CustomValue::Number(5_000.into()));
    });
    work.update(edited).await?;
    let value = work.assignments().assign(deals[2], Which::WithoutOwner).await?;
    same("by its value", value.outcome, to(anna))?;
    let back = work.assignments().assign(deals[0], Which::All).await?;
    same("what was given before, asked anew", (back.before, back.outcome), (Some(ben), to(anna)))
}

/// What a dry run says of all leads.
pub(super) async fn dry(
    unit: &mut (dyn ReadUnit + '_),
    which: Which,
    at: Timestamp,
) -> Held<Vec<Assignment>> {
    let mut all = Vec::new();
    dry_run_all::<Lead>(unit, Criteria::everything(), which, at, None, u64::MAX, |one| {
        all.push(one);
        Ok(())
    })
    .await?;
    Ok(all)
}

/// Gives all leads, so many at a time.
async fn pages(case: &Case, which: Which, limit: u32) -> Held<Vec<Assignment>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let mut work = case.begin().await?;
        let everything = Criteria::<Lead>::everything();
        let page = work.assignments().assign_all(everything, which, after, limit).await?;
        work.commit().await?;
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn a_dry_run_and_a_batch_are_the_same_as_one_by_one(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for n in 0..5_u32 {
        let mut one = StaffMember::new(case.id(), format!("Colleague {n}"));
        one.weight = Some(i64::from(n));
        // For the 20 of the south there are 16 places at the most.
        one.capacity.open_leads = (n > 1).then_some(n * 2);
        one.capacity.new_per_day = (n == 4).then_some(6);
        people.push(work.insert(one).await?.id);
    }
    let [anna, ben, ..] = people[..] else { return Err(Failure::new("five people")) };
    let mut north = Rule::new("North", queue(&people, Strategy::LeastLoaded));
    north.when = lead::REGION.eq("north");
    let mut south = Rule::new("South", queue(&people[2..], Strategy::WeightedRoundRobin));
    south.when = lead::REGION.eq("south");
    let mut east = Rule::new("East", queue(&[anna, ben], Strategy::RoundRobin));
    east.when = lead::REGION.eq("east");
    let rules = vec![north, south, east];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    let ids = leads(&mut *work, case, 60).await?;
    let now = work.now();
    work.commit().await?;

    for which in [Which::WithoutOwner, Which::All] {
        let proposed = dry(&mut *case.read().await?, which, now).await?;
        let given =
            proposed.iter().filter(|one| one.account.as_ref().is_some_and(|a| a.to.is_some()));
        claim(given.count() > 30, "most of them are given to somebody")?;
        if which == Which::WithoutOwner {
            let mut unit = case.read().await?;
            let moved = Read::<AssignmentCursor>::count(&mut *unit, Criteria::everything()).await?;
            let given = Read::<OwnerChange>::count(&mut *unit, Criteria::everything()).await?;
            same("nothing moved", (moved, given), (0, 0))?;
            let refused =
                proposed.iter().filter(|one| one.outcome == AssignmentOutcome::Unassigned);
            claim(refused.count() > 3, "limits have a say")?;
        }
        let mut work = case.begin().await?;
        let mut singles = Vec::new();
        for id in &ids {
            singles.push(work.assignments().assign(*id, which).await?);
        }
        drop(work);
        same("one by one", &singles, &proposed)?;
        same("page by page", &pages(case, which, 7).await?, &proposed)?;
    }
    // Whom nobody gets is asked again, and all others are kept.
    let before = owners_of(&mut *case.read().await?, &ids).await?;
    let again = pages(case, Which::WithoutOwner, 100).await?;
    claim(again.iter().all(|one| one.outcome == AssignmentOutcome::Unassigned), "nothing twice")?;
    same("whose they are", owners_of(&mut *case.read().await?, &ids).await?, before)
}

async fn owners_of(
    unit: &mut (dyn ReadUnit + '_),
    ids: &[Id<Lead>],
) -> Held<Vec<Option<Id<StaffMember>>>> {
    let mut all = Vec::new();
    for id in ids {
        all.push(expect::<Lead, _>(unit, *id).await?.owner_id);
    }
    Ok(all)
}

async fn every_kind_of_record_is_given_by_its_rules(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    fn all<E: Entity>(choices: Vec<Choice>) -> RuleSet<E> {
        RuleSet { rules: vec![Rule::new("All", choices)] }
    }
    let one = |id| queue(&[id], Strategy::RoundRobin);
    let manager = || vec![Choice::new(Target::AccountManager, Strategy::RoundRobin)];
    set(&mut *work, "Customers", KindRules::Customer(all(one(anna)))).await?;
    set(&mut *work, "Deals", KindRules::Opportunity(all(manager()))).await?;
    set(&mut *work, "Leads", KindRules::Lead(all(one(ben)))).await?;
    set(&mut *work, "Tasks", KindRules::Task(all(manager()))).await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let shop = work.insert(of(case, None, "Shop")).await?.id;
    let mut deal = Opportunity::open(case.id(), "Deal", &pipeline)?;
    deal.customer_id = Some(shop);
    let deal = work.insert(deal).await?.id;
    let lead = leads(&mut *work, case, 1).await?[0];
    let mut call = Task::new(case.id(), "Call", work.now());
    call.opportunity_id = Some(deal);
    let call = work.tasks().add(call).await?.id;
    let nobody = work.assignments().assign(deal, Which::WithoutOwner).await?;
    claim(text(&nobody)?.contains("its customer has no account manager"), text(&nobody)?)?;
    let to = |to| AssignmentOutcome::Assigned { to };
    let which = Which::WithoutOwner;
    same("a customer", work.assignments().assign(shop, which).await?.outcome, to(anna))?;
    same("its opportunity", work.assignments().assign(deal, which).await?.outcome, to(anna))?;
    same("a lead", work.assignments().assign(lead, which).await?.outcome, to(ben))?;
    same("a task of the deal", work.assignments().assign(call, which).await?.outcome, to(anna))?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let theirs = task::OWNER_ID.eq(anna);
    same("tasks of hers", Read::<Task>::count(&mut *unit, theirs).await?, 1)?;
    let assigned = owner_change::VERB.eq(OwnerVerb::Assigned);
    same("changes of owner", Read::<OwnerChange>::count(&mut *unit, assigned).await?, 4)
}

async fn sets_of_rules_are_tried_in_their_order_and_on_their_days(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let today = work.now().date();
    let mut people = Vec::new();
    for name in ["Anna", "Ben", "Carl", "Dora"] {
        people.push(colleague(&mut *work, case, name).await?);
    }
    let tenant = work.scope().tenant;
    let new = |name: &str, who: usize| {
        let rules = vec![Rule::new("All", queue(&[people[who]], Strategy::RoundRobin))];
        AssignmentRules::new(tenant, name, KindRules::Lead(RuleSet { rules }))
    };
    let over = AssignmentRules { position: -3, last_day: today.pred_opt(), ..new("Over", 0) };
    let off = AssignmentRules { position: -2, active: false, ..new("Off", 1) };
    let first = AssignmentRules { position: -1, first_day: Some(today), ..new("First", 2) };
    for set in [new("Last", 3), over, off, first] {
        work.assignments().set_rules(set).await?;
    }
    let ids = leads(&mut *work, case, 2).await?;
    let to = |who: usize| AssignmentOutcome::Assigned { to: people[who] };
    let done = work.assignments().assign(ids[0], Which::WithoutOwner).await?;
    same("by the first that holds", done.outcome, to(2))?;
    let off = AssignmentRules { position: -1, active: false, ..new("First", 2) };
    work.assignments().set_rules(off).await?;
    let done = work.assignments().assign(ids[1], Which::WithoutOwner).await?;
    same("once that is out of use", done.outcome, to(3))
}
