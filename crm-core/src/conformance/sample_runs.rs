//! Samples of runs and of their lines.

use rust_decimal::Decimal;

use crate::{
    interaction::Channel,
    kernel::{Currency, Id},
    lifetime::History,
    value::{
        Basis, Cuts, Effort, Period, Standing, StandingPolicy, TierState, ValueClass, ValuePolicies,
    },
    value_run::{RunDetail, ValueRun},
    value_run_line::{FifthOf, ValueRunLine},
};

use super::{
    claim::Held,
    sample::{Make, Sample},
};

/// A run that nothing was counted for.
pub(super) fn empty_run(id: Id<ValueRun>) -> ValueRun {
    ValueRun {
        id,
        name: None,
        from_day: None,
        to_day: crate::kernel::Timestamp::MIN.date(),
        as_of: crate::kernel::Timestamp::MIN.date(),
        basis: Basis::Revenue,
        currency: Currency::EUR,
        policies: ValuePolicies::default(),
        totals: None,
        detail: RunDetail::default(),
        lines: 0,
        follows: None,
        taken_at: crate::kernel::Timestamp::MIN,
        taken_by: "anna".to_owned(),
        applies_after: None,
        applied_at: None,
    }
}

impl Sample for ValueRun {
    fn sample(make: &mut Make) -> Held<Self> {
        let (one, two) = (make.date(), make.date());
        let (from, to) = (one.min(two), one.max(two));
        let from_day = make.opt(|_| from);
        Period::up_to(to, to)?;
        let policies = ValuePolicies {
            version: make.name(),
            cuts: Cuts::Count { a: 1, b: make.count().unsigned_abs().max(2) },
            standing: StandingPolicy { dispensable_below: make.decimal(), ..Default::default() },
            ..ValuePolicies::default()
        };
        Ok(Self {
            id: make.id(),
            name: make.opt(Make::unique),
            from_day,
            to_day: to,
            as_of: to,
            basis: make.one_of(Basis::ALL),
            currency: make.currency()?,
            policies,
            totals: None,
            detail: make.one_of(RunDetail::ALL),
            lines: make.count(),
            follows: make.opt(|m| m.one_of(&m.setting.value_runs.clone())),
            taken_at: make.time(),
            taken_by: make.name(),
            applies_after: make.opt(Make::unique),
            applied_at: make.opt(Make::time),
        })
    }

    fn touch(&mut self, word: &str) {
        // Each run has a name of its own.
        self.name = Some(format!("{word} {}", self.id));
    }
}

impl Sample for ValueRunLine {
    fn sample(make: &mut Make) -> Held<Self> {
        let state = |make: &mut Make| TierState {
            tier: make.text(),
            periods_below: u32::MAX,
            periods_above: 0,
            rises_to: make.opt(Make::text),
        };
        let part = |make: &mut Make| make.opt(Make::decimal);
        let count = |make: &mut Make| make.opt(Make::count);
        Ok(Self {
            id: make.id(),
            run_id: make.one_of(&make.setting.value_runs.clone()),
            customer_id: make.one_of(&make.setting.customers.clone()),
            revenue: make.decimal(),
            returned: make.decimal(),
            cost: make.decimal(),
            cost_to_serve: Decimal::ZERO,
            effort: make.opt(effort),
            orders: make.count(),
            returns: make.count(),
            without_cost: make.count(),
            last_order: make.opt(Make::date),
            value: make.opt(Make::money).transpose()?,
            rank: count(make),
            tied: count(make),
            class: make.opt(|m| m.one_of(ValueClass::ALL)),
            share: part(make),
            cumulative_share: part(make),
            share_before: part(make),
            fifth: make.opt(|m| m.one_of(FifthOf::ALL)),
            recency: count(make),
            frequency: count(make),
            monetary: count(make),
            scale: make.opt(Make::text),
            segment: make.opt(Make::text),
            expected: part(make),
            history: make.opt(history),
            standing: make.opt(|m| m.one_of(Standing::ALL)),
            tier: make.opt(Make::text),
            tier_before: make.opt(state),
            tier_after: make.opt(state),
        })
    }

    fn touch(&mut self, word: &str) {
        self.tier = Some(word.to_owned());
    }
}

fn effort(make: &mut Make) -> Effort {
    let some = |make: &mut Make| make.count().unsigned_abs();
    Effort {
        interactions: [(make.one_of(Channel::ALL), some(make))].into(),
        minutes: some(make),
        without_minutes: 0,
        after_sales_tasks: some(make),
    }
}

fn history(make: &mut Make) -> History {
    History { frequency: u32::MAX, recency: 1, age: 2, repeat_value: make.decimal() }
}
