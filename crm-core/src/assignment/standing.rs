//! How those whom a choice names stand.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

use crate::{
    kernel::{Entity, Id},
    staff_member::StaffMember,
};

use super::{
    Availability, Candidate, Choice, Cursor, Deal, Excluded, Figure, Roster, RuleIndex, Seen,
    Strategy, Subject, TriedChoice, Turn, exclude::excluded, strategy::OfAll,
};

/// The people whom a choice names for a record, each with what its strategy compares, or why they cannot take it.
pub(super) struct Standing {
    members: Arc<Vec<Seen>>,
    strangers: Vec<Id<StaffMember>>,
    of_all: OfAll,
    compared: Compared,
}

/// What decides, for each of them.
enum Compared {
    /// Weights in turns; 0 for those who cannot take one.
    Weights(Vec<u32>),
    /// Ranks, of which the least is the best; the largest number for those who cannot take it.
    Ranks(Vec<i128>),
}

/// The standings of a batch. What decisions change is a few people's figures, so everybody is looked at once, and
/// then only those whom something was given to or taken from. Choices that name the same people by the same strategy share one; so
/// memory grows with the people whom different choices name, and not with records or rules. Beyond [`MOST`] of
/// them all is forgotten and looked at anew.
#[derive(Default)]
pub(super) struct Standings {
    kept: Vec<Kept>,
    of: HashMap<Asked, Known>,
    /// The last change of each person, by their place in the roster.
    changed: Vec<u64>,
    /// How many changes there were.
    changes: u64,
    entries: usize,
}

/// So many people are kept in all standings together, some 100 bytes for each.
const MOST: usize = 200_000;

struct Kept {
    standing: Standing,
    /// The first choice that it was made for, where and for which deals.
    first: Asked,
    /// The last change that it knows.
    as_of: u64,
}

/// The rule and its choice, the territory where it is about these, and such deals where it compares these.
type Asked = (usize, usize, Option<Uuid>, Deal);

/// What is known of a choice.
struct Known {
    /// The place of its standing.
    kept: usize,
    /// Whether its cursor has the same people.
    seated: bool,
}

/// How a choice stands for a record.
pub(super) struct Stands<'a> {
    pub(super) standing: &'a Standing,
    /// Whether its cursor has the same people; to be set by whoever seats them.
    pub(super) seated: &'a mut bool,
}

impl Standing {
    /// Looks at everybody.
    pub(super) fn new<E: Entity>(
        choice: &Choice,
        roster: &Roster,
        subject: &Subject<'_, E>,
    ) -> Self {
        let pool = roster.pool(&choice.target, subject);
        let all = roster.candidates();
        // Whoever is not there has no say in what the others are compared by.
        let there = |one: &&Candidate| one.availability == Availability::Available;
        let everybody = pool.members.iter().filter_map(|at| all.get(*at)).filter(there);
        let of_all = OfAll::new(choice.strategy, subject.deal.only(&choice.such), everybody);
        let count = pool.members.len();
        let compared = match choice.strategy {
            Strategy::RoundRobin | Strategy::WeightedRoundRobin => {
                Compared::Weights(vec![0; count])
            }
            _ => Compared::Ranks(vec![i128::MAX; count]),
        };
        let unseen = |at: &usize| Seen { candidate: *at, verdict: Err(Excluded::Left) };
        let members = Arc::new(pool.members.iter().map(unseen).collect());
        let mut standing = Self { members, strangers: pool.strangers, of_all, compared };
        standing.look_at(choice, roster, subject.owner, |_| true);
        standing
    }

    /// Looks at these again.
    fn look_at(
        &mut self,
        choice: &Choice,
        roster: &Roster,
        owner: Option<Id<StaffMember>>,
        these: impl Fn(usize) -> bool,
    ) {
        let needs = Some(&choice.needs).filter(|needs| !needs.is_empty());
        let Some(first) = self.members.iter().position(|seen| these(seen.candidate)) else {
            return;
        };
        // Whoever kept the trace of a decision before has it as it was then.
        let members = Arc::make_mut(&mut self.members).iter_mut().enumerate().skip(first);
        for (place, seen) in members.filter(|(_, seen)| these(seen.candidate)) {
            let Some(one) = roster.candidates().get(seen.candidate) else { continue };
            let figure = match excluded(one, needs, owner) {
                Some(why) => Err(why),
                None => self.of_all.figure(choice, one, owner == Some(one.staff)),
            };
            self.compared.set(place, figure);
            seen.verdict = figure.map(|(figure, _)| figure);
        }
    }

