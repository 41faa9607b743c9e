use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

use crate::{
    customer::{self, Customer},
    interaction::{self, Interaction, InteractionStatus},
    kernel::{Criteria, Id, MAX_LIMIT, Result, Value},
    lead::{self, Lead, LeadStatus},
    opportunity::{self, Opportunity, OpportunityStatus},
    staff_member::StaffMember,
    store::{Read, ReadUnit, every},
    task::{self, Task},
};

use super::{
    Cause, WorkItem,
    day::Day,
    rot::{Rot, Stood},
};

/// So many records are asked for by their ids at once.
pub(super) const AT_ONCE: usize = 500;

pub(super) async fn tasks(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    today: Day,
    items: &mut Vec<WorkItem>,
) -> Result<()> {
    let due = task::due_by(today.date()).or(task::open().and(task::DUE.is_empty()));
    every::<Task, _>(unit, task::OWNER_ID.eq(staff).and(due).query(), |task| {
        let priority = task.priority;
        let cause = match task.due {
            Some(due) => Cause::Due { days_late: days(today.since(due)), priority },
            None => Cause::NoDay { days: today.since_instant(task.created_at), priority },
        };
        items.push(WorkItem {
            cause,
            what: task.title.clone(),
            customer_id: task.customer_id,
            customer: None,
            task_id: Some(task.id),
            interaction_id: task.interaction_id,
            opportunity_id: task.opportunity_id,
            lead_id: task.lead_id,
            lead: None,
            on_behalf_of: None,
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
            lead_id: None,
            lead: None,
            on_behalf_of: None,
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
    let mut all: Vec<(Opportunity, Stood)> = Vec::new();
    every::<Opportunity, _>(unit, theirs.query(), |one| {
        let stood = Stood::now(&one);
        all.push((one.into_inner(), stood));
        Ok(())
    })
    .await?;
    let mut rot = Rot::new(today);
    for some in all.chunks(AT_ONCE) {
        let causes = rot.causes(unit, some).await?;
        items.extend(some.iter().zip(causes).filter_map(|((one, _), causes)| {
            Some(WorkItem {
                cause: causes.into_iter().min_by_key(|cause| Reverse(cause.urgency()))?,
                what: one.name.clone(),
                customer_id: one.customer_id,
                customer: None,
                task_id: None,
                interaction_id: None,
                opportunity_id: Some(one.id),
                lead_id: None,
                lead: None,
                on_behalf_of: None,
            })
        }));
    }
    Ok(())
}

pub(super) fn days(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
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

/// With what their leads are called, where those are no customers yet; without what belongs to leads that were
/// disqualified.
pub(super) async fn with_leads(
    unit: &mut (dyn ReadUnit + '_),
    mut items: Vec<WorkItem>,
) -> Result<Vec<WorkItem>> {
    let of = |item: &WorkItem| item.lead_id.filter(|_| item.customer_id.is_none());
    let named: BTreeSet<_> = items.iter().filter_map(of).collect();
    let named: Vec<_> = named.into_iter().collect();
    let mut names: HashMap<Id<Lead>, String> = HashMap::new();
    for some in named.chunks(AT_ONCE) {
        let gone = lead::STATUS.eq(LeadStatus::Disqualified);
        let daily = lead::ID.one_of(some.iter().copied()).and(gone.not());
        let page = Read::<Lead>::find(unit, daily.query().limit(MAX_LIMIT)).await?;
        names.extend(page.items.into_iter().map(|one| (one.id, one.called().to_owned())));
    }
    items.retain_mut(|item| {
        let Some(id) = of(item) else { return true };
        item.lead = names.get(&id).cloned();
        item.lead.is_some()
    });
    Ok(items)
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
