use crate::{
    customer::{Customer, Happening, TimelineEntry, TimelineKind, timeline},
    interaction::Interaction,
    kernel::{ErrorKind, Id},
    opportunity::Opportunity,
    store::{ReadUnit, expect},
    task::{Task, TaskStatus},
    transaction::Transaction,
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    interactions::recorded_anew,
    law::Law,
    setting::{Setting, a_customer},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_timeline_in_pieces_is_the_whole_timeline,
        a_timeline_of_some_kinds_leaves_out_the_others,
        a_task_stands_once_where_it_became_what_it_is,
        what_has_one_id_and_time_is_shown_in_pieces_too,
        a_step_stands_with_the_customer_of_that_time,
        a_timeline_has_limits
    ]
}

async fn a_timeline_in_pieces_is_the_whole_timeline(case: &Case) -> Held {
    let id = a_story(case).await?;
    let mut unit = case.read().await?;
    let mut sets: Vec<Vec<TimelineKind>> = vec![Vec::new(), TimelineKind::ALL.to_vec()];
    sets.extend(TimelineKind::ALL.iter().map(|kind| vec![*kind]));
    sets.push(vec![TimelineKind::Task, TimelineKind::Step]);
    sets.push(vec![TimelineKind::Change, TimelineKind::Ownership]);
    for kinds in sets {
        let whole = timeline(&mut *unit, id, &kinds, None, 1_000).await?;
        let places: Vec<_> = whole.iter().map(TimelineEntry::place).collect();
        claim(places.windows(2).all(|pair| pair[0] > pair[1]), "not newest first")?;
        for size in [1, 2, 3, 7] {
            same("the pieces", pieces(&mut *unit, id, &kinds, size).await?, whole.clone())?;
        }
    }
    Ok(())
}

async fn a_timeline_of_some_kinds_leaves_out_the_others(case: &Case) -> Held {
    let id = a_story(case).await?;
    let mut unit = case.read().await?;
    let whole = timeline(&mut *unit, id, &[], None, 1_000).await?;
    for kind in TimelineKind::ALL {
        let some = timeline(&mut *unit, id, &[*kind], None, 1_000).await?;
        claim(!some.is_empty(), format!("there is no {kind}"))?;
        let of_kind = whole.iter().filter(|entry| entry.happened.kind() == *kind);
        same(kind.as_str(), some, of_kind.cloned().collect::<Vec<_>>())?;
    }
    Ok(())
}

async fn a_task_stands_once_where_it_became_what_it_is(case: &Case) -> Held {
    let id = a_story(case).await?;
    let mut unit = case.read().await?;
    let mut found = Vec::new();
    for entry in timeline(&mut *unit, id, &[TimelineKind::Task], None, 100).await? {
        let Happening::Task(task) = entry.happened else { continue };
        let since = task.state().closed_at().unwrap_or(task.created_at);
        same("where it stands", (entry.at, entry.id), (since, task.id.uuid()))?;
        found.push(task.state().status());
    }
    found.sort();
    let all = [TaskStatus::Open, TaskStatus::Open, TaskStatus::Done, TaskStatus::Cancelled];
    same("the tasks", found.as_slice(), all.as_slice())
}

