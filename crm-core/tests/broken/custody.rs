use async_trait::async_trait;
use crm_core::{
    Result,
    kernel::{Entity, FieldSpec, Id, Stored, Value},
    store::{Custodian, Custody, Read, UnitOfWork},
};
use uuid::Uuid;

use super::{Fault, Unit, write::Work};

macro_rules! keeping {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        $(keeping!($entity);)+
        $(keeping!($added);)+
    };
    ($entity:ty) => {
        #[async_trait]
        impl<'s> Custody<$entity> for Unit<'s, Work<'s>> {
            async fn hold(
                &mut self,
                by: &Custodian,
                ids: Vec<Id<$entity>>,
            ) -> Result<Vec<Stored<$entity>>> {
                if self.store.fault == Fault::HoldsNothing {
                    return Ok(Vec::new());
                }
                self.inner().hold(by, ids).await
            }

            async fn hold_for_change(
                &mut self,
                by: &Custodian,
                ids: Vec<Id<$entity>>,
            ) -> Result<Vec<Stored<$entity>>> {
                if self.store.fault == Fault::HoldsNothing {
                    return Ok(Vec::new());
                }
                self.inner().hold_for_change(by, ids).await
            }

            async fn refile(
                &mut self,
                by: &Custodian,
                field: &'static FieldSpec<$entity>,
                ids: Vec<Id<$entity>>,
                from: Option<Uuid>,
                to: Option<Uuid>,
            ) -> Result<Vec<Id<$entity>>> {
                match self.store.fault {
                    Fault::FilesTheFirstAlone if ids.len() > 1 => {
                        let first = ids.iter().take(1).copied().collect();
                        self.inner().refile(by, field, first, from, to).await?;
                        Ok(ids)
                    }
                    Fault::RefilesWithoutAskingFrom => {
                        from_anywhere(self.inner(), by, field, ids, to).await
                    }
                    _ => self.inner().refile(by, field, ids, from, to).await,
                }
            }

            async fn erase(
                &mut self,
                by: &Custodian,
                id: Id<$entity>,
                only: Option<&'static FieldSpec<$entity>>,
            ) -> Result<Stored<$entity>> {
                match self.store.fault {
                    Fault::RemembersTheErased => {
                        let kind = <$entity>::KIND;
                        let before = self.inner().history(kind, id.uuid(), 0, 1_000).await?;
                        self.store.erased.lock().unwrap().insert(id.uuid(), before);
                    }
                    Fault::KeepsTermsOfTheErased => {
                        if let Some(stored) = self.inner().get(id).await? {
                            self.store.keeps_terms(&*stored);
                        }
                    }
                    Fault::ErasesMoreThanNamed => return self.inner().erase(by, id, None).await,
                    _ => {}
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
                match self.store.fault {
                    Fault::RedactsNothing => Ok(()),
                    Fault::RedactsEveryVersion => {
                        self.inner().redact(by, id, (1..=100).collect(), only).await
                    }
                    Fault::ErasesMoreThanNamed => {
                        self.inner().redact(by, id, versions, None).await
                    }
                    _ => self.inner().redact(by, id, versions, only).await,
                }
            }

            async fn reindex(
                &mut self,
                by: &Custodian,
                records: Vec<Stored<$entity>>,
            ) -> Result<()> {
                if self.store.fault == Fault::ReindexesNothing {
                    return Ok(());
                }
                self.inner().reindex(by, records).await
            }
        }
    };
}
crm_core::for_each_entity!(keeping);

/// Files records wherever they are.
async fn from_anywhere<'s, E: Entity>(
    inner: &mut (dyn UnitOfWork + 's),
    by: &Custodian,
    field: &'static FieldSpec<E>,
    ids: Vec<Id<E>>,
    to: Option<Uuid>,
) -> Result<Vec<Id<E>>>
where
    dyn UnitOfWork + 's: Custody<E>,
{
    let mut filed = Vec::new();
    for id in ids {
        let Some(stored) = Read::<E>::get(inner, id).await? else { continue };
        let from = match (field.get)(&stored) {
            Value::Uuid(from) => Some(from),
            _ => None,
        };
        filed.extend(Custody::<E>::refile(inner, by, field, vec![id], from, to).await?);
    }
    Ok(filed)
}
