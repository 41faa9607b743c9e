use crate::{
    Result,
    contact::Contact,
    customer::{Customer, group},
    kernel::{Id, MAX_LIMIT, Stored},
    opportunity::{self, Opportunity, OpportunityStatus},
    store::{Read, ReadUnit, expect},
    task::{self, Task},
};

use super::{
    Choice, Conversion, Lead,
    activity::{self, LeadActivity},
    choice::{Choices, choose},
};

/// What [`super::Leads::convert`] would do.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversionPreview {
    /// The customer it would become.
    pub customer: Choice<Customer>,
    /// The contact it would become, as long as the customer is clear.
    pub contact: Option<Choice<Contact>>,
    /// The opportunity it would become.
    pub opportunity: Option<Choice<Opportunity>>,
    /// Open opportunities of the customer: it may belong to one of them. At most [`MAX_LIMIT`].
    pub open_opportunities: Vec<Stored<Opportunity>>,
    /// How many interactions its activities would be.
    pub interactions: u64,
    /// How many tasks would go along.
    pub tasks: u64,
}

/// What [`super::Leads::convert`] would do with a lead; nothing is written. What is not clear is no error here.
///
/// # Errors
/// As for [`super::Leads::convert`], but for what is not clear.
pub async fn preview(
    unit: &mut (dyn ReadUnit + '_),
    id: Id<Lead>,
    conversion: &Conversion,
) -> Result<ConversionPreview> {
    let lead = expect(unit, id).await?;
    let Choices { customer, contact, opportunity, .. } = choose(unit, &lead, conversion).await?;
    let mut open_opportunities = Vec::new();
    if let Choice::Existing(there) = &customer {
        let group = group(unit, there.id).await?;
        let open = opportunity::STATUS.eq(OpportunityStatus::Open);
        let theirs = opportunity::CUSTOMER_ID.one_of(group).and(open).query();
        let page = Read::<Opportunity>::find(unit, theirs.limit(MAX_LIMIT)).await?;
        open_opportunities = page.items;
    }
    let (interactions, tasks) = counts(unit, id).await?;
    Ok(ConversionPreview {
        customer,
        contact,
        opportunity,
        open_opportunities,
        interactions,
        tasks,
    })
}

/// How many activities and tasks a lead has.
pub(super) async fn counts(unit: &mut (dyn ReadUnit + '_), id: Id<Lead>) -> Result<(u64, u64)> {
    let activities = Read::<LeadActivity>::count(unit, activity::LEAD_ID.eq(id)).await?;
    let tasks = Read::<Task>::count(unit, task::LEAD_ID.eq(id)).await?;
    Ok((activities, tasks))
}
