//! Finding customers and contacts by what somebody types: words and beginnings of words, parts of
//! Chinese, Japanese and Korean names, phone digits, e-mail addresses, numbers, tags, towns.
//!
//! Nothing here asks a store. A record is kept with [`terms_of`] it; a [`SearchQuery`] has tests,
//! which all must hold for some term of a record: so a store finds the candidates.
//! [`SearchQuery::rank`] then looks at each candidate itself, says whether it is a hit and why, and
//! orders the hits. All of it is a function of text and record alone, so that every store finds
//! the same.
//!
//! ```
//! use crm_core::{customer::{Customer, CustomerKind::Organisation}, kernel::Id};
//! use crm_core::search::{Reason, SearchQuery, terms_of};
//!
//! let id = Id::new(uuid::Uuid::from_u128(1));
//! let customer = Customer::new(id, Organisation, "北京三联書店 (SDX)");
//! let query = SearchQuery::parse("三联书店")?;
//! let terms = terms_of(&customer);
//! assert!(query.tests().iter().all(|test| terms.iter().any(|term| test.passes(term))));
//! assert_eq!(query.rank(&customer).map(|rank| rank.reason), Some(Reason::NameInOrder));
//! # Ok::<(), crm_core::kernel::Invalid>(())
//! ```

mod atom;
mod digits;
mod parts;
mod query;
mod rank;
mod record;
mod service;
mod terms;

pub use query::SearchQuery;
pub use rank::{Rank, Reason};
pub use record::{Searchable, Searched};
pub use service::{Found, Hit, HitRecord, search};
pub use terms::{MAX_TERMS, terms_of};

#[cfg(test)]
mod tests;
