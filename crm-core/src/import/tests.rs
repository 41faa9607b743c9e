#![cfg(feature = "memory")]

use futures_executor::block_on;
use uuid::Uuid;

use super::*;
use crate::{
    customer::{self, Customer, CustomerKind},
    kernel::{Actor, Criteria, FixedClock, Ports, Scope, SequentialIds, TenantId},
    memory::MemoryStore,
    opportunity::{self, Opportunity, OpportunityStatus},
    staff_member::{self, StaffMember},
    stage_move::StageMove,
    store::{Read, Store, find_one},
    transaction::Transaction,
};

pub(super) struct House(pub(super) MemoryStore);

impl House {
    pub(super) fn new() -> Self {
        let clock = FixedClock::new("2018-01-01T08:00:00Z".parse().unwrap());
        Self(MemoryStore::new(Ports::new(clock, SequentialIds::new(1))))
    }

    pub(super) fn scope() -> Scope {
        Scope::new(TenantId(Uuid::from_u128(1)), Actor::new("import").unwrap())
    }

    /// Lines of cells with `|` between them, the header first; a letter for each row.
    pub(super) fn import(&self, mapping: Mapping, text: &str) -> String {
        self.import_with(mapping, ImportOptions::default(), text).0
    }

    pub(super) fn import_with(
        &self,
        mapping: Mapping,
        options: ImportOptions,
        text: &str,
    ) -> (String, Vec<String>) {
        self.import_in(usize::MAX, mapping, options, text)
    }

    /// With so many rows in a batch.
    pub(super) fn import_in(
        &self,
        batch: usize,
        mapping: Mapping,
        options: ImportOptions,
        text: &str,
    ) -> (String, Vec<String>) {
        let mut lines =
            text.lines().map(|line| line.trim().split('|').map(str::to_owned).collect());
        let header: Vec<String> = lines.next().unwrap();
        let mut importer = Importer::new(&mapping, &header, options).unwrap();
        let cells: Vec<Vec<String>> = lines.collect();
        let mut occurrences = Occurrences::default();
        let content = importer.content();
        let content = |cells: &[String]| content.as_ref().map(|content| content.of(cells));
        cells.iter().filter_map(|cells| content(cells)).for_each(|row| occurrences.note(&row));
        let mut rows = Vec::new();
        for (at, cells) in cells.into_iter().enumerate() {
            let occurrence = content(&cells).map_or(0, |row| occurrences.count(&row));
            rows.push(Row { line: at as u64 + 2, cells, occurrence });
        }
        let (mut letters, mut reasons) = (vec![' '; rows.len()], Vec::new());
        loop {
            let told = block_on(async {
                let mut told = Vec::new();
                for rows in rows.chunks(batch) {
                    let mut work = self.0.begin(Self::scope()).await.unwrap();
                    told.extend(importer.batch(&mut *work, rows).await.unwrap());
                    work.commit().await.unwrap();
                }
                told
            });
            let mut written = false;
            for told in &told {
                let letter = match &told.outcome {
                    Outcome::New => 'N',
                    Outcome::Changed => 'C',
                    Outcome::Unchanged => 'u',
                    Outcome::Folded(found) => {
                        reasons.push(format!("{}: {} {}", told.line, found.name, found.why));
                        'F'
                    }
                    Outcome::Doubtful(_) => 'D',
                    Outcome::Waiting => continue,
                    Outcome::Refused(reason) => {
                        reasons.push(format!("{}: {reason}", told.line));
                        'R'
                    }
                };
                written |= letter != 'R';
                letters[told.line as usize - 2] = letter;
            }
            let waits = |row: &Row| {
                told.iter().any(|t| t.line == row.line && t.outcome == Outcome::Waiting)
            };
            rows.retain(waits);
            if rows.is_empty() {
                return (letters.into_iter().collect(), reasons);
            }
            if !written {
                importer.settle();
            }
        }
    }

    pub(super) fn customer(&self, name: &str) -> Customer {
        block_on(async {
            let mut unit = self.0.read(Self::scope()).await.unwrap();
            find_one(&mut *unit, customer::NAME.eq(name)).await.unwrap().unwrap().into_inner()
        })
    }

    pub(super) fn changes(&self) -> usize {
        block_on(async {
            let mut unit = self.0.read(Self::scope()).await.unwrap();
            unit.changes(None, 10_000).await.unwrap().changes.len()
        })
    }
}

