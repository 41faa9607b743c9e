use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;

use crate::{
    Result,
    customer::{Customer, PARENT_ID},
    kernel::{Entity, FieldSpec, Id, Invalid, Kind, Stored, Timestamp, Value, with_value},
    settings::{Settings, house_rules},
    store::{Read, ReadUnit},
};

use super::{Merge, preview::MergedField};

/// What is a record's own: it stays, whoever is merged into it.
const OWN: [&str; 4] = ["id", "external_id", "merged_into", "archived_at"];

/// What a merge makes of the survivor.
pub(super) struct Plan {
    pub(super) survivor: Customer,
    pub(super) fields: Vec<MergedField>,
    /// The rules that it goes by.
    pub(super) rules: Settings,
}

/// What the survivor is once others are merged into it.
pub(super) async fn plan(
    unit: &mut (dyn ReadUnit + '_),
    survivor: &Stored<Customer>,
    others: &[Stored<Customer>],
    choices: &BTreeMap<String, Id<Customer>>,
) -> Result<Plan> {
    for (name, chosen) in choices {
        let wrong = |reason: String| Err(Invalid::new(Merge::KIND, name, reason).into());
        if !mergeable().any(|field| field.name == name) {
            return wrong("no such field of a customer can be chosen".to_owned());
        }
        if survivor.id != *chosen && others.iter().all(|other| other.id != *chosen) {
            return wrong(format!("{chosen} is none of those that are merged"));
        }
    }
    let others = newest_first(unit, others).await?;
    let rules = house_rules(unit).await?;
    let mut plan = Plan { survivor: (**survivor).clone(), fields: Vec::new(), rules };
    for field in mergeable() {
        let own = (field.get)(survivor).into_owned();
        let theirs: Vec<_> =
            others.iter().map(|other| (other.id, (field.get)(other).into_owned())).collect();
        let choice = choices.get(field.name).copied();
        let mut field_plan = if field.name == PARENT_ID.spec().name {
            parent(unit, survivor, &others, choice).await?
        } else if let Some(id) = choice {
            let chosen = theirs.iter().find(|(other, _)| *other == id);
            let value = chosen.map_or_else(|| own.clone(), |(_, value)| value.clone());
            MergedField::new(field.name, value, vec![id])
        } else if field.kind == Kind::Custom {
            own_fields(field, survivor, &others, &plan.rules)
        } else {
            by_rule(field, survivor.id, &own, &theirs)
        };
        let value = std::mem::replace(&mut field_plan.typed, Value::Null);
        let all = std::iter::once((survivor.id, own.clone())).chain(theirs);
        field_plan.differs = all
            .filter(|(_, theirs)| *theirs != value && !theirs.is_nothing())
            .map(|(id, value)| (id, value.to_json()))
            .collect();
        if value != own {
            plan.survivor = with_value(&plan.survivor, field, &value)?;
        }
        if value != own || !field_plan.differs.is_empty() {
            field_plan.was = own.to_json();
            plan.fields.push(field_plan);
        }
    }
    Ok(plan)
}

fn mergeable() -> impl Iterator<Item = &'static FieldSpec<Customer>> {
    let fields = Customer::FIELDS.iter().copied();
    fields.filter(|field| !OWN.contains(&field.name) && !field.derived)
}

