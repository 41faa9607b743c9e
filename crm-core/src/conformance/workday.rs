//! The working day of a salesperson, on every store.

use std::cmp::Reverse;

use chrono::{Days, FixedOffset, NaiveDate};

use crate::{
    customer::{self, Customer, CustomerKind},
    interaction::{Channel, Direction, Interaction},
    kernel::{ErrorKind, Id, Timestamp},
    opportunity::Opportunity,
    pipeline::Pipeline,
    settings::RhythmRule,
    staff_member::StaffMember,
    store::{UnitOfWork, expect},
    task::{Priority, Task},
    workday::{WorkItem, workday},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        from_80_to_300_customers_a_head,
        a_request_that_nobody_answered_shows_in_the_workday,
        the_workday_counts_days_as_the_house_does,
        a_workday_that_cannot_be_is_refused
    ]
}

const TODAY: &str = "2017-12-31";

/// What stands in the list: points, the customer's name, what is to be done, why.
type Line = (u32, String, String, String);

async fn from_80_to_300_customers_a_head(case: &Case) -> Held {
    let mut work = case.begin().await?;
    work.settings()
        .change(|rules| {
            let rule =
                |category: &str, days| RhythmRule { when: customer::CATEGORY.eq(category), days };
            rules.rhythm.0 = vec![rule("A", 30), rule("B", 90)];
        })
        .await?;
    let house = House::of_300(case, &mut *work).await?;
    house.special(case, &mut *work).await?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let list = workday(&mut *unit, house.anna, day(TODAY)?, utc()?, 1_000).await?;
    let list = list.iter().map(line).collect::<Held<Vec<_>>>()?;
    let first: Vec<_> = list.iter().take(3).map(|line| (line.0, line.1.as_str())).collect();
    same("who waits longest", first, vec![(300, "C 297"), (300, "C 294"), (300, "C 291")])?;
    let find = |name: &str| list.iter().filter(|l| l.1 == name).map(|l| l.3.as_str()).collect();
    for (name, reasons) in [
        ("C 095", vec![]),
        ("C 096", vec!["no contact for 96 days, every 30 agreed"]),
        ("C 088", vec![]),
        ("C 091", vec!["no contact for 91 days, every 90 agreed"]),
        ("C 005", vec!["due today, high priority"]),
    ] {
        same::<Vec<&str>, Vec<&str>>(name, find(name), reasons)?;
    }
    same("the whole list", &list, &expected())?;
    let few = workday(&mut *unit, house.anna, day(TODAY)?, utc()?, 7).await?;
    let few = few.iter().map(line).collect::<Held<Vec<_>>>()?;
    same("the first seven", few.as_slice(), list.get(..7).unwrap_or_default())
}

/// The list, in the order that the documented points give.
fn expected() -> Vec<Line> {
    let mut lines = Vec::new();
    for n in 0..300_u32 {
        let agreed = [30, 90, u32::MAX][n as usize % 3];
        let left_out = [270, 276].contains(&n);
        if n >= agreed && !left_out && n != 279 {
            let points = (n * 50 / agreed).min(300);
            let why = format!("no contact for {n} days, every {agreed} agreed");
            lines.push((points, 2, n, format!("C {n:03}"), "get in touch".to_owned(), why));
        }
    }
    for (points, kind, waited, name, what, why) in [
        (130, 0, 3, "C 002", "call back", "3 days late"),
        (150, 0, 0, "C 005", "send the catalogue", "due today, high priority"),
        (100, 1, 2, "C 017", "visit", "2 days ago, not closed"),
        (120, 3, 0, "C 023", "Reading room", "no next step, to be decided in 5 days"),
        (40, 3, 0, "C 026", "Atlas", "next step without a day"),
        (60, 3, 0, "C 032", "Shelves", "no next step"),
        (100, 2, 0, "C 279", "get in touch", "no contact yet, every 30 days agreed"),
    ] {
        lines.push((points, kind, waited, name.into(), what.into(), why.into()));
    }
    lines.sort_by_key(|(points, kind, waited, name, ..)| {
        (Reverse(*points), *kind, Reverse(*waited), name.clone())
    });
    lines.into_iter().map(|(points, _, _, name, what, why)| (points, name, what, why)).collect()
}

struct House {
    anna: Id<StaffMember>,
    bob: Id<StaffMember>,
    customers: Vec<Id<Customer>>,
    pipeline: Pipeline,
}

