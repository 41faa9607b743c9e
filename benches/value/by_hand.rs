//! What classes and ranks cost with nothing but a selection or a sort.

/// The smallest value before which less than so much of the total stands: selecting, half after half. The values are
/// moved about.
pub(crate) fn border(values: &mut [i64], limit: i128) -> i64 {
    let (mut from, mut to, mut before) = (0, values.len(), 0_i128);
    while to - from > 1 {
        let middle = (to - from) / 2;
        let Some(part) = values.get_mut(from..to) else { break };
        part.select_nth_unstable_by(middle, |one, other| other.cmp(one));
        let sum: i128 = part.iter().take(middle).map(|value| i128::from(*value)).sum();
        if before + sum < limit {
            (from, before) = (from + middle, before + sum);
        } else {
            to = from + middle;
        }
    }
    values.get(from).copied().unwrap_or(i64::MAX)
}

/// Who is in A, by a weighted selection: one cut, and a byte for each.
pub(crate) fn selected(values: &[i64]) -> Vec<u8> {
    let total: i128 = values.iter().map(|value| i128::from(*value)).sum();
    let mut copy = values.to_vec();
    let a = border(&mut copy, (total * 80 + 99) / 100);
    drop(copy);
    values.iter().map(|value| u8::from(*value < a)).collect()
}

/// The rank of each, sorted by radsort with its position.
pub(crate) fn ranked(values: &[i64]) -> (Vec<u32>, i64, i64) {
    let mut sorted: Vec<(i64, u32)> = values.iter().copied().zip(0..).collect();
    radsort::sort_by_key(&mut sorted, |(value, _)| !*value);
    ranks(&sorted)
}

/// The rank of each, sorted by the standard library.
pub(crate) fn ranked_by_std(values: &[i64]) -> (Vec<u32>, i64, i64) {
    let mut sorted: Vec<(i64, u32)> = values.iter().copied().zip(0..).collect();
    sorted.sort_unstable_by(|one, other| (other.0, one.1).cmp(&(one.0, other.1)));
    ranks(&sorted)
}

/// Ranks, ties with the same, and where the classes end.
fn ranks(sorted: &[(i64, u32)]) -> (Vec<u32>, i64, i64) {
    let total: i128 = sorted.iter().map(|(value, _)| i128::from(*value)).sum();
    let mut ranks = vec![0; sorted.len()];
    let (mut rank, mut last, mut before, mut borders) = (0, None, 0_i128, (0, 0));
    for ((value, at), above) in sorted.iter().zip(1..) {
        if last != Some(*value) {
            (rank, last) = (above, Some(*value));
            if before * 100 < total * 80 {
                borders.0 = *value;
            }
            if before * 100 < total * 95 {
                borders.1 = *value;
            }
        }
        if let Some(place) = ranks.get_mut(*at as usize) {
            *place = rank;
        }
        before += i128::from(*value);
    }
    (ranks, borders.0, borders.1)
}
