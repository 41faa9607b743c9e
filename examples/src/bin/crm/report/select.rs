use chrono::{FixedOffset, NaiveDate};
use clap::Args;
use crm_core::{
    kernel::Criteria,
    opportunity::{self, Opportunity},
    pipeline_report::{Period, PeriodQuestion, owned_by_team},
    store::ReadUnit,
};

use crate::{
    failure::Failure,
    find,
    when::{day, now, offset},
};

/// Which opportunities.
#[derive(Debug, Args)]
pub(crate) struct SelectOf {
    /// Of this pipeline, by name.
    #[arg(long, value_name = "NAME")]
    pub(crate) pipeline: Option<String>,
    /// Only what this colleague owns now: an id, an external id or a name.
    #[arg(long, value_name = "STAFF")]
    owner: Option<String>,
    /// Only what is owned in this org unit, or in one below it.
    #[arg(long, value_name = "UNIT")]
    team: Option<String>,
    /// Only of this product.
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,
    /// Only opportunities of which this holds, such as {"field":"source","value":"fair"}.
    #[arg(long = "where", value_name = "JSON")]
    criteria: Option<String>,
}

impl SelectOf {
    /// Whether it asks for something beside the pipeline.
    pub(crate) const fn asks(&self) -> bool {
        self.owner.is_some()
            || self.team.is_some()
            || self.product.is_some()
            || self.criteria.is_some()
    }

    /// What it asks for beside the pipeline.
    pub(crate) async fn filter(
        &self,
        unit: &mut dyn ReadUnit,
    ) -> Result<Criteria<Opportunity>, Failure> {
        let mut all = Vec::new();
        if let Some(text) = &self.owner {
            all.push(opportunity::OWNER_ID.eq(find::staff(unit, text).await?.id));
        }
        if let Some(text) = &self.team {
            let team = find::org_unit(unit, text).await?.id;
            all.push(owned_by_team(unit, team).await?);
        }
        if let Some(text) = &self.product {
            all.push(opportunity::PRODUCT_ID.eq(find::product(unit, text).await?.id));
        }
        if let Some(text) = &self.criteria {
            all.push(Criteria::from_json(&serde_json::from_str(text).map_err(Failure::Json)?)?);
        }
        Ok(Criteria::All(all))
    }

    /// All that it asks for.
    pub(crate) async fn criteria(
        &self,
        unit: &mut dyn ReadUnit,
    ) -> Result<Criteria<Opportunity>, Failure> {
        let filter = self.filter(unit).await?;
        Ok(match &self.pipeline {
            Some(name) => {
                filter.and(opportunity::PIPELINE_ID.eq(find::pipeline(unit, Some(name)).await?.id))
            }
            None => filter,
        })
    }
}

/// Which days.
#[derive(Debug, Args)]
pub(crate) struct PeriodOf {
    /// The first day. [default: the first of all]
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<NaiveDate>,
    /// The first day that does not count any more. [default: tomorrow]
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<NaiveDate>,
    /// As it stood when this day was over: what happened later does not count. [default: the last day of the period, or
    /// today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<NaiveDate>,
    /// How far the clocks of the house are ahead of UTC, such as +08:00.
    #[arg(long, value_name = "OFFSET", default_value = "+00:00", allow_hyphen_values = true, value_parser = offset)]
    utc_offset: FixedOffset,
}

impl PeriodOf {
    /// Whether days are named.
    pub(crate) const fn asks(&self) -> bool {
        self.from.is_some() || self.to.is_some() || self.as_of.is_some()
    }

    /// These days; up to the one as of which is asked, or today, where no end is named.
    pub(crate) fn period(&self) -> Result<Period, Failure> {
        let last = self.as_of.unwrap_or_else(|| self.today());
        let from = self.from.unwrap_or(NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default());
        let to = self.to.or_else(|| last.succ_opt()).unwrap_or(last);
        Ok(Period::new(from, to, self.utc_offset).map_err(crm_core::Error::from)?)
    }

    /// The day as of which is asked; the last one of the period, where an end is named, else today.
    pub(crate) fn as_of(&self) -> NaiveDate {
        let last = || self.to.and_then(|to| to.pred_opt()).unwrap_or_else(|| self.today());
        self.as_of.unwrap_or_else(last)
    }

    /// What is asked in these days.
    pub(crate) fn question(
        &self,
        filter: Criteria<Opportunity>,
    ) -> Result<PeriodQuestion, Failure> {
        Ok(PeriodQuestion::new(self.period()?).as_of(self.as_of()).filter(filter))
    }

    fn today(&self) -> NaiveDate {
        now().to_datetime().with_timezone(&self.utc_offset).date_naive()
    }
}
