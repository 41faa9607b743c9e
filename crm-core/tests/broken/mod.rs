//! A store that has one fault: the reference store, wrapped.

mod custody;
mod read;
mod write;

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    thread,
};

use async_trait::async_trait;
use crm_core::{
    Result,
    interaction::Interaction,
    kernel::{
        Change, Entity, Holder, Id, Row, Scope, Stored, Term, TermTest, Timestamp, Value,
        with_value,
    },
    memory::MemoryStore,
    settings::Settings,
    store::{ReadUnit, Store, UnitOfWork},
};
use futures_executor::block_on;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A wrapper that changes nothing.
    None,
    /// An update overwrites whatever is there.
    LosesUpdates,
    /// Each write is committed at once.
    CommitsEachWrite,
    /// A dropped unit is committed.
    CommitsWhenDropped,
    /// An id of another tenant leads to its record.
    LeaksRecords,
    /// Records of all tenants are counted.
    LeaksCounts,
    /// Records of all tenants are added up.
    LeaksSums,
    /// Updates are not in the change log.
    ForgetsUpdates,
    /// The newest versions stand first in a page of the log.
    ShowsNewestFirst,
    /// What stands last shows only later, and a follower has gone on by then.
    ShowsEntriesLate,
    /// Empty fields come last.
    PutsEmptyFieldsLast,
    /// Seconds are all it keeps.
    LosesMicroseconds,
    /// Spaces at the end are gone.
    TrimsTexts,
    /// A closed interaction can be edited.
    ChangesClosedInteractions,
    /// A unique value may come twice.
    AcceptsDuplicates,
    /// A reference may lead nowhere.
    AcceptsLooseReferences,
    /// A list may name what comes later in it.
    AcceptsForwardReferences,
    /// What a unit wrote does not remember the unit.
    ForgetsWhoWrote,
    /// Only so many values are looked for.
    CutsLargeLists,
    /// Texts that say nothing are no texts.
    KeepsNoEmptyTexts,
    /// Pages are found by counting.
    PagesByOffset,
    /// A list is written one by one.
    WritesListsInParts,
    /// Letters are compared without their case.
    IgnoresCase,
    /// Sums are doubles.
    AddsUpInFloats,
    /// Of what is kept, amounts are told that are not plain.
    TellsAnyAmount,
    /// Classes of a run are told to all tenants.
    LeaksClasses,
    /// Those of some customers are.
    LeaksClassesOfSome,
    /// Where one is refused, those before it are kept.
    KeepsClassesInParts,
    /// Of a page of the classes of a run, the last is not there.
    LosesTheLastClass,
    /// A customer's first class in a run stays, and nothing is said.
    KeepsTheFirstClass,
    /// Terms lead to records of all tenants.
    LeaksTerms,
    /// Of records that are filed elsewhere, only the first is.
    FilesTheFirstAlone,
    /// The change log still tells what was erased.
    RemembersTheErased,
    /// A record is found by what it was called before, and by that alone.
    KeepsOldTerms,
    /// A record is found by what was erased of it.
    KeepsTermsOfTheErased,
    /// Terms are never written anew.
    ReindexesNothing,
    /// Where one field is to be erased or redacted, all are.
    ErasesMoreThanNamed,
    /// Whatever versions are to be redacted, all are.
    RedactsEveryVersion,
    /// The change log is left as it is where it is to be redacted.
    RedactsNothing,
    /// Records are filed elsewhere wherever they are.
    RefilesWithoutAskingFrom,
    /// Nothing is there to be held.
    HoldsNothing,
    /// Every house has the standard rules.
    SettlesByStandardRules,
    /// What is named several times counts as often.
    CountsTheNamedAgain,
    /// Whoever could be named is found.
    FindsWhoIsNotNamed,
    /// What a caller says that a record was is believed.
    JudgesByTheCallersCopy,
    /// A batch is answered by what is committed.
    AsksBesideTheUnit,
    /// A batch is answered by what another tenant has.
    LeaksBatches,
    /// Some of what it keeps of months is not there.
    LosesFigures,
    /// Lists of the newest each have as many records as all may have together.
    EndsListsAlone,
}

pub(crate) struct Broken {
    inner: MemoryStore,
    fault: Fault,
    scopes: Mutex<Vec<Scope>>,
    /// Closed interactions that were edited after all.
    edited: Mutex<HashMap<Uuid, Interaction>>,
    /// What the change log said before it was erased.
    erased: Mutex<HashMap<Uuid, Vec<Change>>>,
    /// Records that are found by other terms than theirs.
    terms: Mutex<BTreeMap<Uuid, (&'static str, Vec<Term>)>>,
}

impl Broken {
    pub(crate) fn new(inner: MemoryStore, fault: Fault) -> Self {
        Self {
            inner,
            fault,
            scopes: Mutex::default(),
            edited: Mutex::default(),
            erased: Mutex::default(),
            terms: Mutex::default(),
        }
    }

    fn others(&self, scope: &Scope) -> Vec<Scope> {
        let mut scopes = self.scopes.lock().unwrap();
        if !scopes.iter().any(|known| known.tenant == scope.tenant) {
            scopes.push(scope.clone());
        }
        scopes.iter().filter(|other| other.tenant != scope.tenant).cloned().collect()
    }

    /// From now on a record is found by what it is found by now.
    fn keeps_terms<E: Entity>(&self, entity: &E) {
        let rules = Settings::standard(Settings::id_of(self.scopes.lock().unwrap()[0].tenant));
        let mut terms = entity.terms(&rules);
        terms.sort();
        terms.dedup();
        let mut kept = self.terms.lock().unwrap();
        kept.entry(entity.id().uuid()).or_insert((E::KIND, terms));
    }

