//! People: when they work, and who stands in for whom.

use chrono::FixedOffset;

use crate::{
    absence::{Absence, AbsenceKind},
    kernel::{ErrorKind, Id},
    org::{
        ActingFor, Availability, AwayReason, Span, TimeZone, WeeklyHours, acting_for,
        availabilities, cover_on,
    },
    staff_member::StaffMember,
    store::expect,
    task::Task,
    workday::workday,
    working_calendar::WorkingCalendar,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        absence_cover_returns_by_itself,
        a_deputy_is_somebody_else_who_works_here,
        who_is_back_earlier_is_not_stood_in_for,
        people_and_calendars_that_cannot_be_are_refused,
        who_is_at_work_follows_from_what_is_stored
    ]
}

/// Three colleagues, each with a task that is due.
async fn three(case: &Case) -> Held<[Id<StaffMember>; 3]> {
    let mut work = case.begin().await?;
    let names = ["Anna", "Ben", "Carla"];
    let ids = names.map(|_| case.id());
    for (id, name) in ids.into_iter().zip(names) {
        work.insert(StaffMember::new(id, name)).await?;
        let now = work.now();
        let mut task = Task::new(case.id(), format!("call {name}'s customer"), now);
        (task.owner_id, task.due) = (Some(id), Some(day("2017-12-29")?));
        work.insert(task).await?;
    }
    work.commit().await?;
    Ok(ids)
}

/// What somebody has to do on a day: what, and for whom they do it.
async fn to_do(
    case: &Case,
    who: Id<StaffMember>,
    on: &str,
) -> Held<Vec<(String, Option<Id<StaffMember>>)>> {
    let utc = FixedOffset::east_opt(0).ok_or_else(|| Failure::new("UTC is no offset"))?;
    let mut unit = case.read().await?;
    let items = workday(&mut *unit, who, day(on)?, utc, 100).await?;
    let mut items: Vec<_> = items.into_iter().map(|one| (one.what, one.on_behalf_of)).collect();
    items.sort_unstable();
    Ok(items)
}

async fn absence_cover_returns_by_itself(case: &Case) -> Held {
    let [anna, ben, carla] = three(case).await?;
    let mut work = case.begin().await?;
    for (staff, first, last, deputy) in
        [(anna, "2017-12-29", "2017-12-31", ben), (ben, "2017-12-31", "2017-12-31", carla)]
    {
        let leave = Absence::leave(case.id(), staff, day(first)?, day(last)?);
        work.absences().add(Absence { deputy_id: Some(deputy), ..leave }).await?;
    }
    work.commit().await?;
    let task = |name: &str, of| (format!("call {name}'s customer"), of);
    let [annas, bens, carlas] = ["Anna", "Ben", "Carla"].map(|name| task(name, None));
    for (who, on, expected) in [
        (ben, "2017-12-28", vec![]),
        (ben, "2017-12-29", vec![task("Anna", Some(anna)), bens.clone()]),
        (carla, "2017-12-30", vec![carlas.clone()]),
        // Ben is away himself: what he stood in for is Carla's too.
        (ben, "2017-12-31", vec![bens.clone()]),
        (
            carla,
            "2017-12-31",
            vec![task("Anna", Some(anna)), task("Ben", Some(ben)), carlas.clone()],
        ),
        // Nobody wrote anything: it is over.
        (ben, "2018-01-01", vec![bens]),
        (carla, "2018-01-01", vec![carlas]),
        // She sees on her return what is still to be done, as on every day.
        (anna, "2017-12-30", vec![annas.clone()]),
        (anna, "2018-01-01", vec![annas]),
    ] {
        same(&format!("{who} on {on}"), to_do(case, who, on).await?, expected)?;
    }
    let mut unit = case.read().await?;
    let of_carla = acting_for(&mut *unit, carla, day("2017-12-31")?).await?;
    claim(of_carla.contains(&ActingFor { staff: anna, via: vec![ben] }), "by way of Ben")
}

async fn a_deputy_is_somebody_else_who_works_here(case: &Case) -> Held {
    let [anna, ben, carla] = three(case).await?;
    let mut work = case.begin().await?;
    let gone = expect(&mut *work, carla).await?;
    work.update(gone.edit(|carla| carla.active = false)).await?;
    let mut leave = Absence::leave(case.id(), anna, day("2017-12-29")?, day("2017-12-31")?);
    for (deputy, kind) in
        [(anna, ErrorKind::Invalid), (carla, ErrorKind::Invalid), (case.id(), ErrorKind::Missing)]
    {
        let refused = Absence { deputy_id: Some(deputy), ..leave.clone() };
        fails("a deputy", work.absences().add(refused).await, kind)?;
    }
    let backwards = Absence { last_day: Some(day("2017-12-28")?), ..leave.clone() };
    fails("backwards", work.absences().add(backwards).await, ErrorKind::Invalid)?;
    leave.deputy_id = Some(ben);
    let stored = work.absences().add(leave.clone()).await?;
    let delegated = work.absences().delegate(stored.id, Some(carla)).await;
    fails("a new deputy", delegated, ErrorKind::Invalid)?;
    let circle = Absence::leave(case.id(), ben, day("2017-12-31")?, day("2018-01-02")?);
    work.absences().add(Absence { deputy_id: Some(anna), ..circle }).await?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let cover = cover_on(&mut *unit, day("2017-12-30")?).await?;
    same("the deputy", cover.deputy_of(anna), Some(ben))?;
    let cover = cover_on(&mut *unit, day("2017-12-31")?).await?;
    same("a circle", (cover.deputy_of(anna), cover.uncovered().len()), (None, 2))?;
    let cover = cover_on(&mut *unit, day("2018-01-02")?).await?;
    same("Anna is back", cover.deputy_of(ben), Some(anna))?;
    drop(unit);

    // Who leaves stands in no more; the command sent again is answered as before.
    let mut work = case.begin().await?;
    let leaves = expect(&mut *work, ben).await?;
    work.update(leaves.edit(|ben| ben.active = false)).await?;
    let again = work.absences().add(leave.clone()).await?;
    same("sent again", &*again, &leave)?;
    let cover = cover_on(&mut *work, day("2017-12-30")?).await?;
    same("he left", (cover.deputy_of(anna), cover.uncovered().len()), (None, 1))
}

