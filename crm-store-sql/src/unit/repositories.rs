use async_trait::async_trait;
use crm_core::{
    Error, Result,
    customer::Customer,
    kernel::{
        AmountsOf, Criteria, Cursor, FieldSpec, Id, KeptAmounts, Page, PairSums, Pairs, Query,
        Stored, Sum, Sums,
    },
    store::{
        Amounts, Append, Custodian, Custody, Insights, KeepRunClasses, Linked, Read, Repository,
        RunClasses,
    },
    value::CustomerClass,
    value_run::ValueRun,
};
use uuid::Uuid;

use crate::{Session, amounts, classes, pairs, read, sums};

use super::{SqlReadUnit, SqlUnit};

/// The repositories of an entity, by the functions that serve all of them. An odd entity would be
/// written by hand beside it.
macro_rules! repositories {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        $(
            reading!($entity);
            appending!($entity);
            #[async_trait]
            impl<S: Session> Repository<$entity> for SqlUnit<S> {
                async fn update(&mut self, changed: Stored<$entity>) -> Result<Stored<$entity>> {
                    self.update_one(changed).await
                }
                async fn update_all(
                    &mut self,
                    changed: Vec<Stored<$entity>>,
                ) -> Result<Vec<Stored<$entity>>> {
                    self.update_many(changed).await
                }
            }
        )+
        $(
            reading!($added);
            appending!($added);
        )+
        $(
            reading!($kept, write_tallies);
            keeping!($kept);
        )+
    };
}

macro_rules! reading {
    // `$first` is what a unit does before it reads: what waits there would be missing.
    ($entity:ty $(, $first:ident)?) => {
        #[async_trait]
        impl<S: Session> Read<$entity> for SqlReadUnit<S> {
            async fn get(&mut self, id: Id<$entity>) -> Result<Option<Stored<$entity>>> {
                read::get(&mut self.session, &self.catalog, &self.tenant, id).await
            }
            async fn find(&mut self, query: Query<$entity>) -> Result<Page<$entity>> {
                read::find(&mut self.session, &self.catalog, &self.tenant, &query).await
            }
            async fn count(&mut self, criteria: Criteria<$entity>) -> Result<u64> {
                read::count(&mut self.session, &self.catalog, &self.tenant, &criteria).await
            }
        }
        #[async_trait]
        impl<S: Session> Insights<$entity> for SqlReadUnit<S> {
            async fn sums(&mut self, sums: Sums<$entity>) -> Result<Vec<Sum>> {
                sums::sums(&mut self.session, &self.catalog, &self.tenant, &sums).await
            }
        }
        #[async_trait]
        impl<S: Session> Read<$entity> for SqlUnit<S> {
            async fn get(&mut self, id: Id<$entity>) -> Result<Option<Stored<$entity>>> {
                $(self.$first().await?;)?
                let found = self.reading.get(id).await?;
                Ok(found.map(|stored| self.marked(stored)))
            }
            async fn find(&mut self, query: Query<$entity>) -> Result<Page<$entity>> {
                $(self.$first().await?;)?
                let page: Page<$entity> = self.reading.find(query).await?;
                let items = page.items.into_iter().map(|stored| self.marked(stored)).collect();
                Ok(Page { items, next: page.next })
            }
            async fn count(&mut self, criteria: Criteria<$entity>) -> Result<u64> {
                $(self.$first().await?;)?
                self.reading.count(criteria).await
            }
        }
        #[async_trait]
        impl<S: Session> Insights<$entity> for SqlUnit<S> {
            async fn sums(&mut self, sums: Sums<$entity>) -> Result<Vec<Sum>> {
                $(self.$first().await?;)?
                self.reading.sums(sums).await
            }
        }
    };
}

macro_rules! keeping {
    ($kept:ty) => {
        #[async_trait]
        impl<S: Session> Amounts<$kept> for SqlReadUnit<S> {
            async fn amounts(&mut self, of: AmountsOf<$kept>) -> Result<KeptAmounts> {
                amounts::amounts(&mut self.session, &self.catalog, &self.tenant, &of).await
            }
        }
        #[async_trait]
        impl<S: Session> Amounts<$kept> for SqlUnit<S> {
            async fn amounts(&mut self, of: AmountsOf<$kept>) -> Result<KeptAmounts> {
                self.write_tallies().await?;
                self.reading.amounts(of).await
            }
        }
    };
}

