use serde::Serialize;

use crate::{
    kernel::{Criteria, Cursor, Id, Money, PairSums, Pairs, Result, Stored, text_enum},
    opportunity::{self, Opportunity, OpportunityStatus},
    pipeline::Pipeline,
    stage_move::{self, Course, MoveKind, StageMove},
    store::{ReadUnit, expect},
};

use super::{CountedAmount, FunnelQuestion, ListPart, ListQuery, Total, standing::Standing};

text_enum! {
    /// What a figure of a stage counts. Each opportunity counts once. What is earlier, later and next is so by the order that
    /// the stages had when the opportunity moved ([`stage_move::COURSE`]).
    pub enum Measure {
        /// Came into the stage in the period: the cohort. Its amount is the present one.
        Entered = "entered",
        /// Is in the stage as of the day, whenever it came. Its amount is that of the day.
        InStage = "in_stage",
        /// Of the cohort: left for a later open stage.
        Forward = "forward",
        /// Of the cohort: left for an earlier open stage; from a stage that decides, was opened again.
        Back = "back",
        /// Of the cohort: left for a stage that is won.
        Won = "won",
        /// Of the cohort: left for a stage that is lost.
        Lost = "lost",
        /// Of the cohort: left for another pipeline, whatever the stage there: that is neither forward nor back.
        Transferred = "transferred",
        /// Of the cohort: left for the stage that came next: the next open one or, from the last of these, one that is won.
        Next = "next",
        /// Of the cohort: left forward or was won from here.
        Onward = "onward",
        /// Of the cohort: was won, from whichever stage, when the day was over: won now, and closed by then; or won before a
        /// move that was made since, where no decision of now was made by then. Its amount is the present one.
        BecameWon = "became_won",
    }
}

/// A figure of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// What it counts.
    pub measure: Measure,
    /// How many opportunities, and what they are worth.
    #[serde(flatten)]
    pub total: Total,
}

/// An opportunity of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct CellItem {
    /// It, as it is now.
    pub opportunity: Stored<Opportunity>,
    /// With how much it counts there.
    pub amount: Option<Money>,
}

/// Some opportunities of a figure, and where the next ones begin.
#[derive(Clone, Debug, PartialEq)]
pub struct CellPage {
    /// The opportunities.
    pub items: Vec<CellItem>,
    /// Where to go on; `None` when these were the last.
    pub next: Option<Cursor>,
}

/// A list that leads to the opportunities of a cell.
pub(super) enum Part {
    /// Those that such a move names; with the amount that they have now.
    Moved(Pairs<StageMove, Opportunity>),
    /// Those that such a move names, one each; with the amount that they had before it.
    Were(Pairs<StageMove, Opportunity>),
    /// Those that are as they are.
    Are(Criteria<Opportunity>),
    /// Those of the cohort that were won when the day was over, as their moves tell; with the amount that they have now.
    WereWon(ListPart),
}

