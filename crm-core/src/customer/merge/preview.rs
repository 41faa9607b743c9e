use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    Result,
    customer::Customer,
    kernel::{Entity, Id, Sums, Timestamp, Value, check},
    merge_move::{self, MergeMove},
    store::{Insights, Read, ReadUnit, expect},
};

use super::{
    Merge,
    command::{listed, participants},
    plan::plan,
    records,
};

/// What a merge would do. Nothing is written.
#[derive(Clone, Debug, PartialEq)]
pub struct MergePreview {
    /// The customer that would survive.
    pub survivor: Id<Customer>,
    /// Those that would lead to it, in the order of their ids.
    pub others: Vec<Id<Customer>>,
    /// The survivor, as it would be. What begins to be incomplete by the merge is so since then:
    /// `incomplete_since` says nothing of it yet.
    pub after: Customer,
    /// The fields in which it would change or the others differ from it.
    pub fields: Vec<MergedField>,
    /// What would be filed under the survivor.
    pub records: Vec<MergedRecords>,
}

/// What becomes of a field of the survivor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MergedField {
    /// Its name.
    pub field: String,
    /// The value before.
    pub was: Json,
    /// The value after.
    pub becomes: Json,
    /// From whom the value comes; several, where a list unites theirs.
    pub from: Vec<Id<Customer>>,
    /// Who has another value, and which: nothing of it is lost, it stays with their own record.
    pub differs: Vec<(Id<Customer>, Json)>,
    #[serde(skip)]
    pub(super) typed: Value<'static>,
}

impl MergedField {
    pub(super) fn new(field: &str, value: Value<'static>, from: Vec<Id<Customer>>) -> Self {
        let (becomes, field) = (value.to_json(), field.to_owned());
        Self { field, was: Json::Null, becomes, from, differs: Vec::new(), typed: value }
    }
}

/// Records of one kind that name merged customers in one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergedRecords {
    /// The kind of records.
    pub entity: String,
    /// The field.
    pub field: String,
    /// How many there are.
    pub count: u64,
    /// Which ones, in the order of their ids, where that was asked for.
    pub ids: Vec<Uuid>,
}

/// What [`crate::customer::Customers::merge`] would do: which field comes from whom, and exactly what
/// would move; `with_ids`, also which records. Reads only.
///
/// # Errors
/// Whatever the merge would answer.
pub async fn preview_merge(
    unit: &mut (dyn ReadUnit + '_),
    survivor: Id<Customer>,
    others: &[Id<Customer>],
    choices: &BTreeMap<String, Id<Customer>>,
    with_ids: bool,
) -> Result<MergePreview> {
    let others = listed(survivor, others)?;
    let mut there = vec![expect(unit, survivor).await?];
    for id in &others {
        there.extend(Read::<Customer>::get(unit, *id).await?);
    }
    let (stored, merged) = participants(survivor, &others, there)?;
    let plan = plan(unit, &stored, &merged, choices).await?;
    check(&plan.survivor)?;
    let (mut after, fields) = (plan.survivor, plan.fields);
    if *stored != after {
        after.settle(Some(&stored), &plan.rules, Timestamp::MIN)?;
        after.incomplete_since = after.incomplete_since.and(stored.incomplete_since);
    }
    let records = records::count_all(unit, survivor, &others, with_ids).await?;
    Ok(MergePreview { survivor, others, after, fields, records })
}

/// What a merge filed under its survivor, without the ids.
///
/// # Errors
/// Whatever the store answers.
pub async fn moved(unit: &mut (dyn ReadUnit + '_), merge: Id<Merge>) -> Result<Vec<MergedRecords>> {
    let of_it = merge_move::MERGE_ID.eq(merge);
    let sums = Sums::count().by(&merge_move::ENTITY).by(&merge_move::FIELD).matching(of_it);
    let groups = Insights::<MergeMove>::sums(unit, sums).await?;
    let line = |sum: crate::kernel::Sum| match <[Value<'_>; 2]>::try_from(sum.key) {
        Ok([Value::Text(entity), Value::Text(field)]) => Some(MergedRecords {
            entity: entity.into_owned(),
            field: field.into_owned(),
            count: sum.count,
            ids: Vec::new(),
        }),
        _ => None,
    };
    Ok(groups.into_iter().filter_map(line).collect())
}
