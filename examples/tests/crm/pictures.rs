//! Pictures and pages of what customers bring: that they say what the figures say.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use crate::{
    House,
    clv::{both, houses, roastery},
    xml,
};

const AS_OF: [&str; 2] = ["--as-of", "2025-06-30"];
const BEFORE: [&str; 6] = ["--from", "2024-01-01", "--to", "2024-12-31", "--as-of", "2024-12-31"];
const AFTER: [&str; 6] = ["--from", "2024-07-01", "--to", "2025-06-30", "--as-of", "2025-06-30"];
const CURVE: [&str; 3] = ["value", "--by", "revenue"];

/// What a command tells, its picture and its page: the same of both houses.
fn drawn(houses: &[House; 2], args: &[&str]) -> (Value, String, String) {
    let [one, other] = houses.each_ref().map(|house| {
        let path = |name: &str| house.folder.path().join(name).display().to_string();
        let (svg, html) = (path("picture.svg"), path("page.html"));
        let told = house.json(&[args, &["--svg", &svg, "--html", &html]].concat());
        let [svg, html] = [svg, html].map(|path| fs::read_to_string(path).unwrap());
        (told, svg, html)
    });
    assert_eq!((&one.1, &one.2), (&other.1, &other.2), "{args:?}");
    one
}

fn percent(share: &Value) -> String {
    let share: f64 = share.as_str().unwrap().parse().unwrap();
    format!("{:.1} %", share * 100.0)
}

/// `12,345.60` of `12345.60`.
fn grouped(amount: &Value) -> String {
    let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let groups: Vec<_> = whole.as_bytes().rchunks(3).rev().collect();
    let groups = groups.iter().map(|part| std::str::from_utf8(part).unwrap());
    groups.collect::<Vec<_>>().join(",") + rest
}

#[test]
fn the_curve_and_its_page_say_what_the_figures_say() {
    let houses = houses();
    houses.iter().for_each(roastery);
    let (told, svg, html) = drawn(&houses, &[&CURVE[..], &AS_OF, &["--top", "3"]].concat());
    let (svg, html) = (xml::parse(&svg), xml::parse(&html));
    let top = percent(&told["top_20_percent_share"]);
    let gini = told["gini"].as_str().unwrap();
    for words in [
        format!("The best 20 % of customers bring {top} of the revenue"),
        format!("Gini coefficient {:.3}", gini.parse::<f64>().unwrap()),
        format!("90 customers, {} EUR", grouped(&told["total"])),
        "if all brought the same (dashes".to_owned(),
    ] {
        svg.says(&words);
    }
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let (mut customers, mut value) = (0.0, 0.0);
    for class in &told["classes"].as_array().unwrap()[..2] {
        customers += number(&class["share_of_customers"]) * 100.0;
        value += number(&class["share_of_value"]) * 100.0;
        let name = class["class"].as_str().unwrap();
        svg.says(&format!("{name} ends: {customers:.1} % of customers, {value:.1} %"));
    }
    let dashes: BTreeSet<_> =
        svg.elements.iter().filter_map(|element| element.get("stroke-dasharray")).collect();
    assert!(dashes.len() >= 3, "lines are told apart without colours: {dashes:?}");
    for class in told["classes"].as_array().unwrap() {
        let [name, customers] = ["class", "customers"].map(|key| class[key].to_string());
        let cells = format!(
            "{} {customers} {} {} EUR {}",
            name.trim_matches('"'),
            percent(&class["share_of_customers"]),
            grouped(&class["value"]),
            percent(&class["share_of_value"])
        );
        html.says(&cells);
    }
    let fifths = &told["fifths"];
    for (who, part) in [("The top fifth", "top"), ("The bottom fifth", "bottom")] {
        let part = &fifths[part];
        let (customers, value) = (&part["customers"], grouped(&part["value"]));
        html.says(&format!("{who} {customers} {value} EUR {}", percent(&part["share"])));
    }
    html.says(&format!(
        "All without the bottom fifth {} {} EUR",
        90 - fifths["bottom"]["customers"].as_u64().unwrap(),
        grouped(&fifths["without_bottom"])
    ));
    html.says(fifths["reason"].as_str().unwrap());
    for one in told["top"].as_array().unwrap() {
        let [percents, customers] = ["percent", "customers"].map(|key| grouped(&one[key]));
        let share = percent(&one["share_of_value"]);
        let row = format!("{percents} % {customers} ");
        let text = html.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let at = text.find(&row).unwrap_or_else(|| panic!("{row}: {text}"));
        let cells: Vec<_> = text[at + row.len()..].split(' ').take(4).collect();
        assert_eq!(cells[2..].join(" "), share, "{row}");
    }
    for one in told["best"].as_array().unwrap() {
        html.says(&format!(
            "{} {} {} {} EUR {} {}",
            one["rank"],
            one["customer"]["name"].as_str().unwrap(),
            one["class"].as_str().unwrap(),
            grouped(&one["value"]),
            one["reasons"]["class"].as_str().unwrap(),
            one["reasons"]["standing"].as_str().unwrap(),
        ));
    }
}

