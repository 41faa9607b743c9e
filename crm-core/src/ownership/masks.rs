use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::{
    Result,
    customer::{Customer, MERGED_INTO},
    kernel::{Change, Criteria, Entity, Invalid, Query, Stored},
    store::{ReadUnit, every},
};

use super::pool::{ACTIVE, Pool};

/// The pools in use that mask something: they say what is shown of customers and of their change log, and what
/// may be asked.
#[derive(Clone, Debug, Default)]
pub struct Masks(Vec<Pool>);

impl Masks {
    /// Those of the house.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn load(unit: &mut (dyn ReadUnit + '_)) -> Result<Self> {
        let mut masks = Vec::new();
        every(unit, ACTIVE.eq(true).query(), |pool: Stored<Pool>| {
            if !pool.rules.masked.is_empty() {
                masks.push(pool.into_inner());
            }
            Ok(())
        })
        .await?;
        Ok(Self(masks))
    }

    /// What is shown of a customer: without what a pool masks that it lies in. Of one that somebody has, all of it.
    ///
    /// # Errors
    /// As [`Pool::masked`].
    pub fn shown(&self, customer: &Customer) -> Result<Customer, Invalid> {
        self.shown_with(customer, customer)
    }

    /// What is shown of a customer that was merged into this one, the whole record: what the other hides is hidden of it too.
    ///
    /// # Errors
    /// As [`Pool::masked`].
    pub fn shown_with(
        &self,
        customer: &Customer,
        survivor: &Customer,
    ) -> Result<Customer, Invalid> {
        let mut over = self.0.iter().filter(|pool| pool.holds(survivor));
        // Whether it lies in one is asked of the whole record, so that no mask hides another.
        over.try_fold(customer.clone(), |shown, pool| pool.masked(&shown))
    }

    /// What is shown in place of any value that a field of this customer, the whole record, has or had; `None` for a
    /// field that is not hidden.
    ///
    /// # Errors
    /// As [`Pool::masked`].
    pub fn instead(&self, customer: &Customer, field: &str) -> Result<Option<Json>, Invalid> {
        let mut over = self.0.iter().filter(|pool| masks(pool, field) && pool.holds(customer));
        let Some(pool) = over.next() else { return Ok(None) };
        let shown = pool.masked(customer)?;
        let spec = Customer::FIELDS.iter().find(|spec| spec.name == field);
        Ok(spec.map(|spec| (spec.get)(&shown).to_json()))
    }

    /// What is shown of an entry of the change log of this customer, the whole record as it is now, or of one that was
    /// merged into it: which fields changed, without the values of those that are hidden.
    ///
    /// # Errors
    /// As [`Pool::masked`].
    pub fn change(&self, customer: &Customer, change: &Change) -> Result<Change, Invalid> {
        let mut shown = change.clone();
        for field in &mut shown.fields {
            let Some(instead) = self.instead(customer, &field.field)? else { continue };
            if !field.from.is_null() {
                field.from = instead.clone();
            }
            field.to = instead;
        }
        Ok(shown)
    }

    /// The fields by which a query filters or sorts and that a pool masks.
    pub fn asked(&self, query: &Query<Customer>) -> BTreeSet<&'static str> {
        let filters = query.criteria.tests().into_iter().filter_map(field_of);
        let fields = filters.chain(query.order.iter().map(|by| by.field.name));
        fields.filter(|field| self.hide(field)).collect()
    }

    /// What somebody may ask who is not to know: the query without what lies in a pool that masks a field by which it
    /// filters or sorts, as who is found, and where, would tell its value; and without what was merged, which is masked
    /// as its survivor.
    #[must_use]
    pub fn seen(&self, mut query: Query<Customer>) -> Query<Customer> {
        let asked = self.asked(&query);
        for pool in self.0.iter().filter(|pool| asked.iter().any(|field| masks(pool, field))) {
            query.criteria = query.criteria.and(pool.free_customers().not());
        }
        if !asked.is_empty() {
            query.criteria = query.criteria.and(MERGED_INTO.is_empty());
        }
        query
    }

    /// Whether a pool masks this field.
    pub(super) fn hide(&self, field: &str) -> bool {
        self.0.iter().any(|pool| masks(pool, field))
    }
}

fn masks(pool: &Pool, field: &str) -> bool {
    pool.rules.masked.iter().any(|name| name == field)
}

/// What a single test looks at.
fn field_of(test: &Criteria<Customer>) -> Option<&'static str> {
    match test {
        Criteria::Test(test) => Some(test.field.name),
        Criteria::Custom(test) => Some(test.field.name),
        Criteria::OneOf(field, _) | Criteria::Empty(field) | Criteria::CustomEmpty(field, _) => {
            Some(field.name)
        }
        Criteria::All(_) | Criteria::Any(_) | Criteria::Not(_) => None,
    }
}
