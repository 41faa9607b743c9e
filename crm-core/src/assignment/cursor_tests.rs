//! Turns are fair, whoever comes and goes.

use std::collections::HashMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::Cursor;
use crate::{kernel::Id, staff_member::StaffMember};

type Staff = Id<StaffMember>;

fn staff(n: usize) -> Staff {
    Id::new(Uuid::from_u128(n as u128 + 1))
}

fn seated(count: usize) -> Cursor {
    let mut cursor = Cursor::default();
    cursor.seat((0..count).map(staff).collect::<Vec<_>>());
    cursor
}

fn sum(cursor: &Cursor) -> f64 {
    // Exact: credits are whole multiples of 2^-44 and stay far below 2^8.
    cursor.seats().iter().map(|seat| seat.credit()).sum()
}

#[test]
fn equal_weights_are_a_pure_rotation() {
    for count in 1..12 {
        let mut cursor = seated(count);
        let weights = vec![7; count];
        for turn in 0..count * 50 {
            assert_eq!(cursor.take(&weights).unwrap().seat, turn % count, "{count} seats");
        }
    }
}

#[test]
fn nobody_takes_a_turn_where_nobody_can() {
    let mut cursor = seated(2);
    let before = cursor.clone();
    assert_eq!(cursor.take(&[0, 0]), None);
    assert_eq!(cursor.take(&[]), None);
    assert_eq!(cursor, before);
}

#[test]
fn the_largest_weights_do_not_overflow() {
    let mut cursor = seated(1000);
    let weights = vec![super::MAX_WEIGHT; 1000];
    for turn in 0..3000 {
        assert_eq!(cursor.take(&weights).unwrap().seat, turn % 1000);
    }
}

#[test]
fn who_was_away_is_not_flooded() {
    let mut cursor = seated(3);
    for _ in 0..600 {
        cursor.take(&[1, 1, 0]).unwrap();
    }
    let back: Vec<_> = (0..9).map(|_| cursor.take(&[1, 1, 1]).unwrap().seat).collect();
    for three in back.chunks(3) {
        let mut sorted = three.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2], "{back:?}");
    }
}

#[test]
fn ties_rotate() {
    let mut cursor = seated(4);
    let order: Vec<_> =
        (0..6).map(|_| cursor.rotate([1, 3, 2].into_iter()).unwrap().seat).collect();
    assert_eq!(order, [1, 2, 3, 1, 2, 3]);
    assert_eq!(cursor.rotate([0, 1].into_iter()).unwrap().seat, 0);
    assert_eq!(cursor.rotate(std::iter::empty()), None);
}

#[test]
fn a_new_cursor_begins_where_it_is_to() {
    for start in 0..9 {
        let mut cursor = Cursor::beginning_at(start);
        cursor.seat((0..4).map(staff).collect::<Vec<_>>());
        let mut other = cursor.clone();
        for turn in 0..12 {
            let seat = (start + turn) % 4;
            assert_eq!(cursor.take(&[3; 4]).unwrap().seat, seat, "from {start} on");
            assert_eq!(other.rotate(0..4).unwrap().seat, seat, "from {start} on");
        }
    }
}

#[test]
fn who_comes_waits_behind_those_who_are_there() {
    let mut cursor = seated(3);
    cursor.take(&[1; 3]).unwrap();
    // Whoever had a turn leaves and comes back, before the others had theirs.
    for expected in [1, 2, 0, 1, 2, 0] {
        let had = cursor.seats().iter().max_by_key(|seat| seat.last()).unwrap().staff;
        let everybody: Vec<_> = cursor.seats().iter().map(|seat| seat.staff).collect();
        cursor.seat(everybody.iter().copied().filter(|one| *one != had).collect::<Vec<_>>());
        cursor.seat(everybody);
        assert_eq!(cursor.take(&[1; 3]).unwrap().seat, expected);
    }
}