impl FunnelQuestion {
    /// A page of the opportunities of a cell, at most `limit`: all pages together are the cell's count and amounts.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such pipeline, [`crate::Error::Invalid`] when it has no such stage, for
    /// a limit that is not between 1 and 500, or a cursor of another list.
    pub async fn cell_page(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        stage: &str,
        measure: Measure,
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<CellPage> {
        let pipeline = expect(unit, self.pipeline).await?;
        pipeline.stage(stage)?;
        self.listed(measure, Some(stage)).page(unit, limit, after).await
    }

    /// What lists the opportunities of a cell: its pages are those of [`FunnelQuestion::cell_page`].
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when the pipeline has no such stage.
    pub fn cell_query(
        &self,
        pipeline: &Pipeline,
        stage: &str,
        measure: Measure,
    ) -> Result<ListQuery> {
        pipeline.stage(stage)?;
        Ok(self.listed(measure, Some(stage)))
    }

    fn listed(&self, measure: Measure, stage: Option<&str>) -> ListQuery {
        let parts = self.parts(measure, stage).into_iter();
        ListQuery(parts.map(Part::list).collect())
    }

    /// The lists that lead to what is counted, of one stage or of all; no opportunity is in two.
    pub(super) fn parts(&self, measure: Measure, stage: Option<&str>) -> Vec<Part> {
        let pairs =
            |moves| Pairs::by(&stage_move::OPPORTUNITY_ID).naming(moves).named(self.filter.clone());
        let seen = self.seen_until();
        match measure {
            Measure::Entered => vec![Part::Moved(pairs(self.entered(stage)))],
            Measure::BecameWon => {
                let mut pairs = pairs(self.entered(stage));
                pairs.named = both(self.filter.clone(), self.became_won());
                let came = ListPart { also: Some(self.entered(stage)), ..self.were_won() };
                vec![Part::Moved(pairs), Part::WereWon(came)]
            }
            Measure::InStage => {
                let were = stage_move::FROM_PIPELINE_ID.eq(self.pipeline);
                let were = were.and(stage_move::spanning(seen));
                let are = opportunity::PIPELINE_ID.eq(self.pipeline);
                let are = are.and(opportunity::MOVED_AT.below(seen));
                let (were, are) = match stage {
                    Some(key) => (
                        were.and(stage_move::FROM_STAGE.eq(key)),
                        are.and(opportunity::STAGE.eq(key)),
                    ),
                    None => (were, are),
                };
                vec![Part::Were(pairs(were)), Part::Are(both(are, self.filter.clone()))]
            }
            left => {
                let left = self.leaving(stage).and(self.how_left(left));
                vec![Part::Moved(pairs(left))]
            }
        }
    }

    /// The same of several measures of all stages: by the stage, then by whether each measure counts it.
    pub(super) fn at_once(&self) -> [(Vec<Measure>, PairSums<StageMove, Opportunity>); 2] {
        let pairs = |moves| {
            let pairs = Pairs::by(&stage_move::OPPORTUNITY_ID).naming(moves);
            pairs.named(self.filter.clone()).once().of_named(&opportunity::AMOUNT)
        };
        let entered = pairs(self.entered(None)).by(&stage_move::TO_STAGE);
        let left = pairs(self.leaving(None)).by(&stage_move::FROM_STAGE);
        let left = HOW_LEFT.iter().fold(left, |sums, measure| sums.mark(self.how_left(*measure)));
        let came = entered.mark(Criteria::everything()).mark_named(self.became_won());
        [(vec![Measure::Entered, Measure::BecameWon], came), (HOW_LEFT.to_vec(), left)]
    }

    /// What was won when the day was over and is told by moves alone: it was taken back since, or decided anew.
    pub(super) fn were_won(&self) -> ListPart {
        let standing = Standing::new(self.as_of, self.period.utc_offset());
        let was = stage_move::FROM_STATUS.eq(OpportunityStatus::Won);
        ListPart { amount: CountedAmount::Now, ..standing.before(was, &self.filter) }
    }

    /// Of the cohorts of all stages these opportunities, each once in a stage.
    pub(super) fn came(&self, these: Vec<Id<Opportunity>>) -> PairSums<StageMove, Opportunity> {
        let moves = self.entered(None).and(stage_move::OPPORTUNITY_ID.one_of(these));
        let pairs = Pairs::by(&stage_move::OPPORTUNITY_ID).naming(moves);
        pairs.once().of_named(&opportunity::AMOUNT).by(&stage_move::TO_STAGE)
    }

    fn became_won(&self) -> Criteria<Opportunity> {
        let won = opportunity::STATUS.eq(OpportunityStatus::Won);
        won.and(opportunity::CLOSED_ON.at_most(self.as_of))
    }

    fn entered(&self, stage: Option<&str>) -> Criteria<StageMove> {
        let until = self.period.ends().min(self.seen_until());
        let entered = stage_move::PIPELINE_ID
            .eq(self.pipeline)
            .and(stage_move::MOVED_AT.at_least(self.period.begins()))
            .and(stage_move::MOVED_AT.below(until))
            .and(stage_move::KIND.one_of(INTO_A_STAGE.iter().copied()));
        match stage {
            Some(key) => entered.and(stage_move::TO_STAGE.eq(key)),
            None => entered,
        }
    }

    /// The moves by which the cohort left a stage.
    pub(super) fn leaving(&self, stage: Option<&str>) -> Criteria<StageMove> {
        let left = stage_move::FROM_PIPELINE_ID
            .eq(self.pipeline)
            .and(self.period.has_instant(&stage_move::ENTERED_AT))
            // Whoever left did so after coming in: this leads a store to the moves by their time.
            .and(stage_move::MOVED_AT.at_least(self.period.begins()))
            .and(stage_move::MOVED_AT.below(self.seen_until()))
            .and(stage_move::KIND.one_of(INTO_A_STAGE.iter().copied()));
        match stage {
            Some(key) => left.and(stage_move::FROM_STAGE.eq(key)),
            None => left,
        }
    }

    /// Of those that left a stage, those that did it in this way.
    fn how_left(&self, measure: Measure) -> Criteria<StageMove> {
        let to = |status: OpportunityStatus| stage_move::TO_STATUS.eq(status);
        let course = |some: &[Course]| stage_move::COURSE.one_of(some.iter().copied());
        let (open, won) = (to(OpportunityStatus::Open), to(OpportunityStatus::Won));
        let stays = stage_move::PIPELINE_ID.eq(self.pipeline);
        match measure {
            Measure::Transferred => stays.not(),
            Measure::Won => stays.and(won),
            Measure::Lost => stays.and(to(OpportunityStatus::Lost)),
            Measure::Back => stays.and(course(&[Course::Back])),
            Measure::Next => stays.and(course(&[Course::Next])),
            Measure::Onward => stays.and(won.or(course(&[Course::Next, Course::Ahead]))),
            _ => stays.and(open).and(course(&[Course::Next, Course::Ahead])),
        }
    }
}

/// The measures of how a cohort left.
const HOW_LEFT: [Measure; 7] = [
    Measure::Forward,
    Measure::Back,
    Measure::Won,
    Measure::Lost,
    Measure::Transferred,
    Measure::Next,
    Measure::Onward,
];

/// The kinds of move by which an opportunity comes into a stage.
const INTO_A_STAGE: [MoveKind; 8] = [
    MoveKind::Opened,
    MoveKind::Imported,
    MoveKind::Advanced,
    MoveKind::Back,
    MoveKind::Won,
    MoveKind::Lost,
    MoveKind::Reopened,
    MoveKind::Transferred,
];

/// Both hold; nothing is asked where neither asks anything.
pub(super) fn both<E>(one: Criteria<E>, other: Criteria<E>) -> Criteria<E> {
    if one.is_everything() {
        other
    } else if other.is_everything() {
        one
    } else {
        one.and(other)
    }
}

impl Part {
    fn list(self) -> ListPart {
        match self {
            Self::Moved(pairs) => ListPart::moved(pairs.naming, pairs.named),
            Self::Were(pairs) => ListPart::were(pairs.naming, pairs.named),
            Self::Are(criteria) => ListPart::are(criteria),
            Self::WereWon(part) => part,
        }
    }
}

impl CellItem {
    /// The id of the opportunity.
    pub fn id(&self) -> Id<Opportunity> {
        self.opportunity.id
    }
}
