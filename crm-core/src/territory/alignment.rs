use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use crate::{
    kernel::{CYCLE, Entity, Id, Invalid, MAX_LIMIT, Result, TenantId},
    org::days_in_order,
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit},
    territory_member::TerritoryMember,
};

use super::{
    CustomerCriteria, PlannedMember, PlannedTerritory, Territory, TerritoryPlan,
    check::all_members, look_up,
};

/// So many people are looked for by what the plan calls them at once.
const AT_ONCE: usize = 200;

/// What a plan comes to from a day on: records, those of territories before those below them.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// The territories.
    pub territories: Vec<Territory>,
    /// Their members.
    pub members: Vec<TerritoryMember>,
    /// Which of these territories follow which: one that counted before the day and changes ends with the day before, and
    /// another record follows it.
    pub follows: BTreeMap<Id<Territory>, Id<Territory>>,
}

impl Alignment {
    /// The territory that one of these is before the day: the one that it follows, or itself.
    pub fn was(&self, territory: Id<Territory>) -> Id<Territory> {
        self.follows.get(&territory).copied().unwrap_or(territory)
    }
}

impl TerritoryPlan {
    /// Finds what is there already and who is meant, for an alignment from a day on. Nothing is written.
    ///
    /// # Errors
    /// [`Invalid`] says which territory cannot be so, and why: two of one name, a part of one that is not there, above itself, a member
    /// who is not there, a first or last day before the day.
    pub async fn resolve(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        day: NaiveDate,
    ) -> Result<Alignment> {
        let places = self.places()?;
        let order = self.parents_first(&places)?;
        let staff = self.staff(unit).await?;
        let (there, members) = (look_up::all(unit).await?, all_members(unit).await?);
        let tenant = unit.scope().tenant;
        let stored = Stored { tenant, day, there, members, staff };
        let mut aligned =
            Alignment { territories: Vec::new(), members: Vec::new(), follows: BTreeMap::new() };
        let known = stored.known(&self.territories);
        let mut ids = HashMap::new();
        for place in order {
            let Some(one) = self.territories.get(place) else { continue };
            let above = one.parent.as_deref().and_then(|word| places.get(word));
            let parent_id = above.and_then(|above| ids.get(above)).copied();
            let old = known.get(&place).copied();
            let territory = stored.territory(one, old, parent_id)?;
            if let Some(old) = old.filter(|old| old.id != territory.id) {
                aligned.follows.insert(territory.id, old.id);
            }
            stored.members_of(one, old, &territory, &mut aligned.members)?;
            ids.insert(place, territory.id);
            aligned.territories.push(territory);
        }
        Ok(aligned)
    }

    /// The place of each territory, by its external id and its name.
    fn places(&self) -> Result<HashMap<&str, usize>> {
        let mut places = HashMap::new();
        for (place, one) in self.territories.iter().enumerate() {
            for word in BTreeSet::from([one.key(), one.name.as_str()]) {
                if places.insert(word, place).is_some() {
                    return Err(one.wrong("name", "another one of the plan is called so"));
                }
            }
        }
        Ok(places)
    }

