//! The kinds of record that rules give to people.

use async_trait::async_trait;

use crate::{
    customer::{self, Customer},
    kernel::{Criteria, Field, Id, Money, Page, Query, Result, Sum, Sums},
    lead::{self, Lead, LeadStatus},
    opportunity::{self, Opportunity, OpportunityStatus},
    org::Capacity,
    ownership::{Owned, Why},
    staff_member::StaffMember,
    store::{Insights, Read, ReadUnit, UnitOfWork},
    task::{self, Task},
};

use super::{KindRules, RuleSet};

/// A kind of record that rules give to people: a customer, an opportunity, a lead or a task.
#[async_trait]
pub trait Assigned: Owned {
    /// The rules, where they are for this kind.
    fn rules(rules: KindRules) -> Option<RuleSet<Self>>;
    /// Those that are part of somebody's work: only they are given, and count as what somebody has.
    fn open() -> Criteria<Self>;
    /// The field of its id.
    fn id_field() -> &'static Field<Self, Id<Self>>;
    /// The field of its owner.
    fn owner_field() -> &'static Field<Self, Id<StaffMember>>;
    /// How many of them somebody takes on.
    fn limit(capacity: &Capacity) -> Option<u32>;
    /// What it takes of the quota of who gets it.
    fn worth(&self) -> Option<Money>;
    /// Where its customer is found.
    fn customer(&self) -> CustomerOf<'_>;
    /// A page of them.
    async fn page(unit: &mut (dyn ReadUnit + '_), query: Query<Self>) -> Result<Page<Self>>;
    /// How many there are, in groups.
    async fn counted(unit: &mut (dyn ReadUnit + '_), sums: Sums<Self>) -> Result<Vec<Sum>>;
    /// Gives one to somebody, with its history.
    async fn assign_to(
        work: &mut (dyn UnitOfWork + '_),
        id: Id<Self>,
        to: Id<StaffMember>,
        why: Why,
    ) -> Result<()>;
}

/// Where the customer of a record is found.
#[derive(Clone, Copy, Debug)]
pub enum CustomerOf<'r> {
    /// It is one.
    Itself(&'r Customer),
    /// It names one.
    Named(Id<Customer>),
    /// It is that of this opportunity.
    Opportunity(Id<Opportunity>),
    /// It has none.
    Nobody,
}

macro_rules! assigned {
    ($kind:ident, $module:ident, $capacity:ident, open: $open:expr, worth: $worth:expr, customer: $customer:expr, give: $verbs:ident . $give:ident($($as:ident)?)) => {
        #[async_trait]
        impl Assigned for $kind {
            fn rules(rules: KindRules) -> Option<RuleSet<Self>> {
                match rules {
                    KindRules::$kind(rules) => Some(rules),
                    _ => None,
                }
            }
            fn open() -> Criteria<Self> {
                $open
            }
            fn id_field() -> &'static Field<Self, Id<Self>> {
                &$module::ID
            }
            fn owner_field() -> &'static Field<Self, Id<StaffMember>> {
                &$module::OWNER_ID
            }
            fn limit(capacity: &Capacity) -> Option<u32> {
                capacity.$capacity
            }
            fn worth(&self) -> Option<Money> {
                let worth: fn(&Self) -> Option<Money> = $worth;
                worth(self)
            }
            fn customer(&self) -> CustomerOf<'_> {
                let customer: fn(&Self) -> CustomerOf<'_> = $customer;
                customer(self)
            }
            async fn page(unit: &mut (dyn ReadUnit + '_), query: Query<Self>) -> Result<Page<Self>> {
                Read::<Self>::find(unit, query).await
            }
            async fn counted(unit: &mut (dyn ReadUnit + '_), sums: Sums<Self>) -> Result<Vec<Sum>> {
                Insights::<Self>::sums(unit, sums).await
            }
            async fn assign_to(
                work: &mut (dyn UnitOfWork + '_),
                id: Id<Self>,
                to: Id<StaffMember>,
                why: Why,
            ) -> Result<()> {
                work.$verbs().$give(id, $($as)?(to), why).await.map(drop)
            }
        }
    };
}

assigned!(
    Customer, customer, customers,
    open: customer::ARCHIVED_AT.is_empty().and(customer::MERGED_INTO.is_empty()),
    worth: |_| None,
    customer: |customer| CustomerOf::Itself(customer),
    give: ownership.assign()
);
assigned!(
    Opportunity, opportunity, open_opportunities,
    open: opportunity::STATUS.eq(OpportunityStatus::Open),
    worth: |opportunity| opportunity.amount,
    customer: |opportunity| named(opportunity.customer_id),
    give: opportunities.reassign(Some)
);
assigned!(
    Lead, lead, open_leads,
    open: lead::STATUS.one_of([LeadStatus::New, LeadStatus::Working, LeadStatus::Qualified]),
    worth: |_| None,
    customer: |_| CustomerOf::Nobody,
    give: leads.reassign(Some)
);
assigned!(
    Task, task, open_tasks,
    open: task::open(),
    worth: |_| None,
    customer: |task| match (task.customer_id, task.opportunity_id) {
        (None, Some(opportunity)) => CustomerOf::Opportunity(opportunity),
        (customer, _) => named(customer),
    },
    give: tasks.reassign(Some)
);

fn named<'r>(customer: Option<Id<Customer>>) -> CustomerOf<'r> {
    customer.map_or(CustomerOf::Nobody, CustomerOf::Named)
}
