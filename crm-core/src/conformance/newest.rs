use std::{cmp::Reverse, collections::BTreeSet};

use uuid::Uuid;

use crate::{
    contact::Contact,
    interaction::{self, Interaction},
    kernel::{Criteria, Entity, Id, Query, Stored, Timestamp, Value},
    opportunity::{self, Opportunity},
    stage_move::{self, StageMove},
    store::{Batch, Read},
    task::{self, Task},
    transaction::{self, Transaction},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, same},
    interactions::recorded_anew,
    law::Law,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![lists_of_the_newest_end_together, what_the_newest_name_comes_with_them]
}

async fn lists_of_the_newest_end_together(case: &Case) -> Held {
    days(case).await?;
    let mut unit = case.read().await?;
    let bought: Vec<Stored<Transaction>> = all(&mut *unit).await?;
    let tasks: Vec<Stored<Task>> = all(&mut *unit).await?;
    let talks: Vec<Stored<Interaction>> = all(&mut *unit).await?;
    let start = |on| Timestamp::start_of(on).unwrap_or(Timestamp::MIN);
    // Newest first, then by id from high to low, then what was asked for first.
    let mut places: Vec<(Reverse<(Timestamp, Uuid)>, u8)> = Vec::new();
    places.extend(bought.iter().map(|b| (Reverse((start(b.date), b.id.uuid())), 0)));
    places.extend(tasks.iter().map(|t| (Reverse((t.since(), t.id.uuid())), 1)));
    places.extend(talks.iter().map(|t| (Reverse((t.happened_at, t.id.uuid())), 2)));
    let closed = |t: &Stored<Interaction>| match (interaction::CLOSED_AT.spec().get)(t) {
        Value::Timestamp(at) => Some((Reverse((at, t.id.uuid())), 3)),
        _ => None,
    };
    places.extend(talks.iter().filter_map(closed));
    places.sort_unstable();
    let alike = places.windows(2).filter(|two| two[0].0 == two[1].0).count();
    claim(alike > 2, "no two kinds have an id and a time in common")?;
    claim(places.iter().any(|(_, list)| *list == 3), "nothing is closed")?;

    for limit in (1..places.len() + 3).chain([10_000]) {
        let mut batch = Batch::of(u32::try_from(limit)?);
        let asked = (
            batch.newest(Criteria::<Transaction>::everything(), &transaction::DATE),
            batch.newest(Criteria::<Task>::everything(), &task::SINCE),
            batch.newest(Criteria::<Interaction>::everything(), &interaction::HAPPENED_AT),
            batch.newest(Criteria::<Interaction>::everything(), &interaction::CLOSED_AT),
            batch.newest(Criteria::<Task>::Any(Vec::new()), &task::SINCE),
        );
        let mut answers = unit.ask(batch).await?;
        let expected = |list| {
            let newest = places.iter().take(limit).filter(move |(_, of)| *of == list);
            newest.map(|(Reverse((_, id)), _)| *id).collect::<Vec<_>>()
        };
        listed("what was bought", answers.take(asked.0)?, &bought, &expected(0))?;
        listed("tasks", answers.take(asked.1)?, &tasks, &expected(1))?;
        listed("talks", answers.take(asked.2)?, &talks, &expected(2))?;
        listed("closed talks", answers.take(asked.3)?, &talks, &expected(3))?;
        listed("nothing", answers.take(asked.4)?, &tasks, &[])?;
    }
    Ok(())
}

