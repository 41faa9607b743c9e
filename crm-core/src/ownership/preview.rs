use std::collections::BTreeMap;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{Currency, Id, Result},
    lead::Lead,
    opportunity::Opportunity,
    staff_member::StaffMember,
    store::{Read, ReadUnit, every},
    task::Task,
};

use super::{
    HandedOver, HandoverPlan, Helper,
    belonging::Belonging,
    hand_over::{Going, PAGE, may_go},
};

/// What a handover would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HandoverPreview {
    /// How many records would go to whom.
    pub shares: HandedOver,
    /// What the open opportunities among them are worth, for each successor and currency.
    pub worth: BTreeMap<Id<StaffMember>, BTreeMap<Currency, Worth>>,
}

/// What open opportunities of one currency are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// What they would bring.
    pub amount: Decimal,
    /// What they would bring by their probabilities.
    pub weighted: Decimal,
}

/// What somebody's open opportunities are worth, by currency; those without an amount add nothing. It goes through them a page
/// at a time.
///
/// # Errors
/// Whatever the store answers.
pub async fn open_worth(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
) -> Result<BTreeMap<Currency, Worth>> {
    let mut sums = BTreeMap::new();
    every::<Opportunity, _>(unit, Opportunity::theirs(staff).query(), |one| {
        add(&mut sums, &one);
        Ok(())
    })
    .await?;
    Ok(sums)
}

fn add(sums: &mut BTreeMap<Currency, Worth>, opportunity: &Opportunity) {
    if let Some(amount) = opportunity.amount {
        sums.entry(amount.currency()).or_default().amount += amount.amount();
    }
    if let Some(weighted) = opportunity.weighted() {
        sums.entry(weighted.currency()).or_default().weighted += weighted.amount();
    }
}

/// A record that would be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverItem {
    /// Its kind.
    pub kind: &'static str,
    /// Its id.
    pub id: Uuid,
    /// What it is called; of what they help with, the role.
    pub name: String,
    /// Who would get it.
    pub to: Id<StaffMember>,
}

/// What handing over everything of somebody by a plan would do, record after record to `each`; nothing is written. A
/// handover of the same plan, once begun, does the same to what is there at the same moment.
///
/// Customers, opportunities and leads are kept in mind, an id each, as what belongs to them goes where they go.
///
/// # Errors
/// As [`super::Ownership::begin_handover`], and whatever `each` answers.
pub async fn preview_handover(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    plan: &HandoverPlan,
    mut each: impl FnMut(HandoverItem) -> Result<()> + Send,
) -> Result<HandoverPreview> {
    may_go(unit, staff, plan).await?;
    let mut going = Going::new(plan, HandedOver::default());
    let mut given = Vec::new();
    all::<Customer>(unit, staff, &mut going, |customer, to| {
        given.push((customer.id.uuid(), to));
        each(item(customer, to))
    })
    .await?;
    given.drain(..).for_each(|(record, to)| going.would_give(record, to));
    let mut worth: BTreeMap<_, BTreeMap<Currency, Worth>> = BTreeMap::new();
    all::<Opportunity>(unit, staff, &mut going, |opportunity, to| {
        add(worth.entry(to).or_default(), opportunity);
        given.push((opportunity.id.uuid(), to));
        each(item(opportunity, to))
    })
    .await?;
    all::<Lead>(unit, staff, &mut going, |lead, to| {
        given.push((lead.id.uuid(), to));
        each(item(lead, to))
    })
    .await?;
    given.drain(..).for_each(|(record, to)| going.would_give(record, to));
    all::<Task>(unit, staff, &mut going, |task, to| each(item(task, to))).await?;
    all::<Helper>(unit, staff, &mut going, |helps, to| each(item(helps, to))).await?;
    worth.retain(|_, sums| !sums.is_empty());
    Ok(HandoverPreview { shares: going.done, worth })
}

fn item<E: Belonging>(record: &E, to: Id<StaffMember>) -> HandoverItem {
    HandoverItem { kind: E::KIND, id: record.id().uuid(), name: record.called(), to }
}

/// All of one kind, in the order in which they are handed over.
async fn all<'u, E: Belonging>(
    unit: &mut (dyn ReadUnit + 'u),
    staff: Id<StaffMember>,
    going: &mut Going<'_>,
    mut each: impl FnMut(&E, Id<StaffMember>) -> Result<()> + Send,
) -> Result<()>
where
    dyn ReadUnit + 'u: Read<E>,
{
    let mut after = None;
    loop {
        let query = E::theirs(staff).query().limit(PAGE).after(after);
        let page = Read::<E>::find(unit, query).await?;
        let to = going.decide(unit, &page.items).await?;
        page.items.iter().zip(to).try_for_each(|(record, to)| each(record, to))?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
