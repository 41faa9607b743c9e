//! Who owns what, by which verb, and since when.

use crate::{
    customer::{Customer, Happening, MergeCommand, TimelineKind, timeline},
    helper,
    kernel::{ErrorKind, Id, Stored},
    lead::Lead,
    opportunity::Opportunity,
    owner_change::OwnerChange,
    ownership::{OwnerStep, OwnerVerb, Trace, Why, ownership_history},
    staff_member::StaffMember,
    store::{UnitOfWork, expect},
    task::Task,
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    merging::organisation,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_customer_has_one_owner_and_a_history_of_them,
        owners_of_every_kind_have_a_history,
        a_verb_on_owners_sent_again_changes_nothing,
        who_cannot_own_is_refused,
        what_cannot_be_kept_of_a_change_of_owner_is_invalid,
        owners_of_a_merged_customer_stay_known,
        changes_of_a_merged_customer_are_not_those_of_its_survivor,
        helpers_help_and_own_nothing,
        who_helped_a_merged_customer_helps_once_and_can_stop
    ]
}

/// Somebody who works here.
pub(super) async fn colleague(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
    name: &str,
) -> Held<Id<StaffMember>> {
    Ok(work.insert(StaffMember::new(case.id(), name)).await?.id)
}

/// Somebody who does not any more.
pub(super) async fn who_left(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
) -> Held<Id<StaffMember>> {
    let gone = StaffMember { active: false, ..StaffMember::new(case.id(), "Gone") };
    Ok(work.insert(gone).await?.id)
}

/// A customer of somebody, or of nobody.
pub(super) fn of(case: &Case, owner: Option<Id<StaffMember>>, name: &str) -> Customer {
    Customer { owner_id: owner, ..organisation(case, name) }
}

type Told = (Option<Id<StaffMember>>, Option<OwnerVerb>, Option<String>);

fn told(steps: &[OwnerStep]) -> Vec<Told> {
    steps.iter().map(|step| (step.to, step.verb, step.reason.clone())).collect()
}

async fn a_customer_has_one_owner_and_a_history_of_them(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let id = work.insert(of(case, Some(anna), "Library")).await?.id;
    let because = |text: &str| Some(text.to_owned());
    work.ownership().transfer(id, anna, bob, because("moved house")).await?;
    work.ownership().release(id, bob, because("too far")).await?;
    let trace = Trace::default().with("rule", "nearest");
    let why = Why { reason: because("by rule"), trace: trace.clone() };
    work.ownership().assign(id, anna, why).await?;
    work.ownership().reclaim(id, None).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, id).await?;
    // Past the verbs, under the name of one.
    let claimed = stored.change("claimed", |mut c| {
        c.owner_id = Some(bob);
        Ok::<_, crate::Error>(c)
    })?;
    let stored = work.update(claimed.because("took it")).await?;
    work.update(stored.edit(|c| c.notes = Some("a note".into()))).await?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let history = ownership_history(&mut *unit, id).await?;
    let expected = vec![
        (Some(anna), None, None),
        (Some(bob), Some(OwnerVerb::Transferred), because("moved house")),
        (None, Some(OwnerVerb::Released), because("too far")),
        (Some(anna), Some(OwnerVerb::Assigned), because("by rule")),
        (None, Some(OwnerVerb::Reclaimed), None),
        (Some(bob), Some(OwnerVerb::Edited), because("took it")),
    ];
    same("its owners", told(&history), expected)?;
    let chained = history.windows(2).all(|pair| pair[0].to == pair[1].from);
    claim(chained && history[0].from.is_none(), "each begins where the one before ended")?;
    let versions: Vec<_> = history.iter().map(|step| step.version).collect();
    same("the versions that say so", versions, vec![1, 2, 3, 4, 5, 6])?;
    same("the trace", &history[3].trace, &trace)?;
    claim(history.iter().all(|step| step.by == "anna"), "who did it")?;
    let entries = timeline(&mut *unit, id, &[TimelineKind::Ownership], None, 100).await?;
    let mut shown = Vec::new();
    for entry in entries {
        if let Happening::Ownership(step) = entry.happened {
            shown.push(*step);
        }
    }
    shown.sort_by_key(|step| step.version);
    same("its owners in the timeline", shown, history)
}

