//! A sample of each entity, every field of it; those of customers are beside this.

use crate::{
    addendum::Addendum,
    interaction::{Channel, Direction, Interaction},
    kernel::{Actor, Money, Timestamp},
    org_unit::OrgUnit,
    product::Product,
    settings::Settings,
    staff_member::StaffMember,
    task::{Priority, Task},
    transaction::{Transaction, TransactionKind},
};

use super::{
    claim::Held,
    sample::{Extreme, Make, Sample},
    sample_people,
};

impl Sample for OrgUnit {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            name: make.name(),
            parent_id: make.opt(|m| m.one_of(&m.setting.org_units.clone())),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for StaffMember {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            name: make.name(),
            email: make.opt(Make::text),
            phone: make.opt(Make::text),
            title: make.opt(Make::text),
            org_unit_id: make.opt(|m| m.one_of(&m.setting.org_units.clone())),
            manager_id: make.opt(|m| m.one_of(&m.setting.staff.clone())),
            active: make.one_of(&[false, true]),
            skills: sample_people::skills(make),
            languages: make.tags(),
            regions: make.tags(),
            weight: make.opt(|m| m.one_of(&[0, 1, 7, StaffMember::MAX_WEIGHT])),
            capacity: sample_people::capacity(make),
            calendar_id: make.opt(|m| m.one_of(&m.setting.calendars.clone())),
            shifts: sample_people::shifts(make)?,
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for Product {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            name: make.name(),
            category: make.opt(Make::text),
            unit: make.opt(Make::text),
            list_price: make.opt(Make::money).transpose()?,
            active: make.one_of(&[false, true]),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for Interaction {
    fn sample(make: &mut Make) -> Held<Self> {
        let mut sample = Self::new(
            make.id(),
            make.one_of(&make.setting.customers.clone()),
            make.one_of(Channel::ALL),
            make.one_of(Direction::ALL),
            make.time(),
        );
        sample.external_id = make.opt(Make::unique);
        sample.contact_id = make.opt(|m| m.one_of(&m.setting.contacts.clone()));
        sample.opportunity_id = make.opt(|m| m.one_of(&m.setting.opportunities.clone()));
        sample.staff_id = make.opt(|m| m.one_of(&m.setting.staff.clone()));
        sample.minutes = make.opt(Make::count);
        sample.place = make.opt(Make::text);
        sample.subject = make.opt(Make::text);
        sample.content = make.opt(Make::long_text);
        sample.outcome = make.opt(Make::long_text);
        sample.next_step = make.opt(Make::text);
        sample.next_step_due = make.opt(Make::date);
        sample.next_step_owner_id = make.opt(|m| m.one_of(&m.setting.staff.clone()));
        let contacts = make.several(|m| m.one_of(&m.setting.contacts.clone()));
        let staff = make.several(|m| m.one_of(&m.setting.staff.clone()));
        sample.participants.contacts = contacts.into_iter().collect();
        sample.participants.staff = staff.into_iter().collect();
        sample.recorded_at = Some(make.time());
        sample.late = sample.is_late(Settings::LATE_AFTER_HOURS);
        match make.opt(Make::name) {
            Some(actor) if !actor.trim().is_empty() => {
                Ok(sample.close(make.time(), &Actor::new(&actor)?)?)
            }
            _ => Ok(sample),
        }
    }

    fn touch(&mut self, word: &str) {
        self.subject = Some(word.to_owned());
    }
}

impl Sample for Task {
    fn sample(make: &mut Make) -> Held<Self> {
        let mut sample = Self::new(make.id(), make.name(), make.time());
        sample.external_id = make.opt(Make::unique);
        sample.customer_id = make.opt(|m| m.one_of(&m.setting.customers.clone()));
        sample.contact_id = make.opt(|m| m.one_of(&m.setting.contacts.clone()));
        sample.opportunity_id = make.opt(|m| m.one_of(&m.setting.opportunities.clone()));
        sample.interaction_id = make.opt(|m| m.one_of(&m.setting.interactions.clone()));
        sample.lead_id = make.opt(|m| m.one_of(&m.setting.leads.clone()));
        sample.notes = make.opt(Make::long_text);
        sample.owner_id = make.opt(|m| m.one_of(&m.setting.staff.clone()));
        sample.due_at = make.opt(Make::time);
        sample.due = sample.due_at.map(Timestamp::date).or_else(|| make.opt(Make::date));
        sample.remind_at = make.opt(Make::time);
        sample.priority = make.opt(|m| m.one_of(Priority::ALL));
        if sample.due.is_some() {
            sample.recurrence = make.opt(|m| m.one_of(&RULES).to_owned());
            sample.planned = make.opt(Make::date);
        }
        let by = make.opt(Make::name).filter(|by| !by.trim().is_empty());
        let Some(by) = by.map(|by| Actor::new(&by)).transpose()? else { return Ok(sample) };
        if make.one_of(&[true, false]) {
            Ok(sample.cancelled(make.time(), &by, make.name())?)
        } else {
            Ok(sample.done(make.time(), &by, make.opt(Make::long_text))?)
        }
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.title);
    }
}

/// Rules that hold from any day on.
const RULES: [&str; 4] = [
    "FREQ=DAILY",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=10",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=99991231",
];

impl Sample for Addendum {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            interaction_id: make.one_of(&make.setting.interactions.clone()),
            customer_id: make.one_of(&make.setting.customers.clone()),
            text: if make.extreme == Extreme::Lowest { make.name() } else { make.long_text() },
            written_at: make.time(),
            written_by: make.name(),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.text);
    }
}

impl Sample for Transaction {
    fn sample(make: &mut Make) -> Held<Self> {
        let currency = make.currency()?;
        let kind = make.one_of(TransactionKind::ALL);
        let signed = |amount: Money| match kind {
            TransactionKind::Return => Money::new(-amount.amount().abs(), currency),
            _ => Ok(amount),
        };
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            customer_id: make.one_of(&make.setting.customers.clone()),
            kind,
            date: make.date(),
            revenue: signed(make.money_in(currency)?)?,
            cost: make.opt(|m| m.money_in(currency)).transpose()?.map(signed).transpose()?,
            quantity: make.opt(Make::decimal),
            product_id: make.opt(|m| m.one_of(&m.setting.products.clone())),
            opportunity_id: make.opt(|m| m.one_of(&m.setting.opportunities.clone())),
            reference: make.opt(Make::text),
        })
    }

    fn touch(&mut self, word: &str) {
        self.reference = Some(word.to_owned());
    }
}
