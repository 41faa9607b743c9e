//! Decisions about records of a store, one after another.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use uuid::Uuid;

use crate::{
    assignment_cursor::{self, AssignmentCursor},
    kernel::{Id, Money, Result, Stored, TenantId, Timestamp},
    staff_member::StaffMember,
    store::{ReadUnit, every},
};

use super::{
    Assigned, Assignment, AssignmentOutcome, Availability, Batch, Cursor, CursorChange, Cursors,
    Deal, Decision, Outcome, Roster, Strategy, Subject, Which,
    dry_run::must_be_open,
    figures::wins_by_owner,
    house::{AT_ONCE, Around, House},
};

/// Decisions one after another.
pub(crate) struct Deciding<E: Assigned> {
    pub(super) house: House<E>,
    roster: Roster,
    pub(super) cursors: Cursors,
    /// The cursors that were read.
    known: BTreeSet<Of>,
    /// The cursors that decisions moved.
    moved: BTreeSet<Of>,
    /// For which deals it is known how such ones ended.
    deals: BTreeSet<Deal>,
}

/// Which cursor: the rule, the choice, the territory.
pub(crate) type Of = (usize, usize, Option<Uuid>);

/// Decisions about some records, in their order.
pub(super) struct Round {
    pub(super) decided: Vec<Decided>,
    around: Around,
}

/// A decision about a record, not in words yet: it may have to be made again.
pub(super) struct Decided {
    /// Without an account.
    pub(super) told: Assignment,
    /// None where no rule was asked.
    decision: Option<Decision>,
    /// The cursor that it moved.
    pub(super) by: Option<Of>,
    /// Who else could have got it, where limits had a say.
    pub(super) limited: Vec<Id<StaffMember>>,
}

