use crate::{
    kernel::{Id, Result, Stored, TenantId},
    store::{Append, Read, Repository, UnitOfWork},
    task::{Task, TaskState},
};

use super::Interaction;

/// Why a task is cancelled whose next step was taken out of the record.
const REMOVED: &str = "the interaction it came from names no next step any more";

/// Keeps the task of an interaction's next step: the owner is who is named for it, else who
/// recorded the interaction. A task that is closed stays as it is; a step that is named anew has a
/// task of its own.
pub(super) async fn keep(
    work: &mut (dyn UnitOfWork + '_),
    before: Option<&Interaction>,
    after: &Interaction,
) -> Result<()> {
    let wanted = title(after);
    if before.is_some_and(|before| same_step(before, after))
        || (before.is_none() && wanted.is_none())
    {
        return Ok(());
    }
    let (last, free) = last(work, after.id).await?;
    if before.is_none() && last.is_some() {
        // The same command came in another unit as well.
        return Ok(());
    }
    let (now, actor) = (work.now(), work.scope().actor.clone());
    match (last, wanted) {
        (Some(task), Some(title)) if *task.state() == TaskState::Open => {
            let changed = task.change("updated", |task| {
                Ok::<_, crate::Error>(updated(task, before, after, title))
            })?;
            Repository::<Task>::update(work, changed).await?;
        }
        (Some(task), None) if *task.state() == TaskState::Open => {
            let gone = task.change("cancelled", |task| task.cancelled(now, &actor, REMOVED))?;
            Repository::<Task>::update(work, gone).await?;
        }
        (last, Some(title)) => {
            let named_anew = before.is_none_or(|before| before.next_step != after.next_step);
            if last.is_none() || named_anew {
                let task = updated(Task::new(free, "", now), None, after, title);
                Append::<Task>::insert(work, task).await?;
            }
        }
        (_, None) => {}
    }
    Ok(())
}

/// The id of the task of an interaction's next step; of the steps that were named later, when
/// `number` is above 1.
fn id_of(tenant: TenantId, interaction: Id<Interaction>, number: u32) -> Id<Task> {
    match number {
        1 => Id::derived(tenant, &format!("next step of {interaction}")),
        _ => Id::derived(tenant, &format!("next step {number} of {interaction}")),
    }
}

/// The task of the step that was named last, and the id for another one.
async fn last(
    work: &mut (dyn UnitOfWork + '_),
    interaction: Id<Interaction>,
) -> Result<(Option<Stored<Task>>, Id<Task>)> {
    let tenant = work.scope().tenant;
    let (mut last, mut number) = (None, 1);
    loop {
        let id = id_of(tenant, interaction, number);
        let Some(task) = Read::<Task>::get(work, id).await? else { return Ok((last, id)) };
        (last, number) = (Some(task), number + 1);
    }
}

fn title(interaction: &Interaction) -> Option<&str> {
    interaction.next_step.as_deref().filter(|step| !step.trim().is_empty())
}

/// What the interaction says about its step, and nothing of what was changed on the task alone.
fn updated(mut task: Task, before: Option<&Interaction>, after: &Interaction, title: &str) -> Task {
    let differs = |what: fn(&Interaction, &Interaction) -> bool| {
        before.is_none_or(|before| what(before, after))
    };
    if differs(|a, b| a.next_step != b.next_step) {
        title.clone_into(&mut task.title);
    }
    if differs(|a, b| a.next_step_due != b.next_step_due) {
        // The hour was one of the day before.
        (task.due, task.due_at) = (after.next_step_due, None);
    }
    if differs(|a, b| owner(a) != owner(b)) {
        task.owner_id = owner(after);
    }
    task.customer_id = Some(after.customer_id);
    (task.contact_id, task.opportunity_id) = (after.contact_id, after.opportunity_id);
    task.interaction_id = Some(after.id);
    task
}

fn owner(interaction: &Interaction) -> Option<Id<crate::staff_member::StaffMember>> {
    interaction.next_step_owner_id.or(interaction.staff_id)
}

fn same_step(a: &Interaction, b: &Interaction) -> bool {
    let of = |i: &Interaction| (i.next_step_due, owner(i), i.contact_id, i.opportunity_id);
    a.next_step == b.next_step && a.customer_id == b.customer_id && of(a) == of(b)
}
