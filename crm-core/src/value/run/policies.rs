use serde::{Deserialize, Serialize};

use super::LifetimePolicy;
use crate::{
    kernel::Invalid,
    value::{Cuts, RfmPolicy, ServiceRates, StandingPolicy, TierPolicy, ValueClass, ValuePlan},
};

/// The policies of a house by which a run judges its customers: as data. A run keeps those it was taken by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValuePolicies {
    /// What the house calls this version of them: whoever changes a policy changes it too.
    pub version: String,
    /// Where the classes A and B end.
    pub cuts: Cuts,
    /// Who is important, who is to be won, who is dispensable.
    pub standing: StandingPolicy,
    /// How customers are scored by recency, frequency and monetary value.
    pub rfm: RfmPolicy,
    /// What serving a customer costs; without it, profit counts that as nothing, and says so.
    pub service: Option<ServiceRates>,
    /// By which model a run says what is to be expected of customers, and thus who is to be won; without it, nobody is but by what a
    /// host itself expects ([`crate::value::RunRequest::expected`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<LifetimePolicy>,
    /// Which tier customers are in; without it, there are no tiers.
    pub tiers: Option<TierPolicy>,
    /// What is planned for the classes ([`crate::value_run::ValueRun::against_plan`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_plan: Option<ValuePlan<ValueClass>>,
    /// What is planned for the tiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_plan: Option<ValuePlan<String>>,
}
crate::settings::as_json!(ValuePolicies);

impl Default for ValuePolicies {
    /// The usual cuts, segments and standings, called `standard`; no service rates, nothing expected and no tiers.
    fn default() -> Self {
        Self {
            version: "standard".to_owned(),
            cuts: Cuts::default(),
            standing: StandingPolicy::default(),
            rfm: RfmPolicy::default(),
            service: None,
            lifetime: None,
            tiers: None,
            class_plan: None,
            tier_plan: None,
        }
    }
}

impl ValuePolicies {
    /// Whether they can be.
    ///
    /// # Errors
    /// [`Invalid`] names the policy and the field.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.version.trim().is_empty() {
            return Err(Invalid::new("value_policies", "version", "it has a name"));
        }
        self.cuts.check()?;
        self.standing.check()?;
        self.rfm.check()?;
        self.service.as_ref().map_or(Ok(()), ServiceRates::check)?;
        self.lifetime.as_ref().map_or(Ok(()), LifetimePolicy::check)?;
        self.tiers.as_ref().map_or(Ok(()), TierPolicy::check)?;
        if let Some(plan) = &self.class_plan {
            plan.check(ValueClass::ALL, plan.currency)?;
        }
        if let Some(plan) = &self.tier_plan {
            let tiers = self.tiers.iter().flat_map(|policy| &policy.tiers);
            let tiers: Vec<_> = tiers.map(|tier| tier.name.clone()).collect();
            plan.check(&tiers, plan.currency)?;
        }
        Ok(())
    }
}
