use crm_core::{
    customer::{self, Customer, CustomerKind},
    kernel::{Cursor, Id, MAX_LIMIT, Query, Value},
    product::Product,
};
use uuid::Uuid;

#[test]
fn a_cursor_goes_on_in_its_own_list_only() {
    let by_name = || Query::<Customer>::all().order_by(&customer::NAME);
    let cursor = by_name().cursor_after(&acme());
    let start = by_name().after(Some(cursor.clone())).check().unwrap().unwrap();
    assert_eq!(start, [Value::text("Acme 😀"), Value::Uuid(Uuid::from_u128(1))]);
    let others = [
        Query::all().after(Some(cursor.clone())),
        Query::all().descending(&customer::NAME).after(Some(cursor.clone())),
        by_name().order_by(&customer::CITY).after(Some(cursor.clone())),
    ];
    for other in others {
        assert!(other.check().is_err());
    }
    assert!(Query::<Product>::all().after(Some(cursor)).check().is_err());
}

#[test]
fn a_cursor_that_somebody_made_up_is_refused() {
    let made_up = ["", "x", "bm90IGEgY3Vyc29y", "W10", "WzEsMl0", "bnVsbA", "not base64 ÿ"];
    for text in made_up {
        let query = Query::<Customer>::all().after(Some(Cursor::new(text)));
        let error = query.check().unwrap_err();
        assert_eq!((error.entity, error.field.as_str()), ("query", "after"));
    }
}

#[test]
fn limits_and_orders_are_checked() {
    for limit in [0, MAX_LIMIT + 1, u32::MAX] {
        assert_eq!(Query::<Customer>::all().limit(limit).check().unwrap_err().field, "limit");
    }
    assert!(Query::<Customer>::all().limit(MAX_LIMIT).check().unwrap().is_none());
    let by_tags = Query::all().order_by(&customer::TAGS);
    assert_eq!(by_tags.check().unwrap_err().field, "tags");
}

#[test]
fn the_id_decides_what_is_left_open() {
    let order = |query: Query<Customer>| {
        let by = query.full_order();
        by.iter().map(|o| (o.field.name, o.descending)).collect::<Vec<_>>()
    };
    assert_eq!(order(Query::all()), [("id", false)]);
    let down = Query::all().descending(&customer::NAME);
    assert_eq!(order(down), [("name", true), ("id", true)]);
    let by_id = Query::all().descending(&customer::ID).order_by(&customer::NAME);
    assert_eq!(order(by_id), [("id", true), ("name", false)]);
}

fn acme() -> Customer {
    Customer::new(Id::new(Uuid::from_u128(1)), CustomerKind::Person, "Acme 😀")
}
