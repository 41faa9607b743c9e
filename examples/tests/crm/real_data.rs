use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::House;

const SALES: [(&str, &str, &str); 4] = [
    (
        "staff",
        "sales_teams.csv",
        "--map sales_agent=name --map manager=manager --map regional_office=org_unit",
    ),
    (
        "products",
        "products.csv",
        "--map product=name --map series=category --map sales_price=list_price --set currency=USD",
    ),
    (
        "customers",
        "accounts.csv",
        "--map account=name --map sector=industry --map office_location=country --map subsidiary_of=parent --map employees=employees --alias country:Philipines=Philippines",
    ),
    (
        "opportunities",
        "sales_pipeline.csv",
        "--map opportunity_id=external_id --map sales_agent=owner --map product=product --map account=customer --map deal_stage=stage --map engage_date=opened_on --map close_date=closed_on --map close_value=amount --set currency=USD",
    ),
];
const SHOP: &str = "--format whitespace --map customer_id=customer --map date=date --map number_of_cds=quantity --map dollar_value=revenue --set currency=USD --create-customers";

const SAMPLE: &str = "--format whitespace --columns customer,sample_id,date,quantity,revenue --set currency=USD --create-customers";

/// Says so where it is not there; past the test runner, which keeps what a test prints.
pub(crate) fn folder(unchecked: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if folder.join("cdnow").is_dir() && folder.join("crm-sales-opportunities").is_dir() {
        return Some(folder);
    }
    let line =
        format!("SKIPPED: not checked: {unchecked}: the real data is not at {}", folder.display());
    // Nobody is left to tell where they are closed.
    let _ = writeln!(io::stdout(), "\n{line}");
    let _ = writeln!(io::stderr(), "\n{line}");
    None
}

/// The purchases of everybody, or of the sample of the literature: a file without a line that names its columns.
pub(crate) fn shop(house: &House, folder: &Path, sample: bool) -> Value {
    let file =
        folder.join("cdnow").join(if sample { "CDNOW_sample.txt" } else { "CDNOW_master.txt" });
    import(house, "transactions", &file, if sample { SAMPLE } else { SHOP }, &[])
}

fn import(house: &House, kind: &str, file: &Path, words: &str, more: &[&str]) -> Value {
    let file = file.display().to_string();
    let words = words.split(' ').chain(more.iter().copied());
    house.json(&["import", kind, &file].into_iter().chain(words).collect::<Vec<_>>())
}

pub(crate) fn sales(house: &House, folder: &Path) -> Vec<Value> {
    sales_with(house, folder, &[])
}

/// The same, with more words for the opportunities.
pub(crate) fn sales_with(house: &House, folder: &Path, more: &[&str]) -> Vec<Value> {
    let alias = [&["--alias", "product:GTXPro=GTX Pro"], more].concat();
    SALES
        .iter()
        .map(|(kind, file, words)| {
            let file = folder.join("crm-sales-opportunities").join(file);
            import(house, kind, &file, words, if *kind == "opportunities" { &alias } else { &[] })
        })
        .collect()
}

fn report(rows: u64, new: u64) -> Value {
    json!({
        "read": rows, "new": new, "unchanged": rows - new, "changed": 0, "refused": 0, "refusals": [],
        "folded": 0, "possible_duplicates": 0, "duplicates": []
    })
}

#[test]
fn both_data_sets_come_in_with_their_figures() {
    let unchecked = "the figures of both data sets, imported twice into both stores";
    let Some(folder) = folder(unchecked) else { return };
    let houses = [House::sqlite(), House::postgres()];
    let answers = houses.each_ref().map(|house| {
        let rows = [35, 7, 85, 8_800];
        assert_eq!(sales(house, &folder), rows.map(|rows| report(rows, rows)));
        assert_eq!(sales(house, &folder), rows.map(|rows| report(rows, 0)));
        assert_eq!(shop(house, &folder, false), report(69_659, 69_659));
        assert_eq!(shop(house, &folder, false), report(69_659, 0));
        [&["funnel"][..], &["value", "--by", "won"], &["value", "--by", "revenue"]]
            .map(|args| house.json(args))
    });
    let [sqlite, postgres] = &answers;
    assert_eq!(sqlite, postgres);
    let [funnel, won, revenue] = sqlite;
    let stages: Vec<_> = funnel["stages"].as_array().unwrap().iter().collect();
    let counts: Vec<_> = stages.iter().map(|stage| stage["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [500, 1_589, 4_238, 2_473]);
    assert_eq!(stages[2]["amount"], "10005534.00");
    assert_eq!((&won["customers"], &won["total"]), (&json!(85), &json!("10005534.00")));
    assert_eq!((&revenue["customers"], &revenue["total"]), (&json!(23_570), &json!("2500315.63")));
}

#[test]
fn without_the_alias_exactly_the_misspelt_product_is_refused() {
    let unchecked = "that the misspelt product is refused 1,480 times, with line and reason";
    let Some(folder) = folder(unchecked) else { return };
    let house = House::sqlite();
    let rejects = house.folder.path().join("rejects.csv").display().to_string();
    for (kind, file, words) in SALES {
        let file = folder.join("crm-sales-opportunities").join(file);
        let answer = import(&house, kind, &file, words, &["--rejects", &rejects]);
        let refused = if kind == "opportunities" { 1_480 } else { 0 };
        assert_eq!(answer["refused"], refused);
    }
    let text = std::fs::read_to_string(rejects).unwrap();
    assert_eq!(text.lines().count(), 1_481);
    let mut reasons = text.lines().skip(1);
    assert!(
        reasons.all(|line| line.ends_with(r#","there is no product called ""GTXPro""""#)),
        "{text}"
    );
}
