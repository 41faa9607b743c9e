use std::any::Any;

use async_trait::async_trait;
use crm_core::{
    Error, Result,
    interaction::Interaction,
    kernel::{Entity, FieldSpec, Id, Stored, Timestamp, Value},
    store::{Append, Custodian, Custody, Repository, Store, UnitOfWork},
};
use uuid::Uuid;

use super::{Fault, Unit, without};

type Work<'s> = dyn UnitOfWork + 's;

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
            _ => stored,
        }
    }
}

macro_rules! writing {
    (update: $($entity:ty),+; append: $($added:ty),+;) => {
        $(appending!($entity);)+
        $(appending!($added);)+
        $(
            #[async_trait]
            impl<'s> Repository<$entity> for Unit<'s, Work<'s>> {
                async fn update(&mut self, changed: Stored<$entity>) -> Result<Stored<$entity>> {
                    let wanted = changed.clone().into_inner();
                    let answer = match self.inner().update(changed).await {
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
macro_rules! keeping {
    (update: $($entity:ty),+; append: $($added:ty),+;) => {
        $(keeping!($entity);)+
        $(keeping!($added);)+
    };
    ($entity:ty) => {
        #[async_trait]
        impl<'s> Custody<$entity> for Unit<'s, Work<'s>> {
            async fn hold(&mut self, by: &Custodian, ids: Vec<Id<$entity>>) -> Result<Vec<Stored<$entity>>> {
                self.inner().hold(by, ids).await
            }

            async fn refile(
                &mut self,
                by: &Custodian,
                field: &'static FieldSpec<$entity>,
                ids: Vec<Id<$entity>>,
                from: Option<Uuid>,
                to: Option<Uuid>,
            ) -> Result<Vec<Id<$entity>>> {
                if self.store.fault == Fault::FilesTheFirstAlone && ids.len() > 1 {
                    let first = ids.iter().take(1).copied().collect();
                    self.inner().refile(by, field, first, from, to).await?;
                    return Ok(ids);
                }
                self.inner().refile(by, field, ids, from, to).await
            }

            async fn erase(
                &mut self,
                by: &Custodian,
                id: Id<$entity>,
                only: Option<&'static FieldSpec<$entity>>,
            ) -> Result<Stored<$entity>> {
                if self.store.fault == Fault::RemembersTheErased {
                    let kind = <$entity>::KIND;
                    let before = self.inner().history(kind, id.uuid(), 0, 1_000).await?;
                    self.store.erased.lock().unwrap().insert(id.uuid(), before);
                }
                self.inner().erase(by, id, only).await
            }

            async fn redact(
                &mut self,
                by: &Custodian,
                id: Id<$entity>,
                versions: Vec<u64>,
                only: Option<&'static FieldSpec<$entity>>,
            ) -> Result<()> {
                self.inner().redact(by, id, versions, only).await
            }

            async fn reindex(&mut self, by: &Custodian, records: Vec<Stored<$entity>>) -> Result<()> {
                self.inner().reindex(by, records).await
            }
        }
    };
}
crm_core::for_each_entity!(writing);
crm_core::for_each_entity!(keeping);

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