#[test]
fn a_page_has_whoever_stands_where_and_why() {
    let houses = houses();
    houses.iter().for_each(roastery);
    let expect = ["--expect", "bg-nbd", "--top", "3"];
    let (told, _, html) = drawn(&houses, &[&CURVE[..], &AS_OF, &expect].concat());
    let html = xml::parse(&html);
    let mut shown = 0;
    for standing in ["important", "to_win", "dispensable"] {
        for one in told[standing].as_array().unwrap() {
            let [value, expected] = ["value", "expected"].map(|key| grouped(&one[key]));
            let [name, why] = [&one["customer"]["name"], &one["reasons"]["standing"]];
            let [name, why] = [name, why].map(|text| text.as_str().unwrap());
            html.says(&format!("{name} {value} EUR {expected} EUR {why}"));
            shown += 1;
        }
    }
    assert!(shown >= 3, "{told}");
}

#[test]
fn the_grid_of_scores_has_their_numbers() {
    let houses = houses();
    houses.iter().for_each(roastery);
    let (told, svg, html) = drawn(&houses, &[&["rfm"][..], &AS_OF].concat());
    let cells: BTreeSet<_> = xml::parse(&svg).cells().into_iter().collect();
    let grid = told["grid"].as_array().unwrap();
    assert_eq!((cells.len(), grid.len()), (25, 25));
    let html = xml::parse(&html);
    for cell in grid {
        let [recency, frequency] = ["recency", "frequency"].map(|key| cell[key].to_string());
        let found = cells
            .iter()
            .find(|(y, x, _)| y.starts_with(&recency) && x.starts_with(&frequency))
            .unwrap();
        assert_eq!(found.2, cell["customers"].to_string(), "{cell}");
        html.says(&grouped(&cell["monetary"]));
    }
    for segment in told["segments"].as_array().unwrap() {
        let name = segment["segment"].as_str().unwrap().replace('_', " ");
        let brought = grouped(&segment["monetary"]);
        html.says(&format!("{name} {} {brought} EUR", segment["customers"]));
    }
}

