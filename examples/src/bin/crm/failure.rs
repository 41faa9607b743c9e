use std::{io, path::PathBuf, process::ExitCode};

use crm_core::{ErrorKind, import::MappingError, kernel::CriteriaError};
use thiserror::Error;

/// Why a command was not done, in a sentence that says what to do.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("{}", sentence(.0))]
    Core(#[from] crm_core::Error),
    /// With what helps.
    #[error("{}; {hint}", sentence(.error), hint = .hint)]
    Hinted { error: crm_core::Error, hint: &'static str },
    #[error("{0}")]
    Mapping(#[from] MappingError),
    #[error("--where: {0}")]
    Criteria(#[from] CriteriaError),
    #[error(
        "--where is not JSON: {0}; write it like {{\"field\":\"industry\",\"value\":\"retail\"}}"
    )]
    Json(#[source] serde_json::Error),
    #[error("{path}: {what}", path = path.display())]
    File { path: PathBuf, what: String },
    #[error(
        "there is no database {path}: name another with --db, or make it with `crm import` or `crm demo --db`",
        path = .0.display()
    )]
    NoDatabase(PathBuf),
    #[error("{0}")]
    Asked(String),
    #[error("the answer cannot be written: {0}")]
    Output(#[source] io::Error),
    #[error("the program cannot start its threads: {0}")]
    Runtime(#[source] io::Error),
}

impl Failure {
    /// A file, and what the system says about it.
    pub(crate) fn file(path: impl Into<PathBuf>, error: &io::Error) -> Self {
        let what = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => {
                "it may not be opened: look at its permissions".to_owned()
            }
            io::ErrorKind::IsADirectory => "it is a folder, not a file".to_owned(),
            _ => error.to_string(),
        };
        Self::File { path: path.into(), what }
    }

    /// Says it on stderr; the exit code.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        // Whoever read the answer has seen enough: `crm list customers | head`.
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        // Nobody is left to tell when stderr is closed.
        let mut stderr = io::stderr().lock();
        let _ = if json {
            let error = serde_json::json!({"kind": self.kind(), "message": self.to_string()});
            io::Write::write_fmt(
                &mut stderr,
                format_args!("{}\n", serde_json::json!({"error": error})),
            )
        } else {
            let text = crate::output::plain(&self.to_string());
            io::Write::write_fmt(&mut stderr, format_args!("crm: {text}\n"))
        };
        ExitCode::FAILURE
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Core(error) | Self::Hinted { error, .. } => match error.kind() {
                ErrorKind::Conflict => "conflict",
                ErrorKind::Duplicate => "duplicate",
                ErrorKind::Missing => "missing",
                ErrorKind::Invalid => "invalid",
                ErrorKind::Refused => "refused",
                ErrorKind::NoRate => "no_rate",
                ErrorKind::Corrupt => "corrupt",
                ErrorKind::Expired => "expired",
                ErrorKind::Schema => "schema",
                _ => "unavailable",
            },
            Self::Mapping(_) => "mapping",
            Self::Criteria(_) | Self::Json(_) => "criteria",
            Self::File { .. } => "file",
            Self::NoDatabase(_) => "unavailable",
            Self::Asked(_) => "invalid",
            Self::Output(_) | Self::Runtime(_) => "system",
        }
    }
}

/// The error, and what lies under it, unless it says that in its own words.
fn sentence(error: &crm_core::Error) -> String {
    if let crm_core::Error::NoRate { from, to, on } = error {
        return format!(
            "there is no exchange rate from {from} to {to} on {on} or before: set one with `crm rate set {from} {to} RATE --on {on}`, \
             or name another currency with --currency"
        );
    }
    let mut text = error.to_string();
    let mut below = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        below.push(source.to_string());
        next = source.source();
    }
    if below.iter().any(|more| text.contains(more)) {
        return text;
    }
    for more in below {
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
    }
    text
}
