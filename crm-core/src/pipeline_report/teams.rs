use std::collections::{BTreeMap, HashMap};

use crate::{
    kernel::{Criteria, Id, Query, Result, Value},
    opportunity::{self, Opportunity},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::{ReadUnit, every},
};

use super::{
    group::of_both,
    tally::{Group, Tally},
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
    units: HashMap<Id<OrgUnit>, (String, Option<Id<OrgUnit>>)>,
    works_in: HashMap<Id<StaffMember>, Id<OrgUnit>>,
}

impl Teams {
    pub(super) async fn load(unit: &mut (dyn ReadUnit + '_)) -> Result<Self> {
        let (mut units, mut works_in) = (HashMap::new(), HashMap::new());
        every::<OrgUnit, _>(unit, Query::all(), |one| {
            units.insert(one.id, (one.name.clone(), one.parent_id));
            Ok(())
        })
        .await?;
        every::<StaffMember, _>(unit, Query::all(), |one| {
            works_in.extend(one.org_unit_id.map(|unit| (one.id, unit)));
            Ok(())
        })
        .await?;
        Ok(Self { units, works_in })
    }

    /// The units of a colleague: their own, and all above it.
    fn of(&self, staff: Id<StaffMember>) -> Vec<Id<OrgUnit>> {
        let mut all: Vec<Id<OrgUnit>> = Vec::new();
        let mut next = self.works_in.get(&staff).copied();
        while let Some(unit) = next.filter(|unit| !all.contains(unit)) {
            all.push(unit);
            next = self.units.get(&unit).and_then(|(_, above)| *above);
        }
        all
    }

    /// What owners did, for each unit that one of them works in or below, by name; at last for those without one.
    pub(super) fn roll_up(
        &self,
        of_owners: Vec<(Value<'static>, Tally)>,
        filter: &Criteria<Opportunity>,
    ) -> Result<Vec<Group>> {
        let mut sums: BTreeMap<Option<Id<OrgUnit>>, Tally> = BTreeMap::new();
        for (owner, tally) in &of_owners {
            let units = match owner {
                Value::Uuid(id) => self.of(Id::new(*id)),
                _ => Vec::new(),
            };
            if units.is_empty() {
                sums.entry(None).or_default().add(tally)?;
            }
            for unit in units {
                sums.entry(Some(unit)).or_default().add(tally)?;
            }
        }
        let mut groups = Vec::new();
        for (unit, tally) in sums {
            let name = unit.and_then(|unit| self.units.get(&unit)).map(|(name, _)| name.clone());
            let key = unit.map(|unit| unit.to_string());
            let criteria = of_both(filter, &self.owned_in(unit));
            groups.push(Group { key, name, tally, criteria, customer: None });
        }
        groups.sort_by(|a, b| {
            let place = |one: &Group| (one.key.is_none(), one.name.clone(), one.key.clone());
            place(a).cmp(&place(b))
        });
        Ok(groups)
    }

    /// What those own who work in a unit or below it; without a unit, who work nowhere.
    fn owned_in(&self, unit: Option<Id<OrgUnit>>) -> Criteria<Opportunity> {
        match unit {
            Some(unit) => {
                let mut in_it: Vec<_> = self
                    .works_in
                    .keys()
                    .filter(|one| self.of(**one).contains(&unit))
                    .copied()
                    .collect();
                in_it.sort_unstable();
                opportunity::OWNER_ID.one_of(in_it)
            }
            None => {
                let mut elsewhere: Vec<_> = self.works_in.keys().copied().collect();
                elsewhere.sort_unstable();
                opportunity::OWNER_ID.one_of(elsewhere).not()
            }
        }
    }
}
