use serde::Serialize;

use crate::{
    kernel::{Criteria, Entity, Field, Id, Invalid},
    org::OrgChart,
    org_unit::OrgUnit,
    staff_member::StaffMember,
};

/// Of whom a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Of everybody, also of what is nobody's.
    House,
    /// Of the people of a unit and of those below it.
    Unit(Id<OrgUnit>),
    /// Of somebody.
    Staff(Id<StaffMember>),
}

impl Whose {
    /// As records keep it.
    pub(super) const fn ids(self) -> (Option<Id<StaffMember>>, Option<Id<OrgUnit>>) {
        match self {
            Self::House => (None, None),
            Self::Unit(id) => (None, Some(id)),
            Self::Staff(id) => (Some(id), None),
        }
    }

    /// As records keep it.
    pub(super) const fn of(staff: Option<Id<StaffMember>>, unit: Option<Id<OrgUnit>>) -> Self {
        match (staff, unit) {
            (Some(id), _) => Self::Staff(id),
            (None, Some(id)) => Self::Unit(id),
            (None, None) => Self::House,
        }
    }

    /// Whether what this person owns is theirs.
    pub(super) fn owns(self, org: &OrgChart, owner: Option<Id<StaffMember>>) -> bool {
        match self {
            Self::House => true,
            Self::Staff(id) => owner == Some(id),
            Self::Unit(id) => owner.is_some_and(|owner| org.is_in(owner, id)),
        }
    }

    /// Whether these are among them: a unit has those below it and their people, the house has all.
    pub(super) fn has(self, org: &OrgChart, other: Self) -> bool {
        match (self, other) {
            (Self::House, _) => true,
            (Self::Unit(id), Self::Unit(other)) => other == id || org.path(other).contains(&id),
            (Self::Unit(id), Self::Staff(staff)) => org.is_in(staff, id),
            (one, other) => one == other,
        }
    }

    /// What is theirs, for a store.
    pub(super) fn owned<E: Entity>(
        self,
        org: &OrgChart,
        owner: &'static Field<E, Id<StaffMember>>,
    ) -> Criteria<E> {
        match self {
            Self::House => Criteria::everything(),
            Self::Staff(id) => owner.eq(id),
            Self::Unit(id) => org.owned(owner, Some(id)),
        }
    }

    /// What they are called; the house has no name.
    pub(super) fn name(self, org: &OrgChart) -> Option<String> {
        match self {
            Self::House => None,
            Self::Unit(id) => org.unit_name(id).map(str::to_owned),
            Self::Staff(id) => org.staff_name(id).map(str::to_owned),
        }
    }

    /// The house first, then units, then people.
    pub(super) const fn rank(self) -> u8 {
        match self {
            Self::House => 0,
            Self::Unit(_) => 1,
            Self::Staff(_) => 2,
        }
    }

    pub(super) fn key(self) -> String {
        match self {
            Self::House => "house".to_owned(),
            Self::Unit(id) => format!("unit {id}"),
            Self::Staff(id) => format!("staff {id}"),
        }
    }
}

/// A record is somebody's or a unit's, not both.
pub(super) fn not_both<E: Entity>(
    staff: Option<Id<StaffMember>>,
    unit: Option<Id<OrgUnit>>,
) -> Result<(), Invalid> {
    if staff.is_some() && unit.is_some() {
        let reason = "it is of a person or of a unit, not of both: leave one of them out";
        return Err(Invalid::field::<E>("org_unit_id", reason));
    }
    Ok(())
}
