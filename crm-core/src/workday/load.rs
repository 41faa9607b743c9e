use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    customer::{self, Customer},
    interaction::{self, Interaction, InteractionStatus},
    kernel::{Criteria, Id, MAX_LIMIT, Result, Sums, Value},
    opportunity::{self, Opportunity, OpportunityStatus},
    staff_member::StaffMember,
    store::{Insights, Read, ReadUnit, every},
    task::{self, Task},
};

use super::{Cause, WorkItem, day::Day};

/// So many records are asked for by their ids at once.
pub(super) const AT_ONCE: usize = 500;

pub(super) async fn tasks(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    today: Day,
    items: &mut Vec<WorkItem>,
) -> Result<()> {
    let due = task::OWNER_ID.eq(staff).and(task::due_by(today.date()));
    every::<Task, _>(unit, due.query(), |task| {
        let late = task.due.map_or(0, |due| today.since(due));
        let days_late = u32::try_from(late).unwrap_or_default();
        items.push(WorkItem {
            cause: Cause::Due { days_late, priority: task.priority },
            what: task.title.clone(),
            customer_id: task.customer_id,
            customer: None,
            task_id: Some(task.id),
            interaction_id: task.interaction_id,
            opportunity_id: task.opportunity_id,
        });
        Ok(())
    })
    .await
}

pub(super) async fn drafts(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    today: Day,
    items: &mut Vec<WorkItem>,
) -> Result<()> {
    let earlier = interaction::HAPPENED_AT.below(today.begins());
    let open = interaction::STATUS.eq(InteractionStatus::Open).and(earlier);
    let theirs = open.and(interaction::STAFF_ID.eq(staff));
    every::<Interaction, _>(unit, theirs.query(), |draft| {
        items.push(WorkItem {
            cause: Cause::NotClosed { days: today.since_instant(draft.happened_at) },
            what: draft.subject.clone().unwrap_or_else(|| draft.channel.to_string()),
            customer_id: Some(draft.customer_id),
            customer: None,
            task_id: None,
            interaction_id: Some(draft.id),
            opportunity_id: draft.opportunity_id,
        });
        Ok(())
    })
    .await
}

pub(super) async fn opportunities(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    today: Day,
    items: &mut Vec<WorkItem>,
) -> Result<()> {
    let open = opportunity::STATUS.eq(OpportunityStatus::Open);
    let theirs = opportunity::OWNER_ID.eq(staff).and(open);
    let mut idle = Vec::new();
    every::<Opportunity, _>(unit, theirs.query(), |one| {
        if one.next_step.as_deref().is_none_or(|step| step.trim().is_empty()) {
            idle.push(one.into_inner());
        }
        Ok(())
    })
    .await?;
    for some in idle.chunks(AT_ONCE) {
        let of_these = task::OPPORTUNITY_ID.one_of(some.iter().map(|one| one.id));
        let with_task =
            Sums::count().by(&task::OPPORTUNITY_ID).matching(of_these.and(task::open()));
        let with_task = ids(Insights::<Task>::sums(unit, with_task).await?);
        items.extend(some.iter().filter(|one| !with_task.contains(&one.id)).map(|one| WorkItem {
            cause: Cause::NoNextStep {
                decided_in: one.expected_close.map(|day| today.since(day).saturating_neg()),
            },
            what: one.name.clone(),
            customer_id: one.customer_id,
            customer: None,
            task_id: None,
            interaction_id: None,
            opportunity_id: Some(one.id),
        }));
    }
    Ok(())
}

/// With the names of their customers, of those who were merged that of the survivor; without what
/// belongs to those who are left out of the day.
pub(super) async fn with_customers(
    unit: &mut (dyn ReadUnit + '_),
    mut items: Vec<WorkItem>,
) -> Result<Vec<WorkItem>> {
    let named: BTreeSet<_> = items.iter().filter_map(|item| item.customer_id).collect();
    let named: Vec<_> = named.into_iter().collect();
    let merged = customer::survivors(unit, &named).await?;
    for id in items.iter_mut().filter_map(|item| item.customer_id.as_mut()) {
        *id = merged.get(id).copied().unwrap_or(*id);
    }
    let all: BTreeSet<_> = items.iter().filter_map(|item| item.customer_id).collect();
    let all: Vec<_> = all.into_iter().collect();
    let mut names: HashMap<Id<Customer>, String> = HashMap::new();
    for some in all.chunks(AT_ONCE) {
        let query = customer::ID.one_of(some.iter().copied()).and(daily()).query();
        let page = Read::<Customer>::find(unit, query.limit(MAX_LIMIT)).await?;
        names.extend(page.items.into_iter().map(|one| (one.id, one.into_inner().name)));
    }
    let items = items.into_iter().filter_map(|mut item| {
        if let Some(id) = item.customer_id {
            item.customer = Some(names.get(&id)?.clone());
        }
        Some(item)
    });
    Ok(items.collect())
}

/// Customers who are part of the daily work.
pub(super) fn daily() -> Criteria<Customer> {
    customer::ARCHIVED_AT.is_empty().and(customer::MERGED_INTO.is_empty())
}

/// The ids of groups that were counted by a reference.
pub(super) fn ids<E>(sums: Vec<crate::kernel::Sum>) -> HashSet<Id<E>> {
    let ids = sums.into_iter().filter_map(|sum| match sum.key.as_slice() {
        [Value::Uuid(id)] => Some(Id::new(*id)),
        _ => None,
    });
    ids.collect()
}
