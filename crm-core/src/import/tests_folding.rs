#![cfg(feature = "memory")]

use futures_executor::block_on;

use super::{
    tests::{House, customers},
    *,
};
use crate::{
    customer::{Customer, CustomerKind},
    duplicate::DuplicateAction,
    kernel::{Id, Query, to_json},
    store::{Read, Store, run},
};

/// What became of the rows, the first time and again, whatever the size of the batches; what the
/// base has; the reasons.
fn twice(base: &str, rows: &str) -> ([String; 2], Vec<String>, Vec<String>) {
    let all = [usize::MAX, 1, 2, 3].map(|batch| {
        let house = House::new();
        house.import(customers(), base);
        let import = || house.import_in(batch, customers(), ImportOptions::default(), rows);
        let (first, mut reasons) = import();
        let (there, log) = (all_of(&house), house.changes());
        let (again, _) = import();
        assert_eq!((all_of(&house), house.changes()), (there.clone(), log), "nothing changes");
        reasons.sort();
        ([first, again], there, reasons)
    });
    let [one, others @ ..] = all;
    for other in others {
        assert_eq!(one, other);
    }
    one
}

/// What each customer has, without the ids.
fn all_of(house: &House) -> Vec<String> {
    block_on(async {
        let mut unit = house.0.read(House::scope()).await.unwrap();
        let all = Read::<Customer>::find(&mut *unit, Query::all()).await.unwrap().items;
        let mut told: Vec<_> = all
            .iter()
            .map(|stored| {
                let customer = Customer { id: Id::new(uuid::Uuid::nil()), ..(**stored).clone() };
                let parent = customer.parent_id.is_some();
                let customer = Customer { parent_id: None, ..customer };
                format!("{} {parent}", to_json(&customer))
            })
            .collect();
        told.sort();
        told
    })
}

fn names(there: &[String]) -> usize {
    there.len()
}

