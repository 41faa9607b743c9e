use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A place in a list, to go on from. Opaque: keep it, give it back, read nothing into it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor that came from outside: a URL, a file. It is checked where it is used.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As text that is safe in a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn encode(parts: &Json) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(parts.to_string()))
    }

    pub(super) fn decode(&self) -> Option<Json> {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(&self.0).ok()?).ok()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
