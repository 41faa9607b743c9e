use std::{collections::HashMap, path::PathBuf};

use clap::Args;
use crm_core::{
    kernel::{Id, Query, Scope, Tags, Timestamp},
    org::{
        Availability, Away, AwayReason, Capacity, Holidays, Shifts, Skills, TimeZone, WeeklyHours,
        availabilities,
    },
    org_unit::OrgUnit,
    staff_member::{self, StaffMember},
    store::{ReadUnit, Store, every, run},
    working_calendar::{self, WorkingCalendar},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, short},
    settings, when,
};

/// `crm staff`
#[derive(Debug, Args)]
#[command(after_help = SET_HELP)]
pub(crate) struct StaffOf {
    /// Sets calendars, and what people can do, take on and when they work, from a JSON file, or from
    /// standard input for `-`. What it leaves out stays.
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    /// Who is at work at this instant. [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = when::instant, conflicts_with = "set")]
    at: Option<Timestamp>,
}

const SET_HELP: &str = "\
Example, with people.json:
  {\"calendars\": [{\"name\": \"Berlin\", \"time_zone\": \"Europe/Berlin\",
                  \"hours\": {\"monday\": [{\"from\": \"09:00\", \"to\": \"17:30\"}]},
                  \"holidays\": {\"2026-12-25\": \"Christmas\"}}],
   \"staff\": [{\"name\": \"Anna Snow\", \"calendar\": \"Berlin\", \"skills\": {\"tenders\": 4},
              \"languages\": [\"de\"], \"regions\": [\"north\"], \"weight\": 2,
              \"capacity\": {\"customers\": 40, \"new_per_day\": 3},
              \"shifts\": [{\"day\": \"2026-12-24\", \"from\": \"09:00\", \"to\": \"12:00\"}]}]}
  crm staff --set people.json; crm staff --at 2026-12-25T10:00:00Z";

/// What a file has.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    #[serde(default)]
    calendars: Vec<CalendarLine>,
    #[serde(default)]
    staff: Vec<StaffLine>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarLine {
    name: String,
    time_zone: TimeZone,
    hours: WeeklyHours,
    #[serde(default)]
    holidays: Holidays,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffLine {
    name: String,
    skills: Option<Skills>,
    languages: Option<Tags>,
    regions: Option<Tags>,
    weight: Option<i64>,
    capacity: Option<Capacity>,
    calendar: Option<String>,
    shifts: Option<Shifts>,
}

impl StaffOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.set {
            Some(path) => {
                let people: People =
                    serde_json::from_value(settings::read(path)?).map_err(|wrong| {
                        Failure::File { path: path.clone(), what: wrong.to_string() }
                    })?;
                set(people, store, scope, out).await
            }
            None => {
                let at = self.at.unwrap_or_else(when::now);
                list(&mut *store.read(scope.clone()).await?, at, out).await
            }
        }
    }
}

/// All of it, or nothing.
async fn set(people: People, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
    let mut calendars: HashMap<String, Id<WorkingCalendar>> = HashMap::new();
    let mut staff = Vec::new();
    {
        let mut unit = store.read(scope.clone()).await?;
        every::<WorkingCalendar, _>(&mut *unit, Query::all(), |one| {
            calendars.insert(one.name.clone(), one.id);
            Ok(())
        })
        .await?;
        for line in &people.calendars {
            let new = || Id::derived(scope.tenant, &format!("working calendar {}", line.name));
            calendars.entry(line.name.clone()).or_insert_with(new);
        }
        for line in &people.staff {
            let who = find::staff(&mut *unit, &line.name).await?.id;
            let calendar = line.calendar.as_ref().map(|name| {
                calendars.get(name).copied().ok_or_else(|| {
                    Failure::Asked(format!(
                        "{}: there is no calendar {name:?}: name it in the file",
                        line.name
                    ))
                })
            });
            staff.push((who, calendar.transpose()?, line.clone()));
        }
    }
    let lines = people
        .calendars
        .iter()
        .filter_map(|line| calendars.get(&line.name).map(|id| (*id, line.clone())));
    let lines: Vec<_> = lines.collect();
    let (calendars, people) = (lines.len(), staff.len());
    run(store, scope, |work| {
        let (lines, staff) = (lines.clone(), staff.clone());
        Box::pin(async move {
            for (id, line) in lines {
                let CalendarLine { name, time_zone, hours, holidays } = line;
                match work.get(id).await? {
                    Some(stored) => {
                        let changed = stored.edit(|one| {
                            (one.time_zone, one.hours, one.holidays) = (time_zone, hours, holidays);
                        });
                        work.update(changed).await?;
                    }
                    None => {
                        let new = WorkingCalendar::new(id, name, time_zone, hours);
                        work.insert(WorkingCalendar { holidays, ..new }).await?;
                    }
                }
            }
            for (id, calendar, line) in staff {
                let stored = crm_core::store::expect(work, id).await?;
                work.update(stored.edit(|one| line.apply(calendar, one))).await?;
            }
            Ok(())
        })
    })
    .await?;
    if out.json {
        return out.json(&json!({"calendars": calendars, "staff": people}));
    }
    out.line(format!(
        "Set: {}, {}.",
        counted(calendars, "calendar", "calendars"),
        counted(people, "colleague", "colleagues")
    ))
}

