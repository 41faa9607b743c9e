//! What everybody has, and how much of what they take on that is.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    kernel::{Currency, Id, Query, Result},
    lead::Lead,
    opportunity::{self, Opportunity},
    org::{Capacity, OrgChart},
    org_unit::OrgUnit,
    ownership::Share,
    staff_member::StaffMember,
    store::{ReadUnit, every},
    task::Task,
};

use super::{
    Assigned,
    figures::{amounts, open_by_owner},
};

/// What somebody has.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonLoad {
    /// Who.
    pub staff: Id<StaffMember>,
    /// Their name.
    pub name: String,
    /// Whether they work here now.
    pub active: bool,
    /// Where they work.
    pub unit: Option<Id<OrgUnit>>,
    /// How many open records of each kind they have.
    pub has: Share,
    /// What their open opportunities are worth.
    pub open: BTreeMap<Currency, Decimal>,
    /// How much they take on.
    pub capacity: Capacity,
}

/// What everybody has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workload {
    /// Everybody who works here or still has something, who has most open opportunities first, then by name.
    pub people: Vec<PersonLoad>,
    /// Each unit with all below it, by its id.
    pub units: BTreeMap<Id<OrgUnit>, (Share, BTreeMap<Currency, Decimal>)>,
}

/// What everybody has now.
///
/// # Errors
/// Whatever the store answers.
pub async fn workload(unit: &mut (dyn ReadUnit + '_)) -> Result<Workload> {
    let mut staff = Vec::new();
    every::<StaffMember, _>(unit, Query::all(), |one| {
        staff.push(one.into_inner());
        Ok(())
    })
    .await?;
    let chart = OrgChart::load(unit).await?;
    let ids: Vec<_> = staff.iter().map(|one| one.id).collect();
    let customers = open_by_owner::<Customer>(unit, &ids).await?;
    let opportunities = open_by_owner::<Opportunity>(unit, &ids).await?;
    let leads = open_by_owner::<Lead>(unit, &ids).await?;
    let tasks = open_by_owner::<Task>(unit, &ids).await?;
    let mut worth: HashMap<Id<StaffMember>, BTreeMap<Currency, Decimal>> = HashMap::new();
    let open = <Opportunity as Assigned>::open().and(opportunity::OWNER_ID.is_present());
    for (owner, currency, amount) in amounts(unit, &opportunity::OWNER_ID, open).await? {
        worth.entry(owner).or_default().insert(currency, amount);
    }
    let mut all = Workload::default();
    for one in staff {
        let of = |counts: &HashMap<_, u64>| counts.get(&one.id).copied().unwrap_or_default();
        let has = Share {
            customers: of(&customers),
            opportunities: of(&opportunities),
            leads: of(&leads),
            tasks: of(&tasks),
            ..Share::default()
        };
        let open = worth.remove(&one.id).unwrap_or_default();
        for unit in chart.units_of(one.id) {
            let (sum, amounts) = all.units.entry(*unit).or_default();
            sum.customers += has.customers;
            sum.opportunities += has.opportunities;
            sum.leads += has.leads;
            sum.tasks += has.tasks;
            for (currency, amount) in &open {
                *amounts.entry(*currency).or_default() += *amount;
            }
        }
        if one.active || has.all() > 0 {
            all.people.push(PersonLoad {
                staff: one.id,
                unit: chart.unit_of(one.id),
                active: one.active,
                capacity: one.capacity,
                name: one.name,
                has,
                open,
            });
        }
    }
    all.people.sort_by(|a, b| {
        b.has.opportunities.cmp(&a.has.opportunities).then_with(|| a.name.cmp(&b.name))
    });
    Ok(all)
}

impl PersonLoad {
    /// What somebody has of each kind, and how many they take on: customers, opportunities, leads, tasks.
    pub const fn of_capacity(&self) -> [(u64, Option<u32>); 4] {
        [
            (self.has.customers, self.capacity.customers),
            (self.has.opportunities, self.capacity.open_opportunities),
            (self.has.leads, self.capacity.open_leads),
            (self.has.tasks, self.capacity.open_tasks),
        ]
    }
}

impl Workload {
    /// The most open opportunities that one person has, and the median: of those who work here and have some, or say how many they
    /// take on; of an even number the lower of the two in the middle. Others, such as managers, would only lower it.
    pub fn most_and_median(&self) -> Option<(u64, u64)> {
        let takes_on = |one: &&PersonLoad| {
            let most = one.capacity.open_opportunities;
            one.active && (one.has.opportunities > 0 || most.is_some_and(|most| most > 0))
        };
        let mut counts: Vec<_> =
            self.people.iter().filter(takes_on).map(|one| one.has.opportunities).collect();
        counts.sort_unstable();
        Some((*counts.last()?, *counts.get((counts.len() - 1) / 2)?))
    }
}
