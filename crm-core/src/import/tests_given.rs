#![cfg(feature = "memory")]

use futures_executor::block_on;

use super::{
    tests::{House, customers},
    *,
};
use crate::{
    customer::{Customer, CustomerKind},
    kernel::Id,
    settings::Lifecycle,
    store::{Append, Store},
};

#[test]
fn what_cannot_be_what_it_is_given_as_refuses_its_row_alone() {
    let house = House::new();
    let text = "name|email|phones|fax|tax_number|country\n\
                Acme|anna@acme.example|+49 30 901820; (415) 555-0134|030 901821|DE 123 456 789|DE\n\
                Blue|anna@||||\n\
                Cedar||+49 30 901820; call me|||\n\
                Delta|||none||\n\
                Elm||||DE12|\n\
                Fay||||1234567|DE\n\
                Gold||||DE1234567|DE\n\
                Hill|| |  ||";
    let options = ImportOptions::default();
    let (letters, reasons) = house.import_with(customers(), options.clone(), text);
    assert_eq!(letters, "NRRRRNRN");
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    3: email: "anna@": Domain is empty: write it like anna@example.com
    4: phones: "call me" is no phone number: write it like +49 30 901820
    5: fax: "none" is no phone number: write it like +49 30 901820
    6: tax_number: "DE12": a tax number has 4 digits or more, and not more than 30 letters and digits: write it like DE123456789
    8: tax_number: "DE1234567": a number for VAT that begins with DE looks like DE123456789
    "#);
    let alias = customers().alias("fax", "none", "").alias("tax_number", "DE12", "");
    let (letters, _) = house.import_with(alias, options, text);
    assert_eq!(letters, "uRRNNuRu");
}

#[test]
fn a_row_changes_nothing_into_what_cannot_be() {
    let house = House::new();
    let id = "external_id|name|email|tax_number\n";
    assert_eq!(house.import(customers(), &format!("{id}7|Acme|a@acme.example|")), "N");
    for rows in ["7|Acme|a@|", "7|Acme|a@acme.example|DE12"] {
        assert_eq!(house.import(customers(), &format!("{id}{rows}")), "R", "{rows}");
    }
    assert_eq!(house.customer("Acme").email.as_deref(), Some("a@acme.example"));
    // Nor by the row of one that is the same.
    let again = "name|email|website|fax\nACME|a@acme.example|acme.example|none";
    assert_eq!(house.import(customers(), again), "R");
    assert_eq!(house.customer("Acme").website, None);
}

#[test]
fn what_is_there_already_is_no_reason() {
    let house = House::new();
    let old = Customer {
        email: Some("anna@".to_owned()),
        ..Customer::new(Id::new(uuid::Uuid::from_u128(9)), CustomerKind::Organisation, "Acme")
    };
    block_on(async {
        let mut work = house.0.begin(House::scope()).await.unwrap();
        Append::<Customer>::insert(&mut *work, old).await.unwrap();
        work.commit().await.unwrap();
    });
    assert_eq!(house.import(customers(), "name|email|city\nAcme|anna@|Graz"), "C");
    assert_eq!(house.import(customers(), "name|email|city\nAcme|ben@|Graz"), "R");
    assert_eq!(house.customer("Acme").email.as_deref(), Some("anna@"));
}

#[test]
fn numbers_that_nobody_is_known_by_let_their_rows_in() {
    let house = House::new();
    let text = "name|phones|fax\nAcme|88888888|4711\n\
                Blue|95588|+49 30 9018200 / +49 30 9018210";
    assert_eq!(house.import(customers(), text), "NN");
    assert_eq!(house.customer("Blue").phones.0[0].number, "95588");
}

#[test]
fn colleagues_can_be_reached_as_their_rows_say() {
    let house = House::new();
    let text = "name|email|phone\nAnna|anna@house.example|12 34 56\nBen|ben|\nCid||ask him";
    let staff = Mapping::new(ImportKind::Staff);
    let (letters, reasons) = house.import_with(staff, ImportOptions::default(), text);
    assert_eq!(letters, "NRR");
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    3: email: "ben": Missing separator character '@': write it like anna@example.com
    4: phone: "ask him" is no phone number: write it like +49 30 901820
    "#);
}

#[test]
fn new_customers_begin_where_the_house_begins() {
    let house = House::new();
    block_on(async {
        let mut work = house.0.begin(House::scope()).await.unwrap();
        let stages = r#"{"initial": "new", "stages": [{"key": "new", "name": "New"}, {"key": "buys", "name": "Buys"}]}"#;
        let lifecycle: Lifecycle = serde_json::from_str(stages).unwrap();
        work.settings().change(|rules| rules.lifecycle = Some(lifecycle)).await.unwrap();
        work.commit().await.unwrap();
    });
    let rows = "name|lifecycle_stage\nAcme|\nBlue|buys\nCedar|sold";
    assert_eq!(house.import(customers(), rows), "NNR");
    let buys = Mapping::new(ImportKind::Transactions).constant("currency", "USD");
    let options =
        ImportOptions { create_customers: Some(CustomerKind::Person), ..ImportOptions::default() };
    let bought = "customer|date|revenue\nDelta|20170101|1";
    assert_eq!(house.import_with(buys, options, bought).0, "N");
    for (name, stage) in [("Acme", "new"), ("Blue", "buys"), ("Delta", "new")] {
        assert_eq!(house.customer(name).lifecycle_stage, stage, "{name}");
    }
    assert_eq!(house.import(customers(), "name|city\nBlue|Graz"), "C");
    assert_eq!(house.customer("Blue").lifecycle_stage, "buys");
}
