/// Sets that are joined (union-find, Tarjan 1975): of records that are the same, directly or by
/// way of others.
pub(super) struct Groups {
    above: Vec<u32>,
}

impl Groups {
    /// Each of `count` alone.
    pub(super) fn new(count: u32) -> Self {
        Self { above: (0..count).collect() }
    }

    /// Joins the sets of two.
    pub(super) fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.top(one), self.top(other));
        // The lowest is the top, so that the order of joining does not matter.
        if let Some(above) = self.above.get_mut(one.max(other) as usize) {
            *above = one.min(other);
        }
    }

    /// The sets of two or more, each in order, in order of their first.
    pub(super) fn sets(mut self) -> Vec<Vec<u32>> {
        let count = self.above.len() as u32;
        let mut members: Vec<(u32, u32)> = (0..count).map(|n| (self.top(n), n)).collect();
        members.sort_unstable();
        members
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|set| set.len() > 1)
            .map(|set| set.iter().map(|(_, n)| *n).collect())
            .collect()
    }

    fn top(&mut self, of: u32) -> u32 {
        let mut at = of;
        while let Some(&above) = self.above.get(at as usize) {
            if above == at {
                break;
            }
            // Halves the path.
            let next = self.above.get(above as usize).copied().unwrap_or(above);
            if let Some(slot) = self.above.get_mut(at as usize) {
                *slot = next;
            }
            at = next;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_is_transitive_in_any_order() {
        for order in [[(1, 2), (4, 5), (2, 5)], [(5, 4), (5, 2), (2, 1)]] {
            let mut groups = Groups::new(7);
            for (one, other) in order {
                groups.join(one, other);
            }
            assert_eq!(groups.sets(), [[1, 2, 4, 5]]);
        }
        assert!(Groups::new(3).sets().is_empty());
    }
}