impl House {
    /// Customer `n` was spoken to `n` days ago: a third of them are in category A, a third in B.
    async fn of_300(case: &Case, work: &mut dyn UnitOfWork) -> Held<Self> {
        let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
        let bob = work.insert(StaffMember::new(case.id(), "Bob")).await?.id;
        let (mut customers, mut calls) = (Vec::new(), Vec::new());
        for n in 0..300_u64 {
            let name = format!("C {n:03}");
            let mut new = Customer::new(case.id(), CustomerKind::Organisation, name);
            new.owner_id = Some(anna);
            new.category = [Some("A".into()), Some("B".into()), None][n as usize % 3].clone();
            new.archived_at = (n == 276).then_some(Timestamp::MIN);
            let ways = [(n, Direction::Outbound), (n + 400, Direction::Inbound)];
            let ways = ways.into_iter().chain([(n.min(1), Direction::Internal)]);
            for (days, direction) in ways.filter(|_| n != 279) {
                let at = ago(days)?;
                calls.push(Interaction::new(case.id(), new.id, Channel::Phone, direction, at));
            }
            customers.push(new);
        }
        let mut of_bob = Customer::new(case.id(), CustomerKind::Organisation, "Bob's");
        (of_bob.owner_id, of_bob.category) = (Some(bob), Some("A".into()));
        let ids = customers.iter().map(|one| one.id).collect();
        customers.push(of_bob);
        work.insert_all(customers).await?;
        work.insert_all(calls).await?;
        let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
        Ok(Self { anna, bob, customers: ids, pipeline })
    }

    /// What else there is to do, or is not.
    async fn special(&self, case: &Case, work: &mut dyn UnitOfWork) -> Held {
        self.task(case, work, 2, -3, "call back").await?;
        let mut urgent = self.new_task(case, 5, 0, "send the catalogue")?;
        urgent.priority = Some(Priority::High);
        work.tasks().add(urgent).await?;
        self.task(case, work, 8, 1, "tomorrow").await?;
        let done = self.task(case, work, 11, -9, "done").await?;
        work.tasks().complete(done, None).await?;
        // Promised by somebody: within the agreed days, and after them.
        for (n, days) in [(14, 0), (270, 10), (273, 60)] {
            let mut of_bob = self.new_task(case, n, days, "Bob's")?;
            of_bob.owner_id = Some(self.bob);
            work.tasks().add(of_bob).await?;
        }
        self.task(case, work, 276, -1, "of one who is archived").await?;

        for (n, days) in [(17, 2), (20, 0)] {
            let mut visit = Interaction::new(
                case.id(),
                self.customer(n)?,
                Channel::Visit,
                Direction::Outbound,
                ago(days)?,
            );
            visit.staff_id = Some(self.anna);
            work.interactions().record(visit).await?;
        }

        let soon = day(TODAY)?.checked_add_days(Days::new(5));
        self.opportunity(case, work, 23, "Reading room", |new| new.expected_close = soon).await?;
        self.opportunity(case, work, 26, "Atlas", |new| new.next_step = Some("send it".into()))
            .await?;
        let with_task = self.opportunity(case, work, 29, "Lamps", |_| ()).await?;
        let with_done = self.opportunity(case, work, 32, "Shelves", |_| ()).await?;
        for (n, opportunity, days) in [(29, with_task, 300), (32, with_done, -5)] {
            let mut step = self.new_task(case, n, days, "step")?;
            step.opportunity_id = Some(opportunity);
            let step = work.tasks().add(step).await?.id;
            if n == 32 {
                work.tasks().cancel(step, "they called").await?;
            }
        }
        let lost = self.opportunity(case, work, 35, "Lost", |_| ()).await?;
        work.opportunities().lose(lost, day(TODAY)?, None, None).await?;
        self.opportunity(case, work, 38, "Bob's", |new| new.owner_id = Some(self.bob)).await?;
        Ok(())
    }

    async fn task(
        &self,
        case: &Case,
        work: &mut dyn UnitOfWork,
        customer: usize,
        due: i64,
        title: &str,
    ) -> Held<Id<Task>> {
        Ok(work.tasks().add(self.new_task(case, customer, due, title)?).await?.id)
    }

    fn new_task(&self, case: &Case, customer: usize, due: i64, title: &str) -> Held<Task> {
        let mut task = Task::new(case.id(), title, ago(400)?);
        task.customer_id = Some(self.customer(customer)?);
        task.owner_id = Some(self.anna);
        task.due = day(TODAY)?.checked_add_signed(chrono::Duration::days(due));
        Ok(task)
    }

    async fn opportunity(
        &self,
        case: &Case,
        work: &mut dyn UnitOfWork,
        customer: usize,
        name: &str,
        edit: impl FnOnce(&mut Opportunity),
    ) -> Held<Id<Opportunity>> {
        let mut new = Opportunity::open(case.id(), name, &self.pipeline)?;
        (new.customer_id, new.owner_id) = (Some(self.customer(customer)?), Some(self.anna));
        edit(&mut new);
        Ok(work.opportunities().open(new).await?.id)
    }

    fn customer(&self, n: usize) -> Held<Id<Customer>> {
        self.customers.get(n).copied().ok_or_else(|| Failure::new("no such customer"))
    }
}

