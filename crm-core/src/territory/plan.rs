use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Id, Invalid, Result},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit},
    territory_member::TerritoryMember,
};

use super::{CustomerCriteria, Territory, TerritoryTree, check::all_members, look_up};

/// All territories as they are to be, as data: what a file has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerritoryPlan {
    /// The territories. Those that are there and not in this list end.
    pub territories: Vec<PlannedTerritory>,
}

/// A territory as it is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedTerritory {
    /// What it is called.
    pub name: String,
    /// What another system calls it. By this, or else by its name, it is known again.
    #[serde(default)]
    pub external_id: Option<String>,
    /// What it is a part of: the external id or the name of another one of the plan.
    #[serde(default)]
    pub parent: Option<String>,
    /// Which customers belong to it; without, all that belong to the ones above it.
    #[serde(default)]
    pub criteria: CustomerCriteria,
    /// As [`Territory::priority`].
    #[serde(default)]
    pub priority: i64,
    /// The first day on which it counts.
    #[serde(default)]
    pub first_day: Option<NaiveDate>,
    /// The last day on which it counts.
    #[serde(default)]
    pub last_day: Option<NaiveDate>,
    /// Who works there; without the list, those who do now.
    #[serde(default)]
    pub members: Option<Vec<PlannedMember>>,
}

/// A member of a territory as it is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedMember {
    /// Who: an external id or a name.
    pub staff: String,
    /// As what.
    #[serde(default = "owner")]
    pub role: String,
    /// The first day.
    #[serde(default)]
    pub first_day: Option<NaiveDate>,
    /// The last day.
    #[serde(default)]
    pub last_day: Option<NaiveDate>,
}

fn owner() -> String {
    TerritoryMember::OWNER.to_owned()
}

/// What a plan comes to: records, those of territories before those below them.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// The territories.
    pub territories: Vec<Territory>,
    /// Their members.
    pub members: Vec<TerritoryMember>,
}

impl TerritoryPlan {
    /// Finds what is there already and who is meant. Nothing is written.
    ///
    /// # Errors
    /// [`Invalid`] says which territory cannot be so, and why: two of one name, a part of one that is not there, above itself, a member
    /// who is not there.
    pub async fn resolve(&self, unit: &mut (dyn ReadUnit + '_)) -> Result<Alignment> {
        let tenant = unit.scope().tenant;
        let (there, members) = (look_up::all(unit).await?, all_members(unit).await?);
        let mut ids: HashMap<&str, Id<Territory>> = HashMap::new();
        for one in &self.territories {
            let known = match &one.external_id {
                Some(key) => there.iter().find(|old| old.external_id.as_ref() == Some(key)),
                None => None,
            };
            let known = known.or_else(|| there.iter().find(|old| old.name == one.name));
            let new = || Id::derived(tenant, &format!("territory {}", one.key()));
            let id = known.map_or_else(new, |old| old.id);
            for word in BTreeSet::from([one.key(), &one.name]) {
                if ids.insert(word, id).is_some() {
                    return Err(one.wrong("name", "another one of the plan is called so"));
                }
            }
        }
        let staff = self.staff(unit).await?;
        let mut aligned = Alignment { territories: Vec::new(), members: Vec::new() };
        for one in &self.territories {
            let known = |word: &str| ids.get(word).copied();
            let id = known(one.key()).unwrap_or_else(|| Id::derived(tenant, one.key()));
            let parent_id = match &one.parent {
                Some(parent) => Some(known(parent).ok_or_else(|| {
                    one.wrong("parent", format!("there is no territory {parent:?} in the plan"))
                })?),
                None => None,
            };
            let territory = Territory {
                id,
                external_id: one.external_id.clone(),
                name: one.name.clone(),
                parent_id,
                criteria: one.criteria.clone(),
                priority: one.priority,
                first_day: one.first_day,
                last_day: one.last_day,
            };
            crate::kernel::check(&territory)
                .map_err(|wrong| one.wrong(&wrong.field, wrong.reason))?;
            aligned.territories.push(territory);
            let now = members.iter().filter(|member| member.territory_id == id);
            let Some(planned) = &one.members else {
                aligned.members.extend(now.cloned());
                continue;
            };
            for PlannedMember { staff: text, role, first_day, last_day } in planned {
                let staff_id = match staff.get(text.as_str()).map(Vec::as_slice) {
                    Some([id]) => *id,
                    Some([_, ..]) => {
                        let reason =
                            format!("several colleagues are called {text:?}: name the external id");
                        return Err(one.wrong("members", reason));
                    }
                    _ => {
                        return Err(one.wrong("members", format!("there is no colleague {text:?}")));
                    }
                };
                let same =
                    |member: &&TerritoryMember| member.staff_id == staff_id && &member.role == role;
                let key = format!("territory member {id} {staff_id} {role}");
                let member_id =
                    now.clone().find(same).map_or_else(|| Id::derived(tenant, &key), |old| old.id);
                if aligned.members.iter().any(|member| member.id == member_id) {
                    return Err(
                        one.wrong("members", format!("{text:?} is there twice as {role:?}"))
                    );
                }
                let (role, first_day, last_day) = (role.clone(), *first_day, *last_day);
                let member = TerritoryMember {
                    id: member_id,
                    territory_id: id,
                    staff_id,
                    role,
                    first_day,
                    last_day,
                };
                crate::kernel::check(&member)
                    .map_err(|wrong| one.wrong("members", wrong.to_string()))?;
                aligned.members.push(member);
            }
        }
        aligned.put_above_first()?;
        Ok(aligned)
    }

    /// Who is called as the plan calls members.
    async fn staff(
        &self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<HashMap<String, Vec<Id<StaffMember>>>> {
        let members = self.territories.iter().filter_map(|one| one.members.as_ref()).flatten();
        let words: BTreeSet<&str> = members.map(|member| member.staff.as_str()).collect();
        let words: Vec<_> = words.into_iter().collect();
        let mut found: HashMap<String, Vec<Id<StaffMember>>> = HashMap::new();
        for some in words.chunks(200) {
            let some = || some.iter().map(|word| (*word).to_owned());
            let called =
                staff_member::EXTERNAL_ID.one_of(some()).or(staff_member::NAME.one_of(some()));
            let page =
                Read::<StaffMember>::find(unit, called.query().limit(crate::kernel::MAX_LIMIT))
                    .await?;
            for one in page.items {
                for word in [Some(&one.name), one.external_id.as_ref()].into_iter().flatten() {
                    let all = found.entry(word.clone()).or_default();
                    if !all.contains(&one.id) {
                        all.push(one.id);
                    }
                }
            }
        }
        Ok(found)
    }
}

impl Alignment {
    /// Puts those above before those below; one that stands above itself is an error.
    fn put_above_first(&mut self) -> Result<()> {
        // On no day do all count: the order is that of a tree in which all do.
        let always = |one: &Territory| Territory { first_day: None, last_day: None, ..one.clone() };
        let all = self.territories.iter().map(always).collect();
        let tree = TerritoryTree::new(all, NaiveDate::default())?;
        let places: HashMap<_, _> = tree.territories().map(|one| one.id).zip(0..).collect();
        self.territories.sort_by_key(|one| places.get(&one.id).copied().unwrap_or(usize::MAX));
        Ok(())
    }
}

impl PlannedTerritory {
    fn key(&self) -> &str {
        self.external_id.as_deref().unwrap_or(&self.name)
    }

    fn wrong(&self, field: &str, reason: impl Into<String>) -> crate::Error {
        let reason = format!("{:?}: {}", self.name, reason.into());
        Invalid::field::<Territory>(field, reason).into()
    }
}
