//! Whose turn it is: the state of turns of one choice of one rule.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{kernel::Id, staff_member::StaffMember};

/// One turn, in the units that credits are counted in.
const TURN: i64 = 1 << 44;

/// The state of turns: who has which credit, and when each had the last turn. The one who gets a turn
/// pays for it; everybody who could have taken it, they too, is credited with their share of it, so
/// that credits add up to nothing. A credit above nothing is owed, one below was had in advance.
///
/// **The rule.** Among those whose credit, with this turn's share, is above nothing, the one gets it who can
/// be passed over the least often until a whole turn is owed; ties go to who has waited longest.
/// This is earliest eligible deadline first: R. Tijdeman, *The chairman assignment problem*, Discrete
/// Mathematics 32 (1980); S. K. Baruah, N. K. Cohen, C. G. Plaxton and D. A. Varvel, *Proportionate progress*,
/// Algorithmica 15 (1996); I. Stoica and H. Abdel-Wahab, *Earliest Eligible Virtual Deadline First* (1995).
///
/// **What holds.** As long as the same people with the same weights can take turns, from a new cursor on, everybody has at every moment
/// less than one turn more or less than their share; with equal weights the turns go round. Between any two
/// moments of such a run it is less than two: with weights 3, 2 and 1 no order whatever keeps to one turn from every
/// moment on, since each would need turns at a fixed distance, and these collide.
///
/// Who cannot take a turn is not credited for it and keeps their credit. However people come and go,
/// no credit is ever beyond one turn less than there are seats, and no rule that does not know who will be away can promise
/// less than a multiple of that (D. Coppersmith et al., *The optimality of the online greedy algorithm in carpool and chairman
/// assignment problems*, ACM Transactions on Algorithms 7 (2011)). Two exceptions to the rule
/// see to it: where somebody is owed a whole turn, the one of these with the highest credit gets it; where everybody who is
/// there has had theirs in advance, the one with the highest credit gets it. By either, the k highest credits never add up to more than
/// k (n − k) turns.
///
/// A newcomer begins without credit, and with nothing waited: who was there before is not passed over for it. The credit of
/// who leaves is set off against those on the other side: what was owed to them forgives what others had in advance, and the other way
/// round. Nobody's credit grows by it. Who comes back is a newcomer.
///
/// **Where it begins.** Among those who are equal and never had a turn the first is who has the seat that the cursor begins with
/// ([`Cursor::beginning_at`]), and the seats after it. Rules make their cursors so that of all choices with one target each begins one
/// seat further: many rules that give little each do not all give it to the same.
///
/// ```
/// use crm_core::{assignment::Cursor, kernel::Id};
/// let [anna, ben] = [1, 2].map(|n| Id::new(uuid::Uuid::from_u128(n)));
/// let mut cursor = Cursor::default();
/// cursor.seat([anna, ben]);
/// let turns: Vec<_> = (0..6).filter_map(|_| Some(cursor.take(&[2, 1])?.seat)).collect();
/// assert_eq!(turns, [0, 1, 0, 0, 1, 0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept")]
pub struct Cursor {
    turns: u64,
    seats: Vec<Seat>,
    /// With which seat it begins, counted on from the first again where there are fewer.
    #[serde(skip_serializing_if = "is_zero")]
    first: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(place: &u64) -> bool {
    *place == 0
}

/// A cursor as it is kept.
#[derive(Deserialize)]
struct Kept {
    turns: u64,
    seats: Vec<Seat>,
    #[serde(default)]
    first: u64,
}

impl TryFrom<Kept> for Cursor {
    type Error = String;
    /// Refuses what no cursor can come to.
    fn try_from(Kept { turns, seats, first }: Kept) -> Result<Self, String> {
        let sum: i128 = seats.iter().map(|seat| i128::from(seat.credit)).sum();
        if sum != 0 {
            return Err(format!("credits add up to {sum}, not to 0"));
        }
        let mut seen = HashSet::new();
        for Seat { staff, credit, last } in &seats {
            if credit.unsigned_abs() > 1 << 58 || *last > turns || !seen.insert(*staff) {
                return Err(format!("the seat of {staff} cannot be: {credit}, {last} of {turns}"));
            }
        }
        Ok(Self { turns, seats, first })
    }
}

/// Somebody's place in a [`Cursor`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Whose it is.
    pub staff: Id<StaffMember>,
    /// What they are owed: 2^44 is one turn.
    credit: i64,
    /// Which of the cursor's turns they had last, or was the last before they came; 0 for none.
    last: u64,
}

/// A turn that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The seat that took it.
    pub seat: usize,
    /// How many were equal but for how long they have waited; 1 if nobody else was.
    pub tied: u32,
}

impl Cursor {
    /// One of which nobody had a turn yet, that begins with the seat at this place; with so many seats as there are, from the first on
    /// again.
    pub fn beginning_at(place: usize) -> Self {
        Self { first: place as u64, ..Self::default() }
    }

    /// Who has a seat, in the order of [`Cursor::take`].
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// How many turns were taken.
    pub const fn turns(&self) -> u64 {
        self.turns
    }

    /// Gives each of these people a seat, in this order, and nobody else. Each is named once.
    pub fn seat(&mut self, members: impl IntoIterator<Item = Id<StaffMember>> + Clone) {
        if members.clone().into_iter().eq(self.seats.iter().map(|seat| seat.staff)) {
            return;
        }
        let mut before: HashMap<_, _> =
            std::mem::take(&mut self.seats).into_iter().map(|seat| (seat.staff, seat)).collect();
        let last = self.turns;
        let new = |staff| Seat { staff, credit: 0, last };
        let seat = |staff| before.remove(&staff).unwrap_or_else(|| new(staff));
        self.seats = members.into_iter().map(seat).collect();
        self.set_off(before.values().map(|left| i128::from(left.credit)).sum());
    }