pub(super) fn customers() -> Mapping {
    Mapping::new(ImportKind::Customers)
}

#[test]
fn the_same_rows_again_change_nothing() {
    let house = House::new();
    let text = "name|employees|country|tags\nAcme|12|United States|big;old\nBeta||DE|";
    assert_eq!(house.import(customers(), text), "NN");
    let changes = house.changes();
    assert_eq!(house.import(customers(), text), "uu");
    assert_eq!(house.changes(), changes);
}

#[test]
fn only_mapped_fields_change() {
    let house = House::new();
    house.import(customers(), "name|industry|employees\nAcme|retail|12");
    assert_eq!(house.import(customers(), "name|employees\nAcme|13"), "C");
    let acme = house.customer("Acme");
    assert_eq!((acme.industry.as_deref(), acme.employees), (Some("retail"), Some(13)));
}

#[test]
fn a_bad_row_never_stops_the_good_ones() {
    let house = House::new();
    let text = "name|employees|country\nAcme|many|\nBeta|1|\n|1|\nCid|-1|\nDan|1|Philipines";
    let (letters, reasons) = house.import_with(customers(), ImportOptions::default(), text);
    assert_eq!(letters, "RNRRR");
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    2: employees: "many" is not a whole number
    4: it has no name
    5: employees: a number of people is not negative
    6: country: "Philipines" is not a country of ISO 3166-1 (write US, USA or United States)
    "#);
    let alias = customers().alias("country", "Philipines", "Philippines");
    assert_eq!(house.import(alias, "name|country\nDan|Philipines"), "N");
}

#[test]
fn a_parent_may_stand_below_its_child() {
    let house = House::new();
    let text = "name|parent\nLeaf|Twig\nTwig|Root\nRoot|\nLost|Nobody\nUnder|Lost";
    let (letters, reasons) = house.import_with(customers(), ImportOptions::default(), text);
    assert_eq!(letters, "NNNRR");
    let first = reasons.first().map(String::as_str);
    assert_eq!(first, Some("5: there is no customer called \"Nobody\""));
    assert_eq!(house.customer("Leaf").parent_id, Some(house.customer("Twig").id));
    assert_eq!(house.import(customers(), "name|parent\nLeaf|Twig"), "u");
}

#[test]
fn rows_about_one_record_are_one_record() {
    let house = House::new();
    let text = "external_id|name|city\n7|Acme|Lyon\n7|Acme|Lyon\n7|Acme|Paris";
    assert_eq!(house.import(customers(), text), "NuC");
    assert_eq!(house.customer("Acme").city.as_deref(), Some("Paris"));
}

#[test]
fn a_name_of_two_is_the_name_of_none() {
    let house = House::new();
    house.import(customers(), "external_id|name\n1|Acme\n2|Acme");
    let (letters, reasons) =
        house.import_with(customers(), ImportOptions::default(), "name|parent\nBeta|Acme\nAcme|");
    assert_eq!(letters, "RR");
    let wanted = "more than one customer is called \"Acme\": name it by its external id";
    assert!(reasons.iter().all(|reason| reason.ends_with(wanted)), "{reasons:?}");
    assert_eq!(house.import(customers(), "name|parent\nBeta|2"), "N");
}

#[test]
fn managers_and_units_are_made() {
    let house = House::new();
    let staff = || Mapping::new(ImportKind::Staff);
    let text = "name|manager|org_unit\nAnna|Mia|North\nBen|Anna|North\nCid|Mia|South";
    assert_eq!(house.import(staff(), text), "NNN");
    assert_eq!(house.import(staff(), text), "uuu");
    block_on(async {
        let mut unit = house.0.read(House::scope()).await.unwrap();
        let all = Criteria::<StaffMember>::everything();
        assert_eq!(Read::count(&mut *unit, all).await.unwrap(), 4);
        let ben = find_one(&mut *unit, staff_member::NAME.eq("Ben")).await.unwrap().unwrap();
        let anna = find_one(&mut *unit, staff_member::NAME.eq("Anna")).await.unwrap().unwrap();
        assert_eq!(ben.manager_id, Some(anna.id));
    });
    let circle = "name|manager\nXia|Yan\nYan|Xia";
    assert_eq!(house.import(staff(), circle), "RR");
}

