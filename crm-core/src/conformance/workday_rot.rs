//! What nobody said a day for, or whose day is over, does not vanish from the working day.

use chrono::FixedOffset;

use crate::{
    customer::{Customer, CustomerKind},
    interaction::{Channel, Direction, Interaction},
    kernel::{Criteria, ErrorKind, Id, Timestamp},
    opportunity::Opportunity,
    pipeline::Pipeline,
    settings::RhythmRule,
    staff_member::StaffMember,
    store::{ReadUnit, UnitOfWork},
    task::{Priority, Task},
    workday::workday,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        an_opportunity_without_a_dated_step_or_past_its_day_is_in_the_workday,
        a_task_without_a_day_is_in_the_workday_below_the_others,
        what_is_yet_to_come_is_no_contact,
        what_has_not_happened_is_not_recorded
    ]
}

const TODAY: &str = "2017-12-31";

async fn an_opportunity_without_a_dated_step_or_past_its_day_is_in_the_workday(
    case: &Case,
) -> Held {
    let mut work = case.begin().await?;
    let house = House::of(case, &mut *work).await?;
    let (past, soon, later) = (Some("2015-06-01"), Some("2018-01-05"), Some("2018-06-01"));
    // The text of its step, the days of its tasks, the day of the decision; what is said of it.
    let no_day = "next step without a day";
    let over = "was to be decided 944 days ago";
    let dated: &[Option<&str>] = &[Some("2018-02-01")];
    type Row<'a> = (&'a str, Option<&'a str>, &'a [Option<&'a str>], Option<&'a str>);
    type Said = Option<(u32, String)>;
    let rows: [(Row<'_>, Said); 11] = [
        (("text", Some("call"), &[], None), Some((40, no_day.into()))),
        (("text, past", Some("call"), &[], past), Some((110, format!("{no_day}, {over}")))),
        (
            ("text, soon", Some("call"), &[], soon),
            Some((110, format!("{no_day}, to be decided in 5 days"))),
        ),
        (
            ("text, later", Some("call"), &[], later),
            Some((40, format!("{no_day}, to be decided in 152 days"))),
        ),
        (("task", None, &[None], None), Some((40, no_day.into()))),
        (("tasks", None, &[None, Some("2018-02-01")], None), None),
        (("task, past", Some(" "), &[None], past), Some((110, format!("{no_day}, {over}")))),
        (("dated", None, dated, later), None),
        (("dated, with a text", Some("call"), dated, None), None),
        (("dated, past", None, dated, past), Some((80, over.into()))),
        (("nothing, past", None, &[], past), Some((120, format!("no next step, {over}")))),
    ];
    for ((name, step, tasks, decided), _) in &rows {
        house.opportunity(case, &mut *work, name, *step, tasks, *decided).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let list = house.day(&mut *unit).await?;
    for ((name, ..), expected) in rows {
        let found = list.iter().find(|(what, ..)| what == name);
        same(name, found.map(|(_, points, why)| (*points, why.clone())), expected)?;
    }
    Ok(())
}

async fn a_task_without_a_day_is_in_the_workday_below_the_others(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = House::of(case, &mut *work).await?;
    for (title, priority, due) in [
        ("some day", None, None),
        ("soon", Some(Priority::High), None),
        ("never", Some(Priority::Low), None),
        ("today", Some(Priority::Low), Some(TODAY)),
        ("tomorrow", Some(Priority::High), Some("2018-01-01")),
    ] {
        let mut task = Task::new(case.id(), title, "2017-12-01T12:00:00Z".parse()?);
        (task.owner_id, task.priority) = (Some(house.anna), priority);
        task.due = due.map(day).transpose()?;
        work.tasks().add(task).await?;
    }
    let of_nobody = Task::new(case.id(), "of nobody", Timestamp::MIN);
    work.tasks().add(of_nobody).await?;
    let mut done = Task::new(case.id(), "done", Timestamp::MIN);
    done.owner_id = Some(house.anna);
    let done = work.tasks().add(done).await?.id;
    work.tasks().complete(done, None).await?;
    work.commit().await?;
    let line = |what: &str, points, why: &str| (what.to_owned(), points, why.to_owned());
    let expected = vec![
        line("soon", 70, "for 30 days, no day set, high priority"),
        line("today", 50, "due today, low priority"),
        line("some day", 30, "for 30 days, no day set"),
        line("never", 10, "for 30 days, no day set, low priority"),
    ];
    same("the day", house.day(&mut *case.read().await?).await?, expected)
}

async fn what_is_yet_to_come_is_no_contact(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = House::of(case, &mut *work).await?;
    work.settings()
        .change(|rules| {
            rules.rhythm.0 = vec![RhythmRule { when: Criteria::everything(), days: 30 }];
        })
        .await?;
    for (name, times) in [
        ("to come", &["2071-01-01T00:00:00Z"][..]),
        ("spoken to", &["2017-10-02T09:00:00Z", "2018-01-01T00:00:00Z"]),
        ("today", &["2017-12-31T23:59:59Z", "2071-01-01T00:00:00Z"]),
    ] {
        let mut customer = Customer::new(case.id(), CustomerKind::Organisation, name);
        customer.owner_id = Some(house.anna);
        let customer = work.insert(customer).await?.id;
        for time in times {
            let (way, at) = (Direction::Outbound, time.parse()?);
            work.insert(Interaction::new(case.id(), customer, Channel::Phone, way, at)).await?;
        }
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let list = workday(&mut *unit, house.anna, day(TODAY)?, utc()?, 10).await?;
    let found: Vec<_> = list
        .iter()
        .map(|item| (item.customer.clone().unwrap_or_default(), item.reason()))
        .collect();
    let line = |name: &str, why: &str| (name.to_owned(), why.to_owned());
    let expected = vec![
        line("spoken to", "no contact for 90 days, every 30 agreed"),
        line("to come", "no contact yet, every 30 days agreed"),
    ];
    same("who waits", found, expected)
}

async fn what_has_not_happened_is_not_recorded(case: &Case) -> Held {
    const HOUR: i64 = 3_600_000_000;
    let customer = super::setting::a_customer(case).await?;
    let mut work = case.begin().await?;
    let now = work.now();
    let at = |hours: i64| Timestamp::from_micros(now.micros() + hours * HOUR);
    let new = |at| Interaction::new(case.id(), customer, Channel::Visit, Direction::Outbound, at);
    for hours in [25, 24 * 365 * 50] {
        let answer = work.interactions().record(new(at(hours)?)).await;
        let error = fails("what is yet to come", answer, ErrorKind::Invalid)?.to_string();
        claim(error.contains("interaction, happened_at:"), format!("it is not named: {error}"))?;
        claim(error.contains("is a task"), format!("it does not say what to do: {error}"))?;
    }
    // No two clocks are further apart than a day.
    let call = work.interactions().record(new(at(23)?)).await?;
    let (then, soon) = (at(25)?, at(-1)?);
    let answer = work.interactions().revise(call.id, |draft| draft.happened_at = then).await;
    fails("to say that it is yet to come", answer, ErrorKind::Invalid)?;
    let revised = work.interactions().revise(call.id, |draft| draft.happened_at = soon).await?;
    same("when it was", revised.happened_at, soon)?;
    // What came in on another path can still be changed, and sent again.
    let other = new(then);
    work.insert(other.clone()).await?;
    let again = work.interactions().record(other.clone()).await?;
    same("the answer", again.happened_at, then)?;
    let revised = work.interactions().revise(other.id, |draft| draft.minutes = Some(5)).await?;
    same("how long it takes", revised.minutes, Some(5))
}

struct House {
    anna: Id<StaffMember>,
    pipeline: Pipeline,
}

impl House {
    async fn of(case: &Case, work: &mut dyn UnitOfWork) -> Held<Self> {
        let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
        let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
        Ok(Self { anna, pipeline })
    }

    /// An opportunity of hers, with tasks of somebody for these days.
    async fn opportunity(
        &self,
        case: &Case,
        work: &mut dyn UnitOfWork,
        name: &str,
        step: Option<&str>,
        tasks: &[Option<&str>],
        decided: Option<&str>,
    ) -> Held {
        let mut new = Opportunity::open(case.id(), name, &self.pipeline)?;
        (new.owner_id, new.next_step) = (Some(self.anna), step.map(ToOwned::to_owned));
        new.expected_close = decided.map(day).transpose()?;
        let id = work.opportunities().open(new).await?.id;
        for due in tasks {
            let mut task = Task::new(case.id(), "a step", "2017-12-01T00:00:00Z".parse()?);
            task.opportunity_id = Some(id);
            task.due = due.map(day).transpose()?;
            work.tasks().add(task).await?;
        }
        Ok(())
    }

    /// What she has to do, how urgent it is, and why.
    async fn day(&self, unit: &mut dyn ReadUnit) -> Held<Vec<(String, u32, String)>> {
        let list = workday(unit, self.anna, day(TODAY)?, utc()?, 100).await?;
        Ok(list.iter().map(|item| (item.what.clone(), item.urgency(), item.reason())).collect())
    }
}

fn utc() -> Held<FixedOffset> {
    FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no such offset"))
}
