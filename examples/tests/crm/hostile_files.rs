use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::House;

const TWICE: &str = "it is not a file that can be read twice: save it first";

/// The rows that came in, and the lines that did not with their reasons.
fn told(answer: &Value) -> (u64, Vec<(u64, String)>) {
    let refusals = answer["refusals"].as_array().unwrap().iter();
    let refusals =
        refusals.map(|r| (r["line"].as_u64().unwrap(), r["reason"].as_str().unwrap().to_owned()));
    (answer["new"].as_u64().unwrap(), refusals.collect())
}

#[test]
fn only_files_are_read() {
    let house = House::sqlite();
    let fifo = house.folder.path().join("fifo").display().to_string();
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for file in [&fifo, "/dev/zero"] {
        let said = house.run(&["import", "customers", file]);
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains(TWICE), "{}", said.err);
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_crm"))
        .args(["--db", &house.db, "import", "customers", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The reader may be gone before.
    let _ = child.stdin.take().unwrap().write_all(b"name\nAcme\n");
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8(said.stderr).unwrap().contains(TWICE));
}

#[test]
fn a_line_without_an_end_is_refused_and_the_others_come_in() {
    let house = House::sqlite();
    let long = "x".repeat(6 << 20);
    let reason = "it is longer than 4 MiB: a quotation mark may be missing";
    for (name, text, format) in [
        ("line.csv", format!("name,city\nAcme,Lyon\n\n{long},Rome\nBell,Graz\n"), "csv"),
        ("line.txt", format!("name city\nAcme Lyon\n\n{long} Rome\nBell Graz\n"), "whitespace"),
    ] {
        let file = house.file(name, text);
        let args = ["--tenant", name, "import", "customers", &file, "--format", format];
        assert_eq!(told(&house_json(&house, &args)), (2, vec![(4, reason.to_owned())]), "{name}");
    }
    let mut text = String::from("name,notes\nAcme,Lyon\n\n\"Quote,Rome\n");
    let (many, notes) = (700, "n".repeat(10_000));
    (0..many).for_each(|n| text.push_str(&format!("\nHouse {n},{notes}")));
    let file = house.file("quote.csv", text);
    let answer = house.json(&["import", "customers", &file]);
    assert_eq!(told(&answer), (many + 1, vec![(4, reason.to_owned())]));
    assert_eq!(house.json(&["import", "customers", &file])["unchanged"], json!(many + 1));

    let file = house.file("empty.csv", format!("name\n{}Acme\n", "\n".repeat(6 << 20)));
    let answer = house_json(&house, &["--tenant", "empty", "import", "customers", &file]);
    assert_eq!(told(&answer), (1, Vec::new()));

    for (name, text) in
        [("long.csv", long), ("open.csv", format!("\"name\n{}", "a\n".repeat(6 << 20)))]
    {
        let file = house.file(name, text);
        let said = house.run(&["import", "customers", &file]);
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains("its first line is longer than 4 MiB"), "{}", said.err);
    }
}

#[test]
fn memory_does_not_grow_with_a_line() {
    let house = House::sqlite();
    let file = house.folder.path().join("large.csv");
    let mut text = std::fs::File::create(&file).unwrap();
    text.write_all(b"name,city\nAcme,Lyon\n\"").unwrap();
    // Without data on the disk.
    text.set_len(600 << 20).unwrap();
    // One arena: else the allocator sets address space aside for each thread.
    let limited = "ulimit -v 400000; export MALLOC_ARENA_MAX=1; exec \"$0\" \"$@\"";
    let said = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_crm"), "--db", &house.db, "--json"])
        .args(["import", "customers"])
        .arg(&file)
        .output()
        .unwrap();
    let err = String::from_utf8(said.stderr).unwrap();
    assert_eq!((said.status.code(), err.as_str()), (Some(0), ""));
    let answer: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!((answer["new"].as_u64(), answer["refused"].as_u64()), (Some(1), Some(1)));
}

#[test]
fn nothing_that_is_printed_for_people_steers_their_terminal() {
    let house = House::sqlite();
    let file = house.file("evil.csv", "name,industry,notes\nA\x1b[2Jcme,\x07bell,\u{9b}1m\n");
    house.json(&["import", "customers", &file]);
    let buys = house.file("buys.csv", "customer,date,revenue\nA\x1b[2Jcme,2017-01-01,5 USD\n");
    house.json(&["import", "transactions", &buys]);
    let bad = house.file("b\x1bd.csv", "customer,date,revenue\nNo\x1b[31mbody,2017-01-01,5 USD\n");
    for args in [
        &["list", "customers"][..],
        &["changes"],
        &["timeline", "A\x1b[2Jcme"],
        &["timeline", "A\x1b[2Jcm"],
        &["value", "--by", "revenue"],
        &["import", "transactions", &bad],
        &["import", "transactions", &bad, "--map", "\x1bx=customer"],
        &["funnel", "--pipeline", "\u{202e}x"],
    ] {
        let said = house.run(args);
        for text in [&said.out, &said.err] {
            let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!text.contains(steers), "{args:?}: {text:?}");
        }
    }
    let answer = house.json(&["list", "customers"]);
    assert_eq!(answer["items"][0]["name"], "A\x1b[2Jcme", "programs get what is there");
}

fn house_json(house: &House, args: &[&str]) -> Value {
    let said = crate::house::run(&[&["--db", &house.db, "--json"], args].concat());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}: {}", said.out);
    serde_json::from_str(&said.out).unwrap()
}
