use std::time::{Duration, Instant};

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

use crate::Result;

/// One figure for each round.
#[derive(Clone, Debug, Default)]
pub struct Series(Vec<f64>);

impl Series {
    /// Adds the figure of the next round.
    pub fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// The figure in the middle.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let at = |i: usize| sorted.get(i).copied().unwrap_or(f64::NAN);
        if sorted.len() % 2 == 1 {
            at(middle)
        } else {
            (at(middle.wrapping_sub(1)) + at(middle)) / 2.0
        }
    }

    /// What this is of `other`, round by round.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect())
    }

    /// The smallest and the largest, with so many decimals.
    pub fn range(&self, decimals: usize) -> String {
        let low = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{low:.decimals$}–{high:.decimals$}")
    }

    /// The median and the range, with so many decimals.
    pub fn with_range(&self, decimals: usize) -> String {
        format!("{:.decimals$} ({})", self.median(), self.range(decimals))
    }
}

/// Does it again and again for so long, numbered from 0; how many microseconds one took.
///
/// # Errors
/// What the work answers.
pub async fn time(slice: Duration, mut once: impl AsyncFnMut(usize) -> Result) -> Result<f64> {
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < slice {
        once(done).await?;
        done += 1;
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / done.max(1) as f64)
}

/// So many in so long, by the second.
pub fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// An empty table with this head; all columns but the first hold figures.
pub fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(head);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(Series(vec![3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(Series(vec![4.0, 1.0, 3.0, 2.0]).median(), 2.5);
        assert_eq!(Series(vec![3.0, 1.0]).with_range(1), "2.0 (1.0–3.0)");
    }
}
