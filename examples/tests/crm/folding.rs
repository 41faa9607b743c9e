use std::{collections::HashMap, fs};

use serde_json::Value;

use crate::{
    House,
    dirty::{Company, Dice, quoted},
    real_data,
};

const MAP: [&str; 2] = ["--map", "phone=phones"];
const HEADER: &str = "name,phone,email,website,postcode";

fn counts(answer: &Value) -> [u64; 7] {
    ["read", "new", "unchanged", "changed", "refused", "folded", "possible_duplicates"]
        .map(|key| answer[key].as_u64().unwrap())
}

fn customers(house: &House) -> Value {
    house.json(&["list", "customers", "--limit", "10000", "--order", "name"])["items"].clone()
}

/// The customer of each folded row, by its line.
fn folded(path: &str) -> HashMap<u64, String> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = csv::Reader::from_reader(text.as_bytes());
    let rows = lines.records().map(Result::unwrap).filter(|row| &row[2] == "folded");
    rows.map(|row| (row[1].parse().unwrap(), row[4].to_owned())).collect()
}

#[test]
fn a_dirty_copy_of_the_85_accounts_folds_back_to_85() {
    let unchecked = "that a dirty copy of the 85 accounts folds back to 85";
    let Some(data) = real_data::folder(unchecked) else { return };
    let path = data.join("crm-sales-opportunities/accounts.csv");
    let mut accounts = csv::Reader::from_path(path).unwrap();
    let (mut clean, mut dirty, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let mut dice = Dice(85);
    for (n, row) in accounts.records().enumerate() {
        // account, sector, year, revenue, employees, office, subsidiary of
        let row = row.unwrap();
        let company = Company::new(&row[0], n);
        let rest = [&row[1], &row[4], &row[5], &row[6]].map(quoted).join(",");
        clean.push(format!("{},{rest}\n", company.cells().join(",")));
        dirty.push(format!("{},{rest}\n", company.dirty(&mut dice).cells().join(",")));
        names.push(company.name);
    }
    let header = format!("{HEADER},industry,employees,country,parent\n");
    for house in [House::sqlite(), House::postgres()] {
        let clean = house.file("clean.csv", header.clone() + &clean.concat());
        let dirty = house.file("dirty.csv", header.clone() + &dirty.concat());
        let import = |file: &str, more: &[&str]| {
            let alias = ["--alias", "country:Philipines=Philippines"];
            let begin = ["import", "customers", file];
            counts(&house.json(&[&begin[..], &MAP, &alias, more].concat()))
        };
        assert_eq!(import(&clean, &[]), [85, 85, 0, 0, 0, 0, 0]);
        let before = customers(&house);
        let report = house.folder.path().join("folded.csv").display().to_string();
        for _ in 0..2 {
            assert_eq!(import(&dirty, &["--folded", &report]), [85, 0, 0, 0, 0, 85, 0]);
            assert_eq!(customers(&house), before, "nothing was empty there");
        }
        let told = folded(&report);
        for (line, name) in (2..).zip(&names) {
            assert_eq!(told.get(&line), Some(name));
        }
        // Among themselves too.
        let both = House::sqlite();
        let text = fs::read_to_string(&dirty).unwrap();
        let rows = text.lines().skip(1).collect::<Vec<_>>().join("\n");
        let file = both.file("both.csv", fs::read_to_string(&clean).unwrap() + &rows);
        let alias = ["--alias", "country:Philipines=Philippines"];
        let args = [&["import", "customers", &file][..], &MAP, &alias].concat();
        assert_eq!(counts(&both.json(&args)), [170, 85, 0, 0, 0, 85, 0]);
        assert_eq!(counts(&both.json(&args)), [170, 0, 85, 0, 0, 85, 0]);
    }
}

const FIRST: [&str; 40] = [
    "Alder", "Birch", "Cedar", "Dover", "Ember", "Fjord", "Garnet", "Harbor", "Indigo", "Juniper",
    "Kestrel", "Lantern", "Meadow", "Nordic", "Orchard", "Pioneer", "Quarry", "Raven", "Summit",
    "Timber", "Umbra", "Valley", "Willow", "Xenon", "Yarrow", "Zephyr", "Amber", "Basalt",
    "Cobalt", "Delta", "Ebony", "Falcon", "Granite", "Heron", "Ivory", "Jasper", "Krypton",
    "Lotus", "Marble", "Nimbus",
];
const SECOND: [&str; 10] = [
    "Foods",
    "Logistics",
    "Textiles",
    "Printing",
    "Machines",
    "Pharma",
    "Glass",
    "Outdoor",
    "Software",
    "Furniture",
];
const TOWNS: [&str; 10] =
    ["Lyon", "Graz", "Cork", "Porto", "Turin", "Ghent", "Bergen", "Malmo", "Zagreb", "Krakow"];

/// The n-th of 4,000 names.
fn company(n: usize) -> Company {
    let words = [FIRST[n % 40], SECOND[n / 40 % 10], TOWNS[n / 400 % 10]];
    Company::new(&words.join(" "), n)
}

#[test]
fn four_thousand_seven_hundred_business_cards() {
    const KNOWN: usize = 300;
    let mut dice = Dice(4_700);
    let row = |company: &Company, more: &str| format!("{},{more}\n", company.cells().join(","));
    // Of each card: whose it is, or why it is bad.
    let mut cards: Vec<(String, Result<usize, &str>)> = Vec::new();
    for n in KNOWN..4_000 {
        cards.push((row(&company(n), "12,Anna"), Ok(n)));
    }
    for n in 0..KNOWN {
        cards.push((row(&company(n).dirty(&mut dice), ",Ben"), Ok(n)));
    }
    for n in 0..600 {
        let n = KNOWN + n * 6;
        cards.push((row(&company(n).dirty(&mut dice), ",Cid"), Ok(n)));
    }
    for n in 0..25 {
        let one = company(KNOWN + n);
        cards.push((row(&one, "many,"), Err("employees: \"many\" is not a whole number")));
        cards.push((format!(",{},x@y.example,,,,\n", one.phone), Err("it has no name")));
        cards.push((
            format!("{}\n", one.cells().join(",")),
            Err("it has 5 columns, the first line of the file has 7"),
        ));
        let nul = row(&Company { name: "A\0b".to_owned(), ..one }, ",");
        cards.push((nul, Err("name: no text may have a NUL character in it")));
    }
    assert_eq!(cards.len(), 4_700);
    // In no order.
    for at in (1..cards.len()).rev() {
        cards.swap(at, dice.of(at + 1));
    }
    let header = format!("{HEADER},employees,contact_person\n");
    let known: String = (0..KNOWN).map(|n| row(&company(n), ",")).collect();
    let text: String = cards.iter().map(|(text, _)| text.as_str()).collect();
    for house in [House::sqlite(), House::postgres()] {
        let known = house.file("known.csv", header.clone() + &known);
        let fair = house.file("fair.csv", header.clone() + &text);
        let path = |name| house.folder.path().join(name).display().to_string();
        let (rejects, report) = (path("rejects.csv"), path("folded.csv"));
        let import = |file: &str| {
            let out = ["--rejects", &rejects, "--folded", &report];
            counts(&house.json(&[&["import", "customers", file][..], &MAP, &out].concat()))
        };
        assert_eq!(import(&known), [300, 300, 0, 0, 0, 0, 0]);
        // Of 900 copies 99 % are certain at least; the others are reported, and no firm is lost.
        let first = import(&fair);
        let [read, new, unchanged, changed, refused, folds, possible] = first;
        assert_eq!([read, unchanged, changed, refused], [4_700, 0, 0, 100], "{first:?}");
        assert_eq!([new, folds], [3_700 + possible, 900 - possible], "{first:?}");
        assert!(folds >= 891, "{first:?}");
        let (before, (_, end)) = (customers(&house), house.log(None));
        assert_eq!(before.as_array().unwrap().len() as u64, 300 + new);
        for (line, reason) in reasons(&rejects) {
            assert_eq!(cards[line - 2].1, Err(reason.as_str()));
        }
        assert_eq!(reasons(&rejects).len(), 100);

        // Each card is with its firm, by whichever of its cards came first.
        let firm = |line: u64| *cards[usize::try_from(line).unwrap() - 2].1.as_ref().unwrap();
        let whose: HashMap<_, _> = (2..)
            .zip(&cards)
            .filter_map(|(line, (text, whose))| {
                let mut row =
                    csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
                let name = row.records().next()?.ok()?.get(0)?.to_owned();
                whose.as_ref().ok().map(|_| (name, firm(line)))
            })
            .chain((0..KNOWN).map(|n| (company(n).name, n)))
            .collect();
        let told = folded(&report);
        assert_eq!(told.len() as u64, folds);
        for (line, name) in told {
            assert_eq!(whose[&name], firm(line), "line {line}: {name}");
        }

        // What was empty is filled, nothing is overwritten.
        let filled = before.as_array().unwrap().iter().filter(|one| one["contact_person"] == "Ben");
        assert_eq!(filled.count(), KNOWN);

        assert_eq!(import(&fair), [4_700, 0, new, 0, 100, folds, 0]);
        assert_eq!(customers(&house), before);
        assert_eq!(house.log(Some(&end)).0, Vec::<Value>::new());
    }
}

/// The lines that were refused, and why.
fn reasons(path: &str) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let row = |row: csv::StringRecord| (row[7].parse().unwrap(), row[8].to_owned());
    rows.records().map(|one| row(one.unwrap())).collect()
}

