//! The task of an interaction's next step.

use crate::{
    interaction::Interaction,
    kernel::{Criteria, Id, Stored},
    store::Read,
    task::{self, Task, TaskState, TaskStatus, When},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    interactions::recorded_anew,
    law::Law,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_next_step_becomes_a_task,
        a_next_step_that_is_revised_is_the_same_task,
        a_next_step_that_is_removed_is_cancelled,
        a_next_step_that_is_done_stays_done,
        what_was_changed_on_the_task_stays
    ]
}

async fn a_next_step_becomes_a_task(case: &Case) -> Held {
    let (setting, call) = a_promise(case).await?;
    let mut work = case.begin().await?;
    let task = the_task(&mut *work, call.id).await?;
    let told = (task.title.as_str(), task.due, task.owner_id, task.customer_id);
    let wanted = ("send the book", call.next_step_due, Some(setting.staff[1]), call.customer_id);
    same("the task", told, (wanted.0, wanted.1, wanted.2, Some(wanted.3)))?;
    let links = (task.contact_id, task.opportunity_id, task.interaction_id);
    same("what it names", links, (call.contact_id, call.opportunity_id, Some(call.id)))?;
    // Who recorded it does it, when nobody else is named.
    let mut other = recorded_anew(case.id(), setting.customers[0])?;
    (other.next_step, other.staff_id) = (Some("call".into()), Some(setting.staff[0]));
    work.interactions().record(other.clone()).await?;
    same("its owner", the_task(&mut *work, other.id).await?.owner_id, Some(setting.staff[0]))?;
    let mut none = recorded_anew(case.id(), setting.customers[0])?;
    none.next_step = Some("  ".into());
    work.interactions().record(none).await?;
    same("the tasks", work.count(Criteria::<Task>::everything()).await?, 2)
}

async fn a_next_step_that_is_revised_is_the_same_task(case: &Case) -> Held {
    let (setting, call) = a_promise(case).await?;
    let due = day("2018-02-01")?;
    let mut work = case.begin().await?;
    work.interactions()
        .revise(call.id, |draft| {
            draft.next_step = Some("send two books".into());
            draft.next_step_due = Some(due);
            draft.next_step_owner_id = Some(setting.staff[0]);
            draft.contact_id = Some(setting.contacts[1]);
        })
        .await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let task = the_task(&mut *unit, call.id).await?;
    let told = (task.title.as_str(), task.due, task.owner_id, task.contact_id);
    let staff = Some(setting.staff[0]);
    same("the task", told, ("send two books", Some(due), staff, Some(setting.contacts[1])))?;
    same("its version", task.version(), 2)
}

async fn a_next_step_that_is_removed_is_cancelled(case: &Case) -> Held {
    let (_, call) = a_promise(case).await?;
    let mut work = case.begin().await?;
    let first = the_task(&mut *work, call.id).await?.id;
    work.interactions().revise(call.id, |draft| draft.next_step = None).await?;
    let task = the_task(&mut *work, call.id).await?;
    let reason = task.state().reason().unwrap_or_default();
    claim(reason.contains("next step"), format!("it does not say why: {:?}", task.state()))?;
    // Whoever names one again promises anew.
    work.interactions().revise(call.id, |draft| draft.next_step = Some("call".into())).await?;
    let open = work.find(task::open().query()).await?.items;
    same("what is promised now", open.len(), 1)?;
    claim(open[0].id != first, "a task that is cancelled stays so")?;
    same("its title", open[0].title.as_str(), "call")?;
    work.interactions().revise(call.id, |draft| draft.next_step = Some("write".into())).await?;
    let open = work.find(task::open().query()).await?.items;
    same("what is promised now", (open.len(), open[0].title.as_str()), (1, "write"))?;
    work.commit().await?;
    Ok(())
}

async fn a_next_step_that_is_done_stays_done(case: &Case) -> Held {
    let (_, call) = a_promise(case).await?;
    let mut work = case.begin().await?;
    let id = the_task(&mut *work, call.id).await?.id;
    let done = work.tasks().complete(id, Some("sent".into())).await?.task;
    let due = day("2018-02-01")?;
    work.interactions().revise(call.id, |draft| draft.next_step_due = Some(due)).await?;
    work.interactions().revise(call.id, |draft| draft.content = Some("more".into())).await?;
    work.interactions().revise(call.id, |draft| draft.next_step = None).await?;
    same("the task", &*the_task(&mut *work, call.id).await?, &*done)?;
    same("its status", done.state().status(), TaskStatus::Done)
}

async fn what_was_changed_on_the_task_stays(case: &Case) -> Held {
    let (setting, call) = a_promise(case).await?;
    let (due, at) = (day("2018-03-01")?, "2018-03-01T09:00:00Z".parse()?);
    let mut work = case.begin().await?;
    let id = the_task(&mut *work, call.id).await?.id;
    let when = When { due: Some(due), due_at: Some(at), remind_at: Some(at) };
    work.tasks().reschedule(id, when).await?;
    work.tasks().reassign(id, Some(setting.staff[0]), crate::ownership::Why::default()).await?;
    work.interactions()
        .revise(call.id, |draft| draft.next_step = Some("send it by post".into()))
        .await?;
    let task = the_task(&mut *work, call.id).await?;
    let told = (task.title.as_str(), task.due, task.due_at, task.owner_id);
    same("the task", told, ("send it by post", Some(due), Some(at), Some(setting.staff[0])))?;
    // A new day has no hour yet.
    let next = day("2018-03-05")?;
    work.interactions().revise(call.id, |draft| draft.next_step_due = Some(next)).await?;
    let task = the_task(&mut *work, call.id).await?;
    same("when it is due", (task.due, task.due_at), (Some(next), None))?;
    same("its state", task.state(), &TaskState::Open)
}

/// An interaction that ends with a promise.
async fn a_promise(case: &Case) -> Held<(Setting, Interaction)> {
    let setting = Setting::committed(case).await?;
    let mut new = recorded_anew(case.id(), setting.customers[0])?;
    new.next_step = Some("send the book".into());
    new.next_step_due = Some(day("2018-01-02")?);
    (new.staff_id, new.next_step_owner_id) = (Some(setting.staff[0]), Some(setting.staff[1]));
    new.contact_id = Some(setting.contacts[0]);
    new.opportunity_id = Some(setting.opportunities[0]);
    let mut work = case.begin().await?;
    work.interactions().record(new.clone()).await?;
    work.commit().await?;
    Ok((setting, new))
}

/// The one task that came from an interaction.
async fn the_task(tasks: &mut (dyn Read<Task> + '_), call: Id<Interaction>) -> Held<Stored<Task>> {
    let mut found = tasks.find(task::INTERACTION_ID.eq(call).query()).await?.items;
    match found.pop() {
        Some(task) if found.is_empty() => Ok(task),
        found => Err(Failure::new(format!("there is not one task: {found:?}"))),
    }
}
