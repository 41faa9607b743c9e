//! Pipelines for a start.

use crate::kernel::{Criteria, Id};

use super::{
    Allowance, ForecastCategory, Need, PipelineRules, Reasons, Stage, StageKind, Stages,
    pipeline::Pipeline,
};

impl Pipeline {
    /// Prospecting, engaging, won, lost; every step is allowed.
    pub fn sales(id: Id<Self>) -> Self {
        let stages = vec![
            Stage::new("prospecting", "Prospecting", StageKind::Open, 10),
            Stage::new("engaging", "Engaging", StageKind::Open, 50),
            Stage::new("won", "Won", StageKind::Won, 100),
            Stage::new("lost", "Lost", StageKind::Lost, 0),
        ];
        Self::new(id, "Sales", Stages(stages))
    }

    /// Selling to companies: a need is known before it is qualified, there is an amount and a day before a proposal, and
    /// somebody else than the owner approves the negotiated price. Wins and losses have reasons.
    pub fn b2b(id: Id<Self>) -> Self {
        let fields = |names: &[&str]| Need::Fields(names.iter().map(|n| (*n).to_owned()).collect());
        let open = |key: &str, name: &str, probability: i64, days: u32, idle: u32| Stage {
            expected_days: Some(days),
            idle_days: Some(idle),
            needs_customer: true,
            ..Stage::new(key, name, StageKind::Open, probability)
        };
        let stages = vec![
            Stage {
                category: Some(ForecastCategory::Omitted),
                needs_customer: false,
                ..open("new", "New", 10, 14, 14)
            },
            open("qualified", "Qualified", 25, 21, 14)
                .gate("Contact known", fields(&["contact_id"])),
            open("proposal", "Proposal", 50, 21, 14)
                .gate("Spoken with them", Need::Interaction(Criteria::everything()))
                .gate("Amount and day", fields(&["amount", "expected_close"])),
            Stage {
                category: Some(ForecastCategory::BestCase),
                ..open("negotiation", "Negotiation", 75, 21, 10)
            },
            Stage {
                category: Some(ForecastCategory::Commit),
                ..open("contract", "Contract", 90, 14, 7)
            }
            .gate("Price approved", Need::Approval(Vec::new())),
            Stage::new("won", "Won", StageKind::Won, 100),
            Stage::new("lost", "Lost", StageKind::Lost, 0),
        ];
        let rules = PipelineRules {
            skip: Allowance::WithReason,
            back: Allowance::Allowed,
            reopen: Allowance::WithReason,
            win_reasons: Reasons::one_of(["price", "product", "service", "relationship", "other"]),
            loss_reasons: Reasons::one_of([
                "price",
                "product",
                "competitor",
                "no budget",
                "no decision",
                "other",
            ]),
            ..PipelineRules::default()
        };
        Self { rules, ..Self::new(id, "B2B", Stages(stages)) }
    }

    /// A tender: in the order of its steps, without skipping; a loss has a reason, and none is reopened.
    pub fn tender(id: Id<Self>) -> Self {
        let open = |key: &str, name: &str, probability: i64, days: u32, idle: u32| Stage {
            expected_days: Some(days),
            idle_days: Some(idle),
            ..Stage::new(key, name, StageKind::Open, probability)
        };
        let fields = |names: &[&str]| Need::Fields(names.iter().map(|n| (*n).to_owned()).collect());
        let stages = vec![
            open("published", "Published", 5, 7, 5),
            Stage { needs_customer: true, ..open("bidding", "Bidding", 20, 30, 10) }
                .gate("Deadline known", fields(&["expected_close"])),
            Stage { needs_customer: true, ..open("submitted", "Submitted", 35, 60, 30) }
                .gate("Priced", Need::Lines(1))
                .gate("Bid approved", Need::Approval(Vec::new())),
            Stage {
                category: Some(ForecastCategory::BestCase),
                ..open("shortlisted", "Shortlisted", 60, 30, 14)
            },
            Stage::new("won", "Awarded", StageKind::Won, 100),
            Stage::new("lost", "Lost", StageKind::Lost, 0),
        ];
        let rules = PipelineRules {
            skip: Allowance::Refused,
            back: Allowance::WithReason,
            reopen: Allowance::Refused,
            loss_reasons: Reasons::one_of([
                "price",
                "quality",
                "formal",
                "not awarded",
                "withdrawn",
            ]),
            ..PipelineRules::default()
        };
        Self { rules, ..Self::new(id, "Tender", Stages(stages)) }
    }
}
