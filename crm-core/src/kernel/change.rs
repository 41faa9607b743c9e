use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Cursor, Entity, FieldSpec, Invalid, Timestamp, Value};

/// One entry of the change log: what happened to one record.
///
/// Written in the same transaction as the change itself. The audit trail, the timeline and the
/// outbox read this one log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The entry's own id: a consumer that keeps it can make its effect once.
    pub id: Uuid,
    /// The kind of entity.
    pub entity: Cow<'static, str>,
    /// Which one.
    pub entity_id: Uuid,
    /// The version it had from then on.
    pub version: u64,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// What happened, by name: `"created"`, `"updated"`, `"won"`.
    pub event: Cow<'static, str>,
    /// Which fields went from what to what, by name.
    pub fields: Vec<FieldChange>,
}

/// A field that went from one value to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Its value before, `null` where there was none.
    pub from: Json,
    /// Its value since.
    pub to: Json,
}

impl Change {
    /// For stores: the JSON that [`Change::read_fields`] reads.
    pub fn write_fields(&self) -> String {
        let pair = |change: &FieldChange| Json::from(vec![change.from.clone(), change.to.clone()]);
        let members = self.fields.iter().map(|change| (change.field.clone(), pair(change)));
        Json::Object(members.collect()).to_string()
    }

    /// For stores: the fields from the JSON that [`created_fields`] and [`updated_fields`] write.
    /// `None` when it is something else.
    pub fn read_fields(json: &str) -> Option<Vec<FieldChange>> {
        let Json::Object(members) = serde_json::from_str(json).ok()? else { return None };
        let mut fields = members
            .into_iter()
            .map(|(field, change)| match change {
                Json::Array(pair) => {
                    let [from, to] = <[Json; 2]>::try_from(pair).ok()?;
                    Some(FieldChange { field, from, to })
                }
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
        // Stores, and hosts that configure JSON otherwise, keep members in different orders.
        fields.sort_by(|a, b| a.field.cmp(&b.field));
        Some(fields)
    }
}

/// A place in the change log, to follow it from. Opaque.
pub type ChangeCursor = Cursor;

/// Some entries, and where to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangePage {
    /// The entries, in the order in which a follower must see them.
    pub changes: Vec<Change>,
    /// Where to go on, now or later: also when there is nothing new.
    pub next: Option<ChangeCursor>,
}

/// For stores: the cursor that goes on after the entry that stands at `unit` and has this `id`.
pub fn change_cursor(unit: i64, id: Uuid) -> ChangeCursor {
    Cursor::encode(&serde_json::json!(["change", unit, id]))
}

/// For stores: where a cursor of [`change_cursor`] stands.
///
/// # Errors
/// [`Invalid`] for a cursor of something else.
pub fn change_position(cursor: &ChangeCursor) -> Result<(i64, Uuid), Invalid> {
    cursor
        .decode()
        .and_then(|json| serde_json::from_value::<(String, i64, Uuid)>(json).ok())
        .filter(|(what, ..)| what == "change")
        .map(|(_, unit, id)| (unit, id))
        .ok_or_else(|| {
            Invalid::new("changes", "after", "this cursor does not belong to the change log")
        })
}

/// For stores: what the log keeps of a new record: a JSON object of its fields that are not empty,
/// without those that follow from them.
pub fn created_fields<E: Entity>(entity: &E) -> String {
    let mut out = String::from("{");
    for field in E::FIELDS.iter().filter(|field| !field.derived) {
        let value = (field.get)(entity);
        if !value.is_null() {
            write_pair(&mut out, field.name, &Value::Null, &value);
        }
    }
    out.push('}');
    out
}

/// For stores: the fields in which two versions of a record differ, by their places.
pub fn differing_fields<E: Entity>(before: &E, after: &E) -> Vec<usize> {
    let differs = |field: &FieldSpec<E>| (field.get)(before) != (field.get)(after);
    (0..E::FIELDS.len())
        .filter(|at| E::FIELDS.get(*at).is_some_and(|field| differs(field)))
        .collect()
}

/// For stores: what the log keeps of an update: a JSON object of the fields that differ.
pub fn updated_fields<E: Entity>(before: &E, after: &E) -> String {
    changed_fields(before, after, &differing_fields(before, after))
}

/// For stores: the same, where it is known which fields differ.
pub fn changed_fields<E: Entity>(before: &E, after: &E, differing: &[usize]) -> String {
    let mut out = String::from("{");
    for field in differing.iter().filter_map(|at| E::FIELDS.get(*at)) {
        write_pair(&mut out, field.name, &(field.get)(before), &(field.get)(after));
    }
    out.push('}');
    out
}

/// For stores: an entry without what tells of a person, in one field or in all that do.
pub fn redacted_change<E: Entity>(change: &Change, only: Option<&FieldSpec<E>>) -> Change {
    let mut redacted = change.clone();
    for field in &mut redacted.fields {
        let spec = E::FIELDS.iter().find(|spec| spec.name == field.field);
        let meant = |spec: &FieldSpec<E>| only.is_none_or(|only| only.name == spec.name);
        if spec.is_some_and(|spec| spec.personal.is_some() && meant(spec)) {
            (field.from, field.to) = (Json::Null, Json::Null);
        }
    }
    redacted
}

fn write_pair(out: &mut String, name: &str, from: &Value<'_>, to: &Value<'_>) {
    if out.len() > 1 {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":[");
    from.write_json(out);
    out.push(',');
    to.write_json(out);
    out.push(']');
}
