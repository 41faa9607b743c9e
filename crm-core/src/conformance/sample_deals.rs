//! Samples of pipelines, opportunities and what is kept of them.

use rust_decimal::Decimal;

use crate::{
    approval::Approval,
    kernel::{Entity, Id, Money, Timestamp},
    opportunity::{
        Allowance, Decision, ForecastCategory, Line, Lines, Need, Opportunity, OpportunityStatus,
        PipelineRules, ProbabilitySource, Reasons, Split, Splits, Stage, StageKind, Stages,
    },
    pipeline::Pipeline,
    settings::Settings,
    stage_move::{Course, MoveKind, StageMove},
};

use super::{
    case::day,
    claim::Held,
    sample::{Extreme, Make, Sample},
};

/// No store writes a sample before this day is over.
const LAST_DAY: &str = "2017-12-31";

impl Sample for Pipeline {
    fn sample(make: &mut Make) -> Held<Self> {
        let stages = [StageKind::Lost, StageKind::Open, StageKind::Won, StageKind::Open];
        let stages = stages.into_iter().map(|kind| {
            let stage = Stage::new(make.unique(), make.name(), kind, make.percent());
            let stage = Stage {
                needs_customer: make.one_of(&[false, true]),
                expected_days: make.opt(|m| u32::try_from(m.dice(400)).unwrap_or(7)),
                idle_days: make.opt(|m| u32::try_from(m.dice(400)).unwrap_or(7)),
                ..stage
            };
            match make.dice(3) {
                0 => stage.gate(make.unique(), Need::Lines(2)),
                1 => stage.gate(make.unique(), Need::Approval(make.setting.staff.to_vec())),
                _ => stage.gate(make.unique(), Need::Fields(vec!["amount".to_owned()])),
            }
        });
        let stages = Stages(stages.collect());
        let rules = PipelineRules {
            back: make.one_of(Allowance::ALL),
            reopen: make.one_of(Allowance::ALL),
            loss_reasons: Reasons::one_of(["price", "другое"]),
            overriders: make.setting.staff.to_vec(),
            ..PipelineRules::default()
        };
        Ok(Self {
            id: make.id(),
            external_id: make.opt(Make::unique),
            name: make.unique(),
            stages,
            rules,
            active: make.one_of(&[false, true]),
        })
    }

    fn touch(&mut self, word: &str) {
        for stage in &mut self.stages.0 {
            word.clone_into(&mut stage.name);
        }
    }
}

