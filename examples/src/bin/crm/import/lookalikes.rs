use std::path::Path;

use crm_core::import::{Match, Outcome};
use serde::Serialize;

use crate::failure::Failure;

use super::rejects::Rejects;

/// So many are told; `--folded` has them all.
const TOLD: usize = 20;

const HEADER: [&str; 6] = ["file", "line", "outcome", "customer", "name", "why"];

/// A row that is a customer that was there, or may be.
#[derive(Serialize)]
pub(super) struct Lookalike {
    pub(super) file: String,
    pub(super) line: u64,
    /// `folded` or `possible`.
    pub(super) outcome: &'static str,
    #[serde(flatten)]
    pub(super) found: Match,
}

/// The rows that are customers that were there, or may be: the first ones, and all of them in a file.
pub(super) struct Lookalikes {
    first: Vec<Lookalike>,
    file: Option<Rejects>,
    /// Whether the file names the columns already.
    named: bool,
}

impl Lookalikes {
    pub(super) const fn new(file: Option<Rejects>) -> Self {
        Self { first: Vec::new(), file, named: false }
    }

    /// Takes down a row, if it is one.
    pub(super) fn add(&mut self, file: &Path, line: u64, told: &Outcome) -> Result<(), Failure> {
        let (outcome, found) = match told {
            Outcome::Folded(found) => ("folded", found),
            Outcome::Doubtful(found) => ("possible", found),
            _ => return Ok(()),
        };
        let file = file.display().to_string();
        if let Some(to) = &mut self.file {
            if !self.named {
                to.write(&HEADER)?;
                self.named = true;
            }
            let (line, customer) = (line.to_string(), found.customer.to_string());
            to.write(&[&file, &line, outcome, &customer, &found.name, &found.why])?;
        }
        if self.first.len() < TOLD {
            self.first.push(Lookalike { file, line, outcome, found: found.clone() });
        }
        Ok(())
    }

    pub(super) fn first(&self) -> &[Lookalike] {
        &self.first
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.file.as_mut().map_or(Ok(()), Rejects::finish)
    }
}
