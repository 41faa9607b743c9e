use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kernel::text_enum;

text_enum! {
    /// How promising a lead is, at a glance.
    pub enum Rating {
        /// Now.
        Hot = "hot",
        /// Soon.
        Warm = "warm",
        /// Some day.
        Cold = "cold",
    }
}

/// What is known of whether a lead is worth it: a question by name, and the answer to it.
///
/// ```
/// use crm_core::lead::{Answer, Qualification};
/// let mut known = Qualification::default();
/// known.0.insert("budget".into(), Answer { met: true, note: Some("40,000 EUR this year".into()) });
/// known.0.insert("authority".into(), Answer { met: false, note: None });
/// assert_eq!((known.met(), known.open().collect::<Vec<_>>()), (1, vec!["need", "timing"]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Qualification(pub BTreeMap<String, Answer>);
crate::settings::as_json!(Qualification);

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether it speaks for the lead.
    pub met: bool,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Qualification {
    /// The questions that are asked of old (BANT): budget, authority, need, timing. A house may ask others
    /// beside them or instead.
    pub const BANT: [&'static str; 4] = ["budget", "authority", "need", "timing"];

    /// How many answers speak for the lead.
    pub fn met(&self) -> usize {
        self.0.values().filter(|answer| answer.met).count()
    }

    /// The questions of [`Qualification::BANT`] that have no answer yet.
    pub fn open(&self) -> impl Iterator<Item = &'static str> {
        Self::BANT.into_iter().filter(|question| !self.0.contains_key(*question))
    }
}
