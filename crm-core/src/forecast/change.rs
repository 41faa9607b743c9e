use rust_decimal::Decimal;

use crate::{
    kernel::{Currency, Id, Money, text_enum},
    opportunity::{ForecastCategory, Opportunity, OpportunityStatus},
    snapshot_line::SnapshotLine,
    staff_member::StaffMember,
};

use super::{Figure, FiscalPeriod, lines::Absent};

text_enum! {
    /// What became of an opportunity between two moments. Each has one: the first of these that fits.
    pub enum ChangeKind {
        /// It was not there.
        New = "new",
        /// It was open and is won, in the period that is asked for.
        Won = "won",
        /// It counted and is lost.
        Lost = "lost",
        /// It was won or lost and is open, or won, again.
        Reopened = "reopened",
        /// It came from another owner.
        OwnerIn = "owner_in",
        /// It went to another owner.
        OwnerOut = "owner_out",
        /// It is expected in the period, and was not.
        SlippedIn = "slipped_in",
        /// It is not expected in the period any more.
        SlippedOut = "slipped_out",
        /// Its amount is in another currency.
        CurrencyChanged = "currency_changed",
        /// It is worth more.
        AmountUp = "amount_up",
        /// It is worth less.
        AmountDown = "amount_down",
        /// It counts in another category, for the same amount.
        CategoryChanged = "category_changed",
        /// It is worth the same, and another part of that is expected.
        ProbabilityChanged = "probability_changed",
        /// It was won so long before one of the moments that only the other one keeps it.
        OutOfWindow = "out_of_window",
        /// It is not there any more: in another pipeline.
        Gone = "gone",
    }
}

/// What became of an opportunity, and what that made of the figures.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastChange {
    /// Which one.
    pub opportunity_id: Id<Opportunity>,
    /// What became of it.
    pub kind: ChangeKind,
    /// What it made of the figures: where it counted before, and where it counts.
    pub differences: Vec<Difference>,
    /// How it counted before.
    pub before: Option<SnapshotLine>,
    /// How it counts.
    pub after: Option<SnapshotLine>,
}

/// By how much a figure changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In which category.
    pub category: ForecastCategory,
    /// In which currency; none of opportunities without an amount.
    pub currency: Option<Currency>,
    /// By how much.
    pub figure: Figure,
}

/// What is asked for: a period, and people.
pub(super) struct Filter<'f> {
    pub(super) period: Option<FiscalPeriod>,
    pub(super) theirs: &'f (dyn Fn(Option<Id<StaffMember>>) -> bool + Send + Sync),
}

impl Filter<'_> {
    /// What a line counts for; none where it is not asked for.
    pub(super) fn counts(&self, line: &SnapshotLine) -> Option<Difference> {
        let then = self.period.is_none_or(|p| line.month.is_some_and(|month| p.contains(month)));
        if !then || !self.is_theirs(line) {
            return None;
        }
        let part = |amount| line.splits.part_of(amount, line.owner_id, self.theirs);
        let figure = Figure { count: 1, amount: part(line.amount), weighted: part(line.weighted) };
        let currency = line.amount.map(Money::currency);
        Some(Difference { category: line.category, currency, figure })
    }

    fn is_theirs(&self, line: &SnapshotLine) -> bool {
        if line.splits.0.is_empty() {
            return (self.theirs)(line.owner_id);
        }
        line.splits.0.iter().any(|split| (self.theirs)(Some(split.staff_id)))
    }

    /// What became of an opportunity; none where nothing did that counts. `absent` says of one without a line
    /// then, or now, why it has none.
    pub(super) fn change(
        &self,
        before: Option<SnapshotLine>,
        after: Option<SnapshotLine>,
        absent: (Option<Absent>, Option<Absent>),
    ) -> Option<ForecastChange> {
        let was = before.as_ref().and_then(|line| self.counts(line));
        let is = after.as_ref().and_then(|line| self.counts(line));
        let status = |line: &Option<SnapshotLine>| line.as_ref().map(|line| line.status);
        let statuses = (status(&before), status(&after));
        let won = statuses == (Some(OpportunityStatus::Open), Some(OpportunityStatus::Won));
        let back = statuses == (Some(OpportunityStatus::Won), Some(OpportunityStatus::Open));
        let kind = match (was, is) {
            (None, None) => return None,
            (None, Some(_)) => match &before {
                None => match absent.0 {
                    Some(Absent::Lost) => ChangeKind::Reopened,
                    Some(Absent::WonBefore) if statuses.1 == Some(OpportunityStatus::Open) => {
                        ChangeKind::Reopened
                    }
                    Some(Absent::WonBefore) => ChangeKind::OutOfWindow,
                    None => ChangeKind::New,
                },
                Some(_) if won => ChangeKind::Won,
                Some(_) if back => ChangeKind::Reopened,
                Some(line) if !self.is_theirs(line) => ChangeKind::OwnerIn,
                Some(_) => ChangeKind::SlippedIn,
            },
            (Some(_), None) => match &after {
                None => match absent.1 {
                    Some(Absent::Lost) => ChangeKind::Lost,
                    Some(Absent::WonBefore) => ChangeKind::OutOfWindow,
                    None => ChangeKind::Gone,
                },
                Some(line) if !self.is_theirs(line) => ChangeKind::OwnerOut,
                Some(_) => ChangeKind::SlippedOut,
            },
            (Some(_), Some(_)) if won => ChangeKind::Won,
            (Some(_), Some(_)) if back => ChangeKind::Reopened,
            (Some(was), Some(is)) => revised(was, is)?,
        };
        let taken = was.map(|was| Difference { figure: was.figure.negative(), ..was });
        let differences = match (taken, is) {
            (Some(was), Some(is)) if (was.category, was.currency) == (is.category, is.currency) => {
                let (a, b) = (is.figure, was.figure);
                let figure = Figure {
                    count: 0,
                    amount: (a.amount + b.amount).normalize(),
                    weighted: (a.weighted + b.weighted).normalize(),
                };
                vec![Difference { figure, ..is }]
            }
            (was, is) => was.into_iter().chain(is).collect(),
        };
        let id = after.as_ref().or(before.as_ref())?.opportunity_id;
        Some(ForecastChange { opportunity_id: id, kind, differences, before, after })
    }
}

/// What became of one that counted before and counts.
fn revised(was: Difference, is: Difference) -> Option<ChangeKind> {
    let more = is.figure.amount - was.figure.amount;
    if was.currency.is_some() && is.currency.is_some() && was.currency != is.currency {
        return Some(ChangeKind::CurrencyChanged);
    }
    if more != Decimal::ZERO {
        let up = more > Decimal::ZERO;
        return Some(if up { ChangeKind::AmountUp } else { ChangeKind::AmountDown });
    }
    if was.category != is.category {
        return Some(ChangeKind::CategoryChanged);
    }
    if was.currency != is.currency {
        // An amount of nothing, where there was none.
        return Some(ChangeKind::CurrencyChanged);
    }
    (was.figure.weighted != is.figure.weighted).then_some(ChangeKind::ProbabilityChanged)
}