#[test]
fn the_matrix_of_moves_has_their_numbers() {
    let houses = houses();
    houses.iter().for_each(roastery);
    both(&houses, &[&CURVE[..], &BEFORE, &["--save", "before"]].concat());
    both(&houses, &[&CURVE[..], &AFTER, &["--save", "after"]].concat());
    for by in ["class", "segment"] {
        let (told, svg, html) =
            drawn(&houses, &["migration", "before", "after", "--by", by, "--top", "2"]);
        let (svg, html) = (xml::parse(&svg), xml::parse(&html));
        let cells: BTreeSet<_> = svg.cells().into_iter().collect();
        let expected = told["cells"].as_array().unwrap();
        assert_eq!(cells.len(), expected.len());
        for cell in expected {
            let name = |key: &str, none: &str| {
                cell[key].as_str().map_or(none.to_owned(), |name| name.replace('_', " "))
            };
            let (before, after) = (name("before", "came"), name("after", "left"));
            let customers = cell["customers"].to_string();
            let [row, column] = ["before", "after"].map(|key| {
                let mut groups = told["groups"].as_array().unwrap().iter();
                groups.position(|group| *group == cell[key]).filter(|_| by == "segment")
            });
            // Many long names have numbers below.
            let drawn = (
                row.map_or(before.clone(), |row| format!("{} {before}", row + 1)),
                column.map_or(after.clone(), |column| (column + 1).to_string()),
                customers.clone(),
            );
            assert!(cells.contains(&drawn), "{drawn:?}: {cells:?}");
            if customers != "0" {
                let [was, is] = ["value_before", "value_after"].map(|key| grouped(&cell[key]));
                html.says(&format!("{before} {after} {customers} {was} {is}"));
            }
        }
        let counts =
            format!("{} customers moved, {} customers stayed", told["moved"], told["stayed"]);
        svg.says(&counts);
        html.says(&counts);
        for one in told["moves"].as_array().unwrap() {
            html.says(&one["reason"].as_str().unwrap().replace('_', " "));
        }
    }
}

#[test]
fn names_are_told_as_they_are() {
    for house in houses() {
        let name = r#"Rössli <& "Söhne">"#;
        let file = house.file(
            "shop.csv",
            "customer;date;revenue\n\"Rössli <& \"\"Söhne\"\">\";2025-01-02;90 EUR\nBar;2025-01-03;10 EUR\n",
        );
        let imported = house.json(&[
            "import",
            "transactions",
            &file,
            "--delimiter",
            ";",
            "--create-customers",
        ]);
        assert_eq!(imported["refused"], 0, "{imported}");
        let tier = "<gold> & 'more', a name that goes on and on";
        let rules = json!({"value_policies": {"version": "<1>", "tiers": {"currency": "EUR", "tiers": [
            {"name": tier, "any": [{"value_at_least": "50"}]}, {"name": "standard"},
        ]}}});
        house.json(&["settings", "--set", &house.file("rules.json", rules.to_string())]);
        let path = |name: &str| house.folder.path().join(name).display().to_string();
        let (svg, html) = (path("a.svg"), path("a.html"));
        let read = |path: &str| xml::parse(&fs::read_to_string(path).unwrap());
        let run = "Q1 <& Q2>";
        let files = ["--svg", &svg, "--html", &html];
        house.json(&[&CURVE[..], &AS_OF, &["--save", run], &files].concat());
        read(&svg);
        read(&html).says(&format!("1 {name} A 90.00 EUR"));
        house.json(&[&["migration", run, run, "--by", "tier"][..], &files].concat());
        let moves = read(&svg);
        moves.says("From which tier to which: Q1 <& Q2> to Q1 <& Q2>");
        assert!(moves.cells().contains(&(
            "<gold> & 'more', a name…".to_owned(),
            "<gold> & 'more', a name…".to_owned(),
            "1".to_owned()
        )));
        read(&html).says(tier);
    }
}

