use std::cmp::Reverse;

use async_trait::async_trait;
use crm_core::{
    Result,
    customer::Customer,
    kernel::{
        AmountsOf, Change, ChangeCursor, ChangePage, Criteria, Cursor, Entity, Holder, Id,
        KeptAmounts, Op, Page, PairSums, Pairs, Query, Scope, Stored, Sum, Sums, Term, TermTest,
        Test, Value,
    },
    monthly_value::MonthlyValue,
    store::{
        Amounts, Answers, AnyQuery, Batch, Batches, ChangeLog, Insights, Linked, Question, Read,
        ReadUnit, RunClasses, Store, Terms, one_by_one,
    },
    value::CustomerClass,
    value_run::ValueRun,
};
use rust_decimal::{
    Decimal,
    prelude::{FromPrimitive, ToPrimitive},
};
use uuid::Uuid;

use super::{Fault, Unit, other_id};

macro_rules! reading {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        $(reading!($entity);)+
        $(reading!($added);)+
        $(reading!($kept);)+
        $(
            #[async_trait]
            impl<U: ReadUnit + ?Sized> Amounts<$kept> for Unit<'_, U> {
                async fn amounts(&mut self, mut of: AmountsOf<$kept>) -> Result<KeptAmounts> {
                    if self.store.fault == Fault::TellsAnyAmount {
                        of.plain = Criteria::everything();
                    }
                    self.inner().amounts(of).await
                }
            }
        )+
    };
    ($entity:ty) => {
        #[async_trait]
        impl<U: ReadUnit + ?Sized> Read<$entity> for Unit<'_, U> {
            async fn get(&mut self, id: Id<$entity>) -> Result<Option<Stored<$entity>>> {
                let id = if self.store.hides::<$entity>() { other_id(id) } else { id };
                let mut found = self.inner().get(id).await?;
                if self.store.fault == Fault::LeaksRecords {
                    for other in &self.others {
                        if found.is_none() {
                            found = self.store.inner.read(other.clone()).await?.get(id).await?;
                        }
                    }
                }
                Ok(found.map(|stored| self.store.shown(stored)))
            }

            async fn find(&mut self, query: Query<$entity>) -> Result<Page<$entity>> {
                let mut page = match self.store.fault {
                    Fault::PagesByOffset => by_offset(self.inner(), query).await?,
                    Fault::PutsEmptyFieldsLast => empty_last(self.inner(), query).await?,
                    Fault::IgnoresCase => {
                        let criteria = any_case(&query.criteria);
                        self.inner().find(Query { criteria, ..query }).await?
                    }
                    Fault::CutsLargeLists => {
                        let criteria = cut_short(query.criteria);
                        self.inner().find(Query { criteria, ..query }).await?
                    }
                    _ => self.inner().find(query).await?,
                };
                let monthly = <$entity>::KIND == MonthlyValue::KIND;
                if monthly && self.store.fault == Fault::LosesFigures {
                    page.items.pop();
                }
                page.items = page.items.into_iter().map(|item| self.store.shown(item)).collect();
                Ok(page)
            }

            async fn count(&mut self, criteria: Criteria<$entity>) -> Result<u64> {
                let mut count = self.inner().count(criteria.clone()).await?;
                if self.store.fault == Fault::LeaksCounts {
                    for other in &self.others {
                        let mut unit = self.store.inner.read(other.clone()).await?;
                        count += unit.count(criteria.clone()).await?;
                    }
                }
                Ok(count)
            }
        }

        #[async_trait]
        impl<U: ReadUnit + ?Sized> Insights<$entity> for Unit<'_, U> {
            async fn sums(&mut self, sums: Sums<$entity>) -> Result<Vec<Sum>> {
                let again = || Sums {
                    criteria: sums.criteria.clone(),
                    by: sums.by.clone(),
                    amount: sums.amount,
                    beside: sums.beside,
                    at_least: sums.at_least,
                    first: sums.first,
                };
                let mut groups = Insights::<$entity>::sums(self.inner(), again()).await?;
                match self.store.fault {
                    Fault::LeaksSums => {
                        for other in &self.others {
                            let mut unit = self.store.inner.read(other.clone()).await?;
                            groups.extend(Insights::<$entity>::sums(&mut *unit, again()).await?);
                        }
                    }
                    Fault::AddsUpInFloats => {
                        for group in &mut groups {
                            let float = group.amount.to_f64().unwrap();
                            group.amount = Decimal::from_f64(float).unwrap();
                        }
                    }
                    _ => {}
                }
                Ok(groups)
            }
        }
    };
}
crm_core::for_each_entity!(reading);

