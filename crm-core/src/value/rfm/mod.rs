//! Recency, frequency, monetary value: how lately, how often and for how much customers bought, as scores and segments.

mod policy;
mod row;
mod score;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Invalid, amount_text};

use super::{
    UNITS,
    pareto::select::Tally,
    units::{of_units, to_units, total_fits},
};

pub(super) use policy::SCORES;
pub use policy::{RfmPolicy, RfmScales, RfmSegment, Scale, Scores};
pub use row::RfmRow;
pub(super) use row::Told;
pub(super) use score::Scorer;

/// What a customer bought up to a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchases<K> {
    /// Who.
    pub customer: K,
    /// Its category, by which it may have scales of its own.
    pub category: Option<String>,
    /// When it bought last; none where it never did.
    pub last: Option<NaiveDate>,
    /// How many purchases.
    pub frequency: u32,
    /// What they brought.
    pub monetary: Decimal,
}

/// Customers by recency, frequency and monetary value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rfm<K> {
    /// As of which day.
    pub as_of: NaiveDate,
    /// The currency.
    pub currency: Currency,
    /// How many customers are scored.
    pub customers: u64,
    /// The segments in the order of the policy, empty ones too.
    pub segments: Vec<SegmentCount>,
    /// How many customers have which scores of recency and frequency: 25 cells, recency 1 first.
    pub grid: Vec<GridCell>,
    /// Those who never bought: they have no scores.
    pub without_purchase: Vec<K>,
    #[serde(skip)]
    scored: Vec<Scored<K>>,
    /// The categories that have scales of their own.
    #[serde(skip)]
    scales: Vec<String>,
}

/// How many are in a segment, and what they brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentCount {
    /// The segment.
    pub segment: String,
    /// How many customers.
    pub customers: u64,
    /// What they brought, with the currency's decimals.
    pub monetary: String,
}

/// How many have two scores, and what they brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridCell {
    /// The score of recency.
    pub recency: u8,
    /// The score of frequency.
    pub frequency: u8,
    /// How many customers.
    pub customers: u64,
    /// What they brought, with the currency's decimals.
    pub monetary: String,
}

/// A customer that bought; its scale and segment by their places.
#[derive(Clone, Debug, PartialEq)]
struct Scored<K> {
    customer: K,
    scale: Option<usize>,
    days: u32,
    frequency: u32,
    monetary: i64,
    scores: [u8; 3],
    segment: usize,
}

impl<K> Scored<K> {
    /// In units of 10^-4, larger is better.
    fn figures(&self) -> [i64; 3] {
        [-i64::from(self.days) * UNITS, i64::from(self.frequency) * UNITS, self.monetary]
    }
}

