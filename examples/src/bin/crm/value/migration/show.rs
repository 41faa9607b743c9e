use std::cmp::Reverse;

use unicode_width::UnicodeWidthStr;

use super::picture::{Moves, words};
use crate::{
    failure::Failure,
    output::{Out, grouped, short},
};

/// Longer names are cut.
const NAME: usize = 20;
/// A column of numbers is at least so wide, and so much is between two.
const NUMBER: usize = 9;
const BETWEEN: usize = 3;
/// The columns of a matrix have so much room beside the names of its rows.
const ROOM: usize = 76;

impl Moves<'_> {
    /// The matrix, or line by line whoever went from where to where, if it is too wide for a terminal.
    pub(super) fn table(&self, out: Out) -> Result<(), Failure> {
        let columns: Vec<_> = self.columns().into_iter().map(words).collect();
        let wide = columns.iter().map(|name| name.width().max(NUMBER) + BETWEEN);
        if wide.sum::<usize>() > ROOM {
            return self.lines(out);
        }
        let rows = self.rows(|cell| grouped(cell.customers)).into_iter().map(|(from, row)| {
            let cells = row.into_iter().map(Option::unwrap_or_default);
            std::iter::once(short(&words(from), NAME)).chain(cells).collect()
        });
        let header: Vec<_> =
            std::iter::once("From / to").chain(columns.iter().map(String::as_str)).collect();
        out.table(&header, 1, rows)
    }

    /// The most first.
    fn lines(&self, out: Out) -> Result<(), Failure> {
        let mut cells: Vec<_> = self.told.cells.iter().filter(|cell| cell.customers > 0).collect();
        cells.sort_by_key(|cell| Reverse(cell.customers));
        let name = |group: &Option<String>, none| words(group.as_deref().unwrap_or(none));
        let rows = cells.into_iter().map(|cell| {
            vec![name(&cell.before, "came"), name(&cell.after, "left"), grouped(cell.customers)]
        });
        out.table(&["From", "To", "Customers"], 2, rows)
    }
}