async fn owners_of_every_kind_have_a_history(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    let [anna, bob] = theirs.staff;
    let trace = Trace::default().with("rule", "round robin");
    let why = || Why { reason: Some("by turns".into()), trace: trace.clone() };
    let mut task = Task::new(case.id(), "call", work.now());
    task.owner_id = Some(anna);
    let task = work.tasks().add(task).await?.id;
    let opportunity = theirs.opportunities[0];
    let lead = theirs.leads[0];
    for to in [Some(bob), None] {
        work.tasks().reassign(task, to, why()).await?;
        work.opportunities().reassign(opportunity, to, why()).await?;
        work.leads().reassign(lead, to, why()).await?;
    }
    let stored = expect::<Opportunity, _>(&mut *work, opportunity).await?;
    work.update(stored.edit(|o| o.owner_id = Some(anna))).await?;
    let stored = expect::<Lead, _>(&mut *work, lead).await?;
    work.update(stored.edit(|l| l.owner_id = Some(anna))).await?;
    let stored = expect::<Task, _>(&mut *work, task).await?;
    work.update(stored.edit(|t| t.owner_id = Some(anna))).await?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let turn = |to, verb| (to, Some(verb), Some("by turns".to_owned()));
    let mut expected = vec![
        turn(Some(bob), OwnerVerb::Assigned),
        turn(None, OwnerVerb::Reclaimed),
        (Some(anna), Some(OwnerVerb::Edited), None),
    ];
    let of_lead = ownership_history(&mut *unit, lead).await?;
    same("of a lead", told(&of_lead), expected.clone())?;
    let of_opportunity = ownership_history(&mut *unit, opportunity).await?;
    same("of an opportunity", told(&of_opportunity), expected.clone())?;
    same("the trace", &of_opportunity[0].trace, &trace)?;
    expected.insert(0, (Some(anna), None, None));
    same("of a task", told(&ownership_history(&mut *unit, task).await?), expected)
}

async fn a_verb_on_owners_sent_again_changes_nothing(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let id = work.insert(of(case, Some(anna), "Library")).await?.id;
    let why = || Some("moved".to_owned());
    let mut answers: Vec<[Stored<Customer>; 2]> = Vec::new();
    let mut verbs = work.ownership();
    answers.push([
        verbs.transfer(id, anna, bob, why()).await?,
        verbs.transfer(id, anna, bob, why()).await?,
    ]);
    answers.push([verbs.release(id, bob, why()).await?, verbs.release(id, bob, why()).await?]);
    answers.push([
        verbs.assign(id, anna, why().into()).await?,
        verbs.assign(id, anna, why().into()).await?,
    ]);
    answers.push([verbs.reclaim(id, why()).await?, verbs.reclaim(id, why()).await?]);
    work.commit().await?;
    for (at, [first, again]) in answers.into_iter().enumerate() {
        let expected = (at as u64) + 2;
        same("the versions", (first.version(), again.version()), (expected, expected))?;
    }
    let mut unit = case.read().await?;
    same("changes", unit.count(crate::owner_change::CUSTOMER_ID.eq(id)).await?, 4)
}

async fn who_cannot_own_is_refused(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let gone = who_left(&mut *work, case).await?;
    let id = work.insert(of(case, Some(anna), "Library")).await?.id;
    let free = work.insert(of(case, None, "Free")).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    let answer = work.ownership().assign(id, gone, Why::default()).await;
    let error = fails("to who left", answer, ErrorKind::Refused)?;
    claim(error.to_string().contains("Gone does not work here"), error.to_string())?;
    let answer = work.ownership().assign(id, case.id(), Why::default()).await;
    fails("to nobody known", answer, ErrorKind::Missing)?;
    let answer = work.ownership().assign(case.id(), anna, Why::default()).await;
    fails("of no customer", answer, ErrorKind::Missing)?;
    let answer = work.ownership().transfer(id, bob, theirs.staff[0], None).await;
    let error = fails("from who has it not", answer, ErrorKind::Refused)?;
    claim(error.to_string().contains("Anna"), error.to_string())?;
    let answer = work.ownership().transfer(free, anna, bob, None).await;
    fails("a free one", answer, ErrorKind::Refused)?;
    let answer = work.ownership().release(id, bob, None).await;
    let error = fails("what is not theirs", answer, ErrorKind::Refused)?;
    claim(error.to_string().contains("Anna"), error.to_string())?;
    let why = Why::default;
    let (opportunity, lead) = (theirs.opportunities[0], theirs.leads[0]);
    let answer = work.opportunities().reassign(opportunity, Some(gone), why()).await;
    fails("an opportunity, to who left", answer, ErrorKind::Refused)?;
    let answer = work.leads().reassign(lead, Some(gone), why()).await;
    fails("a lead, to who left", answer, ErrorKind::Refused)?;
    // The unit is as good as before.
    work.ownership().transfer(id, anna, bob, None).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("whose it is", expect(&mut *unit, id).await?.owner_id, Some(bob))?;
    let all = crate::kernel::Criteria::<OwnerChange>::everything();
    same("changes of owner", unit.count(all).await?, 1)
}

async fn what_cannot_be_kept_of_a_change_of_owner_is_invalid(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let id = work.insert(of(case, None, "Library")).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    for reason in ["x".repeat(501), "nul \0".to_owned()] {
        let answer = work.ownership().assign(id, anna, Why::because(reason.clone())).await;
        fails("a reason that cannot be kept", answer, ErrorKind::Invalid)?;
        let stored = expect(&mut *work, id).await?;
        let edited = stored.edit(|c| c.owner_id = Some(anna)).because(reason);
        fails("the same by hand", work.update(edited).await, ErrorKind::Invalid)?;
    }
    let trace = Trace::default().with("candidates", "x".repeat(1_000_001));
    let answer = work.ownership().assign(id, anna, Why { reason: None, trace }).await;
    fails("a trace that is too long", answer, ErrorKind::Invalid)?;
    work.ownership().assign(id, anna, Why::because("x".repeat(500))).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let stored = expect(&mut *unit, id).await?;
    same("whose it is", (stored.owner_id, stored.version()), (Some(anna), 2))
}

