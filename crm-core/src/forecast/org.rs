use std::collections::HashMap;

use crate::{
    kernel::{Id, Query, Result},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::{ReadUnit, every},
};

use super::Whose;

/// The units of the house and its people, as they are.
pub(super) struct Org {
    units: HashMap<Id<OrgUnit>, (String, Option<Id<OrgUnit>>)>,
    staff: HashMap<Id<StaffMember>, (String, Option<Id<OrgUnit>>)>,
}

impl Org {
    pub(super) async fn load(unit: &mut (dyn ReadUnit + '_)) -> Result<Self> {
        let (mut units, mut staff) = (HashMap::new(), HashMap::new());
        every::<OrgUnit, _>(unit, Query::all(), |one| {
            let one = one.into_inner();
            units.insert(one.id, (one.name, one.parent_id));
            Ok(())
        })
        .await?;
        every::<StaffMember, _>(unit, Query::all(), |one| {
            let one = one.into_inner();
            staff.insert(one.id, (one.name, one.org_unit_id));
            Ok(())
        })
        .await?;
        Ok(Self { units, staff })
    }

    pub(super) fn staff_name(&self, id: Id<StaffMember>) -> Option<&str> {
        self.staff.get(&id).map(|(name, _)| name.as_str())
    }

    pub(super) fn unit_name(&self, id: Id<OrgUnit>) -> Option<&str> {
        self.units.get(&id).map(|(name, _)| name.as_str())
    }

    /// Where somebody works.
    pub(super) fn unit_of(&self, owner: Option<Id<StaffMember>>) -> Option<Id<OrgUnit>> {
        self.staff.get(&owner?)?.1
    }

    /// A unit and all above it, from the top down.
    pub(super) fn path(&self, unit: Id<OrgUnit>) -> Vec<Id<OrgUnit>> {
        let mut path = vec![unit];
        let above = |id: Id<OrgUnit>| self.units.get(&id).and_then(|(_, parent)| *parent);
        // No path is longer than there are units.
        while let Some(parent) = path.last().and_then(|last| above(*last)) {
            if path.len() > self.units.len() {
                break;
            }
            path.push(parent);
        }
        path.reverse();
        path
    }

    /// Whether what this person owns is theirs.
    pub(super) fn belongs(&self, owner: Option<Id<StaffMember>>, whose: Whose) -> bool {
        match whose {
            Whose::House => true,
            Whose::Staff(id) => owner == Some(id),
            Whose::Unit(id) => {
                self.unit_of(owner).is_some_and(|unit| self.path(unit).contains(&id))
            }
        }
    }

    /// The people of a unit and of those below it.
    pub(super) fn people(&self, unit: Id<OrgUnit>) -> Vec<Id<StaffMember>> {
        let all = self.staff.keys().copied();
        let mut people: Vec<_> =
            all.filter(|id| self.belongs(Some(*id), Whose::Unit(unit))).collect();
        people.sort_unstable();
        people
    }

    /// The people who work in no unit.
    pub(super) fn people_without_unit(&self) -> Vec<Id<StaffMember>> {
        let all = self.staff.iter().filter(|(_, (_, unit))| unit.is_none());
        let mut people: Vec<_> = all.map(|(id, _)| *id).collect();
        people.sort_unstable();
        people
    }
}
