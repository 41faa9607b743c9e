use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    Error,
    customer::Customer,
    kernel::{self, Entity, Stored, Value},
    opportunity::pipeline::Pipeline,
};

use super::{
    draft::{Draft, Key},
    known::{Known, several, words},
    references::{Found, References, add},
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
    pub(super) create_customers: bool,
    /// Records of the same kind are made now, or given up.
    pub(super) settle: bool,
    pub(super) slots: Vec<Slot<E>>,
    by_key: HashMap<Key, usize>,
    /// New records by external id and name.
    placed: HashMap<String, Found>,
}

/// A record, and the rows that are about it.
pub(super) struct Slot<E> {
    pub(super) stored: Option<Stored<E>>,
    /// What it is to be; `None` where that is what is stored.
    pub(super) current: Option<E>,
    /// Each row, and whether it changed something.
    rows: Vec<(usize, bool)>,
}

impl<'a, E: Subject> Placing<'a, E> {
    pub(super) fn new(
        known: Known<E>,
        references: &'a mut References,
        pipeline: Option<&'a Pipeline>,
        blank: &E,
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
            create_customers: false,
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
            let id = self.resolve(reference.kind, &reference.text, &next_id)?;
            draft.values.push((reference.index, Value::Uuid(id)));
            named.push(id);
        }
        let at = match self.by_key.get(&draft.key) {
            Some(at) => Some(*at),
            None => self.known.take(&draft.key)?.map(|stored| {
                self.slots.push(Slot { stored: Some(stored), current: None, rows: Vec::new() });
                self.by_key.insert(draft.key.clone(), self.slots.len() - 1);
                self.slots.len() - 1
            }),
        };
        let slot = at.and_then(|at| self.slots.get_mut(at));
        if let Some(slot) = slot {
            let before = slot.current.as_ref().or(slot.stored.as_deref());
            let after = build(draft, before, None, &self.blank, self.pipeline)?;
            let differs = before != Some(&after);
            if differs {
                slot.current = Some(after);
            }
            slot.rows.push((row, differs));
        } else {
            let key = draft.key.clone();
            let id = match key {
                Key::Content(id) => id,
                _ => next_id(),
            };
            let new = build(draft, None, Some(id), &self.blank, self.pipeline)?;
            self.by_key.insert(key, self.slots.len());
            self.know(&new);
            self.slots.push(Slot { stored: None, current: Some(new), rows: vec![(row, true)] });
        }
        if self.references.makes_any() {
            self.references.used(&named);
        }
        Ok(())
    }

    /// What became of each row that was placed.
    pub(super) fn outcomes(&self, mut tell: impl FnMut(usize, Outcome)) {
        for slot in &self.slots {
            let mut new = slot.stored.is_none();
            let net = new || slot.changed();
            for (row, differs) in &slot.rows {
                let outcome = match (std::mem::take(&mut new), *differs && net) {
                    (true, _) => Outcome::New,
                    (false, true) => Outcome::Changed,
                    (false, false) => Outcome::Unchanged,
                };
                tell(*row, outcome);
            }
        }
    }

    fn resolve(
        &mut self,
        kind: &'static str,
        text: &str,
        next_id: &impl Fn() -> Uuid,
    ) -> Result<Uuid, String> {
        let stored = self.references.get(kind, text);
        let placed = if kind == E::KIND { self.placed.get(text).copied() } else { None };
        match (stored, placed) {
            (Some(Found::One(id)), None) | (None, Some(Found::One(id))) => return Ok(id),
            (None, None) => {}
            _ => return Err(several(kind, text)),
        }
        let own = kind == E::KIND;
        let makes = E::MAKES.contains(&kind) && (!own || self.settle)
            || self.create_customers && kind == Customer::KIND && !own;
        if !makes {
            return Err(format!("there is no {} called {text:?}", words(kind)));
        }
        let id = next_id();
        self.references.make(kind, text, id);
        Ok(id)
    }

    fn know(&mut self, new: &E) {
        let Some(name) = E::name_field() else { return };
        for field in [name, E::external_id_field()] {
            if let Value::Text(text) = (field.spec().get)(new) {
                add(&mut self.placed, text.to_string(), new.id().uuid());
                if field.spec().name == name.spec().name {
                    let key = Key::Name(text.into_owned());
                    self.by_key.entry(key).or_insert(self.slots.len());
                }
            }
        }
    }
}

impl<E: Entity> Slot<E> {
    pub(super) fn changed(&self) -> bool {
        self.current.is_some() && self.current.as_ref() != self.stored.as_deref()
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

fn reason(error: &Error) -> String {
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
