use serde::{Deserialize, Serialize};

use crate::{
    duplicate::DuplicatePolicy,
    kernel::{Country, Id, Invalid, check},
    lead::LeadRules,
    opportunity::Overlap,
    value::ValuePolicies,
};

use super::{CompletenessPolicy, ContactRhythm, CustomFields, Lifecycle, Settings};

/// The settings as people write them down: what is left out is as in [`Settings::standard`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    default_country: Option<Country>,
    #[serde(default)]
    completeness: CompletenessPolicy,
    #[serde(default)]
    lifecycle: Option<Lifecycle>,
    #[serde(default)]
    custom_fields: CustomFields,
    #[serde(default)]
    rhythm: ContactRhythm,
    #[serde(default = "late_after_hours")]
    late_after_hours: i64,
    #[serde(default)]
    duplicates: DuplicatePolicy,
    #[serde(default = "conflicts")]
    conflicts: Overlap,
    #[serde(default)]
    leads: LeadRules,
    #[serde(default)]
    value_policies: ValuePolicies,
}

const fn conflicts() -> Overlap {
    Overlap::Product
}

const fn late_after_hours() -> i64 {
    Settings::LATE_AFTER_HOURS
}

impl Settings {
    /// As JSON, without the id: what [`Settings::from_json`] reads.
    pub fn to_json(&self) -> serde_json::Value {
        let document = Document {
            name: self.name.clone(),
            default_country: self.default_country,
            completeness: self.completeness.clone(),
            lifecycle: self.lifecycle.clone(),
            custom_fields: self.custom_fields.clone(),
            rhythm: self.rhythm.clone(),
            late_after_hours: self.late_after_hours,
            duplicates: self.duplicates.clone(),
            conflicts: self.conflicts,
            leads: self.leads.clone(),
            value_policies: self.value_policies.clone(),
        };
        // Maps with text as keys, lists, texts and numbers: they can be written.
        serde_json::to_value(document).unwrap_or_default()
    }

    /// The settings that JSON says; what it leaves out is as in [`Settings::standard`].
    ///
    /// ```
    /// use crm_core::{kernel::Id, settings::Settings};
    /// let json = serde_json::json!({"completeness": {"customer": [{"fields": {"name": "must"}}]}});
    /// let error = Settings::from_json(Id::new(uuid::Uuid::nil()), &json).unwrap_err();
    /// assert_eq!(error.field, "completeness.customer[0].fields.name");
    /// ```
    ///
    /// # Errors
    /// [`Invalid`] names the place, and what is wrong there.
    pub fn from_json(id: Id<Self>, json: &serde_json::Value) -> Result<Self, Invalid> {
        if !json.is_object() {
            let reason = "the rules are an object, with a member for each kind of rule";
            return Err(Invalid::field::<Self>("rules", reason));
        }
        let read: Result<Document, _> = serde_path_to_error::deserialize(json);
        let document = read.map_err(|error| {
            Invalid::field::<Self>(&error.path().to_string(), error.inner().to_string())
        })?;
        let settings = Self {
            id,
            name: document.name,
            default_country: document.default_country,
            completeness: document.completeness,
            lifecycle: document.lifecycle,
            custom_fields: document.custom_fields,
            rhythm: document.rhythm,
            late_after_hours: document.late_after_hours,
            duplicates: document.duplicates,
            conflicts: document.conflicts,
            leads: document.leads,
            value_policies: document.value_policies,
        };
        check(&settings)?;
        Ok(settings)
    }
}
