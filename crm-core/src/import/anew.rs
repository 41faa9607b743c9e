use std::collections::HashSet;

use crate::{
    Result,
    kernel::{Id, Stored, is_erased},
    store::{Read, UnitOfWork, Work},
};

use super::{
    draft::{Draft, Key, named_next},
    known::{Known, each},
    subject::Subject,
};

/// New records that would get the ids of erased ones get the next that follow from these: the same
/// ones each time.
pub(super) async fn pass_over_erased<'w, E: Subject>(
    work: &mut Work<'w>,
    drafts: &mut [(usize, Draft)],
    known: &Known<E>,
) -> Result<()>
where
    dyn UnitOfWork + 'w: Read<E>,
{
    // A name that is not personal is never erased.
    if E::name_field().is_none_or(|name| name.spec().personal.is_none()) {
        return Ok(());
    }
    let tenant = work.scope().tenant;
    let new = |draft: &Draft| matches!(draft.key, Key::Name(_)) && !known.has(&draft.key);
    let mut new: Vec<_> =
        drafts.iter_mut().map(|(_, draft)| draft).filter(|draft| new(draft)).collect();
    while !new.is_empty() {
        let ids: HashSet<_> = new.iter().filter_map(|draft| draft.id).collect();
        let mut erased = HashSet::new();
        each(
            work,
            ids.into_iter().map(Id::<E>::new),
            |part| E::id_field().one_of(part),
            |stored: Stored<E>| {
                if is_erased(&*stored) {
                    erased.insert(stored.id().uuid());
                }
            },
        )
        .await?;
        new.retain(|draft| draft.id.is_some_and(|id| erased.contains(&id)));
        for draft in &mut new {
            draft.id = draft.id.map(|id| named_next(tenant, id));
        }
    }
    Ok(())
}
