//! Steps that an opportunity took and that no store has kept yet.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    kernel::{Id, Moment, Money, Tags, Timestamp},
    staff_member::StaffMember,
};

use super::{
    ForecastCategory, Opportunity, OpportunityStatus, ProbabilitySource,
    figures::weighted,
    pipeline::Pipeline,
    stage_move::{Course, MoveKind, StageMove},
};

/// The steps since an opportunity was last stored. A store keeps them with it, each as a
/// [`StageMove`]; they are no part of what it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps(Vec<Step>);

impl PartialEq for Steps {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) kind: MoveKind,
    /// When, where that is not when it is stored.
    pub(super) at: Option<Timestamp>,
    pub(super) reason: Option<String>,
    pub(super) waived: Tags,
    pub(super) waived_by: Option<Id<StaffMember>>,
    /// Where in the pipeline it leads.
    pub(super) course: Option<Course>,
    /// A row of a file tells again how a record stands in another system: the import alone says so.
    pub(super) told_again: bool,
    /// How the opportunity was before it.
    pub(super) before: Option<MoveSide>,
}

impl Step {
    pub(super) fn new(kind: MoveKind) -> Self {
        Self {
            kind,
            at: None,
            reason: None,
            waived: Tags::default(),
            waived_by: None,
            course: None,
            told_again: false,
            before: None,
        }
    }
}

/// What a move keeps of an opportunity, before and after.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MoveSide {
    pipeline_id: Id<Pipeline>,
    stage: String,
    status: OpportunityStatus,
    amount: Option<Money>,
    probability: Option<Decimal>,
    source: ProbabilitySource,
    expected_close: Option<NaiveDate>,
    owner_id: Option<Id<StaffMember>>,
    category: Option<ForecastCategory>,
}

impl MoveSide {
    fn of(o: &Opportunity) -> Self {
        Self {
            pipeline_id: o.pipeline_id,
            stage: o.stage.clone(),
            status: o.state.status(),
            amount: o.amount,
            probability: o.probability,
            source: o.probability_source,
            expected_close: o.expected_close,
            owner_id: o.owner_id,
            category: o.counts_as(),
        }
    }
}

impl Opportunity {
    /// Remembers a step that is about to be taken.
    pub(super) fn step_begins(&mut self, step: Step) {
        let before = Some(MoveSide::of(self));
        self.steps.0.push(Step { before, ..step });
    }

