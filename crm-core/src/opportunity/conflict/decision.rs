use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    kernel::{Id, Money, Timestamp, text_enum},
    product::Product,
    staff_member::StaffMember,
};

use super::super::Opportunity;

text_enum! {
    /// When two open opportunities with one customer are in conflict.
    pub enum Overlap {
        /// When they are for one product, their own or one of their lines.
        Product = "product",
        /// When they are for products of one category; a product without one is its own.
        Category = "category",
    }
}

/// What opportunities have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    /// A product.
    Product(Id<Product>),
    /// A category of products.
    Category(String),
}

/// Several open opportunities with one customer that have something in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// Whose; of customers that were merged, the survivor.
    pub customer_id: Id<Customer>,
    /// What they have in common.
    pub shared: Shared,
    /// Since when there are two.
    pub since: Timestamp,
    /// The opportunities, the one that began first before the others.
    pub rivals: Vec<Rival>,
}

/// One of several opportunities that are in conflict.
#[derive(Clone, Debug, PartialEq)]
pub struct Rival {
    /// Which.
    pub opportunity_id: Id<Opportunity>,
    /// What it is about.
    pub name: String,
    /// Who works on it.
    pub owner_id: Option<Id<StaffMember>>,
    /// The key of the stage it is in.
    pub stage: String,
    /// What it is worth.
    pub amount: Option<Money>,
    /// Since when it is there: the day it began, else when it was kept first.
    pub since: Timestamp,
}

/// What is read of an opportunity to find conflicts.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) rival: Rival,
    pub(super) opened_on: Option<NaiveDate>,
    pub(super) products: Vec<Id<Product>>,
}

impl Candidate {
    pub(super) fn of(opportunity: &Opportunity) -> Self {
        let began = opportunity.opened_on.and_then(|day| Timestamp::start_of(day).ok());
        let rival = Rival {
            opportunity_id: opportunity.id,
            name: opportunity.name.clone(),
            owner_id: opportunity.owner_id,
            stage: opportunity.stage().to_owned(),
            amount: opportunity.amount,
            since: began.or(opportunity.stage_since()).unwrap_or(Timestamp::MAX),
        };
        Self { rival, opened_on: opportunity.opened_on, products: opportunity.all_products() }
    }
}

impl Opportunity {
    /// Its product and those of its lines, each once.
    pub fn all_products(&self) -> Vec<Id<Product>> {
        let mut products = self.lines.products();
        products.extend(self.product_id.filter(|id| !products.contains(id)));
        products
    }
}

/// The categories of products, where they matter.
pub(super) type Categories = HashMap<Id<Product>, String>;

/// What is shared by which of one customer's open opportunities.
pub(super) fn among(
    candidates: &[Candidate],
    categories: Option<&Categories>,
) -> BTreeMap<Shared, Vec<usize>> {
    let mut by: BTreeMap<Shared, Vec<usize>> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        for product in &candidate.products {
            let category = categories.and_then(|known| known.get(product)).cloned();
            let there = by.entry(category.map_or(Shared::Product(*product), Shared::Category));
            let there = there.or_default();
            if there.last() != Some(&at) {
                there.push(at);
            }
        }
    }
    by.retain(|_, there| there.len() > 1);
    by
}

impl Conflict {
    /// `rivals` are two or more.
    pub(super) fn new(
        customer_id: Id<Customer>,
        shared: Shared,
        mut rivals: Vec<Rival>,
    ) -> Option<Self> {
        rivals.sort_by_key(|rival| (rival.since, rival.opportunity_id));
        let since = rivals.get(1)?.since;
        Some(Self { customer_id, shared, since, rivals })
    }
}
