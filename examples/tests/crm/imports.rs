use serde_json::{Value, json};

use crate::{
    House,
    house::{SAMPLE, sample},
};

fn counts(answer: &Value) -> [u64; 5] {
    ["read", "new", "unchanged", "changed", "refused"].map(|key| answer[key].as_u64().unwrap())
}

#[test]
fn the_sample_comes_in_and_the_second_time_changes_nothing() {
    for house in [House::sqlite(), House::postgres()] {
        let first: Vec<_> = house.fill().iter().map(counts).collect();
        assert_eq!(
            first,
            [[3, 3, 0, 0, 0], [3, 3, 0, 0, 0], [7, 4, 0, 0, 3], [6, 5, 0, 0, 1], [5, 4, 0, 0, 1]],
            "{}",
            house.db
        );
        let (_, end) = house.log(None);
        let second: Vec<_> = house.fill().iter().map(counts).collect();
        assert_eq!(
            second,
            [[3, 0, 3, 0, 0], [3, 0, 3, 0, 0], [7, 0, 4, 0, 3], [6, 0, 5, 0, 1], [5, 0, 4, 0, 1]]
        );
        assert_eq!(house.log(Some(&end)).0, Vec::<Value>::new());
    }
}

#[test]
fn refused_rows_are_written_back_with_line_and_reason() {
    let house = House::sqlite();
    let rejects = house.folder.path().join("rejects.csv").display().to_string();
    let mut args = sample(SAMPLE[2]);
    args.extend(["--rejects", &rejects]);
    let said = house.run(&args);
    assert_eq!(said.code, Some(0));
    insta::assert_snapshot!(std::fs::read_to_string(&rejects).unwrap(), @r#"
    account,sector,country,employees,belongs_to,line,reason
    Fjord Glass,retail,Norway,,,8,"it has 3 columns, the first line of the file has 5"
    Delta Tools,retail,France,many,,6,"employees: ""many"" is not a whole number"
    Echo Foods,retail,Italy,12,Nobody Ltd,7,"there is no customer called ""Nobody Ltd"""
    "#);
    args.push("--strict");
    assert_eq!(house.run(&args).code, Some(3));
}

#[test]
fn a_broken_file_loses_nothing_that_was_in() {
    let house = House::sqlite();
    let mut bytes = b"\xef\xbb\xbfname;city\r\nAcme;Lyon\r\nB\xff;Graz\r\n\r\nCid;\"Gh".to_vec();
    bytes.extend(b"ent\nDan;Cork\n");
    let file = house.file("broken.csv", bytes);
    let answer = house.json(&["import", "customers", &file, "--delimiter", ";"]);
    assert_eq!(counts(&answer)[..2], [3, 2]);
    let reason = answer["refusals"][0]["reason"].as_str().unwrap();
    assert_eq!(reason, "column 1 is not UTF-8 text: save the file in UTF-8");
    assert_eq!(answer["refusals"][0]["line"], 3);
}

#[test]
fn mapped_fields_change_and_others_stay() {
    let house = House::sqlite();
    house.fill();
    let file = house.file("more.csv", "name,city,mood\nBlue Freight,Bremen,good\n");
    assert_eq!(counts(&house.json(&["import", "customers", &file])), [1, 0, 0, 1, 0]);
    let criteria = r#"{"field":"name","value":"Blue Freight"}"#;
    let list = house.json(&["list", "customers", "--where", criteria]);
    let blue = &list["items"][0];
    assert_eq!((&blue["city"], &blue["employees"]), (&json!("Bremen"), &json!(45)));
    assert_eq!(blue["version"], 2);
}

#[test]
fn a_file_longer_than_a_batch_comes_in_whole() {
    let house = House::sqlite();
    let mut text = String::from("name,parent\n");
    (0..5_000).for_each(|n| text.push_str(&format!("House {n},House {}\n", n + 1)));
    text.push_str("House 5000,\n");
    let file = house.file("long.csv", text);
    assert_eq!(counts(&house.json(&["import", "customers", &file])), [5_001, 5_001, 0, 0, 0]);
    assert_eq!(counts(&house.json(&["import", "customers", &file])), [5_001, 0, 5_001, 0, 0]);
}

#[test]
fn one_bad_row_stops_no_other() {
    let long = "x".repeat(501);
    let staff = format!("name,manager,org_unit\nAnna,,N\0\nB\0b,,\nCid,,{long}\nDan,Eve,South\n");
    let buys = format!("customer,date,revenue\n{long},20170101,1\n7,20170101,1\n\0,20170101,1\n");
    for house in [House::sqlite(), House::postgres()] {
        let staff = house.file("staff.csv", &staff);
        let buys = house.file("buys.csv", &buys);
        let buys = ["import", "transactions", &buys, "--set", "currency=USD", "--create-customers"];
        for new in [1, 0] {
            let answer = house.json(&["import", "staff", &staff]);
            assert_eq!(counts(&answer), [4, new, 1 - new, 0, 3], "{answer}");
            let answer = house.json(&buys);
            assert_eq!(counts(&answer), [3, new, 1 - new, 0, 2], "{answer}");
        }
    }
}

#[test]
fn a_row_without_an_id_finds_its_record_again() {
    for house in [House::sqlite(), House::postgres()] {
        let file =
            house.file("a.csv", "external_id,name,city\n,Acme,\n7,Acme,Lyon\n7,Acme,Paris\n");
        assert_eq!(counts(&house.json(&["import", "customers", &file])), [3, 2, 0, 1, 0]);
        let again = house.json(&["import", "customers", &file]);
        assert_eq!(counts(&again), [3, 0, 1, 2, 0], "the file contradicts itself");
    }
}
