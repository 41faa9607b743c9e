use crm_core::{
    kernel::Invalid, store::ReadUnit, value::RunRequest, value_run::ValueRun,
    value_run_line::ValueRunLine,
};

use crate::{
    csv_file::{CsvFile, Target},
    failure::Failure,
    find,
    output::{Out, told_plain},
};

use super::{Told, asked};

pub(super) const HEADER: [&str; 26] = [
    "customer_id",
    "external_id",
    "name",
    "value",
    "rank",
    "tied",
    "class",
    "share_percent",
    "cumulative_share_percent",
    "fifth",
    "standing",
    "expected",
    "revenue",
    "returned",
    "cost",
    "cost_to_serve",
    "orders",
    "returns",
    "last_order",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "segment",
    "tier",
    "currency",
    "reason",
];

/// Writes every customer of the run that is kept, or else as it would be, a page at a time; of customers, only what they are called is in
/// memory.
pub(super) async fn write(
    unit: &mut dyn ReadUnit,
    request: &RunRequest<'_>,
    told: &Told,
    target: Target,
    out: Out,
) -> Result<(), Failure> {
    let called = find::called(unit).await?;
    let mut file = CsvFile::create(target, &HEADER)?;
    let mut failed = None;
    let kept = told.saved.then(|| told.run.clone());
    let written = asked::lines_of(unit, request, kept, |line| {
        let row = row(&line, &told.run, called.get(&line.customer_id))?;
        file.row(&row).map_err(|error| {
            failed = Some(error);
            Invalid::new("csv", "row", "it cannot be written").into()
        })
    });
    let written = written.await;
    if let Some(error) = failed {
        return Err(error);
    }
    written?;
    file.finish("customer is", "customers are", out)
}

fn row(
    line: &ValueRunLine,
    run: &ValueRun,
    called: Option<&(String, String)>,
) -> Result<[String; 26], crm_core::Error> {
    let amount = |amount| told_plain(amount, run.currency);
    let text = |text: Option<String>| text.unwrap_or_default();
    let number = |number: Option<i64>| number.map(|one| one.to_string()).unwrap_or_default();
    let (external_id, name) = called.cloned().unwrap_or_default();
    let reasons = line.reasons(run)?;
    let reasons = [reasons.class, reasons.standing, reasons.tier];
    let reasons: Vec<_> = reasons.into_iter().flatten().collect();
    Ok([
        line.customer_id.to_string(),
        external_id,
        name,
        text(line.value.map(|value| amount(value.amount()))),
        number(line.rank),
        number(line.tied),
        text(line.class.map(|class| class.to_string())),
        text(line.share.map(|share| share.to_string())),
        text(line.cumulative_share.map(|share| share.to_string())),
        text(line.fifth.map(|fifth| fifth.to_string())),
        text(line.standing.map(|standing| standing.to_string())),
        text(line.expected.map(amount)),
        amount(line.revenue),
        amount(line.returned),
        amount(line.cost),
        amount(line.cost_to_serve),
        line.orders.to_string(),
        line.returns.to_string(),
        text(line.last_order.map(|day| day.to_string())),
        number(line.recency),
        number(line.frequency),
        number(line.monetary),
        text(line.segment.clone()),
        text(line.tier.clone()),
        run.currency.to_string(),
        reasons.join(" "),
    ])
}