impl Sample for Opportunity {
    fn sample(make: &mut Make) -> Held<Self> {
        let pipeline = make.setting.pipeline.clone();
        let mut sample = Self::open(make.id(), make.name(), &pipeline)?;
        sample.external_id = make.opt(Make::unique);
        sample.customer_id = make.opt(|m| m.one_of(&m.setting.customers.clone()));
        sample.contact_id = make.opt(|m| m.one_of(&m.setting.contacts.clone()));
        sample.product_id = make.opt(|m| m.one_of(&m.setting.products.clone()));
        sample.owner_id = make.opt(|m| m.one_of(&m.setting.staff.clone()));
        sample.amount = make.opt(Make::money).transpose()?;
        sample.lines = lines(make)?;
        sample.splits = splits(make);
        sample.forecast_category = make.opt(|m| m.one_of(ForecastCategory::ALL));
        sample.expected_close = make.opt(Make::date);
        sample.source = make.opt(Make::text);
        sample.next_step = make.opt(Make::text);
        sample.tags = make.tags();
        sample.custom = make.custom();
        sample.notes = make.opt(Make::long_text);
        // What is decided was so by the time it is written, however late that day may be.
        let (on, reason) = (Some(make.date().min(day(LAST_DAY)?)), make.opt(Make::text));
        let from = make.opt(|_| "prospecting".to_owned());
        let competitor = make.opt(Make::text);
        let none = Decision::default();
        let (stage, decision) = match make.one_of(OpportunityStatus::ALL) {
            OpportunityStatus::Won if sample.customer_id.is_some() => {
                ("won", Decision { on, reason, ..none })
            }
            OpportunityStatus::Lost => ("lost", Decision { on, reason, competitor, from }),
            _ if make.dice(2) == 0 => ("engaging", none),
            _ => ("prospecting", none),
        };
        // One step, so that a record made of its fields alone settles in the same way.
        sample.opened_on = None;
        sample = sample.imported(&pipeline, stage, decision)?;
        let closed = sample.state().closed_on();
        let began = make.opt(Make::date);
        sample.opened_on = began.map(|began| closed.map_or(began, |closed| began.min(closed)));
        sample.probability_source = make.one_of(ProbabilitySource::ALL);
        sample.probability = make.opt(Make::percent);
        // As a store settles it.
        let at = make.time();
        sample = sample.taken_at(at);
        let written = at.max(Timestamp::start_of(day(LAST_DAY)?)?);
        sample.settle(None, &Settings::standard(Id::new(uuid::Uuid::nil())), written)?;
        Ok(sample)
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for StageMove {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            opportunity_id: make.one_of(&make.setting.opportunities.clone()),
            number: i64::try_from(make.dice(9)).unwrap_or(1),
            kind: make.one_of(MoveKind::ALL),
            from_pipeline_id: make.opt(|m| m.setting.pipeline.id),
            pipeline_id: make.setting.pipeline.id,
            from_stage: make.opt(Make::text),
            to_stage: make.name(),
            from_status: make.opt(|m| m.one_of(OpportunityStatus::ALL)),
            to_status: make.one_of(OpportunityStatus::ALL),
            amount_before: make.opt(Make::money).transpose()?,
            amount_after: make.opt(Make::money).transpose()?,
            probability_before: make.opt(Make::decimal),
            probability_after: make.opt(Make::percent),
            expected_close_before: make.opt(Make::date),
            expected_close_after: make.opt(Make::date),
            owner_before: make.opt(|m| m.one_of(&m.setting.staff.clone())),
            owner_after: make.opt(|m| m.one_of(&m.setting.staff.clone())),
            moved_at: make.time(),
            moved_by: make.name(),
            reason: make.opt(Make::text),
            waived: make.tags(),
            waived_by: make.opt(|m| m.one_of(&m.setting.staff.clone())),
            customer_id: make.opt(|m| m.one_of(&m.setting.customers.clone())),
            category_before: make.opt(|m| m.one_of(ForecastCategory::ALL)),
            category_after: make.opt(|m| m.one_of(ForecastCategory::ALL)),
            weighted_before: make.opt(Make::money).transpose()?,
            since: make.opt(Make::time),
            entered_at: make.opt(Make::time),
            stayed_days: make.opt(Make::count),
            slipped_days: make.opt(Make::count),
            probability_source_before: make.opt(|m| m.one_of(ProbabilitySource::ALL)),
            probability_source_after: make.opt(|m| m.one_of(ProbabilitySource::ALL)),
            course: make.opt(|m| m.one_of(Course::ALL)),
        })
    }

    fn touch(&mut self, word: &str) {
        self.reason = Some(word.to_owned());
    }
}

impl Sample for Approval {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            opportunity_id: make.one_of(&make.setting.opportunities.clone()),
            number: i64::try_from(make.dice(9)).unwrap_or(1),
            gate: make.name(),
            granted: make.one_of(&[false, true]),
            amount: make.opt(Make::money).transpose()?,
            decided_by: make.one_of(&make.setting.staff.clone()),
            decided_at: make.time(),
            note: make.opt(Make::text),
        })
    }

    fn touch(&mut self, word: &str) {
        self.note = Some(word.to_owned());
    }
}

fn lines(make: &mut Make) -> Held<Lines> {
    let currency = make.currency()?;
    let lines = make.several(|make| {
        let price = Money::new(make.percent(), currency)?;
        let mut line = Line::new(make.name(), make.percent(), price);
        line.product_id = make.opt(|m| m.one_of(&m.setting.products.clone()));
        line.discount = make.percent();
        line.tax_rate = make.percent();
        Ok(line)
    });
    Ok(Lines(lines.into_iter().collect::<Held<_>>()?))
}

fn splits(make: &mut Make) -> Splits {
    let [one, two] = make.setting.staff;
    if make.extreme == Extreme::Bare || make.dice(3) == 0 {
        return Splits::default();
    }
    Splits(vec![
        Split { staff_id: one, percent: Decimal::new(7525, 2) },
        Split { staff_id: two, percent: Decimal::new(2475, 2) },
    ])
}