async fn owners_of_a_merged_customer_stay_known(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let survivor = work.insert(of(case, Some(anna), "Library")).await?.id;
    let other = work.insert(of(case, Some(anna), "The Library")).await?.id;
    work.ownership().transfer(other, anna, bob, Some("moved".into())).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), survivor, vec![other])).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let history = ownership_history(&mut *unit, other).await?;
    let moved = (Some(bob), Some(OwnerVerb::Transferred), Some("moved".to_owned()));
    claim(told(&history).contains(&moved), format!("of the merged one: {history:?}"))?;
    let entries = timeline(&mut *unit, survivor, &[TimelineKind::Ownership], None, 100).await?;
    let tells = entries.iter().any(|entry| match &entry.happened {
        Happening::Ownership(step) => step.verb == Some(OwnerVerb::Transferred),
        _ => false,
    });
    claim(tells, "the survivor's story tells it")
}

async fn changes_of_a_merged_customer_are_not_those_of_its_survivor(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let mut ids = Vec::new();
    for name in ["Library", "The Library"] {
        ids.push(work.insert(of(case, None, name)).await?.id);
    }
    work.commit().await?;
    // The same step to the same version by the same colleague, the one that is merged first.
    let [survivor, other] = ids[..] else { return Err(Failure::new("two customers")) };
    for (id, why) in [(other, "the other"), (survivor, "the survivor")] {
        let mut work = case.begin().await?;
        let why = Why { reason: Some(why.to_owned()), ..Why::default() };
        work.ownership().assign(id, anna, why).await?;
        work.commit().await?;
    }
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), survivor, vec![other])).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (id, why) in [(other, "the other"), (survivor, "the survivor")] {
        let history = ownership_history(&mut *unit, id).await?;
        let reason = history.last().and_then(|step| step.reason.as_deref());
        same("why Anna has it", reason, Some(why))?;
    }
    Ok(())
}

async fn helpers_help_and_own_nothing(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let id = work.insert(of(case, Some(anna), "Library")).await?.id;
    let first = work.ownership().share(id, bob, "presales").await?;
    let again = work.ownership().share(id, bob, "presales").await?;
    same("sent again", (again.id, again.version()), (first.id, first.version()))?;
    work.ownership().share(id, bob, "service").await?;
    let ended = work.ownership().unshare(id, bob, "presales").await?;
    claim(ended.until.is_some(), "it has ended")?;
    let again = work.ownership().unshare(id, bob, "presales").await?;
    same("ended again", again.version(), ended.version())?;
    let back = work.ownership().share(id, bob, "presales").await?;
    same("helps again", (back.id, back.until), (first.id, None))?;
    let answer = work.ownership().share(id, bob, " ").await;
    fails("as nothing", answer, ErrorKind::Invalid)?;
    let answer = work.ownership().share(id, case.id(), "service").await;
    fails("nobody known", answer, ErrorKind::Missing)?;
    let answer = work.ownership().unshare(id, anna, "service").await;
    fails("who never did", answer, ErrorKind::Missing)?;
    let gone = who_left(&mut *work, case).await?;
    let answer = work.ownership().share(id, gone, "service").await;
    let error = fails("who left", answer, ErrorKind::Refused)?;
    claim(error.to_string().contains("Gone does not work here any more"), error.to_string())?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let now = helper::CUSTOMER_ID.eq(id).and(helper::UNTIL.is_empty());
    same("who helps", unit.count(now).await?, 2)?;
    same("whose it is", expect(&mut *unit, id).await?.owner_id, Some(anna))
}

async fn who_helped_a_merged_customer_helps_once_and_can_stop(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let survivor = work.insert(of(case, None, "Library")).await?.id;
    let other = work.insert(of(case, None, "The Library")).await?.id;
    // One only with the merged one, one with both.
    work.ownership().share(other, bob, "presales").await?;
    work.ownership().share(other, bob, "service").await?;
    work.ownership().share(survivor, bob, "service").await?;
    work.customers().merge(MergeCommand::new(case.id(), survivor, vec![other])).await?;
    work.commit().await?;
    let open = helper::STAFF_ID.eq(bob).and(helper::UNTIL.is_empty());
    let mut work = case.begin().await?;
    let first = work.ownership().share(survivor, bob, "presales").await?;
    let again = work.ownership().share(other, bob, "presales").await?;
    same("no second one", (first.id, first.version()), (again.id, again.version()))?;
    same("who helps", work.count(open.clone()).await?, 3)?;
    let ended = work.ownership().unshare(survivor, bob, "presales").await?;
    same("which ended", ended.id, first.id)?;
    work.ownership().unshare(other, bob, "service").await?;
    same("who helps still", work.count(open.clone()).await?, 0)?;
    let back = work.ownership().share(survivor, bob, "presales").await?;
    same("it is the same one", (back.id, back.until), (first.id, None))?;
    same("who helps again", work.count(open).await?, 1)?;
    work.commit().await?;
    Ok(())
}
