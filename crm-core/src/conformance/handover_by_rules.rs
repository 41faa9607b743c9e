//! Handovers by the assignment rules of the house.

use std::{collections::BTreeMap, sync::Arc};

use async_lock::Barrier;

use crate::{
    assignment::{AssignmentCursor, AssignmentOutcome, KindRules, Rule, RuleSet, Strategy, Which},
    customer::{self, Customer},
    handover::{HandoverPlan, HandoverRule},
    kernel::{Criteria, ErrorKind},
    lead::{self, Lead},
    owner_change::{self, OwnerVerb},
    ownership::{MOST_AT_ONCE, belongings, complete_handover, ownership_history, preview_handover},
    store::{Read, expect, run},
};

use super::{
    assignments::{leads, queue, set},
    case::Case,
    claim::{Held, claim, fails, same},
    handover_house::{People, a_house, by_rules, customer, rules_for_customers},
    handover_reach::{About, step},
    handovers::{chance, what_went},
    law::Law,
    owners::{colleague, of},
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_handover_goes_by_the_assignment_rules,
        what_a_handover_by_rules_foresees_it_does,
        who_left_since_a_handover_by_rules_began_gets_no_more,
        handovers_by_rules_and_assignments_take_turns
    ]
}

async fn a_handover_goes_by_the_assignment_rules(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    let people = People::hired(&mut *work, case).await?;
    let (leaver, zoe) = (people.leaver, people.zoe);
    rules_for_customers(&mut *work, &people).await?;
    let mut ids = BTreeMap::<_, Vec<_>>::new();
    for (category, many) in
        [("north", 10), ("south", 2), ("keep", 1), ("theirs", 1), ("key", 2), ("none", 2)]
    {
        for _ in 0..many {
            let id = work.insert(customer(case, leaver, category)).await?.id;
            ids.entry(category).or_default().push(id);
        }
    }
    let archived = Customer { archived_at: Some(work.now()), ..customer(case, leaver, "south") };
    let archived = work.insert(archived).await?.id;
    // What goes with a customer, whoever gets that by the rules; no rule is about opportunities.
    let north = ids["north"][0];
    let deal = work.insert(chance(case, &theirs, leaver, Some(north), "10 EUR")?).await?.id;
    let step = work.insert(step(case, leaver, About::Deal(deal))?).await?.id;
    let free = work.insert(chance(case, &theirs, leaver, None, "20 EUR")?).await?.id;
    // Whom they help is for the plan alone to say.
    let carls = work.insert(customer(case, people.carl, "south")).await?.id;
    work.ownership().share(carls, leaver, "presales").await?;
    let nobody = HandoverPlan { by_rules: true, ..HandoverPlan::default() };
    let answer = work.ownership().begin_handover(case.id(), leaver, nobody, None).await;
    let error = fails("without others", answer, ErrorKind::Invalid)?.to_string();
    claim(error.contains("what the assignment rules give to nobody"), error)?;
    let rules = vec![HandoverRule { when: customer::CATEGORY.eq("key"), to: vec![people.dora] }];
    let plan = HandoverPlan { rules, ..by_rules(zoe) };
    let id = case.id();
    let why = Some("she leaves".to_owned());
    work.ownership().begin_handover(id, leaver, plan, why).await?;
    let done = work.ownership().continue_handover(id, MOST_AT_ONCE).await?;
    claim(done.completed_at.is_some(), "it is complete")?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let mut found = BTreeMap::new();
    for (category, of_it) in &ids {
        for id in of_it {
            let owner = expect(&mut *unit, *id).await?.owner_id;
            let name = owner.map_or("nobody", |owner| people.called(owner));
            *found.entry((*category, name)).or_insert(0) += 1;
        }
    }
    let expected = [
        // Ben takes on three, and the leaver is none of them.
        (("north", "Anna"), 7),
        (("north", "Ben"), 3),
        (("south", "Carl"), 2),
        (("keep", "Zoe"), 1),
        (("theirs", "Zoe"), 1),
        (("key", "Dora"), 2),
        (("none", "Zoe"), 2),
    ];
    same("who got which", found, BTreeMap::from(expected))?;
    same("what is archived", expect(&mut *unit, archived).await?.owner_id, Some(zoe))?;
    let with = expect(&mut *unit, north).await?.owner_id;
    same("the deal went with it", expect(&mut *unit, deal).await?.owner_id, with)?;
    same("and its next step", expect(&mut *unit, step).await?.owner_id, with)?;
    same("of no customer", expect(&mut *unit, free).await?.owner_id, Some(zoe))?;
    same("who helps", done.done.0.get(&zoe).map(|share| share.helping), Some(1))?;
    same("what stays behind", belongings(&mut *unit, leaver).await?.all(), 0)?;

    for (record, words) in [
        (north, "because rule “North” matched (category north); round robin: their turn"),
        (north, "Leaver hands over what they have"),
        (ids["keep"][0], "As the plan says of what the assignment rules give to nobody: It stays"),
        (ids["none"][0], "Nobody, because none of the 5 rules matches."),
    ] {
        let history = ownership_history(&mut *unit, record).await?;
        let Some(last) = history.last() else { return claim(false, "it has a history") };
        same("by which verb", last.verb, Some(OwnerVerb::HandedOver))?;
        same("why", last.reason.as_deref(), Some("she leaves"))?;
        let told =
            |name: &str| last.trace.get(name).and_then(|text| text.as_str().map(str::to_owned));
        same("by which handover", told("handover"), Some(id.to_string()))?;
        claim(told("text").is_some_and(|text| text.contains(words)), format!("{words}: {last:?}"))?;
    }
    drop(unit);

    // The turns were kept, and go on: Ben has as many as he takes on.
    let mut work = case.begin().await?;
    let all = Criteria::<AssignmentCursor>::everything().query();
    let all = Read::<AssignmentCursor>::find(&mut *work, all).await?.items;
    let turns: BTreeMap<_, _> =
        all.iter().map(|one| (one.rule.as_str(), one.state.turns())).collect();
    same("turns", turns, BTreeMap::from([("North", 10), ("South", 2)]))?;
    let gone = expect(&mut *work, leaver).await?;
    work.update(gone.edit(|one| one.active = false)).await?;
    let last = work.insert(customer(case, zoe, "north")).await?.id;
    let given = work.assignments().assign(last, Which::All).await?;
    same("whose turn", given.outcome, AssignmentOutcome::Assigned { to: people.anna })
}

