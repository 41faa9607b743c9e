use std::collections::{HashMap, HashSet};

use crate::{
    kernel::{Criteria, Entity, Field, Id, Query, Result},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::{ReadUnit, every},
};

/// The org chart: which units stand below which, and who works where, as it is now.
#[derive(Clone, Debug, Default)]
pub struct OrgChart {
    units: HashMap<Id<OrgUnit>, String>,
    staff: HashMap<Id<StaffMember>, (String, Option<Id<OrgUnit>>)>,
    paths: HashMap<Id<OrgUnit>, Vec<Id<OrgUnit>>>,
    members: HashMap<Option<Id<OrgUnit>>, Vec<Id<StaffMember>>>,
    people: HashMap<Id<OrgUnit>, Vec<Id<StaffMember>>>,
}

impl OrgChart {
    /// All units and colleagues of the house.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn load(unit: &mut (dyn ReadUnit + '_)) -> Result<Self> {
        let (mut units, mut staff) = (Vec::new(), Vec::new());
        every::<OrgUnit, _>(unit, Query::all(), |one| {
            let one = one.into_inner();
            units.push((one.id, one.name, one.parent_id));
            Ok(())
        })
        .await?;
        every::<StaffMember, _>(unit, Query::all(), |one| {
            let one = one.into_inner();
            staff.push((one.id, one.name, one.org_unit_id));
            Ok(())
        })
        .await?;
        Ok(Self::of(units, staff))
    }

    fn of(
        units: Vec<(Id<OrgUnit>, String, Option<Id<OrgUnit>>)>,
        mut staff: Vec<(Id<StaffMember>, String, Option<Id<OrgUnit>>)>,
    ) -> Self {
        let mut chart = Self::default();
        let above: HashMap<_, _> = units.iter().map(|(id, _, parent)| (*id, *parent)).collect();
        for (id, name, _) in units {
            chart.paths.insert(id, path(&above, id));
            chart.units.insert(id, name);
        }
        staff.sort_unstable_by_key(|(id, ..)| *id);
        for (id, name, unit) in staff {
            chart.members.entry(unit).or_default().push(id);
            for over in unit.and_then(|unit| chart.paths.get(&unit)).into_iter().flatten() {
                chart.people.entry(*over).or_default().push(id);
            }
            chart.staff.insert(id, (name, unit));
        }
        chart
    }

    /// What a colleague is called.
    pub fn staff_name(&self, id: Id<StaffMember>) -> Option<&str> {
        self.staff.get(&id).map(|(name, _)| name.as_str())
    }

    /// What a unit is called.
    pub fn unit_name(&self, id: Id<OrgUnit>) -> Option<&str> {
        self.units.get(&id).map(String::as_str)
    }

    /// The unit that a colleague works in.
    pub fn unit_of(&self, staff: Id<StaffMember>) -> Option<Id<OrgUnit>> {
        self.staff.get(&staff)?.1
    }

    /// A unit and all above it, from the top down; nothing of a unit that is not there.
    pub fn path(&self, unit: Id<OrgUnit>) -> &[Id<OrgUnit>] {
        self.paths.get(&unit).map_or(&[], Vec::as_slice)
    }

    /// The units of a colleague: their own, and all above it, from the top down.
    pub fn units_of(&self, staff: Id<StaffMember>) -> &[Id<OrgUnit>] {
        self.unit_of(staff).map_or(&[], |unit| self.path(unit))
    }

    /// Whether a colleague works in a unit or in one below it.
    pub fn is_in(&self, staff: Id<StaffMember>, unit: Id<OrgUnit>) -> bool {
        self.units_of(staff).contains(&unit)
    }

    /// Who works in a unit itself, in the order of their ids; without a unit, who works in none.
    pub fn members(&self, unit: Option<Id<OrgUnit>>) -> &[Id<StaffMember>] {
        self.members.get(&unit).map_or(&[], Vec::as_slice)
    }

    /// Who works in a unit or in one below it, in the order of their ids.
    pub fn people(&self, unit: Id<OrgUnit>) -> &[Id<StaffMember>] {
        self.people.get(&unit).map_or(&[], Vec::as_slice)
    }

    /// What the people of a unit and of those below it own; without a unit, what is nobody's or of those who work in none.
    pub fn owned<E: Entity>(
        &self,
        owner: &'static Field<E, Id<StaffMember>>,
        unit: Option<Id<OrgUnit>>,
    ) -> Criteria<E> {
        match unit {
            Some(unit) => self.owned_by(owner, self.people(unit)),
            None => owner.is_empty().or(self.owned_by(owner, self.members(None))),
        }
    }

    /// What these colleagues own. Criteria have room for ten thousand ids: of more it is what somebody owns who is none of the
    /// others, where those are fewer.
    pub fn owned_by<E: Entity>(
        &self,
        owner: &'static Field<E, Id<StaffMember>>,
        people: &[Id<StaffMember>],
    ) -> Criteria<E> {
        if people.len() <= LISTED || people.len() <= self.staff.len() / 2 {
            return owner.one_of(people.iter().copied());
        }
        let listed: HashSet<_> = people.iter().collect();
        let mut others: Vec<_> = self.staff.keys().filter(|id| !listed.contains(id)).collect();
        others.sort_unstable();
        owner.is_present().and(owner.one_of(others.into_iter().copied()).not())
    }
}