impl<E: Assigned> Deciding<E> {
    pub(super) async fn begin(unit: &mut (dyn ReadUnit + '_), at: Timestamp) -> Result<Self> {
        let house = House::load(unit, at).await?;
        Self::again(unit, house).await
    }

    /// The same where somebody hands over what they have: nothing is decided to be theirs.
    pub(crate) async fn without(
        unit: &mut (dyn ReadUnit + '_),
        at: Timestamp,
        leaver: Id<StaffMember>,
    ) -> Result<Self> {
        let mut house = House::load(unit, at).await?;
        house.hands_over(leaver);
        Self::again(unit, house).await
    }

    /// From the figures as they are now.
    pub(super) async fn again(unit: &mut (dyn ReadUnit + '_), house: House<E>) -> Result<Self> {
        let roster = house.roster(unit).await?;
        Ok(Self {
            house,
            roster,
            cursors: Cursors::default(),
            known: BTreeSet::new(),
            moved: BTreeSet::new(),
            deals: BTreeSet::new(),
        })
    }

    /// Decides about the next records, in their order.
    pub(super) async fn decide(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        records: &[Stored<E>],
        which: Which,
    ) -> Result<Round> {
        let around = self.look_at(unit, records).await?;
        let one = |record: &Stored<E>| {
            if which == Which::All || record.owner().is_none() {
                return self.decide_next(record, &around);
            }
            let outcome = AssignmentOutcome::HasOwner;
            let (record, before) = (record.id().uuid(), record.owner());
            let told = Assignment { record, before, outcome, account: None };
            Decided { told, decision: None, by: None, limited: Vec::new() }
        };
        let decided = records.iter().map(one).collect();
        Ok(Round { decided, around })
    }

    /// Each of these decisions about records, with its account.
    pub(super) fn in_words<'d>(
        &'d self,
        records: &'d [Stored<E>],
        round: Round,
    ) -> impl Iterator<Item = Assignment> + 'd {
        let Round { decided, around } = round;
        let one = move |(record, decided)| self.account(record, &around, decided);
        records.iter().zip(decided).map(one)
    }

    fn account(&self, record: &Stored<E>, around: &Around, decided: Decided) -> Assignment {
        let Decided { mut told, decision, .. } = decided;
        // Names and absences are told of the roster, and no decision moves these.
        let subject = self.house.subject(record, around);
        let words = |one: Decision| one.account(&self.house.rules, &self.roster, &subject);
        told.account = decision.map(words);
        told
    }

    /// Reads what is asked of the next records: then one after another is decided.
    pub(crate) async fn look_at(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        records: &[Stored<E>],
    ) -> Result<Around> {
        let around = Around::of(unit, records).await?;
        self.read(unit, records, &around).await?;
        Ok(around)
    }

    /// Decides about the next record, of those that were looked at.
    pub(crate) fn decide_one(&mut self, record: &Stored<E>, around: &Around) -> Assignment {
        let decided = self.decide_next(record, around);
        self.account(record, around, decided)
    }

    fn decide_next(&mut self, record: &Stored<E>, around: &Around) -> Decided {
        let subject = self.house.subject(record, around);
        let (roster, cursors) = (mem::take(&mut self.roster), mem::take(&mut self.cursors));
        let mut batch = Batch::new(&self.house.rules, roster, cursors, self.house.day);
        let decision = batch.assign(&subject);
        let decided = self.house.told(decision, batch.roster(), &subject);
        (self.roster, self.cursors) = batch.end();
        self.moved.extend(decided.by);
        decided
    }

    /// Whether the rules are asked about a record.
    pub(crate) fn may_be_given(&self, record: &E) -> bool {
        must_be_open(record).is_ok()
    }

    /// The next record goes to somebody whatever the rules say: it counts as one that they were given.
    pub(crate) fn goes_anyway(&mut self, record: &E, to: Id<StaffMember>) {
        if must_be_open(record).is_ok() {
            self.roster.moved(record.owner(), to, record.worth());
        } else {
            self.roster.was_given(to, 1, None);
        }
    }

    /// Somebody was given so many records of other kinds, worth so much of their quota, of which no store knows yet.
    pub(crate) fn was_given(
        &mut self,
        to: Id<StaffMember>,
        records: u32,
        worth: impl IntoIterator<Item = Money>,
    ) {
        self.roster.was_given(to, records, None);
        worth.into_iter().for_each(|worth| self.roster.was_given(to, 0, Some(worth)));
    }

    /// Whether somebody is there, and has not left.
    pub(crate) fn works_here(&self, staff: Id<StaffMember>) -> bool {
        self.roster.get(staff).is_some_and(|one| one.availability != Availability::Left)
    }

    /// The cursors that decisions moved, each as it is before its first turn.
    pub(crate) fn moved(&self, tenant: TenantId) -> impl Iterator<Item = (Of, AssignmentCursor)> {
        self.moved.iter().filter_map(move |of| Some((*of, self.house.cursor(tenant, *of)?)))
    }

    /// What the rules that match ask for and was not read yet: cursors, and how such deals ended.
    async fn read(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        records: &[Stored<E>],
        around: &Around,
    ) -> Result<()> {
        let tenant = unit.scope().tenant;
        let (mut asked, mut deals) = (BTreeMap::new(), BTreeSet::new());
        for record in records {
            let subject = self.house.subject(record, around);
            for (place, rule) in self.house.rules.matching(&subject, self.house.day) {
                for (choice, one) in rule.choices.iter().enumerate() {
                    let of = (place, choice, one.target.part(subject.territory));
                    if one.strategy == Strategy::BestRecord {
                        deals.insert(subject.deal.only(&one.such));
                    }
                    if one.target.takes_turns() && self.known.insert(of) {
                        let cursor = self.house.cursor(tenant, of);
                        asked.extend(cursor.map(|cursor| (cursor.id, of)));
                    }
                }
            }
        }
        let everybody: Vec<_> = self.house.people.iter().map(|one| one.staff).collect();
        for deal in deals {
            if self.deals.insert(deal) {
                let wins = wins_by_owner(unit, &everybody, deal).await?;
                self.roster.know_wins(deal, &wins);
            }
        }
        let ids: Vec<_> = asked.keys().copied().collect();
        for some in ids.chunks(AT_ONCE) {
            let these = assignment_cursor::ID.one_of(some.iter().copied());
            every::<AssignmentCursor, _>(unit, these.query(), |one| {
                let named = asked.get(&one.id).and_then(|(place, choice, territory)| {
                    let rule = self.house.rules.rules().get(*place)?.name.clone();
                    Some((rule, *choice, *territory))
                });
                if let Some((rule, choice, territory)) = named {
                    let cursor = one.into_inner().state;
                    self.cursors.set(CursorChange { rule, choice, territory, cursor });
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// A cursor as it is after all that was decided.
    pub(super) fn cursor(&self, (rule, choice, territory): Of) -> Option<&Cursor> {
        self.cursors.get(&self.house.rules.rules().get(rule)?.name, choice, territory)
    }
}

impl<E: Assigned> House<E> {
    fn subject<'a>(&self, record: &'a Stored<E>, around: &'a Around) -> Subject<'a, E> {
        let record: &E = record;
        let customer = around.customer(record);
        Subject {
            record,
            customer,
            owner: record.owner(),
            territory: self.territory(customer),
            worth: record.worth(),
            deal: record.deal(),
        }
    }

    /// The cursor of a choice before its first turn.
    pub(super) fn cursor(
        &self,
        tenant: TenantId,
        (rule, choice, territory): Of,
    ) -> Option<AssignmentCursor> {
        let (set, name) = self.origin(rule)?;
        let state = self.rules.new_cursor(rule, choice);
        let (choice, territory) = (i64::try_from(choice).ok()?, territory.map(Id::new));
        Some(AssignmentCursor {
            state,
            ..AssignmentCursor::new(tenant, set, name, choice, territory)
        })
    }

    fn told(&self, decision: Decision, roster: &Roster, subject: &Subject<'_, E>) -> Decided {
        let choice_of =
            |rule: usize, choice: usize| self.rules.rules().get(rule)?.choices.get(choice);
        let (outcome, by) = match decision.outcome {
            Outcome::Assigned { to, rule, choice } => {
                let target = choice_of(rule, choice).map(|one| &one.target);
                let turns = target.filter(|target| target.takes_turns());
                let by = turns.map(|target| (rule, choice, target.part(subject.territory)));
                (AssignmentOutcome::Assigned { to }, by)
            }
            Outcome::Kept { .. } => (AssignmentOutcome::Kept, None),
            Outcome::Unassigned { .. } => (AssignmentOutcome::Unassigned, None),
        };
        let tried = decision.trace.tried.last().and_then(|rule| rule.choices.last());
        let able = tried
            .filter(|_| decision.to().is_some())
            .into_iter()
            .flat_map(|tried| tried.members.iter());
        let able = able.filter(|seen| seen.verdict.is_ok());
        let able: Vec<_> =
            able.filter_map(|seen| roster.candidates().get(seen.candidate)).collect();
        let limited = able
            .iter()
            .any(|one| [one.open, one.today, one.week].iter().any(|load| load.most.is_some()));
        let limited = if limited { able.iter().map(|one| one.staff).collect() } else { Vec::new() };
        let (record, before) = (subject.record.id().uuid(), subject.owner);
        let told = Assignment { record, before, outcome, account: None };
        Decided { told, decision: Some(decision), by, limited }
    }
}
