//! The kinds of record that rules give to people.

use async_trait::async_trait;

use crate::{
    customer::{self, Customer},
    kernel::{Criteria, Field, Id, Money, Page, Query, Result, Stored, Sum, Sums},
    lead::{self, Lead, LeadStatus},
    opportunity::{self, Opportunity, OpportunityStatus},
    org::Capacity,
    ownership::Owned,
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
    store::{Append, Insights, Read, ReadUnit, Repository, UnitOfWork},
    task::{self, Task},
};

use super::{Deal, KindRules, RuleSet, SizeBand};

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
    /// What it is as a deal.
    fn deal(&self) -> Deal;
    /// Where its customer is found.
    fn customer(&self) -> CustomerOf<'_>;
    /// A page of them.
    async fn page(unit: &mut (dyn ReadUnit + '_), query: Query<Self>) -> Result<Page<Self>>;
    /// How many there are, in groups.
    async fn counted(unit: &mut (dyn ReadUnit + '_), sums: Sums<Self>) -> Result<Vec<Sum>>;
    /// Adds these.
    async fn add(work: &mut (dyn UnitOfWork + '_), new: Vec<Self>) -> Result<()>;
    /// Writes those that got another owner, and what follows from it.
    async fn write_given(work: &mut (dyn UnitOfWork + '_), given: Vec<Stored<Self>>) -> Result<()>;
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
    /// It becomes one: what is known of it is asked as of a customer whom nobody has.
    Becoming(&'r Lead),
    /// It has none.
    Nobody,
}

macro_rules! assigned {
    ($kind:ident, $module:ident, $capacity:ident, open: $open:expr, worth: $worth:expr, deal: $deal:expr, customer: $customer:expr, write: $write:expr) => {
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
            fn deal(&self) -> Deal {
                let deal: fn(&Self) -> Deal = $deal;
                deal(self)
            }
            fn customer(&self) -> CustomerOf<'_> {
                let customer: fn(&Self) -> CustomerOf<'_> = $customer;
                customer(self)
            }
            async fn page(
                unit: &mut (dyn ReadUnit + '_),
                query: Query<Self>,
            ) -> Result<Page<Self>> {
                Read::<Self>::find(unit, query).await
            }
            async fn counted(unit: &mut (dyn ReadUnit + '_), sums: Sums<Self>) -> Result<Vec<Sum>> {
                Insights::<Self>::sums(unit, sums).await
            }
            async fn add(work: &mut (dyn UnitOfWork + '_), new: Vec<Self>) -> Result<()> {
                if new.is_empty() {
                    return Ok(());
                }
                Append::<Self>::insert_all(work, new).await.map(drop)
            }
            async fn write_given(
                work: &mut (dyn UnitOfWork + '_),
                given: Vec<Stored<Self>>,
            ) -> Result<()> {
                $write(work, given).await
            }
        }
    };
}

assigned!(
    Customer, customer, customers,
    open: customer::ARCHIVED_AT.is_empty().and(customer::MERGED_INTO.is_empty()),
    worth: |_| None,
    deal: |_| Deal::default(),
    customer: |customer| CustomerOf::Itself(customer),
    write: all
);
assigned!(
    Opportunity, opportunity, open_opportunities,
    open: opportunity::STATUS.eq(OpportunityStatus::Open),
    worth: |opportunity| opportunity.amount,
    deal: |one| deal(Some(one.pipeline_id), one.amount, one.product_id),
    customer: |opportunity| named(opportunity.customer_id),
    write: opportunities
);
assigned!(
    Lead, lead, open_leads,
    open: lead::STATUS.one_of([LeadStatus::New, LeadStatus::Working, LeadStatus::Qualified]),
    worth: |_| None,
    deal: |lead| deal(None, lead.amount, lead.product_id),
    customer: |lead| CustomerOf::Becoming(lead),
    write: all
);
assigned!(
    Task, task, open_tasks,
    open: task::open(),
    worth: |_| None,
    deal: |_| Deal::default(),
    customer: |task| match (task.customer_id, task.opportunity_id) {
        (None, Some(opportunity)) => CustomerOf::Opportunity(opportunity),
        (customer, _) => named(customer),
    },
    write: all
);

async fn all<'w, E: Assigned>(work: &mut (dyn UnitOfWork + 'w), given: Vec<Stored<E>>) -> Result<()>
where
    dyn UnitOfWork + 'w: Repository<E>,
{
    Repository::update_all(work, given).await.map(drop)
}

async fn opportunities(
    work: &mut (dyn UnitOfWork + '_),
    given: Vec<Stored<Opportunity>>,
) -> Result<()> {
    work.opportunities().given(given).await
}

fn deal(
    pipeline: Option<Id<Pipeline>>,
    amount: Option<Money>,
    product: Option<Id<Product>>,
) -> Deal {
    Deal { pipeline, size: amount.map(SizeBand::of), product }
}

fn named<'r>(customer: Option<Id<Customer>>) -> CustomerOf<'r> {
    customer.map_or(CustomerOf::Nobody, CustomerOf::Named)
}
