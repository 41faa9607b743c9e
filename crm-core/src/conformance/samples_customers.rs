//! Samples of customers and of what says who they are.

use chrono::NaiveDate;

use crate::{
    affiliation::Affiliation,
    contact::{Contact, DecisionRole},
    customer::{Customer, CustomerKind},
    kernel::Tags,
    merge::{Choices, CustomerIds, Merge},
    merge_move::MergeMove,
    relation::Relation,
    value::ValueClass,
};

use super::{
    claim::Held,
    sample::{Make, Sample},
};

impl Sample for Customer {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            kind: make.one_of(CustomerKind::ALL),
            name: make.name(),
            category: make.opt(Make::text),
            industry: make.opt(Make::text),
            phones: make.phones(),
            fax: make.opt(Make::text),
            email: make.opt(Make::text),
            website: make.opt(Make::text),
            tax_number: make.opt(Make::text),
            street: make.opt(Make::text),
            postcode: make.opt(Make::text),
            city: make.opt(Make::text),
            region: make.opt(Make::text),
            country: make.opt(Make::country).transpose()?,
            employees: make.opt(Make::count),
            yearly_revenue: make.opt(Make::money).transpose()?,
            parent_id: make.opt(|m| m.one_of(&m.setting.customers.clone())),
            source: make.opt(Make::text),
            owner_id: make.opt(|m| m.one_of(&m.setting.staff.clone())),
            lifecycle_stage: make.name(),
            tags: make.tags(),
            custom: make.custom(),
            notes: make.opt(Make::long_text),
            contact_person: make.opt(Make::text),
            addresses: make.addresses()?,
            archived_at: make.opt(Make::time),
            incomplete_since: None,
            missing: Tags::default(),
            completeness: 100,
            merged_into: None,
            tier: make.opt(Make::text),
            tier_reason: make.opt(Make::long_text),
            value: make.opt(Make::money).transpose()?,
            value_class: make.opt(|make| make.one_of(ValueClass::ALL)),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for Contact {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            customer_id: make.opt(|m| m.one_of(&m.setting.customers.clone())),
            name: make.name(),
            given_name: make.opt(Make::text),
            family_name: make.opt(Make::text),
            title: make.opt(Make::text),
            department: make.opt(Make::text),
            role: make.opt(|m| m.one_of(DecisionRole::ALL)),
            phones: make.phones(),
            email: make.opt(Make::text),
            language: make.opt(Make::text),
            birthday: make.opt(Make::date),
            tags: make.tags(),
            custom: make.custom(),
            notes: make.opt(Make::long_text),
            addresses: make.addresses()?,
            archived_at: make.opt(Make::time),
            incomplete_since: None,
            missing: Tags::default(),
            completeness: 100,
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for Affiliation {
    fn sample(make: &mut Make) -> Held<Self> {
        let (since, until) = span(make);
        Ok(Self {
            id: make.id(),
            contact_id: make.one_of(&make.setting.contacts.clone()),
            customer_id: make.one_of(&make.setting.customers.clone()),
            role: make.opt(|m| m.one_of(DecisionRole::ALL)),
            title: make.opt(Make::text),
            department: make.opt(Make::text),
            since,
            until,
            note: make.opt(Make::text),
        })
    }

    fn touch(&mut self, word: &str) {
        self.title = Some(word.to_owned());
    }
}

impl Sample for Relation {
    fn sample(make: &mut Make) -> Held<Self> {
        let [from_id, to_id] = make.setting.customers;
        let (since, until) = span(make);
        Ok(Self {
            id: make.id(),
            from_id,
            to_id,
            kind: make.name(),
            since,
            until,
            note: make.opt(Make::text),
        })
    }

    fn touch(&mut self, word: &str) {
        self.note = Some(word.to_owned());
    }
}

impl Sample for Merge {
    fn sample(make: &mut Make) -> Held<Self> {
        let [survivor_id, other] = make.setting.customers;
        let choices = make.opt(|_| ("name".to_owned(), other)).into_iter().collect();
        Ok(Self {
            id: make.id(),
            survivor_id,
            others: CustomerIds(vec![other]),
            choices: Choices(choices),
            reason: make.opt(Make::text),
            survivor_version: make.opt(Make::count),
            merged_at: make.time(),
            merged_by: make.name(),
            undone_at: make.opt(Make::time),
            undone_by: make.opt(Make::name),
        })
    }

    fn touch(&mut self, word: &str) {
        self.reason = Some(word.to_owned());
    }
}

impl Sample for MergeMove {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            merge_id: make.one_of(&make.setting.merges.clone()),
            entity: make.name(),
            record_id: make.id::<Customer>().uuid(),
            field: make.name(),
            from_id: make.one_of(&make.setting.customers.clone()),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.field);
    }
}

/// From one day to a later one; either may be open.
fn span(make: &mut Make) -> (Option<NaiveDate>, Option<NaiveDate>) {
    match (make.opt(Make::date), make.opt(Make::date)) {
        (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
        open => open,
    }
}