async fn what_a_handover_by_rules_foresees_it_does(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let people = a_house(&mut *work, case).await?;
    let leaver = people.leaver;
    let now = work.now();
    let rules = vec![HandoverRule { when: customer::CATEGORY.eq("key"), to: vec![people.dora] }];
    let plan = HandoverPlan { rules, ..by_rules(people.zoe) };
    let id = case.id();
    work.ownership().begin_handover(id, leaver, plan.clone(), None).await?;
    let all = belongings(&mut *work, leaver).await?;
    work.commit().await?;
    let mut foreseen = Vec::new();
    let mut unit = case.read().await?;
    let preview = preview_handover(&mut *unit, leaver, &plan, now, |item| {
        if item.kind != "helper" {
            foreseen.push((item.kind, item.id, item.to));
        }
        Ok(())
    })
    .await?;
    foreseen.sort();
    let cursors = Read::<AssignmentCursor>::count(&mut *unit, Criteria::everything()).await?;
    same("nothing has moved", (belongings(&mut *unit, leaver).await?, cursors), (all, 0))?;
    drop(unit);
    let named: Vec<_> = preview.shares.0.keys().map(|who| people.called(*who)).collect();
    for name in ["Anna", "Ben", "Carl", "Dora", "Zoe"] {
        claim(named.contains(&name), format!("{name} gets some: {named:?}"))?;
    }
    claim(!preview.shares.0.contains_key(&leaver), "nothing comes back")?;
    let share = preview.shares.0[&people.ben];
    claim(share.customers <= 3, format!("no more customers than Ben takes on: {share:?}"))?;

    // In one unit, which is lost; then in pieces, some of which are lost.
    let mut work = case.begin().await?;
    let done = work.ownership().continue_handover(id, MOST_AT_ONCE).await?;
    claim(done.completed_at.is_some(), "one unit is enough")?;
    same("at once", what_went(&mut *work, leaver).await?, &foreseen[..])?;
    same("and counted", &done.done, &preview.shares)?;
    drop(work);
    let done = loop {
        let mut lost = case.begin().await?;
        lost.ownership().continue_handover(id, 5).await?;
        drop(lost);
        let mut work = case.begin().await?;
        let now = work.ownership().continue_handover(id, 7).await?;
        work.commit().await?;
        if now.completed_at.is_some() {
            break now;
        }
    };
    same("how many to whom", &done.done, &preview.shares)?;
    let mut unit = case.read().await?;
    same("record for record", what_went(&mut *unit, leaver).await?, foreseen)?;
    same("what stays behind", belongings(&mut *unit, leaver).await?.all(), 0)?;
    let back = unit.count(owner_change::OWNER_AFTER.eq(leaver)).await?;
    // The leads were made free and given to them by hand.
    same("nothing came back", back, 12)?;
    let reasons = owner_change::REASON.eq("by the rule “North”");
    claim(unit.count(reasons).await? > 0, "without a reason the rule is one")
}