/// So many ids are listed as they are; the rest of what criteria have room for is for what else is asked.
const LISTED: usize = 9_900;

fn path(above: &HashMap<Id<OrgUnit>, Option<Id<OrgUnit>>>, unit: Id<OrgUnit>) -> Vec<Id<OrgUnit>> {
    let mut path = vec![unit];
    // No path is longer than there are units.
    while let Some(parent) = path.last().and_then(|last| *above.get(last)?)
        && path.len() <= above.len()
    {
        path.push(parent);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(n: u128) -> Id<OrgUnit> {
        Id::new(uuid::Uuid::from_u128(n))
    }

    fn person(n: u128) -> Id<StaffMember> {
        Id::new(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn people_are_in_their_unit_and_in_all_above_it() {
        let units = [(1, None), (2, Some(1)), (3, Some(2)), (4, None)];
        let units = units.map(|(id, above)| (unit(id), format!("unit {id}"), above.map(unit)));
        let staff = [(13, Some(3)), (11, Some(1)), (12, Some(3)), (14, None)];
        let staff = staff.map(|(id, of)| (person(id), format!("person {id}"), of.map(unit)));
        let chart = OrgChart::of(units.to_vec(), staff.to_vec());
        assert_eq!(chart.path(unit(3)), [1, 2, 3].map(unit));
        assert_eq!(chart.people(unit(1)), [11, 12, 13].map(person));
        assert_eq!(chart.people(unit(2)), [12, 13].map(person));
        assert!(chart.people(unit(4)).is_empty() && chart.path(unit(9)).is_empty());
        assert_eq!(chart.members(Some(unit(1))), [person(11)]);
        assert_eq!(chart.members(None), [person(14)]);
        assert!(chart.is_in(person(12), unit(2)) && !chart.is_in(person(11), unit(2)));
        assert_eq!(chart.staff_name(person(12)), Some("person 12"));
        assert_eq!((chart.unit_name(unit(2)), chart.unit_of(person(14))), (Some("unit 2"), None));
    }

    #[test]
    fn a_branch_of_many_is_asked_for_by_who_is_not_in_it() {
        use crate::customer::{self, Customer};
        let units = [(1, None), (2, None)].map(|(id, up)| (unit(id), String::new(), up));
        let of = |n| Some(unit(if n < 3 { 2 } else { 1 })).filter(|_| n != 0);
        let staff: Vec<_> = (0..12_000).map(|n| (person(n), String::new(), of(n))).collect();
        let chart = OrgChart::of(units.to_vec(), staff);
        let mut customer = Customer::new(
            Id::new(uuid::Uuid::from_u128(1)),
            customer::CustomerKind::Organisation,
            "Library",
        );
        for owner in [None, Some(0), Some(2), Some(3), Some(11_999)] {
            customer.owner_id = owner.map(person);
            for (asked, owned) in
                [(Some(1), owner >= Some(3)), (Some(2), owner == Some(2)), (None, owner <= Some(0))]
            {
                let criteria = chart.owned(&customer::OWNER_ID, asked.map(unit));
                criteria.check().unwrap();
                assert_eq!(criteria.matches(&customer), owned, "{owner:?} {asked:?}");
            }
        }
    }

    #[test]
    fn a_circle_ends() {
        let units = [(1, 2), (2, 1)].map(|(id, up)| (unit(id), String::new(), Some(unit(up))));
        assert_eq!(OrgChart::of(units.to_vec(), Vec::new()).path(unit(1)).len(), 3);
    }
}
