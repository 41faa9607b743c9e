//! Who cannot take a record, by whatever strategy.

use crate::{kernel::Id, staff_member::StaffMember};

use super::{Availability, Candidate, Excluded, Limit, Load, Needs};

/// Why somebody cannot, if so; `needs` where something is needed. Who has the record already is not refused it for being full.
pub(super) fn excluded(
    one: &Candidate,
    needs: Option<&Needs>,
    owner: Option<Id<StaffMember>>,
) -> Option<Excluded> {
    match one.availability {
        Availability::Available => {}
        Availability::Away { .. } => return Some(Excluded::Away),
        Availability::Left => return Some(Excluded::Left),
        Availability::HandsOver => return Some(Excluded::HandsOver),
    }
    if let Some(lack) = needs.and_then(|needs| lack(one, needs)) {
        return Some(lack);
    }
    if owner == Some(one.staff) {
        return None;
    }
    let limits = [(Limit::Open, one.open), (Limit::Day, one.today), (Limit::Week, one.week)];
    limits.into_iter().find_map(|(limit, load)| full(limit, load))
}

fn lack(one: &Candidate, needs: &Needs) -> Option<Excluded> {
    let skill = |(at, (skill, level)): (usize, (&String, &u8))| {
        let has = one.skills.get(skill).copied();
        (has.unwrap_or(0) < *level).then_some(Excluded::Skill(at, has))
    };
    needs
        .skills
        .iter()
        .enumerate()
        .find_map(skill)
        .or_else(|| {
            let at = needs.languages.iter().position(|word| !one.languages.contains(word))?;
            Some(Excluded::Language(at))
        })
        .or_else(|| {
            let at = needs.regions.iter().position(|word| !one.regions.contains(word))?;
            Some(Excluded::Region(at))
        })
}

fn full(limit: Limit, load: Load) -> Option<Excluded> {
    match (load.has, load.most?) {
        (_, 0) => Some(Excluded::NoCapacity(limit)),
        (None, _) => Some(Excluded::LoadUnknown(limit)),
        (Some(has), most) => (has >= most).then_some(Excluded::Full(limit, load)),
    }
}
