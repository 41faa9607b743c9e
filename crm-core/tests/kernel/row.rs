use crm_core::{
    interaction::Interaction,
    kernel::{Entity, Row, RowError, Value},
    product::Product,
};
use uuid::Uuid;

#[test]
fn a_row_that_cannot_be_names_its_field() {
    let error = |values: &mut [Value<'static>]| product(values).unwrap_err();
    let id = || Value::Uuid(Uuid::from_u128(1));
    let name = || Value::text("GTX");
    let null = || Value::Null;
    let good = || [id(), null(), name(), null(), null(), null(), Value::Bool(true)];
    assert_eq!(&*product(&mut good()).unwrap().name, "GTX");
    let mut no_name = good();
    no_name[2] = null();
    assert_eq!(error(&mut no_name).field, "name");
    let mut strange = good();
    strange[6] = Value::Integer(1);
    assert_eq!(error(&mut strange).field, "active");
    // Columns are missing.
    assert_eq!(error(&mut good()[..3]).field, "category");
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let mut values: Vec<Value<'static>> = Interaction::FIELDS
        .iter()
        .map(|field| match field.name {
            "id" | "customer_id" => Value::Uuid(Uuid::from_u128(1)),
            "channel" => Value::text("phone"),
            "direction" => Value::text("inbound"),
            "happened_at" => Value::Timestamp("2017-12-31T08:00:00Z".parse().unwrap()),
            "status" => Value::text("closed"),
            _ => Value::Null,
        })
        .collect();
    let error = Interaction::load(&mut Row::new(&mut values)).unwrap_err();
    assert_eq!(error.field, "status");
    assert!(error.reason.contains("closed"), "{}", error.reason);
}

#[test]
fn an_unknown_word_is_refused() {
    let at = Interaction::FIELDS.iter().position(|field| field.name == "channel").unwrap();
    let mut values = vec![Value::Uuid(Uuid::from_u128(1)); Interaction::FIELDS.len()];
    values[1..at].fill(Value::Null);
    values[2] = Value::Uuid(Uuid::from_u128(1));
    values[at] = Value::text("telegraph");
    let error = Interaction::load(&mut Row::new(&mut values)).unwrap_err();
    assert_eq!(error.field, "channel");
    assert!(error.reason.contains("telegraph") && error.reason.contains("phone"));
}

fn product(values: &mut [Value<'static>]) -> Result<Product, RowError> {
    Product::load(&mut Row::new(values))
}
