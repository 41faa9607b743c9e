use std::collections::HashMap;

use crm_core::{
    assignment::{Assigned, Assignment, AssignmentOutcome},
    kernel::{Id, Sums, Value},
    staff_member::StaffMember,
    store::ReadUnit,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    failure::Failure,
    output::{counted, grouped},
};

/// How many open records everybody has, before records were given and after.
pub(super) struct Balance {
    had: Loads,
    has: Loads,
}

type Loads = HashMap<Id<StaffMember>, u64>;

impl Balance {
    /// What is there now is what was there before, of a dry run, and else what is there after.
    pub(super) async fn of<E: Assigned>(
        unit: &mut dyn ReadUnit,
        given: &[Assignment],
        dry_run: bool,
    ) -> Result<Self, Failure> {
        let open = Sums::count().by(E::owner_field()).matching(E::open());
        let now: Loads = E::counted(unit, open)
            .await?
            .into_iter()
            .filter_map(|sum| match sum.key.as_slice() {
                [Value::Uuid(id)] => Some((Id::new(*id), sum.count)),
                _ => None,
            })
            .collect();
        let (mut had, mut has) = (now.clone(), now);
        for one in given {
            let AssignmentOutcome::Assigned { to } = one.outcome else { continue };
            if dry_run {
                shift(&mut has, one.before, Some(to));
            } else {
                shift(&mut had, Some(to), one.before);
            }
        }
        // Whoever has any before or after counts in both.
        for who in had.keys() {
            has.entry(*who).or_default();
        }
        for who in has.keys() {
            had.entry(*who).or_default();
        }
        Ok(Self { had, has })
    }

    /// What somebody had, and has.
    pub(super) fn of_person(&self, who: Id<StaffMember>) -> (u64, u64) {
        let of = |loads: &Loads| loads.get(&who).copied().unwrap_or_default();
        (of(&self.had), of(&self.has))
    }

    pub(super) fn as_json(&self) -> serde_json::Value {
        json!({"before": spread(&self.had), "after": spread(&self.has)})
    }

    /// In words; none where nobody has any.
    pub(super) fn words(&self) -> Option<String> {
        Some(format!("Before: {}. After: {}.", words(&self.had)?, words(&self.has)?))
    }
}

/// One record goes from somebody to somebody.
fn shift(loads: &mut Loads, from: Option<Id<StaffMember>>, to: Option<Id<StaffMember>>) {
    if let Some(from) = from {
        let load = loads.entry(from).or_default();
        *load = load.saturating_sub(1);
    }
    if let Some(to) = to {
        *loads.entry(to).or_default() += 1;
    }
}

/// How even it is.
#[derive(Serialize)]
struct Spread {
    people: usize,
    most: u64,
    median: u64,
    least: u64,
}

fn spread(loads: &Loads) -> Option<Spread> {
    let mut all: Vec<_> = loads.values().copied().collect();
    all.sort_unstable();
    let median = *all.get(all.len() / 2)?;
    Some(Spread { people: all.len(), most: *all.last()?, median, least: *all.first()? })
}

fn words(loads: &Loads) -> Option<String> {
    let Spread { people, most, median, least } = spread(loads)?;
    let people = counted(people, "person has", "people have");
    let [most, median, least] = [most, median, least].map(grouped);
    Some(format!("{people} {most} at the most, {median} in the middle, {least} at the least"))
}
