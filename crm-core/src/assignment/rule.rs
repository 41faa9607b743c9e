//! Rules, as data.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value as Json;

use crate::{
    customer::Customer,
    kernel::{Criteria, Entity, Id, Invalid, text_enum},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    territory::Territory,
};

use super::{Choice, Subject, Target};

/// Who gets which records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "E: Entity", deny_unknown_fields)]
pub struct Rule<E: Entity> {
    /// What people call it, in at most 200 characters; no other rule of the set is called so.
    pub name: String,
    /// Which records; all, where it says nothing.
    #[serde(default = "Criteria::everything", skip_serializing_if = "Criteria::is_everything")]
    pub when: Criteria<E>,
    /// Whose customer is so; a record without a customer meets nothing but everything.
    #[serde(default = "Criteria::everything", skip_serializing_if = "Criteria::is_everything")]
    pub customer: Criteria<Customer>,
    /// The first day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// Who gets them, and who else if nobody of those can; at most 100.
    pub choices: Vec<Choice>,
    /// What comes after, where none of the choices finds anybody.
    #[serde(default)]
    pub then: Then,
}

text_enum! {
    /// What comes after a rule that matches and finds nobody who can take the record. One that finds somebody
    /// always decides.
    #[derive(Default)]
    pub enum Then {
        /// Nothing: the record is unassigned, because of this rule.
        #[default]
        Stop = "stop",
        /// The rules after it.
        Continue = "continue",
    }
}

/// The rules for one kind of record, in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(bound = "E: Entity")]
pub struct RuleSet<E: Entity> {
    /// The rules.
    pub rules: Vec<Rule<E>>,
}

/// Who, and which units and territories there are, for [`RuleSet::check_names`].
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Everybody who works here.
    pub staff: HashSet<Id<StaffMember>>,
    /// Every org unit.
    pub units: HashSet<Id<OrgUnit>>,
    /// Every territory.
    pub territories: HashSet<Id<Territory>>,
}

impl<E: Entity> Rule<E> {
    /// A rule for all records, on all days.
    pub fn new(name: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self {
            name: name.into(),
            when: Criteria::everything(),
            customer: Criteria::everything(),
            from: None,
            to: None,
            choices,
            then: Then::Stop,
        }
    }

    /// Whether it matches a record on a day.
    pub fn matches(&self, subject: &Subject<'_, E>, day: NaiveDate) -> bool {
        self.holds_on(day)
            && self.when.matches(subject.record)
            && (self.customer.is_everything()
                || subject.customer.is_some_and(|customer| self.customer.matches(customer)))
    }