/// What a random house does next.
#[derive(Clone, Debug)]
enum Step {
    Turns(usize),
    Away(usize),
    Back(usize),
    Leave(usize),
    Join,
    Rejoin(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..12_usize).prop_map(Step::Turns),
        2 => (0..8_usize).prop_map(Step::Away),
        2 => (0..8_usize).prop_map(Step::Back),
        1 => (0..8_usize).prop_map(Step::Leave),
        1 => Just(Step::Join),
        1 => (0..8_usize).prop_map(Step::Rejoin),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// From a new cursor on, at every moment, exactly: share rounded down ≤ turns ≤ share rounded up.
    #[test]
    fn shares_are_kept_to_less_than_a_turn(
        weights in prop::collection::vec(1..200_u32, 1..12),
        turns in 1..600_u64,
    ) {
        let mut cursor = seated(weights.len());
        let all: u64 = weights.iter().map(|w| u64::from(*w)).sum();
        let mut had = vec![0_u64; weights.len()];
        for turn in 1..=turns {
            had[cursor.take(&weights).unwrap().seat] += 1;
            for (had, weight) in had.iter().zip(&weights) {
                let share = turn * u64::from(*weight);
                prop_assert!(*had >= share / all && *had <= share.div_ceil(all), "{had} of {share}/{all}");
            }
            prop_assert_eq!(sum(&cursor), 0.0);
        }
        // After as many turns as all weights together everybody has had theirs, and the state is as at the beginning.
        if turns % all == 0 {
            prop_assert!(cursor.seats().iter().all(|seat| seat.credit() == 0.0));
        }
    }

    /// However people come, go, come back, and are away: everybody's turns are their share of those they could
    /// take, up to their credit, and no credit goes beyond one turn less than there were seats. Who comes back after they left begins
    /// anew: neither what was owed to them nor what they had in advance comes back with them.
    #[test]
    fn nobody_starves_and_nobody_gets_double(
        weights in prop::collection::vec(1..10_u32, 2..7),
        steps in steps(),
        start in 0..9_usize,
    ) {
        let mut members: Vec<(Staff, u32, bool)> =
            weights.iter().enumerate().map(|(n, w)| (staff(n), *w, true)).collect();
        let (mut next, mut most) = (members.len(), members.len());
        let (mut cursor, mut gone) = (Cursor::beginning_at(start), Vec::new());
        cursor.seat(members.iter().map(|one| one.0).collect::<Vec<_>>());
        // Share less turns, and what leaving set off, for each.
        let mut owed: HashMap<Staff, f64> = HashMap::new();
        for step in steps {
            let count = members.len();
            match step {
                Step::Away(at) => members[at % count].2 = false,
                Step::Back(at) => members[at % count].2 = true,
                Step::Join => {
                    members.push((staff(next), weights[next % weights.len()], true));
                    (next, most) = (next + 1, most.max(members.len()));
                }
                Step::Leave(at) if count > 2 => {
                    let one = members.remove(at % count);
                    owed.remove(&one.0);
                    gone.push(one);
                }
                Step::Rejoin(at) if !gone.is_empty() => {
                    let (who, weight, _) = gone.remove(at % gone.len());
                    members.insert(at % (count + 1), (who, weight, true));
                    most = most.max(members.len());
                }
                Step::Leave(_) | Step::Rejoin(_) => {}
                Step::Turns(turns) => {
                    let present: Vec<u32> =
                        members.iter().map(|(_, w, here)| if *here { *w } else { 0 }).collect();
                    let all: u32 = present.iter().sum();
                    for _ in 0..turns {
                        let before: Vec<f64> = cursor.seats().iter().map(|seat| seat.credit()).collect();
                        let Some(turn) = cursor.take(&present) else { break };
                        prop_assert!(present[turn.seat] > 0, "who is away gets nothing");
                        for ((who, ..), weight) in members.iter().zip(&present) {
                            *owed.entry(*who).or_default() += f64::from(*weight) / f64::from(all);
                        }
                        *owed.entry(members[turn.seat].0).or_default() -= 1.0;
                        // A turn in advance is given only where everybody present has had theirs in advance.
                        let due = |at: usize| before[at] + f64::from(present[at]) / f64::from(all);
                        let here = || (0..members.len()).filter(|at| present[*at] > 0);
                        let most_due = here().map(due).fold(f64::MIN, f64::max);
                        prop_assert!(due(turn.seat) > -1e-9 || most_due <= 1e-9);
                        for (at, (who, ..)) in members.iter().enumerate() {
                            if present[at] == 0 {
                                prop_assert_eq!(cursor.seats()[at].credit(), before[at], "kept: {}", who);
                            }
                        }
                    }
                }
            }
            let before: HashMap<_, _> = cursor.seats().iter().map(|s| (s.staff, s.credit())).collect();
            cursor.seat(members.iter().map(|one| one.0).collect::<Vec<_>>());
            prop_assert_eq!(sum(&cursor), 0.0);
            for seat in cursor.seats() {
                let was = before.get(&seat.staff).copied().unwrap_or(0.0);
                prop_assert!(seat.credit().abs() <= was.abs(), "leaving leaves nobody further off");
                prop_assert!(seat.credit() * was >= 0.0);
                let owed = owed.entry(seat.staff).or_default();
                *owed += seat.credit() - was;
                prop_assert!((*owed - seat.credit()).abs() < 1e-4, "{} is not {}", owed, seat.credit());
                prop_assert!(seat.credit().abs() <= (most - 1) as f64 + 1e-9);
            }
        }
    }

