//! A word that is nowhere else: what records it is put into, and where it is found.

use serde_json::Value as Json;

use crate::{
    customer::{Customer, CustomerKind},
    interaction::{Channel, Direction, Interaction},
    kernel::{Entity, Id, Kind, Query, Stored, Term, TermTest, Value, to_json, with_value},
    store::{Read, ReadUnit, every},
};

use super::{case::Case, claim::Held, follower::closed_book};

/// A word that is nowhere else.
pub(super) const MARKER: &str = "zyxwvut";

/// A record with the marker in every field that tells of a person and can hold it.
pub(super) fn marked<E: Entity>(entity: &E) -> Held<E> {
    let mut marked = entity.clone();
    for field in E::FIELDS.iter().filter(|f| f.personal.is_some() && !f.derived) {
        let value = match (field.kind, field.name) {
            (Kind::Text, name) if E::UNIQUE.contains(&name) => {
                Value::Text(format!("{MARKER} {}", entity.id()).into())
            }
            (Kind::Text, _) => Value::Text(MARKER.into()),
            (Kind::Tags, _) => Value::Json(format!("[\"{MARKER}\"]").into()),
            (_, "phones") => {
                let phones = format!("[{{\"kind\":\"work\",\"number\":\"{MARKER}\"}}]");
                Value::Json(phones.into())
            }
            (_, "custom") => Value::Json(format!("{{\"a\":{{\"text\":\"{MARKER}\"}}}}").into()),
            _ => continue,
        };
        // A field that holds a code, say a language, may refuse it.
        let Ok(with) = with_value(&marked, field, &value) else { continue };
        if crate::kernel::check(&with).is_ok() {
            marked = with;
        }
    }
    Ok(marked)
}

/// A record with a text in a field of this name, where there is one.
pub(super) fn named<E: Entity>(stored: Stored<E>, name: &str, text: &str) -> Held<Stored<E>> {
    let Some(field) = E::FIELDS.iter().find(|field| field.name == name) else { return Ok(stored) };
    let with = with_value(&*stored, field, &Value::Text(text.to_owned().into()))?;
    Ok(stored.edit(|entity| *entity = with))
}

/// How often the marker is anywhere.
pub(super) async fn found(case: &Case) -> Held<usize> {
    having(case, MARKER).await
}

/// How often a text is anywhere: in records, the change log, histories or terms.
pub(super) async fn having(case: &Case, wanted: &str) -> Held<usize> {
    let mut unit = case.read().await?;
    let mut all = snapshot(&mut *unit).await?;
    drop(unit);
    for change in closed_book(case, &case.anna()?).await? {
        all.push(serde_json::to_value(change)?);
    }
    let mut unit = case.read().await?;
    let everything = TermTest::BeginsWith(Term::stored(""));
    for holder in unit.having(&[everything], 10_000).await? {
        all.push(holder.term.as_str().into());
    }
    Ok(all.iter().map(Json::to_string).filter(|text| text.contains(wanted)).count())
}

pub(super) fn person(case: &Case) -> Customer {
    Customer::new(case.id(), CustomerKind::Person, "somebody")
}

pub(super) fn organisation(case: &Case) -> Customer {
    Customer::new(case.id(), CustomerKind::Organisation, "School")
}

pub(super) fn call(case: &Case, customer: Id<Customer>) -> Held<Interaction> {
    let at = "2017-12-31T08:00:00Z".parse()?;
    Ok(Interaction::new(case.id(), customer, Channel::Phone, Direction::Inbound, at))
}

/// Every record of a kind as JSON, each with its history.
async fn all_of<E: Entity>(
    unit: &mut (dyn ReadUnit + '_),
    all: &mut Vec<Json>,
    ids: Vec<(Id<E>, Json)>,
) -> Held {
    for (id, json) in ids {
        all.push(json);
        for change in unit.history(E::KIND, id.uuid(), 0, 1_000).await? {
            all.push(serde_json::to_value(change)?);
        }
    }
    Ok(())
}

async fn records<E: Entity, R: Read<E> + ?Sized>(unit: &mut R) -> Held<Vec<(Id<E>, Json)>> {
    let mut records = Vec::new();
    every(unit, Query::all(), |stored: Stored<E>| {
        records.push((stored.id(), to_json(&*stored)));
        Ok(())
    })
    .await?;
    Ok(records)
}

macro_rules! of_each_kind {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        /// Everything there is, with its history.
        async fn snapshot(unit: &mut (dyn ReadUnit + '_)) -> Held<Vec<Json>> {
            let mut all = Vec::new();
            $(let some = records::<$entity, _>(unit).await?; all_of(unit, &mut all, some).await?;)+
            $(let some = records::<$added, _>(unit).await?; all_of(unit, &mut all, some).await?;)+
            $(let some = records::<$kept, _>(unit).await?; all_of(unit, &mut all, some).await?;)+
            Ok(all)
        }
    };
}
crate::for_each_entity!(of_each_kind);
