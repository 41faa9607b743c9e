use crm_core::{
    customer::Customer,
    kernel::{Criteria, Entity, Id, Kind, Op, Tags, Test, Value},
    opportunity::Opportunity,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

#[test]
fn errors_name_the_place() {
    let reason = |json: Json| {
        let error = Criteria::<Customer>::from_json(&json).unwrap_err();
        format!("{}: {}", error.at, error.reason)
    };
    let test = |field: &str, op: &str, value: Json| {
        reason(json!({"all": [{"any": []}, {"not": {"field": field, "op": op, "value": value}}]}))
    };
    let cases = [
        reason(json!([])),
        reason(json!({})),
        reason(json!({"al": []})),
        reason(json!({"all": {}})),
        reason(json!({"all": [], "any": []})),
        reason(json!({"field": "industry"})),
        reason(json!({"field": "industry", "op": 1, "value": "x"})),
        reason(json!({"field": "industry", "op": "empty", "value": "x"})),
        reason(json!({"any": [{"field": "industry", "op": "in", "value": ["a", 1]}]})),
        test("industry", "in", json!("a")),
        test("industry", "like", json!("a")),
        test("industry", "eq", json!(null)),
        test("industry", "eq", json!(1)),
        test("industry", "eq", json!("a\0")),
        test("employees", "ge", json!("many")),
        test("employees", "ge", json!(1.5)),
        test("employees", "contains", json!(1)),
        test("yearly_revenue", "ge", json!("1000")),
        test("yearly_revenue", "ge", json!({"amount": "1", "currency": "XYZ"})),
        test("tags", "eq", json!(["a"])),
        test("tags", "has", json!(1)),
        test("id", "eq", json!("not an id")),
        test("owner", "eq", json!("x")),
        test("custom", "eq", json!("x")),
        test("customs.size", "eq", json!(1)),
        test("name.size", "eq", json!(1)),
        test("custom.size", "eq", json!({"number": "0.00001"})),
        test("custom.size", "eq", json!({"nombre": "1"})),
        test("custom.size", "eq", json!(null)),
        test("custom.size", "contains", json!(1)),
        test("custom.size", "in", json!([1, {"date": "2017-02-30"}])),
    ];
    insta::assert_snapshot!(cases.join("\n"));
}

#[test]
fn days_are_within_the_years_that_stores_keep() {
    for day in ["+10000-01-01", "-0001-01-01"] {
        let json = json!({"field": "opened_on", "op": "lt", "value": day});
        let error = Criteria::<Opportunity>::from_json(&json).unwrap_err();
        assert_eq!(error.at, "value");
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |depth| (0..depth).fold(json!({"all": []}), |inner, _| json!({"not": inner}));
    assert!(Criteria::<Customer>::from_json(&nested(60)).is_ok());
    let error = Criteria::<Customer>::from_json(&nested(100)).unwrap_err();
    assert!(error.reason.contains("deeper"), "{error}");
}

#[test]
fn what_is_written_is_read() {
    let values = [
        (Kind::Bool, Value::Bool(true)),
        (Kind::Integer, Value::Integer(i64::MIN)),
        (Kind::Decimal, Value::Decimal("-0.0001".parse().unwrap())),
        (Kind::Money, Value::Money("99999999999999.9999 USD".parse().unwrap())),
        (Kind::Text, Value::text("\"\\ % 😀\n")),
        (Kind::Uuid, Value::Uuid(Uuid::max())),
        (Kind::Date, Value::Date("2017-12-31".parse().unwrap())),
    ];
    for field in Opportunity::FIELDS.iter().copied() {
        let Some((_, value)) = values.iter().find(|(kind, _)| *kind == field.kind) else {
            continue;
        };
        for op in Op::ALL {
            let criteria = Criteria::Test(Test { field, op: *op, value: value.clone() })
                .and(Criteria::OneOf(field, vec![value.clone()]))
                .or(Criteria::Empty(field).not());
            if criteria.check().is_ok() {
                let json = criteria.to_json();
                assert_eq!(Criteria::<Opportunity>::from_json(&json).unwrap().to_json(), json);
            }
        }
    }
}

#[test]
fn the_two_negations_agree() {
    let mut acme = Customer::new(
        Id::new(Uuid::from_u128(1)),
        crm_core::customer::CustomerKind::Person,
        "Acme",
    );
    acme.tags = Tags::from_iter(["vip"]);
    let matches = |json: Json| Criteria::from_json(&json).unwrap().matches(&acme);
    // An empty field equals nothing: so it is unlike everything.
    assert!(matches(json!({"field": "industry", "op": "ne", "value": "retail"})));
    assert!(!matches(json!({"field": "industry", "value": "retail"})));
    assert!(!matches(json!({"field": "industry", "op": "present"})));
    assert!(matches(json!({"field": "tags", "op": "has", "value": "vip"})));
    assert!(matches(json!({"all": []})) && !matches(json!({"any": []})));
}

#[test]
fn own_fields_are_read_as_they_are_written() {
    let names = ["size", "a.b", "\"", "\\", "%", "", "é"];
    let values = [
        json!({"flag": true}),
        json!({"number": "-12.5"}),
        json!({"text": "a"}),
        json!({"date": "2017-12-31"}),
    ];
    for name in names {
        for value in &values {
            let json = json!({"field": format!("custom.{name}"), "op": "ge", "value": value});
            let read = Criteria::<Customer>::from_json(&json).unwrap();
            assert!(matches!(&read, Criteria::Custom(test) if test.name == name));
            assert_eq!(read.to_json(), json);
        }
        let json = json!({"field": format!("custom.{name}"), "op": "empty"});
        assert_eq!(Criteria::<Customer>::from_json(&json).unwrap().to_json(), json);
    }
    let plain = json!({"field": "custom.size", "op": "in", "value": [true, 12.5, "a"]});
    let written = json!({"any": [
        {"field": "custom.size", "op": "eq", "value": {"flag": true}},
        {"field": "custom.size", "op": "eq", "value": {"number": "12.5"}},
        {"field": "custom.size", "op": "eq", "value": {"text": "a"}},
    ]});
    assert_eq!(Criteria::<Customer>::from_json(&plain).unwrap().to_json(), written);
}
