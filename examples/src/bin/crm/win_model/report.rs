use crm_core::{
    store::{ReadUnit, expect},
    win_model::{Evaluation, FieldWeights, ValueNames, WinModel},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::{Out, bar, counted, grouped, short},
};

/// What a model knows, and how well it did; `most` values of each field for people, all for programs.
pub(super) async fn tell(
    unit: &mut dyn ReadUnit,
    model: &WinModel,
    most: usize,
    out: Out,
) -> Result<(), Failure> {
    let pipeline = expect(unit, model.pipeline_id).await?.name.clone();
    let values =
        model.fields.0.iter().flat_map(|field| {
            field.values.iter().map(|one| (&field.feature, one.value.as_deref()))
        });
    let names = ValueNames::of(unit, values).await?;
    let base = model.base();
    let fields: Vec<_> =
        model.fields.0.iter().map(|field| (field, effects(model, field, &names))).collect();
    if out.json {
        let told: Vec<_> = fields.iter().map(|(field, all)| field_json(field, all)).collect();
        return out.json(&json!({
            "model": model.number, "pipeline": pipeline, "method": model.method,
            "since": model.since, "as_of": model.as_of, "split": model.split,
            "won": model.won, "lost": model.lost, "base": percent(base),
            "fields": told, "evaluation": evaluation_json(&model.evaluation),
        }));
    }
    out.line(format!(
        "Model {} of {}: {} won and {} lost from {} to {}; {} % were won.",
        model.number,
        short(&pipeline, 40),
        grouped(model.won),
        grouped(model.lost),
        model.since,
        model.as_of,
        percent(base)
    ))?;
    let rows = fields.iter().map(|(field, all)| {
        let silent = "no more than chance: no say".to_owned();
        let say = field.smoothing.map_or(silent, |_| match (all.first(), all.last()) {
            (Some(best), Some(worst)) => {
                format!("{} to {} points", signed(worst.points), signed(best.points))
            }
            _ => String::new(),
        });
        vec![
            field.feature.words().to_owned(),
            say,
            grouped(all.len()),
            grouped(field.left_out),
            format!("{} %", percent(field.tells * Decimal::ONE_HUNDRED)),
        ]
    });
    out.table(&["Field", "What it does to a score", "Values", "left out", "Tells"], 2, rows)?;
    for (field, all) in fields.iter().filter(|(field, _)| field.smoothing.is_some()) {
        let mut strongest: Vec<_> = all.iter().collect();
        strongest.sort_by_key(|one| std::cmp::Reverse(one.points.abs()));
        strongest.truncate(most);
        strongest.sort_by_key(|one| std::cmp::Reverse(one.points));
        let rows = strongest.into_iter().map(|one| {
            vec![short(&one.name, 40), signed(one.points), grouped(one.won), grouped(one.lost)]
        });
        out.table(&[field.feature.words(), "Points", "Won", "Lost"], 1, rows)?;
    }
    judge(model, out)
}

/// How well it did, honestly.
fn judge(model: &WinModel, out: Out) -> Result<(), Failure> {
    let told = &model.evaluation;
    out.line(format!(
        "Judged by {} decided from {} on, by a model of the {} before:",
        counted(told.tested.closed(), "opportunity", "opportunities"),
        model.split,
        grouped(told.trained.closed())
    ))?;
    let rows = told.calibration.iter().map(|row| {
        vec![
            format!("{} to {} %", percent(row.lowest), percent(row.highest)),
            bar(row.observed.try_into().unwrap_or_default(), 100.0, 30),
            grouped(row.count),
            format!("{} %", percent(row.predicted)),
            format!("{} %", percent(row.observed)),
        ]
    });
    out.table(&["Score", "", "Opportunities", "Predicted", "Won"], 2, rows)?;
    out.line(format!(
        "AUC {:.4} (0.5 is a coin, 1 is never wrong); Brier score {:.5}, of the base rate alone {:.5}.",
        told.auc, told.brier, told.base_brier
    ))?;
    if told.brier >= told.base_brier || told.auc <= Decimal::new(5, 1) {
        return out
            .line("These fields tell no more than the base rate does: every score is near it.");
    }
    Ok(())
}

/// What a value does to a score by itself.
struct Effect {
    value: Option<String>,
    name: String,
    points: Decimal,
    won: u64,
    lost: u64,
}

/// Of each value, the best first; like ones by their names.
fn effects(model: &WinModel, field: &FieldWeights, names: &ValueNames) -> Vec<Effect> {
    let effect = |one: &crm_core::win_model::ValueCount| Effect {
        value: one.value.clone(),
        name: names.name(one.value.as_deref()).to_owned(),
        points: model.alone(field, one.value.as_deref()) - model.base(),
        won: one.won,
        lost: one.lost,
    };
    let mut all: Vec<_> = field.values.iter().map(effect).collect();
    all.sort_by(|a, b| b.points.cmp(&a.points).then_with(|| a.name.cmp(&b.name)));
    all
}

fn field_json(field: &FieldWeights, all: &[Effect]) -> Value {
    let values: Vec<_> = all
        .iter()
        .map(|one| {
            json!({
                "value": one.value, "name": one.name, "points": percent(one.points),
                "won": one.won, "lost": one.lost,
            })
        })
        .collect();
    json!({
        "field": field.feature, "smoothing": field.smoothing,
        "tells": format!("{:.6}", field.tells), "left_out": field.left_out, "values": values,
    })
}

fn evaluation_json(told: &Evaluation) -> Value {
    let rows: Vec<_> = told
        .calibration
        .iter()
        .map(|row| {
            json!({
                "lowest": percent(row.lowest), "highest": percent(row.highest),
                "count": row.count, "predicted": percent(row.predicted),
                "observed": percent(row.observed),
            })
        })
        .collect();
    json!({
        "trained": told.trained, "tested": told.tested, "auc": format!("{:.6}", told.auc),
        "brier": format!("{:.6}", told.brier), "base_brier": format!("{:.6}", told.base_brier),
        "calibration": rows,
    })
}

/// Per cent, and per cent points, with two decimals.
pub(super) fn percent(percent: Decimal) -> String {
    format!("{percent:.2}")
}

fn signed(points: Decimal) -> String {
    format!("{points:+.2}")
}
