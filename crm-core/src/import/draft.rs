use crate::kernel::{Id, TenantId, Value};

use super::{
    cell,
    plan::{Plan, Source},
    row::Row,
    subject::{Apart, Subject},
};

/// What a row says, before the records it names are looked up.
pub(super) struct Draft {
    pub(super) key: Key,
    /// The id of a new record, where that follows from the row.
    pub(super) id: Option<uuid::Uuid>,
    pub(super) values: Vec<(usize, Value<'static>)>,
    pub(super) apart: Apart,
    pub(super) references: Vec<Reference>,
    pub(super) title: Option<String>,
}

/// By what a record is known again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    External(String),
    Name(String),
    Content(uuid::Uuid),
}

/// Another record that a row names.
pub(super) struct Reference {
    pub(super) index: usize,
    pub(super) kind: &'static str,
    pub(super) text: String,
}

impl Draft {
    /// # Errors
    /// Why the row is refused.
    pub(super) fn read<E: Subject>(
        plan: &Plan,
        row: &Row,
        tenant: TenantId,
    ) -> Result<Self, String> {
        let key = key::<E>(plan, row, tenant)?;
        let id = match &key {
            Key::External(_) => None,
            Key::Name(name) => Some(named(tenant, E::KIND, name)),
            Key::Content(id) => Some(*id),
        };
        let currency = plan.currency.as_ref().map_or("", |source| source.text(&row.cells));
        let mut draft = Self {
            key,
            id,
            values: Vec::with_capacity(plan.fields.len()),
            apart: Vec::new(),
            references: Vec::new(),
            title: None,
        };
        for field in &plan.fields {
            let (info, text) = (&field.info, field.source.text(&row.cells));
            match info.refers_to {
                Some(kind) if !text.is_empty() => {
                    let text = sound(info.name, text)?;
                    draft.references.push(Reference { index: info.index, kind, text });
                }
                _ => match cell::read(info, text, currency)? {
                    Some(value) if info.apart => draft.apart.push((info.name, value)),
                    Some(value) => draft.values.push((info.index, value)),
                    None => {}
                },
            }
        }
        if plan.name.as_ref().is_none_or(|source| source.text(&row.cells).is_empty()) {
            draft.title = E::title(&|name| {
                let field = plan.fields.iter().find(|field| field.info.name == name);
                field.map_or_else(String::new, |field| field.source.text(&row.cells).to_owned())
            });
        }
        Ok(draft)
    }

    /// The same, but for the other records that it names.
    pub(super) fn without_references(&self) -> Self {
        Self {
            key: self.key.clone(),
            id: self.id,
            values: self.values.clone(),
            apart: self.apart.clone(),
            references: Vec::new(),
            title: self.title.clone(),
        }
    }

    /// The fields in which a row says something.
    pub(super) fn said(&self) -> Vec<usize> {
        let says = self.values.iter().filter(|(_, value)| !value.is_nothing());
        says.map(|(index, _)| *index).collect()
    }

    /// Says nothing of the owner where the row leaves it empty.
    pub(super) fn keep_owner<E: Subject>(&mut self) {
        let owner = E::FIELDS.iter().position(|field| field.name == "owner_id");
        self.values.retain(|(index, value)| Some(*index) != owner || !value.is_nothing());
    }

    /// Whether one of these fields says `text`.
    pub(super) fn says(&self, fields: &[usize], text: &str) -> bool {
        self.values.iter().any(|(index, value)| {
            fields.contains(index) && matches!(value, Value::Text(said) if said == text)
        })
    }
}

fn key<E: Subject>(plan: &Plan, row: &Row, tenant: TenantId) -> Result<Key, String> {
    if let Some(external) = said(plan.external_id.as_ref(), row) {
        return Ok(Key::External(sound("external_id", external)?));
    }
    if E::name_field().is_some() {
        return match said(plan.name.as_ref(), row) {
            Some(name) => Ok(Key::Name(sound("name", name)?)),
            None => Err("it has no name".to_owned()),
        };
    }
    if plan.external_id.is_some() {
        return Err("external_id: it is empty, and the row is known by it".to_owned());
    }
    let content = format!("{}\u{1e}{}{}", E::KIND, plan.content(&row.cells), row.occurrence);
    Ok(Key::Content(Id::<E>::derived(tenant, &content).uuid()))
}

/// The id of a record that is known by its name.
pub(super) fn named(tenant: TenantId, kind: &str, name: &str) -> uuid::Uuid {
    Id::<()>::derived(tenant, &format!("{kind}\u{1f}{name}")).uuid()
}

/// The id of the next record of that name, once the record of this id was erased.
pub(super) fn named_next(tenant: TenantId, erased: uuid::Uuid) -> uuid::Uuid {
    named(tenant, "after", &erased.to_string())
}

fn said<'a>(source: Option<&'a Source>, row: &'a Row) -> Option<&'a str> {
    source.map(|source| source.text(&row.cells)).filter(|text| !text.is_empty())
}

/// A text that stores can be asked for.
fn sound(field: &str, text: &str) -> Result<String, String> {
    if text.contains('\0') {
        return Err(format!("{field}: no text may have a NUL character in it"));
    }
    Ok(text.to_owned())
}
