//! How complete a record is, by the rules of the house.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::kernel::{
    Custom, CustomValue, Entity, Invalid, Kind, Tags, Timestamp, Value, is_erased,
};

use super::{CompletenessRule, Demand};

/// How complete a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completeness {
    /// The share, in per cent and rounded down, of what is there in what is asked for; what is only
    /// wanted weighs half. 100 where nothing is asked for.
    pub score: u8,
    /// What is missing, in the order of the entity's fields, and how much it is asked for.
    pub missing: Vec<(String, Demand)>,
}

/// What a record says of its own completeness.
pub(crate) struct Verdict {
    pub(crate) since: Option<Timestamp>,
    pub(crate) missing: Tags,
    pub(crate) percent: i64,
}

/// How complete a record is by these rules. A field is missing when it is empty, blank text, or a
/// list of nothing but that. A record that was erased is asked for nothing.
///
/// ```
/// use crm_core::{customer::{Customer, CustomerKind}, kernel::Id, settings::{CompletenessPolicy, completeness}};
/// let policy = CompletenessPolicy::publishing_house();
/// let acme = Customer::new(Id::new(uuid::Uuid::nil()), CustomerKind::Organisation, "Acme");
/// assert_eq!(completeness(&policy.customer, &acme).score, 12); // one of eight
/// ```
pub fn completeness<E: Entity>(rules: &[CompletenessRule<E>], entity: &E) -> Completeness {
    if is_erased(entity) {
        return Completeness { score: 100, missing: Vec::new() };
    }
    compare(rules, entity)
}

/// How complete a record is that is about to be stored: [`completeness`]. To write what erasing leaves
/// in place of a name is no way around what must be there.
pub(crate) fn lacks<E: Entity>(
    rules: &[CompletenessRule<E>],
    entity: &E,
    before: Option<&E>,
) -> Completeness {
    if before.is_some_and(is_erased) {
        return completeness(rules, entity);
    }
    compare(rules, entity)
}

fn compare<E: Entity>(rules: &[CompletenessRule<E>], entity: &E) -> Completeness {
    let mut demands: BTreeMap<&str, Demand> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.when.matches(entity)) {
        demands.extend(rule.fields.iter().map(|(name, demand)| (name.as_str(), *demand)));
    }
    let (mut asked, mut there, mut missing) = (0_u64, 0_u64, Vec::new());
    for (name, demand) in demands {
        let weight = if demand == Demand::Want { 1 } else { 2 };
        asked += weight;
        if is_missing(entity, name) {
            missing.push((name.to_owned(), demand));
        } else {
            there += weight;
        }
    }
    let place = |name: &str| E::FIELDS.iter().position(|f| f.name == name).unwrap_or(usize::MAX);
    missing.sort_by_key(|(name, _)| place(name));
    let score = (there * 100).checked_div(asked).unwrap_or(100);
    Completeness { score: u8::try_from(score).unwrap_or(100), missing }
}

/// What a record that is about to be stored says of its completeness.
///
/// `before` is the record as it is stored, and since when that is incomplete: what it lacks already
/// is listed and never refused, so that old records can be changed.
pub(crate) fn judge<E: Entity>(
    rules: &[CompletenessRule<E>],
    entity: &E,
    before: Option<(&E, Option<Timestamp>)>,
    now: Timestamp,
) -> Result<Verdict, Invalid> {
    if rules.is_empty() {
        return Ok(Verdict { since: None, missing: Tags::default(), percent: 100 });
    }
    let found = lacks(rules, entity, before.map(|(before, _)| before));
    refuse(rules, &found, before.map(|(before, _)| before))?;
    Ok(verdict(found, before.and_then(|(_, since)| since), now))
}

/// What a record that can be archived says of its completeness: see [`judge`]. While it is archived
/// it is asked for nothing, and keeps since when it lacked something. What is new or taken back is
/// judged like any other: the archive is no way around what must be there.
///
/// `before` is the record as it is stored, since when that is incomplete, and whether it is archived.
pub(crate) fn judge_archivable<E: Entity>(
    rules: &[CompletenessRule<E>],
    entity: &E,
    archived: bool,
    before: Option<(&E, Option<Timestamp>, bool)>,
    now: Timestamp,
) -> Result<Verdict, Invalid> {
    let found = lacks(rules, entity, before.map(|(before, ..)| before));
    if !archived || before.is_none() {
        let tolerated = before.filter(|(_, _, was_archived)| !was_archived);
        refuse(rules, &found, tolerated.map(|(before, ..)| before))?;
    }
    let since = before.and_then(|(_, since, _)| since);
    if archived {
        let since = verdict(found, since, now).since.and(since);
        return Ok(Verdict { since, missing: Tags::default(), percent: 100 });
    }
    Ok(verdict(found, since, now))
}

fn verdict(found: Completeness, since: Option<Timestamp>, now: Timestamp) -> Verdict {
    let listed = found.missing.into_iter().filter(|(_, demand)| *demand != Demand::Want);
    let missing: Tags = listed.map(|(name, _)| name).collect();
    let since = (!missing.0.is_empty()).then_some(since.unwrap_or(now));
    Verdict { since, missing, percent: found.score.into() }
}

/// Refuses what lacks a field that must be there, unless it lacked that before.
pub(crate) fn refuse<E: Entity>(
    rules: &[CompletenessRule<E>],
    found: &Completeness,
    before: Option<&E>,
) -> Result<(), Invalid> {
    let must = |(_, demand): &&(String, Demand)| *demand == Demand::Refuse;
    if !found.missing.iter().any(|one| must(&one)) {
        return Ok(());
    }
    let tolerated = before.map(|before| completeness(rules, before).missing).unwrap_or_default();
    let known = |name: &str| tolerated.iter().any(|(other, _)| other == name);
    let first = found.missing.iter().filter(must).find(|(name, _)| !known(name));
    let Some((first, _)) = first else { return Ok(()) };
    let others: Vec<_> = found
        .missing
        .iter()
        .filter(|(name, demand)| name != first && *demand != Demand::Want)
        .map(|(name, _)| name.as_str())
        .collect();
    let mut reason = format!("the house accepts no {} without it", E::KIND);
    if !others.is_empty() {
        reason.push_str(&format!("; also missing: {}", others.join(", ")));
    }
    Err(Invalid::field::<E>(first, reason))
}

pub(crate) fn is_missing<E: Entity>(entity: &E, name: &str) -> bool {
    if let Some(field) = E::FIELDS.iter().find(|field| field.name == name) {
        return match (field.get)(entity) {
            Value::Null => true,
            Value::Text(text) => text.trim().is_empty(),
            Value::Json(text) => serde_json::from_str(&text).is_ok_and(|json| is_blank(&json)),
            _ => false,
        };
    }
    let own = name.split_once('.').and_then(|(first, own)| {
        let field = E::FIELDS.iter().find(|f| f.name == first && f.kind == Kind::Custom)?;
        let Value::Json(text) = (field.get)(entity) else { return None };
        serde_json::from_str::<Custom>(&text).ok()?.0.remove(own)
    });
    match own {
        Some(CustomValue::Text(text)) => text.trim().is_empty(),
        other => other.is_none(),
    }
}

/// Whether JSON says nothing: a phone that has a kind and no number does not.
fn is_blank(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(list) => list.iter().all(is_blank),
        Json::Object(members) => members.iter().all(|(name, one)| name == "kind" || is_blank(one)),
        _ => false,
    }
}
