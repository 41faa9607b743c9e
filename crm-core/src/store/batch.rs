use std::{any::Any, collections::BTreeMap, fmt, marker::PhantomData};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    Error, Result,
    kernel::{
        Change, Criteria, Entity, Field, FieldType, Holder, Id, Page, Query, Stored, Term,
        Timestamp,
    },
};

use super::{
    Read, ReadUnit,
    one_by_one::{Erased, ids_in},
};

/// So many records the lists of a batch have together, unless it says another number.
const STANDARD_LIMIT: u32 = 50;

/// Questions that a store answers at once: of several kinds, also the same kind several times. Where
/// each question is a way to a server and back, it is one way for all of them.
///
/// ```
/// use crm_core::{customer::{self, Customer, CustomerKind}, interaction, kernel::*, memory::MemoryStore,
///     store::{Append, Batch, Batches, Store}};
/// # futures_executor::block_on(async {
/// # let ports = Ports::new(FixedClock::new("2017-12-31T08:00:00Z".parse()?), SequentialIds::new(1));
/// # let store = MemoryStore::new(ports);
/// # let scope = Scope::new(TenantId(uuid::Uuid::from_u128(1)), Actor::new("anna")?);
/// # let mut work = store.begin(scope).await?;
/// # let id = Id::new(work.next_id());
/// # work.insert(Customer::new(id, CustomerKind::Organisation, "Acme")).await?;
/// let mut batch = Batch::of(20);
/// let acme = batch.find(customer::ID.eq(id).query());
/// let talks = batch.newest(interaction::CUSTOMER_ID.eq(id), &interaction::HAPPENED_AT);
/// let mut answers = work.ask(batch).await?;
/// assert_eq!(answers.take(acme)?.items.len(), 1);
/// assert_eq!(answers.take(talks)?, []);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Batch {
    limit: u32,
    questions: Vec<Question>,
}

/// A question that was put into a batch: [`Answers::take`] gives its answer, a `T`.
pub struct Asked<T> {
    at: usize,
    answer: PhantomData<fn() -> T>,
}

/// For stores: a question of a batch.
#[derive(Debug)]
#[non_exhaustive]
pub enum Question {
    /// A page of records: what [`Read::find`] answers, a [`Page<E>`].
    Find(AnyQuery),
    /// A list, newest first: of all these lists of the batch together the newest [`Batch::limit`], a
    /// `Vec<Stored<E>>`. The first field that the query is ordered by is the time, an instant or a
    /// day; its limit is that of the batch. See [`Batch::newest`].
    Newest(AnyQuery),
    /// The records that those of another question name: a `BTreeMap<Id<T>, Stored<T>>`.
    Named(Named),
    /// What [`super::ChangeLog::history`] answers, a `Vec<Change>`.
    History {
        /// The kind of entity.
        entity: &'static str,
        /// Which one.
        id: Uuid,
        /// Its entries after this version.
        after_version: u64,
        /// How many at the most.
        limit: u32,
    },
    /// What [`super::Terms::holders`] answers of one term, a `Vec<Holder>`.
    Holders {
        /// The term.
        term: Term,
        /// How many at the most.
        most: u32,
    },
}

/// For stores: a query of which only [`AnyQuery::of`] tells what kind of records it asks for.
pub struct AnyQuery(pub(super) Box<dyn Erased>);

/// For stores: asks for records that others name.
pub struct Named {
    /// The place in the batch of the [`Question::Newest`] that gives those others.
    pub of: usize,
    /// The name of their field.
    pub field: &'static str,
    /// All records of the kind that it names.
    pub all: AnyQuery,
    pub(super) ids: Ids,
}

/// What the records of an answer name; `None` where they are of another kind.
type Ids = Box<dyn Fn(&dyn Any) -> Option<Vec<Uuid>> + Send + Sync>;

/// What a batch was answered.
#[derive(Default)]
pub struct Answers(Vec<Option<Box<dyn Any + Send>>>);

/// When something was: an instant, or a day, which counts from its first instant in UTC.
pub trait Dated: FieldType {}
impl Dated for Timestamp {}
impl Dated for NaiveDate {}

impl Batch {
    /// Asks nothing yet.
    pub const fn new() -> Self {
        Self::of(STANDARD_LIMIT)
    }

