use chrono::NaiveDate;
use serde::Serialize;

use crate::{
    customer::Customer,
    kernel::{Criteria, Id, Invalid},
};

use super::{Territory, TerritoryTree};

/// Where a customer belongs, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Placement {
    /// The territory; none where none counts for the customer.
    pub territory: Option<Id<Territory>>,
    /// From the one at the top down to it.
    pub path: Vec<Id<Territory>>,
    /// For each of the path, the tests that held.
    pub why: Vec<Held>,
    /// The others that count for the customer too and are not on the path, the best first.
    pub also: Vec<Other>,
}

/// Why a territory counts for a customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Held {
    /// Which one.
    pub territory: Id<Territory>,
    /// The tests that held, of alternatives the first one; none where it takes every customer.
    pub tests: Vec<Criteria<Customer>>,
}

/// A territory that counts for a customer and does not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Other {
    /// Which one.
    pub territory: Id<Territory>,
    /// What was decisive.
    pub lost: LostBy,
}

/// What decides between two territories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LostBy {
    /// It is not as deep.
    Depth,
    /// It is as deep, and its priority is lower.
    Priority,
    /// It is as deep and has the same priority: the lower id decides. Such customers overlap.
    Id,
}

/// Where a customer belongs on a day: for one, or a few. For many, make a [`TerritoryTree`] once.
///
/// ```
/// use crm_core::{customer::{self, Customer, CustomerKind}, kernel::{Criteria, Id}, territory::{LostBy, Territory, place}};
/// # let id = |n| uuid::Uuid::from_u128(n);
/// let house = Territory::new(Id::new(id(1)), "The house", Criteria::everything());
/// let mut part = Territory::new(Id::new(id(2)), "Retail", customer::INDUSTRY.eq("retail"));
/// part.parent_id = Some(house.id);
/// let other = Territory::new(Id::new(id(3)), "Also", Criteria::everything());
/// let mut acme = Customer::new(Id::new(id(9)), CustomerKind::Organisation, "Acme");
/// acme.industry = Some("retail".into());
/// let placement = place(&acme, &[house, part.clone(), other], "2026-01-01".parse()?)?;
/// assert_eq!(placement.territory, Some(part.id));
/// assert_eq!(placement.why[1].tests[0].to_json()["value"], "retail");
/// assert_eq!(placement.also[0].lost, LostBy::Depth);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`TerritoryTree::new`].
pub fn place(
    customer: &Customer,
    territories: &[Territory],
    day: NaiveDate,
) -> Result<Placement, Invalid> {
    Ok(TerritoryTree::new(territories.to_vec(), day)?.place(customer))
}

impl TerritoryTree {
    /// Where a customer belongs, and why.
    pub fn place(&self, customer: &Customer) -> Placement {
        let claims = self.claims(customer);
        let Some(best) = claims.first() else { return Placement::default() };
        let path = self.path(best.territory.id);
        let why = path.iter().map(|one| {
            let mut tests = Vec::new();
            held(&one.criteria.0, customer, &mut tests);
            Held { territory: one.id, tests }
        });
        let others = claims.iter().skip(1).filter(|claim| !path.contains(&claim.territory));
        let also = others.map(|claim| Other {
            territory: claim.territory.id,
            lost: match (claim.rank, best.rank) {
                ((depth, _), (best, _)) if depth < best => LostBy::Depth,
                ((_, priority), (_, best)) if priority < best => LostBy::Priority,
                _ => LostBy::Id,
            },
        });
        Placement {
            territory: Some(best.territory.id),
            why: why.collect(),
            also: also.collect(),
            path: path.iter().map(|one| one.id).collect(),
        }
    }

    /// The territory that has a customer.
    pub fn territory_of(&self, customer: &Customer) -> Option<Id<Territory>> {
        self.claims(customer).first().map(|claim| claim.territory.id)
    }
}

