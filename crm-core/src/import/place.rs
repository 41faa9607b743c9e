use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::{
    customer::{Customer, CustomerKind},
    kernel::{self, Entity, Id, Stored, TenantId, Timestamp, Value},
    opportunity::pipeline::Pipeline,
    settings::Settings,
};

use super::{
    build::{build, reason},
    draft::{Draft, Key, Reference, named},
    folding::{Folding, Verdict, fold},
    known::{Known, several, text, words},
    references::{Found, References, add, forget_one},
    row::{Match, Outcome},
    slot::{FOLDED, IMPORTED, Slot, State},
    subject::Subject,
    taken::Taken,
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
    /// The rules of the house.
    pub(super) rules: Settings,
    /// When that is.
    pub(super) now: Timestamp,
    /// Who owns what rows give to nobody is up to the assignment rules.
    pub(super) assign: bool,
    /// Rows name records of their own kind.
    pub(super) names_own: bool,
    /// Where customers are looked for that new ones may be.
    pub(super) folding: Option<Folding>,
    pub(super) slots: Vec<Slot<E>>,
    by_key: HashMap<Key, usize>,
    by_id: HashMap<Uuid, usize>,
    /// Rows that are known by these are about customers that were merged.
    merged: HashSet<Key>,
    /// What customers have from rows that were folded into them.
    taken: HashMap<Id<Customer>, Taken>,
    /// What this batch makes or calls anew, by external id and name.
    placed: HashMap<String, Found>,
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
            rules: Settings::standard(Settings::id_of(tenant)),
            now: Timestamp::MAX,
            assign: false,
            names_own: false,
            folding: None,
            slots: Vec::new(),
            by_key: HashMap::new(),
            by_id: HashMap::new(),
            merged: HashSet::new(),
            taken: HashMap::new(),
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
        let known = match self.by_key.get(&draft.key) {
            Some(at) => Some(*at),
            None => self.known.take(&draft.key)?.map(|hit| {
                let at = self.slot_of(hit.stored);
                if hit.merged {
                    self.merged.insert(draft.key.clone());
                }
                self.by_key.insert(draft.key.clone(), at);
                at
            }),
        };
        match known {
            Some(at) => self.change(row, draft, at)?,
            None => self.add(row, draft, next_id)?,
        }
        if self.references.makes_any() {
            self.references.used(&named);
        }
        Ok(())
    }

    /// The slot of a record: one for each, however rows name it.
    fn slot_of(&mut self, stored: Stored<E>) -> usize {
        *self.by_id.entry(stored.id().uuid()).or_insert_with(|| {
            self.slots.push(Slot { stored: Some(stored), states: Vec::new(), rows: Vec::new() });
            self.slots.len() - 1
        })
    }

    /// A row about a record that is known.
    fn change(&mut self, row: usize, mut draft: Draft, at: usize) -> Result<(), String> {
        let before = self.slots.get(at).and_then(Slot::now).cloned();
        if self.merged.contains(&draft.key) {
            return self.change_survivor(row, draft, at);
        }
        let customer = before.as_ref().and_then(E::as_customer);
        if let Some(customer) = customer
            && let Some(taken) = self.taken.get(&customer.id)
        {
            if let Key::External(external) = &draft.key
                && taken.external_id
            {
                let why =
                    format!("a row with the external id {external} was folded into it before");
                let found = Match { customer: customer.id, name: customer.name.clone(), why };
                let said = draft.said();
                let new = self.build(draft, before.as_ref(), None)?;
                return self.take_in(row, &new, &said, at, found);
            }
            // What another row filled, a row that says nothing does not empty.
            draft.values.retain(|(index, value)| {
                let name = E::FIELDS.get(*index).map_or("", |field| field.name);
                !value.is_nothing() || !taken.fills(name)
            });
        }
        if self.assign {
            draft.keep_owner::<E>();
        }
        let after = self.build(draft, before.as_ref(), None)?;
        let changes = before.as_ref() != Some(&after);
        if changes && let Some(before) = &before {
            self.said_last(before, &after, false);
        }
        let outcome = if changes { Outcome::Changed } else { Outcome::Unchanged };
        self.state(row, at, changes.then_some((IMPORTED, after)), outcome);
        Ok(())
    }

    /// A row about a customer that was merged: it fills what is empty at the survivor, and overwrites
    /// nothing that the merge chose. Its external id stays with the one that was merged.
    fn change_survivor(&mut self, row: usize, mut draft: Draft, at: usize) -> Result<(), String> {
        let Some(before) = self.slots.get(at).and_then(Slot::now).cloned() else { return Ok(()) };
        let Some(there) = before.as_customer() else { return Ok(()) };
        let external = E::external_id_field().spec().name;
        let external = E::FIELDS.iter().position(|field| field.name == external);
        let itself = Value::Uuid(there.id.uuid());
        draft.values.retain(|(index, value)| Some(*index) != external && *value != itself);
        let why = "it was merged into this one".to_owned();
        let found = Match { customer: there.id, name: there.name.clone(), why };
        let said = draft.said();
        let new = self.build(draft, Some(&before), None)?;
        if fold(&before, &new, &said).is_ok_and(|folded| folded == before) {
            self.state(row, at, None, Outcome::Unchanged);
            return Ok(());
        }
        self.take_in(row, &new, &said, at, found)
    }

    /// A row about a record that nobody knows by this id or name.
    fn add(&mut self, row: usize, draft: Draft, next_id: impl Fn() -> Uuid) -> Result<(), String> {
        let (key, said) = (draft.key.clone(), draft.said());
        let id = draft.id.unwrap_or_else(next_id);
        let new = self.build(draft, None, Some(id))?;
        let verdict = match (self.folding.as_mut(), new.as_customer()) {
            (Some(folding), Some(new)) => folding.judge(row, new, &said),
            _ => Verdict::New,
        };
        let outcome = match verdict {
            Verdict::New => Outcome::New,
            Verdict::Doubtful(found) => Outcome::Doubtful(found),
            Verdict::Refused(reason) => return Err(reason),
            Verdict::Same(found) => {
                let (id, stored) = (found.customer, self.folding.as_ref());
                let stored = stored.and_then(|folding| folding.stored(id));
                let at = match (self.by_id.get(&id.uuid()), stored.and_then(E::of_customer)) {
                    (Some(at), _) => *at,
                    (None, Some(stored)) => self.slot_of(stored),
                    (None, None) => return Err(format!("{} is gone", found.name)),
                };
                self.take_in(row, &new, &said, at, found)?;
                if let Key::External(_) = key {
                    self.taken.entry(id).or_default().external_id = true;
                    self.by_key.insert(key, at);
                }
                return Ok(());
            }
        };
        let at = self.slots.len();
        self.slots.push(Slot { stored: None, states: Vec::new(), rows: Vec::new() });
        self.by_key.insert(key, at);
        self.by_id.insert(id, at);
        self.state(row, at, Some((IMPORTED, new)), outcome);
        Ok(())
    }

    /// The record with what the row says, if that can be what it is given as.
    fn build(&self, draft: Draft, before: Option<&E>, id: Option<Uuid>) -> Result<E, String> {
        let built = build(draft, before, id, &self.blank, self.pipeline)?;
        let given = built.given(before, &self.rules, self.now);
        given.map_err(|e| format!("{}: {}", e.field, e.reason)).map(|()| built)
    }

    /// Folds a new record into one that is there, which rows may then call so too.
    fn take_in(
        &mut self,
        row: usize,
        new: &E,
        said: &[usize],
        at: usize,
        found: Match,
    ) -> Result<(), String> {
        let Some(there) = self.slots.get(at).and_then(Slot::now) else { return Ok(()) };
        let folded = fold(there, new, said).map_err(|e| reason(&e))?;
        kernel::check(&folded).map_err(|e| format!("{}: {}", e.field, e.reason))?;
        there.permits(&folded).map_err(|e| e.why)?;
        if let Some(name) = E::name_field().and_then(|field| text(field, new))
            && self.names_own
            && name != found.name
        {
            self.references.alias(&name, found.customer.uuid());
        }
        let there = there.clone();
        self.said_last(&there, &folded, true);
        let state = (there != folded).then_some((FOLDED, folded));
        self.state(row, at, state, Outcome::Folded(found));
        Ok(())
    }

    /// That a row made this of a customer, and whether it was folded into it.
    fn said_last(&mut self, before: &E, after: &E, folded: bool) {
        let Some(id) = after.as_customer().map(|customer| customer.id) else { return };
        let taken = self.taken.entry(id).or_default();
        for field in E::FIELDS {
            if (field.get)(before) != (field.get)(after) {
                taken.says(field.name, folded);
            }
        }
    }

    /// That a row leaves a record so.
    fn state(&mut self, row: usize, at: usize, state: Option<(&'static str, E)>, outcome: Outcome) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        if let Some((event, to)) = state {
            know(self.references, &mut self.placed, slot.now(), &to);
            if let (Some(folding), Some(customer)) = (&mut self.folding, to.as_customer()) {
                folding.placed(customer);
            }
            slot.states.push(State { row, event, to });
        }
        slot.rows.push((row, outcome));
    }

    /// The new customers that rows may make, as far as they say themselves who that is.
    pub(super) fn candidates(&self, drafts: &[(usize, Draft)]) -> Vec<(usize, Customer)> {
        let new = drafts.iter().filter(|(_, draft)| !self.known.has(&draft.key));
        let id = Uuid::nil();
        let built = new.filter_map(|(row, draft)| {
            let draft = draft.without_references();
            let new = build::<E>(draft, None, Some(id), &self.blank, self.pipeline).ok()?;
            new.as_customer().map(|new| (*row, new.clone()))
        });
        built.collect()
    }

    /// The customer that is known, when a row says other than what it has, or nothing where it has
    /// something: then it matters what it has from folded rows.
    pub(super) fn overwrites(&self, draft: &Draft) -> Option<Id<Customer>> {
        let stored = match self.by_key.get(&draft.key) {
            Some(at) => self.slots.get(*at)?.stored.as_ref()?,
            None => self.known.get(&draft.key)?,
        };
        let id = stored.as_customer()?.id;
        let external = matches!(draft.key, Key::External(_));
        let other = |index: usize, value: &Value<'_>| {
            let has = E::FIELDS.get(index).map(|field| (field.get)(stored));
            let asks = external || value.is_nothing();
            has.is_some_and(|has| asks && !has.is_nothing() && has != *value)
        };
        let named =
            |reference: &Reference| match self.references.get(reference.kind, &reference.text) {
                Some(Found::One(id)) => Value::Uuid(id),
                _ => Value::Null,
            };
        let other = draft.values.iter().any(|(index, value)| other(*index, value))
            || (external && draft.references.iter().any(|one| other(one.index, &named(one))));
        let asked = self.taken.get(&id).is_some_and(|taken| taken.asked);
        (other && !asked).then_some(id)
    }

    /// That a customer has this from rows that were folded into it.
    pub(super) fn has_taken(&mut self, id: Id<Customer>, taken: Taken) {
        self.taken.entry(id).or_default().add(taken);
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

/// The place of the name and the external id among the fields.
pub(super) fn naming<E: Subject>() -> Vec<usize> {
    let names = [E::name_field().map(|f| f.spec().name), Some(E::external_id_field().spec().name)];
    let at = |name: &str| E::FIELDS.iter().position(|field| field.name == name);
    names.into_iter().flatten().filter_map(at).collect()
}
