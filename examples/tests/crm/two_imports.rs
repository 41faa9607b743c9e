use std::process::{Child, Command, Stdio};

use crate::House;

#[test]
fn two_imports_of_the_same_records_at_the_same_time_both_come_in() {
    for house in [House::sqlite(), House::postgres()] {
        let names: Vec<_> = (0..4_000).map(|n| format!("House {n},City {n}\n")).collect();
        let up = house.file("up.csv", format!("name,city\n{}", names.concat()));
        let upside: String = names.iter().rev().map(|line| line.replace("City", "Town")).collect();
        let down = house.file("down.csv", format!("name,city\n{upside}"));
        house.json(&["import", "customers", &up]);
        let both = [&down, &up].map(|file| start(&house, file));
        for import in both {
            let said = import.wait_with_output().unwrap();
            let err = String::from_utf8(said.stderr).unwrap();
            assert_eq!((said.status.code(), err.as_str()), (Some(0), ""), "{}", house.db);
        }
        let all = house.json(&["list", "customers", "--limit", "10000"]);
        assert_eq!(all["items"].as_array().unwrap().len(), 4_000);
    }
}

#[test]
fn two_imports_of_new_records_at_the_same_time_make_each_of_them_once() {
    for house in [House::sqlite(), House::postgres()] {
        let rows: Vec<_> = (0..4_000).map(|n| format!("House {n}\n")).collect();
        let file = house.file("new.csv", format!("name\n{}", rows.concat()));
        let both = [&file, &file].map(|file| start(&house, file));
        for import in both {
            let said = import.wait_with_output().unwrap();
            let err = String::from_utf8(said.stderr).unwrap();
            assert_eq!((said.status.code(), err.as_str()), (Some(0), ""), "{}", house.db);
        }
        let all = house.json(&["list", "customers", "--limit", "10000"]);
        assert_eq!(all["items"].as_array().unwrap().len(), 4_000, "{}", house.db);
    }
}

fn start(house: &House, file: &str) -> Child {
    house
        .command(&["import", "customers", file, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

impl House {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crm"));
        command.args(["--db", &self.db, "--tenant", self.tenant()]).args(args);
        command
    }
}
