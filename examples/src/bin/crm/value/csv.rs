use std::io;

use crm_core::{
    kernel::{Invalid, Scope},
    store::Store,
    value::{RunRequest, preview_run},
    value_run_line::ValueRunLine,
};

use crate::{failure::Failure, output::told_plain};

const HEADER: [&str; 22] = [
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

/// Every customer, a page at a time.
pub(super) async fn write(
    store: &dyn Store,
    scope: &Scope,
    request: &RunRequest<'_>,
) -> Result<(), Failure> {
    let mut to = csv::Writer::from_writer(io::stdout());
    let mut failed = None;
    to.write_record(HEADER).map_err(broken)?;
    let unit = &mut *store.read(scope.clone()).await?;
    let written = preview_run(unit, request, |lines| {
        for line in lines {
            if let Err(error) = to.write_record(row(&line, request)) {
                failed = Some(error);
                return Err(Invalid::new("csv", "row", "it cannot be written").into());
            }
        }
        Ok(())
    });
    let written = written.await;
    if let Some(error) = failed {
        return Err(broken(error));
    }
    written?;
    to.flush().map_err(Failure::Output)
}

fn broken(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Failure::Output(error),
        other => Failure::Output(io::Error::other(format!("{other:?}"))),
    }
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
