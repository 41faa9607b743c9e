use crm_core::{customer::Customer, duplicate::Pair, kernel::Id, store::ReadUnit};

use super::found::{Found, Shown};
use crate::{
    csv_file::{CsvFile, Target},
    failure::Failure,
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
        let shown = Shown::of(unit, ids).await?;
        for (group, pair) in some {
            let like = shown.like(pair);
            file.row(&[
                group,
                &pair.one.to_string(),
                &shown.name(pair.one, usize::MAX),
                &pair.other.to_string(),
                &shown.name(pair.other, usize::MAX),
                &like.score.map_or_else(String::new, |score| format!("{score:.4}")),
                &like.why,
            ])?;
        }
    }
    file.finish("pair is", "pairs are", out)
}
