use chrono::NaiveDate;
use uuid::Uuid;

use crate::kernel::{Criteria, Entity, ErrorKind, Kind, Op, Query, Test, Value};

use super::{
    case::Case,
    claim::{Failure, Held, brief, fails, same},
    each::Kept,
    law::Law,
    questions::Questions,
    random::Draws,
    world::world,
};

pub(super) fn laws() -> Vec<Law> {
    laws_of_each![criteria_mean_what_matches_says, criteria_that_do_not_fit_are_refused]
}

async fn criteria_mean_what_matches_says<E: Kept>(case: &Case) -> Held {
    let mut data = world::<E>(case, 50).await?;
    data.sort_by_key(Entity::id);
    let questions = Questions::about(&data);
    let mut draws = Draws::new(150, move || questions.criteria());
    while let Some(criteria) = draws.next() {
        let held = agrees(case, &criteria, &data).await;
        draws.judge(&criteria, held);
    }
    draws.verdict()
}

async fn criteria_that_do_not_fit_are_refused<E: Kept>(case: &Case) -> Held {
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

async fn agrees<E: Kept>(case: &Case, criteria: &Criteria<E>, data: &[E]) -> Held {
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
