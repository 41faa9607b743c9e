//! The rules of the house: what a tenant decides for itself, as data, kept in the store.

mod check;
mod completeness;
mod custom_fields;
mod entity;
mod json;
mod judge;
mod lifecycle;
mod rhythm;
mod service;

pub use completeness::{CompletenessPolicy, CompletenessRule, Demand};
pub use custom_fields::{CustomFields, DeclaredField, DeclaredType};
pub use entity::*;
pub use judge::{Completeness, completeness};
pub(crate) use judge::{is_missing, judge, judge_archivable, lacks, refuse};
pub use lifecycle::{Lifecycle, LifecycleMove, LifecycleStage};
pub use rhythm::{ContactRhythm, RhythmRule};
pub use service::{HouseRules, house_rules};

/// A type that a field holds as JSON.
macro_rules! as_json {
    ($type:ty) => {
        impl crate::kernel::FieldType for $type {
            const KIND: crate::kernel::Kind = crate::kernel::Kind::Json;
            const REFERS_TO: Option<&'static str> = None;
            fn into_value(self) -> crate::kernel::Value<'static> {
                crate::kernel::Value::json(&self)
            }
            fn from_value(value: crate::kernel::Value<'static>) -> Result<Self, String> {
                crate::kernel::from_json_text(value)
            }
        }
    };
}
pub(crate) use as_json;
