use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    Error,
    customer::{Customer, CustomerKind},
    kernel::{self, Entity, Stored, TenantId, Value},
    opportunity::pipeline::Pipeline,
};

use super::{
    draft::{Draft, Key, Reference, named},
    known::{Known, several, text, words},
    references::{Found, References, add, forget_one},
    row::Outcome,
    subject::Subject,
};

/// The records of a batch, row after row.
pub(super) struct Placing<'a, E: 'static> {
    pub(super) known: Known<E>,
    pub(super) references: &'a mut References,
    pub(super) pipeline: Option<&'a Pipeline>,
    /// What a new record says in every field.
    pub(super) blank: Vec<Value<'static>>,
    /// Customers that are made are of this kind.
    pub(super) create_customers: Option<CustomerKind>,
    /// Whose records they are.
    pub(super) tenant: TenantId,
    /// Records of the same kind are made now, or given up.
    pub(super) settle: bool,
    pub(super) slots: Vec<Slot<E>>,
    by_key: HashMap<Key, usize>,
    /// What this batch makes or calls anew, by external id and name.
    placed: HashMap<String, Found>,
}

/// A record, and the rows that are about it.
pub(super) struct Slot<E> {
    pub(super) stored: Option<Stored<E>>,
    /// What it becomes, one after the other, each by a row.
    pub(super) states: Vec<(usize, E)>,
    /// Each row, and what it did.
    pub(super) rows: Vec<(usize, Outcome)>,
}

impl<'a, E: Subject> Placing<'a, E> {
    pub(super) fn new(
        known: Known<E>,
        references: &'a mut References,
        pipeline: Option<&'a Pipeline>,
        blank: &E,
        tenant: TenantId,
    ) -> Self {
        let values = E::FIELDS.iter().map(|field| {
            let required = E::REQUIRED.contains(&field.name);
            if required { Value::Null } else { (field.get)(blank).into_owned() }
        });
        Self {
            blank: values.collect(),
            known,
            references,
            pipeline,
            create_customers: None,
            tenant,
            settle: false,
            slots: Vec::new(),
            by_key: HashMap::new(),
            placed: HashMap::new(),
        }
    }

    /// Whether it names a record of its own kind that is not there yet.
    pub(super) fn waits(&self, draft: &Draft) -> bool {
        draft.references.iter().any(|reference| {
            reference.kind == E::KIND
                && self.references.get(E::KIND, &reference.text).is_none()
                && !self.placed.contains_key(&reference.text)
        })
    }

    /// # Errors
    /// Why the row is refused.
    pub(super) fn place(
        &mut self,
        row: usize,
        mut draft: Draft,
        next_id: impl Fn() -> Uuid,
    ) -> Result<(), String> {
        let mut named = Vec::new();
        for reference in std::mem::take(&mut draft.references) {
            let id = self.resolve(&reference, &next_id)?;
            draft.values.push((reference.index, Value::Uuid(id)));
            named.push(id);
        }
        let at = match self.by_key.get(&draft.key) {
            Some(at) => Some(*at),
            None => self.known.take(&draft.key)?.map(|stored| {
                self.slots.push(Slot {
                    stored: Some(stored),
                    states: Vec::new(),
                    rows: Vec::new(),
                });
                self.by_key.insert(draft.key.clone(), self.slots.len() - 1);
                self.slots.len() - 1
            }),
        };
        if let Some(slot) = at.and_then(|at| self.slots.get_mut(at)) {
            let last = slot.states.last().map(|(_, state)| state);
            let before = last.or(slot.stored.as_deref());
            let after = build(draft, before, None, &self.blank, self.pipeline)?;
            if before == Some(&after) {
                slot.rows.push((row, Outcome::Unchanged));
            } else {
                know(self.references, &mut self.placed, before, &after);
                slot.states.push((row, after));
                slot.rows.push((row, Outcome::Changed));
            }
        } else {
            let key = draft.key.clone();
            let id = draft.id.unwrap_or_else(next_id);
            let new = build(draft, None, Some(id), &self.blank, self.pipeline)?;
            know(self.references, &mut self.placed, None, &new);
            self.by_key.insert(key, self.slots.len());
            let (states, rows) = (vec![(row, new)], vec![(row, Outcome::New)]);
            self.slots.push(Slot { stored: None, states, rows });
        }
        if self.references.makes_any() {
            self.references.used(&named);
        }
        Ok(())
    }

