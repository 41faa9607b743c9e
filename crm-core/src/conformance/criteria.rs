use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    customer::{self, Customer, CustomerKind},
    kernel::{
        Criteria, CustomTest, CustomValue, Entity, ErrorKind, FieldSpec, Kind, Op, Phone,
        PhoneKind, Query, Test, Value,
    },
};

use super::{
    case::Case,
    claim::{Failure, Held, brief, fails, same},
    each::Readable,
    law::Law,
    questions::Questions,
    random::Draws,
    world::world,
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each_that_is_read![
        criteria_mean_what_matches_says,
        criteria_that_do_not_fit_are_refused
    ];
    list.extend(laws![
        tests_of_a_tenants_own_fields_mean_what_matches_says,
        own_numbers_are_compared_exactly,
        tests_of_own_fields_that_do_not_fit_are_refused,
        a_list_with_nothing_in_it_is_empty
    ]);
    list
}

async fn criteria_mean_what_matches_says<E: Readable>(case: &Case) -> Held {
    let mut data = world::<E>(case, 50).await?;
    data.sort_by_key(Entity::id);
    for other in E::FIELDS.iter().filter_map(|field| of_the_other_case(field, &data)) {
        agrees(case, &other, &data).await?;
    }
    let questions = Questions::about(&data);
    let mut draws = Draws::new(150, move || questions.criteria());
    while let Some(criteria) = draws.next() {
        let held = agrees(case, &criteria, &data).await;
        draws.judge(&criteria, held);
    }
    draws.verdict()
}

/// Whether a text begins as one of the field does, but for the case of its first letter.
fn of_the_other_case<E: Entity>(field: &'static FieldSpec<E>, data: &[E]) -> Option<Criteria<E>> {
    let other = |entity: &E| {
        let Value::Text(text) = (field.get)(entity).into_owned() else { return None };
        let first = text.chars().next().filter(char::is_ascii_alphabetic)?;
        let (upper, lower) = (first.to_ascii_uppercase(), first.to_ascii_lowercase());
        Some(if first == upper { lower } else { upper })
    };
    let value = Value::Text(data.iter().find_map(other)?.to_string().into());
    let text = field.kind == Kind::Text;
    text.then_some(Criteria::Test(Test { field, op: Op::StartsWith, value }))
}

async fn criteria_that_do_not_fit_are_refused<E: Readable>(case: &Case) -> Held {
    let wrong = |op, value: Value<'static>| {
        let test = move |field| Criteria::Test(Test { field, op, value: value.clone() });
        E::FIELDS.iter().copied().map(test)
    };
    let text = |kind| kind == Kind::Text;
    let not_text = wrong(Op::Contains, Value::text("a"))
        .zip(E::FIELDS)
        .filter(|(_, field)| !text(field.kind))
        .map(|(criteria, _)| criteria);
    let nul = wrong(Op::Eq, Value::text("a\0"));
    let null = wrong(Op::Eq, Value::Null);
    let day = wrong(Op::Lt, Value::Date(NaiveDate::MAX));
    for criteria in not_text.chain(nul).chain(null).chain(day) {
        let what = brief(&criteria);
        let nested = Criteria::Any(vec![Criteria::All(vec![criteria.clone()]).not()]);
        let mut unit = case.read().await?;
        let repository = E::in_read(&mut *unit);
        fails(&what, repository.count(criteria.clone()).await, ErrorKind::Invalid)?;
        fails(&what, repository.find(Query::of(criteria)).await, ErrorKind::Invalid)?;
        fails(&what, repository.count(nested).await, ErrorKind::Invalid)?;
    }
    Ok(())
}

async fn tests_of_a_tenants_own_fields_mean_what_matches_says(case: &Case) -> Held {
    let mut data = world::<Customer>(case, 80).await?;
    data.sort_by_key(Entity::id);
    let questions = Questions::of_fields(&[customer::CUSTOM.spec()], &data);
    let mut draws = Draws::new(400, move || questions.criteria());
    while let Some(criteria) = draws.next() {
        let held = agrees(case, &criteria, &data).await;
        draws.judge(&criteria, held);
    }
    draws.verdict()
}

