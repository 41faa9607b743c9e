//! Claims, and the days they wait for.

use crate::{
    customer::Customer,
    kernel::{ErrorKind, Id, Timestamp},
    owner_change::{self, OwnerChange},
    ownership::{Pool, PoolRules, against_claim},
    staff_member::StaffMember,
    store::find_one,
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    owners::{colleague, of, who_left},
    pools::a_pool,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_former_owner_has_waited_long_enough,
        a_new_day_begins_where_the_pool_is,
        what_stands_against_a_claim_is_what_the_claim_answers
    ]
}

/// What stands against a claim that nothing stands against.
const NOTHING: [&str; 0] = [];

async fn against(
    case: &Case,
    (pool, customer, who): (Id<Pool>, Id<Customer>, Id<StaffMember>),
    at: Timestamp,
) -> Held<Vec<String>> {
    let mut unit = case.read().await?;
    Ok(against_claim(&mut *unit, pool, customer, who, at).await?)
}

/// So many microseconds later.
fn after(at: Timestamp, micros: i64) -> Held<Timestamp> {
    Ok(Timestamp::from_micros(at.micros() + micros)?)
}

async fn a_former_owner_has_waited_long_enough(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let week = PoolRules { wait_days: 7, ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, week).await?;
    let given_up = work.insert(of(case, Some(anna), "Library")).await?.id;
    let taken_away = work.insert(of(case, Some(anna), "Bookshop")).await?.id;
    work.ownership().release(given_up, anna, None).await?;
    work.ownership().reclaim(taken_away, None).await?;
    work.commit().await?;
    for id in [given_up, taken_away] {
        let mut unit = case.read().await?;
        let gone = owner_change::CUSTOMER_ID.eq(id).and(owner_change::OWNER_BEFORE.eq(anna));
        let gone = find_one::<OwnerChange, _>(&mut *unit, gone).await?;
        let since = gone.map(|step| step.changed_at).ok_or_else(|| Failure::new("a step"))?;
        drop(unit);
        let over = after(since, 7 * 86_400_000_000)?;
        for (at, refused) in [(since, true), (after(over, -1)?, true), (over, false)] {
            let told = against(case, (pool, id, anna), at).await?;
            same(&format!("at {at}: {told:?}"), !told.is_empty(), refused)?;
            let words = format!("may take it again from {} on", over.to_minute());
            claim(!refused || told[0].ends_with(&words), format!("{told:?} says {words}"))?;
            same("who never had it", against(case, (pool, id, bob), at).await?, NOTHING)?;
        }
    }
    // Who took it meanwhile is told, and nobody waits for what is theirs.
    let mut work = case.begin().await?;
    work.ownership().claim(pool, given_up, bob).await?;
    let later = after(work.now(), 8 * 86_400_000_000)?;
    work.commit().await?;
    let told = against(case, (pool, given_up, anna), later).await?;
    claim(told.len() == 1 && told[0].starts_with("Bob has it since "), format!("{told:?}"))?;
    same("his own", against(case, (pool, given_up, bob), later).await?, NOTHING)
}

async fn a_new_day_begins_where_the_pool_is(case: &Case) -> Held {
    // Days apart: where one day begins, the other is in the middle of one.
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let time_zone = zone.parse().map_err(|e: String| Failure::new(e))?;
        let mut work = case.begin().await?;
        let anna = colleague(&mut *work, case, "Anna").await?;
        let bob = colleague(&mut *work, case, "Bob").await?;
        let rules = PoolRules { picks_per_day: Some(2), time_zone, ..PoolRules::default() };
        let pool = a_pool(&mut *work, case, rules).await?;
        let other = a_pool(&mut *work, case, PoolRules::default()).await?;
        let mut free = Vec::new();
        for n in 0..4 {
            free.push(work.insert(of(case, None, &format!("Library {n}"))).await?.id);
        }
        let now = work.now();
        for one in &free[..2] {
            work.ownership().claim(pool, *one, anna).await?;
        }
        // What is taken elsewhere does not count here.
        work.ownership().claim(other, free[2], bob).await?;
        let last = work.now();
        work.commit().await?;
        let (today, its_end) = (time_zone.date(now), time_zone.date(last));
        let tomorrow = its_end.succ_opt().ok_or_else(|| Failure::new("a day"))?;
        let begins = time_zone.start_of(tomorrow);
        if today == its_end {
            for at in [last, after(begins, -1)?] {
                let told = against(case, (pool, free[3], anna), at).await?;
                let words = "they took 2 from it today, and 2 a day is the most";
                same(&format!("{zone}, {at}"), told, vec![words.to_owned()])?;
            }
        }
        let told = against(case, (pool, free[3], anna), begins).await?;
        same(&format!("{zone}, once the day begins at {begins}"), told, NOTHING)?;
        same("somebody else", against(case, (pool, free[3], bob), last).await?, NOTHING)?;
    }
    Ok(())
}

async fn what_stands_against_a_claim_is_what_the_claim_answers(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let gone = who_left(&mut *work, case).await?;
    let rules =
        PoolRules { cap: Some(1), picks_per_day: Some(1), wait_days: 3, ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, rules).await?;
    let mut free = Vec::new();
    for n in 0..3 {
        free.push(work.insert(of(case, None, &format!("Library {n}"))).await?.id);
    }
    let his = work.insert(of(case, Some(bob), "His")).await?.id;
    work.ownership().release(his, bob, None).await?;
    work.ownership().claim(pool, free[0], anna).await?;
    work.commit().await?;
    for (id, who) in [
        (free[1], anna),
        (free[0], bob),
        (free[0], anna),
        (free[1], gone),
        (his, bob),
        (free[1], bob),
    ] {
        let mut work = case.begin().await?;
        let now = work.now();
        let told = against_claim(&mut *work, pool, id, who, now).await?;
        let answer = work.ownership().claim(pool, id, who).await;
        if told.is_empty() {
            same("whose it is", answer?.owner_id, Some(who))?;
        } else {
            let error = fails("a claim", answer, ErrorKind::Refused)?.to_string();
            for words in told {
                claim(error.contains(&words), format!("{error} says {words}"))?;
            }
        }
    }
    let mut unit = case.read().await?;
    let now = Timestamp::MAX;
    let answer = against_claim(&mut *unit, case.id(), free[1], anna, now).await;
    fails("no such pool", answer, ErrorKind::Missing)?;
    let answer = against_claim(&mut *unit, pool, case.id(), anna, now).await;
    fails("no such customer", answer, ErrorKind::Missing)?;
    let answer = against_claim(&mut *unit, pool, free[1], case.id(), now).await;
    fails("no such colleague", answer, ErrorKind::Missing)?;
    Ok(())
}
