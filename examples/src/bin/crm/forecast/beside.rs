//! Targets and adjustments, beside the figures.

use crm_core::{
    Error,
    forecast::{
        Adjusted, Attainment, AttainmentRequest, FiscalPeriod, ForecastRequest, adjustments,
        attainments,
    },
    store::ReadUnit,
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::{Out, percent, short, told, told_plain},
};

pub(super) struct Beside {
    request: ForecastRequest,
    targets: Vec<Attainment>,
    adjusted: Vec<Adjusted>,
    /// Which rates are missing, and so what is not told: of amounts in a currency that none leads to.
    missing: Vec<(&'static str, String)>,
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
            missing: Vec::new(),
        };
        let asked = AttainmentRequest::from(request);
        match attainments(unit, &asked).await {
            Err(error @ Error::NoRate { .. }) => {
                beside.missing.push(("targets", error.to_string()))
            }
            found => beside.targets = found?,
        }
        match adjustments(unit, &asked).await {
            Err(error @ Error::NoRate { .. }) => {
                beside.missing.push(("adjustments", error.to_string()));
            }
            found => beside.adjusted = found?,
        }
        Ok(beside)
    }

    fn label(&self, period: Option<FiscalPeriod>) -> Option<String> {
        period.map(|period| period.label(self.request.fiscal_year))
    }

    /// `targets` and `adjustments`; and `missing_rates`, where one of them is not told because a rate is missing.
    pub(super) fn add_json(&self, told: &mut Value) {
        told["targets"] = self.targets_json();
        told["adjustments"] = self.adjustments_json();
        for (what, why) in &self.missing {
            told["missing_rates"][what] = why.as_str().into();
        }
    }

    fn targets_json(&self) -> Value {
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
        targets.collect()
    }

    fn adjustments_json(&self) -> Value {
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
        for (what, why) in &self.missing {
            out.line(format!("The {what} are not shown: {why}."))?;
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
