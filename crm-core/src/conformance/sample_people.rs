//! Samples of what people can do, when they work, their absences, and their territories.

use chrono::NaiveDate;

use crate::{
    absence::{Absence, AbsenceKind},
    customer,
    kernel::Timestamp,
    org::{Capacity, Holidays, Shift, Shifts, Skills, Span, TimeOfDay, WeeklyHours},
    territory::{CustomerCriteria, Territory},
    territory_member::TerritoryMember,
    working_calendar::WorkingCalendar,
};

use super::{
    claim::{Failure, Held},
    sample::{Make, Sample},
};

impl Sample for WorkingCalendar {
    fn sample(make: &mut Make) -> Held<Self> {
        let time_zone = make.one_of(&["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia"]);
        let mut hours =
            WeeklyHours { monday: vec![span("00:00", "24:00")?], ..WeeklyHours::default() };
        let more = [span("00:00", "00:01")?, span("08:30", "12:15")?, span("12:15", "24:00")?];
        hours.sunday = make.opt(|_| more.to_vec()).unwrap_or_default();
        let holidays = make.several(|make| (make.date(), make.text()));
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            name: make.name(),
            time_zone: time_zone.parse().map_err(|wrong: String| Failure::new(wrong))?,
            hours,
            holidays: Holidays(holidays.into_iter().collect()),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for Absence {
    fn sample(make: &mut Make) -> Held<Self> {
        let [one, other] = make.setting.staff;
        let first_day = make.date();
        Ok(Self {
            id: make.id(),
            staff_id: one,
            first_day,
            last_day: make.opt(|make| first_day.max(make.date())),
            kind: make.one_of(AbsenceKind::ALL),
            deputy_id: make.opt(|_| other),
            note: make.opt(Make::text),
        })
    }

    fn touch(&mut self, word: &str) {
        self.note = Some(word.to_owned());
    }
}

impl Sample for Territory {
    fn sample(make: &mut Make) -> Held<Self> {
        let first_day = make.date();
        let asked = make.opt(|make| customer::INDUSTRY.eq(make.name()));
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            name: make.name(),
            parent_id: make.opt(|m| m.one_of(&m.setting.territories.clone())),
            criteria: asked.map_or_else(CustomerCriteria::default, CustomerCriteria::from),
            priority: make.one_of(&[i64::MIN, -1, 0, i64::MAX]),
            first_day: make.opt(|_| first_day),
            last_day: make.opt(|make| first_day.max(make.date())),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for TerritoryMember {
    fn sample(make: &mut Make) -> Held<Self> {
        let first_day = make.date();
        Ok(Self {
            id: make.id(),
            territory_id: make.one_of(&make.setting.territories.clone()),
            staff_id: make.one_of(&make.setting.staff.clone()),
            role: make.name(),
            first_day: make.opt(|_| first_day),
            last_day: make.opt(|make| first_day.max(make.date())),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.role);
    }
}

pub(super) fn skills(make: &mut Make) -> Skills {
    let all = make.several(|make| (make.name(), make.one_of(&[1, 3, Skills::HIGHEST])));
    Skills(all.into_iter().filter(|(name, _)| !name.trim().is_empty()).collect())
}

pub(super) fn capacity(make: &mut Make) -> Capacity {
    let mut limit = || make.opt(|make| make.one_of(&[0, 1, 40, u32::MAX]));
    Capacity {
        customers: limit(),
        open_opportunities: limit(),
        open_leads: limit(),
        open_tasks: limit(),
        new_per_day: limit(),
        new_per_week: limit(),
    }
}

pub(super) fn shifts(make: &mut Make) -> Held<Shifts> {
    let (early, late) = (span("00:00", "12:30")?, span("12:30", "24:00")?);
    let on = |day, span: Span| Shift { day, from: span.from, to: span.to };
    let days: [NaiveDate; 2] = [Timestamp::MIN, Timestamp::MAX].map(Timestamp::date);
    let [first, last] = days;
    let all = [on(first, early), on(first, late), on(last, early)];
    Ok(Shifts(make.opt(|_| all.to_vec()).unwrap_or_default()))
}

fn span(from: &str, to: &str) -> Held<Span> {
    let time = |text: &str| text.parse::<TimeOfDay>().map_err(|wrong: String| Failure::new(wrong));
    Ok(Span { from: time(from)?, to: time(to)? })
}
