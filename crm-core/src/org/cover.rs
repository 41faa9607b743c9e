use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use crate::{
    absence::{self, Absence},
    kernel::{Id, MAX_LIMIT, Result},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit, every},
};

/// So many people are looked for by their ids at once.
const AT_ONCE: usize = 500;

/// Who stands in for whom on a day. It follows from the absences of that day, so that it ends with them.
///
/// Who is away is stood in for by the deputy of their absence; where that one is away too, by that one's deputy, and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    acting: BTreeMap<Id<StaffMember>, BTreeMap<Id<StaffMember>, ActingFor>>,
    uncovered: Vec<Uncovered>,
}

/// Somebody is stood in for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActingFor {
    /// Who is away.
    pub staff: Id<StaffMember>,
    /// Through whom it came, where their deputies are away too: the first deputy first.
    pub via: Vec<Id<StaffMember>>,
}

/// Somebody is away, and nobody stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Uncovered {
    /// Who is away.
    pub staff: Id<StaffMember>,
    /// Where the chain of deputies ends: who names nobody, or somebody who does not work here, or somebody
    /// who was asked already.
    pub ends_at: Id<StaffMember>,
}

impl Cover {
    /// By the absences of a day; others are passed over. `active` are the deputies who work here.
    ///
    /// Of several absences of one person on that day the deputy of the one that began last counts; one without a deputy takes
    /// none away.
    pub fn new(absences: &[Absence], active: &BTreeSet<Id<StaffMember>>, day: NaiveDate) -> Self {
        let mut of_day: Vec<_> = absences.iter().filter(|absence| absence.covers(day)).collect();
        of_day.sort_by_key(|one| (one.first_day, std::cmp::Reverse(one.id)));
        let mut away: BTreeMap<Id<StaffMember>, Option<Id<StaffMember>>> = BTreeMap::new();
        for absence in of_day {
            let deputy = away.entry(absence.staff_id).or_default();
            *deputy = absence.deputy_id.or(*deputy);
        }
        let mut cover = Self::default();
        for staff in away.keys().copied() {
            let mut via = Vec::new();
            let mut last = staff;
            let acting = loop {
                let Some(next) = away.get(&last).copied().flatten() else { break None };
                if next == staff || via.contains(&next) || !active.contains(&next) {
                    break None;
                }
                if !away.contains_key(&next) {
                    break Some(next);
                }
                via.push(next);
                last = next;
            };
            match acting {
                Some(acting) => {
                    let one = ActingFor { staff, via };
                    cover.acting.entry(acting).or_default().insert(staff, one);
                }
                None => cover.uncovered.push(Uncovered { staff, ends_at: last }),
            }
        }
        cover
    }

    /// For whom somebody stands in, in the order of ids.
    pub fn acting_for(&self, staff: Id<StaffMember>) -> Vec<ActingFor> {
        self.acting.get(&staff).map(|all| all.values().cloned().collect()).unwrap_or_default()
    }

    /// Who stands in for somebody.
    pub fn deputy_of(&self, staff: Id<StaffMember>) -> Option<Id<StaffMember>> {
        self.acting.iter().find(|(_, all)| all.contains_key(&staff)).map(|(acting, _)| *acting)
    }

    /// Whether somebody is absent that day.
    pub fn is_away(&self, staff: Id<StaffMember>) -> bool {
        self.deputy_of(staff).is_some() || self.uncovered.iter().any(|one| one.staff == staff)
    }

    /// Who is away without anybody standing in, in the order of ids.
    pub fn uncovered(&self) -> &[Uncovered] {
        &self.uncovered
    }
}

