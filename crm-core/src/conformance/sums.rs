use proptest::{
    option,
    sample::select,
    strategy::{Just, Strategy},
};
use rust_decimal::Decimal;

use crate::{
    customer::{Customer, CustomerKind},
    kernel::{ErrorKind, Invalid, Kind, Sum, Sums, Value, fold},
    transaction::{self, Transaction},
};

use super::{
    case::Case,
    claim::{Held, fails, same},
    each::Readable,
    law::Law,
    questions::{Questions, ordered_fields, some_of},
    random::Draws,
    world::world,
};

pub(super) fn laws() -> Vec<Law> {
    let mut list =
        laws_of_each_that_is_read![sums_equal_the_fold, sums_that_mean_nothing_are_refused];
    list.extend(laws![sums_go_beyond_what_one_amount_can_be]);
    list
}

async fn sums_equal_the_fold<E: Readable>(case: &Case) -> Held {
    let data = world::<E>(case, 60).await?;
    let questions = Questions::about(&data);
    let fields = ordered_fields::<E>();
    let amounts: Vec<_> = fields.iter().copied().filter(|f| f.kind == Kind::Money).collect();
    let mut draws = Draws::new(100, move || {
        let amount = if amounts.is_empty() {
            Just(None).boxed()
        } else {
            let one = || select(amounts.clone());
            option::weighted(0.8, (one(), option::of(one()))).boxed()
        };
        let most = option::weighted(0.3, 0..4_u32);
        (some_of(&fields, 3), amount, option::of(questions.criteria()), 0..4_u64, most).boxed()
    });
    while let Some(drawn) = draws.next() {
        let criteria = drawn.2.clone().unwrap_or(Sums::<E>::count().criteria);
        let sums = || Sums {
            criteria: criteria.clone(),
            by: drawn.0.clone(),
            amount: drawn.1.map(|(amount, _)| amount),
            beside: drawn.1.and_then(|(_, beside)| beside),
            at_least: drawn.3,
            first: drawn.4,
        };
        let mut unit = case.read().await?;
        let found = E::insights(&mut *unit).sums(sums()).await;
        let held = match fold(&sums(), &data) {
            Ok(expected) => found.map_err(Into::into).and_then(|found| groups(&found, &expected)),
            // No total that is beyond 28 digits can be made of these.
            Err(invalid) => Err(Invalid::into(invalid)),
        };
        draws.judge(&drawn, held);
    }
    draws.verdict()
}

async fn sums_that_mean_nothing_are_refused<E: Readable>(case: &Case) -> Held {
    for field in E::FIELDS {
        let mut wrong = Vec::new();
        if field.kind.is_structured() {
            wrong.push(Sums { by: vec![*field], ..Sums::count() });
        }
        if field.kind != Kind::Money {
            wrong.push(Sums { amount: Some(*field), ..Sums::count() });
        }
        // Beside what?
        wrong.push(Sums { beside: Some(*field), ..Sums::count() });
        for sums in wrong {
            let mut unit = case.read().await?;
            let found = E::insights(&mut *unit).sums(sums).await;
            fails(&format!("sums by or of {}", field.name), found, ErrorKind::Invalid)?;
        }
    }
    Ok(())
}

async fn sums_go_beyond_what_one_amount_can_be(case: &Case) -> Held {
    const MANY: i64 = 300;
    let (customer, day) = (case.id(), crate::kernel::Timestamp::MIN.date());
    let mut work = case.begin().await?;
    work.insert(Customer::new(customer, CustomerKind::Person, "Acme")).await?;
    let order = |amount: &str| -> Held<_> {
        Ok(Transaction::new(case.id(), customer, day, amount.parse()?))
    };
    let mut orders = Vec::new();
    for _ in 0..MANY {
        orders.push(order("99999999999999.9999 USD")?);
        orders.push(order("-99999999999999.9999 CNY")?);
    }
    orders.push(order("0.0001 USD")?);
    work.insert_all(orders).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let found = crate::store::Insights::<Transaction>::sums(
        &mut *unit,
        Sums::of(&transaction::REVENUE).by(&transaction::CUSTOMER_ID),
    )
    .await?;
    let total = Decimal::new(999_999_999_999_999_999, 4) * Decimal::from(MANY);
    let sum = |code: &str, count: i64, amount| -> Held<Sum> {
        Ok(Sum {
            key: vec![Value::Uuid(customer.uuid())],
            currency: Some(code.parse()?),
            count: count.unsigned_abs(),
            amount,
            beside: Decimal::ZERO,
        })
    };
    let expected =
        vec![sum("CNY", MANY, -total)?, sum("USD", MANY + 1, total + Decimal::new(1, 4))?];
    groups(&found, &expected)
}

pub(super) fn groups(found: &[Sum], expected: &[Sum]) -> Held {
    for (found, expected) in found.iter().zip(expected) {
        same("a group", found, expected)?;
    }
    same("the number of groups", found.len(), expected.len())
}