async fn who_is_back_earlier_is_not_stood_in_for(case: &Case) -> Held {
    let [anna, ben, _] = three(case).await?;
    let mut work = case.begin().await?;
    let mut sick = Absence::leave(case.id(), anna, day("2017-12-29")?, day("2017-12-29")?);
    (sick.kind, sick.last_day, sick.deputy_id) = (AbsenceKind::Sick, None, Some(ben));
    work.absences().add(sick.clone()).await?;
    let far = day("2019-06-01")?;
    same("open", acting_for(&mut *work, ben, far).await?.len(), 1)?;
    let before = work.absences().end(sick.id, Some(day("2017-12-28")?)).await;
    fails("before it began", before, ErrorKind::Invalid)?;
    work.absences().end(sick.id, Some(day("2017-12-30")?)).await?;
    same("the last day", acting_for(&mut *work, ben, day("2017-12-30")?).await?.len(), 1)?;
    same("over", acting_for(&mut *work, ben, day("2017-12-31")?).await?, vec![])
}

async fn people_and_calendars_that_cannot_be_are_refused(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let closed = WorkingCalendar::new(case.id(), "Closed", TimeZone::UTC, WeeklyHours::default());
    let error = fails("no hours", work.insert(closed).await, ErrorKind::Invalid)?;
    claim(error.to_string().contains("nobody ever works"), error.to_string())?;
    let anna = StaffMember::new(case.id(), "Anna");
    for level in [0, 6] {
        let mut new = anna.clone();
        new.skills.0.insert("tenders".to_owned(), level);
        fails("a level", work.insert(new).await, ErrorKind::Invalid)?;
    }
    for weight in [-1, StaffMember::MAX_WEIGHT + 1] {
        let new = StaffMember { weight: Some(weight), ..anna.clone() };
        fails("a weight", work.insert(new).await, ErrorKind::Invalid)?;
    }
    let nowhere = StaffMember { calendar_id: Some(case.id()), ..anna.clone() };
    fails("a calendar", work.insert(nowhere).await, ErrorKind::Missing)?;
    work.insert(anna).await?;
    Ok(work.commit().await?)
}

async fn who_is_at_work_follows_from_what_is_stored(case: &Case) -> Held {
    let hours = WeeklyHours::weekdays(&[Span::new("09:00", "17:00").map_err(|e| Failure::new(e))?]);
    let berlin: TimeZone = "Europe/Berlin".parse().map_err(|e: String| Failure::new(e))?;
    let mut calendar = WorkingCalendar::new(case.id(), "Berlin", berlin, hours);
    calendar.holidays.0.insert(day("2018-01-01")?, "New Year".to_owned());
    let [anna, ben] = [("Anna", Some(calendar.id)), ("Ben", None)].map(|(name, calendar_id)| {
        StaffMember { calendar_id, ..StaffMember::new(case.id(), name) }
    });
    let mut work = case.begin().await?;
    work.insert(calendar).await?;
    work.insert_all(vec![anna.clone(), ben.clone()]).await?;
    let leave = Absence::leave(case.id(), anna.id, day("2018-01-02")?, day("2018-01-03")?);
    work.absences().add(leave).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let staff = [anna, ben];
    for (at, why, until) in [
        ("2017-12-29T15:59:59Z", None, ""),
        ("2017-12-29T16:00:00Z", Some(AwayReason::OffHours), "2018-01-04T08:00:00Z"),
        (
            "2018-01-01T10:00:00Z",
            Some(AwayReason::Holiday("New Year".into())),
            "2018-01-04T08:00:00Z",
        ),
        (
            "2018-01-01T23:00:00Z",
            Some(AwayReason::Absent {
                kind: AbsenceKind::Leave,
                last_day: Some(day("2018-01-03")?),
            }),
            "2018-01-04T08:00:00Z",
        ),
    ] {
        let found = availabilities(&mut *unit, &staff, at.parse()?).await?;
        let [annas, bens] = found.as_slice() else { return Err(Failure::new("there are two")) };
        same("without a calendar", bens, &Availability::Available)?;
        match (annas, why) {
            (Availability::Available, None) => {}
            (Availability::Away(away), Some(why)) => {
                same(at, (&away.why, away.until), (&why, Some(until.parse()?)))?;
            }
            (found, why) => {
                return Err(Failure::new(format!("{at}: {found:?} instead of {why:?}")));
            }
        }
    }
    Ok(())
}
