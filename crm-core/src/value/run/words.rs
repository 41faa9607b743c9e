use serde::Serialize;

use crate::{
    kernel::{Currency, Invalid, Money, amount_text},
    value::{
        Effort, Figures, ParetoRow, Profit, Standings, Summary, pareto::many, rfm::Told,
        units::to_units,
    },
    value_run::ValueRun,
    value_run_line::ValueRunLine,
};

use super::judge::tier_figures;

/// Why a customer was judged as a run says, in words: all of it from what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunReasons {
    /// How what it brought comes about.
    pub value: Option<String>,
    /// What was done for it; none where that does not count, or nothing was.
    pub service: Option<String>,
    /// Why it is in its class.
    pub class: Option<String>,
    /// What its scores and its segment come from.
    pub segment: Option<String>,
    /// What the model of the run expects of it, and from what.
    pub expected: Option<String>,
    /// Why it is important, to be won, ordinary or dispensable.
    pub standing: Option<String>,
    /// Why it is in its tier.
    pub tier: Option<String>,
}

impl ValueRunLine {
    /// Why it was judged so, by the run that the line is of.
    ///
    /// # Errors
    /// [`Invalid`] where the run is another one, or is not complete.
    pub fn reasons(&self, run: &ValueRun) -> Result<RunReasons, Invalid> {
        self.is_of(run)?;
        let Some(totals) = &run.totals else {
            return Err(Invalid::field::<ValueRun>("totals", "the run is not complete"));
        };
        let (policies, currency) = (&run.policies, run.currency);
        let mut reasons = RunReasons::default();
        if let Some(value) = self.value {
            let units = to_units(value.amount())?;
            let profit = Profit::of(self.figures(), self.cost_to_serve, currency)?;
            reasons.value = Some(profit.reason());
            reasons.class = self.class_reason(value, &totals.summary, currency);
            let least = to_units(totals.least_important)?;
            let house = Standings::with_least(policies.standing.clone(), currency, least);
            reasons.standing = Some(house.judge(units, self.expected).reason);
        }
        reasons.service = self.effort.as_ref().and_then(Effort::in_words);
        reasons.expected = self.expected_reason(run);
        reasons.segment = self.segment_reason(run)?;
        reasons.tier = self.tier_reason(run)?;
        Ok(reasons)
    }

    /// Why it is in its tier.
    pub(super) fn tier_reason(&self, run: &ValueRun) -> Result<Option<String>, Invalid> {
        let (Some(policy), Some(_)) = (&run.policies.tiers, &self.tier) else { return Ok(None) };
        let figures = tier_figures(self, run.currency);
        Ok(Some(policy.decide(self.tier_before.as_ref(), &figures)?.reason))
    }

    /// What its transactions add up to. Payments are not among them.
    pub fn figures(&self) -> Figures {
        Figures {
            revenue: self.revenue,
            returned: self.returned,
            cost: self.cost,
            orders: self.orders,
            returns: self.returns,
            transactions: self.orders + self.returns,
            without_cost: self.without_cost,
        }
    }

    fn class_reason(&self, value: Money, summary: &Summary, currency: Currency) -> Option<String> {
        let count = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok());
        let part = |percent: Option<rust_decimal::Decimal>| {
            percent.map(|percent| (percent / rust_decimal::Decimal::ONE_HUNDRED).normalize())
        };
        let row = ParetoRow {
            customer: &self.customer_id,
            value: value.amount(),
            class: self.class?,
            rank: count(self.rank)?,
            tied: count(self.tied)?,
            share: part(self.share),
            cumulative_share: part(self.cumulative_share),
            share_before: part(self.share_before),
            reason: String::new(),
        };
        Some(row.in_words(summary, currency))
    }

    fn expected_reason(&self, run: &ValueRun) -> Option<String> {
        let (policy, history) = (run.policies.lifetime.as_ref()?, self.history.as_ref()?);
        let currency = run.currency;
        let amount = |amount| format!("{} {currency}", amount_text(amount, currency));
        let ago = |days: u32| many(days.into(), "day ago", "days ago");
        let since = ago(history.age);
        let bought = match history.frequency {
            0 => format!("it bought once, {since}, and did not come back"),
            times => format!(
                "it bought first {since} and came back {}, last {}, for {} in all",
                many(times.into(), "time", "times"),
                ago(history.age.saturating_sub(history.recency)),
                amount(history.repeat_value),
            ),
        };
        let days = many(policy.horizon_days.into(), "day", "days");
        let expected = self.expected.map_or_else(
            || "it is not known what to expect of it".to_owned(),
            |expected| format!("{} are expected of it", amount(expected)),
        );
        Some(format!("{expected} in {days}, by {}: {bought}.", policy.model))
    }

    fn segment_reason(&self, run: &ValueRun) -> Result<Option<String>, Invalid> {
        let scores = tier_figures(self, run.currency).scores;
        let (Some(last), Some(scores), Some(segment), Some(value)) =
            (self.last_order, scores, self.segment.as_deref(), self.value)
        else {
            return Ok(None);
        };
        let told = Told {
            days: u32::try_from((run.as_of - last).num_days()).unwrap_or_default(),
            frequency: u64::try_from(self.orders).unwrap_or_default(),
            monetary: to_units(value.amount())?,
            scores,
            scale: self.scale.as_deref(),
            segment,
        };
        Ok(Some(told.reason(run.currency)))
    }
}