    /// Whoever else leaves and comes back, as often as they like: who stays waits for less than two rounds.
    #[test]
    fn who_stays_is_not_passed_over(
        count in 2..7_usize,
        who_goes in prop::collection::vec(0..64_u32, 1..80),
        stays in 0..6_usize,
    ) {
        let (mut cursor, stays, mut waited) = (seated(count), stays % count, 0);
        let everybody: Vec<_> = (0..count).map(staff).collect();
        for mask in who_goes {
            let seat = cursor.take(&vec![1; count]).unwrap().seat;
            waited = if seat == stays { 0 } else { waited + 1 };
            prop_assert!(waited < 2 * count, "{waited} turns of {count} people");
            for goes in (0..count).filter(|at| *at != stays && mask >> at & 1 == 1) {
                let others = everybody.iter().copied().filter(|one| *one != staff(goes));
                cursor.seat(others.collect::<Vec<_>>());
                cursor.seat(everybody.clone());
            }
        }
    }

    /// Of many rules that give one record each to the same people everybody gets as many, give or take one.
    #[test]
    fn many_new_cursors_feed_everybody(people in 1..12_usize, rules in 1..200_usize) {
        let mut had = vec![[0; 2]; people];
        for rule in 0..rules {
            let mut cursor = Cursor::beginning_at(rule);
            cursor.seat((0..people).map(staff).collect::<Vec<_>>());
            let turn = cursor.clone().take(&vec![1; people]).unwrap();
            had[turn.seat][0] += 1;
            had[cursor.rotate(0..people).unwrap().seat][1] += 1;
        }
        let all = had.iter().flatten();
        prop_assert!(all.clone().max().unwrap() - all.min().unwrap() <= 1, "{had:?}");
    }

    /// Whatever happened before: among the same people nobody gets a whole turn more than their share and what they were owed.
    #[test]
    fn between_changes_turns_stay_with_shares(
        weights in prop::collection::vec(1..10_u32, 2..7),
        away in prop::collection::vec(0..100_u32, 1..40),
        turns in 1..60_usize,
    ) {
        let mut cursor = seated(weights.len());
        for mask in away {
            let present: Vec<u32> = weights
                .iter()
                .enumerate()
                .map(|(n, w)| if mask >> n & 1 == 1 { *w } else { 0 })
                .collect();
            cursor.take(&present);
        }
        let start: Vec<f64> = cursor.seats().iter().map(|seat| seat.credit()).collect();
        let all: u32 = weights.iter().sum();
        let mut had = vec![0.0; weights.len()];
        for turn in 1..=turns {
            had[cursor.take(&weights).unwrap().seat] += 1.0;
            for ((had, weight), start) in had.iter().zip(&weights).zip(&start) {
                let share = turn as f64 * f64::from(*weight) / f64::from(all);
                // What they were owed, and less than one turn more.
                prop_assert!(*had < share + start.max(0.0) + 1.0 + 1e-4);
            }
        }
    }
}