    /// Takes a turn by the rule: a weight for each seat, 0 for those who cannot take it. Nobody does where nobody can.
    pub fn take(&mut self, weights: &[u32]) -> Option<Turn> {
        let weights = weights.get(..self.seats.len()).unwrap_or(weights);
        let all: i64 = weights.iter().map(|weight| i64::from(*weight)).sum();
        if all == 0 {
            return None;
        }
        let unit = (TURN / all).max(1);
        let whole = unit * all;
        let mut best = self.best();
        for (at, (seat, weight)) in self.seats.iter().zip(weights).enumerate() {
            if *weight > 0
                && let Some(urgency) = seat.urgency(unit * i64::from(*weight), whole, best.key())
            {
                best.offer(urgency, seat.last, at);
            }
        }
        let turn = best.turn()?;
        for (seat, weight) in self.seats.iter_mut().zip(weights) {
            seat.credit += unit * i64::from(*weight);
        }
        self.had(turn.seat, whole);
        Some(turn)
    }

    /// Gives a turn to the one of these seats who has waited longest, whatever their credit.
    pub fn rotate(&mut self, among: impl Iterator<Item = usize>) -> Option<Turn> {
        let mut best = self.best();
        for at in among {
            if let Some(seat) = self.seats.get(at) {
                best.offer((), seat.last, at);
            }
        }
        let turn = best.turn()?;
        self.had(turn.seat, 0);
        Some(turn)
    }

    /// Nobody yet, of as many seats as there are.
    fn best<K: Ord + Copy>(&self) -> Best<K> {
        let seats = self.seats.len();
        let first = usize::try_from(self.first % (seats as u64).max(1)).unwrap_or_default();
        Best { best: None, tied: 0, seats, first }
    }

    fn had(&mut self, seat: usize, cost: i64) {
        self.turns += 1;
        if let Some(seat) = self.seats.get_mut(seat) {
            seat.credit -= cost;
            seat.last = self.turns;
        }
    }

    /// Adds so much to the credits that it has set off in them.
    fn set_off(&mut self, left: i128) {
        let other_side = |seat: &&mut Seat| i128::from(seat.credit.signum()) == -left.signum();
        let others: i128 =
            self.seats.iter_mut().filter(other_side).map(|seat| i128::from(seat.credit)).sum();
        if left == 0 || others == 0 {
            return;
        }
        let mut rest = left;
        for seat in self.seats.iter_mut().filter(other_side) {
            rest -= seat.settle(i128::from(seat.credit).abs() * left / others.abs());
        }
        // What rounding left over.
        for seat in self.seats.iter_mut().filter(other_side) {
            rest -= seat.settle(rest);
        }
    }
}

impl Seat {
    /// What they are owed, in turns.
    pub fn credit(&self) -> f64 {
        self.credit as f64 / TURN as f64
    }

    /// Which of the cursor's turns they had last, or was the last before they came; 0 for none.
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Adds so much to the credit, until it is nothing at the most; how much it was.
    fn settle(&mut self, part: i128) -> i128 {
        let most = i128::from(self.credit).abs();
        let part = part.clamp(-most, most);
        self.credit += i64::try_from(part).unwrap_or_default();
        part
    }

    /// Who is first by the rule has the least. Nothing where that is sure to be more than `best`.
    fn urgency(&self, share: i64, whole: i64, best: Option<(u8, i64)>) -> Option<(u8, i64)> {
        let credit = self.credit + share;
        if credit >= whole {
            return Some((0, -self.credit));
        }
        if credit <= 0 {
            return Some((2, -self.credit));
        }
        // How often they can be passed over. Division is slow, and few come close to the best.
        let slack = whole - 1 - credit;
        match best {
            Some((0, _)) => None,
            Some((1, passes)) => {
                // What is too much for a number is more than any slack.
                match slack - passes.saturating_mul(share) {
                    more if more >= share => None,
                    0.. => Some((1, passes)),
                    _ => Some((1, slack / share)),
                }
            }
            _ => Some((1, slack / share)),
        }
    }
}

/// The least so far; of several, the one with the oldest turn. Among those who never had one the seat decides, from the first on with
/// which the cursor begins.
struct Best<K> {
    best: Option<(K, u64, usize)>,
    tied: u32,
    seats: usize,
    first: usize,
}

impl<K: Ord + Copy> Best<K> {
    /// How far behind the first seat one is.
    const fn behind(&self, seat: usize) -> usize {
        if seat >= self.first { seat - self.first } else { seat + self.seats - self.first }
    }

    fn key(&self) -> Option<K> {
        self.best.map(|best| best.0)
    }

    fn offer(&mut self, key: K, last: u64, seat: usize) {
        match self.best {
            Some((least, oldest, place)) if least == key => {
                self.tied += 1;
                if last < oldest || last == oldest && self.behind(seat) < self.behind(place) {
                    self.best = Some((key, last, seat));
                }
            }
            Some((least, ..)) if least < key => {}
            _ => (self.best, self.tied) = (Some((key, last, seat)), 1),
        }
    }

    fn turn(self) -> Option<Turn> {
        self.best.map(|(_, _, seat)| Turn { seat, tied: self.tied })
    }
}
