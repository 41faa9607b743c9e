//! For whom a task is that names its customer only through something else.

use crate::{
    contact::Contact,
    customer::{Happening, TimelineKind, timeline},
    kernel::{ErrorKind, Id, MAX_LIMIT},
    merge::MergeCommand,
    opportunity::Opportunity,
    staff_member::StaffMember,
    store::{UnitOfWork, expect},
    task::Task,
    workday::workday,
};

use super::{
    case::{Case, day},
    claim::{Held, fails, same},
    interactions::recorded_anew,
    law::Law,
    setting::{Setting, a_customer},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_task_of_an_opportunity_or_a_contact_is_one_for_their_customer,
        a_task_sent_again_is_for_the_customer_of_the_first_time
    ]
}

async fn a_task_of_an_opportunity_or_a_contact_is_one_for_their_customer(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let [customer, other] = setting.customers;
    let anna = setting.staff[0];
    let mut work = case.begin().await?;
    let made = Made::of(case, &mut *work, &setting).await?;
    type Name = fn(&mut Task, &Made);
    let names: [(&str, Name); 5] = [
        ("opportunity", |task, made| task.opportunity_id = Some(made.opportunity)),
        ("contact", |task, made| task.contact_id = Some(made.contact)),
        ("interaction", |task, made| task.interaction_id = Some(made.interaction)),
        ("opportunity first", |task, made| {
            (task.opportunity_id, task.contact_id) = (Some(made.opportunity), Some(made.of_other));
        }),
        ("contact where it has none", |task, made| {
            (task.opportunity_id, task.contact_id) = (Some(made.free), Some(made.contact));
        }),
    ];
    for (title, name) in names {
        let mut new = promise(case, title, anna)?;
        name(&mut new, &made);
        let added = work.tasks().add(new).await?;
        same(title, added.customer_id, Some(customer))?;
    }
    // One that is named stays, and where there is none, none is made up.
    let mut new = promise(case, "of another", anna)?;
    (new.opportunity_id, new.customer_id) = (Some(made.opportunity), Some(other));
    same("the one that is named", work.tasks().add(new).await?.customer_id, Some(other))?;
    let mut new = promise(case, "of nobody", anna)?;
    new.opportunity_id = Some(made.free);
    same("of nobody", work.tasks().add(new).await?.customer_id, None)?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let story = timeline(&mut *unit, customer, &[TimelineKind::Task], None, 100).await?;
    let mut told: Vec<_> = story
        .iter()
        .filter_map(|entry| match &entry.happened {
            Happening::Task(task) => Some(task.title.as_str()),
            _ => None,
        })
        .collect();
    told.sort_unstable();
    let mut expected = names.map(|(title, _)| title);
    expected.sort_unstable();
    same("its story", told.as_slice(), expected.as_slice())?;
    let utc = chrono::FixedOffset::east_opt(0)
        .ok_or_else(|| super::claim::Failure::new("no such offset"))?;
    let list = workday(&mut *unit, anna, day("2018-01-31")?, utc, MAX_LIMIT).await?;
    let hers = list.iter().filter(|item| item.customer_id == Some(customer));
    same("in the day of who promised", hers.count(), expected.len())
}

async fn a_task_sent_again_is_for_the_customer_of_the_first_time(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let [customer, other] = setting.customers;
    let mut work = case.begin().await?;
    let made = Made::of(case, &mut *work, &setting).await?;
    let mut new = promise(case, "call", setting.staff[0])?;
    new.opportunity_id = Some(made.opportunity);
    let first = work.tasks().add(new.clone()).await?;
    same("in the same unit", &work.tasks().add(new.clone()).await?, &first)?;
    work.commit().await?;
    // The opportunity goes to another customer, the task is changed, the first customer is merged.
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, made.opportunity).await?;
    work.update(stored.edit(|o| o.customer_id = Some(other))).await?;
    same("after it went to another", &work.tasks().add(new.clone()).await?, &first)?;
    let given = work.tasks().reassign(first.id, None, crate::ownership::Why::default()).await?;
    same("after a change", &work.tasks().add(new.clone()).await?, &given)?;
    work.commit().await?;
    let third = a_customer(case).await?;
    let stranger = a_customer(case).await?;
    let mut work = case.begin().await?;
    let merge = MergeCommand::new(case.id(), third, vec![customer]);
    work.customers().merge(merge).await?;
    let again = work.tasks().add(new.clone()).await?;
    same("after a merge", (again.id, again.customer_id), (first.id, Some(third)))?;
    // Another command it is that names another customer, or other things.
    let mut named = new.clone();
    named.customer_id = Some(stranger);
    fails("for another customer", work.tasks().add(named).await, ErrorKind::Duplicate)?;
    new.opportunity_id = None;
    fails("of no opportunity", work.tasks().add(new).await, ErrorKind::Duplicate).map(drop)
}

/// What belongs to the first customer, and what does not.
struct Made {
    opportunity: Id<Opportunity>,
    contact: Id<Contact>,
    interaction: Id<crate::interaction::Interaction>,
    /// A contact at the other one.
    of_other: Id<Contact>,
    /// An opportunity of nobody.
    free: Id<Opportunity>,
}

impl Made {
    async fn of(case: &Case, work: &mut dyn UnitOfWork, setting: &Setting) -> Held<Self> {
        let [customer, other] = setting.customers;
        let mut of_customer = Opportunity::open(case.id(), "Reading room", &setting.pipeline)?;
        of_customer.customer_id = Some(customer);
        let opportunity = work.opportunities().open(of_customer).await?.id;
        let free = Opportunity::open(case.id(), "Of nobody", &setting.pipeline)?;
        let free = work.opportunities().open(free).await?.id;
        let mut contacts = Vec::new();
        for at in [customer, other] {
            let mut contact = Contact::new(case.id(), "Librarian");
            contact.customer_id = Some(at);
            contacts.push(work.insert(contact).await?.id);
        }
        let call = recorded_anew(case.id(), customer)?;
        let interaction = work.interactions().record(call).await?.id;
        Ok(Self { opportunity, contact: contacts[0], interaction, of_other: contacts[1], free })
    }
}

fn promise(case: &Case, title: &str, owner: Id<StaffMember>) -> Held<Task> {
    let mut task = Task::new(case.id(), title, "2017-12-31T08:00:00Z".parse()?);
    (task.owner_id, task.due) = (Some(owner), Some(day("2018-01-31")?));
    Ok(task)
}
