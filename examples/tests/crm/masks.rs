//! What a pool masks is told nowhere before somebody has claimed the customer.

use serde_json::{Value, json};

use crate::House;

const POOL: &str =
    r#"[{"name": "Open sea", "rules": {"masked": ["name", "phones", "email", "city"]}}]"#;

/// What nobody is to know of them.
const SECRETS: [&str; 5] = ["Zorro", "7770001", "zorro.example", "Zwickau", "Zittau"];

fn where_(field: &str, value: &str) -> String {
    json!({"field": field, "value": value}).to_string()
}

/// The sample, and the same customer twice, one of them below a group; answers with their ids.
fn filled(house: &House) -> [String; 2] {
    house.fill();
    let head = "external_id,name,phones,email,city,parent";
    let first =
        format!("{head}\nZ1,Zorro Ltd,+49 30 7770001,it@zorro.example,Zwickau,Acme Group\n");
    let moved = first.replace("Zwickau", "Zittau");
    let twin = format!("{head}\nZ2,Zorro Sons,+49 30 7770001,me@zorro.example,Zwickau,\n");
    for text in [first, moved, twin] {
        let file = house.file("zorro.csv", text);
        house.json(&["import", "customers", &file, "--duplicates", "keep"]);
    }
    ["Z1", "Z2"].map(|key| {
        let list = house.json(&["list", "customers", "--where", &where_("external_id", key)]);
        list["items"][0]["id"].as_str().unwrap().to_owned()
    })
}

/// What is told in words and in JSON, and as an error.
fn told(house: &House, args: &[&str]) -> String {
    let [words, json] = [args.to_vec(), [args, &["--json"]].concat()].map(|args| house.run(&args));
    [words.out, words.err, json.out, json.err].join("\n")
}

#[test]
fn what_a_pool_masks_is_told_nowhere_until_it_is_claimed() {
    for house in [House::sqlite(), House::postgres()] {
        let ids = filled(&house);
        let [id, twin] = ids.each_ref().map(String::as_str);
        let pool = house.file("pool.json", POOL);
        let choose = format!("city={twin}");
        let csv = house.folder.path().join("twins.csv").display().to_string();
        let asked: [&[&str]; 20] = [
            &["timeline", id],
            &["contact", "add", id, "Ann Lee"],
            &["contact", "list", id],
            &["contact", "list", twin],
            &["family", id],
            &["family", "Acme Group"],
            &["changes", "--limit", "1000"],
            &["owners", id],
            &["list", "customers"],
            &["list", "customers", "--order", "name"],
            &["search", "zorro"],
            &["search", "7770001"],
            &["duplicates"],
            &["duplicates", "--of", id],
            &["duplicates", "--csv", "-"],
            &["merge", id, twin, "--preview"],
            &["merge", twin, id, "--preview", "--choose", &choose],
            &["record", id, "--channel", "phone", "--next-step", "call", "--due", "2018-01-05"],
            &["erase", id],
            &["tasks"],
        ];
        let open = |args: &[&str]| SECRETS.iter().any(|secret| told(&house, args).contains(secret));
        for args in [asked[0], asked[6], asked[13], asked[15]] {
            assert!(open(args), "{args:?} tells something to hide");
        }
        house.json(&["pool", "--set", &pool]);
        for args in asked {
            let told = told(&house, args);
            for secret in SECRETS {
                assert!(!told.contains(secret), "{args:?} tells {secret}: {told}");
            }
        }
        house.json(&["duplicates", "--csv", &csv]);
        let written = std::fs::read_to_string(&csv).unwrap();
        assert!(written.contains("***") && !written.contains("7770001"), "{written}");

        // What is hidden cannot be tried out.
        let list = |field: &str, value: &str| {
            house.json(&["list", "customers", "--where", &where_(field, value)])
        };
        let none = json!({"items": [], "next": null, "hidden": ["city"]});
        assert_eq!(list("city", "Zittau"), none);
        let said = house.run(&["list", "customers", "--where", &where_("city", "Zittau")]).out;
        let words = "There is nothing to list.\n\
                     Left out are what was merged and free customers in a pool that does not show: city.\n";
        assert_eq!(said, words);
        let by_key = list("external_id", "Z1");
        let there = &by_key["items"][0];
        assert_eq!((&there["name"], &by_key["hidden"]), (&json!("***"), &Value::Null));

        // A row that may be one of them, and what was merged into one of them.
        let row = "external_id,name,phones\nZ3,Zorro Limited,+49 30 7770001\n";
        let (row, folded) = (house.file("row.csv", row), house.folder.path().join("folded.csv"));
        let to = folded.display().to_string();
        let said = told(&house, &["import", "customers", &row, "--folded", &to]);
        let written = std::fs::read_to_string(&folded).unwrap_or_default();
        for told in [&said, &written] {
            assert!(!SECRETS.iter().any(|secret| told.contains(secret)), "{told}");
        }
        assert!(said.contains("alike in what is not shown"), "{said}");
        let third = list("external_id", "Z3")["items"][0]["id"].as_str().unwrap().to_owned();
        house.json(&["merge", twin, &third]);
        let everybody = ["list", "customers", "--limit", "1000"];
        for args in [&["changes", "--limit", "1000"][..], &everybody, &["timeline", &third]] {
            let told = told(&house, args);
            let secret = SECRETS.iter().find(|secret| told.contains(**secret));
            assert_eq!(secret, None, "{args:?}: {told}");
        }
        let tried = list("name", "Zorro Limited");
        assert_eq!(tried, json!({"items": [], "next": null, "hidden": ["name"]}));
        let lead = ["lead", "add", "Zed", "--company", "Zoro Ltd", "--email", "it@zorro.example"];
        let said = house.run(&lead).out;
        assert!(said.contains("***") && !said.contains("Zorro"), "{said}");

        house.json(&["claim", "Open sea", id, "--by", "Anna Snow"]);
        assert_eq!(list("city", "Zittau")["items"][0]["name"], "Zorro Ltd");
        for (args, secret) in [
            (&["timeline", id][..], "Zwickau"),
            (&["changes", "--limit", "1000"], "Zittau"),
            (&["contact", "list", id], "Zorro Ltd"),
            (&["merge", id, twin, "--preview"], "Zittau"),
        ] {
            assert!(told(&house, args).contains(secret), "{args:?} tells it now");
        }
        let said = told(&house, &["merge", id, twin, "--preview"]);
        assert!(
            !said.contains("Zwickau") && !said.contains("Zorro Sons"),
            "the twin is free: {said}"
        );
    }
}