impl StaffLine {
    fn apply(self, calendar: Option<Id<WorkingCalendar>>, one: &mut StaffMember) {
        one.skills = self.skills.unwrap_or_else(|| one.skills.clone());
        one.languages = self.languages.unwrap_or_else(|| one.languages.clone());
        one.regions = self.regions.unwrap_or_else(|| one.regions.clone());
        one.weight = self.weight.or(one.weight);
        one.capacity = self.capacity.unwrap_or(one.capacity);
        one.calendar_id = calendar.or(one.calendar_id);
        one.shifts = self.shifts.unwrap_or_else(|| one.shifts.clone());
    }
}

async fn list(unit: &mut dyn ReadUnit, at: Timestamp, out: Out) -> Result<(), Failure> {
    let mut staff = Vec::new();
    let by_name = Query::all().order_by(&staff_member::NAME);
    every::<StaffMember, _>(unit, by_name, |one| {
        staff.push(one.into_inner());
        Ok(())
    })
    .await?;
    let mut units: HashMap<Id<OrgUnit>, String> = HashMap::new();
    every::<OrgUnit, _>(unit, Query::all(), |one| {
        units.insert(one.id, one.into_inner().name);
        Ok(())
    })
    .await?;
    let mut calendars: HashMap<Id<WorkingCalendar>, (String, TimeZone)> = HashMap::new();
    let named = Query::all().order_by(&working_calendar::NAME);
    every::<WorkingCalendar, _>(unit, named, |one| {
        calendars.insert(one.id, (one.name.clone(), one.time_zone));
        Ok(())
    })
    .await?;
    let here = availabilities(unit, &staff, at).await?;
    let names: HashMap<_, _> = staff.iter().map(|one| (one.id, one.name.as_str())).collect();
    let unit_of = |one: &StaffMember| one.org_unit_id.and_then(|id| units.get(&id));
    let manager_of = |one: &StaffMember| one.manager_id.and_then(|id| names.get(&id).copied());
    let calendar_of = |one: &StaffMember| one.calendar_id.and_then(|id| calendars.get(&id));
    if out.json {
        let staff: Vec<Value> = staff
            .iter()
            .zip(&here)
            .map(|(one, here)| {
                json!({
                    "id": one.id, "name": one.name, "active": one.active, "org_unit": unit_of(one),
                    "manager": manager_of(one), "skills": one.skills, "languages": one.languages,
                    "regions": one.regions, "weight": one.turns(), "capacity": one.capacity,
                    "calendar": calendar_of(one).map(|(name, _)| name),
                    "availability": here,
                })
            })
            .collect();
        return out.json(&json!({"at": at, "staff": staff}));
    }
    if staff.is_empty() {
        return out.line("Nobody works here: `crm import staff` reads them from a file.");
    }
    let rows = staff.iter().zip(&here).map(|(one, here)| {
        let skills: Vec<_> =
            one.skills.0.iter().map(|(skill, level)| format!("{skill} {level}")).collect();
        vec![
            short(&one.name, 24),
            short(unit_of(one).map_or("-", String::as_str), 14),
            short(manager_of(one).unwrap_or("-"), 20),
            short(&skills.join(", "), 24),
            short(&limits(&one.capacity), 30),
            away(here, calendar_of(one).map_or(TimeZone::UTC, |(_, zone)| *zone)),
        ]
    });
    out.table(&["Name", "Unit", "Manager", "Skills", "At most", "Away until"], 6, rows)
}

fn limits(capacity: &Capacity) -> String {
    let all = [
        (capacity.customers, "customers"),
        (capacity.open_opportunities, "opportunities"),
        (capacity.open_leads, "leads"),
        (capacity.open_tasks, "tasks"),
        (capacity.new_per_day, "a day"),
        (capacity.new_per_week, "a week"),
    ];
    let set = all.into_iter().filter_map(|(most, what)| most.map(|most| format!("{most} {what}")));
    set.collect::<Vec<_>>().join(", ")
}

/// As the clocks show it where they work.
fn away(availability: &Availability, zone: TimeZone) -> String {
    let Availability::Away(Away { why, until, .. }) = availability else { return String::new() };
    let why = match why {
        AwayReason::Inactive => "left".to_owned(),
        AwayReason::Absent { kind, .. } => kind.to_string(),
        AwayReason::Holiday(name) => short(name, 20),
        _ => "off hours".to_owned(),
    };
    match until {
        Some(until) => format!("{} {zone} ({why})", zone.local(*until).format("%Y-%m-%d %H:%M")),
        None if why == "left" => why,
        None => format!("not known ({why})"),
    }
}
