use std::io::{self, Write};

use crm_core::{customer::Customer, duplicate::Pair, kernel::Id, store::ReadUnit};
use serde_json::json;

use super::found::{Found, name};
use crate::{
    failure::Failure,
    find,
    output::{Out, counted},
    place::Place,
};

/// So many pairs are written at once.
const PAGE: usize = 1_000;

const HEADER: [&str; 7] = ["group", "one", "one_name", "other", "other_name", "score", "why"];

/// Writes every pair: those of a group with its number, then those that are possible.
pub(super) async fn write(
    unit: &mut dyn ReadUnit,
    found: &Found,
    place: Option<Place>,
    out: Out,
) -> Result<(), Failure> {
    let Some(place) = place else {
        let to = csv::Writer::from_writer(io::stdout());
        return rows(unit, found, to, Failure::Output).await.map(drop);
    };
    let (beside, file) = place.create()?;
    let failed = |e: io::Error| Failure::file(place.named(), &e);
    let written = rows(unit, found, csv::Writer::from_writer(file), failed).await;
    let (count, done) = match written {
        Ok(count) => (count, Ok(())),
        Err(failure) => (0, Err(failure)),
    };
    place.settle(&beside, done)?;
    let path = place.named().display();
    if out.json {
        return out.json(&json!({"written": count, "file": path.to_string()}));
    }
    out.line(format!("{} in {path}.", counted(count, "pair is", "pairs are")))
}

async fn rows<W: Write>(
    unit: &mut dyn ReadUnit,
    found: &Found,
    mut to: csv::Writer<W>,
    failed: impl Fn(io::Error) -> Failure,
) -> Result<usize, Failure> {
    let failed = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(e) => failed(e),
        other => failed(io::Error::other(format!("{other:?}"))),
    };
    to.write_record(HEADER).map_err(failed)?;
    let certain = (1..).zip(&found.groups).flat_map(|(number, group): (usize, _)| {
        group.pairs.iter().map(move |pair| (number.to_string(), pair))
    });
    let possible = found.possible.iter().map(|pair| (String::new(), pair));
    let all: Vec<(String, &Pair<Id<Customer>>)> = certain.chain(possible).collect();
    for some in all.chunks(PAGE) {
        let ids: Vec<_> = some.iter().flat_map(|(_, pair)| [pair.one, pair.other]).collect();
        let names = find::customers(unit, ids).await?;
        for (group, pair) in some {
            to.write_record([
                group,
                &pair.one.to_string(),
                &name(&names, pair.one, usize::MAX),
                &pair.other.to_string(),
                &name(&names, pair.other, usize::MAX),
                &format!("{:.4}", pair.likeness.score),
                &pair.likeness.to_string(),
            ])
            .map_err(failed)?;
        }
    }
    to.flush().map_err(|e| failed(e.into()))?;
    Ok(all.len())
}
