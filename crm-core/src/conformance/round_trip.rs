use crate::kernel::{Entity, ErrorKind, Value};

use super::{
    case::Case,
    claim::{Failure, Held, brief, claim, fails, same},
    each::Kept,
    law::Law,
    sample::{Extreme, Make, with},
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws_of_each![
        what_was_written_is_read,
        the_longest_and_the_highest_are_kept,
        an_unsound_record_is_refused,
        what_is_not_there_is_not_found
    ]
}

async fn what_was_written_is_read<E: Kept>(case: &Case) -> Held {
    come_back::<E>(case, &[(Extreme::Bare, 1), (Extreme::Lowest, 1), (Extreme::Random, 40)]).await
}

async fn the_longest_and_the_highest_are_kept<E: Kept>(case: &Case) -> Held {
    come_back::<E>(case, &[(Extreme::Longest, 1), (Extreme::Highest, 1)]).await
}

async fn an_unsound_record_is_refused<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let good = E::sample(&mut Make::new(case.clone(), setting, Extreme::Highest))?;
    let mut work = case.begin().await?;
    for field in E::FIELDS.iter().filter(|field| !field.derived) {
        let Value::Text(_) = (field.get)(&good) else { continue };
        let too_long = "x".repeat(field.max_chars as usize + 1);
        for text in [too_long, "a\0b".to_owned()] {
            // Words of an enum cannot even be built wrong.
            let Ok(bad) = with(&good, field.name, &Value::Text(text.into())) else { continue };
            let one = E::in_work(&mut *work).insert(bad.clone()).await;
            fails(&format!("an insert with a bad {}", field.name), one, ErrorKind::Invalid)?;
            let many = E::in_work(&mut *work).insert_all(vec![good.clone(), bad]).await;
            fails(&format!("inserts with a bad {}", field.name), many, ErrorKind::Invalid)?;
        }
    }
    let found = E::in_work(&mut *work).get(good.id()).await?;
    same("the record after the refusals", found, None)?;
    E::in_work(&mut *work).insert(good).await?;
    work.commit().await?;
    Ok(())
}

async fn what_is_not_there_is_not_found<E: Kept>(case: &Case) -> Held {
    let mut unit = case.read().await?;
    same("a record with a new id", E::in_read(&mut *unit).get(case.id()).await?, None)
}

async fn come_back<E: Kept>(case: &Case, extremes: &[(Extreme, usize)]) -> Held {
    let setting = Setting::committed(case).await?;
    let mut written = Vec::new();
    for (extreme, times) in extremes {
        let mut make = Make::new(case.clone(), setting.clone(), *extreme);
        for _ in 0..*times {
            written.push(E::sample(&mut make)?);
        }
    }
    let mut work = case.begin().await?;
    for (i, entity) in written.iter().enumerate() {
        // Both ways in, and what they answer.
        let stored = if i % 2 == 0 {
            E::in_work(&mut *work).insert(entity.clone()).await?
        } else {
            let mut stored = E::in_work(&mut *work).insert_all(vec![entity.clone()]).await?;
            stored.pop().ok_or_else(|| Failure::new("insert_all of one answers with one"))?
        };
        same("the version of a new record", stored.version(), 1)?;
        identical(entity, &stored)?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    for entity in &written {
        let stored = E::in_read(&mut *unit).get(entity.id()).await?;
        let stored = stored.ok_or_else(|| Failure::new(format!("not there: {}", brief(entity))))?;
        same("the version that is read", stored.version(), 1)?;
        identical(entity, &stored)?;
    }
    Ok(())
}

pub(super) fn identical<E: Entity>(written: &E, read: &E) -> Held {
    for field in E::FIELDS {
        let (wrote, found) = ((field.get)(written), (field.get)(read));
        let what = format!("{}: wrote {}, read {}", field.name, brief(&wrote), brief(&found));
        claim(wrote == found, what)?;
    }
    claim(written == read, format!("wrote {}, read {}", brief(written), brief(read)))
}
