use serde_json::{Value, json};

use crate::{House, errors::refused};

/// The sample, the same bakery twice more, and what names it.
fn filled() -> [House; 2] {
    [House::sqlite(), House::postgres()].map(|house| {
        house.fill();
        let bakery = "name,phones,email,city,tags\nAcme Bakeries,+49 30 901820,,Berlin,bread\n";
        let twin =
            "name,phones,city,website,tags\nACME Bakery,030/90 18 20,Potsdam,acme.example,cake\n";
        let third = "name,phones,email\nBakeries Acme,+49 30 901820,office@acme.example\n";
        for (text, more) in [
            (bakery, &[][..]),
            (twin, &["--set", "country=DE", "--duplicates", "keep"]),
            (third, &["--duplicates", "keep"]),
        ] {
            let file = house.file("more.csv", text);
            house.json(&[&["import", "customers", &file], more].concat());
        }
        let deals = house.file(
            "deals.csv",
            "external_id,name,customer,stage\nB1,Ovens,ACME Bakery,Prospecting\n",
        );
        house.json(&["import", "opportunities", &deals]);
        let at = ["--at", "2018-01-04T09:00:00Z", "--next-step", "send it", "--due", "2018-01-05"];
        let said = [&["record", "ACME Bakery", "--channel", "phone"][..], &at].concat();
        house.json(&said);
        house
    })
}

