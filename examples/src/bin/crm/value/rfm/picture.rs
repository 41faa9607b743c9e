use std::collections::HashMap;

use crm_core::value::GridCell;

use crate::{
    chart::{self, Grid},
    failure::Failure,
    find,
    output::{counted, grouped},
    page::{Drawing, Page, Shown, Table},
};

use super::super::{Told, tables::name};

/// From the worst score to the best.
const SCORES: [u8; 5] = [1, 2, 3, 4, 5];

/// What stands in each cell of the grid: a row for each score of recency, the best first.
fn grid<T>(told: &Told, of: impl Fn(&GridCell) -> T) -> Vec<(u8, Vec<Option<T>>)> {
    let cells: HashMap<_, _> =
        told.totals.grid.iter().map(|cell| ((cell.recency, cell.frequency), cell)).collect();
    let row =
        |recency| SCORES.map(|frequency| cells.get(&(recency, frequency)).map(|cell| of(cell)));
    SCORES.into_iter().rev().map(|recency| (recency, row(recency).into())).collect()
}

/// The same as lines of a table.
pub(super) fn lines(told: &Told, of: impl Fn(&GridCell) -> String) -> Vec<Vec<String>> {
    let lines = grid(told, of).into_iter().map(|(recency, row)| {
        let cells = row.into_iter().map(Option::unwrap_or_default);
        std::iter::once(format!("recency {recency}")).chain(cells).collect()
    });
    lines.collect()
}

pub(super) fn picture(told: &Told, bought: u64) -> Result<Drawing, Failure> {
    if bought == 0 {
        return Ok(Err("nobody bought in these days: there is nothing to draw".to_owned()));
    }
    let score = |score: u8, [worst, best]: [&str; 2]| match score {
        1 => format!("1 ({worst})"),
        5 => format!("5 ({best})"),
        _ => score.to_string(),
    };
    let rows = grid(told, |cell| cell.customers);
    let says = "How many customers bought how lately and how often".to_owned();
    let grid = Grid {
        title: says.clone(),
        subtitle: "Customers by their scores: the more, the darker".to_owned(),
        across: (
            "Frequency: how often they bought",
            SCORES.map(|one| score(one, ["seldom", "often"])).into(),
        ),
        down: (
            "Recency: how lately",
            rows.iter().map(|(one, _)| score(*one, ["long ago", "just now"])).collect(),
        ),
        numbers: rows.into_iter().flat_map(|(_, row)| row).collect(),
    };
    let source = format!("{} bought {}.", counted(bought, "customer", "customers"), told.days());
    Ok(Ok(Shown { svg: chart::draw([grid.picture()?], source)?, says }))
}

/// All that `crm rfm` tells, on one page.
pub(super) fn page(
    told: &Told,
    bought: u64,
    names: &find::Customers,
    picture: Option<Shown>,
) -> Result<Page, Failure> {
    let (run, totals) = (&told.run, &told.totals);
    let money = |amount: &str| format!("{} {}", grouped(amount), run.currency);
    let segments = totals.segments.iter().map(|one| {
        vec![one.segment.replace('_', " "), grouped(one.customers), money(&one.monetary)]
    });
    let brought = lines(told, |cell| grouped(&cell.monetary));
    let best = told.best.iter().map(|line| {
        let reason = line.reasons(run).map_err(crm_core::Error::from)?.segment;
        let segment = line.segment.as_deref().unwrap_or_default().replace('_', " ");
        Ok(vec![name(names, line), segment, reason.unwrap_or_default()])
    });
    let best = best.collect::<Result<Vec<_>, Failure>>()?;
    let header = [
        run.currency.code(),
        "frequency 1",
        "frequency 2",
        "frequency 3",
        "frequency 4",
        "frequency 5",
    ];
    let lead = format!("{} bought {}.", counted(bought, "customer", "customers"), told.days());
    let others = totals.customers - bought;
    let others = (others > 0)
        .then(|| format!("{} did not buy.", counted(others, "other customer", "other customers")));
    Ok(Page {
        title: "Who bought how lately, how often and for how much".to_owned(),
        lead: std::iter::once(lead).chain(others).collect(),
        picture,
        tables: vec![
            Table::new("Segments", &["Segment", "Customers", "Brought"], 1..3, segments),
            Table::new("What they brought", &header, 1..6, brought),
            Table::new("The best customers", &["Customer", "Segment", "Why"], 3..3, best),
        ],
    })
}