/// The tests because of which these criteria hold.
fn held(criteria: &Criteria<Customer>, customer: &Customer, tests: &mut Vec<Criteria<Customer>>) {
    match criteria {
        Criteria::All(list) => list.iter().for_each(|one| held(one, customer, tests)),
        Criteria::Any(list) => {
            if let Some(first) = list.iter().find(|one| one.matches(customer)) {
                held(first, customer, tests);
            }
        }
        test => tests.push(test.clone()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::customer::{self, CustomerKind};

    fn id<E>(number: u128) -> Id<E> {
        Id::new(Uuid::from_u128(number))
    }

    fn territory(number: u128, above: Option<u128>, criteria: Criteria<Customer>) -> Territory {
        Territory {
            parent_id: above.map(id),
            ..Territory::new(id(number), format!("T{number}"), criteria)
        }
    }

    fn acme() -> Customer {
        let mut acme = Customer::new(id(100), CustomerKind::Organisation, "Acme");
        (acme.industry, acme.employees) = (Some("retail".into()), Some(50));
        acme
    }

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn depth_then_priority_then_id_decide() {
        let retail = || customer::INDUSTRY.eq("retail");
        let mut all = vec![
            territory(1, None, retail()),
            territory(2, Some(1), customer::EMPLOYEES.at_least(10).or(retail())),
            territory(3, None, Criteria::everything()),
            territory(4, Some(3), retail()),
            territory(5, Some(3), retail()),
            territory(6, Some(7), retail()),
            territory(7, None, customer::INDUSTRY.eq("medical")),
        ];
        let day = on("2026-01-01");
        let found = place(&acme(), &all, day).unwrap();
        assert_eq!((found.territory, &found.path[..]), (Some(id(2)), &[id(1), id(2)][..]));
        let tests = |at: usize| {
            found.why[at]
                .tests
                .iter()
                .map(|test| test.to_json()["field"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!((tests(0), tests(1)), (vec!["industry".into()], vec!["employees".into()]));
        let also = found.also.iter().map(|other| (other.territory, other.lost)).collect::<Vec<_>>();
        let lost = [(id(4), LostBy::Id), (id(5), LostBy::Id), (id(3), LostBy::Depth)];
        assert_eq!(also, lost, "T6 counts only where T7 does");
        all[4].priority = 1;
        let found = place(&acme(), &all, day).unwrap();
        assert_eq!((found.territory, found.also[0].lost), (Some(id(5)), LostBy::Priority));
        // What is below a territory that does not count any more does not either.
        all[2].last_day = Some(on("2025-12-31"));
        assert_eq!(place(&acme(), &all, day).unwrap().territory, Some(id(2)));
        let none = place(&acme(), &all[6..], day).unwrap();
        assert_eq!(none, Placement::default());
    }

    #[test]
    fn trees_that_cannot_be_are_refused() {
        let everything = Criteria::everything;
        let day = on("2026-01-01");
        let circle = [territory(1, Some(2), everything()), territory(2, Some(1), everything())];
        assert!(place(&acme(), &circle, day).unwrap_err().reason.contains("above itself"));
        let orphan = [territory(1, Some(9), everything())];
        assert!(place(&acme(), &orphan, day).unwrap_err().reason.contains("not there"));
        let twice = [territory(1, None, everything()), territory(1, None, everything())];
        assert_eq!(place(&acme(), &twice, day).unwrap_err().field, "id");
    }

    #[test]
    fn claims_are_criteria_too() {
        let retail = || customer::INDUSTRY.eq("retail");
        let tree = TerritoryTree::new(
            vec![
                territory(1, None, retail()),
                territory(2, None, customer::EMPLOYEES.at_least(10)),
                territory(3, Some(2), customer::EMPLOYEES.at_least(1_000)),
            ],
            on("2026-01-01"),
        )
        .unwrap();
        let both = tree.claimed_by(&[id(1), id(2)]);
        let large = Customer { employees: Some(5_000), ..acme() };
        let small = Customer { employees: Some(5), ..acme() };
        let none = Customer { employees: None, industry: None, ..acme() };
        let hold = [&acme(), &large, &small, &none].map(|one| both.matches(one));
        assert_eq!(hold, [true, false, false, false], "the large one has a deeper territory");
        let gap = [&acme(), &large, &small, &none].map(|one| tree.gap().matches(one));
        assert_eq!(gap, [false, false, false, true]);
        assert!(tree.criteria(id(3)).matches(&large) && tree.is_divided(id(2)));
    }
}
