use crm_core::{
    contact::Contact,
    customer::{Customer, Rechecked, recheck},
    interaction::Interaction,
    kernel::{Criteria, Entity, Scope},
    store::{Custody, Read, ReadUnit, Repository, Store, UnitOfWork, run},
};

use super::EntityArg;
use crate::{failure::Failure, import::Progress};

/// So many records are in one unit.
const PAGE: u32 = 1_000;

/// Looks at all records of a kind again.
pub(super) async fn all(
    store: &dyn Store,
    scope: &Scope,
    kind: EntityArg,
) -> Result<Rechecked, Failure> {
    match kind {
        EntityArg::Customers => of::<Customer>(store, scope, kind.word()).await,
        EntityArg::Contacts => of::<Contact>(store, scope, kind.word()).await,
        EntityArg::Interactions => of::<Interaction>(store, scope, kind.word()).await,
    }
}

/// The same of records that `word` names.
pub(super) async fn of<E: Entity>(
    store: &dyn Store,
    scope: &Scope,
    word: &'static str,
) -> Result<Rechecked, Failure>
where
    for<'w> dyn UnitOfWork + 'w: Repository<E> + Custody<E>,
    for<'r> dyn ReadUnit + 'r: Read<E>,
{
    let count = {
        let mut unit = store.read(scope.clone()).await?;
        unit.count(Criteria::<E>::everything()).await?
    };
    let mut progress = Progress::new(word, count);
    let mut sum = Rechecked::default();
    loop {
        let after = sum.next.take();
        let done = run(store, scope, |work| {
            let after = after.clone();
            Box::pin(recheck::<E>(work, after, PAGE))
        });
        let done = done.await?;
        sum.seen += done.seen;
        sum.changed += done.changed;
        sum.next = done.next;
        progress.advance(done.seen, sum.seen);
        if sum.next.is_none() {
            return Ok(sum);
        }
    }
}