async fn a_request_that_nobody_answered_shows_in_the_workday(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let library = Customer::new(case.id(), CustomerKind::Organisation, "City Library");
    let library = work.insert(library).await?.id;
    let at = "2017-12-27T16:00:00Z".parse()?;
    let mut mail = Interaction::new(case.id(), library, Channel::Email, Direction::Inbound, at);
    mail.content = Some("please call us".into());
    mail.next_step = Some("call them".into());
    mail.next_step_due = Some(day("2017-12-28")?);
    mail.next_step_owner_id = Some(anna);
    let mail = work.interactions().record(mail).await?.id;
    work.interactions().close(mail).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let none = workday(&mut *unit, anna, day("2017-12-27")?, utc()?, 10).await?;
    same("the day of the request", none, vec![])?;
    for (today, reason) in
        [("2017-12-28", "due today"), ("2017-12-29", "1 day late"), ("2017-12-31", "3 days late")]
    {
        let list = workday(&mut *unit, anna, day(today)?, utc()?, 10).await?;
        let [item] = list.as_slice() else {
            return Err(Failure::new(format!("there is not one thing to do: {list:?}")));
        };
        let told = (item.what.as_str(), item.reason(), item.customer.as_deref());
        same(today, told, ("call them", reason.to_owned(), Some("City Library")))?;
        let ids = (item.customer_id, item.interaction_id);
        same("what it is about", ids, (Some(library), Some(mail)))?;
        let step = item.task_id.ok_or_else(|| Failure::new("it has no task"))?;
        same("the task", expect::<Task, _>(&mut *unit, step).await?.owner_id, Some(anna))?;
    }
    Ok(())
}

async fn the_workday_counts_days_as_the_house_does(case: &Case) -> Held {
    let mut work = case.begin().await?;
    work.settings()
        .change(|rules| {
            let when = crate::kernel::Criteria::everything();
            rules.rhythm.0 = vec![RhythmRule { when, days: 2 }];
        })
        .await?;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let mut new = Customer::new(case.id(), CustomerKind::Organisation, "School");
    new.owner_id = Some(anna);
    let school = work.insert(new).await?.id;
    // In Shanghai it is half past midnight on the 31st.
    let at = "2017-12-30T16:30:00Z".parse()?;
    let mut call = Interaction::new(case.id(), school, Channel::Phone, Direction::Outbound, at);
    call.staff_id = Some(anna);
    work.interactions().record(call).await?;
    work.commit().await?;
    let shanghai =
        FixedOffset::east_opt(8 * 3_600).ok_or_else(|| Failure::new("no such offset"))?;
    let mut unit = case.read().await?;
    let draft = |ago: &str| format!("{ago} ago, not closed");
    for (today, offset, reasons) in [
        ("2017-12-30", utc()?, vec![]),
        ("2017-12-31", utc()?, vec![draft("1 day")]),
        ("2017-12-31", shanghai, vec![]),
        ("2018-01-01", shanghai, vec![draft("1 day")]),
        (
            "2018-01-01",
            utc()?,
            vec![draft("2 days"), "no contact for 2 days, every 2 agreed".into()],
        ),
    ] {
        let list = workday(&mut *unit, anna, day(today)?, offset, 10).await?;
        let found: Vec<_> = list.iter().map(WorkItem::reason).collect();
        same(&format!("{today} at {offset}"), found, reasons)?;
    }
    Ok(())
}

async fn a_workday_that_cannot_be_is_refused(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    work.commit().await?;
    let elsewhere = case.scope(1, "carol")?;
    let mut theirs = case.store().read(elsewhere).await?;
    let today = day(TODAY)?;
    let answer = workday(&mut *theirs, anna, today, utc()?, 10).await;
    fails("the day of another house", answer, ErrorKind::Missing)?;
    drop(theirs);
    let mut unit = case.read().await?;
    for limit in [0, crate::kernel::MAX_LIMIT + 1] {
        let answer = workday(&mut *unit, anna, today, utc()?, limit).await;
        fails(&format!("{limit} at the most"), answer, ErrorKind::Invalid)?;
    }
    for never in [NaiveDate::MIN, NaiveDate::MAX] {
        let answer = workday(&mut *unit, anna, never, utc()?, 10).await;
        fails(&format!("the day {never}"), answer, ErrorKind::Invalid)?;
    }
    let nothing = workday(&mut *unit, anna, today, utc()?, 10).await?;
    claim(nothing.is_empty(), "there is nothing to do")
}

fn line(item: &WorkItem) -> Held<Line> {
    let name = item.customer.clone().ok_or_else(|| Failure::new("a customer without a name"))?;
    Ok((item.urgency(), name, item.what.clone(), item.reason()))
}

/// Noon, so many days before.
fn ago(days: u64) -> Held<Timestamp> {
    let noon: Timestamp = format!("{TODAY}T12:00:00Z").parse()?;
    let days = i64::try_from(days).map_err(|e| Failure::new(e.to_string()))?;
    Ok(Timestamp::from_micros(noon.micros() - days * 86_400_000_000)?)
}

pub(super) fn utc() -> Held<FixedOffset> {
    FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no such offset"))
}