macro_rules! appending {
    ($entity:ty) => {
        #[async_trait]
        impl<S: Session> Append<$entity> for SqlUnit<S> {
            async fn insert(&mut self, entity: $entity) -> Result<Stored<$entity>> {
                self.insert_one(entity).await
            }
            async fn insert_all(&mut self, entities: Vec<$entity>) -> Result<Vec<Stored<$entity>>> {
                self.insert_many(entities).await
            }
        }
        #[async_trait]
        impl<S: Session> Custody<$entity> for SqlUnit<S> {
            async fn hold(
                &mut self,
                _: &Custodian,
                ids: Vec<Id<$entity>>,
            ) -> Result<Vec<Stored<$entity>>> {
                self.hold_all(ids, false).await
            }
            async fn hold_for_change(
                &mut self,
                _: &Custodian,
                ids: Vec<Id<$entity>>,
            ) -> Result<Vec<Stored<$entity>>> {
                self.hold_all(ids, true).await
            }
            async fn refile(
                &mut self,
                _: &Custodian,
                field: &'static FieldSpec<$entity>,
                ids: Vec<Id<$entity>>,
                from: Option<Uuid>,
                to: Option<Uuid>,
            ) -> Result<Vec<Id<$entity>>> {
                self.refile_all(field, ids, (from, to)).await
            }
            async fn erase(
                &mut self,
                _: &Custodian,
                id: Id<$entity>,
                only: Option<&'static FieldSpec<$entity>>,
            ) -> Result<Stored<$entity>> {
                self.erase_one(id, only).await
            }
            async fn redact(
                &mut self,
                _: &Custodian,
                id: Id<$entity>,
                versions: Vec<u64>,
                only: Option<&'static FieldSpec<$entity>>,
            ) -> Result<()> {
                self.redact_some(id, versions, only).await
            }
            async fn reindex(
                &mut self,
                _: &Custodian,
                records: Vec<Stored<$entity>>,
            ) -> Result<()> {
                self.reindex_all(records).await
            }
        }
    };
}

crm_core::for_each_entity!(repositories);

macro_rules! linked {
    ($(($entity:ty, $named:ty)),+ $(,)?) => {$(
        #[async_trait]
        impl<S: Session> Linked<$entity, $named> for SqlReadUnit<S> {
            async fn pair_sums(&mut self, sums: PairSums<$entity, $named>) -> Result<Vec<Sum>> {
                pairs::sums(&mut self.session, &self.catalog, &self.tenant, &sums).await
            }
            async fn named(
                &mut self,
                pairs: Pairs<$entity, $named>,
                limit: u32,
                after: Option<Cursor>,
            ) -> Result<Page<$named>> {
                let Self { session, catalog, tenant, .. } = self;
                pairs::find(session, catalog, tenant, &pairs, (limit, after)).await
            }
            async fn count_named(&mut self, pairs: Pairs<$entity, $named>) -> Result<u64> {
                pairs::count(&mut self.session, &self.catalog, &self.tenant, &pairs).await
            }
        }
        #[async_trait]
        impl<S: Session> Linked<$entity, $named> for SqlUnit<S> {
            async fn pair_sums(&mut self, sums: PairSums<$entity, $named>) -> Result<Vec<Sum>> {
                self.reading.pair_sums(sums).await
            }
            async fn named(
                &mut self,
                pairs: Pairs<$entity, $named>,
                limit: u32,
                after: Option<Cursor>,
            ) -> Result<Page<$named>> {
                let page: Page<$named> = self.reading.named(pairs, limit, after).await?;
                let items = page.items.into_iter().map(|stored| self.marked(stored)).collect();
                Ok(Page { items, next: page.next })
            }
            async fn count_named(&mut self, pairs: Pairs<$entity, $named>) -> Result<u64> {
                self.reading.count_named(pairs).await
            }
        }
    )+};
}
crm_core::for_each_pair!(linked);

#[async_trait]
impl<S: Session> RunClasses for SqlReadUnit<S> {
    async fn run_classes(
        &mut self,
        run: Id<ValueRun>,
        after: Option<Id<Customer>>,
        limit: u32,
    ) -> Result<Vec<CustomerClass>> {
        let Self { session, catalog, tenant, .. } = self;
        classes::after(session, catalog, tenant, run, (after, limit)).await
    }
    async fn run_classes_of(
        &mut self,
        run: Id<ValueRun>,
        customers: &[Id<Customer>],
    ) -> Result<Vec<CustomerClass>> {
        classes::of(&mut self.session, &self.catalog, &self.tenant, run, customers).await
    }
}

#[async_trait]
impl<S: Session> RunClasses for SqlUnit<S> {
    async fn run_classes(
        &mut self,
        run: Id<ValueRun>,
        after: Option<Id<Customer>>,
        limit: u32,
    ) -> Result<Vec<CustomerClass>> {
        self.reading.run_classes(run, after, limit).await
    }
    async fn run_classes_of(
        &mut self,
        run: Id<ValueRun>,
        customers: &[Id<Customer>],
    ) -> Result<Vec<CustomerClass>> {
        self.reading.run_classes_of(run, customers).await
    }
}

#[async_trait]
impl<S: Session> KeepRunClasses for SqlUnit<S> {
    async fn keep_run_classes(
        &mut self,
        _: &Custodian,
        run: Id<ValueRun>,
        classes: Vec<CustomerClass>,
    ) -> Result<()> {
        if self.reading.get(run).await?.is_none() {
            return Err(Error::missing(run));
        }
        let SqlReadUnit { session, catalog, tenant, .. } = &mut self.reading;
        classes::keep(session, catalog, tenant, run, &classes).await
    }
}