#[test]
fn where_there_is_nothing_to_draw_nothing_is_written() {
    for house in houses() {
        let path = |name: &str| house.folder.path().join(name).display().to_string();
        let (svg, html, csv) = (path("a.svg"), path("a.html"), path("a.csv"));
        let refused = |args: &[&str], words: &str| {
            let said = house.run(args);
            assert_eq!(said.code, Some(1), "{args:?}: {}", said.out);
            assert!(said.err.contains(words), "{args:?}: {}", said.err);
            let left = fs::read_dir(house.folder.path()).unwrap().map(|file| file.unwrap().path());
            let left: Vec<_> = left.filter(|path| in_writing(path)).collect();
            assert_eq!(left, Vec::<std::path::PathBuf>::new(), "{args:?}");
        };
        let empty = house.file("empty.csv", "customer,date,revenue\n");
        house.json(&["import", "transactions", &empty, "--create-customers"]);
        let none = "There are no transactions yet";
        refused(&[&CURVE[..], &["--svg", &svg]].concat(), &format!("--svg: {none}"));
        refused(&[&CURVE[..], &["--html", &html]].concat(), &format!("--html: {none}"));
        refused(&["rfm", "--svg", &svg], none);
        refused(&["migration", "a", "b", "--svg", &svg], "there is no run a");
        refused(&[&CURVE[..], &["--svg", &svg, "--html", &svg]].concat(), "name two");
        let folder = house.folder.path().display().to_string();
        refused(&[&CURVE[..], &["--svg", &folder]].concat(), "that is a folder");
        refused(&[&CURVE[..], &["--csv", "-", "--json"]].concat(), "the table itself goes there");
        assert_eq!(house.json(&[&CURVE[..], &["--csv", &csv]].concat())["written"], 0);
        assert!(
            fs::read_to_string(&csv).unwrap().starts_with("customer_id,external_id,name,value,")
        );
        fs::remove_file(&csv).unwrap();
        let losses = house.file(
            "losses.csv",
            "customer,date,revenue,cost\nAcme,2025-01-02,90 EUR,100 EUR\nBar,2025-01-03,10 EUR,5 EUR\n",
        );
        house.json(&["import", "transactions", &losses, "--create-customers"]);
        let margin = [&["value", "--by", "margin"][..], &AS_OF].concat();
        refused(&[&margin[..], &["--svg", &svg]].concat(), "-5.00 EUR, which is not above nothing");
        let before = [&["rfm", "--as-of", "2025-01-01"][..], &["--svg", &svg]].concat();
        refused(&before, "nobody bought");
        // A page has its tables and says why there are no shares.
        house.json(&[&margin[..], &["--html", &html, "--csv", &csv]].concat());
        let page = xml::parse(&fs::read_to_string(&html).unwrap());
        page.says("2 customers bring -5.00 EUR");
        page.says("no share");
        assert!(!page.elements.iter().any(|element| element.contains_key("viewBox")));
        assert_eq!(fs::read_to_string(&csv).unwrap().lines().count(), 3);
        // With a gain that is larger than the losses there is a curve, beyond 100 %.
        let gain =
            house.file("gain.csv", "customer,date,revenue,cost\nCafé,2025-01-04,30 EUR,10 EUR\n");
        house.json(&["import", "transactions", &gain, "--create-customers"]);
        house.json(&[&margin[..], &["--svg", &svg]].concat());
        let curve = xml::parse(&fs::read_to_string(&svg).unwrap());
        curve.says("Gini coefficient 1.333 (0: all bring the same; losses make it larger, also more than 1)");
        curve.says("A ends: 33.3 % of customers, 133.3 %");
    }
}

/// Whether it is a picture, a page, or one that is being written.
fn in_writing(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["svg", "html", "part"].iter().any(|one| end == *one))
}

/// As the README tells to make them.
#[test]
fn the_pictures_in_the_docs_are_what_is_drawn() {
    let house = House::sqlite();
    roastery(&house);
    let draw = |name: &str, args: &[&str]| {
        let path = house.folder.path().join(name);
        house.json(&[args, &["--svg", &path.display().to_string()]].concat());
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures").join(name);
        let [drawn, kept] = [path, kept].map(|path| fs::read_to_string(path).unwrap());
        assert!(
            drawn == kept,
            "examples/pictures/{name} is another one than `{}` draws",
            args.join(" ")
        );
    };
    draw("value.svg", &[&CURVE[..], &AS_OF].concat());
    draw("rfm.svg", &[&["rfm"][..], &AS_OF].concat());
    house.json(&[&CURVE[..], &BEFORE, &["--save", "2024"]].concat());
    house.json(&[&CURVE[..], &AFTER, &["--save", "2025"]].concat());
    draw("migration.svg", &["migration", "2024", "2025"]);
}