/// Who stands in for whom on a day.
///
/// # Errors
/// Whatever the store answers.
pub async fn cover_on(unit: &mut (dyn ReadUnit + '_), day: NaiveDate) -> Result<Cover> {
    let of_day = absence::FIRST_DAY
        .at_most(day)
        .and(absence::LAST_DAY.is_empty().or(absence::LAST_DAY.at_least(day)));
    let mut absences = Vec::new();
    every::<Absence, _>(unit, of_day.query(), |one| {
        absences.push(one.into_inner());
        Ok(())
    })
    .await?;
    let deputies: BTreeSet<_> = absences.iter().filter_map(|absence| absence.deputy_id).collect();
    let deputies: Vec<_> = deputies.into_iter().collect();
    let mut active = BTreeSet::new();
    for some in deputies.chunks(AT_ONCE) {
        let here = staff_member::ID.one_of(some.iter().copied()).and(staff_member::ACTIVE.eq(true));
        let page = Read::<StaffMember>::find(unit, here.query().limit(MAX_LIMIT)).await?;
        active.extend(page.items.iter().map(|one| one.id));
    }
    Ok(Cover::new(&absences, &active, day))
}

/// For whom somebody stands in on a day: what those have to do is theirs to do then. On the day after an absence
/// ends, it is not any more.
///
/// # Errors
/// Whatever the store answers.
pub async fn acting_for(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    day: NaiveDate,
) -> Result<Vec<ActingFor>> {
    Ok(cover_on(unit, day).await?.acting_for(staff))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id<E>(number: u128) -> Id<E> {
        Id::new(Uuid::from_u128(number))
    }

    /// Who is away on the first of January, with their deputy.
    fn cover(away: &[(u128, Option<u128>)], active: &[u128]) -> Cover {
        let day = "2026-01-01".parse().unwrap();
        let absences = (100..).zip(away).map(|(number, (staff, deputy))| {
            let leave = Absence::leave(id(number), id(*staff), day, day);
            Absence { deputy_id: deputy.map(id), ..leave }
        });
        let active = active.iter().map(|one| id(*one)).collect();
        Cover::new(&absences.collect::<Vec<_>>(), &active, day)
    }

    #[test]
    fn a_deputy_who_is_away_has_a_deputy() {
        let cover = cover(&[(1, Some(2)), (2, Some(3)), (4, Some(3))], &[1, 2, 3, 4]);
        let expected = [(1, vec![id(2)]), (2, vec![]), (4, vec![])]
            .map(|(staff, via)| ActingFor { staff: id(staff), via });
        assert_eq!(cover.acting_for(id(3)), expected);
        assert_eq!(cover.acting_for(id(2)), [], "who is away stands in for nobody");
        assert_eq!((cover.deputy_of(id(1)), cover.uncovered()), (Some(id(3)), &[][..]));
    }

    #[test]
    fn chains_end() {
        let ends = |cover: Cover| {
            cover.uncovered().iter().map(|one| (one.staff, one.ends_at)).collect::<Vec<_>>()
        };
        let circle = cover(&[(1, Some(2)), (2, Some(3)), (3, Some(1))], &[1, 2, 3]);
        assert_eq!(ends(circle), [(id(1), id(3)), (id(2), id(1)), (id(3), id(2))]);
        let away_from_a_circle = cover(&[(1, Some(2)), (2, Some(3)), (3, Some(2))], &[1, 2, 3]);
        assert_eq!(ends(away_from_a_circle).first(), Some(&(id(1), id(3))));
        assert_eq!(
            ends(cover(&[(1, Some(2))], &[1])),
            [(id(1), id(1))],
            "who left stands in no more"
        );
        assert_eq!(ends(cover(&[(1, None)], &[1])), [(id(1), id(1))]);
    }

    #[test]
    fn of_several_absences_the_one_that_began_last_names_the_deputy() {
        let day: NaiveDate = "2026-01-10".parse().unwrap();
        let first = |text: &str, number, deputy: Option<u128>| Absence {
            first_day: text.parse().unwrap(),
            deputy_id: deputy.map(id),
            ..Absence::leave(id(number), id(1), day, day)
        };
        let active = [id(7), id(8)].into();
        let of = |all: &[Absence]| Cover::new(all, &active, day).deputy_of(id(1));
        let (older, newer) = (first("2026-01-01", 100, Some(7)), first("2026-01-09", 101, Some(8)));
        assert_eq!(of(&[newer.clone(), older.clone()]), Some(id(8)));
        let without = Absence { deputy_id: None, ..newer };
        assert_eq!(of(&[without, older]), Some(id(7)));
    }
}
