use crm_core::{customer::Customer, duplicate::Pair, kernel::Id, store::ReadUnit};

use super::found::{Found, name};
use crate::{
    csv_file::{CsvFile, Target},
    failure::Failure,
    find,
    output::Out,
};

/// So many pairs are written at once.
const PAGE: usize = 1_000;

const HEADER: [&str; 7] = ["group", "one", "one_name", "other", "other_name", "score", "why"];

/// Writes every pair: those of a group with its number, then those that are possible.
pub(super) async fn write(
    unit: &mut dyn ReadUnit,
    found: &Found,
    target: Target,
    out: Out,
) -> Result<(), Failure> {
    let mut file = CsvFile::create(target, &HEADER)?;
    let certain = (1..).zip(&found.groups).flat_map(|(number, group): (usize, _)| {
        group.pairs.iter().map(move |pair| (number.to_string(), pair))
    });
    let possible = found.possible.iter().map(|pair| (String::new(), pair));
    let all: Vec<(String, &Pair<Id<Customer>>)> = certain.chain(possible).collect();
    for some in all.chunks(PAGE) {
        let ids: Vec<_> = some.iter().flat_map(|(_, pair)| [pair.one, pair.other]).collect();
        let names = find::customers(unit, ids).await?;
        for (group, pair) in some {
            file.row(&[
                group,
                &pair.one.to_string(),
                &name(&names, pair.one, usize::MAX),
                &pair.other.to_string(),
                &name(&names, pair.other, usize::MAX),
                &format!("{:.4}", pair.likeness.score),
                &pair.likeness.to_string(),
            ])?;
        }
    }
    file.finish("pair is", "pairs are", out)
}
