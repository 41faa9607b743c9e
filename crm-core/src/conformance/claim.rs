use std::{
    fmt::{self, Debug},
    panic::Location,
};

use crate::{Error, ErrorKind, Result};

/// How a law ends.
pub(super) type Held<T = ()> = Result<T, Failure>;

/// Why a law does not hold, and where in the suite that was seen.
pub(super) struct Failure {
    what: String,
    at: &'static Location<'static>,
}

impl Failure {
    #[track_caller]
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), at: Location::caller() }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    #[track_caller]
    fn from(error: E) -> Self {
        let mut what = format!("an error that should not be: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            what.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self { what, at: Location::caller() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.at)
    }
}

/// Claims that something is so.
#[track_caller]
pub(super) fn claim(holds: bool, what: impl Into<String>) -> Held {
    if holds { Ok(()) } else { Err(Failure::new(what)) }
}

/// Claims that what was found is what was expected.
#[track_caller]
pub(super) fn same<T: PartialEq<U> + Debug, U: Debug>(what: &str, found: T, expected: U) -> Held {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format!("{what}: expected {}, found {}", brief(&expected), brief(&found))))
}

/// Claims that something failed, in this way.
#[track_caller]
pub(super) fn fails<T: Debug>(what: &str, found: Result<T>, kind: ErrorKind) -> Held<Error> {
    match found {
        Err(error) if error.kind() == kind => Ok(error),
        Err(error) => Err(Failure::new(format!("{what}: expected {kind:?}, found {error:?}"))),
        Ok(found) => {
            Err(Failure::new(format!("{what}: expected {kind:?}, found Ok({})", brief(&found))))
        }
    }
}

/// A value as text that fits on a screen: some are megabytes long.
pub(super) fn brief(value: &impl Debug) -> String {
    const MOST: usize = 2_000;
    let text = format!("{value:?}");
    if text.chars().count() <= MOST {
        return text;
    }
    text.chars().take(MOST).chain("…".chars()).collect()
}
