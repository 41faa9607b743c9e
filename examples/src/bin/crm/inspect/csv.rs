use std::io::{self, Write};

use crm_core::{customer::Whose, store::ReadUnit};
use serde_json::json;

use super::{EntityArg, page};
use crate::{
    failure::Failure,
    output::{Out, counted},
    place::Place,
};

/// So many records are in memory at once.
const PAGE: u32 = 1_000;

const HEADER: [&str; 8] =
    ["entity", "id", "name", "customer", "staff", "missing", "since", "completeness"];

/// Where the rows go.
pub(super) enum Target {
    Stdout,
    File(Place),
}

/// Writes every incomplete record, a page at a time.
pub(super) async fn write(
    unit: &mut dyn ReadUnit,
    kinds: &[EntityArg],
    owner: Whose,
    target: Target,
    out: Out,
) -> Result<(), Failure> {
    let Target::File(place) = target else {
        let to = csv::Writer::from_writer(io::stdout());
        return rows(unit, kinds, owner, to, Failure::Output).await.map(drop);
    };
    let (beside, file) = place.create()?;
    let failed = |e: io::Error| Failure::file(place.named(), &e);
    let written = rows(unit, kinds, owner, csv::Writer::from_writer(file), failed).await;
    let (count, done) = match written {
        Ok(count) => (count, Ok(())),
        Err(failure) => (0, Err(failure)),
    };
    place.settle(&beside, done)?;
    let path = place.named().display();
    if out.json {
        return out.json(&json!({"written": count, "file": path.to_string()}));
    }
    out.line(format!(
        "{} in {path}.",
        counted(count, "incomplete record is", "incomplete records are")
    ))
}

async fn rows<W: Write>(
    unit: &mut dyn ReadUnit,
    kinds: &[EntityArg],
    owner: Whose,
    mut to: csv::Writer<W>,
    failed: impl Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    let failed = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(e) => failed(e),
        other => failed(io::Error::other(format!("{other:?}"))),
    };
    to.write_record(HEADER).map_err(failed)?;
    let mut count = 0;
    for kind in kinds {
        let mut after = None;
        loop {
            let (list, next) = page::page(unit, *kind, owner, after, PAGE).await?;
            for one in list {
                to.write_record([
                    one.entity,
                    &one.id,
                    &one.name,
                    one.customer.as_deref().unwrap_or_default(),
                    one.staff.as_deref().unwrap_or_default(),
                    &one.missing.join(" "),
                    &one.since.to_string(),
                    &one.completeness.to_string(),
                ])
                .map_err(failed)?;
                count += 1;
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    to.flush().map_err(|e| failed(e.into()))?;
    Ok(count)
}
