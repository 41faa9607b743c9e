use crate::{
    interaction::{Channel, Direction, Interaction, InteractionStatus},
    kernel::{ErrorKind, Id},
};

use super::{
    case::Case,
    claim::{Held, fails, same},
    follower::written,
    law::Law,
    setting::a_customer,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_closed_interaction_never_changes,
        an_interaction_that_was_read_open_does_not_change_once_closed,
        an_interaction_recorded_as_closed_never_changes,
        an_open_interaction_changes
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
    let stored = there(case.read().await?.get(closed.id).await?)?;
    same("the record", (&*stored, stored.version()), (&closed, 1))
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

async fn recorded(case: &Case) -> Held<Id<Interaction>> {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    let new = recorded_anew(case.id(), customer)?;
    let id = work.interactions().record(new).await?.id;
    work.commit().await?;
    Ok(id)
}

fn recorded_anew(
    id: Id<Interaction>,
    customer: Id<crate::customer::Customer>,
) -> Held<Interaction> {
    let at = "2017-12-31T08:00:00.000001Z".parse()?;
    let mut new = Interaction::new(id, customer, Channel::Phone, Direction::Outbound, at);
    new.content = Some("as it was said".into());
    Ok(new)
}
