use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Custom, CustomValue, ErrorKind, Id, Invalid, Stored, Tags, UnitMark, check},
    opportunity::{Opportunity, Stage, StageKind},
    pipeline::Pipeline,
};
use uuid::Uuid;

#[test]
fn each_limit_names_its_field() {
    type Edit = fn(&mut Customer);
    let edits: [(&str, Edit); 9] = [
        ("name", |c| c.name = "  ".into()),
        ("name", |c| c.name = "x".repeat(501)),
        ("name", |c| c.name = "a\0b".into()),
        ("notes", |c| c.notes = Some("x".repeat(1_000_001))),
        ("tags", |c| c.tags = Tags::from_iter(["a\0b"])),
        ("custom", |c| c.custom = text("a\0b")),
        ("custom", |c| c.custom = text(&"x".repeat(1_000_000))),
        ("employees", |c| c.employees = Some(-1)),
        ("parent", |c| c.parent_id = Some(c.id)),
    ];
    for (field, edit) in edits {
        let mut bad = acme();
        edit(&mut bad);
        let Invalid { entity, field: found, reason } = check(&bad).unwrap_err();
        assert_eq!((entity, found.as_str()), ("customer", field), "{reason}");
    }
}

#[test]
fn characters_are_counted_and_not_bytes() {
    let mut long = acme();
    long.name = "😀".repeat(500);
    assert!(check(&long).is_ok());
    long.name.push('x');
    assert!(check(&long).is_err());
}

#[test]
fn what_only_looks_like_a_nul_is_let_through() {
    let mut odd = acme();
    odd.tags = Tags::from_iter(["\\u0000", "\\\\u0000"]);
    odd.name = "\\u0000".into();
    assert!(check(&odd).is_ok());
}

#[test]
fn an_update_keeps_the_id_and_the_rules() {
    let (stored, unit) = (Stored::loaded(acme(), 3), UnitMark::new());
    assert!(!stored.check_update(&unit).unwrap());
    assert!(!stored.clone().edit(|_| ()).check_update(&unit).unwrap());
    assert!(stored.clone().edit(|c| c.name = "New".into()).check_update(&unit).unwrap());
    let moved = stored.clone().edit(|c| c.id = Id::new(Uuid::from_u128(9)));
    assert!(moved.check_update(&unit).is_err());
    assert!(stored.clone().edit(|c| c.name.clear()).check_update(&unit).is_err());
    let there_and_back = stored.edit(|c| c.name = "New".into()).edit(|c| c.name = "Acme".into());
    assert!(!there_and_back.check_update(&unit).unwrap());
}

#[test]
fn an_update_builds_on_its_own_unit_and_on_those_that_were_committed() {
    let (own, other) = (UnitMark::new(), UnitMark::new());
    let wrote = |unit| Stored::loaded(acme(), 1).of_unit(unit).edit(|c| c.name = "New".into());
    assert!(wrote(&own).check_update(&own).unwrap());
    let error = wrote(&other).check_update(&own).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    other.committed();
    assert!(wrote(&other).check_update(&own).unwrap());
}

#[test]
fn a_pipeline_needs_all_kinds_of_stages_and_different_keys() {
    let sales = || Pipeline::sales(Id::new(Uuid::from_u128(1)));
    assert!(check(&sales()).is_ok());
    let edits: [fn(&mut Vec<Stage>); 5] = [
        Vec::clear,
        |stages| stages.retain(|stage| stage.kind != StageKind::Lost),
        |stages| stages[1].key = stages[0].key.clone(),
        |stages| stages[0].name = " ".into(),
        |stages| stages[0].probability = 101.into(),
    ];
    for edit in edits {
        let mut bad = sales();
        edit(&mut bad.stages.0);
        assert_eq!(check(&bad).unwrap_err().field, "stages");
    }
    let mut unlikely = Opportunity::open(Id::new(Uuid::from_u128(2)), "x", &sales()).unwrap();
    unlikely.probability = Some((-1).into());
    assert_eq!(check(&unlikely).unwrap_err().field, "probability");
}

fn text(value: &str) -> Custom {
    Custom([("field".to_owned(), CustomValue::Text(value.to_owned()))].into())
}

fn acme() -> Customer {
    Customer::new(Id::new(Uuid::from_u128(1)), CustomerKind::Organisation, "Acme")
}