    pub(super) fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// What is wrong with it: where, and what would be right.
    fn flaw(&self) -> Option<(String, String)> {
        let wrong = |place: &str, reason: String| Some((place.to_owned(), reason));
        let length = self.name.chars().count();
        if length > MAX_NAME {
            return wrong(
                "name",
                format!("it has {length} characters, at most {MAX_NAME} are kept"),
            );
        }
        if self.choices.len() > MAX_CHOICES {
            let many = self.choices.len();
            return wrong(
                "choices",
                format!("{many} are more than {MAX_CHOICES}: make a queue of them"),
            );
        }
        if let Err(e) = self.when.check() {
            return wrong("when", format!("{}: {}", e.field, e.reason));
        }
        if let Err(e) = self.customer.check() {
            return wrong("customer", format!("{}: {}", e.field, e.reason));
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && to < from
        {
            return wrong("to", format!("it ends on {to}, before it begins on {from}"));
        }
        if self.choices.is_empty() {
            return wrong("choices", "it names nobody: give it a target".to_owned());
        }
        let flaw = |(at, choice): (usize, &Choice)| {
            choice.flaw().map(|(place, reason)| (format!("choices[{at}].{place}"), reason))
        };
        self.choices.iter().enumerate().find_map(flaw)
    }
}

impl<E: Entity> RuleSet<E> {
    /// Reads `{"rules": […]}`.
    ///
    /// ```
    /// use crm_core::{assignment::RuleSet, lead::Lead};
    /// let rules = serde_json::json!({"rules": [{
    ///     "name": "Big in the north",
    ///     "when": {"all": [{"field": "region", "value": "north"}, {"field": "employes", "op": "ge", "value": 500}]},
    ///     "choices": [{"target": "account_manager"}],
    /// }]});
    /// let error = RuleSet::<Lead>::from_json(&rules).unwrap_err();
    /// assert_eq!(error.field, r#"rules[0] "Big in the north", when"#);
    /// assert!(error.reason.contains("all[1].field"), "{error}");
    /// ```
    ///
    /// # Errors
    /// [`Invalid`] names the rule, the place in it and what to do.
    pub fn from_json(json: &Json) -> Result<Self, Invalid> {
        let wrong = |place: &str, reason: String| Invalid::new(KIND, place, reason);
        let list = json.get("rules").and_then(Json::as_array);
        let other = json.as_object().and_then(|all| all.keys().find(|key| *key != "rules"));
        let (Some(list), None) = (list, other) else {
            return Err(wrong("rules", r#"write {"rules": […]}"#.to_owned()));
        };
        let read = |(at, json): (usize, &Json)| {
            serde_path_to_error::deserialize(json).map_err(|e| {
                let name = json.get("name").and_then(Json::as_str).unwrap_or_default();
                let place = match e.path().to_string() {
                    path if path == "." => String::new(),
                    path => format!(", {path}"),
                };
                wrong(&format!("rules[{at}] {name:?}{place}"), e.inner().to_string())
            })
        };
        let rules = Self { rules: list.iter().enumerate().map(read).collect::<Result<_, _>>()? };
        rules.check()?;
        Ok(rules)
    }

    /// Whether every rule is sound in itself.
    ///
    /// # Errors
    /// [`Invalid`] names the rule, the place in it and what to do.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut names = HashSet::new();
        for (at, rule) in self.rules.iter().enumerate() {
            let flaw = if rule.name.trim().is_empty() {
                Some(("name".to_owned(), "give it a name".to_owned()))
            } else if !names.insert(&rule.name) {
                Some(("name".to_owned(), "another rule is called so: rename one".to_owned()))
            } else {
                rule.flaw()
            };
            if let Some((place, reason)) = flaw {
                return Err(refused(at, rule, &place, reason));
            }
        }
        Ok(())
    }

    /// Whether everybody, every unit and every territory that rules name is there.
    ///
    /// # Errors
    /// [`Invalid`] names the rule, the place in it and what to do.
    pub fn check_names(&self, known: &Known) -> Result<(), Invalid> {
        for (at, rule) in self.rules.iter().enumerate() {
            for (number, choice) in rule.choices.iter().enumerate() {
                let nobody = |id: &&Id<StaffMember>| !known.staff.contains(*id);
                let unknown = match &choice.target {
                    Target::Person(id) => {
                        Some(id).filter(nobody).map(|id| ("works here", id.uuid()))
                    }
                    Target::Queue { people, .. } => {
                        people.iter().find(nobody).map(|id| ("works here", id.uuid()))
                    }
                    Target::Team { unit, .. } if !known.units.contains(unit) => {
                        Some(("is a unit", unit.uuid()))
                    }
                    Target::TerritoryMembers { territory: Some(id), .. }
                        if !known.territories.contains(id) =>
                    {
                        Some(("is a territory", id.uuid()))
                    }
                    _ => None,
                };
                if let Some((what, id)) = unknown {
                    let reason =
                        format!("nobody and nothing that {what} has the id {id}: name another");
                    return Err(refused(at, rule, &format!("choices[{number}].target"), reason));
                }
            }
        }
        Ok(())
    }

    /// The places of the rules that match, by asking one after the other: what the index must agree with.
    pub fn matching(&self, subject: &Subject<'_, E>, day: NaiveDate) -> Vec<usize> {
        let matches = |(_, rule): &(usize, &Rule<E>)| rule.matches(subject, day);
        self.rules.iter().enumerate().filter(matches).map(|(at, _)| at).collect()
    }
}

impl<'de, E: Entity> Deserialize<'de> for RuleSet<E> {
    /// As [`RuleSet::from_json`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Json::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The longest name of a rule: it stands in the history of owners.
const MAX_NAME: usize = 200;
/// The most choices of a rule.
const MAX_CHOICES: usize = 100;

const KIND: &str = "assignment rules";

fn refused<E: Entity>(at: usize, rule: &Rule<E>, place: &str, reason: String) -> Invalid {
    Invalid::new(KIND, &format!("rules[{at}] {:?}, {place}", rule.name), reason)
}