async fn what_has_one_id_and_time_is_shown_in_pieces_too(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    for n in 0..2 {
        let shared: Id<Interaction> = case.id();
        let mut call = recorded_anew(shared, customer)?;
        call.happened_at = "2017-12-30T00:00:00Z".parse()?;
        work.insert(call).await?;
        let (id, on) = (Id::new(shared.uuid()), day("2017-12-30")?);
        work.insert(Transaction::new(id, customer, on, "1 USD".parse()?)).await?;
        if n == 1 {
            let at = "2017-12-30T00:00:00Z".parse()?;
            let mut task = Task::new(Id::new(shared.uuid()), "report", at);
            task.customer_id = Some(customer);
            work.insert(task).await?;
        }
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let kinds = [TimelineKind::Interaction, TimelineKind::Transaction, TimelineKind::Task];
    let whole = timeline(&mut *unit, customer, &kinds, None, 100).await?;
    same("all of them", whole.len(), 5)?;
    for size in [1, 2, 3] {
        same("the pieces", pieces(&mut *unit, customer, &kinds, size).await?, whole.clone())?;
    }
    Ok(())
}

async fn a_step_stands_with_the_customer_of_that_time(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut new = Opportunity::open(case.id(), "Reading room", &setting.pipeline)?;
    new.customer_id = Some(setting.customers[0]);
    let opportunity = work.opportunities().open(new).await?;
    work.opportunities().advance(opportunity.id, "engaging", None).await?;
    let stored = expect(&mut *work, opportunity.id).await?;
    let given = stored.edit(|o| {
        o.customer_id = Some(setting.customers[1]);
        o.name = "Reading rooms".into();
    });
    work.update(given).await?;
    work.opportunities().win(opportunity.id, day("2017-12-31")?, None).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (customer, expected) in setting.customers.into_iter().zip([2, 1]) {
        let steps = timeline(&mut *unit, customer, &[TimelineKind::Step], None, 10).await?;
        same("its steps", steps.len(), expected)?;
        for step in steps {
            let Happening::Step { opportunity, step } = step.happened else { continue };
            same("the name", opportunity.as_str(), "Reading rooms")?;
            same("whose it was", step.customer_id, Some(customer))?;
        }
    }
    Ok(())
}

async fn a_timeline_has_limits(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut unit = case.read().await?;
    for limit in [0, 10_001] {
        let answer = timeline(&mut *unit, setting.customers[0], &[], None, limit).await;
        fails("such a page", answer, ErrorKind::Invalid)?;
    }
    let nobody = timeline(&mut *unit, case.id(), &[], None, 1).await;
    fails("the story of nobody", nobody, ErrorKind::Missing).map(drop)
}

async fn pieces(
    unit: &mut (dyn ReadUnit + '_),
    id: Id<Customer>,
    kinds: &[TimelineKind],
    size: u32,
) -> Held<Vec<TimelineEntry>> {
    let mut pieces: Vec<TimelineEntry> = Vec::new();
    loop {
        let after = pieces.last().map(TimelineEntry::place);
        let some = timeline(unit, id, kinds, after, size).await?;
        claim(pieces.len() < 500, "the story has no end")?;
        match some.len() {
            0 => return Ok(pieces),
            _ => pieces.extend(some),
        }
    }
}

/// A customer with whom all sorts of things happened, many of them in the same instant.
pub(super) async fn a_story(case: &Case) -> Held<Id<Customer>> {
    let setting = Setting::committed(case).await?;
    let customer = setting.customers[0];
    let mut work = case.begin().await?;
    for n in 0..4 {
        let mut call = recorded_anew(case.id(), customer)?;
        call.next_step = (n == 0).then(|| "call".to_owned());
        let call = work.interactions().record(call).await?.id;
        work.interactions().close(call).await?;
        work.interactions().add_addendum(case.id(), call, "it was 5 %").await?;
        let at = "2017-12-31T08:00:00.000001Z".parse()?;
        let mut task = Task::new(case.id(), "report", at);
        task.customer_id = Some(if n == 3 { setting.customers[1] } else { customer });
        let task = work.tasks().add(task).await?.id;
        match n {
            0 => drop(work.tasks().complete(task, None).await?),
            1 => drop(work.tasks().cancel(task, "no").await?),
            _ => {}
        }
        let mut new = Opportunity::open(case.id(), format!("chance {n}"), &setting.pipeline)?;
        new.customer_id = Some(customer);
        let opportunity = work.opportunities().open(new).await?.id;
        work.opportunities().advance(opportunity, "engaging", None).await?;
        let bought = Transaction::new(case.id(), customer, day("2017-12-31")?, "1 USD".parse()?);
        work.insert(bought).await?;
        let stored = expect(&mut *work, customer).await?;
        let owner = Some(setting.staff[n % 2]);
        let edit = |c: &mut Customer| (c.notes, c.owner_id) = (Some(format!("note {n}")), owner);
        let stored = work.update(stored.edit(edit)).await?;
        work.update(stored.edit(|c| c.owner_id = None)).await?;
    }
    work.commit().await?;
    Ok(customer)
}
