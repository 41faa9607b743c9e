use rust_decimal::Decimal;

use crate::{
    exchange_rate::CONVERSION_ROUNDING, kernel::Invalid, value::figures::too_large,
    value_run::ValueRun, value_run_line::ValueRunLine,
};

impl ValueRunLine {
    /// What serving it cost, told again from what was done for it and the rates that the run keeps: [`ValueRunLine::cost_to_serve`].
    ///
    /// # Errors
    /// [`Invalid`] where the run is another one, and for a channel without a rate.
    pub fn cost_to_serve_again(&self, run: &ValueRun) -> Result<Decimal, Invalid> {
        self.is_of(run)?;
        let (Some(service), Some(effort)) = (&run.policies.service, &self.effort) else {
            return Ok(Decimal::ZERO);
        };
        let cost = CONVERSION_ROUNDING.to_decimals(service.cost(effort)?, service.currency);
        let rate = run.totals.as_ref().and_then(|totals| totals.service_rate);
        let Some(rate) = rate.filter(|_| !cost.is_zero()) else { return Ok(cost.normalize()) };
        let part = cost.checked_mul(rate.price).and_then(|all| all.checked_div(rate.per.into()));
        Ok(CONVERSION_ROUNDING.to_decimals(part.ok_or_else(too_large)?, run.currency).normalize())
    }

    /// What the model of the run expects of it, told again from what was known of its purchases and the parameters that the
    /// run keeps: [`ValueRunLine::expected`]. Where the host said what it expects, that is all there is to tell.
    ///
    /// # Errors
    /// [`Invalid`] where the run is another one, and for an amount beyond 28 digits.
    pub fn expected_again(&self, run: &ValueRun) -> Result<Option<Decimal>, Invalid> {
        self.is_of(run)?;
        let fitted = run.totals.as_ref().and_then(|totals| totals.lifetime.as_ref());
        match (fitted, &run.policies.lifetime, &self.history) {
            (Some(fitted), Some(policy), Some(history)) => {
                fitted.expects(history, policy, run.currency)
            }
            (Some(_), Some(_), None) => Ok(None),
            _ => Ok(self.expected),
        }
    }

    pub(super) fn is_of(&self, run: &ValueRun) -> Result<(), Invalid> {
        if self.run_id == run.id {
            return Ok(());
        }
        Err(Invalid::field::<Self>("run_id", format!("it is not of run {}", run.id)))
    }
}
