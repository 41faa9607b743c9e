use serde::{Deserialize, Serialize};

use crate::kernel::{Custom, CustomValue, Entity, Invalid, text_enum};

use super::check::Place;

text_enum! {
    /// What one of the tenant's own fields holds.
    pub enum DeclaredType {
        /// Yes or no.
        Flag = "flag",
        /// An exact number.
        Number = "number",
        /// Text.
        Text = "text",
        /// A day.
        Date = "date",
        /// One of some texts.
        Choice = "choice",
    }
}

/// One of the tenant's own fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredField {
    /// What it is called.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: DeclaredType,
    /// Of a choice: the texts to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Whether a record without it is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// The tenant's own fields. As long as none is declared for an entity, any are allowed there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CustomFields {
    /// Of customers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customer: Vec<DeclaredField>,
    /// Of contacts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contact: Vec<DeclaredField>,
    /// Of opportunities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opportunity: Vec<DeclaredField>,
    /// Of leads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lead: Vec<DeclaredField>,
}
super::as_json!(CustomFields);

impl DeclaredField {
    /// A field that may be absent.
    pub fn new(name: impl Into<String>, kind: DeclaredType) -> Self {
        Self { name: name.into(), kind, choices: Vec::new(), required: false }
    }

    /// One of these texts.
    pub fn choice<T: Into<String>>(
        name: impl Into<String>,
        choices: impl IntoIterator<Item = T>,
    ) -> Self {
        let choices = choices.into_iter().map(Into::into).collect();
        Self { choices, ..Self::new(name, DeclaredType::Choice) }
    }

    /// The same, and a record without it is refused.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    fn accepts(&self, value: &CustomValue) -> Result<(), String> {
        if !self.kind.holds(value) {
            return Err(format!("it is a {}, not a {}", self.kind, value.member()));
        }
        match value {
            CustomValue::Text(text)
                if self.kind == DeclaredType::Choice && !self.choices.contains(text) =>
            {
                Err(format!("{text:?} is none of {}", self.choices.join(", ")))
            }
            _ => Ok(()),
        }
    }
}

impl CustomFields {
    /// No declarations: any fields are allowed.
    pub const fn none() -> Self {
        Self {
            customer: Vec::new(),
            contact: Vec::new(),
            opportunity: Vec::new(),
            lead: Vec::new(),
        }
    }

    /// Those of an entity, by its kind.
    pub fn of(&self, kind: &str) -> &[DeclaredField] {
        match kind {
            "customer" => &self.customer,
            "contact" => &self.contact,
            "opportunity" => &self.opportunity,
            "lead" => &self.lead,
            _ => &[],
        }
    }

    /// Whether a record of this kind may have this field with this value, if it had none before.
    pub(crate) fn accepts(&self, kind: &str, name: &str, value: &CustomValue) -> bool {
        let declared = self.of(kind);
        let field = declared.iter().find(|field| field.name == name);
        declared.is_empty() || field.is_some_and(|field| field.accepts(value).is_ok())
    }

    /// Whether a record may have these fields. What it has had before is not asked about.
    pub(crate) fn settle<E: Entity>(
        &self,
        custom: &Custom,
        before: Option<&Custom>,
    ) -> Result<(), Invalid> {
        let declared = self.of(E::KIND);
        if declared.is_empty() {
            return Ok(());
        }
        let had = |name: &str| before.and_then(|before| before.0.get(name));
        let wrong = |name: &str, reason: String| {
            Err(Invalid::field::<E>(&format!("custom.{name}"), reason))
        };
        for (name, value) in custom.0.iter().filter(|(name, value)| had(name) != Some(*value)) {
            match declared.iter().find(|field| field.name == *name) {
                Some(field) => field.accepts(value).or_else(|reason| wrong(name, reason))?,
                None => {
                    let known: Vec<_> = declared.iter().map(|f| f.name.as_str()).collect();
                    let known = known.join(", ");
                    wrong(name, format!("no such field is declared; there are: {known}"))?;
                }
            }
        }
        let removed = |field: &&DeclaredField| {
            let is_new =
                before.is_none() || had(&field.name).is_some_and(CustomValue::says_something);
            is_new && !custom.0.get(&field.name).is_some_and(CustomValue::says_something)
        };
        match declared.iter().filter(|field| field.required).find(removed) {
            Some(field) => wrong(&field.name, "it must not be empty".to_owned()),
            None => Ok(()),
        }
    }

    pub(super) fn check(&self, place: &Place<'_>) -> Result<(), Invalid> {
        for (kind, declared) in [
            ("customer", &self.customer),
            ("contact", &self.contact),
            ("opportunity", &self.opportunity),
            ("lead", &self.lead),
        ] {
            for (at, field) in declared.iter().enumerate() {
                let place = place.member(kind).item(at);
                let before = declared.iter().take(at);
                field.check(before, &place)?;
            }
        }
        Ok(())
    }
}

impl DeclaredField {
    fn check<'f>(
        &self,
        mut before: impl Iterator<Item = &'f Self>,
        place: &Place<'_>,
    ) -> Result<(), Invalid> {
        let name = place.member("name");
        name.says(&self.name)?;
        if before.any(|other| other.name == self.name) {
            return name.wrong(format!("two fields are called {:?}", self.name));
        }
        let choices = place.member("choices");
        match (self.kind, self.choices.as_slice()) {
            (DeclaredType::Choice, []) => {
                return choices.wrong("a choice has texts to choose from");
            }
            (DeclaredType::Choice, _) | (_, []) => {}
            (kind, _) => return choices.wrong(format!("a {kind} has no choices")),
        }
        for (at, choice) in self.choices.iter().enumerate() {
            choices.item(at).says(choice)?;
            if self.choices.iter().take(at).any(|other| other == choice) {
                return choices.item(at).wrong(format!("{choice:?} is there twice"));
            }
        }
        Ok(())
    }
}
