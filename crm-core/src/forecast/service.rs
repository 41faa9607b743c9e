use chrono::NaiveDate;

use crate::{
    forecast_adjustment::{self, ForecastAdjustment},
    forecast_snapshot::ForecastSnapshot,
    kernel::{Error, Id, Invalid, Money, Result, Stored},
    opportunity::ForecastCategory,
    pipeline::Pipeline,
    staff_member::StaffMember,
    store::{Append, Read, Repository, UnitOfWork, ensure, every},
    target::Target,
};

use super::{FiscalPeriod, FiscalYear, Whose, take};

/// The verbs on targets, adjustments and snapshots of the forecast, within a unit of work.
pub struct Forecasts<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Forecasts<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Sets a target: a new one, or in place of the one for the same people, period, product and pipeline,
    /// which the change log keeps.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is negative, or its period does not begin when one of the house does;
    /// [`Error::Missing`] when it is of nobody who is there, [`Error::Conflict`] when somebody else sets it too.
    pub async fn set_target(
        &mut self,
        mut target: Target,
        fiscal: FiscalYear,
    ) -> Result<Stored<Target>> {
        let period = target.period()?;
        if fiscal.period_of(period.start(), period.length()) != period {
            let first = fiscal.period_of(period.start(), period.length()).start();
            let reason = format!(
                "{} is not the first day of a {} of the house, {first} is",
                period.start(),
                period.length()
            );
            return Err(Invalid::field::<Target>("start", reason).into());
        }
        target.id = target.id_of(self.work.scope().tenant);
        let id = target.id;
        match Read::<Target>::get(self.work, id).await? {
            Some(stored) => Repository::update(self.work, stored.edit(|one| *one = target)).await,
            None => match Append::insert(self.work, target).await {
                Err(Error::Duplicate { field: "id", .. }) => Err(Error::conflict(id, None)),
                inserted => inserted,
            },
        }
    }

    /// Says what is expected of somebody in a period and a category, instead of the computed figure, and why. It replaces what was
    /// said before; that is kept. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a reason, [`Error::Missing`] when somebody who is named is not there,
    /// [`Error::Duplicate`] when the id is taken by another one.
    #[expect(clippy::too_many_arguments, reason = "each is a part of what is said")]
    pub async fn adjust(
        &mut self,
        id: Id<ForecastAdjustment>,
        whose: Whose,
        period: FiscalPeriod,
        category: ForecastCategory,
        amount: Money,
        by: Id<StaffMember>,
        reason: String,
    ) -> Result<Stored<ForecastAdjustment>> {
        let (staff_id, org_unit_id) = whose.ids();
        let known = Read::<ForecastAdjustment>::get(self.work, id).await?;
        let (number, adjusted_at) = match &known {
            Some(first) => (first.number, first.adjusted_at),
            None => (self.adjusted(whose, period, category).await? + 1, self.work.now()),
        };
        let adjustment = ForecastAdjustment {
            id,
            number,
            staff_id,
            org_unit_id,
            start: period.start(),
            length: period.length(),
            category,
            amount,
            adjusted_by: by,
            adjusted_at,
            reason,
        };
        ensure(self.work, adjustment).await
    }

    /// How often a figure was adjusted.
    async fn adjusted(
        &mut self,
        whose: Whose,
        period: FiscalPeriod,
        category: ForecastCategory,
    ) -> Result<i64> {
        let (staff, org_unit) = whose.ids();
        let mut same = forecast_adjustment::START
            .eq(period.start())
            .and(forecast_adjustment::LENGTH.eq(period.length()))
            .and(forecast_adjustment::CATEGORY.eq(category));
        same = match staff {
            Some(id) => same.and(forecast_adjustment::STAFF_ID.eq(id)),
            None => same.and(forecast_adjustment::STAFF_ID.is_empty()),
        };
        same = match org_unit {
            Some(id) => same.and(forecast_adjustment::ORG_UNIT_ID.eq(id)),
            None => same.and(forecast_adjustment::ORG_UNIT_ID.is_empty()),
        };
        let mut last = 0;
        every::<ForecastAdjustment, _>(self.work, same.query(), |one| {
            last = last.max(one.number);
            Ok(())
        })
        .await?;
        Ok(last)
    }

    /// Goes on with the snapshot of a day, of a pipeline or of all, by some thousand opportunities; begins it where there is none.
    /// Once it is complete it answers with it. Of two who take it at once the second goes on where the first ends.
    /// [`super::take_snapshot`] does all of it, each step in a unit of its own.
    ///
    /// It shows how things stood at the end of the day, in UTC, as far as they have happened: take it when the day
    /// is over.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such pipeline, [`Error::Invalid`] for a day that no store can keep.
    pub async fn take(
        &mut self,
        day: NaiveDate,
        pipeline: Option<Id<Pipeline>>,
    ) -> Result<Stored<ForecastSnapshot>> {
        take::step(self.work, day, pipeline).await
    }
}
