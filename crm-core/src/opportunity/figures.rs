//! What reports add up, kept with each opportunity so that a store only sums: it follows from the
//! record and its moves, and is set before every write.

use chrono::NaiveDate;

use crate::kernel::{
    Field, FieldType, Money, Rounding, Row, RowError, Timestamp, Value, first_of_month,
};

use super::{ForecastCategory, Opportunity, OpportunityStatus};

/// How [`WEIGHTED`] is rounded to the currency's decimals, each opportunity by itself: so the sum of
/// any is what its opportunities show.
pub const WEIGHTED_ROUNDING: Rounding = Rounding::HalfUp;

/// What follows from an opportunity and its moves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) weighted: Option<Money>,
    pub(super) forecast_month: Option<NaiveDate>,
    pub(super) cycle_days: Option<i64>,
    pub(super) moved_at: Option<Timestamp>,
    pub(super) shared: bool,
    pub(super) itemised: bool,
    pub(super) counts_as: Option<ForecastCategory>,
}

/// What a forecast expects of it: the amount times the probability while it is open, rounded by
/// [`WEIGHTED_ROUNDING`]; all of it once it is won, nothing once it is lost. Empty without an amount, and while it is open
/// without a probability.
pub static WEIGHTED: Field<Opportunity, Money> =
    Field::optional("weighted", |o: &Opportunity| Value::opt(o.figures.weighted)).derived();
/// The first day of the month it counts in: in which it was decided, or else is expected to be.
pub static FORECAST_MONTH: Field<Opportunity, NaiveDate> =
    Field::optional("forecast_month", |o: &Opportunity| Value::opt(o.figures.forecast_month))
        .derived();
/// How many days it took from the day it began to the day it was decided.
pub static CYCLE_DAYS: Field<Opportunity, i64> =
    Field::optional("cycle_days", |o: &Opportunity| Value::opt(o.figures.cycle_days)).derived();
/// When its last move was, of any kind: since when it is as it is. A move that is dated before the one that came
/// before it holds from that one on.
pub static MOVED_AT: Field<Opportunity, Timestamp> =
    Field::optional("moved_at", |o: &Opportunity| Value::opt(o.figures.moved_at)).derived();
/// Whether it has co-owners ([`super::SPLITS`]).
pub static SHARED: Field<Opportunity, bool> =
    Field::new("shared", |o: &Opportunity| o.figures.shared.into_value()).derived();
/// Whether it has lines ([`super::LINES`]).
pub static ITEMISED: Field<Opportunity, bool> =
    Field::new("itemised", |o: &Opportunity| o.figures.itemised.into_value()).derived();

/// The forecast category it counts in: closed when it is won; while it is open, its own ([`super::FORECAST_CATEGORY`]) or
/// else the one its stage had when it came there. An open one that calls itself `closed` is what its stage said. Empty
/// when it is lost: that counts nowhere.
pub static COUNTS_AS: Field<Opportunity, ForecastCategory> =
    Field::optional("counts_as", |o: &Opportunity| Value::opt(o.figures.counts_as)).derived();

impl Figures {
    pub(super) fn load(row: &mut Row<'_, Opportunity>) -> Result<Self, RowError> {
        Ok(Self {
            weighted: row.opt(&WEIGHTED)?,
            forecast_month: row.opt(&FORECAST_MONTH)?,
            cycle_days: row.opt(&CYCLE_DAYS)?,
            moved_at: row.opt(&MOVED_AT)?,
            shared: row.take(&SHARED)?,
            itemised: row.take(&ITEMISED)?,
            counts_as: row.opt(&COUNTS_AS)?,
        })
    }
}

impl Opportunity {
    /// What a forecast expects of it: [`WEIGHTED`].
    pub fn weighted(&self) -> Option<Money> {
        weighted(self.state.status(), self.amount, self.probability)
    }

    /// The forecast category it counts in: [`COUNTS_AS`].
    pub fn counts_as(&self) -> Option<ForecastCategory> {
        let open = |category: &ForecastCategory| *category != ForecastCategory::Closed;
        match self.state.status() {
            OpportunityStatus::Lost => None,
            OpportunityStatus::Won => Some(ForecastCategory::Closed),
            OpportunityStatus::Open => {
                let of_stage = self.stage_category.filter(open);
                let said = self.forecast_category.filter(open).or(of_stage);
                Some(said.unwrap_or(ForecastCategory::Pipeline))
            }
        }
    }

    /// When its last move was; none where it is not stored yet.
    pub const fn moved_at(&self) -> Option<Timestamp> {
        self.figures.moved_at
    }

    /// Sets what follows from it; its last move was at this time.
    pub(super) fn figure(&mut self, moved_at: Option<Timestamp>) {
        let closed_on = self.state.closed_on();
        self.figures = Figures {
            weighted: self.weighted(),
            forecast_month: closed_on.or(self.expected_close).map(first_of_month),
            cycle_days: closed_on.zip(self.opened_on).map(|(end, start)| (end - start).num_days()),
            moved_at,
            shared: !self.splits.0.is_empty(),
            itemised: !self.lines.0.is_empty(),
            counts_as: self.counts_as(),
        };
    }
}

/// The rule of [`WEIGHTED`].
pub(super) fn weighted(
    status: OpportunityStatus,
    amount: Option<Money>,
    probability: Option<rust_decimal::Decimal>,
) -> Option<Money> {
    let amount = amount?;
    match status {
        OpportunityStatus::Won => Some(amount),
        OpportunityStatus::Lost => Some(Money::zero(amount.currency())),
        OpportunityStatus::Open => {
            let part = probability?.checked_div(rust_decimal::Decimal::ONE_HUNDRED)?;
            // The largest amount there is has no larger neighbour to be rounded to.
            let rounded = amount.times(part, WEIGHTED_ROUNDING);
            rounded.or_else(|_| amount.times(part, Rounding::Down)).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_is_the_amount_times_the_probability_until_it_is_decided() {
        for (status, amount, probability, expected) in [
            (OpportunityStatus::Open, Some("1000.00 USD"), Some("12.5"), Some("125.00 USD")),
            (OpportunityStatus::Open, Some("0.10 USD"), Some("45"), Some("0.05 USD")),
            (OpportunityStatus::Open, Some("101 JPY"), Some("50"), Some("51 JPY")),
            (OpportunityStatus::Open, Some("1000.00 USD"), None, None),
            (OpportunityStatus::Open, None, Some("50"), None),
            (OpportunityStatus::Won, Some("1000.00 USD"), Some("10"), Some("1000.00 USD")),
            (OpportunityStatus::Lost, Some("1000.00 USD"), Some("10"), Some("0 USD")),
            (
                OpportunityStatus::Open,
                Some("99999999999999.9999 USD"),
                Some("100"),
                Some("99999999999999.99 USD"),
            ),
        ] {
            let money = |text: &str| text.parse::<Money>().unwrap();
            let found =
                weighted(status, amount.map(money), probability.map(|p| p.parse().unwrap()));
            assert_eq!(found, expected.map(money), "{status} {amount:?} {probability:?}");
        }
    }
}
