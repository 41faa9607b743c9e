use std::{cmp::Reverse, collections::BTreeMap};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    customer::Customer,
    kernel::{Criteria, Currency, Result},
    opportunity::{Opportunity, OpportunityStatus},
    store::ReadUnit,
};

use super::{
    GroupBy, Period, Total,
    group::of_both,
    tally::{Group, Tally, tallies},
    total::{as_shares, quotient, share},
};

/// Which part of what was decided in a period was won.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WinRate {
    /// The value that makes the line, an id as text; none where it is empty, or of all.
    pub key: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// What was won, on a day of the period.
    pub won: Total,
    /// What was lost.
    pub lost: Total,
    /// Won, divided by won and lost; none where nothing was decided.
    pub rate: Option<Decimal>,
    /// The same of the amounts, in each currency in which something was decided.
    #[serde(serialize_with = "as_shares")]
    pub rate_by_value: BTreeMap<Currency, Decimal>,
    /// What leads to the opportunities that were decided.
    #[serde(rename = "where")]
    pub criteria: Criteria<Opportunity>,
    /// And of which customers, where these make the line.
    #[serde(rename = "where_customer", skip_serializing_if = "Option::is_none")]
    pub customer: Option<Criteria<Customer>>,
}

impl WinRate {
    /// What leads to those that were won, or to those that were lost.
    pub fn opportunities(&self, status: OpportunityStatus) -> Criteria<Opportunity> {
        self.criteria.clone().and(crate::opportunity::STATUS.eq(status))
    }
}

/// The win rate in each group, most decided first, then by name; bands in their order. What was decided counts on the day it was closed, as it is now: one
/// that was opened again is not decided.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit, or a field that makes no groups.
pub async fn win_rates(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    by: &GroupBy,
    filter: &Criteria<Opportunity>,
) -> Result<Vec<WinRate>> {
    const DECIDED: [OpportunityStatus; 2] = [OpportunityStatus::Won, OpportunityStatus::Lost];
    let groups = tallies(unit, period, filter, by, false).await?;
    let line = |group: Group| {
        let Group { key, name, tally, criteria, customer } = group;
        let (rate, rate_by_value) = (tally.win_rate(), tally.win_rate_by_value());
        let criteria = of_both(&criteria, &period.decided(&DECIDED));
        let Tally { won, lost, .. } = tally;
        WinRate { key, name, won, lost, rate, rate_by_value, criteria, customer }
    };
    let mut lines: Vec<_> = groups.into_iter().map(line).collect();
    if !matches!(by, GroupBy::Size(_)) {
        lines.sort_by_cached_key(|line| {
            let decided = line.won.count.saturating_add(line.lost.count);
            (Reverse(decided), line.name.clone(), line.key.clone())
        });
    }
    Ok(lines)
}

impl Tally {
    pub(super) fn win_rate(&self) -> Option<Decimal> {
        share(self.won.count, self.decided())
    }

    fn win_rate_by_value(&self) -> BTreeMap<Currency, Decimal> {
        let currencies = self.won.amounts.keys().chain(self.lost.amounts.keys());
        let rate = |currency: &Currency| {
            let won = self.won.amount(*currency);
            let decided = won.checked_add(self.lost.amount(*currency))?;
            Some((*currency, quotient(won, decided, 6)?))
        };
        currencies.filter_map(rate).collect()
    }
}