#[test]
fn opportunities_come_in_the_state_they_have() {
    let house = House::new();
    house.import(customers(), "name\nAcme");
    let mapping = || Mapping::new(ImportKind::Opportunities).constant("currency", "USD");
    let text = "external_id|customer|stage|opened_on|closed_on|amount
        1|Acme|Won|2017-01-01|20170301|1054
        2||Prospecting|||
        3|Acme|lost|2017-01-01|2017-03-01|0
        4||Won|2017-01-01|2017-03-01|5
        5|Acme|Won|2017-01-01||5
        6|Acme|Engaging||2017-03-01|
        7|Acme|Dreaming|||";
    let (letters, reasons) = house.import_with(mapping(), ImportOptions::default(), text);
    assert_eq!(letters, "NNNRRRR");
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    5: it is won with somebody: name the customer
    6: won opportunities need the day they were closed
    7: an open opportunity has no day or reason of its end
    8: stage: the pipeline "Sales" has no stage "Dreaming"; it has: prospecting, engaging, won, lost
    "#);
    let changes = house.changes();
    let again = "external_id|customer|stage\n1|Acme|Won";
    assert_eq!(house.import(mapping(), again), "u");
    assert_eq!(house.changes(), changes);
    let moved = "external_id|stage|closed_on|customer\n2|Won|2017-05-01|Acme";
    assert_eq!(house.import(mapping(), moved), "C");
    block_on(async {
        let mut unit = house.0.read(House::scope()).await.unwrap();
        let won = opportunity::STATUS.eq(OpportunityStatus::Won);
        assert_eq!(Read::<Opportunity>::count(&mut *unit, won).await.unwrap(), 2);
        let steps = Read::<StageMove>::find(&mut *unit, crate::kernel::Query::all()).await.unwrap();
        let days: Vec<_> = steps.items.iter().map(|s| s.moved_at.date().to_string()).collect();
        assert_eq!(days, ["2017-03-01", "2018-01-01", "2017-03-01", "2017-05-01"]);
    });
}

#[test]
fn purchases_are_known_by_content_and_occurrence() {
    let house = House::new();
    let mapping = || Mapping::new(ImportKind::Transactions).constant("currency", "USD");
    let text =
        "customer|date|revenue\n00001|19970101|11.77\n00001|19970101|11.77\n00002|19970112|0";
    let (letters, reasons) = house.import_with(mapping(), ImportOptions::default(), text);
    assert_eq!(letters, "RRR");
    assert_eq!(reasons[0], "2: there is no customer called \"00001\"");
    let create = || ImportOptions {
        create_customers: Some(CustomerKind::Person),
        ..ImportOptions::default()
    };
    assert_eq!(house.import_with(mapping(), create(), text).0, "NNN");
    assert_eq!(house.import_with(mapping(), create(), text).0, "uuu");
    assert_eq!(house.customer("00001").external_id.as_deref(), Some("00001"));
    let bad = "customer|date|revenue\n00009|tomorrow|1\n00009|19970112|1.23456";
    assert_eq!(house.import_with(mapping(), create(), bad).0, "RR");
    block_on(async {
        let mut unit = house.0.read(House::scope()).await.unwrap();
        let all = Criteria::<Transaction>::everything();
        assert_eq!(Read::count(&mut *unit, all).await.unwrap(), 3);
        let made = find_one(&mut *unit, customer::NAME.eq("00009")).await.unwrap();
        assert!(made.is_none(), "a refused row makes no customer");
    });
}

#[test]
fn a_mapping_that_does_not_fit_says_what_does() {
    let new = |mapping: &Mapping, header: &[&str]| {
        let header: Vec<_> = header.iter().map(|column| (*column).to_owned()).collect();
        Importer::new(mapping, &header, ImportOptions::default()).unwrap_err().to_string()
    };
    let products = || Mapping::new(ImportKind::Products);
    let told = [
        new(&products().column("a", "nmae"), &["a"]),
        new(&products().column("b", "name"), &["a", "c"]),
        new(&products().column("a", "name").column("b", "name"), &["a", "b"]),
        new(&products().column("a", "name"), &["a", "a"]),
        new(&products(), &["a", "b"]),
        new(&products().alias("unit", "pc", "piece"), &["name"]),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    products have no field "nmae"; they have: external_id, name, category, unit, list_price, active, currency
    there is no column "b"; the columns are: a, c
    "name" is mapped twice: give it one column or one constant
    there are two columns "a": it cannot be known which one is meant
    products need "name": map a column to it; the columns are: a, b
    the alias for "unit" is never used: nothing is mapped to it
    "#);
}
