//! Samples of pools, helpers, handovers and changes of owner.

use std::collections::BTreeMap;

use crate::{
    customer,
    kernel::Criteria,
    ownership::{
        HandedOver, Handover, HandoverPlan, HandoverRule, Helper, MOST_DAYS, OwnerChange,
        OwnerVerb, Pool, PoolRules, RecycleRule, Share, Trace,
    },
};

use super::{
    claim::{Failure, Held},
    sample::{Extreme, Make, Sample},
};

impl Sample for Pool {
    fn sample(make: &mut Make) -> Held<Self> {
        let limit = |make: &mut Make| make.one_of(&[0, 1, 300, u32::MAX]);
        let recycling = make.several(|make| RecycleRule {
            // No other of the pool may be called so.
            name: make.id::<()>().to_string(),
            when: customer::CATEGORY.eq(make.text()),
            silent_days: make.opt(|make| make.one_of(&[1, 90, MOST_DAYS])),
            // What the rule says fits in a reason.
            ended: make.opt(|make| make.text().chars().take(100).collect()),
            without_opportunity: make.dice(2) == 0,
        });
        let zone = make.one_of(&["UTC", "Europe/Berlin", "Pacific/Kiritimati"]);
        let time_zone = zone.parse().map_err(|e: String| Failure::new(e))?;
        let masked = make.opt(|_| ["name", "phones", "tax_number", "custom"].map(str::to_owned));
        let counts = make.opt(|make| customer::INDUSTRY.eq(make.text()));
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            name: make.unique(),
            org_unit_id: make.opt(|m| m.one_of(&m.setting.org_units.clone())),
            rules: PoolRules {
                when: customer::NAME.ne(make.text()),
                cap: make.opt(limit),
                counts: counts.unwrap_or_else(Criteria::everything),
                picks_per_day: make.opt(limit),
                wait_days: make.one_of(&[0, 1, 300, MOST_DAYS]),
                protect_days: make.one_of(&[0, 1, 300, MOST_DAYS]),
                masked: masked.map(Vec::from).unwrap_or_default(),
                recycling,
                time_zone,
            },
            active: make.one_of(&[true, false]),
        })
    }

    fn touch(&mut self, word: &str) {
        self.rules.when = customer::CATEGORY.eq(word);
    }
}

impl Sample for Helper {
    fn sample(make: &mut Make) -> Held<Self> {
        let since = make.time();
        Ok(Self {
            id: make.id(),
            customer_id: make.one_of(&make.setting.customers.clone()),
            staff_id: make.one_of(&make.setting.staff.clone()),
            role: make.name(),
            since,
            until: make.opt(|_| since),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.role);
    }
}

impl Sample for Handover {
    fn sample(make: &mut Make) -> Held<Self> {
        let [from, to] = make.setting.staff;
        let rules = make.several(|make| HandoverRule {
            when: customer::CATEGORY.eq(make.text()),
            to: vec![to],
        });
        let share = Share {
            customers: make.count().unsigned_abs() / 4,
            opportunities: make.count().unsigned_abs() / 4,
            tasks: make.count().unsigned_abs() / 4,
            leads: make.count().unsigned_abs() / 8,
            helping: make.count().unsigned_abs() / 8,
        };
        Ok(Self {
            id: make.id(),
            staff_id: from,
            plan: HandoverPlan {
                rules,
                by_rules: make.one_of(&[true, false]),
                ..HandoverPlan::to(to)
            },
            reason: make.opt(Make::text),
            begun_at: make.time(),
            begun_by: make.name(),
            done: HandedOver(make.opt(|_| BTreeMap::from([(to, share)])).unwrap_or_default()),
            completed_at: None,
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.begun_by);
    }
}

impl Sample for OwnerChange {
    fn sample(make: &mut Make) -> Held<Self> {
        let which = make.dice(3);
        // A reference is of one kind of record: laws name one where there is none.
        let there = make.extreme == Extreme::Random;
        let [one, two] = make.setting.staff;
        let owner_before = make.opt(|_| one);
        let mut trace = Trace::default();
        for (at, text) in make.several(Make::text).into_iter().enumerate() {
            trace = trace.with(&at.to_string(), text);
        }
        Ok(Self {
            id: make.id(),
            customer_id: (there && which == 0)
                .then(|| make.one_of(&make.setting.customers.clone())),
            opportunity_id: (there && which == 1)
                .then(|| make.one_of(&make.setting.opportunities.clone())),
            lead_id: (there && which == 2).then(|| make.one_of(&make.setting.leads.clone())),
            task_id: None,
            owner_before,
            owner_after: Some(two).filter(|_| owner_before.is_none() || make.dice(2) == 0),
            version: make.count(),
            changed_at: make.time(),
            changed_by: make.name(),
            verb: make.one_of(OwnerVerb::ALL),
            reason: make.opt(Make::text),
            pool_id: make.opt(|m| m.one_of(&m.setting.pools.clone())),
            trace,
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.changed_by);
    }
}
