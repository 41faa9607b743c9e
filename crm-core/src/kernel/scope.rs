use std::{fmt, sync::Arc};

use uuid::Uuid;

use crate::ownership::Grounds;

use super::{Clock, IdSource, Invalid, SHORT_TEXT, TenantId, Timestamp};

/// Who does it, in the host's own words: `"user:42"`, `"anna"`, `"import"`. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor(Arc<str>);

impl Actor {
    /// An actor with this name.
    ///
    /// # Errors
    /// [`Invalid`] when it is empty, longer than 500 characters or has a NUL in it.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        if name.trim().is_empty() {
            return Err(Invalid::new("scope", "actor", "somebody must be named"));
        }
        if name.contains('\0') || name.chars().count() > SHORT_TEXT as usize {
            let reason = "at most 500 characters, none of them NUL";
            return Err(Invalid::new("scope", "actor", reason));
        }
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For whom and by whom: given when a unit begins, and no verb can leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose data.
    pub tenant: TenantId,
    /// Who acts.
    pub actor: Actor,
}

impl Scope {
    /// For this tenant, by this actor.
    pub const fn new(tenant: TenantId, actor: Actor) -> Self {
        Self { tenant, actor }
    }
}

/// What a store needs from the host: the time, and new ids.
#[derive(Clone)]
pub struct Ports {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
}

impl Ports {
    /// These two.
    pub fn new(clock: impl Clock + 'static, ids: impl IdSource + 'static) -> Self {
        Self { clock: Arc::new(clock), ids: Arc::new(ids) }
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").field("now", &self.clock.now()).finish_non_exhaustive()
    }
}

/// When, by whom and why something is written, and where new ids come from.
pub struct Moment<'m> {
    /// The instant.
    pub now: Timestamp,
    /// Who writes it.
    pub by: &'m Actor,
    /// Which version of the record this write makes.
    pub version: u64,
    /// Why, where somebody said so.
    pub why: Option<&'m str>,
    /// What a change of the owner was decided by, where something decided it.
    pub grounds: Option<&'m Grounds>,
    /// Makes an id.
    pub next_id: &'m dyn Fn() -> Uuid,
}