macro_rules! linked {
    ($(($entity:ty, $named:ty)),+ $(,)?) => {$(
        #[async_trait]
        impl<U: ReadUnit + ?Sized> Linked<$entity, $named> for Unit<'_, U> {
            async fn pair_sums(&mut self, mut sums: PairSums<$entity, $named>) -> Result<Vec<Sum>> {
                sums.once &= self.store.fault != Fault::CountsTheNamedAgain;
                self.inner().pair_sums(sums).await
            }

            async fn named(
                &mut self,
                pairs: Pairs<$entity, $named>,
                limit: u32,
                after: Option<Cursor>,
            ) -> Result<Page<$named>> {
                if self.store.fault == Fault::FindsWhoIsNotNamed {
                    let query = pairs.named.query().limit(limit).after(after);
                    return self.inner().find(query).await;
                }
                let mut page: Page<$named> = self.inner().named(pairs, limit, after).await?;
                page.items = page.items.into_iter().map(|item| self.store.shown(item)).collect();
                Ok(page)
            }

            async fn count_named(&mut self, pairs: Pairs<$entity, $named>) -> Result<u64> {
                self.inner().count_named(pairs).await
            }
        }
    )+};
}
crm_core::for_each_pair!(linked);

#[async_trait]
impl<U: ReadUnit + ?Sized> ChangeLog for Unit<'_, U> {
    async fn changes(&mut self, after: Option<ChangeCursor>, limit: u32) -> Result<ChangePage> {
        let mut page = self.inner().changes(after, limit).await?;
        match self.store.fault {
            Fault::ForgetsUpdates => page.changes.retain(|change| change.event == "created"),
            Fault::ShowsNewestFirst => page.changes.sort_by_key(|change| Reverse(change.version)),
            Fault::ShowsEntriesLate => {
                let more = self.inner().changes(page.next.clone(), 1).await?.changes;
                let late = |change: &Change| change.entity_id.as_u128().is_multiple_of(2);
                if more.is_empty() && page.changes.last().is_some_and(late) {
                    page.changes.pop();
                }
            }
            _ => {}
        }
        Ok(page)
    }

    async fn history(
        &mut self,
        entity: &'static str,
        id: Uuid,
        after_version: u64,
        limit: u32,
    ) -> Result<Vec<Change>> {
        let history = self.inner().history(entity, id, after_version, limit).await?;
        let kept = self.store.erased.lock().unwrap().get(&id).cloned().unwrap_or_default();
        let before = |change: Change| {
            let kept = kept.iter().find(|kept| kept.version == change.version);
            kept.cloned().unwrap_or(change)
        };
        Ok(history.into_iter().map(before).collect())
    }
}

#[async_trait]
impl<U: ReadUnit + ?Sized> Terms for Unit<'_, U> {
    async fn holders(&mut self, terms: &[Term], most: u32) -> Result<Vec<Holder>> {
        let mut found = self.inner().holders(terms, most).await?;
        if self.store.fault == Fault::LeaksTerms {
            for other in &self.others {
                let mut unit = self.store.inner.read(other.clone()).await?;
                found.extend(unit.holders(terms, most).await?);
            }
        }
        let tests: Vec<_> = terms.iter().cloned().map(TermTest::Is).collect();
        Ok(self.store.found(found, &tests, &[]))
    }

    async fn frequency(&mut self, tests: &[TermTest], most: u32) -> Result<Vec<u32>> {
        self.inner().frequency(tests, most).await
    }

    async fn having(&mut self, tests: &[TermTest], limit: u32) -> Result<Vec<Holder>> {
        let found = self.inner().having(tests, limit).await?;
        Ok(match tests.split_first() {
            Some((first, others)) => self.store.found(found, std::slice::from_ref(first), others),
            None => found,
        })
    }
}

#[async_trait]
impl<U: ReadUnit + ?Sized> Batches for Unit<'_, U> {
    async fn ask(&mut self, batch: Batch) -> Result<Answers> {
        let elsewhere = match self.store.fault {
            Fault::AsksBesideTheUnit => Some(&self.scope),
            Fault::LeaksBatches => self.others.first(),
            _ => None,
        };
        if let Some(scope) = elsewhere {
            return self.store.inner.read(scope.clone()).await?.ask(batch).await;
        }
        let lists = batch.questions().iter().all(|one| matches!(one, Question::Newest(_)));
        if self.store.fault != Fault::EndsListsAlone || !lists {
            return one_by_one(self, batch).await;
        }
        let mut answers = Answers::default();
        for question in batch.questions() {
            if let Question::Newest(query) = question {
                alone(self, query, &mut answers).await?;
            }
        }
        Ok(answers)
    }
}

