use std::collections::{BTreeSet, HashMap};

use crm_benches::Result;
use smartcore::{
    linalg::basic::{arrays::Array, matrix::DenseMatrix},
    linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters},
};

use crate::rows::Row;

/// Naive Bayes with one added to every count (Laplace): how likely each of `later` is won.
pub(crate) fn laplace(seen: &[&Row], later: &[&Row], fields: &[&str]) -> Vec<f64> {
    let won = seen.iter().filter(|row| row.won).count() as f64;
    let lost = seen.len() as f64 - won;
    let mut weights: HashMap<(&str, String), f64> = HashMap::new();
    for field in fields {
        let mut counts: HashMap<String, (f64, f64)> = HashMap::new();
        for row in seen {
            let both = counts.entry(row.value(field)).or_default();
            *(if row.won { &mut both.0 } else { &mut both.1 }) += 1.0;
        }
        let values = counts.len() as f64;
        for (value, (w, l)) in counts {
            let odds = (w + 1.0) / (won + values) / ((l + 1.0) / (lost + values));
            weights.insert((*field, value), odds.ln());
        }
    }
    let score = |row: &&Row| {
        let each = fields.iter().map(|field| weights.get(&(*field, row.value(field))));
        sigmoid((won / lost).ln() + each.flatten().sum::<f64>())
    };
    later.iter().map(score).collect()
}

/// Logistic regression on one column for each value of each field.
pub(crate) fn logistic(
    seen: &[&Row],
    later: &[&Row],
    fields: &[&str],
    penalty: f64,
) -> Result<Vec<f64>> {
    let all = fields.iter().flat_map(|field| seen.iter().map(|row| (*field, row.value(field))));
    let columns: BTreeSet<_> = all.collect();
    let columns: HashMap<_, _> = columns.into_iter().zip(0..).collect();
    let line = |row: &&Row| {
        let mut line = vec![0.0; columns.len()];
        for field in fields {
            let at = columns.get(&(*field, row.value(field))).copied();
            if let Some(cell) = at.and_then(|at: usize| line.get_mut(at)) {
                *cell = 1.0;
            }
        }
        line
    };
    let x = DenseMatrix::from_2d_vec(&seen.iter().map(line).collect::<Vec<_>>())?;
    let y: Vec<i32> = seen.iter().map(|row| i32::from(row.won)).collect();
    let parameters = LogisticRegressionParameters::default().with_alpha(penalty);
    let fitted = LogisticRegression::fit(&x, &y, parameters)?;
    let (weights, intercept) = (fitted.coefficients(), *fitted.intercept().get((0, 0)));
    let score = |row: &&Row| {
        let each = line(row).into_iter().enumerate();
        sigmoid(intercept + each.map(|(at, cell)| cell * weights.get((0, at))).sum::<f64>())
    };
    Ok(later.iter().map(score).collect())
}

/// The area under the ROC curve, pair by pair, and the Brier score.
pub(crate) fn judge(scores: &[f64], later: &[&Row]) -> (f64, f64) {
    let of = |won: bool| {
        scores.iter().zip(later).filter(move |(_, row)| row.won == won).map(|(score, _)| *score)
    };
    let (mut right, mut pairs) = (0.0, 0.0);
    for won in of(true) {
        for lost in of(false) {
            pairs += 1.0;
            right += if won > lost {
                1.0
            } else if won < lost {
                0.0
            } else {
                0.5
            };
        }
    }
    let squares = scores.iter().zip(later).map(|(score, row)| {
        let outcome = if row.won { 1.0 } else { 0.0 };
        (score - outcome) * (score - outcome)
    });
    (right / pairs, squares.sum::<f64>() / later.len() as f64)
}

fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
