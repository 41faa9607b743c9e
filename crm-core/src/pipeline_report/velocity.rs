use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    kernel::{Currency, Result, ratio, six_decimals},
    store::ReadUnit,
};

use super::{
    DaySummary, GroupBy, ListQuery, Listed, PeriodQuestion, Total,
    gather::{Asks, Group, tallies},
    tally::Tally,
    total::as_text,
};

/// How much money a day comes through: opportunities × average deal × win rate ÷ length of the sales cycle, the usual
/// formula of sales velocity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Velocity {
    /// The value that makes the line, an id as text; none where it is empty, or of all.
    pub key: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// How many opportunities were worked on: those that were won, lost or open ([`Velocity::worked_on`]).
    pub opportunities: u64,
    /// What was won in the period.
    pub won: Listed<Total>,
    /// What was lost in it.
    pub lost: Listed<Total>,
    /// What was open when the day was over.
    pub open: Listed<Total>,
    /// Won, divided by won and lost.
    #[serde(serialize_with = "six_decimals")]
    pub win_rate: Option<Decimal>,
    /// What was won in a currency, divided by how many were won: over all currencies, one average deal.
    #[serde(serialize_with = "as_text")]
    pub average_deal: BTreeMap<Currency, Decimal>,
    /// The days from the day it began to the day it was won, of those that were won and say when they began.
    pub cycle: Option<Listed<DaySummary>>,
    /// The money a day, rounded half up to four decimals; nothing where a factor is not known, or the cycles
    /// together take no day.
    #[serde(serialize_with = "as_text")]
    pub per_day: BTreeMap<Currency, Decimal>,
}

impl Velocity {
    /// What lists the opportunities that were worked on.
    pub fn worked_on(&self) -> ListQuery {
        let all = [&self.won.query, &self.lost.query, &self.open.query];
        ListQuery(all.into_iter().flat_map(|query| query.0.iter().cloned()).collect())
    }
}

/// The sales velocity in each group that did something in the period, by name. An opportunity counts whole, for its owner,
/// also where others have a share in it.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit, a day that no store can keep, or a group that is not by owner,
/// team or of all.
pub async fn velocity(
    unit: &mut (dyn ReadUnit + '_),
    question: &PeriodQuestion,
    by: &GroupBy,
) -> Result<Vec<Velocity>> {
    by.of_people()?;
    let groups = tallies(unit, question, by, Asks { open: true, credit: false }).await?;
    let mut lines: Vec<_> = groups.into_iter().map(|group| of(group, question)).collect();
    lines.sort_by_cached_key(|line| (line.name.clone(), line.key.clone()));
    Ok(lines)
}

fn of(group: Group, question: &PeriodQuestion) -> Velocity {
    let tally = &group.tally;
    Velocity {
        opportunities: tally.decided().saturating_add(tally.open.count),
        win_rate: tally.win_rate(),
        average_deal: tally.won.per(tally.won.count),
        per_day: per_day(tally),
        cycle: group.cycle(question),
        won: group.won(question),
        lost: group.lost(question),
        open: group.open(question),
        key: group.key,
        name: group.name,
    }
}

/// Opportunities × (amount ÷ won) × (won ÷ decided) ÷ (days ÷ cycles): divided once, at the end.
fn per_day(tally: &Tally) -> BTreeMap<Currency, Decimal> {
    let opportunities = tally.decided().saturating_add(tally.open.count);
    let cycle = tally.cycle.summary();
    let per_day = |(currency, amount): (&Currency, &Decimal)| {
        let cycle = cycle.as_ref().filter(|cycle| cycle.total > 0)?;
        let money = amount.checked_mul(opportunities.into())?.checked_mul(cycle.count.into())?;
        let days = Decimal::from(tally.decided()).checked_mul(cycle.total.into())?;
        Some((*currency, ratio(money, days, 4)?))
    };
    tally.won.amounts.iter().filter_map(per_day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline_report::DayCounts;

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
        // 10 × 200 × 0.75 ÷ 30
        assert_eq!(per_day(&tally), [(Currency::USD, 50.into())].into());
        assert_eq!(tally.win_rate(), Some(Decimal::new(75, 2)));
        let nothing = per_day(&Tally { won: total(1, 5), ..Tally::default() });
        assert!(nothing.is_empty(), "no cycle is known");
        for days in [0, -3] {
            let cycle = DayCounts([(days, 1)].into());
            assert!(per_day(&Tally { won: total(1, 5), cycle, ..Tally::default() }).is_empty());
        }
    }
}
