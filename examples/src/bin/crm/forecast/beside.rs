//! Targets and adjustments, beside the figures.

use crm_core::{
    Error,
    forecast::{Adjusted, Attainment, ForecastRequest, Period, adjustments, attainments},
    store::ReadUnit,
};
use serde_json::{Value, json};

use super::show::told;
use crate::{
    failure::Failure,
    output::{Out, percent, short},
};

pub(super) struct Beside {
    request: ForecastRequest,
    targets: Vec<Attainment>,
    adjusted: Vec<Adjusted>,
    /// Which rate is missing, where targets are in a currency that none leads to.
    lacking: Option<String>,
}

impl Beside {
    pub(super) async fn find(
        unit: &mut dyn ReadUnit,
        request: &ForecastRequest,
    ) -> Result<Self, Failure> {
        let mut beside = Self {
            request: request.clone(),
            targets: Vec::new(),
            adjusted: Vec::new(),
            lacking: None,
        };
        let (as_of, from, to) = (request.as_of, request.from, request.to);
        match attainments(unit, as_of, from, to).await {
            Err(error @ Error::NoRate { .. }) => beside.lacking = Some(error.to_string()),
            found => beside.targets = found?,
        }
        match adjustments(unit, as_of, from, to).await {
            Err(error @ Error::NoRate { .. }) => beside.lacking = Some(error.to_string()),
            found => beside.adjusted = found?,
        }
        Ok(beside)
    }

    fn label(&self, period: Option<Period>) -> Option<String> {
        period.map(|period| period.label(self.request.fiscal_year))
    }

    pub(super) fn targets_json(&self) -> Value {
        let targets = self.targets.iter().map(|one| {
            let decimal = |amount| told_plain(amount, one.target.amount.currency());
            let six = |share: Option<rust_decimal::Decimal>| share.map(|s| format!("{s:.6}"));
            json!({
                "whose": one.target.whose(),
                "name": one.name,
                "period": self.label(one.target.period().ok()),
                "product": one.target.product_id,
                "pipeline": one.target.pipeline_id,
                "target": one.target.amount,
                "closed": decimal(one.closed),
                "commit": decimal(one.commit),
                "open": decimal(one.open),
                "attained": six(one.attained()),
                "with_commit": six(one.with_commit()),
                "gap": decimal(one.gap()),
                "coverage": six(one.coverage()),
            })
        });
        match &self.lacking {
            Some(lacking) => json!({"lacking": lacking}),
            None => targets.collect(),
        }
    }

    pub(super) fn adjustments_json(&self) -> Value {
        let adjusted = self.adjusted.iter().map(|one| {
            let said = &one.adjustment;
            json!({
                "whose": said.whose(),
                "name": one.name,
                "period": self.label(said.period().ok()),
                "category": said.category,
                "computed": told_plain(one.computed, said.amount.currency()),
                "adjusted": said.amount,
                "by": said.adjusted_by,
                "reason": said.reason,
            })
        });
        adjusted.collect()
    }

    pub(super) fn show(&self, out: Out) -> Result<(), Failure> {
        if let Some(lacking) = &self.lacking {
            out.line(format!("Targets are not shown: {lacking}."))?;
        }
        let rows = self.targets.iter().map(|one| {
            let currency = one.target.amount.currency();
            let share = |share: Option<rust_decimal::Decimal>| {
                share.map_or_else(String::new, |share| percent(&share.to_string()))
            };
            vec![
                short(one.name.as_deref().unwrap_or("the house"), 30),
                self.label(one.target.period().ok()).unwrap_or_default(),
                format!("{} {currency}", told(one.target.amount.amount(), Some(currency))),
                told(one.closed, Some(currency)),
                share(one.attained()),
                share(one.with_commit()),
                told(one.gap(), Some(currency)),
                one.coverage().map_or_else(String::new, |times| format!("{:.1} ×", times)),
            ]
        });
        let header =
            ["Target", "Period", "Amount", "Closed", "", "with commit", "Gap", "Covered by open"];
        if !self.targets.is_empty() {
            out.table(&header, 2, rows)?;
        }
        let rows = self.adjusted.iter().map(|one| {
            let said = &one.adjustment;
            let currency = said.amount.currency();
            vec![
                short(one.name.as_deref().unwrap_or("the house"), 30),
                self.label(said.period().ok()).unwrap_or_default(),
                said.category.to_string(),
                short(&said.reason, 40),
                told(one.computed, Some(currency)),
                format!("{} {currency}", told(said.amount.amount(), Some(currency))),
            ]
        });
        let header = ["Adjusted", "Period", "Category", "Why", "Computed", "Expected"];
        if self.adjusted.is_empty() { Ok(()) } else { out.table(&header, 4, rows) }
    }
}

/// With the decimals of its currency, for programs.
pub(super) fn told_plain(
    amount: rust_decimal::Decimal,
    currency: crm_core::kernel::Currency,
) -> String {
    told(amount, Some(currency)).replace(',', "")
}
