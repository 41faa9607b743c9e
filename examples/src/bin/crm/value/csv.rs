use crm_core::{
    kernel::Invalid, store::ReadUnit, value::RunRequest, value_run::ValueRun,
    value_run_line::ValueRunLine,
};

use crate::{
    csv_file::{CsvFile, Target},
    failure::Failure,
    output::{Out, told_plain},
};

use super::asked;

pub(super) const HEADER: [&str; 22] = [
    "customer_id",
    "value",
    "rank",
    "tied",
    "class",
    "share_percent",
    "cumulative_share_percent",
    "fifth",
    "standing",
    "revenue",
    "returned",
    "cost",
    "cost_to_serve",
    "orders",
    "returns",
    "last_order",
    "recency",
    "frequency",
    "monetary",
    "segment",
    "tier",
    "currency",
];

/// Writes every customer of the run that is kept, or else as it would be, a page at a time.
pub(super) async fn write(
    unit: &mut dyn ReadUnit,
    request: &RunRequest<'_>,
    kept: Option<ValueRun>,
    target: Target,
    out: Out,
) -> Result<(), Failure> {
    let mut file = CsvFile::create(target, &HEADER)?;
    let mut failed = None;
    let written = asked::lines_of(unit, request, kept, |line| {
        file.row(&row(&line, request)).map_err(|error| {
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

fn row(line: &ValueRunLine, request: &RunRequest<'_>) -> [String; 22] {
    let amount = |amount| told_plain(amount, request.currency);
    let text = |text: Option<String>| text.unwrap_or_default();
    let number = |number: Option<i64>| number.map(|one| one.to_string()).unwrap_or_default();
    [
        line.customer_id.to_string(),
        text(line.value.map(|value| amount(value.amount()))),
        number(line.rank),
        number(line.tied),
        text(line.class.map(|class| class.to_string())),
        text(line.share.map(|share| share.to_string())),
        text(line.cumulative_share.map(|share| share.to_string())),
        text(line.fifth.map(|fifth| fifth.to_string())),
        text(line.standing.map(|standing| standing.to_string())),
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
        request.currency.to_string(),
    ]
}
