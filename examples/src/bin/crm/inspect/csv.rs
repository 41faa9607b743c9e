use crm_core::{customer::Whose, store::ReadUnit};

use super::{EntityArg, page};
use crate::{
    csv_file::{CsvFile, Target},
    failure::Failure,
    output::Out,
};

/// So many records are in memory at once.
const PAGE: u32 = 1_000;

const HEADER: [&str; 8] =
    ["entity", "id", "name", "customer", "staff", "missing", "since", "completeness"];

/// Writes every incomplete record, a page at a time.
pub(super) async fn write(
    unit: &mut dyn ReadUnit,
    kinds: &[EntityArg],
    owner: Whose,
    target: Target,
    out: Out,
) -> Result<(), Failure> {
    let mut file = CsvFile::create(target, &HEADER)?;
    for kind in kinds {
        let mut after = None;
        loop {
            let (list, next) = page::page(unit, *kind, owner, after, PAGE).await?;
            for one in list {
                file.row(&[
                    one.entity,
                    &one.id,
                    &one.name,
                    one.customer.as_deref().unwrap_or_default(),
                    one.staff.as_deref().unwrap_or_default(),
                    &one.missing.join(" "),
                    &one.since.to_string(),
                    &one.completeness.to_string(),
                ])?;
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    file.finish("incomplete record is", "incomplete records are", out)
}