#[test]
fn people_are_told_what_was_folded() {
    let house = House::sqlite();
    let base = house
        .file("base.csv", format!("{HEADER}\nNordic Data Systems Ltd,+49 30 901820,,,10115\n"));
    let fair = house.file(
        "fair.csv",
        format!("{HEADER}\nNORDIC DATA SISTEMS,+4930901820,,,\nNordic Data Systems,,,,\n"),
    );
    house.json(&[&["import", "customers", &base][..], &MAP].concat());
    let said = house.run(&[&["import", "customers", &fair][..], &MAP].concat());
    let out = said.out.replace(&house.folder.path().display().to_string(), "[folder]");
    insta::assert_snapshot!(out);
    for (args, why) in [
        (&["staff", "--duplicates", "keep"][..], "--duplicates: only customers"),
        (&["staff", "--folded", "x.csv"], "--folded: only customers"),
        (&["customers", "--folded", "x.csv", "--rejects", "x.csv"], "the same file"),
        (&["customers", "--folded", &fair], "that is the file to be read"),
    ] {
        let said = house.run(&[&["import", args[0], &fair], &args[1..], &MAP].concat());
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
        assert!(said.err.contains(why), "{}", said.err);
    }
    let said = house.run(&["import", "customers", &fair, "--duplicates", "fodl"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("fold") && said.err.contains("refuse"), "{}", said.err);
}
