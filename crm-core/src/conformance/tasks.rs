use proptest::prelude::{Strategy, prop};

use crate::{
    kernel::{Criteria, ErrorKind, Id, Timestamp},
    store::{Append, Read},
    task::{self, Task, TaskState, TaskStatus, When},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    follower::written,
    law::Law,
    random::Draws,
    setting::Setting,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_task_that_is_closed_stays_as_it_is,
        whatever_is_done_to_a_task_what_is_closed_is_final,
        a_task_of_another_house_is_missing,
        a_task_that_cannot_be_is_invalid,
        a_task_sent_again_is_added_once,
        a_task_that_recurs_comes_again_until_its_rule_ends,
        a_task_that_recurs_has_one_next_however_often_it_is_tried,
        a_task_that_was_done_is_done_again_by_the_same_command_alone,
        a_task_that_was_moved_comes_again_by_its_rule,
        a_task_keeps_its_hour_and_its_reminder_when_it_comes_again,
        tasks_are_listed_by_what_is_due
    ]
}

async fn a_task_that_is_closed_stays_as_it_is(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    for cancelled in [false, true] {
        let id = added(case, |task| task.due = None).await?;
        let mut work = case.begin().await?;
        let closed = if cancelled {
            work.tasks().cancel(id, "they moved away").await?
        } else {
            work.tasks().complete(id, Some("they bought".into())).await?.task
        };
        let status = if cancelled { TaskStatus::Cancelled } else { TaskStatus::Done };
        same("its status", closed.state().status(), status)?;
        same("who closed it", closed.state().closed_by(), Some("anna"))?;
        same("since when", Some(closed.since()), closed.state().closed_at())?;
        work.commit().await?;
        let mut work = case.begin().await?;
        let again = work.tasks().complete(id, None).await;
        let error = fails("to do it twice", again, ErrorKind::Refused)?.to_string();
        claim(error.contains("anna"), format!("it does not say who closed it: {error}"))?;
        let again = work.tasks().cancel(id, "again").await;
        fails("to cancel it then", again, ErrorKind::Refused)?;
        for when in [When::default(), When { due: Some(day("2018-01-02")?), ..When::default() }] {
            let moved = work.tasks().reschedule(id, when).await;
            fails("to move it then", moved, ErrorKind::Refused)?;
        }
        for owner in [None, Some(setting.staff[0])] {
            let given = work.tasks().reassign(id, owner, crate::ownership::Why::default()).await;
            fails("to give it away then", given, ErrorKind::Refused)?;
        }
        let edited = there(work.get(id).await?)?.edit(|task| task.title = "another".into());
        fails("an edit of it", work.update(edited).await, ErrorKind::Refused)?;
        let open = Task::new(id, closed.title.clone(), closed.created_at);
        let reopened = there(work.get(id).await?)?.edit(|task| *task = open);
        fails("an open one in its place", work.update(reopened).await, ErrorKind::Refused)?;
        work.commit().await?;
        let stored = there(case.read().await?.get(id).await?)?;
        same("the task after all that", (&*stored, stored.version()), (&*closed, 2))?;
    }
    Ok(())
}

/// What may be tried on a task.
#[derive(Clone, Copy, Debug)]
enum Try {
    Complete,
    Cancel,
    Move,
    Give,
    Edit,
    Replace,
}

async fn whatever_is_done_to_a_task_what_is_closed_is_final(case: &Case) -> Held {
    use Try::{Cancel, Complete, Edit, Give, Move, Replace};
    let setting = Setting::committed(case).await?;
    let mut draws = Draws::new(60, || {
        let tries = [Move, Give, Edit, Replace, Complete, Cancel];
        prop::collection::vec(prop::sample::select(tries.to_vec()), 1..12).boxed()
    });
    while let Some(tries) = draws.next() {
        let held = is_final_after(case, &setting, &tries).await;
        draws.judge(&tries, held);
    }
    draws.verdict()
}

