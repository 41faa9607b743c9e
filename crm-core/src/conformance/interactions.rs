use crate::{
    addendum::{self, Addendum},
    interaction::{self, Channel, Direction, Interaction, InteractionState, InteractionStatus},
    kernel::{Criteria, ErrorKind, Id, Timestamp},
    settings::Settings,
    task::{self, When},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    follower::written,
    law::Law,
    setting::{Setting, a_customer},
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_closed_interaction_never_changes,
        an_interaction_that_was_read_open_does_not_change_once_closed,
        an_interaction_recorded_as_closed_never_changes,
        an_open_interaction_changes,
        a_draft_is_revised_until_it_is_closed,
        what_is_recorded_long_after_it_happened_is_late,
        recording_again_answers_with_the_first,
        what_is_closed_gets_addenda_alone,
        an_addendum_sent_again_is_added_once,
        the_end_of_the_day_closes_what_is_complete
    ]
}

async fn a_closed_interaction_never_changes(case: &Case) -> Held {
    let id = recorded(case).await?;
    let mut work = case.begin().await?;
    let closed = work.interactions().close(id).await?;
    same("its status", closed.state().status(), InteractionStatus::Closed)?;
    same("its version", closed.version(), 2)?;
    // Not in the same unit, by no verb and no edit.
    fails("to close it twice", work.interactions().close(id).await, ErrorKind::Refused)?;
    let edited = closed.clone().edit(|i| i.content = Some("never said".into()));
    fails("an edit of it", work.update(edited).await, ErrorKind::Refused)?;
    work.commit().await?;
    // Not in another.
    let mut work = case.begin().await?;
    fails("to close it again", work.interactions().close(id).await, ErrorKind::Refused)?;
    let stored = there(work.get(id).await?)?;
    let by_edit = stored.clone().edit(|i| i.outcome = Some("never came".into()));
    fails("an edit of it", work.update(by_edit).await, ErrorKind::Refused)?;
    let open = recorded_anew(id, stored.customer_id)?;
    let reopened = stored.clone().edit(|i| *i = open);
    fails("an open one in its place", work.update(reopened).await, ErrorKind::Refused)?;
    // Nothing is changed by an update that changes nothing.
    same("its version", work.update(stored.clone()).await?.version(), 2)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let after = there(unit.get(id).await?)?;
    same("the record after all that", (&*after, after.version()), (&*stored, 2))?;
    drop(unit);
    same("its entries in the log", written(case, id).await?.len(), 2)
}

async fn an_interaction_that_was_read_open_does_not_change_once_closed(case: &Case) -> Held {
    let id = recorded(case).await?;
    let open = there(case.read().await?.get(id).await?)?;
    let mut work = case.begin().await?;
    work.interactions().close(id).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let answer = work.update(open.edit(|i| i.content = Some("too late".into()))).await;
    let what = "an edit of what was open when it was read";
    super::versions::here_or_at_commit(what, answer, work, ErrorKind::Conflict).await?;
    let stored = there(case.read().await?.get(id).await?)?;
    same("its content", stored.content.as_deref(), Some("as it was said"))
}

async fn an_interaction_recorded_as_closed_never_changes(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let scope = case.anna()?;
    let mut work = case.begin().await?;
    let closed = recorded_anew(case.id(), customer)?.close(work.now(), &scope.actor)?;
    let stored = work.interactions().record(closed.clone()).await?;
    let edited = stored.edit(|i| i.minutes = Some(1));
    fails("an edit of it", work.update(edited).await, ErrorKind::Refused)?;
    work.commit().await?;
    let found = there(case.read().await?.get(closed.id).await?)?;
    same("its version", found.version(), 1)?;
    same("its state", found.state(), closed.state())?;
    same("what was said", &found.content, &closed.content)
}

async fn an_open_interaction_changes(case: &Case) -> Held {
    let id = recorded(case).await?;
    let mut work = case.begin().await?;
    let stored = there(work.get(id).await?)?;
    let stored = work.update(stored.edit(|i| i.outcome = Some("an order".into()))).await?;
    same("its version", stored.version(), 2)?;
    work.commit().await?;
    Ok(())
}