    /// Asks nothing yet; its lists of the newest will have at most so many records together: 1 to
    /// [`crate::kernel::MAX_LIMIT`].
    pub const fn of(limit: u32) -> Self {
        Self { limit, questions: Vec::new() }
    }

    /// Asks for a page of records.
    pub fn find<E: Entity>(&mut self, query: Query<E>) -> Asked<Page<E>>
    where
        for<'u> dyn ReadUnit + 'u: Read<E>,
    {
        self.ask(Question::Find(AnyQuery(Box::new(query))))
    }

    /// Asks for the records that match, newest first by `time`; of the same time, the highest id
    /// first. Of all the lists that this asks for, only what is among the newest [`Batch::limit`] of
    /// all of them is answered; of the same time and id, what was asked for first stands first.
    /// Records without that time are left out.
    pub fn newest<E: Entity, T: Dated>(
        &mut self,
        criteria: Criteria<E>,
        time: &'static Field<E, T>,
    ) -> Asked<Vec<Stored<E>>>
    where
        for<'u> dyn ReadUnit + 'u: Read<E>,
    {
        let criteria =
            if time.spec().nullable { criteria.and(time.is_present()) } else { criteria };
        let query = criteria.query().descending(time).limit(self.limit);
        self.ask(Question::Newest(AnyQuery(Box::new(query))))
    }

    /// Asks for the records that the newest ones name in a field.
    pub fn named<E: Entity, T: Entity>(
        &mut self,
        of: &Asked<Vec<Stored<E>>>,
        field: &'static Field<E, Id<T>>,
    ) -> Asked<BTreeMap<Id<T>, Stored<T>>>
    where
        for<'u> dyn ReadUnit + 'u: Read<T>,
    {
        let spec = field.spec();
        let all = AnyQuery(Box::new(Query::<T>::all()));
        let ids = Box::new(move |records: &dyn Any| ids_in(records, spec));
        self.ask(Question::Named(Named { of: of.at, field: spec.name, all, ids }))
    }

    /// Asks for the entries of one record in the change log after a version of it, oldest first, at
    /// most `limit`.
    pub fn history(
        &mut self,
        entity: &'static str,
        id: Uuid,
        after_version: u64,
        limit: u32,
    ) -> Asked<Vec<Change>> {
        self.ask(Question::History { entity, id, after_version, limit })
    }

    /// Asks for the holders of a term, up to `most`.
    pub fn holders(&mut self, term: Term, most: u32) -> Asked<Vec<Holder>> {
        self.ask(Question::Holders { term, most })
    }

    /// How many records the lists of the newest may have together.
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// For stores: what is asked, in order.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// For stores: the same, given away.
    pub fn into_questions(self) -> Vec<Question> {
        self.questions
    }

    fn ask<T>(&mut self, question: Question) -> Asked<T> {
        self.questions.push(question);
        Asked { at: self.questions.len() - 1, answer: PhantomData }
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl AnyQuery {
    /// The query, if it asks for records of this kind.
    pub fn of<E: Entity>(&self) -> Option<&Query<E>> {
        self.0.as_any().downcast_ref()
    }
}

impl Answers {
    /// For stores: the answer to the next question, of the type that [`Question`] says.
    pub fn push(&mut self, answer: impl Any + Send) {
        self.push_boxed(Box::new(answer));
    }

    pub(super) fn push_boxed(&mut self, answer: Box<dyn Any + Send>) {
        self.0.push(Some(answer));
    }

    pub(super) fn get(&self, at: usize) -> Option<&(dyn Any + Send)> {
        self.0.get(at)?.as_deref()
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store gave none of that type, or the question is of another
    /// batch.
    pub fn take<T: 'static>(&mut self, asked: Asked<T>) -> Result<T> {
        let answer = self.0.get_mut(asked.at).and_then(Option::take);
        let answer = answer.and_then(|answer| answer.downcast::<T>().ok());
        answer.map(|answer| *answer).ok_or_else(|| Error::Unavailable {
            what: format!("the store has no answer to question {} of a batch", asked.at + 1),
            retryable: false,
            source: None,
        })
    }
}

impl<T> fmt::Debug for Asked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked({})", self.at)
    }
}

impl fmt::Debug for AnyQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyQuery({})", self.0.kind())
    }
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Named({:?} by {} of {})", self.all, self.field, self.of)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answers({})", self.0.len())
    }
}
