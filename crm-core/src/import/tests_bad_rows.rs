#![cfg(feature = "memory")]

use futures_executor::block_on;

use super::{
    insert::insert,
    tests::{House, customers},
    *,
};
use crate::{
    Error,
    customer::{self, Customer, CustomerKind},
    kernel::Id,
    store::{Append, Store},
};

fn options() -> ImportOptions {
    ImportOptions { create_customers: Some(CustomerKind::Person), ..ImportOptions::default() }
}

#[test]
fn a_nul_character_refuses_its_row_alone() {
    let house = House::new();
    let header = "external_id|name|parent|city";
    let text = format!("{header}\n1|Acme||\n2|B\0b||\n|C\0c||\n4\0|Dan||\n5|Eve|A\0|\n6|Fay||G\0");
    let (letters, reasons) = house.import_with(customers(), options(), &text);
    assert_eq!(letters, "NRRRRR");
    insta::assert_snapshot!(reasons.join("\n"), @r"
    3: name: no text may have a NUL character in it
    4: name: no text may have a NUL character in it
    5: external_id: no text may have a NUL character in it
    6: parent: no text may have a NUL character in it
    7: city: no text may have a NUL character in it
    ");
}

#[test]
fn a_name_too_long_to_be_made_refuses_its_row_alone() {
    let house = House::new();
    let long = "x".repeat(501);
    let staff = Mapping::new(ImportKind::Staff);
    let text =
        format!("name|manager|org_unit\nAnna||North\nBen||{long}\nCid|{long}|South\n{long}||North");
    let (letters, mut reasons) = house.import_with(staff, options(), &text);
    assert_eq!(letters, "NRRR");
    let buys = Mapping::new(ImportKind::Transactions).constant("currency", "USD");
    let text = format!("customer|date|revenue\n7|20170101|1\n{long}|20170101|1");
    let (letters, more) = house.import_with(buys, options(), &text);
    assert_eq!(letters, "NR");
    reasons.extend(more);
    insta::assert_snapshot!(reasons.join("\n"), @r"
    3: org_unit: it has more than 500 characters
    5: name: it has more than 500 characters
    4: manager: it has more than 500 characters
    3: customer: it has more than 500 characters
    ");
}

#[test]
fn a_batch_may_have_more_keys_than_one_look_up() {
    let house = House::new();
    let staff = Mapping::new(ImportKind::Staff);
    let mut text = String::from("external_id|name|org_unit\n");
    (0..10_001).for_each(|n| text.push_str(&format!("{n}|Ann {n}|Unit {n}\n")));
    assert_eq!(house.import(staff, &text), "N".repeat(10_001));
}

#[test]
fn what_the_store_refuses_is_refused_row_by_row() {
    let house = House::new();
    let header = ["customer", "date", "revenue", "currency"].map(String::from);
    let mapping = Mapping::new(ImportKind::Transactions);
    let mut importer = Importer::new(&mapping, &header, options()).unwrap();
    let row = |line: u64, customer: &str| Row {
        line,
        cells: [customer, "20170101", "1", "USD"].map(String::from).into(),
        occurrence: 0,
    };
    let told = block_on(async {
        let mut lost = house.0.begin(House::scope()).await.unwrap();
        importer.batch(&mut *lost, &[row(2, "1")]).await.unwrap();
        drop(lost);
        // The importer was not told that the customer it made is not there.
        let mut work = house.0.begin(House::scope()).await.unwrap();
        let told = importer.batch(&mut *work, &[row(2, "1"), row(3, "2")]).await.unwrap();
        let again = importer.batch(&mut *work, &[row(2, "1")]).await.unwrap();
        work.commit().await.unwrap();
        [told, again].concat()
    });
    let outcomes: Vec<_> = told.into_iter().map(|told| told.outcome).collect();
    assert!(
        matches!(&outcomes[0], Outcome::Refused(why) if why.starts_with("there is no customer ")),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[1..], [Outcome::New, Outcome::New]);
}

#[test]
fn a_duplicate_is_refused_and_a_race_is_run_again() {
    let house = House::new();
    let customer = |id: u128, external: &str| Customer {
        external_id: Some(external.to_owned()),
        ..Customer::new(Id::new(uuid::Uuid::from_u128(id)), CustomerKind::Person, "Ann")
    };
    block_on(async {
        let mut work = house.0.begin(House::scope()).await.unwrap();
        let list = vec![customer(91, "a"), customer(92, "a"), customer(93, "b")];
        let answers = insert(&mut *work, list).await.unwrap();
        assert!(matches!(&answers[1], Err(Error::Duplicate { field: "external_id", .. })));
        assert!(answers[0].is_ok() && answers[2].is_ok());
        let race = insert(&mut *work, vec![customer(94, "c"), customer(95, "a")]).await;
        assert!(race.unwrap_err().is_retryable());
        let all = customer::KIND.eq(CustomerKind::Person);
        assert_eq!(crate::store::Read::<Customer>::count(&mut *work, all).await.unwrap(), 3);
        Append::<Customer>::insert(&mut *work, customer(96, "d")).await.unwrap();
    });
}
