//! What laws that are generic over entities need of them.

use std::{future::Future, pin::Pin};

use crate::{
    Error, Result,
    kernel::{Entity, Page, Query, Stored},
    store::{
        Append, Asked, Batch, Custody, Insights, Read, ReadUnit, Repository, UnitOfWork, ensure,
    },
    transaction::Transaction,
};

use super::{
    case::Case,
    claim::Failure,
    sample::Sample,
    world::{everything, filled},
};

/// An entity that is read, whoever writes it.
pub(super) trait Readable: Entity {
    /// Its repository in a reading unit.
    fn in_read<'a>(unit: &'a mut (dyn ReadUnit + '_)) -> &'a mut (dyn Read<Self> + 'a);
    /// Its sums.
    fn insights<'a>(unit: &'a mut (dyn ReadUnit + '_)) -> &'a mut (dyn Insights<Self> + 'a);
    /// Fills the law's own tenant with random records; answers with every one of the kind that is in it.
    fn world(case: &Case, random: usize) -> Answer<'_, Vec<Self>, Failure>;
}

/// An entity that stores keep: it knows its repository in a unit.
pub(super) trait Kept: Readable + Sample {
    /// Its repository in a unit of work.
    fn in_work<'a>(work: &'a mut (dyn UnitOfWork + '_)) -> &'a mut (dyn Append<Self> + 'a);
    /// What is done to it whatever its state.
    fn custody<'a>(work: &'a mut (dyn UnitOfWork + '_)) -> &'a mut (dyn Custody<Self> + 'a);
    /// Asks for a page of it in a batch.
    fn asked(batch: &mut Batch, query: Query<Self>) -> Asked<Page<Self>>;
    /// Adds it, or answers with the one that is there: [`ensure`].
    fn ensure<'a>(work: &'a mut (dyn UnitOfWork + 'a), entity: Self) -> Answer<'a, Stored<Self>>;
}

type Answer<'a, T, X = Error> = Pin<Box<dyn Future<Output = Result<T, X>> + Send + 'a>>;

/// An entity that may be updated.
pub(super) trait Changing: Kept {
    /// Its repository in a unit of work.
    fn writer<'a>(work: &'a mut (dyn UnitOfWork + '_)) -> &'a mut (dyn Repository<Self> + 'a);
}

macro_rules! readable {
    ($($entity:ty),+; $case:ident, $random:ident => $world:expr) => {$(
        impl Readable for $entity {
            fn in_read<'a>(unit: &'a mut (dyn ReadUnit + '_)) -> &'a mut (dyn Read<Self> + 'a) {
                unit
            }
            fn insights<'a>(
                unit: &'a mut (dyn ReadUnit + '_),
            ) -> &'a mut (dyn Insights<Self> + 'a) {
                unit
            }
            fn world($case: &Case, $random: usize) -> Answer<'_, Vec<Self>, Failure> {
                Box::pin($world)
            }
        }
    )+};
}

macro_rules! kept {
    ($($entity:ty),+) => {$(
        impl Kept for $entity {
            fn in_work<'a>(work: &'a mut (dyn UnitOfWork + '_)) -> &'a mut (dyn Append<Self> + 'a) {
                work
            }
            fn custody<'a>(
                work: &'a mut (dyn UnitOfWork + '_),
            ) -> &'a mut (dyn Custody<Self> + 'a) {
                work
            }
            fn asked(batch: &mut Batch, query: Query<Self>) -> Asked<Page<Self>> {
                batch.find(query)
            }
            fn ensure<'a>(
                work: &'a mut (dyn UnitOfWork + 'a),
                entity: Self,
            ) -> Answer<'a, Stored<Self>> {
                Box::pin(ensure(work, entity))
            }
        }
    )+};
}
macro_rules! each {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        readable!($($entity),+, $($added),+; case, random => filled::<Self>(case, random));
        readable!($($kept),+; case, random => async move {
            filled::<Transaction>(case, random).await?;
            everything::<Self>(case).await
        });
        kept!($($entity),+, $($added),+);
        $(impl Changing for $entity {
            fn writer<'a>(
                work: &'a mut (dyn UnitOfWork + '_),
            ) -> &'a mut (dyn Repository<Self> + 'a) {
                work
            }
        })+
    };
}
crate::for_each_entity!(each);
