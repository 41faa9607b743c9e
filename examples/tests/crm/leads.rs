//! From a card to a customer, on the command line.

use serde_json::{Value, json};

use crate::House;

fn houses() -> [House; 2] {
    [House::sqlite(), House::postgres()].map(|house| {
        house.fill();
        house
    })
}

/// Without what is another each time: ids.
fn names(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let named = members.iter().filter(|(key, _)| *key != "id" && *key != "why");
            named.map(|(key, value)| (key.clone(), names(value))).collect()
        }
        Value::Array(list) => list.iter().map(names).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_lead_goes_its_way_from_a_card_to_a_customer() {
    let told = houses().map(|house| {
        let id = "0190b7f4-0000-7000-8000-00000000001e";
        let card = [
            "lead",
            "add",
            "Ann Lee",
            "--company",
            "Kestrel Air",
            "--email",
            "ann@kestrel.example",
        ];
        let more =
            ["--source", "fair", "--score", "70", "--score-by", "stand", "--owner", "Anna Snow"];
        let more =
            [&more[..], &["--amount", "4000 EUR", "--phone", "+49 30 901820", "--id", id]].concat();
        let added = house.json(&[&card[..], &more].concat());
        assert_eq!((&added["lead"]["id"], &added["lead"]["status"]), (&json!(id), &json!("new")));
        let again = house.json(&[&card[..], &more].concat());
        assert_eq!(again["lead"], added["lead"], "sent again");
        let said =
            ["--channel", "visit", "--at", "2017-11-05T10:00:00Z", "--content", "wants the atlas"];
        let step = ["--next-step", "send the list", "--due", "2017-12-28", "--staff", "Anna Snow"];
        house.json(&[&["lead", "record", "Ann Lee"][..], &said, &step].concat());
        let day = house.json(&["workday", "Anna Snow", "--day", "2017-12-31"]);
        let items = day["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["what"] == "send the list").unwrap();
        assert_eq!((&item["lead"]["name"], &item["customer"]), (&json!("Ann Lee"), &Value::Null));
        assert_eq!(house.json(&["lead", "work", "Ann Lee"])["status"], "working");
        let answers = ["--answer", "budget=yes: 4000 EUR", "--answer", "timing=no"];
        let judged = house.json(&[&["lead", "qualify", "Kestrel Air"][..], &answers].concat());
        let budget = json!({"met": true, "note": "4000 EUR"});
        assert_eq!(judged["qualification"], json!({"budget": budget, "timing": {"met": false}}));
        house.json(&["lead", "disqualify", id, "no budget"]);
        let refused = house.run(&["lead", "convert", id]);
        assert_eq!(refused.code, Some(1), "{}", refused.out);
        assert!(refused.err.contains("no budget"), "{}", refused.err);
        let back = house.json(&["lead", "recycle", id, "--on", "2018-03-01"]);
        assert_eq!((&back["recycled"], &back["recall_on"]), (&json!(1), &json!("2018-03-01")));
        let shown = house.json(&["lead", "show", "Ann Lee"]);
        assert_eq!(shown["activities"][0]["content"], "wants the atlas");
        assert_eq!(shown["tasks"].as_array().unwrap().len(), 2);
        let found = house.json(&["search", "kestrel"]);
        assert_eq!(found["hits"][0]["kind"], "lead");

        let convert =
            ["lead", "convert", "Ann Lee", "--new-opportunity", "Atlas", "--close", "2018-06-30"];
        let told = house.json(&[&convert[..], &["--preview"]].concat());
        assert_eq!(
            (&told["customer"]["is"], &told["contact"]["is"]),
            (&json!("new"), &json!("new"))
        );
        assert_eq!((&told["interactions"], &told["tasks"]), (&json!(1), &json!(2)));
        let became = house.json(&convert);
        assert_eq!(became["customer"]["id"], told["customer"]["id"]);
        assert_eq!(house.json(&convert), became, "sent again");
        let list = house.json(&[
            "list",
            "opportunities",
            "--where",
            r#"{"field":"name","value":"Atlas"}"#,
        ]);
        assert_eq!(list["items"][0]["amount"], json!({"amount": "4000.00", "currency": "EUR"}));
        let story = house.json(&["timeline", "Kestrel Air"]);
        let kinds: Vec<_> = story["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["what"].clone())
            .collect();
        assert!(kinds.contains(&json!("interaction")), "{story}");
        let tasks = house.json(&[
            "list",
            "tasks",
            "--where",
            r#"{"field":"title","value":"send the list"}"#,
        ]);
        assert_eq!(tasks["items"][0]["customer_id"], became["customer"]["id"]);
        assert_eq!(house.json(&["lead", "list"])["leads"], json!([]));
        let erased = house.json(&["erase", "--contact", "Ann Lee", "--yes"]);
        assert_eq!(erased["records"]["lead"], 1);
        let gone = house.json(&["list", "leads"]);
        assert_eq!(gone["items"][0]["name"], "[erased]");
        names(&json!([told, became]))
    });
    assert_eq!(told[0], told[1], "both databases say the same");
}

#[test]
fn a_lead_of_a_customer_who_is_there_joins_it() {
    for house in houses() {
        let card = ["lead", "add", "Bob Ray", "--company", "Acme Bakeries"];
        let added = house.json(&card);
        assert_eq!(added["possible_duplicates"][0]["name"], "Acme Bakeries", "{added}");
        let unclear = house.run(&["lead", "convert", "Bob Ray"]);
        assert_eq!(unclear.code, Some(1), "by its name alone it is not certain: {}", unclear.out);
        assert!(unclear.err.contains("Acme Bakeries ("), "{}", unclear.err);
        let shown = house.run(&["lead", "convert", "Bob Ray", "--preview"]).out;
        assert!(shown.contains("--customer"), "{shown}");
        let into = ["lead", "convert", "Bob Ray", "--customer", "Acme Bakeries"];
        let became = house.json(&into);
        assert_eq!(
            (&became["customer"]["name"], &became["contact"]["name"]),
            (&json!("Acme Bakeries"), &json!("Bob Ray"),)
        );
        assert_eq!(house.json(&into), became);
        let nobody = house.run(&["lead", "work", "Zoe"]);
        assert!(nobody.err.contains("`crm lead list`"), "{}", nobody.err);
    }
}

#[test]
fn cards_are_imported_once() {
    for house in houses() {
        let cards = "first,last,company,mail,points\nAnn,Lee,Kestrel Air,ann@kestrel.example,80\n\
                     Bob,Ray,Kestrel Air,bob@kestrel.example,20\n,,,nobody@x.example,\nCy,Dee,,cy at x,\n";
        let file = house.file("cards.csv", cards);
        let maps = ["first=given_name", "last=family_name", "mail=email", "points=score"];
        let maps = maps.iter().flat_map(|map| ["--map", map]);
        let import: Vec<_> =
            ["import", "leads", &file, "--set", "source=fair", "--set", "owner=Anna Snow"]
                .into_iter()
                .chain(maps)
                .collect();
        let first = house.json(&import);
        assert_eq!((&first["new"], &first["refused"]), (&json!(2), &json!(2)), "{first}");
        let again = house.json(&import);
        assert_eq!((&again["new"], &again["unchanged"]), (&json!(0), &json!(2)), "{again}");
        let list = house.json(&["lead", "list", "--owner", "Anna Snow"]);
        let listed: Vec<_> =
            list["leads"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(listed, ["Ann Lee", "Bob Ray"], "the most promising first");
        let erased = house.json(&["erase", "--lead", "Bob Ray", "--yes"]);
        assert_eq!(erased["records"], json!({"lead": 1}));
    }
}