#[async_trait]
impl<U: ReadUnit + ?Sized> RunClasses for Unit<'_, U> {
    async fn run_classes(
        &mut self,
        run: Id<ValueRun>,
        after: Option<Id<Customer>>,
        limit: u32,
    ) -> Result<Vec<CustomerClass>> {
        if self.store.fault == Fault::LeaksClasses {
            for other in &self.others {
                let mut unit = self.store.inner.read(other.clone()).await?;
                let found = unit.run_classes(run, after, limit).await?;
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        }
        let mut found = self.inner().run_classes(run, after, limit).await?;
        if self.store.fault == Fault::LosesTheLastClass {
            found.pop();
        }
        Ok(found)
    }

    async fn run_classes_of(
        &mut self,
        run: Id<ValueRun>,
        customers: &[Id<Customer>],
    ) -> Result<Vec<CustomerClass>> {
        let mut found = self.inner().run_classes_of(run, customers).await?;
        if self.store.fault == Fault::LeaksClassesOfSome {
            for other in &self.others {
                let mut unit = self.store.inner.read(other.clone()).await?;
                found.extend(unit.run_classes_of(run, customers).await?);
            }
        }
        Ok(found)
    }
}

impl<U: ReadUnit + ?Sized> ReadUnit for Unit<'_, U> {
    fn scope(&self) -> &Scope {
        &self.scope
    }
}

macro_rules! each_kind {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        each_kind!($($entity,)+ $($added,)+ $($kept),+);
    };
    ($($entity:ty),+) => {
        /// A list of the newest, whatever the others have.
        async fn alone(
            unit: &mut (dyn ReadUnit + '_),
            query: &AnyQuery,
            answers: &mut Answers,
        ) -> Result<()> {
            $(if let Some(query) = query.of::<$entity>() {
                let (criteria, order) = (query.criteria.clone(), query.full_order());
                let query = Query { criteria, order, limit: query.limit, after: None };
                answers.push(Read::<$entity>::find(unit, query).await?.items);
            })+
            Ok(())
        }
    };
}
crm_core::for_each_entity!(each_kind);

async fn by_offset<E: Entity>(
    inner: &mut (impl Read<E> + ?Sized),
    query: Query<E>,
) -> Result<Page<E>> {
    let offset = query.after.as_ref().map_or(Ok(0), |cursor| cursor.as_str().parse());
    let Ok(offset) = offset else { return inner.find(query).await };
    let limit = query.limit as usize;
    let mut all = inner.find(Query { limit: 10_000, after: None, ..query }).await?.items;
    let end = all.len();
    all.drain(..offset.min(end));
    all.truncate(limit);
    let next = (offset + limit < end).then(|| Cursor::new((offset + limit).to_string()));
    Ok(Page { items: all, next })
}

async fn empty_last<E: Entity>(
    inner: &mut (impl Read<E> + ?Sized),
    query: Query<E>,
) -> Result<Page<E>> {
    let first = query.order.first().map(|by| by.field);
    let mut page = inner.find(query).await?;
    page.items.sort_by_key(|item| first.is_some_and(|field| (field.get)(item).is_null()));
    Ok(page)
}

fn cut_short<E: Entity>(criteria: Criteria<E>) -> Criteria<E> {
    match criteria {
        Criteria::OneOf(field, mut values) => {
            values.truncate(1_000);
            Criteria::OneOf(field, values)
        }
        other => other,
    }
}

fn any_case<E: Entity>(criteria: &Criteria<E>) -> Criteria<E> {
    match criteria {
        Criteria::All(list) => Criteria::All(list.iter().map(any_case).collect()),
        Criteria::Any(list) => Criteria::Any(list.iter().map(any_case).collect()),
        Criteria::Not(one) => any_case(one).not(),
        Criteria::Test(Test { field, op: Op::StartsWith, value: Value::Text(text) }) => {
            let test = |text: String| {
                let value = Value::Text(text.into());
                Criteria::Test(Test { field, op: Op::StartsWith, value })
            };
            test(text.to_uppercase()).or(test(text.to_lowercase())).or(test(text.to_string()))
        }
        other => other.clone(),
    }
}