async fn what_the_newest_name_comes_with_them(case: &Case) -> Held {
    let setting = days(case).await?;
    let mut unit = case.read().await?;
    let talks: Vec<Stored<Interaction>> = all(&mut *unit).await?;
    let contacts: Vec<Stored<Contact>> = all(&mut *unit).await?;
    let deals: Vec<Stored<Opportunity>> = all(&mut *unit).await?;
    claim(talks.iter().any(|t| t.contact_id.is_none()), "every talk names a contact")?;
    for limit in [1, 2, 3, 5, 100] {
        let mut batch = Batch::of(limit);
        let talks = batch.newest(Criteria::<Interaction>::everything(), &interaction::HAPPENED_AT);
        let with = batch.named(&talks, &interaction::CONTACT_ID);
        let between = batch.find(opportunity::ID.eq(setting.opportunities[0]).query());
        let steps = batch.newest(Criteria::<StageMove>::everything(), &stage_move::MOVED_AT);
        let of = batch.named(&steps, &stage_move::OPPORTUNITY_ID);
        let none = batch.newest(Criteria::<Interaction>::Any(Vec::new()), &interaction::CLOSED_AT);
        let nobody = batch.named(&none, &interaction::CONTACT_ID);
        let mut answers = unit.ask(batch).await?;
        let talks = answers.take(talks)?;
        let named: BTreeSet<Id<Contact>> = talks.iter().filter_map(|t| t.contact_id).collect();
        let with = answers.take(with)?;
        same("the contacts", with.keys().copied().collect::<BTreeSet<_>>(), named)?;
        for contact in with.values() {
            claim(contacts.contains(contact), format!("another contact: {contact:?}"))?;
        }
        let steps = answers.take(steps)?;
        claim(talks.len() + steps.len() <= limit as usize, "they do not end together")?;
        let named: BTreeSet<_> = steps.iter().map(|step| step.opportunity_id).collect();
        let of = answers.take(of)?;
        same("the opportunities", of.keys().copied().collect::<BTreeSet<_>>(), named)?;
        for opportunity in of.values() {
            claim(deals.contains(opportunity), format!("another: {opportunity:?}"))?;
        }
        same("the one between", answers.take(between)?.items.len(), 1)?;
        same("who is named by nothing", answers.take(nobody)?.len(), 0)?;
    }
    Ok(())
}

/// Some days with a bit of everything, much of it at the same time and under the same id.
async fn days(case: &Case) -> Held<Setting> {
    let setting = Setting::committed(case).await?;
    let customer = setting.customers[0];
    let mut work = case.begin().await?;
    for n in 0..8_usize {
        let shared = case.id::<()>().uuid();
        let on = format!("2017-12-{:02}", 10 + n / 3);
        let mut call = recorded_anew(Id::new(shared), customer)?;
        call.happened_at = format!("{on}T00:00:00Z").parse()?;
        call.contact_id = (n % 3 > 0).then(|| setting.contacts[n % 2]);
        if n % 4 == 0 {
            let at = call.happened_at;
            call = call.close(at, &case.anna()?.actor)?;
        }
        work.insert(call).await?;
        let id = if n % 2 == 0 { Id::new(shared) } else { case.id() };
        work.insert(Transaction::new(id, customer, day(&on)?, "1 USD".parse()?)).await?;
        let at = format!("{on}T00:00:00.00000{}Z", n % 2).parse()?;
        work.insert(Task::new(Id::new(shared), "report", at)).await?;
        let new = Opportunity::open(case.id(), format!("chance {n}"), &setting.pipeline)?;
        work.insert(new.taken_at(at)).await?;
    }
    work.commit().await?;
    Ok(setting)
}

async fn all<E: Entity>(unit: &mut (impl Read<E> + ?Sized)) -> Held<Vec<Stored<E>>> {
    Ok(unit.find(Query::all().limit(10_000)).await?.items)
}

/// Whether a list has these records of all of its kind, as they are.
fn listed<E: Entity>(
    what: &str,
    found: Vec<Stored<E>>,
    all: &[Stored<E>],
    expected: &[Uuid],
) -> Held {
    let ids: Vec<_> = found.iter().map(|record| record.id().uuid()).collect();
    same(what, ids.as_slice(), expected)?;
    let known = found.iter().all(|record| all.contains(record));
    claim(known, format!("{what}: a record is not as it is read alone"))
}
