//! Samples of exchange rates, targets, adjustments and snapshots.

use chrono::Datelike;
use rust_decimal::Decimal;

use crate::{
    exchange_rate::ExchangeRate,
    forecast::PeriodLength,
    forecast_adjustment::ForecastAdjustment,
    forecast_snapshot::{ForecastSnapshot, SnapshotTotal, SnapshotTotals},
    kernel::Money,
    opportunity::{ForecastCategory, OpportunityStatus, Split, Splits},
    snapshot_line::SnapshotLine,
    target::Target,
};

use super::{
    claim::Held,
    sample::{Extreme, Make, Sample},
};

impl Sample for ExchangeRate {
    fn sample(make: &mut Make) -> Held<Self> {
        let least = Decimal::new(1, 4);
        let most = Decimal::new(999_999_999_999_999_999, 4);
        Ok(Self {
            id: make.id(),
            from: make.one_of(&["GBP", "CHF", "IDR"]).parse()?,
            to: make.currency()?,
            date: make.date(),
            per: make.one_of(&[1, 100, 10_000, 1_000_000_000_000]),
            price: make.one_of(&[least, Decimal::ONE, Decimal::new(88_745, 4), most]),
            source: make.opt(Make::text),
        })
    }

    fn touch(&mut self, word: &str) {
        self.source = Some(word.to_owned());
    }
}

impl Sample for Target {
    fn sample(make: &mut Make) -> Held<Self> {
        let whose = make.dice(3);
        let currency = make.currency()?;
        // A reference is of a person or of a unit, not both: laws name one where there is none.
        let there = make.extreme == Extreme::Random;
        Ok(Self {
            id: make.id(),
            staff_id: (there && whose == 0).then(|| make.one_of(&make.setting.staff.clone())),
            org_unit_id: (there && whose > 0).then(|| make.one_of(&make.setting.org_units.clone())),
            start: make.date().with_day(1).unwrap_or_default(),
            length: make.one_of(PeriodLength::ALL),
            product_id: make.opt(|m| m.one_of(&m.setting.products.clone())),
            pipeline_id: make.opt(|m| m.setting.pipeline.id),
            amount: Money::new(make.decimal().abs(), currency)?,
            note: make.opt(Make::text),
        })
    }

    fn touch(&mut self, word: &str) {
        self.note = Some(word.to_owned());
    }
}

impl Sample for ForecastAdjustment {
    fn sample(make: &mut Make) -> Held<Self> {
        let whose = make.dice(3);
        // A reference is of a person or of a unit, not both: laws name one where there is none.
        let there = make.extreme == Extreme::Random;
        Ok(Self {
            id: make.id(),
            number: i64::try_from(make.dice(9)).unwrap_or(1),
            staff_id: (there && whose == 0).then(|| make.one_of(&make.setting.staff.clone())),
            org_unit_id: (there && whose > 0).then(|| make.one_of(&make.setting.org_units.clone())),
            start: make.date().with_day(1).unwrap_or_default(),
            length: make.one_of(PeriodLength::ALL),
            category: make.one_of(ForecastCategory::ALL),
            amount: make.money()?,
            adjusted_by: make.one_of(&make.setting.staff.clone()),
            adjusted_at: make.time(),
            reason: make.name(),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.reason);
    }
}

impl Sample for ForecastSnapshot {
    fn sample(make: &mut Make) -> Held<Self> {
        let totals = make.several(|make| {
            Ok(SnapshotTotal {
                month: make.opt(Make::date),
                category: make.one_of(ForecastCategory::ALL),
                currency: make.opt(Make::currency).transpose()?,
                count: make.count().unsigned_abs(),
                amount: make.decimal(),
                weighted: make.decimal(),
            })
        });
        Ok(Self {
            id: make.id(),
            day: make.date(),
            pipeline_id: make.opt(|m| m.setting.pipeline.id),
            begun_at: make.time(),
            begun_by: make.name(),
            reached: make.opt(|m| m.one_of(&m.setting.opportunities.clone())),
            lines: make.count(),
            totals: SnapshotTotals(totals.into_iter().collect::<Held<_>>()?),
            complete: false,
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.begun_by);
    }
}

impl Sample for SnapshotLine {
    fn sample(make: &mut Make) -> Held<Self> {
        let [one, two] = make.setting.staff;
        let split = |staff_id, percent| Split { staff_id, percent: Decimal::new(percent, 2) };
        let splits = make.opt(|_| Splits(vec![split(one, 7525), split(two, 2475)]));
        Ok(Self {
            id: make.id(),
            snapshot_id: make.one_of(&make.setting.snapshots.clone()),
            opportunity_id: make.one_of(&make.setting.opportunities.clone()),
            pipeline_id: make.setting.pipeline.id,
            stage: make.name(),
            status: make.one_of(OpportunityStatus::ALL),
            category: make.one_of(ForecastCategory::ALL),
            month: make.opt(Make::date),
            owner_id: make.opt(|m| m.one_of(&m.setting.staff.clone())),
            splits: splits.unwrap_or_default(),
            amount: make.opt(Make::money).transpose()?,
            weighted: make.opt(Make::money).transpose()?,
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.stage);
    }
}