/// Scores customers as of a day; all amounts in one currency.
///
/// ```
/// use crm_core::{kernel::Currency, value::{Purchases, RfmPolicy, rfm}};
/// let bought = |customer, last: &str, frequency, monetary: i64| Ok::<_, chrono::ParseError>(Purchases {
///     customer, category: None, last: Some(last.parse()?), frequency, monetary: monetary.into(),
/// });
/// let customers = vec![
///     bought("ann", "2026-12-20", 30, 900)?, bought("bob", "2026-11-01", 12, 700)?,
///     bought("cid", "2026-08-01", 9, 500)?, bought("dan", "2026-05-01", 3, 300)?, bought("eve", "2025-12-24", 1, 20)?,
/// ];
/// let told = rfm(customers, "2026-12-31".parse()?, &RfmPolicy::default(), Currency::EUR)?;
/// let segments: Vec<_> = told.rows().map(|row| (*row.customer, row.scores, row.segment)).collect();
/// assert_eq!((segments[0], segments[4]), (("ann", [5, 5, 5], "champions"), ("eve", [1, 1, 1], "lost")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Invalid`] names the field of the policy, a purchase in the future, purchases without a day or a day without
/// purchases, or an amount beyond what is counted.
pub fn rfm<K>(
    customers: impl IntoIterator<Item = Purchases<K>>,
    as_of: NaiveDate,
    policy: &RfmPolicy,
    currency: Currency,
) -> Result<Rfm<K>, Invalid> {
    policy.check()?;
    let mut without_purchase = Vec::new();
    let mut scored = Vec::new();
    for one in customers {
        match unscored(one, as_of, policy)? {
            Ok(one) => scored.push(one),
            Err(never) => without_purchase.push(never),
        }
    }
    // Who is compared with whom: those of a category with scales of its own, and all others.
    let own = policy.categories.values().enumerate().map(|(at, scales)| (Some(at), scales));
    for (at, scales) in own.chain([(None, &policy.scales)]) {
        score(&mut scored, at, scales)?;
    }
    let mut segments = vec![Tally::default(); policy.segments.len()];
    let mut grid = [[Tally::default(); 5]; 5];
    for one in &mut scored {
        one.segment = policy.segment(one.scores).unwrap_or_default();
        let [recency, frequency, _] = one.scores.map(|score| usize::from(score.saturating_sub(1)));
        let cell = grid.get_mut(recency).and_then(|row| row.get_mut(frequency));
        for tally in cell.into_iter().chain(segments.get_mut(one.segment)) {
            *tally = *tally + Tally::each(1, one.monetary);
            total_fits(tally.units)?;
        }
    }
    let text = |tally: &Tally| amount_text(of_units(tally.units), currency);
    let segments = policy.segments.iter().zip(&segments).map(|(segment, tally)| SegmentCount {
        segment: segment.name.clone(),
        customers: tally.customers,
        monetary: text(tally),
    });
    let cells = SCORES.zip(&grid).flat_map(|(recency, row)| {
        SCORES.zip(row).map(move |(frequency, tally)| (recency, frequency, tally))
    });
    let grid = cells.map(|(recency, frequency, tally)| GridCell {
        recency,
        frequency,
        customers: tally.customers,
        monetary: text(tally),
    });
    Ok(Rfm {
        as_of,
        currency,
        customers: scored.len() as u64,
        segments: segments.collect(),
        grid: grid.collect(),
        without_purchase,
        scored,
        scales: policy.categories.keys().cloned().collect(),
    })
}

/// A customer with its figures, or one that never bought.
fn unscored<K>(
    one: Purchases<K>,
    as_of: NaiveDate,
    policy: &RfmPolicy,
) -> Result<Result<Scored<K>, K>, Invalid> {
    let wrong = |field, reason: String| Err(Invalid::new("purchases", field, reason));
    let frequency = one.frequency;
    let Some(last) = one.last else {
        if frequency > 0 {
            return wrong(
                "last",
                format!("there are {frequency} purchases, and no day of the last"),
            );
        }
        return Ok(Err(one.customer));
    };
    let Ok(days) = u32::try_from((as_of - last).num_days()) else {
        let reason = format!("{last} is in the future on {as_of}: score as of a later day");
        return wrong("last", reason);
    };
    if frequency == 0 {
        return wrong("frequency", format!("it bought last on {last}, and has no purchases"));
    }
    let category = one.category.as_deref();
    Ok(Ok(Scored {
        scale: category.and_then(|own| policy.categories.keys().position(|name| name == own)),
        customer: one.customer,
        days,
        frequency,
        monetary: to_units(one.monetary)?,
        scores: [1; 3],
        segment: 0,
    }))
}

/// Scores those who have this scale, one figure after another.
fn score<K>(
    all: &mut [Scored<K>],
    scale: Option<usize>,
    scales: &RfmScales,
) -> Result<(), Invalid> {
    // Days count downwards.
    let three = [(&scales.recency, -1), (&scales.frequency, 1), (&scales.monetary, 1)];
    for (at, (by, sign)) in three.into_iter().enumerate() {
        let compared = all.iter().filter(|one| one.scale == scale);
        let figures = compared.filter_map(|one| one.figures().get(at).copied()).collect();
        let scorer = Scorer::of(by, figures, sign)?;
        for one in all.iter_mut().filter(|one| one.scale == scale) {
            let figure = one.figures().get(at).copied();
            if let (Some(score), Some(figure)) = (one.scores.get_mut(at), figure) {
                *score = scorer.score(figure);
            }
        }
    }
    Ok(())
}