async fn is_final_after(case: &Case, setting: &Setting, tries: &[Try]) -> Held {
    let id = added(case, |_| ()).await?;
    let mut closed: Option<Task> = None;
    for (n, what) in tries.iter().enumerate() {
        let mut work = case.begin().await?;
        let stored = there(Read::<Task>::get(&mut *work, id).await?)?;
        let answer = match what {
            Try::Complete => work.tasks().complete(id, None).await.map(|done| done.task),
            Try::Cancel => work.tasks().cancel(id, "no").await,
            Try::Move => {
                let due = day("2018-01-02")?.checked_add_days(chrono::Days::new(n as u64));
                work.tasks().reschedule(id, When { due, ..When::default() }).await
            }
            Try::Give => {
                work.tasks()
                    .reassign(id, Some(setting.staff[n % 2]), crate::ownership::Why::default())
                    .await
            }
            Try::Edit => work.update(stored.edit(|task| task.title = format!("step {n}"))).await,
            Try::Replace => {
                let other = Task::new(id, format!("step {n}"), Timestamp::MIN);
                work.update(stored.edit(|task| *task = other)).await
            }
        };
        match (&closed, answer) {
            // The same command again.
            (Some(closed), answer)
                if matches!(what, Try::Complete) && closed.state().status() == TaskStatus::Done =>
            {
                same("what it answers", &*answer?, closed)?;
            }
            (Some(_), answer) => {
                fails(&format!("{what:?} of a closed task"), answer, ErrorKind::Refused)?;
            }
            (None, answer) => {
                let task = answer?.into_inner();
                closed = (*task.state() != TaskState::Open).then_some(task);
            }
        }
        work.commit().await?;
        if let Some(closed) = &closed {
            same("the task", &*there(case.read().await?.get(id).await?)?, closed)?;
        }
    }
    Ok(())
}

async fn a_task_of_another_house_is_missing(case: &Case) -> Held {
    Setting::committed(case).await?;
    let mut work = case.store().begin(case.scope(1, "bob")?).await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    let their_task = work.tasks().add(Task::new(case.id(), "theirs", work_time()?)).await?.id;
    work.commit().await?;
    let id = added(case, |_| ()).await?;
    let mut work = case.begin().await?;
    let names: [fn(&mut Task, &Setting); 5] = [
        |task, theirs| task.customer_id = Some(theirs.customers[0]),
        |task, theirs| task.contact_id = Some(theirs.contacts[0]),
        |task, theirs| task.opportunity_id = Some(theirs.opportunities[0]),
        |task, theirs| task.interaction_id = Some(theirs.interactions[0]),
        |task, theirs| task.owner_id = Some(theirs.staff[0]),
    ];
    for name in names {
        let mut new = Task::new(case.id(), "ours", work_time()?);
        name(&mut new, &theirs);
        fails("what is theirs", work.tasks().add(new).await, ErrorKind::Missing)?;
    }
    let given =
        work.tasks().reassign(id, Some(theirs.staff[0]), crate::ownership::Why::default()).await;
    fails("to give it to one of them", given, ErrorKind::Missing)?;
    let done = work.tasks().complete(their_task, None).await;
    fails("to do what is theirs", done, ErrorKind::Missing)?;
    let moved = work.tasks().reschedule(their_task, When::default()).await;
    fails("to move what is theirs", moved, ErrorKind::Missing)?;
    fails("to cancel it", work.tasks().cancel(their_task, "no").await, ErrorKind::Missing).map(drop)
}

async fn a_task_that_cannot_be_is_invalid(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let due = day("2018-01-31")?;
    let changes: [fn(&mut Task); 6] = [
        |task| task.title = " ".into(),
        |task| task.recurrence = Some("every month".into()),
        |task| task.recurrence = Some("FREQ=MONTHLY;BYMONTHDAY=32".into()),
        |task| task.recurrence = Some("FREQ=MONTHLY;UNTIL=20171231".into()),
        |task| (task.due, task.recurrence) = (None, Some("FREQ=MONTHLY".into())),
        |task| task.due_at = Some(Timestamp::MAX),
    ];
    for change in changes {
        let mut new = Task::new(case.id(), "report", work_time()?);
        new.due = Some(due);
        work.tasks().add(new.clone()).await?;
        let edited = there(Read::<Task>::get(&mut *work, new.id).await?)?.edit(change);
        let answer = work.update(edited).await;
        let error = fails("an unsound edit", answer, ErrorKind::Invalid)?;
        (new.id, new.external_id) = (case.id(), None);
        change(&mut new);
        let error_of_new =
            fails("an unsound task", work.tasks().add(new).await, ErrorKind::Invalid)?;
        same("the reason", error.to_string(), error_of_new.to_string())?;
    }
    drop(work);
    let id = added(case, |task| task.recurrence = Some("FREQ=DAILY".into())).await?;
    let mut work = case.begin().await?;
    let moved = work.tasks().reschedule(id, When::default()).await;
    fails("what recurs, without a day", moved, ErrorKind::Invalid)?;
    let none = work.tasks().cancel(id, " ").await;
    fails("to cancel it for no reason", none, ErrorKind::Invalid).map(drop)
}

