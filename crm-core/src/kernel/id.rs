use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of an `E`: a UUID that cannot be taken for the id of something else.
///
/// Ids are UUIDv7 from an [`IdSource`], or the caller's own: a command sent again with the same id
/// has its effect once.
///
/// ```
/// use crm_core::{customer::Customer, kernel::Id};
/// let id: Id<Customer> = "018f3b5e-7c00-7000-8000-000000000001".parse()?;
/// assert_eq!(id.to_string(), "018f3b5e-7c00-7000-8000-000000000001");
/// # Ok::<(), uuid::Error>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id<E>(Uuid, #[serde(skip)] PhantomData<fn() -> E>);

impl<E> Id<E> {
    /// The id with this UUID.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The id that follows from `key`, always the same one: for rows that are known by their
    /// content. UUID version 5 of the tenant and the key (RFC 9562, section 5.5).
    pub fn derived(tenant: TenantId, key: &str) -> Self {
        Self::new(Uuid::new_v5(&tenant.0, key.as_bytes()))
    }
}

impl<E> Clone for Id<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Id<E> {}
impl<E> PartialEq for Id<E> {
    fn eq(&self, other: &Self) -> bool {
        // As numbers: comparing bytes is a call.
        self.0.as_u128() == other.0.as_u128()
    }
}
impl<E> Eq for Id<E> {}
impl<E> PartialOrd for Id<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Id<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<E> Hash for Id<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<E> fmt::Debug for Id<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<E> fmt::Display for Id<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<E> FromStr for Id<E> {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self::new)
    }
}

/// Whose data it is: a house, a shop, a company. Every row belongs to one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(pub Uuid);

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Where new ids come from.
///
/// To be correct, an implementation must never give the same id twice, and ids given later by one
/// source must sort after those given earlier (the change log orders by them).
pub trait IdSource: Send + Sync {
    /// A new id.
    fn next(&self) -> Uuid;
}

/// Ids in a fixed sequence, for tests and samples that must come out the same every time.
#[derive(Debug)]
pub struct SequentialIds {
    seed: u64,
    next: AtomicU64,
}

impl SequentialIds {
    /// A sequence of its own for each `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(1) }
    }
}

impl IdSource for SequentialIds {
    fn next(&self) -> Uuid {
        let n = self.next.fetch_add(1, Relaxed);
        // The layout of a UUIDv7: 48 bits of (made-up) time, then the version, then the seed.
        uuid::Builder::from_u128(
            (u128::from(n) << 80) | u128::from(self.seed & 0x3fff_ffff_ffff_ffff),
        )
        .with_version(uuid::Version::SortRand)
        .with_variant(uuid::Variant::RFC4122)
        .into_uuid()
    }
}
