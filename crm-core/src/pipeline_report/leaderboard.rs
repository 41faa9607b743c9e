use std::{cmp::Reverse, collections::BTreeMap};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    kernel::{Criteria, Currency, Invalid, Result},
    opportunity::Opportunity,
    store::ReadUnit,
};

use super::{
    DaySummary, GroupBy, Period, Total,
    tally::{Group, tallies},
    total::as_shares,
};

/// What somebody, or a team, did in a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeaderboardRow {
    /// The id, as text; none of what nobody owns, and of who works nowhere.
    pub key: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// What was won.
    pub won: Total,
    /// What was lost.
    pub lost: Total,
    /// Won, divided by won and lost.
    pub win_rate: Option<Decimal>,
    /// What was won in a currency, divided by how many were won.
    #[serde(serialize_with = "as_shares")]
    pub average_deal: BTreeMap<Currency, Decimal>,
    /// What was open when the period was over, with what it was worth then.
    pub open: Total,
    /// How long those took that were won.
    pub cycle: Option<DaySummary>,
    /// What leads to all opportunities of the line, whenever they were decided.
    #[serde(rename = "where")]
    pub criteria: Criteria<Opportunity>,
}

/// Who won most, by value where all of it is in one currency, else by number; then by number and by name. By owner, by
/// team, or of all.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit, or a group that is not by owner, team or of all.
pub async fn leaderboard(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    by: &GroupBy,
    filter: &Criteria<Opportunity>,
) -> Result<Vec<LeaderboardRow>> {
    by.of_people()?;
    let groups = tallies(unit, period, filter, by, true).await?;
    let told = groups.into_iter().filter(|group| !group.tally.is_empty());
    let mut rows: Vec<_> = told.map(row).collect();
    let mut currencies: Vec<_> =
        rows.iter().flat_map(|row| row.won.amounts.keys().copied()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let only = match currencies.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    rows.sort_by_cached_key(|row| {
        let value = only.map(|currency| row.won.amount(currency));
        (Reverse(value), Reverse(row.won.count), row.name.clone(), row.key.clone())
    });
    Ok(rows)
}

fn row(group: Group) -> LeaderboardRow {
    let Group { key, name, tally, criteria, .. } = group;
    LeaderboardRow {
        key,
        name,
        win_rate: tally.win_rate(),
        average_deal: tally.won.per(tally.won.count),
        cycle: tally.cycle.summary(),
        won: tally.won,
        lost: tally.lost,
        open: tally.open,
        criteria,
    }
}

impl GroupBy {
    /// Only what is asked of people.
    pub(super) fn of_people(&self) -> Result<(), Invalid> {
        match self {
            Self::Whole | Self::Owner | Self::Team => Ok(()),
            _ => Err(Invalid::new("report", "by", "by owner, by team, or of all")),
        }
    }
}