fn id_of(house: &House, name: &str) -> String {
    let criteria = json!({"field": "name", "value": name}).to_string();
    let list = house.json(&["list", "customers", "--where", &criteria]);
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

/// Every customer, opportunity, interaction and task, but for versions.
fn all(house: &House) -> Vec<Value> {
    let kinds = ["customers", "opportunities", "interactions", "tasks"];
    let lists = kinds.map(|kind| {
        let mut list = house.json(&["list", kind, "--order", "id"])["items"].clone();
        list.as_array_mut().unwrap().iter_mut().for_each(|one| one["version"] = Value::Null);
        list
    });
    lists.into()
}

fn names(list: &Value) -> Vec<&str> {
    let mut names: Vec<_> =
        list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn duplicates_are_found_and_merged_and_the_merge_is_undone() {
    for house in filled() {
        let found = house.json(&["duplicates"]);
        assert_eq!(found["counts"], json!({"groups": 1, "pairs": 1, "customers_too_many": 1}));
        let group = &found["groups"][0];
        assert_eq!(names(&group["customers"]), ["Acme Bakeries", "Bakeries Acme"]);
        // One phone and one site may be a sister's: somebody must look.
        let pair = &found["pairs"][0];
        let both = json!([pair["one"], pair["other"]]);
        assert_eq!(names(&both), ["ACME Bakery", "Bakeries Acme"]);
        let score = pair["likeness"]["score"].as_f64().unwrap();
        assert!((0.5..0.95).contains(&score), "{pair}");
        for pair in group["pairs"].as_array().unwrap() {
            assert!(pair["likeness"]["score"].as_f64().unwrap() >= 0.95, "{pair}");
            assert!(pair["likeness"]["why"].as_str().unwrap().contains("same phone +4930901820"));
        }
        let of = house.json(&["duplicates", "--of", "ACME Bakery"]);
        let like = of["duplicates"].as_array().unwrap();
        assert_eq!((like.len(), &like[0]["certain"]), (1, &json!(false)), "{of}");

        let before = all(&house);
        let merge = ["merge", "Acme Bakeries", "ACME Bakery", "Bakeries Acme"];
        let preview =
            house.json(&[&merge[..], &["--preview", "--choose", "city=ACME Bakery"]].concat());
        let field = |name: &str| {
            let fields = preview["fields"].as_array().unwrap();
            fields.iter().find(|field| field["field"] == name).unwrap()
        };
        assert_eq!(field("city")["becomes"], "Potsdam");
        assert_eq!(field("tags")["becomes"], json!(["bread", "cake"]));
        assert_eq!(field("email")["becomes"], "office@acme.example");
        let moves = json!([
            {"entity": "interaction", "field": "customer_id", "count": 1},
            {"entity": "opportunity", "field": "customer_id", "count": 1},
            {"entity": "stage_move", "field": "customer_id", "count": 1},
            {"entity": "task", "field": "customer_id", "count": 1},
        ]);
        assert_eq!(preview["moves"], moves);
        assert_eq!(all(&house), before, "nothing is done");

        let id = "0190b7f4-0000-7000-8000-000000000001";
        let more = ["--choose", "city=ACME Bakery", "--reason", "entered twice", "--id", id];
        let merge = [&merge[..], &more].concat();
        let merged = house.json(&merge);
        assert_eq!((merged["merge"].as_str(), &merged["undone_at"]), (Some(id), &Value::Null));
        let after = all(&house);
        assert_eq!(house.json(&merge)["merge"], id, "sent again");
        assert_eq!(all(&house), after);
        assert_eq!(house.json(&["duplicates"])["counts"]["groups"], 0);

        // The old name, the old id and an old external id lead there.
        let old = id_of(&house, "ACME Bakery");
        for text in ["ACME Bakery", old.as_str()] {
            let said = house.run(&["timeline", text]);
            let note = "ACME Bakery was merged into Acme Bakeries.\nAcme Bakeries\n";
            assert!(said.out.starts_with(note) && said.out.contains("Ovens"), "{}", said.out);
        }
        let hits = house.json(&["search", "bakery acme"]);
        assert_eq!(names(&hits["hits"]), ["Acme Bakeries"]);
        let of = house.json(&["duplicates", "--of", &old]);
        assert_eq!(
            (&of["merged_from"]["name"], &of["duplicates"]),
            (&json!("ACME Bakery"), &json!([]))
        );

        let undone = house.json(&["unmerge", id]);
        assert_eq!(names(&undone["others"]), ["ACME Bakery", "Bakeries Acme"]);
        assert_eq!(all(&house), before, "all is as it was");
    }
}

#[test]
fn merges_that_cannot_be() {
    let told = filled().map(|house| {
        let folder = house.folder.path().display().to_string();
        let ids: Vec<_> = ["Acme Bakeries", "ACME Bakery", "Bakeries Acme", "Blue Freight"]
            .map(|name| (id_of(&house, name), format!("[{name}]")))
            .into();
        let merge = "0190b7f4-0000-7000-8000-00000000000a";
        let refused = |args: &[&str]| {
            ids.iter().fold(refused(&house, args), |said, (id, name)| said.replace(id, name))
        };
        let before = all(&house);
        let mut told = vec![
            refused(&["merge", "Acme Bakeries", "Acme Bakeries"]),
            refused(&["merge", "Acme Bakeries", "Nobody"]),
            refused(&["merge", "Nobody", "Acme Bakeries", "--preview"]),
            refused(&["merge", "Acme Bakeries", "ACME Bakery", "--choose", "ctiy=ACME Bakery"]),
            refused(&["merge", "Acme Bakeries", "ACME Bakery", "--choose", "city=Blue Freight"]),
            refused(&[
                "merge",
                "Acme Bakeries",
                "ACME Bakery",
                "--choose",
                "city=Acme Bakeries",
                "--choose",
                "city=ACME Bakery",
            ]),
            refused(&["unmerge", "0190b7f4-0000-7000-8000-00000000000b"]),
            refused(&["duplicates", "--of", "Nobody"]),
            refused(&["duplicates", "--csv", &folder]),
            refused(&["archive", "Nobody"]),
            refused(&["erase", "Nobody", "--yes"]),
            refused(&["erase", "--contact", "Nobody", "--yes"]),
            refused(&["erase", "Acme Bakeries"]),
            refused(&["search", "x"]),
            refused(&["search", "?!"]),
            refused(&["search", "acme", "--limit", "0"]),
        ];
        assert_eq!(all(&house), before, "nothing is half done");
        house.json(&["merge", "Acme Bakeries", "ACME Bakery", "--id", merge]);
        told.extend([
            refused(&["merge", "Acme Bakeries", "ACME Bakery"]),
            refused(&["merge", "ACME Bakery", "Bakeries Acme", "--preview"]),
            refused(&["merge", "Acme Bakeries", "Bakeries Acme", "--id", merge]),
            refused(&["merge", "Acme Bakeries", "--id", merge, "Bakeries Acme"]),
        ]);
        let file = house.file("since.csv", "name,website\nAcme Bakeries,other.example\n");
        house.json(&["import", "customers", &file]);
        told.push(refused(&["unmerge", merge]));
        let file = house.file("back.csv", "name,website\nAcme Bakeries,acme.example\n");
        house.json(&["import", "customers", &file]);
        house.json(&["unmerge", merge]);
        let twice = refused(&["unmerge", merge]);
        told.push(twice.split(" at ").next().unwrap().to_owned());
        let words = [
            &["unmerge", "xyz"][..],
            &["merge", "Acme Bakeries"],
            &["merge", "a", "b", "--choose", "city"],
            &["erase"],
        ];
        for args in words {
            let said = house.run(args);
            assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {}", said.err);
        }
        told.join("\n").replace(&folder, "[folder]")
    });
    assert_eq!(told[0], told[1]);
    insta::assert_snapshot!(told[0]);
}

#[test]
fn a_customer_is_put_away_and_taken_back() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        let found = || house.json(&["search", "blue"])["hits"].as_array().unwrap().len();
        assert_eq!(house.json(&["archive", "Blue Freight"])["changed"], true);
        assert_eq!(house.json(&["archive", "Blue Freight"])["changed"], false);
        assert_eq!(found(), 0);
        let merge = refused(&house, &["merge", "Acme Group", "Blue Freight"]);
        assert!(merge.contains("restore"), "{merge}");
        assert_eq!(house.json(&["restore", "Blue Freight"])["archived_at"], Value::Null);
        assert_eq!(found(), 1);
    }
}

