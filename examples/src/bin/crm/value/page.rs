use crate::{
    failure::Failure,
    find,
    output::counted,
    page::{Page, Shown, Table},
};

use super::{
    Told,
    picture::what,
    standings::Standings,
    tables::{best, classes, fifths, gini_words, groups, plans, share_text, top},
};

/// All that `crm value` tells, on one page.
pub(super) fn page(
    told: &Told,
    standings: &Standings,
    names: &find::Customers,
    picture: Option<Shown>,
) -> Result<Page, Failure> {
    let (run, totals) = (&told.run, &told.totals);
    let mut lead = vec![format!(
        "{} {}, {}; the best 20 % of them bring {}.",
        counted(totals.customers, "customer brings", "customers bring"),
        told.money(totals.total),
        told.days(),
        share_text(told.top_share())
    )];
    let gini = totals.gini.map(|gini| format!("Gini coefficient: {gini} ({}).", gini_words(told)));
    lead.extend(gini.into_iter().chain(totals.notes.iter().cloned()).chain(told.kept()));
    let rows = told.best.iter().map(|line| {
        let reasons = line.reasons(run).map_err(crm_core::Error::from)?;
        let reasons: Vec<_> = reasons.class.into_iter().chain(reasons.standing).collect();
        let mut cells = best(told, line, names);
        cells.push(reasons.join(" "));
        Ok(cells)
    });
    let rows = rows.collect::<Result<Vec<_>, Failure>>()?;
    let figures = ["", "Customers", "Value", "of all"];
    let groups_of = ["", "Customers", "Value"];
    let mut tables = vec![
        Table::new(
            "Classes",
            &["Class", "Customers", "of all", "Value", "of all"],
            1..5,
            classes(told).into_iter().map(Vec::from),
        )
        .noted(plans(told)),
        Table::new("8/2/2", &figures, 1..4, fifths(told)).noted([totals.fifths.reason.clone()]),
        Table::new("The best so many percent", &figures, 1..4, top(told)),
    ];
    let standing = groups(told, &totals.standings);
    for (title, rows) in [("Standings", standing), ("Tiers", groups(told, &totals.tiers))] {
        if !rows.is_empty() {
            tables.push(Table::new(title, &groups_of, 1..3, rows));
        }
    }
    if !rows.is_empty() {
        let header = ["Rank", "Customer", "Class", "Value", "Why"];
        tables.push(Table::new("The best customers", &header, 3..4, rows));
    }
    tables.extend(standings.tables(told, names)?);
    Ok(Page { title: format!("Who brings {}", what(run.basis)), lead, picture, tables })
}