    fn resolve(
        &mut self,
        reference: &Reference,
        next_id: &impl Fn() -> Uuid,
    ) -> Result<Uuid, String> {
        let Reference { kind, text, index } = reference;
        let own = *kind == E::KIND;
        let stored = self.references.get(kind, text);
        let placed = if own { self.placed.get(text).copied() } else { None };
        match (stored, placed) {
            (Some(Found::One(id)), None) | (None, Some(Found::One(id))) => return Ok(id),
            (Some(Found::One(id)), Some(Found::One(same))) if id == same => return Ok(id),
            (None, None) => {}
            _ => return Err(several(kind, text)),
        }
        let customers = self.create_customers.filter(|_| *kind == Customer::KIND && !own);
        let makes = E::MAKES.contains(kind) && (!own || self.settle);
        if !makes && customers.is_none() {
            return Err(format!("there is no {} called {text:?}", words(kind)));
        }
        // A customer is made with an external id, which is unique by itself.
        let id = if customers.is_some() { next_id() } else { named(self.tenant, kind, text) };
        let made = self.references.make(kind, text, id, customers.unwrap_or(CustomerKind::Person));
        made.map_err(|reason| {
            let field = E::FIELDS.get(*index).map_or("", |field| field.name);
            format!("{}: {reason}", field.trim_end_matches("_id"))
        })?;
        Ok(id)
    }
}

/// From here on rows may name the record as it is called `now`, and not as it was called `before`.
fn know<E: Subject>(
    references: &mut References,
    placed: &mut HashMap<String, Found>,
    before: Option<&E>,
    now: &E,
) {
    let Some(name) = E::name_field() else { return };
    let id = now.id().uuid();
    for field in [name, E::external_id_field()] {
        let (was, is) = (before.and_then(|before| text(field, before)), text(field, now));
        if was == is {
            continue;
        }
        if let Some(was) = was {
            references.renamed(E::KIND, &was, id);
            forget_one(placed, &was, id);
        }
        if let Some(is) = is {
            add(placed, is, id);
        }
    }
}

/// The record with what the row says put over it.
fn build<E: Subject>(
    draft: Draft,
    before: Option<&E>,
    id: Option<Uuid>,
    blank: &[Value<'static>],
    pipeline: Option<&Pipeline>,
) -> Result<E, String> {
    let mut values: Vec<_> = match before {
        Some(before) => E::FIELDS.iter().map(|f| (f.get)(before).into_owned()).collect(),
        None => blank.to_vec(),
    };
    let mut put = |index: usize, value| {
        if let Some(place) = values.get_mut(index) {
            *place = value;
        }
    };
    if let Some(id) = id {
        put(0, Value::Uuid(id));
    }
    if let (Some(title), None) = (draft.title, before)
        && let Some(index) = E::FIELDS.iter().position(|field| field.name == "name")
    {
        put(index, Value::Text(title.into()));
    }
    draft.values.into_iter().for_each(|(index, value)| put(index, value));
    let loaded = E::load(&mut kernel::Row::new(&mut values))
        .map_err(|e| format!("{}: {}", e.field.trim_end_matches("_id"), e.reason))?;
    let built = loaded.finish(draft.apart, before, pipeline).map_err(|e| reason(&e))?;
    kernel::check(&built).map_err(|e| format!("{}: {}", e.field, e.reason))?;
    if let Some(before) = before {
        before.permits(&built).map_err(|e| e.why)?;
    }
    Ok(built)
}

/// Why a row is refused.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::Invalid(invalid) => format!("{}: {}", invalid.field, invalid.reason),
        Error::Refused(refused) => refused.why.clone(),
        other => other.to_string(),
    }
}

/// The place of the name and the external id among the fields.
pub(super) fn naming<E: Subject>() -> Vec<usize> {
    let names = [E::name_field().map(|f| f.spec().name), Some(E::external_id_field().spec().name)];
    let at = |name: &str| E::FIELDS.iter().position(|field| field.name == name);
    names.into_iter().flatten().filter_map(at).collect()
}
