use std::{cmp::Reverse, collections::BTreeMap};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    kernel::{Currency, Result, ratio, six_decimals},
    store::ReadUnit,
};

use super::{
    GroupBy, Listed, PeriodQuestion, Total,
    gather::{Asks, Group, tallies},
    tally::Tally,
    total::{as_shares, share},
};

/// Which part of what was decided in a period was won.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WinRate {
    /// The value that makes the line, an id as text; none where it is empty, or of all.
    pub key: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// What was won, on a day of the period.
    pub won: Listed<Total>,
    /// What was lost.
    pub lost: Listed<Total>,
    /// Won, divided by won and lost; none where nothing was decided.
    #[serde(serialize_with = "six_decimals")]
    pub rate: Option<Decimal>,
    /// The same of the amounts, in each currency in which something was decided.
    #[serde(serialize_with = "as_shares")]
    pub rate_by_value: BTreeMap<Currency, Decimal>,
}

/// The win rate in each group, most decided first, then by name; bands in their order. What was decided counts on the day
/// it was closed, whole and for its owner, also where others have a share in it.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit, a day that no store can keep, or a field that makes no groups.
pub async fn win_rates(
    unit: &mut (dyn ReadUnit + '_),
    question: &PeriodQuestion,
    by: &GroupBy,
) -> Result<Vec<WinRate>> {
    let groups = tallies(unit, question, by, Asks { open: false, credit: false }).await?;
    let line = |group: Group| WinRate {
        rate: group.tally.win_rate(),
        rate_by_value: group.tally.win_rate_by_value(),
        won: group.won(question),
        lost: group.lost(question),
        key: group.key,
        name: group.name,
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
            Some((*currency, ratio(won, decided, 6)?))
        };
        currencies.filter_map(rate).collect()
    }
}