async fn own_numbers_are_compared_exactly(case: &Case) -> Held {
    let most = "99999999999999.9999";
    let mut numbers = vec!["0", "-0", "-0.0", "1", "1.0", "-1", "10", "9", "-10", "-9", "0.5"];
    numbers.extend(["0.0001", "-0.0001", "0.00010", "0.1", "0.01", "1.5", "1.05", "-1.05", most]);
    numbers.extend(["-99999999999999.9999", "99999999999999.9998", "12345678901234", "1.0000"]);
    let numbers: Vec<Decimal> = numbers.iter().map(|n| n.parse()).collect::<Result<_, _>>()?;
    let mut data = Vec::new();
    for number in &numbers {
        let mut new = Customer::new(case.id(), CustomerKind::Person, number.to_string());
        new.custom.0.insert("n".to_owned(), CustomValue::Number(*number));
        data.push(new);
    }
    // Of another type, it is no number.
    let mut text = Customer::new(case.id(), CustomerKind::Person, "text");
    text.custom.0.insert("n".to_owned(), CustomValue::Text("1".to_owned()));
    data.push(text);
    let mut work = case.begin().await?;
    work.insert_all(data.clone()).await?;
    work.commit().await?;
    data.sort_by_key(Entity::id);
    for number in numbers {
        let n = || customer::CUSTOM.field("n");
        for criteria in [n().eq(number), n().below(number), n().at_most(number), n().ne(number)] {
            agrees(case, &criteria, &data).await?;
        }
    }
    Ok(())
}

async fn tests_of_own_fields_that_do_not_fit_are_refused(case: &Case) -> Held {
    let number = |text: &str| text.parse::<Decimal>();
    let own = |name: &str| customer::CUSTOM.field(name);
    let test = |op, value| {
        let name = "n".to_owned();
        Criteria::Custom(CustomTest { field: customer::CUSTOM.spec(), name, op, value })
    };
    for criteria in [
        own("n").eq(number("0.00001")?),
        own("n").eq(number("100000000000000")?),
        own("n").eq("a\0"),
        own("a\0").is_empty(),
        own("n").below(NaiveDate::MAX),
        test(Op::Contains, CustomValue::Flag(true)),
        test(Op::Has, CustomValue::Text("a".to_owned())),
        Criteria::CustomEmpty(customer::NAME.spec(), "n".to_owned()),
    ] {
        let what = brief(&criteria);
        let mut unit = case.read().await?;
        fails(&what, unit.count(criteria).await, ErrorKind::Invalid)?;
    }
    for value in [CustomValue::Number(number("0.00001")?), CustomValue::Date(NaiveDate::MAX)] {
        let mut new = Customer::new(case.id(), CustomerKind::Person, "Acme");
        new.custom.0.insert("n".to_owned(), value);
        let mut work = case.begin().await?;
        fails("a value that is not kept exactly", work.insert(new).await, ErrorKind::Invalid)?;
    }
    Ok(())
}

async fn a_list_with_nothing_in_it_is_empty(case: &Case) -> Held {
    let bare = Customer::new(case.id(), CustomerKind::Person, "Acme");
    let mut full = Customer::new(case.id(), CustomerKind::Person, "Acme");
    full.tags.0.insert(String::new());
    full.custom.0.insert(String::new(), CustomValue::Flag(false));
    full.phones.0.push(Phone { kind: PhoneKind::Work, number: String::new() });
    let mut work = case.begin().await?;
    work.insert_all(vec![bare.clone(), full.clone()]).await?;
    work.commit().await?;
    for empty in
        [customer::TAGS.is_empty(), customer::CUSTOM.is_empty(), customer::PHONES.is_empty()]
    {
        for (criteria, expected) in [(empty.clone(), bare.id), (empty.not(), full.id)] {
            let mut unit = case.read().await?;
            let found = unit.find(criteria.query()).await?.items;
            same("what is found", found.iter().map(|c| c.id).collect::<Vec<_>>(), vec![expected])?;
        }
    }
    Ok(())
}

async fn agrees<E: Readable>(case: &Case, criteria: &Criteria<E>, data: &[E]) -> Held {
    let expected: Vec<_> = data.iter().filter(|entity| criteria.matches(entity)).collect();
    let mut unit = case.read().await?;
    let repository = E::in_read(&mut *unit);
    let found = repository.find(Query::of(criteria.clone()).limit(10_000)).await?.items;
    for entity in &expected {
        if !found.iter().any(|f| f.id() == entity.id()) {
            return Err(Failure::new(format!("matches, but was not found: {}", brief(entity))));
        }
    }
    for entity in &found {
        if !expected.iter().any(|e| e.id() == entity.id()) {
            return Err(Failure::new(format!("does not match, but was found: {}", brief(entity))));
        }
    }
    let ids = |entities: &mut dyn Iterator<Item = &E>| -> Vec<Uuid> {
        entities.map(|e| e.id().uuid()).collect()
    };
    let found = ids(&mut found.iter().map(|f| &**f));
    same("the order of what was found", found, ids(&mut expected.iter().copied()))?;
    same("the count", repository.count(criteria.clone()).await?, expected.len() as u64)
}
