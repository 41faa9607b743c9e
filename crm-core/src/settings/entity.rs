use crate::duplicate::DuplicatePolicy;
use crate::kernel::{
    Country, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, TenantId,
    Value,
};
use crate::lead::LeadRules;
use crate::opportunity::Overlap;
use crate::value::ValuePolicies;

use super::{CompletenessPolicy, ContactRhythm, CustomFields, Lifecycle, check::Place};

/// The rules of a tenant's house. There is one record for each tenant, under [`Settings::id_of`];
/// without it, the rules are those of [`Settings::standard`].
///
/// Stores read it before they write what rules have a say in; a change of it holds for what is
/// written from then on.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Its id.
    pub id: Id<Settings>,
    /// What the house is called.
    pub name: Option<String>,
    /// The country of phone numbers that do not say theirs.
    pub default_country: Option<Country>,
    /// Which fields are asked for.
    pub completeness: CompletenessPolicy,
    /// The stages that customers go through; without it, any stage goes.
    pub lifecycle: Option<Lifecycle>,
    /// The tenant's own fields.
    pub custom_fields: CustomFields,
    /// How often customers should hear from the house.
    pub rhythm: ContactRhythm,
    /// After how many hours an interaction is recorded late.
    pub late_after_hours: i64,
    /// When two customers are the same, and what is done then.
    pub duplicates: DuplicatePolicy,
    /// When two open opportunities with one customer are in conflict.
    pub conflicts: Overlap,
    /// What is asked of leads.
    pub leads: LeadRules,
    /// By which policies what customers bring is judged.
    pub value_policies: ValuePolicies,
}

impl Settings {
    /// The id of a tenant's one record.
    pub fn id_of(tenant: TenantId) -> Id<Self> {
        Id::derived(tenant, "settings")
    }

    /// What [`Settings::late_after_hours`] is when nobody says otherwise: two days.
    pub const LATE_AFTER_HOURS: i64 = 48;

    /// The stage that a customer begins in which is added without one: that of the lifecycle, and
    /// `"prospect"` where the house has none.
    pub fn initial_stage(&self) -> &str {
        self.lifecycle.as_ref().map_or("prospect", |lifecycle| &lifecycle.initial)
    }

    /// No rules.
    pub fn standard(id: Id<Self>) -> Self {
        Self {
            id,
            name: None,
            default_country: None,
            completeness: CompletenessPolicy::none(),
            lifecycle: None,
            custom_fields: CustomFields::none(),
            rhythm: ContactRhythm::none(),
            late_after_hours: Self::LATE_AFTER_HOURS,
            duplicates: DuplicatePolicy::default(),
            conflicts: Overlap::Product,
            leads: LeadRules::none(),
            value_policies: ValuePolicies::default(),
        }
    }
}

/// Its id.
pub static ID: Field<Settings, Id<Settings>> = Field::new("id", |s| s.id.into_value());
/// What the house is called.
pub static NAME: Field<Settings, String> = Field::optional("name", |s| Value::opt_text(&s.name));
/// The country of phone numbers that do not say theirs.
pub static DEFAULT_COUNTRY: Field<Settings, Country> =
    Field::optional("default_country", |s| Value::opt(s.default_country));
/// Which fields are asked for.
pub static COMPLETENESS: Field<Settings, CompletenessPolicy> =
    Field::new("completeness", |s| Value::json(&s.completeness));
/// The stages that customers go through; without it, any stage goes.
pub static LIFECYCLE: Field<Settings, Lifecycle> =
    Field::optional("lifecycle", |s| s.lifecycle.as_ref().map_or(Value::Null, Value::json));
/// The tenant's own fields.
pub static CUSTOM_FIELDS: Field<Settings, CustomFields> =
    Field::new("custom_fields", |s| Value::json(&s.custom_fields));
/// How often customers should hear from the house.
pub static RHYTHM: Field<Settings, ContactRhythm> =
    Field::new("rhythm", |s| Value::json(&s.rhythm));
/// After how many hours an interaction is recorded late.
pub static LATE_AFTER_HOURS: Field<Settings, i64> =
    Field::new("late_after_hours", |s| s.late_after_hours.into_value());
/// When two customers are the same, and what is done then.
pub static DUPLICATES: Field<Settings, DuplicatePolicy> =
    Field::new("duplicates", |s| Value::json(&s.duplicates));
/// When two open opportunities with one customer are in conflict.
pub static CONFLICTS: Field<Settings, Overlap> =
    Field::new("conflicts", |s| s.conflicts.into_value());
/// What is asked of leads.
pub static LEADS: Field<Settings, LeadRules> = Field::new("leads", |s| Value::json(&s.leads));
/// By which policies what customers bring is judged.
pub static VALUE_POLICIES: Field<Settings, ValuePolicies> =
    Field::new("value_policies", |s| Value::json(&s.value_policies));

impl Entity for Settings {
    const KIND: &'static str = "settings";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        NAME.spec(),
        DEFAULT_COUNTRY.spec(),
        COMPLETENESS.spec(),
        LIFECYCLE.spec(),
        CUSTOM_FIELDS.spec(),
        RHYTHM.spec(),
        LATE_AFTER_HOURS.spec(),
        DUPLICATES.spec(),
        CONFLICTS.spec(),
        LEADS.spec(),
        VALUE_POLICIES.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            name: row.opt(&NAME)?,
            default_country: row.opt(&DEFAULT_COUNTRY)?,
            completeness: row.take(&COMPLETENESS)?,
            lifecycle: row.opt(&LIFECYCLE)?,
            custom_fields: row.take(&CUSTOM_FIELDS)?,
            rhythm: row.take(&RHYTHM)?,
            late_after_hours: row.take(&LATE_AFTER_HOURS)?,
            duplicates: row.take(&DUPLICATES)?,
            conflicts: row.take(&CONFLICTS)?,
            leads: row.take(&LEADS)?,
            value_policies: row.take(&VALUE_POLICIES)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        let place = |member: &str| Place::new(member, &self.custom_fields);
        self.custom_fields.check(&place("custom_fields"))?;
        self.completeness.check(&place("completeness"))?;
        self.rhythm.check(&place("rhythm"))?;
        if let Some(lifecycle) = &self.lifecycle {
            lifecycle.check(&place("lifecycle"))?;
        }
        self.duplicates.check()?;
        for (at, reason) in self.leads.disqualify_reasons.iter().enumerate() {
            place("leads").member("disqualify_reasons").item(at).says(reason)?;
        }
        if let Err(Invalid { entity, field, reason }) = self.value_policies.check() {
            return place(&format!("value_policies.{entity}.{field}")).wrong(reason);
        }
        if self.late_after_hours < 0 {
            return place("late_after_hours").wrong("a time is not negative");
        }
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
