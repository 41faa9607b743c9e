use std::{cmp::Reverse, collections::BTreeMap};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    kernel::{Currency, Invalid, Result, six_decimals},
    store::ReadUnit,
};

use super::{
    DaySummary, GroupBy, Listed, PeriodQuestion, Total,
    gather::{Asks, Group, tallies},
    total::as_text,
};

/// What somebody, or a team, did in a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeaderboardRow {
    /// The id, as text; none of what nobody owns, and of who works nowhere.
    pub key: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// What was won in the period.
    pub won: Listed<Total>,
    /// What was lost in it.
    pub lost: Listed<Total>,
    /// Won, divided by won and lost.
    #[serde(serialize_with = "six_decimals")]
    pub win_rate: Option<Decimal>,
    /// What was won in a currency, divided by how many were won.
    #[serde(serialize_with = "as_text")]
    pub average_deal: BTreeMap<Currency, Decimal>,
    /// What was open when the day was over, with what it was worth then.
    pub open: Listed<Total>,
    /// How long those took that were won and say when they began.
    pub cycle: Option<Listed<DaySummary>>,
}

/// Who won most, by value where all of it is in one currency, else by number; then by number and by name. By owner, by
/// team, or of all.
///
/// An opportunity counts for its owner; a shared one ([`crate::opportunity::SPLITS`]) for each of its co-owners, with
/// their share of its amount, parted to the last unit as a forecast parts it. Of a team it counts once, with the shares of all who
/// are in it: so lines of several owners may count more together than there are, and never add up to more than it is
/// worth. Owners and shares are those of now.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit, a day that no store can keep, or a group that is not by owner,
/// team or of all.
pub async fn leaderboard(
    unit: &mut (dyn ReadUnit + '_),
    question: &PeriodQuestion,
    by: &GroupBy,
) -> Result<Vec<LeaderboardRow>> {
    by.of_people()?;
    let groups = tallies(unit, question, by, Asks { open: true, credit: true }).await?;
    let told = groups.into_iter().filter(|group| !group.tally.is_empty());
    let mut rows: Vec<_> = told.map(|group| row(group, question)).collect();
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

fn row(group: Group, question: &PeriodQuestion) -> LeaderboardRow {
    LeaderboardRow {
        win_rate: group.tally.win_rate(),
        average_deal: group.tally.won.per(group.tally.won.count),
        cycle: group.cycle(question),
        won: group.won(question),
        lost: group.lost(question),
        open: group.open(question),
        key: group.key,
        name: group.name,
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
