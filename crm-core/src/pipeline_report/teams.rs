use std::collections::HashMap;

use crate::{
    kernel::{Criteria, Id, Query, Result, Value},
    opportunity::{self, Opportunity},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::{ReadUnit, every},
};

/// What those own who work in an org unit or in one below it.
///
/// # Errors
/// Whatever the store answers.
pub async fn owned_by_team(
    unit: &mut (dyn ReadUnit + '_),
    team: Id<OrgUnit>,
) -> Result<Criteria<Opportunity>> {
    Ok(Teams::load(unit).await?.owned_in(Some(team)))
}

/// Who works in which unit, and which units those are in.
pub(super) struct Teams {
    /// Which unit each is below.
    units: HashMap<Id<OrgUnit>, Option<Id<OrgUnit>>>,
    works_in: HashMap<Id<StaffMember>, Id<OrgUnit>>,
    nowhere: Vec<Id<StaffMember>>,
}

impl Teams {
    pub(super) async fn load(unit: &mut (dyn ReadUnit + '_)) -> Result<Self> {
        let (mut units, mut works_in, mut nowhere) = (HashMap::new(), HashMap::new(), Vec::new());
        every::<OrgUnit, _>(unit, Query::all(), |one| {
            units.insert(one.id, one.parent_id);
            Ok(())
        })
        .await?;
        every::<StaffMember, _>(unit, Query::all(), |one| {
            match one.org_unit_id {
                Some(unit) => drop(works_in.insert(one.id, unit)),
                None => nowhere.push(one.id),
            }
            Ok(())
        })
        .await?;
        Ok(Self { units, works_in, nowhere })
    }

    /// The units of a colleague: their own, and all above it.
    fn of(&self, staff: Id<StaffMember>) -> Vec<Id<OrgUnit>> {
        let mut all: Vec<Id<OrgUnit>> = Vec::new();
        let mut next = self.works_in.get(&staff).copied();
        while let Some(unit) = next.filter(|unit| !all.contains(unit)) {
            all.push(unit);
            next = self.units.get(&unit).copied().flatten();
        }
        all
    }

    /// The units that an owner counts in, as values; nothing for those without one.
    pub(super) fn rows_of(&self, owner: &Value<'static>) -> Vec<Value<'static>> {
        let units = match owner {
            Value::Uuid(id) => self.of(Id::new(*id)),
            _ => Vec::new(),
        };
        if units.is_empty() {
            return vec![Value::Null];
        }
        units.into_iter().map(|unit| Value::Uuid(unit.uuid())).collect()
    }

    /// Who works in a unit or below it; without a unit, who works nowhere.
    pub(super) fn people(&self, unit: Option<Id<OrgUnit>>) -> Vec<Id<StaffMember>> {
        let mut people: Vec<_> = match unit {
            Some(unit) => {
                let all = self.works_in.keys().copied();
                all.filter(|one| self.of(*one).contains(&unit)).collect()
            }
            None => self.nowhere.clone(),
        };
        people.sort_unstable();
        people
    }

    /// What those own who work in a unit or below it; without a unit, who work nowhere.
    pub(super) fn owned_in(&self, unit: Option<Id<OrgUnit>>) -> Criteria<Opportunity> {
        match unit {
            Some(_) => opportunity::OWNER_ID.one_of(self.people(unit)),
            None => {
                let mut elsewhere: Vec<_> = self.works_in.keys().copied().collect();
                elsewhere.sort_unstable();
                opportunity::OWNER_ID.one_of(elsewhere).not()
            }
        }
    }
}
