//! The same rules by hand: a plain struct with typed fields, a tree of conditions, one rule after another.

use crm_core::lead::Lead;

use crate::made_up::Asked;

/// The fields that rules ask for.
pub(crate) struct Plain<'a> {
    country: &'a str,
    region: &'a str,
    postcode: &'a str,
    industry: &'a str,
    employees: i64,
}

impl<'a> Plain<'a> {
    pub(crate) fn of(lead: &'a Lead) -> Self {
        let text = |text: &'a Option<String>| text.as_deref().unwrap_or_default();
        Self {
            country: lead.country.map_or("", |country| country.code()),
            region: text(&lead.region),
            postcode: text(&lead.postcode),
            industry: text(&lead.industry),
            employees: lead.employees.unwrap_or_default(),
        }
    }
}

/// A condition.
pub(crate) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Country(String),
    Region(Vec<String>),
    Postcode(String),
    Industry(Vec<String>),
    Employees(i64, i64),
}

impl Condition {
    pub(crate) fn of(asked: &Asked) -> Self {
        Self::All(vec![
            Self::Country(asked.country.to_owned()),
            Self::Any(vec![
                Self::Region(asked.regions.clone()),
                Self::Postcode(asked.prefix.clone()),
            ]),
            Self::Industry(asked.industries.clone()),
            Self::Employees(asked.sizes.0, asked.sizes.1),
        ])
    }

    pub(crate) fn holds(&self, lead: &Plain<'_>) -> bool {
        match self {
            Self::All(list) => list.iter().all(|one| one.holds(lead)),
            Self::Any(list) => list.iter().any(|one| one.holds(lead)),
            Self::Country(country) => lead.country == country,
            Self::Region(regions) => regions.iter().any(|region| region == lead.region),
            Self::Postcode(prefix) => lead.postcode.starts_with(prefix.as_str()),
            Self::Industry(industries) => industries.iter().any(|one| one == lead.industry),
            Self::Employees(low, high) => (*low..=*high).contains(&lead.employees),
        }
    }
}