async fn a_draft_is_revised_until_it_is_closed(case: &Case) -> Held {
    let id = recorded(case).await?;
    let mut work = case.begin().await?;
    let revised = work.interactions().revise(id, |draft| draft.outcome = Some("none".into())).await;
    same("its outcome", revised?.outcome.as_deref(), Some("none"))?;
    let (nobody, unknown) = (case.id(), case.id());
    let bad = work.interactions().revise(id, |draft| draft.contact_id = Some(nobody)).await;
    fails("a contact who is not there", bad, ErrorKind::Missing)?;
    let bad = work.interactions().revise(id, |draft| draft.minutes = Some(-1)).await;
    fails("less than no time", bad, ErrorKind::Invalid)?;
    let bad = work.interactions().revise(id, |draft| draft.id = unknown).await;
    fails("another id", bad, ErrorKind::Invalid)?;
    let bad = work.interactions().revise(unknown, |_| ()).await;
    fails("what is not there", bad, ErrorKind::Missing)?;
    let closed = work.interactions().close(id).await?;
    for edit in [None, Some("never said")] {
        let edit = |draft: &mut Interaction| {
            draft.content = edit.map(str::to_owned).or(draft.content.take());
        };
        let late = work.interactions().revise(id, edit).await;
        let error = fails("a revision of what is closed", late, ErrorKind::Refused)?;
        let told = error.to_string().contains("addendum");
        claim(told, format!("it does not say what to do instead: {error}"))?;
    }
    work.commit().await?;
    same("the record", &*there(case.read().await?.get(id).await?)?, &*closed)
}

