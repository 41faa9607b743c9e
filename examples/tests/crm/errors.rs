use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crm_store_sqlite::rusqlite::{self, Connection};

use crate::{House, house::run};

/// One sentence on stderr, nothing on stdout, no panic.
pub(crate) fn refused(house: &House, args: &[&str]) -> String {
    let said = house.run(args);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{args:?}: {}", said.err);
    assert!(said.err.starts_with("crm: ") && !said.err.contains("panicked"), "{}", said.err);
    assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
    let folder = house.folder.path().display().to_string();
    said.err.trim_end().trim_start_matches("crm: ").replace(&folder, "[folder]")
}

#[test]
fn files_and_mappings_that_do_not_fit() {
    let house = House::sqlite();
    let file = house.file("a.csv", "account,town\nAcme,Lyon\n");
    let empty = house.file("empty.csv", "");
    let excel = house.file("book.xlsx", b"PK\x03\x04\xff\xfe\x00");
    let missing = house.folder.path().join("missing.csv").display().to_string();
    let folder = house.folder.path().display().to_string();
    let import = |file: &str, more: &[&str]| {
        refused(&house, &[&["import", "customers", file], more].concat())
    };
    let told = [
        import(&missing, &[]),
        import(&folder, &[]),
        import(&empty, &[]),
        import(&excel, &[]),
        import(&file, &[]),
        import(&file, &["--map", "account=nmae"]),
        import(&file, &["--map", "acount=name"]),
        import(&file, &["--map", "account=name", "--rejects", &file]),
        refused(&house, &["funnel"]),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn questions_that_do_not_fit() {
    let house = House::sqlite();
    house.fill();
    let euro = house.file("euro.csv", "customer,date,revenue\nAcme Group,2017-01-01,5 EUR\n");
    house.json(&["import", "transactions", &euro]);
    let told = [
        refused(&house, &["list", "cars"]),
        refused(&house, &["list", "customers", "--where", "name=Acme"]),
        refused(&house, &["list", "customers", "--where", r#"{"field":"nmae","value":"Acme"}"#]),
        refused(&house, &["list", "customers", "--order", "size"]),
        refused(&house, &["list", "customers", "--limit", "0"]),
        refused(&house, &["list", "customers", "--after", "x"]),
        refused(&house, &["changes", "--after", "x"]),
        refused(&house, &["timeline", "Nobody"]),
        refused(&house, &["funnel", "--pipeline", "Other"]),
        refused(&house, &["value", "--by", "revenue"]),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn databases_that_cannot_be_opened() {
    let mut house = House::sqlite();
    let file = house.file("a.csv", "name\nAcme\n");
    let text =
        house.file("text.db", "this is not a database, it only has the name of one\n".repeat(40));
    let before = std::fs::read(&text).unwrap();
    house.db = format!("sqlite:{text}");
    let message = refused(&house, &["import", "customers", &file]);
    assert!(message.contains("not a SQLite database"), "{message}");
    assert_eq!(std::fs::read(&text).unwrap(), before, "nothing changed");

    house.db = format!("sqlite:{}", house.folder.path().join("no/such/folder.db").display());
    refused(&house, &["import", "customers", &file]);

    house.db = "postgres://nobody@127.0.0.1:1/nothing".to_owned();
    let message = refused(&house, &["funnel"]);
    assert!(message.contains("127.0.0.1"), "{message}");
    assert_eq!(message.matches("efused").count(), 1, "{message}");
    let said = house.run(&["funnel", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(error["error"]["kind"], "unavailable");
}

#[test]
fn a_file_that_another_program_writes_to_is_waited_for_and_then_left() {
    let house = House::sqlite();
    house.fill();
    let file = house.file("a.csv", "name\nNew\n");
    let before = house.json(&["list", "customers"]);
    let other = Connection::open(house.folder.path().join("house.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let message = refused(&house, &["import", "customers", &file]);
    assert!(message.contains("stayed locked by another process"), "{message}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(house.json(&["list", "customers"]), before, "nothing changed");
}

#[test]
fn a_database_of_a_newer_version_is_left_as_it_is() {
    let house = House::sqlite();
    house.fill();
    let path = house.folder.path().join("house.db");
    let file = house.file("a.csv", "name\nNew\n");
    let dump = || {
        let other = Connection::open(&path).unwrap();
        let count = "SELECT (SELECT count(*) FROM crm_customer), (SELECT max(version) FROM \
                     crm_migration), (SELECT count(*) FROM sqlite_schema)";
        let row = |row: &rusqlite::Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?]);
        other.query_row(count, [], row).unwrap()
    };
    let other = Connection::open(&path).unwrap();
    let row =
        "INSERT INTO crm_migration SELECT 999, 'future', applied_at FROM crm_migration LIMIT 1";
    assert_eq!(other.execute(row, []).unwrap(), 1);
    drop(other);
    let before = dump();
    for args in [&["import", "customers", &file][..], &["funnel"], &["list", "customers"]] {
        let message = refused(&house, args);
        assert!(message.contains("schema version 999, this program knows"), "{message}");
    }
    assert_eq!(dump(), before, "nothing changed");
}

#[test]
fn a_file_that_may_only_be_read_is_not_written() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::sqlite();
    house.fill();
    let path = house.folder.path().join("house.db");
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        std::fs::set_permissions(entry.unwrap().path(), PermissionsExt::from_mode(0o444)).unwrap();
    }
    if std::fs::OpenOptions::new().write(true).open(&path).is_ok() {
        eprintln!("SKIPPED: this account may write to every file");
        return;
    }
    let file = house.folder.path().join("b.csv");
    std::fs::write(&file, "name\nNew\n").unwrap();
    let message = refused(&house, &["import", "customers", &file.display().to_string()]);
    assert!(message.contains("house.db"), "{message}");
}

#[test]
fn a_command_line_that_cannot_be_understood_ends_with_2() {
    for args in [
        &["--db", "mysql://x", "funnel"][..],
        &["import", "cars", "x.csv"],
        &["import", "staff"],
        &["import", "staff", "x.csv", "--map", "name"],
        &["import", "staff", "x.csv", "--alias", "name=x"],
        &["value", "--by", "won", "--currency", "dollar"],
        &["--actor", " ", "funnel"],
        &["demo", "--customers", "0"],
    ] {
        let said = run(args);
        assert_eq!(said.code, Some(2), "{args:?}: {}", said.err);
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let house = House::sqlite();
    let mut text = String::from("name\n");
    (0..5_000).for_each(|n| text.push_str(&format!("House {n}\n")));
    let file = house.file("many.csv", text);
    house.json(&["import", "customers", &file]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_crm"))
        .args(["--db", &house.db, "list", "customers", "--limit", "5000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told = child.wait_with_output().unwrap();
    assert_eq!(told.status.code(), Some(0));
    assert_eq!(String::from_utf8(told.stderr).unwrap(), "");
}
