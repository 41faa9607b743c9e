use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    kernel::{Criteria, Currency, Result},
    opportunity::Opportunity,
    store::ReadUnit,
};

use super::{
    DaySummary, GroupBy, Period,
    tally::{Group, Tally, tallies},
    total::{as_shares, quotient},
};

/// How much money a day comes through: opportunities × average deal × win rate ÷ length of the sales cycle, the usual
/// formula of sales velocity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Velocity {
    /// The value that makes the line, an id as text; none where it is empty, or of all.
    pub key: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// How many opportunities were worked on: decided in the period, or open when it was over.
    pub opportunities: u64,
    /// How many were won.
    pub won: u64,
    /// How many were lost.
    pub lost: u64,
    /// Won, divided by won and lost.
    pub win_rate: Option<Decimal>,
    /// What was won in a currency, divided by how many were won: over all currencies, one average deal.
    #[serde(serialize_with = "as_shares")]
    pub average_deal: BTreeMap<Currency, Decimal>,
    /// The days from the day it began to the day it was won, of those that were won and say when they began.
    pub cycle: Option<DaySummary>,
    /// The money a day, rounded half up to four decimals; nothing where a factor is not known, or a cycle takes no day.
    #[serde(serialize_with = "as_shares")]
    pub per_day: BTreeMap<Currency, Decimal>,
}

/// The sales velocity in each group that did something in the period, by name.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit, or a group that is not by owner, team or of all.
pub async fn velocity(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    by: &GroupBy,
    filter: &Criteria<Opportunity>,
) -> Result<Vec<Velocity>> {
    by.of_people()?;
    let groups = tallies(unit, period, filter, by, true).await?;
    let line = |Group { key, name, tally, .. }| of(key, name, &tally);
    let mut lines: Vec<_> = groups.into_iter().map(line).collect();
    lines.sort_by_cached_key(|line| (line.name.clone(), line.key.clone()));
    Ok(lines)
}

fn of(key: Option<String>, name: Option<String>, tally: &Tally) -> Velocity {
    let opportunities = tally.decided().saturating_add(tally.open.count);
    let (won, lost) = (tally.won.count, tally.lost.count);
    let cycle = tally.cycle.summary();
    let per_day = |(currency, amount): (&Currency, &Decimal)| {
        // Opportunities × (amount ÷ won) × (won ÷ decided) ÷ (days ÷ cycles): divided once, at the end.
        let cycle = cycle.as_ref()?;
        let money = amount.checked_mul(opportunities.into())?.checked_mul(cycle.count.into())?;
        let days = Decimal::from(tally.decided()).checked_mul(cycle.total.into())?;
        Some((*currency, quotient(money, days, 4)?))
    };
    Velocity {
        key,
        name,
        opportunities,
        won,
        lost,
        win_rate: tally.win_rate(),
        average_deal: tally.won.per(won),
        per_day: tally.won.amounts.iter().filter_map(per_day).collect(),
        cycle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline_report::{DayCounts, Total};

    #[test]
    fn velocity_is_the_product_of_its_factors() {
        let total =
            |count, amount: i64| Total { count, amounts: [(Currency::USD, amount.into())].into() };
        let tally = Tally {
            won: total(3, 600),
            lost: total(1, 0),
            open: total(6, 0),
            cycle: DayCounts([(20, 1), (40, 1)].into()),
        };
        let found = of(None, None, &tally);
        // 10 × 200 × 0.75 ÷ 30
        assert_eq!(found.per_day, [(Currency::USD, 50.into())].into());
        assert_eq!((found.opportunities, found.win_rate), (10, Some(Decimal::new(75, 2))));
        let nothing = of(None, None, &Tally { won: total(1, 5), ..Tally::default() });
        assert!(nothing.per_day.is_empty(), "no cycle is known");
    }
}
