use std::{cmp::Reverse, collections::BTreeMap};

use serde::Serialize;

use crate::{
    kernel::{Criteria, FieldSpec, PairField, Pairs, Result, Sum, Value, text_enum},
    opportunity::Opportunity,
    stage_move::{self, StageMove},
    store::{Linked, ReadUnit},
};

use super::{DayCounts, DaySummary, GroupBy, ListPart, ListQuery, PeriodQuestion};

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
    /// What was put off.
    pub slipped: Shifts,
    /// What was brought forward.
    pub brought_forward: Shifts,
}

/// Steps by which an expected close was moved in one direction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shifts {
    /// How many opportunities took such a step, each once: those that `query` lists.
    pub opportunities: u64,
    /// How often they did, and by how many days.
    pub days: Option<DaySummary>,
    /// What lists the opportunities. The steps are those moves of which [`super::ListPart::moves`] holds.
    pub query: ListQuery,
}

impl Shifts {
    /// How often.
    pub fn times(&self) -> u64 {
        self.days.as_ref().map_or(0, |days| days.count)
    }
}

/// The closes that were put off in a period, most often first, then by name. Steps that were taken after the day as of which
/// is asked do not count.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit, or a day that no store can keep.
pub async fn slippage(
    unit: &mut (dyn ReadUnit + '_),
    question: &PeriodQuestion,
    by: SlippageBy,
) -> Result<Vec<Slippage>> {
    question.check()?;
    let key: Option<&'static FieldSpec<StageMove>> = match by {
        SlippageBy::Whole => None,
        SlippageBy::Owner => Some(stage_move::OWNER_BEFORE.spec()),
        SlippageBy::Stage => Some(stage_move::FROM_STAGE.spec()),
    };
    let filter = &question.filter;
    let when = || {
        let ends = question.period.ends().min(question.seen_until());
        let begins = stage_move::MOVED_AT.at_least(question.period.begins());
        begins.and(stage_move::MOVED_AT.below(ends))
    };
    let pairs = |moves| Pairs::by(&stage_move::OPPORTUNITY_ID).naming(moves).named(filter.clone());
    let (later, earlier) = (stage_move::SLIPPED_DAYS.above(0), stage_move::SLIPPED_DAYS.below(0));
    let mut far = pairs(when().and(stage_move::SLIPPED_DAYS.is_present())).each();
    let mut often = pairs(when().and(stage_move::SLIPPED_DAYS.is_present())).once();
    far.by.extend(key.map(PairField::Naming));
    far.by.push(PairField::Naming(stage_move::SLIPPED_DAYS.spec()));
    often.by.extend(key.map(PairField::Naming));
    let often = often.mark(later.clone()).mark(earlier.clone());
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
        let line = line(&mut lines, &sum, key.is_some());
        if let [.., slipped, ahead] = sum.key.as_slice() {
            for (told, of) in [(slipped, &mut line.of_slipped), (ahead, &mut line.of_ahead)] {
                *of += if *told == Value::Bool(true) { sum.count } else { 0 };
            }
        }
    }
    let values: Vec<_> = lines.values().map(|(value, _)| value.clone()).collect();
    let names = match by {
        SlippageBy::Owner => GroupBy::Owner.names(unit, &values).await?,
        _ => BTreeMap::new(),
    };
    let all = lines.into_iter().map(|(text, (value, line))| {
        let query = |way: &Criteria<StageMove>| {
            let moves = when().and(way.clone());
            let moves = match key {
                Some(field) => moves.and(super::group::equals(field, &value)),
                None => moves,
            };
            ListQuery(vec![ListPart::moved(moves, filter.clone())])
        };
        Slippage {
            name: text.as_ref().map(|text| names.get(text).unwrap_or(text).clone()),
            key: text,
            slipped: Shifts {
                opportunities: line.of_slipped,
                days: line.slipped.summary(),
                query: query(&later),
            },
            brought_forward: Shifts {
                opportunities: line.of_ahead,
                days: line.ahead.summary(),
                query: query(&earlier),
            },
        }
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_cached_key(|line| {
        let often = line.slipped.days.as_ref().map(|days| days.count);
        (Reverse(often), line.name.clone(), line.key.clone())
    });
    Ok(all)
}

#[derive(Default)]
struct Line {
    of_slipped: u64,
    of_ahead: u64,
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
