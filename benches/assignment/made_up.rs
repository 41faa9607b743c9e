//! Rules, leads and people, the same every time.

use crm_benches::{Result, house::Random};
use crm_core::{
    assignment::{Candidate, Choice, Deal, Load, Rule, RuleSet, Strategy, Target, Wins},
    kernel::{Country, Id, Money},
    lead::{self, Lead},
    staff_member::StaffMember,
};
use uuid::Uuid;

const COUNTRIES: [&str; 10] = ["DE", "FR", "IT", "ES", "PL", "NL", "BE", "AT", "CH", "SE"];
const REGIONS: usize = 20;
const INDUSTRIES: usize = 20;
const SIZES: usize = 5_000;

/// What a rule asks, before it is written down in either way.
pub(crate) struct Asked {
    pub(crate) country: &'static str,
    pub(crate) regions: Vec<String>,
    pub(crate) prefix: String,
    pub(crate) industries: Vec<String>,
    pub(crate) sizes: (i64, i64),
}

/// Conditions of so many rules: country, one of three regions or the beginning of a postcode, one of four
/// industries, a range of size.
pub(crate) fn asked(random: &mut Random, count: usize) -> Vec<Asked> {
    let one = |_| {
        let low = random.below(SIZES);
        Asked {
            country: pick(random),
            regions: (0..3).map(|_| region(random)).collect(),
            prefix: format!("{:02}", random.below(100)),
            industries: (0..4).map(|_| industry(random)).collect(),
            sizes: (low as i64, (low + random.below(SIZES)) as i64),
        }
    };
    (0..count).map(one).collect()
}

/// The same as rules; `target` says whom the n-th of them names.
pub(crate) fn rules(
    asked: &[Asked],
    target: impl Fn(usize) -> Target,
    strategy: impl Fn(usize) -> Strategy,
) -> Result<RuleSet<Lead>> {
    let one = |(n, asked): (usize, &Asked)| {
        let area = lead::REGION
            .one_of(asked.regions.iter().cloned())
            .or(lead::POSTCODE.starts_with(asked.prefix.as_str()));
        let mut rule = Rule::new(format!("rule {n}"), vec![Choice::new(target(n), strategy(n))]);
        rule.when = lead::COUNTRY
            .eq(asked.country.parse::<Country>()?)
            .and(area)
            .and(lead::INDUSTRY.one_of(asked.industries.iter().cloned()))
            .and(lead::EMPLOYEES.at_least(asked.sizes.0))
            .and(lead::EMPLOYEES.at_most(asked.sizes.1));
        Ok(rule)
    };
    Ok(RuleSet { rules: asked.iter().enumerate().map(one).collect::<Result<_>>()? })
}

pub(crate) fn leads(random: &mut Random, count: usize) -> Result<Vec<Lead>> {
    let one = |n| {
        let mut lead = Lead::company(Id::new(Uuid::from_u128(n as u128 + 1)), format!("Firm {n}"));
        lead.country = Some(pick(random).parse()?);
        lead.region = Some(region(random));
        lead.postcode = Some(format!("{:05}", random.below(100_000)));
        lead.industry = Some(industry(random));
        lead.employees = Some(random.below(SIZES) as i64);
        Ok(lead)
    };
    (0..count).map(one).collect()
}

/// So many people in teams of so many.
pub(crate) fn people(random: &mut Random, count: usize, team: usize) -> Result<Vec<Candidate>> {
    let one = |n: usize| {
        let mut one = Candidate::new(staff(n), format!("Person {n}"));
        one.units = vec![unit(n / team)];
        one.weight = random.below(5) as u32 + 1;
        one.open = Load::of(random.below(40) as u32, 2_000_000_000);
        let wins = Wins { won: random.below(20) as u32, decided: 20 };
        one.wins = [(Deal::default(), wins)].into();
        one.quota_left = Some(format!("{} EUR", random.below(100_000)).parse::<Money>()?);
        Ok(one)
    };
    (0..count).map(one).collect()
}

pub(crate) fn staff(n: usize) -> Id<StaffMember> {
    Id::new(Uuid::from_u128(n as u128 + 1))
}

pub(crate) fn unit(n: usize) -> Id<crm_core::org_unit::OrgUnit> {
    Id::new(Uuid::from_u128(n as u128 + 1))
}

fn pick(random: &mut Random) -> &'static str {
    COUNTRIES.get(random.below(COUNTRIES.len())).copied().unwrap_or("DE")
}

fn region(random: &mut Random) -> String {
    format!("Region {}", random.below(REGIONS))
}

fn industry(random: &mut Random) -> String {
    format!("industry {}", random.below(INDUSTRIES))
}
