use std::{any::Any, cmp::Reverse, collections::BTreeMap};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Error, Result,
    kernel::{
        Criteria, Entity, FieldSpec, Id, Invalid, MAX_LIMIT, Page, Query, Stored, Timestamp, Value,
    },
};

use super::{
    Read, ReadUnit,
    batch::{Answers, Batch, Named, Question},
};

/// So many records are looked for by their ids with one question.
const AT_ONCE: usize = 500;

/// Answers a batch by asking its questions one after the other: for stores to which a question is no
/// way to go.
///
/// # Errors
/// Whatever the unit answers.
pub async fn one_by_one(unit: &mut (dyn ReadUnit + '_), batch: Batch) -> Result<Answers> {
    let limit = batch.limit() as usize;
    let mut found = Vec::new();
    for question in batch.into_questions() {
        found.push(match question {
            Question::Find(query) => Found::Page(query.0.find(unit).await?),
            Question::Newest(query) => Found::Newest(query.0.find(unit).await?),
            Question::Named(named) => Found::Named(named),
            Question::History { entity, id, after_version, limit } => {
                let history = unit.history(entity, id, after_version, limit).await?;
                Found::Other(Box::new(history))
            }
            Question::Holders { term, most } => {
                Found::Other(Box::new(unit.holders(&[term], most).await?))
            }
        });
    }
    cut(&mut found, limit);
    let mut answers = Answers::default();
    for answer in found {
        answers.push_boxed(match answer {
            Found::Page(page) => page.into_page(),
            Found::Newest(page) => page.into_records(),
            Found::Other(answer) => answer,
            Found::Named(named) => {
                let ids = named_ids(&named, &answers)?;
                named.all.0.among(unit, ids).await?
            }
        });
    }
    Ok(answers)
}

/// What answers a question, before it is known how much of it is wanted.
enum Found {
    Page(Box<dyn AnyPage>),
    Newest(Box<dyn AnyPage>),
    Named(Named),
    Other(Box<dyn Any + Send>),
}

/// Of the lists of the newest, what is among the newest of all. As each begins with its newest, it is
/// the beginning of each.
fn cut(found: &mut [Found], limit: usize) {
    let mut places = Vec::new();
    for (list, answer) in found.iter().enumerate() {
        if let Found::Newest(page) = answer {
            places.extend(page.places().into_iter().map(|(at, id)| (Reverse((at, id)), list)));
        }
    }
    if places.len() <= limit {
        return;
    }
    places.sort_unstable();
    places.truncate(limit);
    for (list, answer) in found.iter_mut().enumerate() {
        if let Found::Newest(page) = answer {
            page.truncate(places.iter().filter(|(_, of)| *of == list).count());
        }
    }
}

fn named_ids(named: &Named, answers: &Answers) -> Result<Vec<Uuid>> {
    let records = answers.get(named.of).and_then(|records| (named.ids)(records));
    let mut ids = records.ok_or_else(|| {
        let reason = "what names records is asked for before them";
        Error::from(Invalid::new("batch", "named", reason))
    })?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// A query whose kind is known only as the program runs.
#[async_trait]
pub(super) trait Erased: Send + Sync {
    fn kind(&self) -> &'static str;
    fn as_any(&self) -> &dyn Any;
    async fn find(self: Box<Self>, unit: &mut (dyn ReadUnit + '_)) -> Result<Box<dyn AnyPage>>;
    /// The records of its kind with these ids, by their ids.
    async fn among(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        ids: Vec<Uuid>,
    ) -> Result<Box<dyn Any + Send>>;
}

#[async_trait]
impl<E: Entity> Erased for Query<E>
where
    for<'u> dyn ReadUnit + 'u: Read<E>,
{
    fn kind(&self) -> &'static str {
        E::KIND
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    async fn find(self: Box<Self>, unit: &mut (dyn ReadUnit + '_)) -> Result<Box<dyn AnyPage>> {
        let time = self.order.first().map(|by| by.field);
        let page = Read::<E>::find(unit, *self).await?;
        Ok(Box::new(Records { page, time }))
    }

    async fn among(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        ids: Vec<Uuid>,
    ) -> Result<Box<dyn Any + Send>> {
        let mut named: BTreeMap<Id<E>, Stored<E>> = BTreeMap::new();
        let Some(id) = E::FIELDS.first() else { return Ok(Box::new(named)) };
        for some in ids.chunks(AT_ONCE) {
            let some = some.iter().copied().map(Value::Uuid).collect();
            let query = Criteria::OneOf(id, some).query().limit(MAX_LIMIT);
            let found = Read::<E>::find(unit, query).await?.items;
            named.extend(found.into_iter().map(|stored| (stored.id(), stored)));
        }
        Ok(Box::new(named))
    }
}

/// A page of records of any kind.
pub(super) trait AnyPage: Send {
    /// When each was, and its id.
    fn places(&self) -> Vec<(Timestamp, Uuid)>;
    fn truncate(&mut self, len: usize);
    fn into_page(self: Box<Self>) -> Box<dyn Any + Send>;
    fn into_records(self: Box<Self>) -> Box<dyn Any + Send>;
}

struct Records<E: 'static> {
    page: Page<E>,
    time: Option<&'static FieldSpec<E>>,
}

impl<E: Entity> AnyPage for Records<E> {
    fn places(&self) -> Vec<(Timestamp, Uuid)> {
        let at = |record: &E| match self.time.map(|time| (time.get)(record)) {
            Some(Value::Timestamp(at)) => at,
            Some(Value::Date(day)) => Timestamp::start_of(day).unwrap_or(Timestamp::MIN),
            _ => Timestamp::MIN,
        };
        self.page.items.iter().map(|record| (at(record), record.id().uuid())).collect()
    }

    fn truncate(&mut self, len: usize) {
        self.page.items.truncate(len);
    }

    fn into_page(self: Box<Self>) -> Box<dyn Any + Send> {
        Box::new(self.page)
    }

    fn into_records(self: Box<Self>) -> Box<dyn Any + Send> {
        Box::new(self.page.items)
    }
}

/// What records name in a field; `None` where these are no records of its kind.
pub(super) fn ids_in<E: Entity>(records: &dyn Any, field: &FieldSpec<E>) -> Option<Vec<Uuid>> {
    let records = records.downcast_ref::<Vec<Stored<E>>>()?;
    let id = |record: &Stored<E>| match (field.get)(record) {
        Value::Uuid(id) => Some(id),
        _ => None,
    };
    Some(records.iter().filter_map(id).collect())
}
