use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use crate::{
    customer::{self, Customer},
    kernel::{Criteria, Cursor, Id, MAX_LIMIT, Page, Query, Result},
    org::{Cover, cover_on},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit, every},
    territory_member::{self, TerritoryMember},
};

use super::{Territory, TerritoryTree, territory_tree};

/// Whether the territories of a day fit: each customer in one, somebody in each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TerritoryCheck {
    /// Of which day.
    pub day: NaiveDate,
    /// How many customers there are; those who were archived or merged do not count.
    pub customers: u64,
    /// The territories that count, those above before those below.
    pub territories: Vec<TerritoryCount>,
    /// Customers that several claim equally; one of these has them, by the id alone.
    pub overlaps: Vec<Overlap>,
    /// How many customers belong nowhere.
    pub gap: u64,
    /// Which they are.
    pub gap_criteria: Criteria<Customer>,
    /// Where nobody works, or who works there and is not there.
    pub members: Vec<MemberTrouble>,
}

/// A territory, and how many customers it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TerritoryCount {
    /// Which one.
    pub territory: Id<Territory>,
    /// Its name.
    pub name: String,
    /// How deep it is: 0 at the top.
    pub depth: usize,
    /// How many customers it has; those of the ones below it are theirs.
    pub customers: u64,
}

/// Customers that several territories of one depth and priority claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// Which territories; the first one has the customers.
    pub territories: Vec<Id<Territory>>,
    /// How many customers.
    pub customers: u64,
    /// Which they are.
    pub criteria: Criteria<Customer>,
}

/// A territory without those who should be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum MemberTrouble {
    /// Nobody works there: asked of territories that have customers, or no other below them.
    NoMember {
        /// Where.
        territory: Id<Territory>,
    },
    /// A member does not work here any more.
    Inactive {
        /// Where.
        territory: Id<Territory>,
        /// Who.
        staff: Id<StaffMember>,
    },
    /// A member is absent that day.
    Away {
        /// Where.
        territory: Id<Territory>,
        /// Who.
        staff: Id<StaffMember>,
        /// Who stands in.
        deputy: Option<Id<StaffMember>>,
    },
}

/// Checks the territories of a day. It goes through all customers, a page at a time.
///
/// # Errors
/// Whatever the store answers.
pub async fn check(unit: &mut (dyn ReadUnit + '_), day: NaiveDate) -> Result<TerritoryCheck> {
    let tree = territory_tree(unit, day).await?;
    let (mut customers, mut gap) = (0, 0);
    let mut had: BTreeMap<Id<Territory>, u64> = BTreeMap::new();
    let mut tied: BTreeMap<Vec<Id<Territory>>, u64> = BTreeMap::new();
    let mut after = None;
    loop {
        let page = page_of_customers(unit, after).await?;
        customers += page.items.len() as u64;
        for customer in &page.items {
            let claims = tree.claims(customer);
            let Some(best) = claims.first() else {
                gap += 1;
                continue;
            };
            *had.entry(best.territory.id).or_default() += 1;
            let equal = claims.iter().take_while(|claim| claim.rank == best.rank);
            let equal: Vec<_> = equal.map(|claim| claim.territory.id).collect();
            if equal.len() > 1 {
                *tied.entry(equal).or_default() += 1;
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let territories = tree.territories().map(|one| TerritoryCount {
        territory: one.id,
        name: one.name.clone(),
        depth: tree.path(one.id).len().saturating_sub(1),
        customers: had.get(&one.id).copied().unwrap_or(0),
    });
    let territories: Vec<_> = territories.collect();
    let overlaps = tied.into_iter().map(|(territories, customers)| {
        let criteria = daily().and(tree.claimed_by(&territories));
        Overlap { territories, customers, criteria }
    });
    Ok(TerritoryCheck {
        day,
        customers,
        overlaps: overlaps.collect(),
        gap,
        gap_criteria: daily().and(tree.gap()),
        members: troubles(unit, &tree, &territories, day).await?,
        territories,
    })
}

/// Customers who are part of the daily work.
fn daily() -> Criteria<Customer> {
    customer::ARCHIVED_AT.is_empty().and(customer::MERGED_INTO.is_empty())
}

pub(super) async fn page_of_customers(
    unit: &mut (dyn ReadUnit + '_),
    after: Option<Cursor>,
) -> Result<Page<Customer>> {
    Read::<Customer>::find(unit, daily().query().limit(MAX_LIMIT).after(after)).await
}

/// The members of a day, by territory.
pub(super) async fn members_on(
    unit: &mut (dyn ReadUnit + '_),
    day: NaiveDate,
) -> Result<Vec<TerritoryMember>> {
    let mut all = Vec::new();
    let over = territory_member::LAST_DAY.below(day);
    every::<TerritoryMember, _>(unit, over.not().query(), |one| {
        if one.is_effective(day) {
            all.push(one.into_inner());
        }
        Ok(())
    })
    .await?;
    all.sort_by_key(|one| (one.territory_id, one.staff_id, one.id));
    Ok(all)
}

async fn troubles(
    unit: &mut (dyn ReadUnit + '_),
    tree: &TerritoryTree,
    counts: &[TerritoryCount],
    day: NaiveDate,
) -> Result<Vec<MemberTrouble>> {
    let members = members_on(unit, day).await?;
    let cover: Cover = cover_on(unit, day).await?;
    let mut inactive = BTreeSet::new();
    every::<StaffMember, _>(unit, staff_member::ACTIVE.eq(false).query(), |one| {
        inactive.insert(one.id);
        Ok(())
    })
    .await?;
    let mut troubles = Vec::new();
    for TerritoryCount { territory, customers, .. } in counts {
        let territory = *territory;
        let mut there: Vec<_> = members
            .iter()
            .filter(|member| member.territory_id == territory)
            .map(|member| member.staff_id)
            .collect();
        // Who has two roles there is one person.
        there.dedup();
        if there.is_empty() && (*customers > 0 || !tree.is_divided(territory)) {
            troubles.push(MemberTrouble::NoMember { territory });
        }
        for staff in there {
            if inactive.contains(&staff) {
                troubles.push(MemberTrouble::Inactive { territory, staff });
            } else if cover.is_away(staff) {
                let deputy = cover.deputy_of(staff);
                troubles.push(MemberTrouble::Away { territory, staff, deputy });
            }
        }
    }
    Ok(troubles)
}

/// Every member that is known, also those whose days are over.
pub(super) async fn all_members(unit: &mut (dyn ReadUnit + '_)) -> Result<Vec<TerritoryMember>> {
    let mut all = Vec::new();
    every::<TerritoryMember, _>(unit, Query::all(), |one| {
        all.push(one.into_inner());
        Ok(())
    })
    .await?;
    Ok(all)
}
