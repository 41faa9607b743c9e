use std::{collections::BTreeMap, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use crate::{
    kernel::Invalid,
    value::units::{Exact, to_units},
};

/// How customers are scored by recency, frequency and monetary value, and how segments are named: as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RfmPolicy {
    /// How all customers are scored whose category has no scales of its own. They are compared with each other.
    pub scales: RfmScales,
    /// How those of a category are scored; they are compared with each other alone.
    pub categories: BTreeMap<String, RfmScales>,
    /// The segments; the first that fits decides, and every one of the 125 scores must fit one.
    pub segments: Vec<RfmSegment>,
}

/// A scale for each of the three.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RfmScales {
    /// Days since the last purchase: fewer are better.
    pub recency: Scale,
    /// How many purchases.
    pub frequency: Scale,
    /// What they brought.
    pub monetary: Scale,
}

/// How a figure becomes a score from 1 to 5.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// By fifths of the customers: the score is the fifth in which the middle of those lies who have the same figure; the least of
    /// all figures gets 1 and the most 5, however many have it, so that half a house that bought once is told apart. Equal figures
    /// never get different scores; where all are equal they get 3, as a single customer does.
    #[default]
    Quintiles,
    /// By four figures, from the one that a score of 2 begins with to the one that 5 begins with. Days of recency fall
    /// (`["365", "180", "90", "30"]`: 5 is 30 days or fewer), the others rise.
    Thresholds(Vec<Exact>),
}

/// A named part of the scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RfmSegment {
    /// Its name.
    pub name: String,
    /// From which to which score of recency; without it, any.
    #[serde(default)]
    pub recency: Scores,
    /// From which to which score of frequency; without it, any.
    #[serde(default)]
    pub frequency: Scores,
    /// From which to which score of monetary value; without it, any.
    #[serde(default)]
    pub monetary: Scores,
}

/// From one score to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scores(pub [u8; 2]);

impl Default for Scores {
    fn default() -> Self {
        Self([1, 5])
    }
}

impl Scores {
    fn contains(self, score: u8) -> bool {
        let [from, to] = self.0;
        (from..=to).contains(&score)
    }
}

/// Recency, frequency, monetary value: from 1 to 5, 5 is best.
pub(in crate::value) const SCORES: RangeInclusive<u8> = 1..=5;

impl Default for RfmPolicy {
    /// Quintiles for everybody, and the usual segments by recency and frequency (as in "RFM analysis" of marketing
    /// handbooks since A. M. Hughes, "Strategic Database Marketing", 1994).
    fn default() -> Self {
        let segment = |(name, recency, frequency): (&str, [u8; 2], [u8; 2])| RfmSegment {
            name: name.to_owned(),
            recency: Scores(recency),
            frequency: Scores(frequency),
            monetary: Scores::default(),
        };
        let segments = [
            ("champions", [5, 5], [4, 5]),
            ("loyal", [3, 4], [4, 5]),
            ("potential_loyalists", [4, 5], [2, 3]),
            ("new_customers", [5, 5], [1, 1]),
            ("promising", [4, 4], [1, 1]),
            ("need_attention", [3, 3], [3, 3]),
            ("about_to_sleep", [3, 3], [1, 2]),
            ("cannot_lose_them", [1, 2], [5, 5]),
            ("at_risk", [1, 2], [3, 4]),
            ("hibernating", [2, 2], [1, 2]),
            ("lost", [1, 1], [1, 2]),
        ];
        Self {
            scales: RfmScales::default(),
            categories: BTreeMap::new(),
            segments: segments.map(segment).into(),
        }
    }
}

impl RfmPolicy {
    /// Whether it can be: thresholds in order, segments with names, and one for every score.
    ///
    /// # Errors
    /// [`Invalid`] names the field.
    pub fn check(&self) -> Result<(), Invalid> {
        self.scales.check("scales")?;
        for (category, scales) in &self.categories {
            scales.check(&format!("categories.{category}"))?;
        }
        for (at, segment) in self.segments.iter().enumerate() {
            let place = |field: &str| format!("segments[{at}].{field}");
            if segment.name.trim().is_empty() {
                return wrong(&place("name"), "a segment has a name".to_owned());
            }
            if self.segments.iter().take(at).any(|other| other.name == segment.name) {
                return wrong(&place("name"), format!("there are two named {:?}", segment.name));
            }
            for (field, Scores([from, to])) in [
                ("recency", segment.recency),
                ("frequency", segment.frequency),
                ("monetary", segment.monetary),
            ] {
                if from > to || !SCORES.contains(&from) || !SCORES.contains(&to) {
                    return wrong(&place(field), format!("[{from}, {to}] is not from 1 to 5"));
                }
            }
        }
        for recency in SCORES {
            for frequency in SCORES {
                for monetary in SCORES {
                    if self.segment([recency, frequency, monetary]).is_none() {
                        let reason = format!(
                            "no segment fits recency {recency}, frequency {frequency}, monetary {monetary}"
                        );
                        return wrong("segments", reason);
                    }
                }
            }
        }
        Ok(())
    }

    /// The place of the segment that scores belong to.
    pub(in crate::value) fn segment(
        &self,
        [recency, frequency, monetary]: [u8; 3],
    ) -> Option<usize> {
        self.segments.iter().position(|segment| {
            segment.recency.contains(recency)
                && segment.frequency.contains(frequency)
                && segment.monetary.contains(monetary)
        })
    }
}

impl RfmScales {
    fn check(&self, place: &str) -> Result<(), Invalid> {
        for (field, scale, falls) in [
            ("recency", &self.recency, true),
            ("frequency", &self.frequency, false),
            ("monetary", &self.monetary, false),
        ] {
            let Scale::Thresholds(thresholds) = scale else { continue };
            let place = format!("{place}.{field}.thresholds");
            if thresholds.len() != 4 {
                let reason = format!("there are {}, and scores 2 to 5 need four", thresholds.len());
                return wrong(&place, reason);
            }
            let in_order = thresholds.windows(2).all(|pair| match pair {
                [Exact(one), Exact(next)] => {
                    if falls {
                        one > next
                    } else {
                        one < next
                    }
                }
                _ => true,
            });
            if !in_order {
                let order = if falls { "fall" } else { "rise" };
                return wrong(&place, format!("they must {order} from score 2 to score 5"));
            }
            if thresholds.iter().any(|Exact(one)| to_units(*one).is_err()) {
                return wrong(&place, "a threshold has at most 4 decimals".to_owned());
            }
        }
        Ok(())
    }
}

fn wrong(field: &str, reason: String) -> Result<(), Invalid> {
    Err(Invalid::new("rfm_policy", field, reason))
}
