//! Which records are the same customer: keys that are compared, candidates, evidence.
//!
//! [`Identity::of`] brings what a customer is known by into one form each, [`terms`] says what it is
//! found by, [`compare`] weighs two of them and says why, [`scan`] finds every duplicate of a
//! base. [`DuplicatePolicy`] is what a tenant decides. Nothing is looked up here: stores keep the
//! terms, and two identities are always of one tenant.
//!
//! Strict checks of single values, with reasons: [`check_email`], [`check_phone`],
//! [`check_tax_number`].

mod compare;
mod domain;
mod email;
mod evidence;
mod free_mail;
mod given;
mod groups;
mod identity;
mod legal_forms;
mod letters;
mod likeness;
mod lookup;
mod name;
mod nearness;
mod phone;
mod policy;
mod scan;
mod service;
mod tax;
mod tax_china;
mod tax_europe;
mod terms;
mod weights;

pub use compare::compare;
pub(crate) use compare::compare_possible;
pub use domain::domain_key;
pub use email::{Mailboxes, check_email};
pub use evidence::{Agreement, Evidence, Key};
pub(crate) use given::{check_contact, check_customer, check_lead, check_staff};
pub use identity::Identity;
pub use likeness::{Likeness, MaskedLikeness};
pub(crate) use lookup::{Keyed, Lookup};
pub use name::{name_key, sorted_words};
pub use nearness::name_nearness;
pub use phone::{check_phone, phone_key};
pub use policy::{DuplicateAction, DuplicatePolicy};
pub use scan::{Noise, Pair, Scan, scan};
pub use service::{Added, Duplicate, Duplicates, add, find, find_each, scan_base};
pub use tax::{check_tax_number, tax_key};
pub use terms::{MAX_TERMS, TERM_FAMILIES, terms, terms_of_contact};