#[test]
fn a_row_that_is_there_under_another_name_fills_what_is_empty() {
    let ([first, again], there, reasons) = twice(
        "name|phones|city\nNordic Data Systems Ltd|+49 30 901820|",
        "name|phones|city|website\nNORDIC  DATA SISTEMS|030/90 18 20|Berlin|https://nordic.example\n\
         Nordic Data System|+49 (30) 901820|Hamburg|nordic.example",
    );
    assert_eq!([first, again], ["FF", "FF"]);
    let [one] = &there[..] else { panic!("{there:?}") };
    assert!(one.contains(r#""city":"Berlin""#) && one.contains("nordic.example"), "{one}");
    assert!(one.contains("Nordic Data Systems Ltd") && one.contains("+49 30 901820"), "{one}");
    assert!(reasons[1].starts_with("3: Nordic Data Systems Ltd 9"), "{reasons:?}");
    assert!(reasons[1].contains("same domain nordic.example"), "{reasons:?}");
}

#[test]
fn rows_of_a_file_are_compared_with_those_above_them() {
    let rows = "name|phones|email\nAcme Tools GmbH|+49 30 901820|\nBlue Freight||a@blue.example\n\
                ACME Tool|+49 30 901820|\nFreight Blue||A@Blue.example\nCedar Labs||";
    let ([first, again], there, _) = twice("name\nElm Press", rows);
    assert_eq!([first, again], ["NNFFN", "uuFFu"]);
    assert_eq!(names(&there), 4);
}

#[test]
fn what_a_row_filled_tells_of_the_rows_below() {
    // The second has the number, by which the third is known.
    let rows = "name|phones|email\nAcme Tools||a@acme.example\nACME Tool|+49 30 901820|a@acme.example\n\
                Acme Tools Ltd|+49 30 901820|";
    let ([first, again], there, _) = twice("name\nElm Press", rows);
    assert_eq!([first, again], ["NFF", "uFF"]);
    assert_eq!(names(&there), 2);
}

#[test]
fn a_number_without_a_country_is_one_of_the_country_of_the_other() {
    // The second row says which country that is: the first is known again all the same.
    let rows = "name|phones|country|city\nNordic Data Sistems|030 901820||Berlin\n\
                Nordic Data System|030 901820|DE|Berlin";
    let base = "name|phones|city\nNordic Data Systems|030 901820|Berlin";
    let ([first, again], there, reasons) = twice(base, rows);
    assert_eq!([first, again], ["FF", "FF"], "{reasons:?}");
    assert_eq!(names(&there), 1);
}

#[test]
fn names_alone_are_not_enough() {
    let rows = "name|kind\nNordic Data Systems Ltd|organisation\nAnna Lindberg|person\nAnna  Lindberg|person";
    let ([first, again], there, _) = twice("name\nNordic Data Systems", rows);
    assert_eq!([first, again], ["DNN", "uuu"]);
    assert_eq!(names(&there), 4);
}

#[test]
fn the_external_id_of_a_folded_row_stays_and_overwrites_nothing_later() {
    let base = "name|phones|city\nNordic Data Systems|+49 30 901820|Berlin";
    let rows = "external_id|name|phones|city\n7|Nordic Data Sistems Ltd|+49 30 901820|Hamburg";
    let ([first, again], there, _) = twice(base, rows);
    assert_eq!([first, again], ["F", "F"]);
    let [one] = &there[..] else { panic!("{there:?}") };
    assert!(one.contains(r#""external_id":"7""#) && one.contains("Berlin"), "{one}");

    // Twice in the file, and a later file.
    let house = House::new();
    house.import(customers(), base);
    let more = "external_id|name|phones|city|industry\n7|Nordic Data Sistems|+49 30 901820|Bonn|\n7|Nordic|||IT";
    assert_eq!(house.import(customers(), more), "FF");
    assert_eq!(house.import(customers(), "external_id|city|region\n7|Ulm|BW"), "F");
    let there = house.customer("Nordic Data Systems");
    assert_eq!((there.city.as_deref(), there.industry.as_deref()), (Some("Berlin"), Some("IT")));
    assert_eq!(there.region.as_deref(), Some("BW"));
    // Whoever wants the other system's words says so.
    let keep = ImportOptions { duplicates: OnDuplicate::Keep, ..ImportOptions::default() };
    let (letters, _) = house.import_with(customers(), keep, "external_id|city\n7|Ulm");
    assert_eq!(
        (letters.as_str(), house.customer("Nordic Data Systems").city.as_deref()),
        ("C", Some("Ulm"))
    );
}

#[test]
fn what_a_row_filled_is_not_emptied_by_one_that_says_nothing() {
    let rows = "name|phones|city\nNordic Data Sistems|+49 30 901820|\nNordic Data Systems|+49 30 901820|Berlin\n\
                Nordic Data Sistems|+49 30 901820|";
    let ([first, again], there, _) = twice("name\nElm Press", rows);
    assert_eq!([first, again], ["NFu", "uFu"]);
    assert!(there.iter().any(|one| one.contains("Berlin")), "{there:?}");
}

#[test]
fn what_its_own_row_said_since_is_emptied_by_its_own_row() {
    let base = "name|phones\nNordic Data Systems|+49 30 901820";
    let head = "name|phones|website|city\n";
    let rows = [
        "Nordic Data Sistems|+49 30 901820|old.example|Berlin",
        "Nordic Data Systems|+49 30 901820|new.example|",
        "Nordic Data Systems|+49 30 901820||",
    ];
    let in_units = |units: &[&[&str]]| {
        let house = House::new();
        house.import(customers(), base);
        let import =
            |rows: &&[&str]| house.import(customers(), &format!("{head}{}", rows.join("\n")));
        let letters: String = units.iter().map(import).collect();
        let there = house.customer("Nordic Data Systems");
        (letters, there.website.clone(), there.city.clone())
    };
    let told = ("FCC".to_owned(), None, Some("Berlin".to_owned()));
    let [folded, says, empties] = [&rows[..1], &rows[1..2], &rows[2..]];
    for units in
        [&[folded, says, empties][..], &[&rows], &[folded, &rows[1..]], &[&rows[..2], empties]]
    {
        assert_eq!(in_units(units), told, "{units:?}");
    }
}

#[test]
fn two_of_another_system_are_two() {
    let rows = "external_id|name|phones\n1|Nordic Data Systems|+49 30 901820\n2|Nordic Data Sistems|+49 30 901820";
    let ([first, again], there, _) = twice("name\nElm Press", rows);
    assert_eq!([first, again], ["ND", "uu"]);
    assert_eq!(names(&there), 3);
}

#[test]
fn rows_may_name_the_customer_as_a_folded_row_is_called() {
    let rows = "name|phones|parent\nNordic Labs||NORDIC Data Sistems\nNordic Data Systems|+49 30 901820|\n\
                NORDIC Data Sistems|+49 30 901820|\nNordic Press||NORDIC Data Sistems";
    for batch in [1, 2, usize::MAX] {
        let house = House::new();
        for letters in ["NNFN", "uuFu"] {
            let (told, reasons) =
                house.import_in(batch, customers(), ImportOptions::default(), rows);
            assert_eq!(told, letters, "{reasons:?}");
        }
        let above = house.customer("Nordic Data Systems").id;
        assert_eq!(house.customer("Nordic Labs").parent_id, Some(above));
        assert_eq!(house.customer("Nordic Press").parent_id, Some(above));
    }
}

#[test]
fn a_row_that_is_there_is_kept_or_refused_where_that_is_asked_for() {
    let base = "name|phones\nNordic Data Systems|+49 30 901820";
    let rows = "name|phones\nNordic Data Sistems|+49 30 901820\nElm Press|";
    let import = |duplicates, refuses: bool| {
        let house = House::new();
        house.import(customers(), base);
        if refuses {
            block_on(run(&house.0, &House::scope(), |work| {
                Box::pin(async move {
                    let mut settings = work.settings();
                    settings
                        .change(|rules| rules.duplicates.on_insert = DuplicateAction::Refuse)
                        .await
                })
            }))
            .unwrap();
        }
        house.import_with(
            customers(),
            ImportOptions { duplicates, ..ImportOptions::default() },
            rows,
        )
    };
    assert_eq!(import(OnDuplicate::Keep, false).0, "DN");
    assert_eq!(import(OnDuplicate::Fold, true).0, "FN");
    for (duplicates, refuses) in [(OnDuplicate::Refuse, false), (OnDuplicate::Keep, true)] {
        let (letters, reasons) = import(duplicates, refuses);
        assert_eq!(letters, "RN");
        let reason = &reasons[0];
        assert!(reason.starts_with("2: Nordic Data Systems ("), "{reason}");
        assert!(
            reason.contains("is the same: 9") && reason.contains("same phone +4930901820"),
            "{reason}"
        );
    }
}

#[test]
fn a_key_that_too_many_share_folds_nothing() {
    for (many, last) in [(40, 'F'), (60, 'N')] {
        for batch in [7, usize::MAX] {
            let row = |n: u32| format!("\n{n}|Nordic Data Systems|sales@nordic.example");
            let rows: String = (0..many).map(row).collect();
            let text =
                format!("external_id|name|email{rows}\n|Nordic Data Sistems|sales@nordic.example");
            let house = House::new();
            let (letters, _) = house.import_in(batch, customers(), ImportOptions::default(), &text);
            assert!(letters.starts_with("NDDDD") && letters.ends_with(last), "{letters}");
        }
    }
}

#[test]
fn a_customer_of_that_kind_is_not_made_twice() {
    let house = House::new();
    let person = CustomerKind::Person;
    let create = ImportOptions { create_customers: Some(person), ..ImportOptions::default() };
    let buys = Mapping::new(ImportKind::Transactions).constant("currency", "USD");
    let text = "customer|date|revenue\nann|20170101|1\nANN|20170101|2";
    assert_eq!(house.import_with(buys, create, text).0, "NN");
    assert_eq!(all_of(&house).len(), 2, "customers that rows name are not compared");
}
