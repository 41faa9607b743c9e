//! Samples of leads and of what happened with them.

use crate::{
    interaction::{Channel, Direction},
    kernel::Actor,
    lead::{Answer, Lead, LeadEvent, LeadStatus, Qualification, Rating},
    lead_activity::LeadActivity,
};

use super::{
    claim::Held,
    sample::{Make, Sample},
};

impl Sample for Lead {
    fn sample(make: &mut Make) -> Held<Self> {
        let mut sample = Self::person(make.id(), make.name());
        if says_nothing(&sample.name) {
            sample.name = Some("x".to_owned());
        }
        sample.external_id = make.opt(Make::unique);
        sample.given_name = make.opt(Make::text);
        sample.family_name = make.opt(Make::text);
        sample.title = make.opt(Make::text);
        sample.company = make.opt(Make::text);
        sample.industry = make.opt(Make::text);
        sample.employees = make.opt(Make::count);
        sample.email = make.opt(Make::text);
        sample.phones = make.phones();
        sample.website = make.opt(Make::text);
        sample.tax_number = make.opt(Make::text);
        sample.street = make.opt(Make::text);
        sample.postcode = make.opt(Make::text);
        sample.city = make.opt(Make::text);
        sample.region = make.opt(Make::text);
        sample.country = make.opt(Make::country).transpose()?;
        sample.source = make.opt(Make::text);
        sample.campaign = make.opt(Make::text);
        sample.score = make.opt(|m| m.one_of(&[0, 1, 99, 100]));
        sample.score_by = make.opt(Make::text);
        sample.rating = make.opt(|m| m.one_of(Rating::ALL));
        sample.qualification = Qualification(
            make.opt(|m| {
                let answer = Answer { met: m.one_of(&[false, true]), note: m.opt(Make::text) };
                ("budget".to_owned(), answer)
            })
            .into_iter()
            .collect(),
        );
        sample.owner_id = make.opt(|m| m.one_of(&m.setting.staff.clone()));
        sample.product_id = make.opt(|m| m.one_of(&m.setting.products.clone()));
        sample.amount = make.opt(Make::money).transpose()?;
        sample.received_at = Some(make.time());
        sample.tags = make.tags();
        sample.custom = make.custom();
        sample.notes = make.opt(Make::long_text);
        sample.recall_on = make.opt(Make::date);
        let by = make.opt(Make::name).filter(|by| !by.trim().is_empty());
        let Some(by) = by.map(|by| Actor::new(&by)).transpose()? else { return Ok(sample) };
        let at = make.time();
        let event = match make.one_of(LeadStatus::ALL) {
            LeadStatus::New => return Ok(sample),
            LeadStatus::Working => LeadEvent::Work,
            LeadStatus::Qualified => LeadEvent::Qualify,
            LeadStatus::Converted => LeadEvent::Convert {
                customer: make.one_of(&make.setting.customers.clone()),
                contact: make.opt(|m| m.one_of(&m.setting.contacts.clone())),
                opportunity: make.opt(|m| m.one_of(&m.setting.opportunities.clone())),
            },
            LeadStatus::Disqualified => {
                let reason = make.name();
                let reason = if reason.trim().is_empty() { "x".to_owned() } else { reason };
                LeadEvent::Disqualify { reason }
            }
        };
        Ok(sample.step(&event, at, &by)?)
    }

    fn touch(&mut self, word: &str) {
        self.name = Some(word.to_owned());
    }
}

impl Sample for LeadActivity {
    fn sample(make: &mut Make) -> Held<Self> {
        let mut sample = Self::new(
            make.id(),
            make.one_of(&make.setting.leads.clone()),
            make.one_of(Channel::ALL),
            make.one_of(Direction::ALL),
            make.time(),
        );
        sample.staff_id = make.opt(|m| m.one_of(&m.setting.staff.clone()));
        sample.minutes = make.opt(Make::count);
        sample.place = make.opt(Make::text);
        sample.subject = make.opt(Make::text);
        sample.content = make.opt(Make::long_text);
        sample.outcome = make.opt(Make::long_text);
        sample.next_step = make.opt(Make::text);
        sample.next_step_due = make.opt(Make::date);
        sample.next_step_owner_id = make.opt(|m| m.one_of(&m.setting.staff.clone()));
        sample.recorded_at = Some(make.time());
        sample.recorded_by = make.name();
        Ok(sample)
    }

    fn touch(&mut self, word: &str) {
        self.subject = Some(word.to_owned());
    }
}

fn says_nothing(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(|text| text.trim().is_empty())
}
