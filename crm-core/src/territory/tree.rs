use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    kernel::{CYCLE, Criteria, Id, Invalid},
};

use super::Territory;

/// The territories that count on a day, those above before those below.
#[derive(Clone, Debug)]
pub struct TerritoryTree {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
struct Node {
    territory: Territory,
    above: Option<usize>,
    depth: u32,
}

/// How a territory compares with others that count for the same customer; the id comes last.
type Rank = (u32, i64);

impl TerritoryTree {
    /// Of these territories those that count on a day, with all that are above them.
    ///
    /// # Errors
    /// [`Invalid`] when two have one id, one stands above itself, or is below one that is not among them.
    pub fn new(territories: Vec<Territory>, day: NaiveDate) -> Result<Self, Invalid> {
        let wrong = |one: &Territory, reason: &str| {
            Invalid::field::<Territory>("parent_id", format!("{:?}: {reason}", one.name))
        };
        let all = territories.len();
        let mut below: BTreeMap<Option<Id<Territory>>, Vec<Territory>> = BTreeMap::new();
        let mut known = HashMap::new();
        for one in &territories {
            if let Some(other) = known.insert(one.id, one.name.clone()) {
                let reason = format!("{other:?} and {:?} have one id", one.name);
                return Err(Invalid::field::<Territory>("id", reason));
            }
        }
        for one in territories {
            if one.parent_id.is_some_and(|above| !known.contains_key(&above)) {
                return Err(wrong(&one, "what it is a part of is not there"));
            }
            below.entry(one.parent_id).or_default().push(one);
        }
        // From the top down, each level by id: whoever is not reached stands in a circle.
        let (mut nodes, mut reached): (Vec<Node>, _) = (Vec::new(), 0);
        let mut level: Vec<(Option<usize>, bool, u32, Territory)> = Vec::new();
        level.extend(
            below.remove(&None).unwrap_or_default().into_iter().map(|one| (None, true, 0, one)),
        );
        while !level.is_empty() {
            level.sort_by_key(|(.., one)| one.id);
            let mut next = Vec::new();
            for (above, counts, depth, territory) in level {
                reached += 1;
                let counts = counts && territory.is_effective(day);
                let inner = below.remove(&Some(territory.id)).unwrap_or_default();
                let place = counts.then_some(nodes.len());
                next.extend(inner.into_iter().map(|one| (place, counts, depth + 1, one)));
                if counts {
                    nodes.push(Node { territory, above, depth });
                }
            }
            level = next;
        }
        match below.into_values().flatten().next() {
            Some(one) if reached < all => Err(wrong(&one, CYCLE)),
            _ => Ok(Self { nodes }),
        }
    }

    /// The territories, those above before those below.
    pub fn territories(&self) -> impl Iterator<Item = &Territory> {
        self.nodes.iter().map(|node| &node.territory)
    }

    /// A territory, if it counts.
    pub fn get(&self, id: Id<Territory>) -> Option<&Territory> {
        self.territories().find(|one| one.id == id)
    }

    /// From the one at the top down to this one; empty where it does not count.
    pub fn path(&self, id: Id<Territory>) -> Vec<&Territory> {
        let at = self.nodes.iter().position(|node| node.territory.id == id);
        self.path_of(at).into_iter().map(|node| &node.territory).collect()
    }

    /// Which customers a territory counts for, as criteria: its own, and those of all above it.
    pub fn criteria(&self, id: Id<Territory>) -> Criteria<Customer> {
        let path = self.path(id);
        path.into_iter().fold(Criteria::everything(), |all, one| all.and(one.criteria.0.clone()))
    }

    /// The customers that belong nowhere, as criteria.
    pub fn gap(&self) -> Criteria<Customer> {
        let top = self.nodes.iter().filter(|node| node.above.is_none());
        Criteria::Any(top.map(|node| node.territory.criteria.0.clone()).collect()).not()
    }

    /// Of which customers all these territories have a claim that only their ids decide, and no other has a better one.
    pub fn claimed_by(&self, tied: &[Id<Territory>]) -> Criteria<Customer> {
        let of = |node: &&Node| tied.contains(&node.territory.id);
        let Some(rank) = self.nodes.iter().find(of).map(Node::rank) else {
            return Criteria::Any(Vec::new());
        };
        let criteria = |node: &Node| self.criteria(node.territory.id);
        let all = self.nodes.iter().filter(of).map(criteria).collect();
        let others = self.nodes.iter().filter(|node| !of(node) && node.rank() >= rank);
        Criteria::All(all).and(Criteria::Any(others.map(criteria).collect()).not())
    }

    /// Whether another territory that counts is a part of this one.
    pub fn is_divided(&self, id: Id<Territory>) -> bool {
        self.territories().any(|one| one.parent_id == Some(id))
    }

    /// Those that count for a customer, the one that has it first.
    pub(super) fn claims(&self, customer: &Customer) -> Vec<Claim<'_>> {
        let mut holds = vec![false; self.nodes.len()];
        let mut claims = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let above = node.above.is_none_or(|above| holds.get(above) == Some(&true));
            if above && node.territory.criteria.0.matches(customer) {
                if let Some(place) = holds.get_mut(at) {
                    *place = true;
                }
                claims.push(Claim { territory: &node.territory, rank: node.rank() });
            }
        }
        claims.sort_by_key(|claim| (Reverse(claim.rank), claim.territory.id));
        claims
    }

    fn path_of(&self, mut at: Option<usize>) -> Vec<&Node> {
        let mut path = Vec::new();
        while let Some(node) = at.and_then(|at| self.nodes.get(at)) {
            path.push(node);
            at = node.above;
        }
        path.reverse();
        path
    }
}

impl Node {
    const fn rank(&self) -> Rank {
        (self.depth, self.territory.priority)
    }
}

/// A territory that counts for a customer.
pub(super) struct Claim<'t> {
    pub(super) territory: &'t Territory,
    /// How deep it is, and its priority: the highest has the customer.
    pub(super) rank: Rank,
}