    /// Why these steps do not lead on from an opportunity that is stored, where they do not.
    pub(super) fn leads_elsewhere(&self, stored: &Self) -> Option<&'static str> {
        let begins = self.steps.0.first().and_then(|step| step.before.as_ref());
        let told = |step: &Step| step.kind == MoveKind::Imported && !step.told_again;
        if self.steps.0.iter().any(told) {
            Some("it is kept here: it moves by its verbs, and no imported state is put over it")
        } else if begins.is_some_and(|begins| !begins.is_where(&MoveSide::of(stored))) {
            Some(
                "its steps begin elsewhere than it stands: take them from the record as it is stored",
            )
        } else {
            None
        }
    }

    pub(super) fn date_last_step(&mut self, at: Timestamp) {
        if let Some(last) = self.steps.0.last_mut() {
            last.at = Some(at);
        }
    }

    /// When the step that led to this stage was taken, if one is not stored yet.
    pub(super) fn last_step_at(&self) -> Option<Timestamp> {
        self.steps.0.last().and_then(|step| step.at)
    }

    /// When the latest step was that is not stored yet, of those that are dated.
    pub(super) fn latest_step_at(&self) -> Option<Timestamp> {
        self.steps.0.iter().filter_map(|step| step.at).max()
    }

    /// What kind of step it took last, if that is not stored yet.
    pub(super) fn coming_kind(&self) -> Option<MoveKind> {
        self.steps.0.last().map(|step| step.kind)
    }

    /// Whether it begins here, and took no step since.
    pub(super) fn begins(&self) -> bool {
        matches!(self.steps.0.as_slice(), [only] if only.kind == MoveKind::Opened)
    }

    pub(super) const fn takes_steps(&self) -> bool {
        !self.steps.0.is_empty()
    }

    /// How many moves a store is about to keep. One step that leads to where the stored one stands is none.
    pub(super) fn moves_to_keep(&self, before: Option<&Self>) -> i64 {
        let moved = before.is_none_or(|before| MoveSide::of(before) != MoveSide::of(self));
        match self.steps.0.len() {
            0 | 1 => i64::from(moved),
            some => i64::try_from(some).unwrap_or(i64::MAX),
        }
    }

    /// The moves for a store to keep. Where nothing named what happened, what changed names it.
    pub(super) fn take_moves(
        &mut self,
        before: Option<&Self>,
        moment: &Moment<'_>,
    ) -> Vec<StageMove> {
        let mut steps = std::mem::take(&mut self.steps.0);
        let mut was = before.map(MoveSide::of);
        let is = MoveSide::of(self);
        if steps.len() == 1 && was.as_ref() == Some(&is) {
            return Vec::new();
        }
        if steps.is_empty() {
            match &was {
                None => steps.push(Step::new(MoveKind::Opened)),
                Some(was) if *was != is => steps.push(Step::new(was.kind_of_edit(&is))),
                Some(_) => return Vec::new(),
            }
        }
        let mut number = before.map_or(0, |before| before.moves);
        let mut afters: Vec<_> = steps
            .iter_mut()
            .skip(1)
            .map(|step| step.before.take().unwrap_or_else(|| is.clone()))
            .collect();
        afters.push(is);
        let mut times = Times {
            moved_at: before.and_then(Self::moved_at),
            entered_at: before.and_then(Self::stage_since),
        };
        let mut moves = Vec::with_capacity(steps.len());
        for (step, after) in steps.into_iter().zip(afters) {
            number += 1;
            let kept = self.kept(step, number, was.replace(after.clone()), after, times, moment);
            times = times.after(&kept);
            moves.push(kept);
        }
        moves
    }

    fn kept(
        &self,
        step: Step,
        number: i64,
        before: Option<MoveSide>,
        after: MoveSide,
        times: Times,
        moment: &Moment<'_>,
    ) -> StageMove {
        let was = before.as_ref();
        let moved_at = step.at.unwrap_or(moment.now);
        let leaves = was.is_some_and(|b| !b.is_in_stage_of(&after));
        let stayed = times
            .entered_at
            .filter(|_| leaves)
            .map(|entered| moved_at.to_datetime() - entered.to_datetime())
            // One that is dated before it came into the stage was there for no time.
            .map(|stayed| stayed.num_days().max(0));
        let slipped = was
            .filter(|b| b.status == OpportunityStatus::Open)
            .and_then(|b| Some((after.expected_close? - b.expected_close?).num_days()));
        let customer_id: Option<Id<Customer>> = self.customer_id;
        // A row that is read again may tell more of an opportunity that stays where it is.
        let stands = was.is_some() && !leaves && step.kind == MoveKind::Imported;
        let kind = if stands { MoveKind::Revised } else { step.kind };
        StageMove {
            id: Id::new((moment.next_id)()),
            opportunity_id: self.id,
            number,
            kind,
            from_pipeline_id: was.map(|b| b.pipeline_id),
            pipeline_id: after.pipeline_id,
            from_stage: was.map(|b| b.stage.clone()),
            to_stage: after.stage,
            from_status: was.map(|b| b.status),
            to_status: after.status,
            amount_before: was.and_then(|b| b.amount),
            amount_after: after.amount,
            probability_before: was.and_then(|b| b.probability),
            probability_after: after.probability,
            probability_source_before: was.map(|b| b.source),
            probability_source_after: Some(after.source),
            expected_close_before: was.and_then(|b| b.expected_close),
            expected_close_after: after.expected_close,
            owner_before: was.and_then(|b| b.owner_id),
            owner_after: after.owner_id,
            moved_at,
            moved_by: moment.by.to_string(),
            reason: step.reason.or_else(|| moment.why.map(str::to_owned)),
            waived: step.waived,
            waived_by: step.waived_by,
            customer_id,
            category_before: was.and_then(|b| b.category),
            category_after: after.category,
            weighted_before: was.and_then(|b| weighted(b.status, b.amount, b.probability)),
            since: times.moved_at,
            entered_at: times.entered_at,
            stayed_days: stayed,
            slipped_days: slipped.filter(|days| *days != 0),
            course: step.course,
        }
    }
}

/// When an opportunity moved last, and came into its stage.
#[derive(Clone, Copy)]
struct Times {
    moved_at: Option<Timestamp>,
    entered_at: Option<Timestamp>,
}

impl Times {
    fn after(self, kept: &StageMove) -> Self {
        let stands = kept.from_stage.as_ref() == Some(&kept.to_stage)
            && kept.from_pipeline_id == Some(kept.pipeline_id);
        let entered_at = if stands { self.entered_at } else { Some(kept.moved_at) };
        // In the order of their numbers: one that is dated before another holds from that one on.
        Self { moved_at: self.moved_at.max(Some(kept.moved_at)), entered_at }
    }
}

impl MoveSide {
    fn is_in_stage_of(&self, other: &Self) -> bool {
        (self.pipeline_id, &self.stage) == (other.pipeline_id, &other.stage)
    }

    fn is_where(&self, other: &Self) -> bool {
        self.is_in_stage_of(other) && self.status == other.status
    }

    fn kind_of_edit(&self, now: &Self) -> MoveKind {
        let same_but_owner = Self { owner_id: now.owner_id, ..self.clone() };
        if same_but_owner == *now { MoveKind::Reassigned } else { MoveKind::Revised }
    }
}