#[test]
fn what_tells_of_a_person_is_erased() {
    for house in [House::sqlite(), House::postgres()] {
        let file = house.file("people.csv", "name,kind,phones,email,city\nAnna Lindberg,person,+49 30 901820,anna@home.example,Berlin\n");
        house.json(&["import", "customers", &file]);
        house.json(&["record", "Anna Lindberg", "--channel", "phone", "--content", "Anna asks"]);
        let said = house.run(&["erase", "Anna Lindberg"]);
        assert!(said.err.contains("--yes") && house.run(&["changes"]).out.contains("customer"));
        let id = id_of(&house, "Anna Lindberg");
        let erased = house.json(&["erase", "Anna Lindberg", "--yes"]);
        assert_eq!(erased["records"], json!({"customer": 1, "interaction": 1}));
        for args in [
            &["list", "customers"][..],
            &["list", "interactions"],
            &["changes"],
            &["timeline", &id],
        ] {
            let said = house.run(&[args, &["--json"]].concat());
            for word in ["Anna", "901820", "home.example"] {
                assert!(!said.out.contains(word), "{args:?}: {}", said.out);
            }
        }
        assert_eq!(house.json(&["search", "anna"])["hits"], json!([]));
    }
}

#[test]
fn search_says_why_and_when_there_are_more() {
    for house in filled() {
        let found = house.json(&["search", "acme", "--limit", "2"]);
        assert_eq!((found["hits"].as_array().unwrap().len(), &found["more"]), (2, &json!(true)));
        let found = house.json(&["search", "901820"]);
        assert_eq!(found["hits"].as_array().unwrap().len(), 3);
        assert!(
            found["hits"]
                .as_array()
                .unwrap()
                .iter()
                .all(|hit| hit["reason"] == "phone" || hit["reason"] == "exact_key")
        );
        let found = house.json(&["search", "@acme.example"]);
        assert_eq!(names(&found["hits"]), ["Bakeries Acme"]);
        let said = house.run(&["search", "acme", "--limit", "2"]);
        assert!(said.out.contains("There are more"), "{}", said.out);
    }
}

#[test]
fn people_get_it_in_a_hundred_columns() {
    let [house, _] = filled();
    let id = "0190b7f4-0000-7000-8000-000000000003";
    let owners =
        house.file("owners.csv", "name,owner\nAcme Bakeries,Anna Snow\nACME Bakery,Ben Ford\n");
    house.json(&["import", "customers", &owners]);
    let csv = house.folder.path().join("twins.csv").display().to_string();
    for (args, words) in [
        (
            &["duplicates"][..],
            &["The same:", "crm merge", "1 customer is there more than once"][..],
        ),
        (&["duplicates", "--of", "Bakeries Acme"], &["same domain", "--preview"]),
        (&["duplicates", "--csv", &csv], &["2 pairs are in"]),
        (
            &["merge", "Acme Bakeries", "ACME Bakery", "--preview"],
            &[
                "would survive",
                "1 opportunity, 1 owner change, 1 stage move",
                "Nothing is done",
                "Anna Snow",
                "Ben Ford",
            ],
        ),
        (
            &["merge", "Acme Bakeries", "ACME Bakery", "--id", id, "--choose", "owner=ACME Bakery"],
            &["Merged 1 customer", "To undo it: crm unmerge"],
        ),
        (&["list", "merges"], &[id]),
        (&["timeline", "Acme Bakeries"], &["with 1 other by crm"]),
        (&["search", "acme"], &["name begins"]),
        (&["archive", "Blue Freight"], &["is put away"]),
        (&["restore", "Blue Freight"], &["in the daily work"]),
        (&["erase", "Cedar Labs", "--yes"], &["Erased", "persons of their own"]),
    ] {
        let said = house.run(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}");
        for word in words {
            assert!(said.out.contains(word), "{args:?}: {word}: {}", said.out);
        }
        let out = said.out.replace(&csv, "twins.csv");
        assert!(out.lines().all(|line| line.chars().count() <= 100), "{args:?}: {out}");
    }
    let ben = json!({"field": "name", "value": "Ben Ford"}).to_string();
    let ben = house.json(&["list", "staff", "--where", &ben])["items"][0]["id"].clone();
    let bakeries = json!({"field": "name", "value": "Acme Bakeries"}).to_string();
    let bakeries = house.json(&["list", "customers", "--where", &bakeries]);
    assert_eq!(bakeries["items"][0]["owner_id"], ben);
    house.json(&["unmerge", id]);
    let merges = house.run(&["list", "merges"]);
    assert!(merges.out.contains(id), "an id is in one piece: {}", merges.out);
    let twins = std::fs::read_to_string(csv).unwrap();
    assert_eq!(twins.lines().next(), Some("group,one,one_name,other,other_name,score,why"));
    assert_eq!(twins.lines().count(), 3);
}
