use crate::{
    customer::{self, Customer},
    import::{ImportKind, ImportOptions, Importer, Mapping, Report, Row, RowOutcome},
    kernel::{Criteria, to_json},
    store::{Read, ReadUnit, every},
};

use super::{
    case::Case,
    claim::{Held, claim, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![business_cards, a_folded_row_overwrites_nothing_also_later]
}

const HEADER: [&str; 6] = ["name", "phones", "email", "employees", "city", "external_id"];

/// Firms whose names have nothing in common.
const FIRMS: [&str; 20] = [
    "Alder Foods",
    "Birch Print",
    "Cobalt Glass",
    "Dover Pharma",
    "Ember Optics",
    "Fjord Textil",
    "Garnet Tools",
    "Harbor Paper",
    "Indigo Press",
    "Juniper Law",
    "Kestrel Air",
    "Lantern Books",
    "Meadow Dairy",
    "Nimbus Data",
    "Orchard Wine",
    "Pioneer Rail",
    "Quarry Stone",
    "Raven Media",
    "北京华美科技有限公司",
    "株式会社日本光学",
];

/// After a fair: duplicates of each other and of known customers are found, bad rows come back with the reason,
/// good rows are in, and running the import again changes nothing.
async fn business_cards(case: &Case) -> Held {
    let number = |n: usize| format!("+49 30 9018{n:02}");
    let known = FIRMS.iter().enumerate().take(5);
    let known: Vec<_> =
        known.map(|(n, firm)| row(n, [*firm, &number(n), "", "", "", ""])).collect();
    same("known before", import(case, &known, 100).await?.0, report([5, 5, 0, 0]))?;
    let mut cards = Vec::new();
    for (n, firm) in FIRMS.iter().enumerate() {
        if n >= 5 {
            let email = format!("office@firm{n}.example");
            cards.push([*firm, &number(n), &email, "12", "", ""].map(String::from));
        }
        let (name, phone) = (other_spelling(firm), format!("+49 (30) 90 18-{n:02}"));
        cards.push([name.as_str(), &phone, "", "", "Berlin", ""].map(String::from));
    }
    cards.push(["Zephyr", "", "", "many", "", ""].map(String::from));
    cards.push(["", &number(3), "", "", "", ""].map(String::from));
    let cards: Vec<_> = cards.into_iter().enumerate().map(|(n, cells)| row(n, cells)).collect();
    let (first, told) = import(case, &cards, 8).await?;
    let counts = [first.read, first.new, first.folded, first.refused, first.changed];
    same("the cards", counts, [37, 15, 20, 2, 0])?;
    let reasons: Vec<_> =
        told.iter().rev().take(2).map(|told| format!("{:?}", told.outcome)).collect();
    claim(reasons[0].contains("it has no name"), "a card without a name says so")?;
    claim(reasons[1].contains("not a whole number"), "a card that is wrong says so")?;
    let mut unit = case.read().await?;
    let all = Read::<Customer>::count(&mut *unit, Criteria::everything()).await?;
    same("customers", all, FIRMS.len() as u64)?;
    let before = snapshot(&mut *unit).await?;
    drop(unit);
    let (again, _) = import(case, &cards, 8).await?;
    same("again", [again.new, again.folded, again.refused, again.changed], [0, 20, 2, 0])?;
    same("what is there then", snapshot(&mut *case.read().await?).await?, before)
}

async fn a_folded_row_overwrites_nothing_also_later(case: &Case) -> Held {
    let there = [row(0, ["Nimbus Data Systems", "+49 30 901820", "", "", "Berlin", ""])];
    same("there", import(case, &there, 1).await?.0, report([1, 1, 0, 0]))?;
    let other =
        [row(0, ["Nimbus Data Sistems Ltd", "+49 30 901820", "a@n.example", "", "Ulm", "7"])];
    for what in ["folded", "folded again, known by its external id"] {
        same(what, import(case, &other, 1).await?.0, report([1, 0, 0, 1]))?;
        let by_id = customer::EXTERNAL_ID.eq("7").query();
        let found = Read::<Customer>::find(&mut *case.read().await?, by_id).await?.items;
        claim(found.len() == 1, "the external id is kept")?;
        let one = &found[0];
        same("its name", one.name.as_str(), "Nimbus Data Systems")?;
        same("its town", one.city.as_deref(), Some("Berlin"))?;
        same("what was empty", one.email.as_deref(), Some("a@n.example"))?;
        same("its version", one.version(), 2)?;
    }
    Ok(())
}

/// Without the legal form, or louder and in another order.
fn other_spelling(firm: &str) -> String {
    let bare = firm.trim_end_matches("有限公司").trim_start_matches("株式会社");
    bare.split(' ').rev().collect::<Vec<_>>().join(" ").to_uppercase()
}

fn row<T: Into<String>>(n: usize, cells: [T; 6]) -> Row {
    Row { line: n as u64 + 2, cells: cells.into_iter().map(Into::into).collect(), occurrence: 0 }
}

fn report([read, new, unchanged, folded]: [u64; 4]) -> Report {
    Report { read, new, unchanged, folded, ..Report::default() }
}

async fn import(case: &Case, rows: &[Row], batch: usize) -> Held<(Report, Vec<RowOutcome>)> {
    let header = HEADER.map(String::from);
    let mapping = Mapping::new(ImportKind::Customers);
    let mut importer = Importer::new(&mapping, &header, ImportOptions::default())?;
    let (mut report, mut told) = (Report::default(), Vec::new());
    for rows in rows.chunks(batch) {
        let mut work = case.begin().await?;
        let outcomes = importer.batch(&mut *work, rows).await?;
        work.commit().await?;
        outcomes.iter().for_each(|told| report.count(&told.outcome));
        told.extend(outcomes);
    }
    Ok((report, told))
}

async fn snapshot(unit: &mut (dyn ReadUnit + '_)) -> Held<Vec<(u64, serde_json::Value)>> {
    let mut all = Vec::new();
    let query = crate::kernel::Query::<Customer>::all().order_by(&customer::NAME);
    every(unit, query, |stored: crate::kernel::Stored<Customer>| {
        all.push((stored.version(), to_json::<Customer>(&stored)));
        Ok(())
    })
    .await?;
    Ok(all)
}
