//! Leads: persons and companies that are not in the base yet, until they are worth it, or are not.
//!
//! A lead is worked on, qualified or disqualified, recycled, and in the end converted: into a customer, a contact and
//! an opportunity, new ones or some that are there ([`Leads::convert`]). What happened with it before is kept
//! as [`activity::LeadActivity`] and becomes interactions of that customer; its tasks go along.
//!
//! What each event does in each state:
//!
#![doc = include_str!("transitions.md")]

pub mod activity;
mod becoming;
mod carry;
mod choice;
mod conversion;
mod convert;
mod duplicates;
mod entity;
mod event;
mod fields;
mod person;
mod preview;
mod qualification;
mod rules;
mod service;
mod state;

pub(crate) use carry::interaction_of;
pub use choice::{Choice, Likely};
pub use conversion::{Conversion, ForContact, ForCustomer, ForOpportunity, NewOpportunity};
pub use convert::Converted;
pub use duplicates::{LeadDuplicate, LeadDuplicates, duplicates};
pub use entity::Lead;
pub use event::LeadEvent;
pub use fields::*;
pub use preview::{ConversionPreview, preview};
pub use qualification::{Answer, Qualification, Rating};
pub use rules::LeadRules;
pub use service::{AddedLead, Leads};
pub use state::{LeadState, LeadStatus};