    /// What is found, those with terms that were kept by these: all of `others` and each of `any`.
    fn found(&self, found: Vec<Holder>, any: &[TermTest], others: &[TermTest]) -> Vec<Holder> {
        let kept = self.terms.lock().unwrap();
        let mut all: Vec<_> = found.into_iter().filter(|h| !kept.contains_key(&h.id)).collect();
        for (id, (entity, terms)) in kept.iter() {
            let has = |test: &TermTest| terms.iter().any(|term| test.passes(term));
            if others.iter().all(has) {
                let passes = |term: &&Term| any.iter().any(|test| test.passes(term));
                let passing = terms.iter().filter(passes).cloned();
                all.extend(passing.map(|term| Holder { term, id: *id, entity: (*entity).into() }));
            }
        }
        all
    }

    /// Whether records of this kind are kept where the reference store does not look for them.
    fn hides<E: Entity>(&self) -> bool {
        self.fault == Fault::SettlesByStandardRules && E::KIND == Settings::KIND
    }

    /// A record as it is read.
    fn shown<E: Entity>(&self, stored: Stored<E>) -> Stored<E> {
        let version = stored.version();
        match self.fault {
            _ if self.hides::<E>() => Stored::loaded(hidden(stored.into_inner()), version),
            Fault::LosesMicroseconds => Stored::loaded(map(&*stored, cut), version),
            Fault::TrimsTexts => Stored::loaded(map(&*stored, trim), version),
            Fault::KeepsNoEmptyTexts => Stored::loaded(emptied(&*stored), version),
            Fault::ChangesClosedInteractions => {
                let edited = self.edited.lock().unwrap().get(&stored.id().uuid()).cloned();
                let edited = edited.map(|i| Box::new(i) as Box<dyn Any>);
                match edited.and_then(|i| i.downcast::<E>().ok()) {
                    Some(edited) => Stored::loaded(*edited, version),
                    None => stored,
                }
            }
            _ => stored,
        }
    }
}

#[async_trait]
impl Store for Broken {
    async fn begin(&self, scope: Scope) -> Result<Box<dyn UnitOfWork + '_>> {
        let others = self.others(&scope);
        let inner = Some(self.inner.begin(scope.clone()).await?);
        Ok(Box::new(Unit { store: self, inner, others, scope, finish: commit }))
    }

    async fn read(&self, scope: Scope) -> Result<Box<dyn ReadUnit + '_>> {
        let others = self.others(&scope);
        let inner = Some(self.inner.read(scope.clone()).await?);
        Ok(Box::new(Unit { store: self, inner, others, scope, finish: drop }))
    }
}

struct Unit<'s, U: ?Sized> {
    store: &'s Broken,
    inner: Option<Box<U>>,
    others: Vec<Scope>,
    scope: Scope,
    finish: fn(Box<U>),
}

impl<U: ?Sized> Unit<'_, U> {
    fn inner(&mut self) -> &mut U {
        self.inner.as_mut().unwrap()
    }
}

impl<U: ?Sized> Drop for Unit<'_, U> {
    fn drop(&mut self) {
        if self.store.fault == Fault::CommitsWhenDropped
            && let Some(inner) = self.inner.take()
        {
            (self.finish)(inner);
        }
    }
}

/// On another thread: this one may be waiting for a future already.
fn commit(unit: Box<dyn UnitOfWork + '_>) {
    thread::scope(|scope| scope.spawn(|| block_on(unit.commit())).join()).unwrap().unwrap();
}

fn map<E: Entity>(entity: &E, f: impl Fn(Value<'static>) -> Value<'static>) -> E {
    let mut values: Vec<_> =
        E::FIELDS.iter().map(|field| f((field.get)(entity).into_owned())).collect();
    E::load(&mut Row::new(&mut values)).unwrap()
}

/// The record without the value of one field; as it is, where the field must have one.
fn without<E: Entity>(entity: &E, name: &str) -> Option<E> {
    let value = |field: &crm_core::kernel::FieldSpec<E>| match field.name == name {
        true => Value::Null,
        false => (field.get)(entity).into_owned(),
    };
    let mut values: Vec<_> = E::FIELDS.iter().map(|field| value(field)).collect();
    E::load(&mut Row::new(&mut values)).ok()
}

fn cut(value: Value<'static>) -> Value<'static> {
    match value {
        Value::Timestamp(time) => {
            let seconds = time.micros().div_euclid(1_000_000) * 1_000_000;
            Value::Timestamp(Timestamp::from_micros(seconds).unwrap())
        }
        other => other,
    }
}

fn trim(value: Value<'static>) -> Value<'static> {
    match value {
        Value::Text(text) => Value::Text(text.trim_end().to_owned().into()),
        other => other,
    }
}

/// Without the texts that are empty, where there may be none.
fn emptied<E: Entity>(entity: &E) -> E {
    let empty = |field: &&&crm_core::kernel::FieldSpec<E>| {
        field.nullable && (field.get)(entity) == Value::text("")
    };
    let fields = E::FIELDS.iter().filter(empty);
    fields.fold(entity.clone(), |kept, field| without(&kept, field.name).unwrap())
}

/// The record under another id; twice, it is the same again.
fn hidden<E: Entity>(entity: E) -> E {
    let id = Value::Uuid(other_id(entity.id()).uuid());
    with_value(&entity, E::FIELDS[0], &id).unwrap()
}

fn other_id<E: Entity>(id: Id<E>) -> Id<E> {
    Id::new(Uuid::from_u128(id.uuid().as_u128() ^ 1))
}

pub(crate) fn store(fault: Fault) -> Arc<Broken> {
    Arc::new(Broken::new(crate::ground::memory(), fault))
}
