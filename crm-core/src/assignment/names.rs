//! What the records are called that criteria name by their ids.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use crate::{
    contact::{self, Contact},
    customer::{self, Customer},
    kernel::{Criteria, Entity, Field, Id, MAX_LIMIT, Result, Value},
    opportunity::{self, Opportunity},
    org_unit::{self, OrgUnit},
    pipeline::{self, Pipeline},
    product::{self, Product},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit},
    territory::{self, Territory},
};

use super::{Roster, Target, house::AT_ONCE, words::asked};

/// What criteria ask, in words, with the names of the records that they name: "owner Anna Snow or Ben Hill and amount over
/// 50,000 EUR". Of long lists the first few are told.
///
/// # Errors
/// Whatever the store answers.
pub async fn in_words<E: Entity>(
    unit: &mut (dyn ReadUnit + '_),
    criteria: &Criteria<E>,
) -> Result<String> {
    let mut named = Named::default();
    named.add(criteria);
    let roster = Roster::default().with_names(named.names(unit).await?);
    Ok(asked(criteria, &roster))
}

/// The ids in criteria and targets, by the kind of what they name.
#[derive(Default)]
pub(super) struct Named(BTreeMap<&'static str, BTreeSet<Uuid>>);

impl Named {
    /// Those in these criteria too.
    pub(super) fn add<E: Entity>(&mut self, criteria: &Criteria<E>) {
        let mut id = |kind: Option<&'static str>, value: &Value<'_>| {
            if let (Some(kind), Value::Uuid(id)) = (kind, value) {
                self.0.entry(kind).or_default().insert(*id);
            }
        };
        match criteria {
            Criteria::All(list) | Criteria::Any(list) => {
                list.iter().for_each(|one| self.add(one));
            }
            Criteria::Not(one) => self.add(one),
            Criteria::Test(test) => id(test.field.refers_to, &test.value),
            Criteria::OneOf(field, values) => {
                values.iter().for_each(|value| id(field.refers_to, value));
            }
            _ => {}
        }
    }

    /// The territory that a target names, too.
    pub(super) fn add_target(&mut self, target: &Target) {
        if let Some(id) = target.territory() {
            self.0.entry(Territory::KIND).or_default().insert(id.uuid());
        }
    }

    /// What they are called; what is not there, or has no name, is left out.
    pub(super) async fn names(
        &self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<HashMap<Uuid, String>> {
        let mut names = HashMap::new();
        for (kind, ids) in &self.0 {
            let ids: Vec<_> = ids.iter().copied().collect();
            for some in ids.chunks(AT_ONCE) {
                let all = &mut names;
                match *kind {
                    StaffMember::KIND => {
                        called(unit, some, &staff_member::ID, |one| &one.name, all).await?
                    }
                    Customer::KIND => {
                        called(unit, some, &customer::ID, |one| &one.name, all).await?
                    }
                    Contact::KIND => called(unit, some, &contact::ID, |one| &one.name, all).await?,
                    Product::KIND => called(unit, some, &product::ID, |one| &one.name, all).await?,
                    Pipeline::KIND => {
                        called(unit, some, &pipeline::ID, |one| &one.name, all).await?
                    }
                    OrgUnit::KIND => {
                        called(unit, some, &org_unit::ID, |one| &one.name, all).await?
                    }
                    Territory::KIND => {
                        called(unit, some, &territory::ID, |one| &one.name, all).await?
                    }
                    Opportunity::KIND => {
                        called(unit, some, &opportunity::ID, |one| &one.name, all).await?
                    }
                    _ => {}
                }
            }
        }
        Ok(names)
    }
}

async fn called<'u, E: Entity>(
    unit: &mut (dyn ReadUnit + 'u),
    ids: &[Uuid],
    by: &'static Field<E, Id<E>>,
    name: fn(&E) -> &String,
    all: &mut HashMap<Uuid, String>,
) -> Result<()>
where
    dyn ReadUnit + 'u: Read<E>,
{
    let these = by.one_of(ids.iter().map(|id| Id::new(*id))).query().limit(MAX_LIMIT);
    let found = Read::<E>::find(unit, these).await?.items;
    all.extend(found.iter().map(|one| (one.id().uuid(), name(one).clone())));
    Ok(())
}