    /// The places of all, those above before those below: whoever is not reached from the top stands above itself.
    fn parents_first(&self, places: &HashMap<&str, usize>) -> Result<Vec<usize>> {
        let mut below: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (place, one) in self.territories.iter().enumerate() {
            let above = one.parent.as_deref().map(|parent| {
                let missing = || format!("there is no territory {parent:?} in the plan");
                places.get(parent).copied().ok_or_else(|| one.wrong("parent", missing()))
            });
            below.entry(above.transpose()?).or_default().push(place);
        }
        let mut order = below.remove(&None).unwrap_or_default();
        let mut at = 0;
        while let Some(place) = order.get(at).copied() {
            order.extend(below.remove(&Some(place)).unwrap_or_default());
            at += 1;
        }
        match below.into_values().flatten().find_map(|place| self.territories.get(place)) {
            Some(one) => Err(one.wrong("parent_id", CYCLE)),
            None => Ok(order),
        }
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
        for some in words.chunks(AT_ONCE) {
            let some = || some.iter().map(|word| (*word).to_owned());
            let called =
                staff_member::EXTERNAL_ID.one_of(some()).or(staff_member::NAME.one_of(some()));
            let page = Read::<StaffMember>::find(unit, called.query().limit(MAX_LIMIT)).await?;
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

/// What a plan is compared with.
pub(super) struct Stored {
    tenant: TenantId,
    day: NaiveDate,
    there: Vec<Territory>,
    members: Vec<TerritoryMember>,
    staff: HashMap<String, Vec<Id<StaffMember>>>,
}

impl Stored {
    /// Those that a plan means, by their place in it, of those that are not over: one that counts on the day before one that is yet to
    /// begin. An external id says more than a name: only what no other one means by that is known by its name.
    fn known(&self, planned: &[PlannedTerritory]) -> HashMap<usize, &Territory> {
        let living = || self.there.iter().filter(|old| is_living(*old, self.day));
        let first = |called: &dyn Fn(&Territory) -> bool| {
            living().filter(|old| called(old)).min_by_key(|old| old.first_day)
        };
        let by_key = |(place, one): (usize, &PlannedTerritory)| {
            let key = Some(one.external_id.as_ref()?);
            Some((place, first(&|old| old.external_id.as_ref() == key)?))
        };
        let mut known: HashMap<_, _> = planned.iter().enumerate().filter_map(by_key).collect();
        let taken: HashSet<_> = known.values().map(|old| old.id).collect();
        for (place, one) in planned.iter().enumerate() {
            if known.contains_key(&place) {
                continue;
            }
            let by_name = first(&|old| old.name == one.name && !taken.contains(&old.id));
            known.extend(by_name.map(|old| (place, old)));
        }
        known
    }

    fn territory(
        &self,
        one: &PlannedTerritory,
        old: Option<&Territory>,
        parent_id: Option<Id<Territory>>,
    ) -> Result<Territory> {
        let days = (one.first_day, one.last_day);
        let same = |old: &Territory| {
            (&old.criteria, old.parent_id, old.priority) == (&one.criteria, parent_id, one.priority)
        };
        let key = format!("territory {}", one.key());
        let (id, (first_day, last_day)) = self
            .stays(old, same, days, &key)
            .map_err(|wrong| one.wrong(&wrong.field, wrong.reason))?;
        let territory = Territory {
            id,
            external_id: one.external_id.clone(),
            name: one.name.clone(),
            parent_id,
            criteria: CustomerCriteria(one.criteria.0.clone()),
            priority: one.priority,
            first_day,
            last_day,
        };
        crate::kernel::check(&territory).map_err(|wrong| one.wrong(&wrong.field, wrong.reason))?;
        Ok(territory)
    }

    /// Adds who works in a territory: those whom the plan names, or else those who do now.
    fn members_of(
        &self,
        one: &PlannedTerritory,
        old: Option<&Territory>,
        territory: &Territory,
        all: &mut Vec<TerritoryMember>,
    ) -> Result<()> {
        let living = |member: &&TerritoryMember| {
            Some(member.territory_id) == old.map(|old| old.id) && is_living(*member, self.day)
        };
        let mut now: Vec<_> = self.members.iter().filter(living).collect();
        now.sort_by_key(|old| (old.staff_id, &old.role, old.first_day));
        let before = all.len();
        let mut add = |staff: Id<StaffMember>, role: &str, days: Days, called: &str| {
            let known = now.iter().filter(|old| (old.staff_id, old.role.as_str()) == (staff, role));
            let known = known.min_by_key(|old| old.first_day).copied();
            let wrong = |wrong: Invalid| one.wrong("members", wrong.to_string());
            let stays = |old: &TerritoryMember| old.territory_id == territory.id;
            let key = format!("territory member {} {staff} {role}", territory.id);
            let (id, (first_day, last_day)) =
                self.stays(known, stays, days, &key).map_err(wrong)?;
            let role = role.to_owned();
            let territory_id = territory.id;
            let member =
                TerritoryMember { id, territory_id, staff_id: staff, role, first_day, last_day };
            crate::kernel::check(&member).map_err(wrong)?;
            let twice = |other: &TerritoryMember| other.id == id;
            if all.iter().skip(before).any(twice) {
                let reason = format!("{called:?} is there twice as {:?}", member.role);
                return Err(one.wrong("members", reason));
            }
            all.push(member);
            Ok(())
        };
        let Some(planned) = &one.members else {
            return now.iter().try_for_each(|old| {
                add(old.staff_id, &old.role, (old.first_day, old.last_day), &old.role)
            });
        };
        planned.iter().try_for_each(|PlannedMember { staff, role, first_day, last_day }| {
            add(self.person(one, staff)?, role, (*first_day, *last_day), staff)
        })
    }

    fn person(&self, one: &PlannedTerritory, called: &str) -> Result<Id<StaffMember>> {
        match self.staff.get(called).map(Vec::as_slice) {
            Some([id]) => Ok(*id),
            Some([_, ..]) => {
                let reason =
                    format!("several colleagues are called {called:?}: name the external id");
                Err(one.wrong("members", reason))
            }
            _ => Err(one.wrong("members", format!("there is no colleague {called:?}"))),
        }
    }

    /// The id and the days of what a plan names: those of the one that is there where that stays as it is, or has not begun;
    /// or else those of another record, that begins on the day or later.
    fn stays<E: Dated>(
        &self,
        old: Option<&E>,
        same: impl Fn(&E) -> bool,
        (first, last): Days,
        key: &str,
    ) -> Result<(Id<E>, Days), Invalid> {
        let day = self.day;
        let known = old.map(|old| old.days().0);
        if let Some(first) = first.filter(|first| *first < day && known != Some(Some(*first))) {
            let reason = format!("{first} is before {day}, from which on the plan is to hold");
            return Err(Invalid::field::<E>("first_day", reason));
        }
        if let Some(last) = last.filter(|last| *last < day) {
            let reason = format!("{last} is before {day}, from which on the plan is to hold");
            return Err(Invalid::field::<E>("last_day", reason));
        }
        let begins = first.or(known.flatten());
        let days = match old {
            Some(old) if !has_begun(old, day) || (same(old) && begins == known.flatten()) => {
                (old.id(), (begins, last))
            }
            _ => {
                let begins = begins.map_or(day, |first| first.max(day));
                (self.new_id(key, begins), (Some(begins), last))
            }
        };
        let (_, (first, last)) = days;
        days_in_order::<E>(first, last)?;
        Ok(days)
    }

    /// An id that no record has which counted before the day.
    fn new_id<E: Dated>(&self, key: &str, begins: NaiveDate) -> Id<E> {
        let mut key = format!("{key} from {begins}");
        loop {
            let id = Id::derived(self.tenant, &key);
            if !E::among(self).iter().any(|old| old.id() == id && has_begun(old, self.day)) {
                return id;
            }
            key.push_str(" again");
        }
    }
}

/// First day, last day.
pub(super) type Days = (Option<NaiveDate>, Option<NaiveDate>);

/// What counts from a day to another.
pub(super) trait Dated: Entity {
    fn days(&self) -> Days;
    fn among(stored: &Stored) -> &[Self];
}

impl Dated for Territory {
    fn days(&self) -> Days {
        (self.first_day, self.last_day)
    }
    fn among(stored: &Stored) -> &[Self] {
        &stored.there
    }
}

impl Dated for TerritoryMember {
    fn days(&self) -> Days {
        (self.first_day, self.last_day)
    }
    fn among(stored: &Stored) -> &[Self] {
        &stored.members
    }
}

/// Whether it counts on a day or a later one.
pub(super) fn is_living(one: &impl Dated, day: NaiveDate) -> bool {
    let (first, last) = one.days();
    last.is_none_or(|last| last >= day && first.is_none_or(|first| first <= last))
}

/// Whether it counted on a day before.
fn has_begun(one: &impl Dated, day: NaiveDate) -> bool {
    let (first, last) = one.days();
    first.is_none_or(|first| first < day && last.is_none_or(|last| first <= last))
}