async fn a_task_sent_again_is_added_once(case: &Case) -> Held {
    let mut new = Task::new(case.id(), "report", work_time()?);
    (new.due, new.recurrence) = (Some(day("2018-01-31")?), Some("FREQ=MONTHLY".into()));
    for _ in 0..3 {
        let mut work = case.begin().await?;
        same("the answer", &*work.tasks().add(new.clone()).await?, &new)?;
        work.commit().await?;
    }
    let mut work = case.begin().await?;
    let done = work.tasks().complete(new.id, None).await?.task;
    same("the answer afterwards", &*work.tasks().add(new.clone()).await?, &*done)?;
    new.title = "another".into();
    let other = work.tasks().add(new.clone()).await;
    fails("another task with the same id", other, ErrorKind::Duplicate)?;
    work.commit().await?;
    same("entries in the log", written(case, new.id).await?.len(), 2)
}

async fn a_task_that_recurs_comes_again_until_its_rule_ends(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let month_ends = ["2015-12-31", "2016-01-31", "2016-02-29", "2016-03-31"];
    for (rule, days) in [
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=4", &month_ends[..]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20160331", &month_ends[..]),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", &["2015-12-30", "2016-01-04", "2016-01-11"][..]),
        ("FREQ=DAILY;COUNT=1", &["2015-12-31"][..]),
    ] {
        let first = day(days[0])?;
        let mut id = added(case, |task| {
            (task.due, task.recurrence) = (Some(first), Some(rule.into()));
            (task.owner_id, task.customer_id) =
                (Some(setting.staff[0]), Some(setting.customers[0]));
            task.external_id = Some(rule.into());
        })
        .await?;
        for (n, expected) in days.iter().enumerate() {
            let mut work = case.begin().await?;
            let task = there(work.get(id).await?)?;
            same("its day", task.due, Some(day(expected)?))?;
            same("its title", task.title.as_str(), "report")?;
            let named = (task.owner_id, task.customer_id);
            same("what it names", named, (Some(setting.staff[0]), Some(setting.customers[0])))?;
            let done = work.tasks().complete(id, None).await?;
            work.commit().await?;
            match done.next {
                Some(next) => id = next.id,
                None => same("the last one", n + 1, days.len())?,
            }
        }
    }
    let unit = &mut *case.read().await?;
    same("what is left to do", unit.count(task::open()).await?, 0)
}

async fn a_task_that_recurs_has_one_next_however_often_it_is_tried(case: &Case) -> Held {
    let id = added(case, |task| task.recurrence = Some("FREQ=DAILY".into())).await?;
    let mut lost = case.begin().await?;
    let first = lost.tasks().complete(id, None).await?.next;
    drop(lost);
    let mut work = case.begin().await?;
    let next = work.tasks().complete(id, None).await?.next;
    same("the next when it is said twice", &work.tasks().complete(id, None).await?.next, &next)?;
    work.commit().await?;
    let id_of = |next: &Option<crate::kernel::Stored<Task>>| next.as_ref().map(|task| task.id);
    same("the id of the next", id_of(&next), id_of(&first))?;
    let mut work = case.begin().await?;
    same("the next when it is said again", &work.tasks().complete(id, None).await?.next, &next)?;
    same("tasks", work.count(Criteria::<Task>::everything()).await?, 2)?;
    // Who cancels one ends the series.
    let next = id_of(&next).ok_or_else(|| Failure::new("there is no next one"))?;
    work.tasks().cancel(next, "not any more").await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("open tasks", unit.count(task::open()).await?, 0)
}

async fn a_task_that_was_done_is_done_again_by_the_same_command_alone(case: &Case) -> Held {
    let id = added(case, |task| task.recurrence = Some("FREQ=DAILY".into())).await?;
    let said = Some("they called".to_owned());
    let mut work = case.begin().await?;
    let first = work.tasks().complete(id, said.clone()).await?;
    work.commit().await?;
    // The next one went on meanwhile.
    let mut work = case.begin().await?;
    let next = there(first.next.clone())?.id;
    let moved = When { due: Some(day("2018-02-03")?), ..When::default() };
    let next = work.tasks().reschedule(next, moved).await?;
    let again = work.tasks().complete(id, said.clone()).await?;
    same("the answer", (&again.task, &again.next), (&first.task, &Some(next)))?;
    for outcome in [None, Some("they wrote".to_owned())] {
        let answer = work.tasks().complete(id, outcome).await;
        fails("with another outcome", answer, ErrorKind::Refused)?;
    }
    work.commit().await?;
    let mut work = case.store().begin(case.scope(0, "bob")?).await?;
    let answer = work.tasks().complete(id, said).await;
    let error = fails("by somebody else", answer, ErrorKind::Refused)?.to_string();
    claim(error.contains("anna"), format!("it does not say who did it: {error}"))?;
    same("tasks", work.count(Criteria::<Task>::everything()).await?, 2)?;
    drop(work);
    same("its entries in the log", written(case, id).await?.len(), 2)
}

