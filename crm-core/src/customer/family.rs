use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::{
    Result,
    kernel::{Currency, Id, Invalid, MoneyError, Stored, Sum, Sums, Value},
    opportunity::{self, Opportunity, OpportunityStatus},
    store::{Insights, ReadUnit, every},
    transaction::{self, Transaction},
};

use super::{
    Customer, MERGED_INTO, PARENT_ID,
    filing::{AT_ONCE, among, groups, resolve},
};

/// What a customer, or a customer and all below it, brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many opportunities there are, of whatever status.
    pub opportunities: u64,
    /// The amounts of those that were won, in each currency.
    pub won: BTreeMap<Currency, Decimal>,
    /// The revenue of the transactions, in each currency.
    pub revenue: BTreeMap<Currency, Decimal>,
}

/// What one customer of a family brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollUp {
    /// Which customer.
    pub customer: Id<Customer>,
    /// The one above it; none for the one that was asked for.
    pub parent: Option<Id<Customer>>,
    /// Its own, with what is filed under those that were merged into it.
    pub own: Figures,
    /// Its own and that of all below it.
    pub total: Figures,
}

/// A customer and all that stand below it, level by level, those that were merged left out: each with
/// the one above it, none for the first.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer.
pub async fn family(
    unit: &mut (dyn ReadUnit + '_),
    root: Id<Customer>,
) -> Result<Vec<(Id<Customer>, Option<Id<Customer>>)>> {
    let root = resolve(unit, root).await?;
    let (mut family, mut level) = (vec![(root, None)], vec![root]);
    let mut seen = std::collections::HashSet::from([root]);
    while !level.is_empty() {
        let mut below = Vec::new();
        let owner = groups(unit, &level).await?;
        let all: Vec<_> = owner.keys().copied().collect();
        for some in all.chunks(AT_ONCE) {
            let query = among(&PARENT_ID, some).and(MERGED_INTO.is_empty()).query();
            every(unit, query, |stored: Stored<Customer>| {
                if seen.insert(stored.id) {
                    let parent = stored.parent_id.and_then(|id| owner.get(&id).copied());
                    below.push((stored.id, parent));
                }
                Ok(())
            })
            .await?;
        }
        level = below.iter().map(|(id, _)| *id).collect();
        family.append(&mut below);
    }
    Ok(family)
}

/// What each customer of a family brought, itself and with all below it, in the order of [`family`].
/// Amounts are exact; those of two currencies are never added.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer, [`crate::Error::Invalid`] when a total is
/// beyond 28 digits.
pub async fn roll_up(unit: &mut (dyn ReadUnit + '_), root: Id<Customer>) -> Result<Vec<RollUp>> {
    let family = family(unit, root).await?;
    let ids: Vec<_> = family.iter().map(|(id, _)| *id).collect();
    let owner = groups(unit, &ids).await?;
    let all: Vec<_> = owner.keys().copied().collect();
    let mut own: HashMap<Id<Customer>, Figures> = HashMap::new();
    for some in all.chunks(AT_ONCE) {
        let of_them = || among(&opportunity::CUSTOMER_ID, some);
        let sums = Sums::count().by(&opportunity::CUSTOMER_ID).matching(of_them());
        for (id, sum) in keyed(&Insights::<Opportunity>::sums(unit, sums).await?, &owner) {
            own.entry(id).or_default().opportunities += sum.count;
        }
        let won = of_them().and(opportunity::STATUS.eq(OpportunityStatus::Won));
        let sums = Sums::of(&opportunity::AMOUNT).by(&opportunity::CUSTOMER_ID).matching(won);
        for (id, sum) in keyed(&Insights::<Opportunity>::sums(unit, sums).await?, &owner) {
            add(&mut own.entry(id).or_default().won, sum.currency, sum.amount)?;
        }
        let of_them = among(&transaction::CUSTOMER_ID, some);
        let sums = Sums::of(&transaction::REVENUE).by(&transaction::CUSTOMER_ID).matching(of_them);
        for (id, sum) in keyed(&Insights::<Transaction>::sums(unit, sums).await?, &owner) {
            add(&mut own.entry(id).or_default().revenue, sum.currency, sum.amount)?;
        }
    }
    let mut totals = own.clone();
    // Those below come after those above: from the last one up.
    for (id, parent) in family.iter().rev() {
        if let Some(parent) = parent {
            let below = totals.get(id).cloned().unwrap_or_default();
            totals.entry(*parent).or_default().add(&below)?;
        }
    }
    let line = |(customer, parent)| RollUp {
        customer,
        parent,
        own: own.remove(&customer).unwrap_or_default(),
        total: totals.remove(&customer).unwrap_or_default(),
    };
    Ok(family.into_iter().map(line).collect())
}

impl Figures {
    fn add(&mut self, other: &Self) -> Result<()> {
        self.opportunities += other.opportunities;
        for (to, from) in [(&mut self.won, &other.won), (&mut self.revenue, &other.revenue)] {
            for (currency, amount) in from {
                add(to, Some(*currency), *amount)?;
            }
        }
        Ok(())
    }
}

fn keyed<'s>(
    sums: &'s [Sum],
    owner: &HashMap<Id<Customer>, Id<Customer>>,
) -> Vec<(Id<Customer>, &'s Sum)> {
    let one = |sum: &'s Sum| match sum.key.as_slice() {
        [Value::Uuid(id)] => owner.get(&Id::new(*id)).map(|owner| (*owner, sum)),
        _ => None,
    };
    sums.iter().filter_map(one).collect()
}

fn add(
    to: &mut BTreeMap<Currency, Decimal>,
    currency: Option<Currency>,
    amount: Decimal,
) -> Result<(), Invalid> {
    let Some(currency) = currency else { return Ok(()) };
    let total = to.entry(currency).or_default();
    let sum = total.checked_add(amount);
    let too_large = || Invalid::new("roll_up", "amount", MoneyError::TooLarge.to_string());
    *total = sum.ok_or_else(too_large)?.normalize();
    Ok(())
}
