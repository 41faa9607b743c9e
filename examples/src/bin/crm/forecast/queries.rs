//! The opportunities behind each figure.

use crm_core::{
    forecast::{Behind, Cell, FigureOf, Forecast, ForecastRequest, RowKey},
    store::ReadUnit,
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::{list, told_plain},
};

/// To each figure of a forecast as JSON.
pub(super) async fn add(
    unit: &mut dyn ReadUnit,
    request: &ForecastRequest,
    found: &Forecast,
    told: &mut Value,
) -> Result<(), Failure> {
    let behind = Behind::load(unit, request).await?;
    let of = FigureOf::Everything;
    add_to(unit, &behind, of, &found.cells, &mut told["total"]).await?;
    for (row, json) in found.rows.iter().zip(list(&mut told["rows"])) {
        let of = FigureOf::Row(row.key);
        add_to(unit, &behind, of, &row.cells, &mut json["cells"]).await?;
        if let RowKey::Unit(unit_id) = row.key {
            let own = unit_id.map_or(of, FigureOf::OwnPeople);
            add_to(unit, &behind, own, &row.own, &mut json["own"]).await?;
        }
    }
    Ok(())
}

async fn add_to(
    unit: &mut dyn ReadUnit,
    behind: &Behind<'_>,
    of: FigureOf,
    cells: &[Cell],
    told: &mut Value,
) -> Result<(), Failure> {
    for (cell, json) in cells.iter().zip(list(told)) {
        json["opportunities"] = behind.whole(of, cell).to_json();
        let mut others = Vec::new();
        behind
            .others(unit, of, cell, &mut |one| {
                let told = |amount| one.currency.map(|currency| told_plain(amount, currency));
                others.push(json!({
                    "opportunity": one.opportunity_id, "currency": one.currency,
                    "amount": told(one.figure.amount), "weighted": told(one.figure.weighted),
                }));
                Ok(())
            })
            .await?;
        json["others"] = others.into();
    }
    Ok(())
}
