use std::collections::BTreeMap;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    assignment::Assigned,
    customer::Customer,
    kernel::{Currency, Id, Result, Timestamp},
    lead::Lead,
    opportunity::Opportunity,
    staff_member::StaffMember,
    store::{Read, ReadUnit, every},
    task::Task,
};

use super::{
    HandedOver, HandoverPlan, Helper,
    belonging::Belonging,
    going::Going,
    hand_over::{PAGE, at_once, may_go},
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

/// What handing over everything of somebody by a plan would do at an instant, record after record to `each`; nothing is
/// written. A handover of the same plan, once begun, does the same to what is there at that moment.
///
/// They are kept in mind, an id each, as what belongs to them goes where they go.
///
/// # Errors
/// As [`super::Ownership::begin_handover`], and whatever `each` answers.
pub async fn preview_handover(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    plan: &HandoverPlan,
    at: Timestamp,
    mut each: impl FnMut(HandoverItem) -> Result<()> + Send,
) -> Result<HandoverPreview> {
    may_go(unit, staff, plan).await?;
    let mut going = Going::new(staff, plan, at, HandedOver::default());
    let mut worth: BTreeMap<_, BTreeMap<Currency, Worth>> = BTreeMap::new();
    walk(unit, staff, &mut going, u64::MAX, |item, opportunity| {
        if let Some(opportunity) = opportunity {
            add(worth.entry(item.to).or_default(), opportunity);
        }
        each(item)
    })
    .await?;
    let mut after = None;
    loop {
        let query = Helper::theirs(staff).query().limit(PAGE).after(after);
        let page = Read::<Helper>::find(unit, query).await?;
        let to = going.decide_helping(unit, &page.items).await?;
        page.items.iter().zip(to).try_for_each(|(helps, to)| each(item(&**helps, to)))?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    worth.retain(|_, sums| !sums.is_empty());
    Ok(HandoverPreview { shares: going.done, worth })
}

fn item<E: Belonging>(record: &E, to: Id<StaffMember>) -> HandoverItem {
    HandoverItem { kind: E::KIND, id: record.id().uuid(), name: record.called(), to }
}

/// To whom the next `most` records that somebody owns would go, in the order in which they are handed over; what is an
/// opportunity is given with it.
pub(super) async fn walk(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    going: &mut Going<'_>,
    mut most: u64,
    mut each: impl FnMut(HandoverItem, Option<&Opportunity>) -> Result<()> + Send,
) -> Result<()> {
    let left = &mut most;
    all::<Customer>(unit, staff, going, left, |one, to| each(item(one, to), None)).await?;
    all::<Opportunity>(unit, staff, going, left, |one, to| each(item(one, to), Some(one))).await?;
    all::<Lead>(unit, staff, going, left, |one, to| each(item(one, to), None)).await?;
    all::<Task>(unit, staff, going, left, |one, to| each(item(one, to), None)).await
}

/// All of one kind, as far as it may go on.
async fn all<E: Belonging + Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    going: &mut Going<'_>,
    left: &mut u64,
    mut each: impl FnMut(&E, Id<StaffMember>) -> Result<()> + Send,
) -> Result<()> {
    let (mut rules, mut given, mut after) = (None, Vec::new(), None);
    while *left > 0 {
        let query = E::theirs(staff).query().limit(at_once(*left)).after(after);
        let page = E::page(unit, query).await?;
        if rules.is_none() && !page.items.is_empty() {
            rules = going.rules::<E>(unit).await?;
        }
        let gets = going.decide(unit, &page.items, rules.as_mut()).await?;
        for (record, gets) in page.items.iter().zip(gets) {
            each(record, gets.to)?;
            given.push((record.id().uuid(), gets.to, record.worth()));
            *left -= 1;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    going.foresaw(unit.scope().tenant, given, rules.as_ref());
    Ok(())
}
