use serde::{Deserialize, Serialize};

use crate::kernel::{FieldType, Invalid, Kind, Value, from_json_text, text_enum};

use super::Mailboxes;

text_enum! {
    /// What happens when somebody adds a record that is there already.
    pub enum DuplicateAction {
        /// It is added, and the answer names what it may be a duplicate of.
        Warn = "warn",
        /// It is not added where a duplicate is certain.
        Refuse = "refuse",
    }
}

/// When two records are the same customer, and what is done then.
///
/// ```
/// use crm_core::duplicate::{DuplicateAction, DuplicatePolicy};
///
/// let policy: DuplicatePolicy = serde_json::from_str(r#"{"on_insert": "refuse"}"#)?;
/// assert_eq!(policy.on_insert, DuplicateAction::Refuse);
/// assert!(policy.check().is_ok());
/// assert!(serde_json::from_str::<DuplicatePolicy>(r#"{"on_insret": "refuse"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DuplicatePolicy {
    /// From this probability on, two records are the same: 0 to 1. Below 0.9, sister firms at one
    /// switchboard are ([`super::Likeness::score`]).
    pub certain: f64,
    /// From this probability on, two records are shown to somebody: 0 to 1.
    pub possible: f64,
    /// What happens on insert.
    pub on_insert: DuplicateAction,
    /// A key that more customers share says nothing and leads to no candidates: 2 to 1000. Contacts of
    /// one customer, and those that were merged into it, count as that one.
    pub noise_limit: u32,
    /// Whether `anna+fair@acme.com` is `anna@acme.com`.
    pub plus_is_same: bool,
    /// Whether `an.na@gmail.com` is `anna@gmail.com`.
    pub gmail_dots_are_same: bool,
    /// Whether a refusal says only in what kinds of keys a record agrees, not which record it is:
    /// for houses where not everybody who adds may see every customer.
    pub mask_refusals: bool,
}

impl Default for DuplicatePolicy {
    fn default() -> Self {
        Self {
            certain: 0.95,
            possible: 0.5,
            on_insert: DuplicateAction::Warn,
            noise_limit: 50,
            plus_is_same: false,
            gmail_dots_are_same: false,
            mask_refusals: false,
        }
    }
}

impl DuplicatePolicy {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// [`Invalid`] names the member that does not.
    pub fn check(&self) -> Result<(), Invalid> {
        let wrong = |field, reason: &str| Err(Invalid::new("duplicate policy", field, reason));
        for (field, value) in [("certain", self.certain), ("possible", self.possible)] {
            if !(0.0..=1.0).contains(&value) {
                return wrong(field, "a probability is between 0 and 1");
            }
        }
        if self.possible <= 0.0 {
            return wrong("possible", "it must be above 0: else every pair is a duplicate");
        }
        if self.certain < self.possible {
            return wrong("certain", "it must not be below `possible`");
        }
        if !(2..=1_000).contains(&self.noise_limit) {
            return wrong("noise_limit", "it is between 2 and 1000");
        }
        Ok(())
    }

    /// What is the same mailbox.
    pub const fn mailboxes(&self) -> Mailboxes {
        Mailboxes { plus_is_same: self.plus_is_same, gmail_dots_are_same: self.gmail_dots_are_same }
    }
}

impl FieldType for DuplicatePolicy {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        let policy: Self = from_json_text(value)?;
        policy.check().map_err(|e| e.to_string())?;
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_from_its_json() {
        let policy = DuplicatePolicy { noise_limit: 7, ..DuplicatePolicy::default() };
        assert_eq!(DuplicatePolicy::from_value(policy.clone().into_value()), Ok(policy));
    }

    #[test]
    fn nonsense_is_named() {
        for (json, field) in [
            (r#"{"certain": 1.5}"#, "certain"),
            (r#"{"possible": 0}"#, "possible"),
            (r#"{"possible": -1}"#, "possible"),
            (r#"{"certain": 0.4}"#, "certain"),
            (r#"{"noise_limit": 1}"#, "noise_limit"),
            (r#"{"noise_limit": 100000}"#, "noise_limit"),
        ] {
            let policy: DuplicatePolicy = serde_json::from_str(json).unwrap();
            assert_eq!(policy.check().unwrap_err().field, field, "{json}");
            let stored = Value::Json(json.to_owned().into());
            assert!(DuplicatePolicy::from_value(stored).is_err(), "{json}");
        }
        for json in [r#"{"on_insert": "delete"}"#, r#"{"unknown": 1}"#, r#"{"certain": "x"}"#] {
            assert!(serde_json::from_str::<DuplicatePolicy>(json).is_err(), "{json}");
        }
        let policy = DuplicatePolicy { certain: f64::NAN, ..DuplicatePolicy::default() };
        assert!(policy.check().is_err());
    }
}
