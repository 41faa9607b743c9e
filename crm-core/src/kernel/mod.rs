//! Words that every subject shares: ids, money, time, values, fields, criteria, queries, errors.
//!
//! Nothing here knows a subject, a store or a database; only an entity is asked with the house's
//! [`crate::settings`].

mod address;
mod amounts;
mod change;
mod clock;
mod country;
mod criteria;
mod criteria_json;
mod currency;
mod cursor;
mod custom;
mod custom_test;
mod entity;
mod error;
mod facts;
mod field;
mod folding;
mod han;
mod id;
mod kept;
mod money;
mod pairs;
mod phone;
mod query;
mod ratio;
mod row;
mod scope;
mod stored;
mod sums;
mod tally;
mod term;
pub(crate) mod text;
mod text_enum;
mod value;
mod words;

pub use address::{Address, AddressKind, Addresses};
pub use amounts::{AmountsOf, KeptAmounts, fold_amounts};
pub use change::{
    Change, ChangeCursor, ChangePage, FieldChange, change_cursor, change_position, changed_fields,
    created_fields, differing_fields, redacted_change, updated_fields,
};
pub(crate) use clock::first_of_month;
pub use clock::{Clock, FixedClock, Timestamp, TimestampError};
pub use country::{Country, CountryError};
pub use criteria::{Criteria, Op, Test};
pub use criteria_json::CriteriaError;
pub use currency::{Currency, CurrencyError};
pub use cursor::Cursor;
pub use custom::{Custom, CustomValue};
pub use custom_test::{CustomField, CustomTest};
pub use entity::{CYCLE, ERASED, Entity, check, erased, is_erased, to_json, with_value};
pub use error::{Error, ErrorKind, Invalid, Refused, Result};
pub use facts::Facts;
pub use field::{Field, FieldSpec, LONG_TEXT, SHORT_TEXT};
pub use folding::folded;
pub use id::{Id, IdSource, SequentialIds, TenantId};
pub use kept::KeptEntity;
pub use money::{Money, MoneyError, Rounding};
pub(crate) use money::{amount_text, storable};
pub use pairs::{PairField, PairMark, PairSums, Pairs, fold_pairs};
pub use phone::{Phone, PhoneKind, Phones};
pub use query::{MAX_LIMIT, OrderBy, Page, Query, check_limit};
pub use ratio::RATIO_ROUNDING;
pub(crate) use ratio::{ratio, share, six_decimals};
pub use row::{Row, RowError};
pub use scope::{Actor, Moment, Ports, Scope};
pub use stored::{Stored, UnitMark};
pub use sums::{Sum, Sums, fold};
pub use tally::{Tallies, Tally};
pub use term::{Holder, Term, TermTest};
pub(crate) use text_enum::text_enum;
pub(crate) use value::from_json_text;
pub use value::{FieldType, Kind, Tags, Value};
pub use words::{is_cjk, words};
