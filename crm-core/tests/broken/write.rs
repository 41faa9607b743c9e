use std::any::Any;

use uuid::Uuid;

use super::{Fault, Unit, hidden, without};
use async_trait::async_trait;
use crm_core::{
    Error, Result,
    interaction::Interaction,
    kernel::{Entity, Id, Stored, Timestamp, Value},
    store::{Append, Custodian, KeepRunClasses, Repository, Store, UnitOfWork},
    value::CustomerClass,
    value_run::ValueRun,
};

pub(super) type Work<'s> = dyn UnitOfWork + 's;

impl<'s> Unit<'s, Work<'s>> {
    async fn wrote(&mut self) -> Result<()> {
        if self.store.fault == Fault::CommitsEachWrite {
            if let Some(inner) = self.inner.take() {
                inner.commit().await?;
            }
            self.inner = Some(self.store.inner.begin(self.scope.clone()).await?);
        }
        Ok(())
    }

    fn kept<E: Entity>(&self, stored: Stored<E>) -> Stored<E> {
        match self.store.fault {
            Fault::ForgetsWhoWrote => {
                let version = stored.version();
                Stored::loaded(stored.into_inner(), version)
            }
            Fault::SettlesByStandardRules => self.store.shown(stored),
            _ => stored,
        }
    }
}

macro_rules! writing {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        $(appending!($entity);)+
        $(appending!($added);)+
        $(
            #[async_trait]
            impl<'s> Repository<$entity> for Unit<'s, Work<'s>> {
                async fn update(&mut self, changed: Stored<$entity>) -> Result<Stored<$entity>> {
                    let wanted = changed.clone().into_inner();
                    let (version, before) = (changed.version(), changed.original().clone());
                    if self.store.hides::<$entity>() {
                        let hidden = hidden(wanted);
                        let now = self.inner().get(hidden.id()).await?.unwrap();
                        let stored = self.inner().update(now.edit(|e| *e = hidden)).await?;
                        return Ok(self.kept(stored));
                    }
                    let answer = match self.inner().update(changed).await {
                        Ok(stored) if self.store.fault == Fault::KeepsOldTerms => {
                            self.store.keeps_terms(&before);
                            Ok(stored)
                        }
                        Err(Error::Refused(_))
                            if self.store.fault == Fault::JudgesByTheCallersCopy
                                && before.permits(&wanted).is_ok() =>
                        {
                            Ok(Stored::loaded(wanted, version + 1))
                        }
                        Err(Error::Conflict { .. })
                            if self.store.fault == Fault::LosesUpdates =>
                        {
                            let now = self.inner().get(wanted.id()).await?.unwrap();
                            self.inner().update(now.edit(|e| *e = wanted)).await
                        }
                        Err(Error::Refused(_))
                            if self.store.fault == Fault::ChangesClosedInteractions =>
                        {
                            let id = wanted.id().uuid();
                            let kept = Box::new(wanted.clone()) as Box<dyn Any>;
                            if let Ok(kept) = kept.downcast::<Interaction>() {
                                self.store.edited.lock().unwrap().insert(id, *kept);
                            }
                            Ok(Stored::loaded(wanted, 2))
                        }
                        answer => answer,
                    };
                    self.wrote().await?;
                    answer.map(|stored| self.kept(stored))
                }
            }
        )+
    };
}

macro_rules! appending {
    ($entity:ty) => {
        #[async_trait]
        impl<'s> Append<$entity> for Unit<'s, Work<'s>> {
            async fn insert(&mut self, entity: $entity) -> Result<Stored<$entity>> {
                let hides = self.store.hides::<$entity>();
                let entity = if hides { hidden(entity) } else { entity };
                let answer = insert(self.store.fault, self.inner(), entity).await;
                self.wrote().await?;
                answer.map(|stored| self.kept(stored))
            }

            async fn insert_all(&mut self, entities: Vec<$entity>) -> Result<Vec<Stored<$entity>>> {
                if self.store.fault == Fault::WritesListsInParts {
                    let mut answers = Vec::new();
                    for entity in entities {
                        answers.push(self.inner().insert(entity).await?);
                    }
                    return Ok(answers);
                }
                let forwards = self.store.fault == Fault::AcceptsForwardReferences;
                let backwards = forwards.then(|| entities.iter().rev().cloned().collect());
                let answer = match (self.inner().insert_all(entities).await, backwards) {
                    (Err(Error::Missing { .. }), Some(list)) => self.inner().insert_all(list).await,
                    (answer, _) => answer,
                };
                self.wrote().await?;
                answer.map(|list| list.into_iter().map(|stored| self.kept(stored)).collect())
            }
        }
    };
}
crm_core::for_each_entity!(writing);

#[async_trait]
impl<'s> KeepRunClasses for Unit<'s, Work<'s>> {
    async fn keep_run_classes(
        &mut self,
        by: &Custodian,
        run: Id<ValueRun>,
        classes: Vec<CustomerClass>,
    ) -> Result<()> {
        if self.store.fault == Fault::KeepsClassesInParts {
            for one in classes {
                self.inner().keep_run_classes(by, run, vec![one]).await?;
            }
            return Ok(());
        }
        match self.inner().keep_run_classes(by, run, classes).await {
            Err(Error::Invalid(_)) if self.store.fault == Fault::KeepsTheFirstClass => Ok(()),
            answer => answer,
        }
    }
}

#[async_trait]
impl<'s> UnitOfWork for Unit<'s, Work<'s>> {
    fn now(&self) -> Timestamp {
        self.inner.as_ref().unwrap().now()
    }

    fn next_id(&self) -> Uuid {
        self.inner.as_ref().unwrap().next_id()
    }

    async fn commit(mut self: Box<Self>) -> Result<()> {
        self.inner.take().unwrap().commit().await
    }
}

async fn insert<E: Entity>(
    fault: Fault,
    inner: &mut (impl Append<E> + ?Sized),
    entity: E,
) -> Result<Stored<E>> {
    let instead = match inner.insert(entity.clone()).await {
        Err(Error::Duplicate { field, .. }) if fault == Fault::AcceptsDuplicates => {
            without(&entity, field)
        }
        Err(Error::Missing { id, .. }) if fault == Fault::AcceptsLooseReferences => {
            let loose = |name: &&str| {
                let field = E::FIELDS.iter().find(|field| field.name == *name).unwrap();
                (field.get)(&entity) == Value::Uuid(id)
            };
            let names: Vec<_> = E::FIELDS.iter().map(|field| field.name).collect();
            names.into_iter().find(loose).and_then(|name| without(&entity, name))
        }
        answer => return answer,
    };
    match instead {
        Some(instead) => inner.insert(instead).await.map(|_| Stored::loaded(entity, 1)),
        None => Ok(Stored::loaded(entity, 1)),
    }
}