async fn a_task_that_was_moved_comes_again_by_its_rule(case: &Case) -> Held {
    let (monday, first) = (day("2018-01-08")?, day("2018-01-01")?);
    let id = added(case, |task| {
        (task.due, task.recurrence) = (Some(first), Some("FREQ=WEEKLY".into()));
    })
    .await?;
    let mut work = case.begin().await?;
    for due in ["2018-01-03", "2018-01-05"] {
        let when = When { due: Some(day(due)?), ..When::default() };
        let moved = work.tasks().reschedule(id, when).await?;
        same("its days", (moved.due, moved.planned), (when.due, Some(first)))?;
    }
    let next = work.tasks().complete(id, None).await?.next;
    same("the next one", next.map(|task| (task.due, task.planned)), Some((Some(monday), None)))?;
    work.commit().await?;
    Ok(())
}

async fn a_task_keeps_its_hour_and_its_reminder_when_it_comes_again(case: &Case) -> Held {
    let at = |text: &str| -> Held<Option<Timestamp>> { Ok(Some(text.parse()?)) };
    // Nine in the morning in Shanghai is one in the morning in UTC, six is the day before.
    for (due_at, next_at) in [
        ("2018-01-31T01:00:00Z", "2018-02-28T01:00:00Z"),
        ("2018-01-30T22:00:00Z", "2018-02-27T22:00:00Z"),
    ] {
        let (due_at, next_at, due) = (at(due_at)?, at(next_at)?, day("2018-01-31")?);
        let remind_at = at("2018-01-29T01:00:00.000001Z")?;
        let id = added(case, |task| {
            (task.due, task.due_at, task.remind_at) = (Some(due), due_at, remind_at);
            task.recurrence = Some("FREQ=MONTHLY;BYMONTHDAY=-1".into());
        })
        .await?;
        let mut work = case.begin().await?;
        let next = work.tasks().complete(id, None).await?.next;
        let next = next.ok_or_else(|| Failure::new("there is no next one"))?;
        let expected = (Some(day("2018-02-28")?), next_at, at("2018-02-26T01:00:00.000001Z")?);
        same("the next one", (next.due, next.due_at, next.remind_at), expected)?;
        work.commit().await?;
    }
    Ok(())
}

async fn tasks_are_listed_by_what_is_due(case: &Case) -> Held {
    let today = day("2018-01-02")?;
    let mut ids = Vec::new();
    for due in ["2018-01-03", "2018-01-01", "", "2018-01-02", "2017-12-31"] {
        let due = if due.is_empty() { None } else { Some(day(due)?) };
        let remind = due.and_then(|due| Timestamp::start_of(due).ok());
        ids.push(added(case, |task| (task.due, task.remind_at) = (due, remind)).await?);
    }
    let [tomorrow, yesterday, _, now, before] = ids[..] else { return Ok(()) };
    let done = added(case, |task| task.due = Some(today)).await?;
    let mut work = case.begin().await?;
    work.tasks().complete(done, None).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let mut found = async |criteria: Criteria<Task>| -> Held<Vec<Id<Task>>> {
        let page = unit.find(criteria.query().order_by(&task::DUE)).await?;
        Ok(page.items.iter().map(|task| task.id).collect())
    };
    same("what is late", found(task::late(today)).await?, vec![before, yesterday])?;
    same("what is due", found(task::due_by(today)).await?, vec![before, yesterday, now])?;
    same("what is open", found(task::open()).await?.len(), 5)?;
    let noon = "2018-01-03T00:00:00Z".parse()?;
    let all = vec![before, yesterday, now, tomorrow];
    same("what to remind of", found(task::to_remind(noon)).await?, all)
}

/// An open task that was committed.
async fn added(case: &Case, change: impl FnOnce(&mut Task) + Send) -> Held<Id<Task>> {
    let mut new = Task::new(case.id(), "report", work_time()?);
    new.due = Some(day("2018-01-31")?);
    change(&mut new);
    let mut work = case.begin().await?;
    Append::<Task>::insert(&mut *work, new.clone()).await?;
    work.commit().await?;
    Ok(new.id)
}

fn work_time() -> Held<Timestamp> {
    Ok("2017-12-31T08:00:00.000001Z".parse()?)
}
