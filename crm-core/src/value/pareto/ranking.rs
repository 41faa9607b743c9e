use crate::kernel::Invalid;

use super::{
    Cuts, Summary, ValueClass,
    select::{Crossing, Tally, Weight},
};

/// A value and where it was given: no larger than that.
#[derive(Clone, Copy)]
#[repr(Rust, packed(4))]
struct Place {
    value: i64,
    at: u32,
}

/// All customers by what they bring, best first; ties in the order they were given. Twelve bytes for each, and as much
/// again while it is made. Whoever needs classes alone asks [`classes`](super::classes()), which sorts nothing.
///
/// ```
/// use crm_core::value::{Cuts, Ranking};
/// let ranking = Ranking::of(&[5, 80, 5, 10], &Cuts::default())?;
/// assert_eq!(ranking.ranks(), [3, 1, 3, 2]);
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
#[derive(Clone)]
pub struct Ranking {
    sorted: Vec<Place>,
    summary: Summary,
}

/// A customer's place in a [`Ranking`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// Where its value was given.
    pub at: usize,
    /// What it brings, in units of 10^-4.
    pub value: i64,
    /// Its class.
    pub class: ValueClass,
    /// Its rank, from 1: one more than there are who bring more. Who brings the same has the same rank.
    pub rank: u64,
    /// How many have this rank, itself among them.
    pub tied: u64,
    /// What those bring together who bring more, in units of 10^-4.
    pub before: i128,
}

impl Ranked {
    /// What all bring together down to this customer and those with the same rank, in units of 10^-4.
    pub fn through(&self) -> i128 {
        self.before + Tally::each(self.tied, self.value).units
    }
}

impl Ranking {
    /// Ranks values in units of 10^-4 of one currency.
    ///
    /// # Errors
    /// [`Invalid`] names the cut that cannot be, or says that the total is beyond 22 digits, or the customers are more than 2^32.
    pub fn of(values: &[i64], cuts: &Cuts) -> Result<Self, Invalid> {
        cuts.check()?;
        if u32::try_from(values.len()).is_err() {
            let reason = "more than 4,294,967,295 are not ranked at once";
            return Err(Invalid::new("value", "customers", reason));
        }
        let places = values.iter().zip(0_u32..).map(|(value, at)| Place { value: *value, at });
        let mut sorted: Vec<_> = places.collect();
        // Stable, and what is larger comes first.
        radsort::sort_by_key(&mut sorted, |place| !place.value);
        let of_sign = |range: std::ops::Range<usize>| Tally {
            customers: range.len() as u64,
            units: sorted.get(range).unwrap_or_default().iter().map(|p| i128::from(p.value)).sum(),
        };
        let zero = sorted.partition_point(|place| place.value > 0);
        let negative = sorted.partition_point(|place| place.value >= 0);
        let signs = [0..zero, zero..negative, negative..sorted.len()].map(of_sign);
        let summary = Summary::new(cuts, signs, |weight, limit| crossing(&sorted, weight, limit))?;
        Ok(Self { sorted, summary })
    }

    /// What the classes bring, and where they end.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The rank of each, in the order the values were given.
    pub fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0; self.sorted.len()];
        let (mut rank, mut last) = (0, None);
        for (above, Place { value, at }) in (0_u32..).zip(&self.sorted).map(|(n, p)| (n, *p)) {
            if last != Some(value) {
                (rank, last) = (above + 1, Some(value));
            }
            if let Some(place) = ranks.get_mut(at as usize) {
                *place = rank;
            }
        }
        ranks
    }

    /// Every customer's place, best first.
    pub fn iter(&self) -> impl Iterator<Item = Ranked> + Clone + '_ {
        let mut before = Tally::default();
        let groups = self.sorted.chunk_by(|one, other| { one.value } == { other.value });
        groups.flat_map(move |group| {
            let value = group.first().map_or(0, |place| place.value);
            let tied = group.len() as u64;
            let (rank, above) = (before.customers + 1, before.units);
            before = before + Tally::each(tied, value);
            let class = self.summary.class_of(value);
            group.iter().map(move |place| {
                let at = place.at as usize;
                Ranked { at, value, class, rank, tied, before: above }
            })
        })
    }

    /// What the best so many bring together, in units of 10^-4.
    pub fn best(&self, customers: usize) -> i128 {
        let best = self.sorted.get(..customers).unwrap_or(&self.sorted);
        best.iter().map(|place| i128::from(place.value)).sum()
    }

    /// The values, the smallest first.
    pub(super) fn ascending(&self) -> impl Iterator<Item = i64> {
        self.sorted.iter().rev().map(|place| place.value)
    }
}

impl std::fmt::Debug for Ranking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ranking").field("summary", &self.summary).finish_non_exhaustive()
    }
}

fn crossing(sorted: &[Place], weight: Weight, limit: i128) -> Option<Crossing> {
    let mut before = Tally::default();
    let mut found = None;
    for group in sorted.chunk_by(|one, other| { one.value } == { other.value }) {
        if weight.of(before) >= limit {
            break;
        }
        let value = group.first()?.value;
        let here = Tally::each(group.len() as u64, value);
        found = Some(Crossing { value, before, here });
        before = before + here;
    }
    found
}
