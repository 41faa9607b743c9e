use std::collections::HashMap;

use super::{TimeUnit, cohort::Group};

/// Grouped histories, taken apart: a likelihood has terms that depend on the frequency alone, terms with the age or
/// the recency too, and one that joins the two. Each is computed once.
pub(super) struct Rows {
    pub(super) customers: f64,
    /// Frequencies, and how many customers have them.
    pub(super) frequencies: Vec<(f64, f64)>,
    /// Place of the frequency, age, and how many customers have both.
    pub(super) ends: Vec<(usize, f64, f64)>,
    /// Place of the frequency, and recency.
    pub(super) lasts: Vec<(usize, f64)>,
    /// Place of frequency and age, place of frequency and recency, and how many customers have all three.
    pub(super) rows: Vec<(u32, u32, u32)>,
}

impl Rows {
    /// In the order of the groups.
    pub(super) fn new(groups: &[Group], unit: TimeUnit) -> Self {
        let mut these = Self {
            customers: 0.0,
            frequencies: Vec::new(),
            ends: Vec::new(),
            lasts: Vec::new(),
            rows: Vec::with_capacity(groups.len()),
        };
        for of_frequency in groups.chunk_by(|one, next| one.frequency == next.frequency) {
            let place = these.frequencies.len();
            let mut last_places = HashMap::new();
            let mut with_frequency = 0.0;
            for of_age in of_frequency.chunk_by(|one, next| one.age == next.age) {
                let end = these.ends.len();
                let mut with_age = 0.0;
                for group in of_age {
                    let last = *last_places.entry(group.recency).or_insert_with(|| {
                        these.lasts.push((place, unit.of_days(group.recency)));
                        these.lasts.len() - 1
                    });
                    these.rows.push((place_of(end), place_of(last), group.customers));
                    with_age += f64::from(group.customers);
                }
                let age = of_age.first().map_or(0.0, |group| unit.of_days(group.age));
                these.ends.push((place, age, with_age));
                with_frequency += with_age;
            }
            let frequency = of_frequency.first().map_or(0.0, |group| f64::from(group.frequency));
            these.frequencies.push((frequency, with_frequency));
            these.customers += with_frequency;
        }
        these
    }

    /// Purchases after the first in a unit of time, over all customers.
    pub(super) fn rate(&self) -> f64 {
        let purchases: f64 = self.frequencies.iter().map(|(x, customers)| x * customers).sum();
        let time: f64 = self.ends.iter().map(|(_, age, customers)| age * customers).sum();
        if time > 0.0 && purchases > 0.0 { purchases / time } else { 1.0 }
    }
}

/// There are no more places than groups, whose number of customers is a `u32` too.
fn place_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// ln(1 + e^y), and its derivative.
pub(super) fn softplus(y: f64) -> (f64, f64) {
    let small = (-y.abs()).exp();
    let part = 1.0 / (1.0 + small);
    if y > 0.0 { (y + small.ln_1p(), part) } else { (small.ln_1p(), small * part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frequency_age_and_recency_stands_once() {
        let group =
            |frequency, age, recency, customers| Group { frequency, age, recency, customers };
        let groups =
            [group(0, 7, 0, 3), group(0, 14, 0, 2), group(2, 14, 7, 1), group(2, 21, 7, 4)];
        let rows = Rows::new(&groups, TimeUnit::Week);
        assert_eq!(rows.customers, 10.0);
        assert_eq!(rows.frequencies, [(0.0, 5.0), (2.0, 5.0)]);
        assert_eq!(rows.ends, [(0, 1.0, 3.0), (0, 2.0, 2.0), (1, 2.0, 1.0), (1, 3.0, 4.0)]);
        assert_eq!(rows.lasts, [(0, 0.0), (1, 1.0)]);
        assert_eq!(rows.rows, [(0, 0, 3), (1, 0, 2), (2, 1, 1), (3, 1, 4)]);
        assert_eq!(rows.rate(), 10.0 / (3.0 + 4.0 + 2.0 + 12.0));
    }

    #[test]
    fn softplus_neither_overflows_nor_loses() {
        assert_eq!(softplus(1e4), (1e4, 1.0));
        assert_eq!(softplus(-1e4), (0.0, 0.0));
        assert_eq!(softplus(f64::NEG_INFINITY), (0.0, 0.0));
        assert_eq!(softplus(0.0), (2.0_f64.ln(), 0.5));
    }
}
