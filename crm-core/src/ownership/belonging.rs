//! What a handover gives to others, and with what it goes.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    customer::{self, Customer},
    kernel::{Criteria, Entity, Field, Id, Result, Stored},
    lead::{self, Lead, LeadStatus},
    opportunity::{self, Opportunity, OpportunityStatus},
    staff_member::StaffMember,
    store::{Read, ReadUnit},
    task::{self, Task},
};

use super::{
    Share,
    hand_over::PAGE,
    helper::{self, Helper},
};

/// A record that a handover gives to others.
pub(super) trait Belonging: Entity {
    /// Those of somebody.
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self>;
    fn goes(&self) -> Goes<'_>;
    /// Where it is counted.
    fn counted(share: &mut Share) -> &mut u64;
    fn called(&self) -> String;
}

/// By what is decided to whom a record goes.
pub(super) enum Goes<'r> {
    /// By what this customer is, which it is itself.
    As(&'r Customer),
    /// With the first of these that a successor has by now, else by what the customer is.
    With {
        opportunity: Option<Id<Opportunity>>,
        lead: Option<Id<Lead>>,
        customer: Option<Id<Customer>>,
    },
    /// By what this customer is, whoever has it.
    By(Id<Customer>),
}

impl Belonging for Customer {
    /// Also those that were put away.
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        customer::OWNER_ID.eq(staff).and(customer::MERGED_INTO.is_empty())
    }
    fn goes(&self) -> Goes<'_> {
        Goes::As(self)
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.customers
    }
    fn called(&self) -> String {
        self.name.clone()
    }
}

impl Belonging for Opportunity {
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        opportunity::OWNER_ID.eq(staff).and(opportunity::STATUS.eq(OpportunityStatus::Open))
    }
    fn goes(&self) -> Goes<'_> {
        Goes::With { opportunity: None, lead: None, customer: self.customer_id }
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.opportunities
    }
    fn called(&self) -> String {
        self.name.clone()
    }
}

impl Belonging for Lead {
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        let pending = [LeadStatus::New, LeadStatus::Working, LeadStatus::Qualified];
        lead::OWNER_ID.eq(staff).and(lead::STATUS.one_of(pending))
    }
    fn goes(&self) -> Goes<'_> {
        Goes::With { opportunity: None, lead: None, customer: None }
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.leads
    }
    fn called(&self) -> String {
        Self::called(self).to_owned()
    }
}

impl Belonging for Task {
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        task::OWNER_ID.eq(staff).and(task::open())
    }
    fn goes(&self) -> Goes<'_> {
        let (opportunity, lead) = (self.opportunity_id, self.lead_id);
        Goes::With { opportunity, lead, customer: self.customer_id }
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.tasks
    }
    fn called(&self) -> String {
        self.title.clone()
    }
}

impl Belonging for Helper {
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        helper::STAFF_ID.eq(staff).and(helper::UNTIL.is_empty())
    }
    fn goes(&self) -> Goes<'_> {
        Goes::By(self.customer_id)
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.helping
    }
    fn called(&self) -> String {
        self.role.clone()
    }
}

/// What some records name.
#[derive(Default)]
pub(super) struct Named {
    /// By the ids that are named: those that were merged are their survivors.
    customers: HashMap<Id<Customer>, Customer>,
    opportunities: HashMap<Id<Opportunity>, Opportunity>,
    leads: HashMap<Id<Lead>, Lead>,
}

impl Named {
    pub(super) async fn by<E: Belonging>(
        unit: &mut (dyn ReadUnit + '_),
        page: &[Stored<E>],
    ) -> Result<Self> {
        let (mut customers, mut opportunities, mut leads) = (Vec::new(), Vec::new(), Vec::new());
        for record in page {
            match record.goes() {
                Goes::As(_) => {}
                Goes::By(id) => customers.push(id),
                Goes::With { opportunity, lead, customer } => {
                    customers.extend(customer);
                    opportunities.extend(opportunity);
                    leads.extend(lead);
                }
            }
        }
        let opportunities = by_id(unit, &opportunity::ID, opportunities).await?;
        customers.extend(opportunities.values().filter_map(|one| one.customer_id));
        customers.sort_unstable();
        customers.dedup();
        let mut named = Self { opportunities, ..Self::default() };
        named.leads = by_id(unit, &lead::ID, leads).await?;
        if customers.is_empty() {
            return Ok(named);
        }
        let survivors = customer::survivors(unit, &customers).await?;
        let last = |id: &Id<Customer>| survivors.get(id).copied().unwrap_or(*id);
        let found = by_id(unit, &customer::ID, customers.iter().map(last).collect()).await?;
        let each = customers.iter().filter_map(|id| Some((*id, found.get(&last(id))?.clone())));
        named.customers = each.collect();
        Ok(named)
    }

    /// The customer that a record belongs to.
    pub(super) fn customer<'r, E: Belonging>(&'r self, record: &'r E) -> Option<&'r Customer> {
        let id = match record.goes() {
            Goes::As(customer) => return Some(customer),
            Goes::By(id) => id,
            Goes::With { opportunity, customer, .. } => customer
                .or_else(|| opportunity.and_then(|id| self.opportunities.get(&id)?.customer_id))?,
        };
        self.customers.get(&id)
    }

    /// What a record goes with, the nearest first: its id, and whose it is as it is stored.
    pub(super) fn goes_with<E: Belonging>(
        &self,
        record: &E,
    ) -> Vec<(Uuid, Option<Id<StaffMember>>)> {
        let customer = || self.customer(record).map(|one| (one.id.uuid(), one.owner_id));
        match record.goes() {
            Goes::As(_) => customer().into_iter().collect(),
            Goes::By(_) => Vec::new(),
            Goes::With { opportunity, lead, .. } => {
                let opportunity = opportunity.and_then(|id| self.opportunities.get(&id));
                let lead = lead.and_then(|id| self.leads.get(&id));
                let opportunity = opportunity.map(|one| (one.id.uuid(), one.owner_id));
                let lead = lead.map(|one| (one.id.uuid(), one.owner_id));
                opportunity.into_iter().chain(lead).chain(customer()).collect()
            }
        }
    }
}

/// The records with these ids, as many as a page names.
async fn by_id<'u, E: Entity>(
    unit: &mut (dyn ReadUnit + 'u),
    id: &'static Field<E, Id<E>>,
    mut ids: Vec<Id<E>>,
) -> Result<HashMap<Id<E>, E>>
where
    dyn ReadUnit + 'u: Read<E>,
{
    ids.sort_unstable();
    ids.dedup();
    let mut found = HashMap::new();
    for some in ids.chunks(PAGE as usize) {
        let query = id.one_of(some.iter().copied()).query().limit(PAGE);
        let page = Read::<E>::find(unit, query).await?.items;
        found.extend(page.into_iter().map(|one| (one.id(), one.into_inner())));
    }
    Ok(found)
}