    /// Whether anybody can take it.
    pub(super) fn somebody(&self) -> bool {
        self.members.iter().any(|seen| seen.verdict.is_ok())
    }

    /// Who they are, by their places in the roster.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + Clone {
        self.members.iter().map(|seen| seen.candidate)
    }

    /// The first who can take it.
    pub(super) fn first(&self) -> Option<Turn> {
        let seat = self.members.iter().position(|seen| seen.verdict.is_ok())?;
        Some(Turn { seat, tied: 1 })
    }

    /// Whose turn it is, by a cursor that has them all.
    pub(super) fn turn(&self, cursor: &mut Cursor) -> Option<Turn> {
        match &self.compared {
            Compared::Weights(weights) => cursor.take(weights),
            Compared::Ranks(ranks) => {
                let least = *ranks.iter().min()?;
                let equal = |(_, rank): &(usize, &i128)| **rank == least;
                cursor.rotate(ranks.iter().enumerate().filter(equal).map(|(place, _)| place))
            }
        }
    }

    /// What a trace says of it.
    pub(super) fn tried(&self, chosen: Option<Turn>) -> TriedChoice {
        TriedChoice {
            members: Arc::clone(&self.members),
            strangers: self.strangers.clone(),
            weights_all_zero: self.of_all.weights_all_zero,
            chosen,
        }
    }
}

impl Compared {
    fn set(&mut self, place: usize, figure: Result<(Figure, i128), Excluded>) {
        match self {
            Self::Weights(all) => {
                if let Some(weight) = all.get_mut(place) {
                    *weight = match figure {
                        Ok((Figure::Weight(weight), _)) => weight,
                        _ => 0,
                    };
                }
            }
            Self::Ranks(all) => {
                if let Some(rank) = all.get_mut(place) {
                    *rank = figure.map_or(i128::MAX, |(_, rank)| rank);
                }
            }
        }
    }
}

impl Standings {
    /// Somebody's figures are others now, or another record is asked about that they have, or do not have.
    pub(super) fn changed(&mut self, place: usize) {
        self.changes += 1;
        if self.changed.len() <= place {
            self.changed.resize(place + 1, 0);
        }
        if let Some(last) = self.changed.get_mut(place) {
            *last = self.changes;
        }
    }

    /// How a choice of a rule stands for a record.
    pub(super) fn of<E: Entity>(
        &mut self,
        rules: &RuleIndex<E>,
        roster: &Roster,
        (rule, number, choice): (usize, usize, &Choice),
        subject: &Subject<'_, E>,
    ) -> Option<Stands<'_>> {
        let such = match choice.strategy {
            Strategy::BestRecord => subject.deal.only(&choice.such),
            _ => Deal::default(),
        };
        let asked = (rule, number, choice.target.part(subject.territory), such);
        if !self.of.contains_key(&asked) {
            let kept = self.place_of(rules, roster, asked, choice, subject);
            self.of.insert(asked, Known { kept, seated: false });
        }
        let Known { kept, seated } = self.of.get_mut(&asked)?;
        let kept = self.kept.get_mut(*kept)?;
        if kept.as_of < self.changes {
            let (changed, as_of) = (&self.changed, kept.as_of);
            let since = |place: usize| changed.get(place).is_some_and(|last| *last > as_of);
            kept.standing.look_at(choice, roster, subject.owner, since);
            kept.as_of = self.changes;
        }
        Some(Stands { standing: &kept.standing, seated })
    }

    /// The place of the standing that a choice shares with others, or of a new one.
    fn place_of<E: Entity>(
        &mut self,
        rules: &RuleIndex<E>,
        roster: &Roster,
        asked: Asked,
        choice: &Choice,
        subject: &Subject<'_, E>,
    ) -> usize {
        let same = |kept: &Kept| {
            let (rule, number, territory, such) = kept.first;
            let first = rules.rules().get(rule).and_then(|rule| rule.choices.get(number));
            (territory, such) == (asked.2, asked.3) && first == Some(choice)
        };
        if let Some(place) = self.kept.iter().position(same) {
            return place;
        }
        let standing = Standing::new(choice, roster, subject);
        self.entries += standing.members.len();
        if self.entries > MOST {
            self.entries = standing.members.len();
            self.kept.clear();
            self.of.clear();
        }
        self.kept.push(Kept { standing, first: asked, as_of: self.changes });
        self.kept.len() - 1
    }
}
