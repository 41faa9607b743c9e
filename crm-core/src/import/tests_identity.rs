#![cfg(feature = "memory")]

use futures_executor::block_on;

use super::{
    tests::{House, customers},
    *,
};
use crate::{
    kernel::Query,
    stage_move::StageMove,
    store::{Read, Store},
};

/// The rows twice, in batches of every size: always the same; the letters and reasons.
fn twice(rows: &str) -> [String; 2] {
    let all = [usize::MAX, 1, 2, 3].map(|batch| {
        let house = House::new();
        let import = || house.import_in(batch, customers(), ImportOptions::default(), rows);
        let letters = [import().0, import().0];
        let mut records = block_on(async {
            let mut unit = house.0.read(House::scope()).await.unwrap();
            Read::<crate::customer::Customer>::find(&mut *unit, Query::all()).await.unwrap().items
        });
        let told = records.drain(..).map(|stored| {
            let version = stored.version();
            let stored = stored.into_inner();
            let parent = stored.parent_id.is_some();
            (stored.name, stored.external_id, stored.city, parent, version)
        });
        let mut told: Vec<_> = told.collect();
        told.sort();
        (letters, told, house.changes())
    });
    assert!(all.iter().all(|one| *one == all[0]), "{all:#?}");
    let [(letters, ..), ..] = all;
    letters
}

#[test]
fn a_row_without_an_id_is_about_the_record_without_one() {
    for (rows, first, again) in [
        ("|Acme\n7|Acme", "NN", "uu"),
        ("7|Acme\n|Acme", "NN", "uu"),
        ("7|Acme\n|Acme\n8|Acme", "NNN", "uuu"),
        ("7|Acme\n8|Acme\n|Acme\n|Acme", "NNNu", "uuuu"),
    ] {
        assert_eq!(twice(&format!("external_id|name\n{rows}")), [first, again], "{rows}");
    }
}

#[test]
fn a_file_without_ids_finds_the_one_of_its_name() {
    let house = House::new();
    house.import(customers(), "external_id|name\n7|Acme\n8|Beta\n|Beta");
    assert_eq!(house.import(customers(), "name|city\nAcme|Lyon\nBeta|Graz"), "CC");
    assert_eq!(house.customer("Acme").external_id.as_deref(), Some("7"));
    assert_eq!(house.import(customers(), "external_id|name|city\n8|Beta|\n|Beta|Graz"), "uu");
}

#[test]
fn a_name_that_a_later_batch_gives_again_is_the_name_of_none() {
    let rows = "external_id|name|parent\n1|Acme|\n2|Beta|Acme\n3|Acme|\n4|Cid|Acme\n5|Dan|2";
    let [first, _] = twice(rows);
    assert_eq!(first, "NNNRN");
}

#[test]
fn a_name_that_changes_is_followed() {
    let rows = "external_id|name|parent\n1|Acme|\n2|Beta|1\n1|Zed|\n3|Cid|Zed\n4|Dan|Acme";
    let [first, _] = twice(rows);
    assert_eq!(first, "NNCNR");
}

#[test]
fn rows_that_contradict_each_other_are_applied_one_by_one() {
    let rows = "external_id|name|city\n7|Acme|Lyon\n7|Acme|Lyon\n7|Acme|Paris\n8|Beta|Graz";
    assert_eq!(twice(rows), ["NuCN", "CuCu"]);
}

#[test]
fn each_row_of_an_opportunity_is_a_step() {
    let rows = "external_id|name|stage|closed_on\n1|Big|Prospecting|\n1|Big|Engaging|\n1|Big|Lost|20170301";
    let steps = [1, 2, usize::MAX].map(|batch| {
        let house = House::new();
        let mapping = Mapping::new(ImportKind::Opportunities);
        let (letters, _) = house.import_in(batch, mapping, ImportOptions::default(), rows);
        assert_eq!(letters, "NCC");
        block_on(async {
            let mut unit = house.0.read(House::scope()).await.unwrap();
            let moves = Read::<StageMove>::find(&mut *unit, Query::all()).await.unwrap();
            let stages = moves.items.iter().map(|m| (m.from_stage.clone(), m.to_stage.clone()));
            stages.collect::<Vec<_>>()
        })
    });
    assert_eq!(steps[0].len(), 3);
    assert!(steps.iter().all(|list| *list == steps[0]), "{steps:?}");
}

/// Purchases are known by what they say in our fields: constants say it too, other columns and the
/// order of columns do not.
#[test]
fn the_content_of_a_purchase_is_what_it_says() {
    let house = House::new();
    let on = |day: &str| {
        Mapping::new(ImportKind::Transactions).constant("currency", "USD").constant("date", day)
    };
    let create = || ImportOptions {
        create_customers: Some(crate::customer::CustomerKind::Person),
        ..ImportOptions::default()
    };
    let import = |day, text: &str| house.import_with(on(day), create(), text).0;
    let rows = "customer|revenue|till\nann|10|1\nann|10|2\nbob|20|1";
    assert_eq!(import("2024-01-31", rows), "NNN");
    assert_eq!(import("2024-02-29", rows), "NNN");
    assert_eq!(import("2024-01-31", rows), "uuu");
    assert_eq!(import("2024-02-29", "revenue|customer\n10|ann\n10|ann\n20|bob"), "uuu");
}

#[test]
fn a_name_that_was_given_up_is_not_used_again_by_itself() {
    let house = House::new();
    let import = |text: &str| house.import_with(customers(), ImportOptions::default(), text);
    assert_eq!(import("name\nAcme").0, "N");
    block_on(async {
        let mut work = house.0.begin(House::scope()).await.unwrap();
        let acme = crate::store::find_one(&mut *work, crate::customer::NAME.eq("Acme")).await;
        let acme = acme.unwrap().unwrap();
        work.update(acme.edit(|c| c.name = "Acme Works".into())).await.unwrap();
        work.commit().await.unwrap();
    });
    let (letters, reasons) = import("name\nAcme\nBolt");
    assert_eq!(letters, "RN");
    assert!(reasons[0].contains("called differently now"), "{reasons:?}");
}

/// Two who look at the same time and find nobody make one record: the second is told to look again.
#[test]
fn two_imports_of_one_name_make_one_record() {
    let id = |house: &House| house.customer("Acme").id;
    let (one, two) = (House::new(), House::new());
    for house in [&one, &two] {
        let (letters, _) = house.import_with(customers(), ImportOptions::default(), "name\nAcme");
        assert_eq!(letters, "N");
    }
    assert_eq!(id(&one), id(&two), "the id follows from the name");
}
