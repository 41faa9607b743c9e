//! What goes along when a lead is converted: what happened with it, and what is to be done.

use crate::{
    Result,
    contact::Contact,
    customer::Customer,
    interaction::Interaction,
    kernel::{FieldSpec, Id, MAX_LIMIT, Query, Stored, TenantId},
    opportunity::Opportunity,
    store::{Append, CUSTODIAN, Custody, Read, UnitOfWork},
    task::{self, Task},
};

use super::{
    Lead,
    activity::{self, LeadActivity},
};

/// The interaction that an activity becomes: always the same one.
pub(crate) fn interaction_of(tenant: TenantId, activity: Id<LeadActivity>) -> Id<Interaction> {
    Id::derived(tenant, &format!("interaction of lead activity {activity}"))
}

/// The task of an activity's next step: always the same one.
pub(super) fn step_of(tenant: TenantId, activity: Id<LeadActivity>) -> Id<Task> {
    Id::derived(tenant, &format!("next step of lead activity {activity}"))
}

/// Into what a lead is converted.
#[derive(Clone, Copy)]
pub(super) struct Into {
    pub(super) customer: Id<Customer>,
    pub(super) contact: Option<Id<Contact>>,
    pub(super) opportunity: Option<Id<Opportunity>>,
}

/// Makes closed interactions of a lead's activities, each as of its own time, a page at a time.
pub(super) async fn activities(
    work: &mut (dyn UnitOfWork + '_),
    lead: Id<Lead>,
    into: Into,
) -> Result<()> {
    let tenant = work.scope().tenant;
    let mut query: Query<LeadActivity> = activity::LEAD_ID.eq(lead).query().limit(MAX_LIMIT);
    loop {
        let page = Read::<LeadActivity>::find(work, query).await?;
        let mut steps = Vec::new();
        let mut new = Vec::with_capacity(page.items.len());
        for one in page.items.into_iter().map(Stored::into_inner) {
            if one.next_step.is_some() {
                steps.push((step_of(tenant, one.id), interaction_of(tenant, one.id)));
            }
            new.push(interaction(interaction_of(tenant, one.id), one, into));
        }
        Append::<Interaction>::insert_all(work, new).await?;
        for (task, interaction) in steps {
            let to = Some(interaction.uuid());
            refile(work, task::INTERACTION_ID.spec(), vec![task], to).await?;
        }
        let Some(next) = page.next else { return Ok(()) };
        query = activity::LEAD_ID.eq(lead).query().limit(MAX_LIMIT).after(Some(next));
    }
}

/// Tasks of a lead are of the customer too, done ones among them; those that had a customer of their own stay
/// with it.
pub(super) async fn tasks(
    work: &mut (dyn UnitOfWork + '_),
    lead: Id<Lead>,
    into: Into,
) -> Result<()> {
    let theirs = task::LEAD_ID.eq(lead).and(task::CUSTOMER_ID.is_empty());
    loop {
        let page = Read::<Task>::find(work, theirs.clone().query().limit(MAX_LIMIT)).await?;
        let ids: Vec<_> = page.items.iter().map(|task| task.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let contact = into.contact.map(|id| id.uuid());
        let opportunity = into.opportunity.map(|id| id.uuid());
        refile(work, task::CONTACT_ID.spec(), ids.clone(), contact).await?;
        refile(work, task::OPPORTUNITY_ID.spec(), ids.clone(), opportunity).await?;
        refile(work, task::CUSTOMER_ID.spec(), ids, Some(into.customer.uuid())).await?;
    }
}

/// Tasks that name nobody in a field name this record.
async fn refile(
    work: &mut (dyn UnitOfWork + '_),
    field: &'static FieldSpec<Task>,
    ids: Vec<Id<Task>>,
    to: Option<uuid::Uuid>,
) -> Result<()> {
    if to.is_some() {
        Custody::<Task>::refile(work, &CUSTODIAN, field, ids, None, to).await?;
    }
    Ok(())
}

fn interaction(id: Id<Interaction>, one: LeadActivity, into: Into) -> Interaction {
    let (channel, direction) = (one.channel, one.direction);
    let mut new = Interaction::new(id, into.customer, channel, direction, one.happened_at);
    (new.contact_id, new.opportunity_id) = (into.contact, into.opportunity);
    (new.staff_id, new.minutes, new.place) = (one.staff_id, one.minutes, one.place);
    (new.subject, new.content, new.outcome) = (one.subject, one.content, one.outcome);
    new.next_step = one.next_step;
    (new.next_step_due, new.next_step_owner_id) = (one.next_step_due, one.next_step_owner_id);
    new.recorded_at = one.recorded_at;
    new.carried(one.recorded_at.unwrap_or(one.happened_at), one.recorded_by)
}
