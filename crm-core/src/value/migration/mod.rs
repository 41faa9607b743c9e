//! What moved between two runs: from which class, tier or segment into which, and why.

#[cfg(test)]
mod tests;
mod words;

use std::fmt::Display;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::kernel::{Currency, Invalid, amount_text, text_enum};

use super::units::{of_units, to_units, total_fits};
use words::reason;

/// Where a run put a customer: into a class, a tier or a segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placed<K, G> {
    /// Who.
    pub customer: K,
    /// Where.
    pub group: G,
    /// What it brought in that run, where that is known.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub value: Option<Decimal>,
}

/// What a run said, for a comparison with another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placements<K, G> {
    /// The currency of the values.
    pub currency: Currency,
    /// Every customer once, in any order.
    pub customers: Vec<Placed<K, G>>,
}

text_enum! {
    /// What became of a customer between two runs.
    pub enum Moved {
        /// It is in a better group.
        Rose = "rose",
        /// It is in a worse group.
        Fell = "fell",
        /// It was not in the earlier run.
        Came = "came",
        /// It is not in the later run.
        Left = "left",
    }
}

/// What moved between two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Migration<K, G> {
    /// The currency.
    pub currency: Currency,
    /// The groups, best first.
    pub groups: Vec<G>,
    /// How many went from where to where: every group to every group, empty cells too; then who came, then who left.
    pub cells: Vec<MigrationCell<G>>,
    /// How many stayed where they were.
    pub stayed: u64,
    /// Who moved, in the order of their ids.
    pub moves: Vec<Move<K, G>>,
}

/// How many went from one group to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MigrationCell<G> {
    /// Where they were; none where they came.
    pub before: Option<G>,
    /// Where they are; none where they left.
    pub after: Option<G>,
    /// How many.
    pub customers: u64,
    /// What they brought in the earlier run, with the currency's decimals; what is not known counts as nothing.
    pub value_before: String,
    /// What they bring in the later one.
    pub value_after: String,
}

/// A customer that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move<K, G> {
    /// Who.
    pub customer: K,
    /// What became of it.
    pub moved: Moved,
    /// Where it was.
    pub before: Option<G>,
    /// Where it is.
    pub after: Option<G>,
    /// What it brought in the earlier run, with the currency's decimals.
    pub value_before: Option<String>,
    /// What it brings in the later one.
    pub value_after: Option<String>,
    /// Why, in words.
    pub reason: String,
}

/// Who went from where to where between two runs. `groups` are all there are, best first.
///
/// ```
/// use crm_core::{kernel::Currency, value::{Moved, Placed, Placements, ValueClass, migration}};
/// let run = |rows: &[(&'static str, ValueClass, i64)]| Placements {
///     currency: Currency::EUR,
///     customers: rows.iter().map(|(customer, group, value)| Placed {
///         customer: *customer, group: *group, value: Some((*value).into()),
///     }).collect(),
/// };
/// let before = run(&[("ann", ValueClass::A, 900), ("bob", ValueClass::B, 90)]);
/// let after = run(&[("ann", ValueClass::C, 9), ("cid", ValueClass::A, 700)]);
/// let told = migration(before, after, ValueClass::ALL)?;
/// let moves: Vec<_> = told.moves.iter().map(|one| (one.customer, one.moved)).collect();
/// assert_eq!(moves, [("ann", Moved::Fell), ("bob", Moved::Left), ("cid", Moved::Came)]);
/// assert_eq!(told.moves[0].reason, "It fell from A to C: it brought 900.00 EUR before and 9.00 EUR now, 99 % less.");
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
///
/// # Errors
/// [`Invalid`] when the runs are in two currencies, a group is none of those given, a group is given twice, a customer
/// is in a run twice, or an amount is beyond what is counted.
pub fn migration<K, G>(
    before: Placements<K, G>,
    after: Placements<K, G>,
    groups: &[G],
) -> Result<Migration<K, G>, Invalid>
where
    K: Ord + Display,
    G: Clone + PartialEq + Display,
{
    let mut flow = Flow::between(before.currency, after.currency, groups)?;
    let mut before = flow.in_order(before.customers)?.into_iter().peekable();
    let mut after = flow.in_order(after.customers)?.into_iter().peekable();
    let mut moves = Vec::new();
    loop {
        // Whose turn it is: the smaller id, or both.
        let (was, is) = match (before.peek(), after.peek()) {
            (None, None) => break,
            (Some(_), None) => (before.next(), None),
            (None, Some(_)) => (None, after.next()),
            (Some(was), Some(is)) => match was.customer.cmp(&is.customer) {
                std::cmp::Ordering::Less => (before.next(), None),
                std::cmp::Ordering::Greater => (None, after.next()),
                std::cmp::Ordering::Equal => (before.next(), after.next()),
            },
        };
        moves.extend(flow.step(was, is)?);
    }
    Ok(flow.told(moves))
}

/// Counts who went from where to where, one customer after the other.
pub(super) struct Flow<'g, G> {
    currency: Currency,
    groups: &'g [G],
    matrix: Vec<Vec<Cell>>,
    stayed: u64,
}