async fn what_is_recorded_long_after_it_happened_is_late(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    let now = work.now();
    let span = Settings::LATE_AFTER_HOURS * 3_600_000_000;
    for (before, late) in [(-span / 2, false), (0, false), (span / 2, false), (span + 1, true)] {
        let at = Timestamp::from_micros(now.micros() - before)?;
        let mut new = recorded_anew(case.id(), customer)?;
        // Whoever records it does not say so.
        (new.happened_at, new.late, new.recorded_at) = (at, !late, None);
        let stored = work.interactions().record(new).await?;
        same("whether it is late", stored.late, late)?;
        claim(stored.recorded_at >= Some(now), "it does not say when it was recorded")?;
        let found = stored.recorded_at;
        let revised = work
            .interactions()
            .revise(stored.id, |draft| {
                draft.recorded_at = None;
                draft.happened_at = Timestamp::MIN;
            })
            .await?;
        same("when it was recorded, and late", (revised.recorded_at, revised.late), (found, true))?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    same("late ones", unit.count(interaction::LATE.eq(true)).await?, 4)
}

async fn recording_again_answers_with_the_first(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut new = recorded_anew(case.id(), customer)?;
    new.next_step = Some("send the book".into());
    let mut first = None;
    for _ in 0..3 {
        let mut work = case.begin().await?;
        for _ in 0..2 {
            let answer = work.interactions().record(new.clone()).await?;
            same("the answer", &answer, first.get_or_insert_with(|| answer.clone()))?;
        }
        work.commit().await?;
    }
    // Also after it was changed, and after its task was.
    let mut work = case.begin().await?;
    let tasks = work.find(task::open().query()).await?.items;
    same("its tasks", tasks.len(), 1)?;
    let when = When { due: Some(day("2018-01-02")?), ..When::default() };
    let moved = work.tasks().reschedule(tasks[0].id, when).await?;
    let revised = work.interactions().revise(new.id, |draft| draft.minutes = Some(3)).await?;
    let answer = work.interactions().record(new.clone()).await?;
    same("the answer after a revision", &*answer, &*revised)?;
    same("its task", &*there(work.get(moved.id).await?)?, &*moved)?;
    let mut other = new.clone();
    other.content = Some("something else".into());
    let answer = work.interactions().record(other).await;
    fails("another record with the same id", answer, ErrorKind::Duplicate)?;
    work.commit().await?;
    same("entries in the log", written(case, new.id).await?.len(), 2)
}

async fn what_is_closed_gets_addenda_alone(case: &Case) -> Held {
    let id = recorded(case).await?;
    let mut work = case.begin().await?;
    let early = work.interactions().add_addendum(case.id(), id, "too early").await;
    let error = fails("an addendum to a draft", early, ErrorKind::Refused)?.to_string();
    claim(error.contains("change the record itself"), error)?;
    let stored = work.interactions().close(id).await?;
    let none = work.interactions().add_addendum(case.id(), id, " ").await;
    fails("an addendum that says nothing", none, ErrorKind::Invalid)?;
    let nowhere = work.interactions().add_addendum(case.id(), case.id(), "x").await;
    fails("an addendum to nothing", nowhere, ErrorKind::Missing)?;
    work.commit().await?;
    let mut ids = Vec::new();
    for (who, text) in [("bob", "it was 5 %"), ("carla", "no, 6 %")] {
        let mut work = case.store().begin(case.scope(0, who)?).await?;
        let added = work.interactions().add_addendum(case.id(), id, text).await?;
        let told = (added.text.as_str(), added.written_by.as_str(), added.customer_id);
        same("the addendum", told, (text, who, stored.customer_id))?;
        ids.push(added.id);
        work.commit().await?;
    }
    let mut unit = case.read().await?;
    let query = addendum::INTERACTION_ID.eq(id).query().order_by(&addendum::WRITTEN_AT);
    let mut found: Vec<_> = unit.find(query).await?.items.iter().map(|a| a.id).collect();
    found.sort();
    ids.sort();
    same("the addenda", found, ids)?;
    same("the record", &*there(unit.get(id).await?)?, &*stored)
}

async fn an_addendum_sent_again_is_added_once(case: &Case) -> Held {
    let (id, other) = (recorded(case).await?, recorded(case).await?);
    let mut work = case.begin().await?;
    work.interactions().close(id).await?;
    work.interactions().close(other).await?;
    work.commit().await?;
    let new: Id<Addendum> = case.id();
    let mut first = None;
    for _ in 0..3 {
        let mut work = case.begin().await?;
        let answer = work.interactions().add_addendum(new, id, "it was 5 %").await?;
        same("the answer", &answer, first.get_or_insert_with(|| answer.clone()))?;
        work.commit().await?;
    }
    let mut work = case.store().begin(case.scope(0, "bob")?).await?;
    let answer = work.interactions().add_addendum(new, id, "it was 5 %").await;
    fails("another author's", answer, ErrorKind::Duplicate)?;
    drop(work);
    let mut work = case.begin().await?;
    let answer = work.interactions().add_addendum(new, id, "it was 6 %").await;
    fails("another text", answer, ErrorKind::Duplicate)?;
    let answer = work.interactions().add_addendum(new, other, "it was 5 %").await;
    fails("to another record", answer, ErrorKind::Duplicate)?;
    same("addenda", work.count(Criteria::<Addendum>::everything()).await?, 1)
}

async fn the_end_of_the_day_closes_what_is_complete(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let until: Timestamp = "2018-01-01T00:00:00Z".parse()?;
    let mut work = case.begin().await?;
    let mut record = async |hour: &str, staff: usize, outcome: Option<&str>| -> Held<_> {
        let mut new = recorded_anew(case.id(), setting.customers[0])?;
        new.happened_at = hour.parse()?;
        new.staff_id = Some(setting.staff[staff]);
        new.outcome = outcome.map(str::to_owned);
        Ok(work.interactions().record(new).await?.id)
    };
    let second = record("2017-12-31T17:00:00Z", 0, Some("an order")).await?;
    let first = record("2017-12-30T09:00:00Z", 0, Some("an order")).await?;
    let bare = record("2017-12-31T10:00:00Z", 0, None).await?;
    let others = record("2017-12-31T10:00:00Z", 1, Some("none")).await?;
    let tomorrow = record("2018-01-01T00:00:00Z", 0, Some("none")).await?;
    work.commit().await?;
    let missing = |call: &Interaction| match call.outcome {
        Some(_) => Vec::new(),
        None => vec!["outcome".to_owned()],
    };
    let anna = Some(setting.staff[0]);
    let left = vec![(bare, vec!["outcome".to_owned()])];
    for closed in [vec![first, second], Vec::new()] {
        let mut work = case.begin().await?;
        let day = work.interactions().close_day(until, anna, &missing).await?;
        same("what is closed", day.closed, closed)?;
        let found: Vec<_> = day.left.into_iter().map(|(call, what)| (call.id, what)).collect();
        same("what is left", &found, &left)?;
        work.commit().await?;
    }
    let mut work = case.begin().await?;
    let day = work.interactions().close_day(until, None, &missing).await?;
    claim(day.closed.contains(&others), "what the others recorded is not closed")?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (id, open) in
        [(first, false), (second, false), (others, false), (bare, true), (tomorrow, true)]
    {
        let stored = there(unit.get(id).await?)?;
        same("whether it is open", stored.state() == &InteractionState::Open, open)?;
    }
    Ok(())
}

async fn recorded(case: &Case) -> Held<Id<Interaction>> {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    let new = recorded_anew(case.id(), customer)?;
    let id = work.interactions().record(new).await?.id;
    work.commit().await?;
    Ok(id)
}

pub(super) fn recorded_anew(
    id: Id<Interaction>,
    customer: Id<crate::customer::Customer>,
) -> Held<Interaction> {
    let at = "2017-12-31T08:00:00.000001Z".parse()?;
    let mut new = Interaction::new(id, customer, Channel::Phone, Direction::Outbound, at);
    new.content = Some("as it was said".into());
    Ok(new)
}
