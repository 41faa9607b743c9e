use clap::Args;
use crm_core::{
    Error,
    lifetime::Model,
    value::{LifetimePolicy, RunRequest},
};
use rust_decimal::Decimal;

use crate::{
    clv::words::{Horizon, horizon},
    failure::Failure,
};

const BY_POLICY: &str = "the house's policy value_policies.lifetime asks for it (`crm settings`): --no-expect leaves it out";

/// What is to be expected of customers.
#[derive(Debug, Args)]
pub(crate) struct Expect {
    /// Says what is to be expected of each customer, and thus who is to be won, by this model of its purchases (`crm clv`):
    /// bg-nbd, mbg-nbd or pareto-nbd. [default: that of the house, value_policies.lifetime]
    #[arg(long, value_name = "MODEL")]
    expect: Option<Model>,
    /// How far to look ahead for that: 52w, or 365d. Take what --from and --to span. [default: that of the house, else 52w]
    #[arg(long, value_name = "TIME", value_parser = horizon, requires = "expect")]
    horizon: Option<Horizon>,
    /// How much of the revenue that is to be expected stays as margin or profit, in percent. [default: that of the house, else 100]
    #[arg(long, value_name = "PERCENT", requires = "expect")]
    expected_margin: Option<Decimal>,
    /// Expects nothing, whatever the policies of the house say.
    #[arg(long, conflicts_with = "expect")]
    no_expect: bool,
}

impl Expect {
    /// Asks for it, beside the policies of the request.
    pub(crate) fn of(&self, request: &mut RunRequest<'_>) -> Result<(), Failure> {
        if self.no_expect {
            request.policies.iter_mut().for_each(|policies| policies.lifetime = None);
        }
        let Some(model) = self.expect else { return Ok(()) };
        let policies = request.policies.get_or_insert_default();
        let house = policies.lifetime.take().unwrap_or_default();
        let asked = LifetimePolicy {
            model,
            horizon_days: self.horizon.map_or(house.horizon_days, |horizon| horizon.days),
            expected_margin: self.expected_margin.unwrap_or(house.expected_margin),
            ..house
        };
        asked.check().map_err(|error| Failure::Asked(error.reason))?;
        policies.lifetime = Some(asked);
        Ok(())
    }

    /// Where it is the house that expects what cannot be told: that it does, and what leaves it out.
    pub(crate) fn explained(&self, failure: Failure) -> Failure {
        let entity = match &failure {
            Failure::Core(Error::Refused(refused)) => refused.entity,
            Failure::Core(Error::Invalid(invalid)) => invalid.entity,
            _ => return failure,
        };
        match failure {
            Failure::Core(error) if self.expect.is_none() && entity.starts_with("lifetime") => {
                Failure::Hinted { error, hint: BY_POLICY }
            }
            other => other,
        }
    }
}