impl<'g, G: Clone + PartialEq + Display> Flow<'g, G> {
    /// Between two runs in these currencies.
    pub(super) fn between(
        before: Currency,
        after: Currency,
        groups: &'g [G],
    ) -> Result<Self, Invalid> {
        if after != before {
            let reason = format!(
                "one run is in {before}, the other in {after}: convert one of them by dated rates first"
            );
            return Err(wrong("currency", reason));
        }
        let twice = groups
            .iter()
            .enumerate()
            .find(|(at, group)| groups.iter().take(*at).any(|other| other == *group));
        if let Some((_, twice)) = twice {
            return Err(wrong("groups", format!("{twice} is given twice")));
        }
        let size = groups.len() + 1;
        Ok(Self {
            currency: before,
            groups,
            matrix: vec![vec![Cell::default(); size]; size],
            stayed: 0,
        })
    }

    /// A customer where one run has it and where the other has it; what became of it, unless it stayed.
    pub(super) fn step<K>(
        &mut self,
        was: Option<Ordered<K>>,
        is: Option<Ordered<K>>,
    ) -> Result<Option<Move<K, G>>, Invalid> {
        let (groups, currency, outside) = (self.groups, self.currency, self.groups.len());
        let at = |side: &Option<Ordered<K>>| side.as_ref().map_or(outside, |one| one.group);
        let units = |side: &Option<Ordered<K>>| side.as_ref().and_then(|one| one.units);
        let (from, to) = (at(&was), at(&is));
        let values = (units(&was), units(&is));
        if let Some(cell) = self.matrix.get_mut(from).and_then(|row| row.get_mut(to)) {
            cell.add(values.0, values.1)?;
        }
        if from == to {
            self.stayed += 1;
            return Ok(None);
        }
        let moved = match (&was, &is) {
            (None, _) => Moved::Came,
            (_, None) => Moved::Left,
            _ if to < from => Moved::Rose,
            _ => Moved::Fell,
        };
        let Some(customer) = is.or(was).map(|one| one.customer) else { return Ok(None) };
        let (before, after) = (groups.get(from), groups.get(to));
        let text = |units: i64| amount_text(of_units(units.into()), currency);
        Ok(Some(Move {
            customer,
            moved,
            before: before.cloned(),
            after: after.cloned(),
            value_before: values.0.map(text),
            value_after: values.1.map(text),
            reason: reason(moved, [before, after], values, currency),
        }))
    }

    /// What was counted, with the moves that are to be told.
    pub(super) fn told<K>(self, moves: Vec<Move<K, G>>) -> Migration<K, G> {
        let (groups, currency, outside) = (self.groups, self.currency, self.groups.len());
        let ends = || (0..=outside).map(|at| (at, groups.get(at)));
        let mut cells = Vec::new();
        for (from, before) in ends() {
            for (to, after) in ends().take(outside) {
                cells.push((from, before, to, after));
            }
        }
        cells.extend(ends().take(outside).map(|(from, before)| (from, before, outside, None)));
        let cells = cells.into_iter().filter_map(|(from, before, to, after)| {
            let cell = self.matrix.get(from)?.get(to)?;
            Some(MigrationCell {
                before: before.cloned(),
                after: after.cloned(),
                customers: cell.customers,
                value_before: amount_text(of_units(cell.before), currency),
                value_after: amount_text(of_units(cell.after), currency),
            })
        });
        let cells = cells.collect();
        Migration { currency, groups: groups.to_vec(), cells, stayed: self.stayed, moves }
    }

    /// By customer, each once.
    fn in_order<K: Ord + Display>(
        &self,
        placed: Vec<Placed<K, G>>,
    ) -> Result<Vec<Ordered<K>>, Invalid> {
        let ordered = placed.into_iter().map(|one| self.ordered(one));
        let mut ordered = ordered.collect::<Result<Vec<_>, Invalid>>()?;
        ordered.sort_unstable_by(|one, other| one.customer.cmp(&other.customer));
        let twice = ordered.windows(2).find_map(|pair| match pair {
            [one, next] if one.customer == next.customer => Some(&one.customer),
            _ => None,
        });
        match twice {
            Some(customer) => Err(wrong("customer", format!("{customer} is in a run twice"))),
            None => Ok(ordered),
        }
    }

    /// A customer with the place of its group.
    pub(super) fn ordered<K: Display>(&self, one: Placed<K, G>) -> Result<Ordered<K>, Invalid> {
        let none = || {
            let (customer, group) = (&one.customer, &one.group);
            wrong("group", format!("{customer} is in {group}, which is none of the groups given"))
        };
        let group = self.groups.iter().position(|group| *group == one.group).ok_or_else(none)?;
        let units = one.value.map(to_units).transpose()?;
        Ok(Ordered { customer: one.customer, group, units })
    }
}

/// A customer with the place of its group.
pub(super) struct Ordered<K> {
    customer: K,
    group: usize,
    units: Option<i64>,
}

#[derive(Clone, Default)]
struct Cell {
    customers: u64,
    before: i128,
    after: i128,
}

impl Cell {
    fn add(&mut self, before: Option<i64>, after: Option<i64>) -> Result<(), Invalid> {
        self.customers += 1;
        self.before += i128::from(before.unwrap_or_default());
        self.after += i128::from(after.unwrap_or_default());
        total_fits(self.before)?;
        total_fits(self.after)
    }
}

fn wrong(field: &str, reason: String) -> Invalid {
    Invalid::new("migration", field, reason)
}
