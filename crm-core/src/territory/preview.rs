use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    customer::Customer,
    kernel::{Currency, Id, Invalid, MoneyError, Result, Sum, Sums, Value},
    opportunity::{self, Opportunity, OpportunityStatus},
    staff_member::StaffMember,
    store::{Insights, ReadUnit},
    territory_member::TerritoryMember,
    transaction::{self, Transaction},
};

use super::{
    Alignment, Territory, TerritoryTree,
    check::{members_on, page_of_customers},
    territory_tree,
};

/// Of so many customers the money is asked for at once.
const AT_ONCE: usize = 500;

/// What a re-alignment would move. Nothing is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Realignment {
    /// From where to where customers would go. What takes up a territory from the day on is that territory.
    pub moves: Vec<TerritoryMove>,
    /// What each territory would gain and lose.
    pub territories: BTreeMap<Id<Territory>, GainLoss>,
    /// What each member would gain and lose, in all territories of theirs together, whatever their role.
    pub members: BTreeMap<Id<StaffMember>, GainLoss>,
}

/// Customers that would go from one territory to another, or from or to nowhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TerritoryMove {
    /// Where they belong now.
    pub from: Option<Id<Territory>>,
    /// Where they would belong.
    pub to: Option<Id<Territory>>,
    /// How many they are, and what they bring.
    pub figures: Figures,
}

/// Customers, and what they bring, by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// How many customers.
    pub customers: u64,
    /// The revenue of their transactions in the period.
    pub revenue: BTreeMap<Currency, Decimal>,
    /// The amounts of their open opportunities.
    pub pipeline: BTreeMap<Currency, Decimal>,
}

/// What would come and what would go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GainLoss {
    /// What would come.
    pub gains: Figures,
    /// What would go.
    pub loses: Figures,
}

/// From where, to where.
type Way = (Option<Id<Territory>>, Option<Id<Territory>>);

/// What would move on a day if the territories were these: customers, the revenue of their transactions from one day to another,
/// the second excluded, and the amounts of their open opportunities. It goes through all customers, a page at a time.
///
/// # Errors
/// [`Invalid`] when the territories form no tree, or a sum is beyond 28 digits.
pub async fn preview(
    unit: &mut (dyn ReadUnit + '_),
    aligned: &Alignment,
    day: NaiveDate,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Realignment> {
    let now = territory_tree(unit, day).await?;
    let then = TerritoryTree::new(aligned.territories.clone(), day)?;
    let before = by_territory(members_on(unit, day).await?);
    let effective = aligned.members.iter().filter(|member| member.is_effective(day)).cloned();
    let later = by_territory(
        effective.map(|one| TerritoryMember { territory_id: aligned.was(one.territory_id), ..one }),
    );
    let mut ways: BTreeMap<Way, Figures> = BTreeMap::new();
    let mut after = None;
    loop {
        let page = page_of_customers(unit, after).await?;
        let moved = page.items.iter().filter_map(|customer| {
            let to = then.territory_of(customer).map(|id| aligned.was(id));
            let way = (now.territory_of(customer), to);
            let same = way.0 == way.1 && who(&before, way.0) == who(&later, way.1);
            (!same).then_some((customer.id, way))
        });
        let moved: Vec<_> = moved.collect();
        for some in moved.chunks(AT_ONCE) {
            add(unit, some, (from, to), &mut ways).await?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    summed(ways, &before, &later)
}

type Members = BTreeMap<Id<Territory>, BTreeSet<Id<StaffMember>>>;

fn by_territory(members: impl IntoIterator<Item = TerritoryMember>) -> Members {
    let mut all = Members::new();
    for member in members {
        all.entry(member.territory_id).or_default().insert(member.staff_id);
    }
    all
}

static NOBODY: BTreeSet<Id<StaffMember>> = BTreeSet::new();

/// Who works there.
fn who(members: &Members, territory: Option<Id<Territory>>) -> &BTreeSet<Id<StaffMember>> {
    territory.and_then(|id| members.get(&id)).unwrap_or(&NOBODY)
}

/// By territory and by member. What somebody has before and after neither comes nor goes.
fn summed(ways: BTreeMap<Way, Figures>, before: &Members, later: &Members) -> Result<Realignment> {
    let mut all = Realignment::default();
    for ((from, to), figures) in ways {
        let (had, have) = (who(before, from), who(later, to));
        for staff in had.difference(have) {
            all.members.entry(*staff).or_default().loses.add(&figures)?;
        }
        for staff in have.difference(had) {
            all.members.entry(*staff).or_default().gains.add(&figures)?;
        }
        if from == to {
            continue;
        }
        if let Some(from) = from {
            all.territories.entry(from).or_default().loses.add(&figures)?;
        }
        if let Some(to) = to {
            all.territories.entry(to).or_default().gains.add(&figures)?;
        }
        all.moves.push(TerritoryMove { from, to, figures });
    }
    Ok(all)
}

/// Adds what some customers bring to the way they go.
async fn add(
    unit: &mut (dyn ReadUnit + '_),
    moved: &[(Id<Customer>, Way)],
    (from, to): (NaiveDate, NaiveDate),
    ways: &mut BTreeMap<Way, Figures>,
) -> Result<()> {
    let ids = || moved.iter().map(|(id, _)| *id);
    let in_period = transaction::DATE.at_least(from).and(transaction::DATE.below(to));
    let revenue = Sums::of(&transaction::REVENUE)
        .by(&transaction::CUSTOMER_ID)
        .matching(in_period.and(transaction::CUSTOMER_ID.one_of(ids())));
    let revenue = Insights::<Transaction>::sums(unit, revenue).await?;
    let open = opportunity::STATUS.eq(OpportunityStatus::Open);
    let pipeline = Sums::of(&opportunity::AMOUNT)
        .by(&opportunity::CUSTOMER_ID)
        .matching(open.and(opportunity::CUSTOMER_ID.one_of(ids())));
    let pipeline = Insights::<Opportunity>::sums(unit, pipeline).await?;
    let by_id: BTreeMap<_, _> = moved.iter().copied().collect();
    for way in by_id.values() {
        ways.entry(*way).or_default().customers += 1;
    }
    let way = |sum: &Sum| match sum.key.as_slice() {
        [Value::Uuid(id)] => by_id.get(&Id::new(*id)).copied(),
        _ => None,
    };
    for sum in &revenue {
        if let (Some(way), Some(currency)) = (way(sum), sum.currency) {
            plus(&mut ways.entry(way).or_default().revenue, currency, sum.amount)?;
        }
    }
    for sum in &pipeline {
        if let (Some(way), Some(currency)) = (way(sum), sum.currency) {
            plus(&mut ways.entry(way).or_default().pipeline, currency, sum.amount)?;
        }
    }
    Ok(())
}

impl Figures {
    fn add(&mut self, other: &Self) -> Result<()> {
        self.customers += other.customers;
        for (currency, amount) in &other.revenue {
            plus(&mut self.revenue, *currency, *amount)?;
        }
        for (currency, amount) in &other.pipeline {
            plus(&mut self.pipeline, *currency, *amount)?;
        }
        Ok(())
    }
}

fn plus(sums: &mut BTreeMap<Currency, Decimal>, currency: Currency, amount: Decimal) -> Result<()> {
    let sum = sums.entry(currency).or_default();
    let added = sum.checked_add(amount);
    let wrong = || Invalid::new("territories", "amount", MoneyError::TooLarge.to_string());
    *sum = added.ok_or_else(wrong)?.normalize();
    Ok(())
}
