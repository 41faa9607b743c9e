//! What names customers, of whatever kind.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    Error, Result,
    customer::{Customer, filing::naming},
    kernel::{Criteria, Entity, FieldSpec, Id, MAX_LIMIT, Op, Stored, Test, Value},
    merge_move::MergeMove,
    store::{Append, CUSTODIAN, Custody, Read, ReadUnit, UnitOfWork, every},
};

use super::{Merge, preview::MergedRecords};

macro_rules! of_each_kind {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        /// Files all that names merged customers under the survivor, and keeps what moved.
        pub(super) async fn move_all(work: &mut (dyn UnitOfWork + '_), merge: &Merge) -> Result<()> {
            $(move_kind::<$entity>(work, merge).await?;)+
            $(move_kind::<$added>(work, merge).await?;)+
            Ok(())
        }

        /// How many records name others, in the order of kinds and fields.
        pub(super) async fn count_all(
            unit: &mut (dyn ReadUnit + '_),
            survivor: Id<Customer>,
            others: &[Id<Customer>],
            with_ids: bool,
        ) -> Result<Vec<MergedRecords>> {
            let mut counts = Vec::new();
            let who = (survivor, others);
            $(count_kind::<$entity, _>(unit, who, with_ids, &mut counts).await?;)+
            $(count_kind::<$added, _>(unit, who, with_ids, &mut counts).await?;)+
            counts.sort_by(|a, b| (&a.entity, &a.field).cmp(&(&b.entity, &b.field)));
            Ok(counts)
        }

        /// Files some records of one kind where they were; those of them that could be.
        pub(super) async fn move_back(
            work: &mut (dyn UnitOfWork + '_),
            (entity, field): (&str, &str),
            ids: Vec<Uuid>,
            from: Id<Customer>,
            to: Id<Customer>,
        ) -> Result<Vec<Uuid>> {
            $(if entity == <$entity>::KIND {
                return back::<$entity, _>(work, field, ids, (from, to)).await;
            })+
            $(if entity == <$added>::KIND {
                return back::<$added, _>(work, field, ids, (from, to)).await;
            })+
            Ok(Vec::new())
        }
    };
}
crate::for_each_entity!(of_each_kind);

/// Names a merged customer, and is not the survivor itself: that finds its own place.
fn names<E: Entity>(
    field: &'static FieldSpec<E>,
    other: Id<Customer>,
    survivor: Id<Customer>,
) -> Criteria<E> {
    let names = Criteria::Test(Test { field, op: Op::Eq, value: Value::Uuid(other.uuid()) });
    match E::FIELDS.first() {
        Some(id) if E::KIND == Customer::KIND => {
            let value = Value::Uuid(survivor.uuid());
            names.and(Criteria::Test(Test { field: id, op: Op::Eq, value }).not())
        }
        _ => names,
    }
}

async fn move_kind<'w, E: Entity>(work: &mut (dyn UnitOfWork + 'w), merge: &Merge) -> Result<()>
where
    dyn UnitOfWork + 'w: Custody<E>,
{
    let (to, merge_id) = (merge.survivor_id, merge.id);
    for field in naming::<E>() {
        for from in merge.others.0.iter().copied() {
            loop {
                let query = names(field, from, to).query().limit(MAX_LIMIT);
                let found = Read::<E>::find(work, query).await?.items;
                let ids: Vec<_> = found.iter().map(|stored| stored.id()).collect();
                let Some(first) = ids.first().copied() else { break };
                let places = (Some(from.uuid()), Some(to.uuid()));
                let moved =
                    Custody::<E>::refile(work, &CUSTODIAN, field, ids, places.0, places.1).await?;
                if moved.is_empty() {
                    return Err(Error::conflict(first, None));
                }
                let moves = moved.into_iter().map(|id| MergeMove {
                    id: Id::new(work.next_id()),
                    merge_id,
                    entity: E::KIND.to_owned(),
                    record_id: id.uuid(),
                    field: field.name.to_owned(),
                    from_id: from,
                });
                let moves: Vec<MergeMove> = moves.collect();
                Append::<MergeMove>::insert_all(work, moves).await?;
            }
        }
    }
    Ok(())
}

async fn count_kind<E: Entity, R: Read<E> + ?Sized>(
    unit: &mut R,
    (survivor, others): (Id<Customer>, &[Id<Customer>]),
    with_ids: bool,
    counts: &mut Vec<MergedRecords>,
) -> Result<()> {
    for field in naming::<E>() {
        let (mut count, mut ids) = (0, Vec::new());
        for other in others {
            let criteria = || names(field, *other, survivor);
            count += unit.count(criteria()).await?;
            if with_ids {
                every(unit, criteria().query(), |stored: Stored<E>| {
                    ids.push(stored.id().uuid());
                    Ok(())
                })
                .await?;
            }
        }
        if count > 0 {
            ids.sort();
            let (entity, field) = (E::KIND.to_owned(), field.name.to_owned());
            counts.push(MergedRecords { entity, field, count, ids });
        }
    }
    Ok(())
}

async fn back<E: Entity, R: Custody<E> + ?Sized>(
    work: &mut R,
    field: &str,
    ids: Vec<Uuid>,
    (from, to): (Id<Customer>, Id<Customer>),
) -> Result<Vec<Uuid>> {
    let Some(field) = naming::<E>().find(|f| f.name == field) else { return Ok(Vec::new()) };
    let ids = ids.into_iter().map(Id::new).collect();
    let moved = work.refile(&CUSTODIAN, field, ids, Some(from.uuid()), Some(to.uuid())).await?;
    Ok(moved.into_iter().map(Id::uuid).collect())
}

/// Records by where they are to be filed.
pub(super) type Parcels = BTreeMap<(String, String, Id<Customer>), Vec<Uuid>>;