/// Those that were changed last come first.
async fn newest_first(
    unit: &mut (dyn ReadUnit + '_),
    others: &[Stored<Customer>],
) -> Result<Vec<Stored<Customer>>> {
    let mut dated = Vec::new();
    for other in others {
        let before = other.version().saturating_sub(1);
        let last = unit.history(Customer::KIND, other.id.uuid(), before, 1).await?;
        let at = last.first().map_or(Timestamp::MIN, |change| change.at);
        dated.push((std::cmp::Reverse(at), other.id, other.clone()));
    }
    dated.sort_by_key(|(at, id, _)| (*at, *id));
    Ok(dated.into_iter().map(|(_, _, other)| other).collect())
}

fn by_rule(
    field: &FieldSpec<Customer>,
    survivor: Id<Customer>,
    own: &Value<'static>,
    theirs: &[(Id<Customer>, Value<'static>)],
) -> MergedField {
    if matches!(field.kind, Kind::Json | Kind::Tags) {
        return united(field, survivor, own, theirs);
    }
    if own.is_nothing()
        && let Some((id, value)) = theirs.iter().find(|(_, value)| !value.is_nothing())
    {
        return MergedField::new(field.name, value.clone(), vec![*id]);
    }
    MergedField::new(field.name, own.clone(), vec![survivor])
}

/// The tenant's own fields, and those that others have beside as far as the house accepts them: what
/// is there from before it declared its fields stays with their own record.
fn own_fields(
    field: &FieldSpec<Customer>,
    survivor: &Customer,
    others: &[Stored<Customer>],
    rules: &Settings,
) -> MergedField {
    let (mut all, mut from) = (survivor.custom.clone(), vec![survivor.id]);
    for other in others {
        let before = all.clone();
        for (name, value) in &other.custom.0 {
            let open = all.0.get(name).is_none_or(|own| !own.says_something());
            if open && rules.custom_fields.accepts(Customer::KIND, name, value) {
                all.0.insert(name.clone(), value.clone());
            }
        }
        if all != before {
            from.push(other.id);
        }
    }
    MergedField::new(field.name, Value::json(&all), from)
}

/// A list with what others have beside; an object with the members that others have beside.
fn united(
    field: &FieldSpec<Customer>,
    survivor: Id<Customer>,
    own: &Value<'static>,
    theirs: &[(Id<Customer>, Value<'static>)],
) -> MergedField {
    let (mut all, mut from) = (own.to_json(), vec![survivor]);
    for (id, value) in theirs {
        let before = all.clone();
        match (&mut all, value.to_json()) {
            (Json::Array(all), Json::Array(more)) => {
                for one in more {
                    if !all.contains(&one) {
                        all.push(one);
                    }
                }
                if field.kind == Kind::Tags {
                    all.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                }
            }
            (Json::Object(all), Json::Object(more)) => {
                for (key, value) in more {
                    all.entry(key).or_insert(value);
                }
            }
            (all @ Json::Null, more) => *all = more,
            _ => {}
        }
        if all != before {
            from.push(*id);
        }
    }
    let unchanged = from.len() == 1;
    let value = if unchanged { own.clone() } else { Value::Json(all.to_string().into()) };
    MergedField::new(field.name, value, from)
}

/// The customer above: the survivor takes the place of whichever of the others stands above it, or
/// above the place that is chosen, and is never put below itself.
async fn parent(
    unit: &mut (dyn ReadUnit + '_),
    survivor: &Stored<Customer>,
    others: &[Stored<Customer>],
    choice: Option<Id<Customer>>,
) -> Result<MergedField> {
    let field = PARENT_ID.spec().name;
    let all = || std::iter::once(survivor).chain(others);
    let group: Vec<_> = all().map(|one| one.id).collect();
    let chosen = all().find(|one| Some(one.id) == choice).unwrap_or(survivor);
    if let Some(top) = highest(unit, chosen.parent_id, &group).await? {
        return Ok(MergedField::new(field, Value::opt(top.parent_id), vec![top.id]));
    }
    if choice.is_none() && survivor.parent_id.is_none() {
        for other in others {
            let Some(parent) = other.parent_id else { continue };
            if highest(unit, Some(parent), &group).await?.is_none() {
                return Ok(MergedField::new(field, Value::Uuid(parent.uuid()), vec![other.id]));
            }
        }
    }
    Ok(MergedField::new(field, Value::opt(chosen.parent_id), vec![chosen.id]))
}

/// Which of these stands highest on the way up from a customer, itself included; one that was merged
/// stands where its survivor stands.
pub(super) async fn highest(
    unit: &mut (dyn ReadUnit + '_),
    from: Option<Id<Customer>>,
    group: &[Id<Customer>],
) -> Result<Option<Stored<Customer>>> {
    let (mut next, mut top, mut seen) = (from, None, HashSet::new());
    while let Some(id) = next.filter(|id| seen.insert(*id)) {
        let Some(stored) = Read::<Customer>::get(unit, id).await? else { break };
        next = stored.merged_into.or(stored.parent_id);
        if group.contains(&id) {
            top = Some(stored);
        }
    }
    Ok(top)
}
