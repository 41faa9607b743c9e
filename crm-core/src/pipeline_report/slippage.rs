use std::{cmp::Reverse, collections::BTreeMap};

use serde::Serialize;

use crate::{
    kernel::{Criteria, FieldSpec, PairField, Pairs, Result, Sum, Value, text_enum},
    opportunity::Opportunity,
    stage_move::{self, StageMove},
    store::{Linked, ReadUnit},
};

use super::{DayCounts, DaySummary, GroupBy, Period};

text_enum! {
    /// Of what there is a line each.
    pub enum SlippageBy {
        /// One line of all.
        Whole = "whole",
        /// For each owner: who owned it before the step by which it slipped.
        Owner = "owner",
        /// For each stage: in which it was before that step. Stages of several pipelines that have one key are one.
        Stage = "stage",
    }
}

/// How often, and how far, the expected close of open opportunities was put off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slippage {
    /// The value that makes the line; none where it is empty, or of all.
    pub key: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// How many opportunities slipped, each once.
    pub opportunities: u64,
    /// How often, and by how many days.
    pub slipped: Option<DaySummary>,
    /// How often the close was brought forward, and by how many days.
    pub brought_forward: Option<DaySummary>,
    /// What leads to the steps by which they slipped: those of which this holds,
    #[serde(rename = "where")]
    pub moves: Criteria<StageMove>,
    /// and this of the opportunities that they are of: together they are [`Pairs`], which list the opportunities.
    #[serde(rename = "where_opportunity")]
    pub whose: Criteria<Opportunity>,
}

/// The closes that were put off in a period, most often first, then by name.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit.
pub async fn slippage(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    by: SlippageBy,
    filter: &Criteria<Opportunity>,
) -> Result<Vec<Slippage>> {
    let key: Option<&'static FieldSpec<StageMove>> = match by {
        SlippageBy::Whole => None,
        SlippageBy::Owner => Some(stage_move::OWNER_BEFORE.spec()),
        SlippageBy::Stage => Some(stage_move::FROM_STAGE.spec()),
    };
    let when = || period.has_instant(&stage_move::MOVED_AT);
    let pairs = |moves| Pairs::by(&stage_move::OPPORTUNITY_ID).naming(moves).named(filter.clone());
    let slipped = || when().and(stage_move::SLIPPED_DAYS.above(0));
    let mut often = pairs(slipped()).once();
    let mut far = pairs(when().and(stage_move::SLIPPED_DAYS.is_present())).each();
    often.by.extend(key.map(PairField::Naming));
    far.by.extend(key.map(PairField::Naming));
    far.by.push(PairField::Naming(stage_move::SLIPPED_DAYS.spec()));
    let mut lines: BTreeMap<Option<String>, (Value<'static>, Line)> = BTreeMap::new();
    if key.is_none() {
        lines.insert(None, (Value::Null, Line::default()));
    }
    for sum in Linked::<StageMove, Opportunity>::pair_sums(unit, far).await? {
        let line = line(&mut lines, &sum, key.is_some());
        match sum.key.last() {
            Some(Value::Integer(days)) if *days < 0 => {
                let ahead = Value::Integer(days.saturating_neg());
                line.ahead.add(&Sum { key: vec![ahead], ..sum });
            }
            _ => line.slipped.add(&sum),
        }
    }
    for sum in Linked::<StageMove, Opportunity>::pair_sums(unit, often).await? {
        line(&mut lines, &sum, key.is_some()).opportunities = sum.count;
    }
    let values: Vec<_> = lines.values().map(|(value, _)| value.clone()).collect();
    let names = match by {
        SlippageBy::Owner => GroupBy::Owner.names(unit, &values).await?,
        _ => BTreeMap::new(),
    };
    let all = lines.into_iter().map(|(text, (value, line))| Slippage {
        name: text.as_ref().map(|text| names.get(text).unwrap_or(text).clone()),
        moves: match key {
            Some(field) => slipped().and(super::group::equals(field, &value)),
            None => slipped(),
        },
        whose: filter.clone(),
        key: text,
        opportunities: line.opportunities,
        slipped: line.slipped.summary(),
        brought_forward: line.ahead.summary(),
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_cached_key(|line| {
        let often = line.slipped.as_ref().map(|days| days.count);
        (Reverse(often), line.name.clone(), line.key.clone())
    });
    Ok(all)
}

#[derive(Default)]
struct Line {
    opportunities: u64,
    slipped: DayCounts,
    ahead: DayCounts,
}

fn line<'l>(
    lines: &'l mut BTreeMap<Option<String>, (Value<'static>, Line)>,
    sum: &Sum,
    keyed: bool,
) -> &'l mut Line {
    let value = sum.key.first().filter(|_| keyed).cloned().unwrap_or(Value::Null);
    let text = (!value.is_null()).then(|| value.to_string());
    &mut lines.entry(text).or_insert((value, Line::default())).1
}