async fn who_left_since_a_handover_by_rules_began_gets_no_more(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    let people = People::hired(&mut *work, case).await?;
    let leaver = people.leaver;
    rules_for_customers(&mut *work, &people).await?;
    let carls = work.insert(customer(case, leaver, "south")).await?.id;
    let deal = work.insert(chance(case, &theirs, leaver, Some(carls), "10 EUR")?).await?.id;
    let id = case.id();
    work.ownership().begin_handover(id, leaver, by_rules(people.zoe), None).await?;
    work.ownership().continue_handover(id, 1).await?;
    same("by rule", expect(&mut *work, carls).await?.owner_id, Some(people.carl))?;
    let carl = expect(&mut *work, people.carl).await?;
    work.update(carl.edit(|carl| carl.active = false)).await?;
    let later = work.insert(customer(case, leaver, "south")).await?.id;
    work.ownership().continue_handover(id, 10).await?;
    for owner in
        [expect(&mut *work, deal).await?.owner_id, expect(&mut *work, later).await?.owner_id]
    {
        same("whose it is", owner, Some(people.zoe))?;
    }
    // Who is to get the rest leaves: it is refused, as without rules.
    let zoe = expect(&mut *work, people.zoe).await?;
    work.update(zoe.edit(|zoe| zoe.active = false)).await?;
    work.insert(customer(case, leaver, "none")).await?;
    let id = case.id();
    work.ownership().begin_handover(id, leaver, by_rules(people.dora), None).await?;
    let dora = expect(&mut *work, people.dora).await?;
    work.update(dora.edit(|dora| dora.active = false)).await?;
    let answer = work.ownership().continue_handover(id, 10).await;
    fails("to who left meanwhile", answer, ErrorKind::Refused).map(drop)
}

async fn handovers_by_rules_and_assignments_take_turns(case: &Case) -> Held {
    const EACH: usize = 20;
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for n in 0..4 {
        people.push(colleague(&mut *work, case, &format!("Colleague {n}")).await?);
    }
    for one in &people[..2] {
        let stored = expect(&mut *work, *one).await?;
        work.update(stored.edit(|one| one.capacity.customers = Some(6))).await?;
    }
    let rules = vec![Rule::new("Turns", queue(&people[..3], Strategy::RoundRobin))];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    let rules = vec![Rule::new("Room", queue(&people[..2], Strategy::LeastLoaded))];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    let rest = people[3];
    let free = leads(&mut *work, case, EACH).await?;
    let mut handovers = Vec::new();
    for name in ["Leaver", "Another"] {
        let leaver = colleague(&mut *work, case, name).await?;
        for id in leads(&mut *work, case, EACH).await? {
            let stored = expect::<Lead, _>(&mut *work, id).await?;
            work.update(stored.edit(|lead| lead.owner_id = Some(leaver))).await?;
        }
        for n in 0..10 {
            work.insert(of(case, Some(leaver), &format!("{name} {n}"))).await?;
        }
        let id = case.id();
        work.ownership().begin_handover(id, leaver, by_rules(rest), None).await?;
        handovers.push(id);
    }
    work.commit().await?;
    let together = Arc::new(Barrier::new(4));
    let mut tasks = Vec::new();
    for id in handovers {
        let (case, together) = (case.clone(), Arc::clone(&together));
        tasks.push(case.clone().spawn(async move {
            together.wait().await;
            complete_handover(case.store(), &case.anna()?, id, 3, |_| {}).await?;
            Ok(())
        }));
    }
    for part in free.chunks(EACH / 2) {
        let (case, together, part) = (case.clone(), Arc::clone(&together), part.to_vec());
        tasks.push(case.clone().spawn(async move {
            together.wait().await;
            for id in part {
                run(case.store(), &case.anna()?, |work| {
                    let which = Which::WithoutOwner;
                    Box::pin(async move { work.assignments().assign::<Lead>(id, which).await })
                })
                .await?;
            }
            Ok(())
        }));
    }
    for task in tasks {
        task.join().await?;
    }
    let mut unit = case.read().await?;
    for one in &people[..3] {
        same("turns", unit.count(lead::OWNER_ID.eq(*one)).await?, EACH as u64)?;
    }
    let mut customers = Vec::new();
    for one in &people {
        customers.push(unit.count(customer::OWNER_ID.eq(*one)).await?);
    }
    same("as many as they take on, and the rest", customers, vec![6, 6, 0, 8])
}
