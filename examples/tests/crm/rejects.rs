use std::fs;

use crate::House;

const BAD: &str = "name,employees\nAcme,many\nBell,3\n";

#[test]
fn what_is_there_is_not_overwritten() {
    let house = House::sqlite();
    let ok = house.file("ok.csv", "name\nAcme\n");
    let bad = house.file("bad.csv", BAD);
    let folder = house.folder.path();
    fs::create_dir(folder.join("sub")).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    std::os::unix::fs::symlink(folder.join("house.db"), folder.join("link")).unwrap();
    for made in [false, true] {
        for (name, why) in [
            ("house.db", "that is the database"),
            ("house.db-wal", "that is the database"),
            ("house.db-shm", "that is the database"),
            ("sub/../house.db", "that is the database"),
            ("sub/../bad.csv", "that is the file to be read"),
            ("sub", "that is a folder"),
            ("none/x.csv", "there is no folder for it"),
            ("../../../../../../../../../dev/null", "that is not a file"),
        ] {
            let said = house.run(&["import", "customers", &bad, "--rejects", &path(name)]);
            assert_eq!(said.code, Some(1), "{name}: {}", said.out);
            assert!(said.err.contains(why), "{name}: {}", said.err);
            assert_eq!(folder.join("house.db").exists(), made, "{name}");
        }
        if !made {
            house.json(&["import", "customers", &ok]);
        }
    }
    let said = house.run(&["import", "customers", &bad, "--rejects", &path("link")]);
    assert!(said.err.contains("that is the database"), "{}", said.err);
    assert_eq!(house.json(&["list", "customers"])["items"].as_array().unwrap().len(), 1);
    assert_eq!(fs::read_to_string(&bad).unwrap(), BAD);
}

#[test]
fn the_file_is_made_when_a_row_is_refused() {
    let house = House::sqlite();
    let ok = house.file("ok.csv", "name\nAcme\n");
    let bad = house.file("bad.csv", BAD);
    let rejects = house.folder.path().join("rejects.csv");
    let named = rejects.display().to_string();
    house.json(&["import", "customers", &ok, "--rejects", &named]);
    assert!(!rejects.exists());
    fs::write(&rejects, "kept").unwrap();
    house.json(&["import", "customers", &ok, "--rejects", &named]);
    assert_eq!(fs::read_to_string(&rejects).unwrap(), "kept");
    house.json(&["import", "customers", &ok, &bad, "--rejects", &named]);
    assert_eq!(
        fs::read_to_string(&rejects).unwrap(),
        "name,employees,line,reason\nAcme,many,2,\"employees: \"\"many\"\" is not a whole number\"\n"
    );
    let files = fs::read_dir(house.folder.path()).unwrap();
    let names: Vec<_> = files.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.contains("part")), "{names:?}");
}

#[test]
fn those_of_a_file_of_words_are_csv_and_can_be_imported() {
    let house = House::sqlite();
    let file = house.file("buys.txt", "customer date revenue\n7 2017-01-01 1\n8 someday 2\n");
    let rejects = house.folder.path().join("rejects.csv").display().to_string();
    let import = ["import", "transactions", "--set", "currency=USD", "--create-customers"];
    let first = [&import[..], &[&file, "--format", "whitespace", "--rejects", &rejects]].concat();
    let said = house.run(&first);
    let line = format!("  all of them are in {rejects} as CSV; import them with --format csv\n");
    assert!(said.out.ends_with(&line), "{}", said.out);
    let mended = fs::read_to_string(&rejects).unwrap().replace("someday", "2017-01-02");
    let mended = house.file("mended.csv", mended);
    let answer = house.json(&[&import[..], &[&mended, "--format", "csv"]].concat());
    assert_eq!((answer["new"].as_u64(), answer["refused"].as_u64()), (Some(1), Some(0)));
}
