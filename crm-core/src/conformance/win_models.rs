//! Which ones will be won.

use chrono::NaiveDate;
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::{
    kernel::{Criteria, ErrorKind, Id, Query},
    opportunity::{self, Opportunity, OpportunityStatus, ProbabilitySource},
    stage_move::MoveKind,
    store::{Read, expect},
    win_model::{
        Feature, HIGHEST, LOWEST, Training, ValueNames, WinModel, latest, likeliest, scores,
    },
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    gates::moves,
    law::Law,
    win_model_house::{BY_PRODUCT, House, Plain, READ, is_won},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_trained_model_equals_the_fold,
        a_model_is_judged_by_what_it_has_not_seen,
        scores_are_never_0_or_100_and_their_reasons_add_up,
        a_probability_given_by_hand_stays,
        scores_are_written_in_pages_and_once,
        training_again_adds_a_model_and_the_old_one_stays,
        opportunities_of_others_have_no_say,
        a_field_that_tells_the_outcome_is_refused,
        too_little_to_learn_from_is_refused,
        which_leads_are_worth_it
    ]
}

async fn a_trained_model_equals_the_fold(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    house.close(case, BY_PRODUCT).await?;
    house.open(case, 3).await?;
    let model = train(case, &house, &training(&house)?).await?;
    let deals = house.decided(case, NaiveDate::MIN, NaiveDate::MAX).await?;
    same("what it has seen", model.won + model.lost, i64::try_from(deals.len())?)?;
    same("since", model.since, day("2017-01-01")?)?;
    let plain = Plain::fold(&deals);
    same("won", model.won.to_f64(), Some(plain.won))?;
    for ((field, folded), (name, _)) in model.fields.0.iter().zip(&plain.fields).zip(READ) {
        same("the field", field.feature.clone(), name.parse::<Feature>()?)?;
        let counted: Vec<_> = field
            .values
            .iter()
            .map(|one| (one.value.clone(), (one.won as f64, one.lost as f64)))
            .collect();
        same(name, counted, folded.counts.clone().into_iter().collect::<Vec<_>>())?;
        let smoothing = field.smoothing.and_then(|m| m.to_f64());
        let close = match (smoothing, folded.smoothing) {
            (Some(kept), Some(folded)) => (kept - folded).abs() < 1e-4,
            (kept, folded) => kept == folded,
        };
        claim(close, format!("{name}: {smoothing:?} is not {:?}", folded.smoothing))?;
    }
    claim(model.fields.0.iter().any(|field| field.smoothing.is_some()), "some field has a say")
}

async fn a_model_is_judged_by_what_it_has_not_seen(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    house.close(case, BY_PRODUCT).await?;
    let split = day("2017-07-01")?;
    let training = Training { split: Some(split), ..training(&house)? };
    let model = train(case, &house, &training).await?;
    let earlier = house.decided(case, NaiveDate::MIN, split).await?;
    let later = house.decided(case, split, day("2018-01-01")?).await?;
    let (told, plain) = (&model.evaluation, Plain::fold(&earlier));
    let sizes = [told.trained.closed(), told.tested.closed()];
    same("sizes", sizes.to_vec(), vec![earlier.len() as u64, later.len() as u64])?;
    let judged: Vec<_> = later
        .iter()
        .map(|(deal, customer)| (plain.probability(deal, customer.as_ref()), is_won(deal)))
        .collect();
    let (mut right, mut pairs) = (0.0, 0.0);
    for (won, _) in judged.iter().filter(|(_, is_won)| *is_won) {
        for (lost, _) in judged.iter().filter(|(_, is_won)| !*is_won) {
            pairs += 1.0;
            right += if won > lost {
                1.0
            } else if won < lost {
                0.0
            } else {
                0.5
            };
        }
    }
    let brier = |said: &dyn Fn(f64) -> f64| {
        let squares = judged.iter().map(|(score, is_won)| {
            let outcome = if *is_won { 1.0 } else { 0.0 };
            (said(*score) / 100.0 - outcome).powi(2)
        });
        squares.sum::<f64>() / judged.len() as f64
    };
    let base = (10_000.0 * plain.won / (plain.won + plain.lost)).round() / 100.0;
    for (what, found, expected) in [
        ("the area", told.auc, right / pairs),
        ("the Brier score", told.brier, brier(&|score| score)),
        ("the Brier score of the base rate", told.base_brier, brier(&|_| base)),
    ] {
        let found = found.to_f64().unwrap_or_default();
        claim((found - expected).abs() < 1e-6, format!("{what}: {found} is not {expected}"))?;
    }
    let rows = &told.calibration;
    same("in the table", rows.iter().map(|row| row.count).sum::<u64>(), later.len() as u64)?;
    claim(rows.windows(2).all(|pair| pair[0].highest < pair[1].lowest), "groups do not overlap")?;
    let won: Decimal = rows.iter().map(|row| row.observed * Decimal::from(row.count)).sum();
    let expected = later.iter().filter(|(deal, _)| is_won(deal)).count();
    same("won in the table", (won / Decimal::ONE_HUNDRED).round(), Decimal::from(expected))
}

async fn scores_are_never_0_or_100_and_their_reasons_add_up(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    house.close(case, BY_PRODUCT).await?;
    house.open(case, 12).await?;
    let model = train(case, &house, &training(&house)?).await?;
    let plain = Plain::fold(&house.decided(case, NaiveDate::MIN, NaiveDate::MAX).await?);
    let mut unit = case.read().await?;
    let (scored, next) = scores(&mut *unit, &model, Query::all().limit(100)).await?;
    same("all of them", (scored.len(), next), (72, None))?;
    let mut several = std::collections::BTreeSet::new();
    for one in &scored {
        let told = &one.score;
        several.insert(told.probability);
        claim((LOWEST..=HIGHEST).contains(&told.probability), "it is within bounds")?;
        let points: Decimal = told.reasons.iter().map(|reason| reason.points).sum();
        same("base and points", told.base + points, told.probability)?;
        let prior = (plain.won / plain.lost).ln();
        let log_odds = prior + told.reasons.iter().map(|reason| reason.log_odds).sum::<f64>();
        let expected = 100.0 / (1.0 + (-log_odds).exp());
        let found = told.probability.to_f64().unwrap_or_default();
        claim((found - expected).abs() < 0.006, format!("{found} is not {expected}"))?;
        let customer = match one.opportunity.customer_id {
            Some(id) => Some(expect(&mut *unit, id).await?.into_inner()),
            None => None,
        };
        let expected = plain.probability(&one.opportunity, customer.as_ref());
        claim((found - expected).abs() < 0.006, format!("{found} is not {expected}, folded"))?;
        let weights: Vec<_> = told.reasons.iter().map(|reason| reason.log_odds.abs()).collect();
        claim(weights.is_sorted_by(|a, b| a >= b), "the strongest reason stands first")?;
    }
    claim(several.len() > 4, "scores differ")
}

async fn a_probability_given_by_hand_stays(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    house.close(case, BY_PRODUCT).await?;
    let ids = house.open(case, 4).await?;
    let mut work = case.begin().await?;
    let by_hand = |deal: &mut Opportunity| {
        deal.probability = Some(33.into());
        deal.probability_source = ProbabilitySource::Manual;
    };
    work.opportunities().revise(ids[0], None, by_hand).await?;
    work.commit().await?;
    let model = train(case, &house, &training(&house)?).await?;
    let mut work = case.begin().await?;
    let done = work.win_models().write_scores(model.id, Decimal::ONE, None, 100).await?;
    work.commit().await?;
    same("written", (done.seen, done.changed, done.manual, done.next), (4, 3, 1, None))?;
    let mut unit = case.read().await?;
    let hers = expect(&mut *unit, ids[0]).await?;
    let stays = (hers.probability, hers.probability_source);
    same("by hand", stays, (Some(33.into()), ProbabilitySource::Manual))?;
    for id in &ids[1..] {
        let deal = expect(&mut *unit, *id).await?;
        same("the source", deal.probability_source, ProbabilitySource::Model)?;
        let customer = expect(&mut *unit, house.customers[0]).await?;
        let other = expect(&mut *unit, house.customers[1]).await?;
        let customer = if deal.customer_id == Some(customer.id) { customer } else { other };
        let score = model.score(&deal, Some(&customer));
        same("the probability", deal.probability, Some(score.probability))?;
        same("the status", deal.state().status(), OpportunityStatus::Open)?;
        same("the stage", deal.stage(), "prospecting")?;
    }
    drop(unit);
    let mut work = case.begin().await?;
    let told = moves(&mut *work, ids[1]).await?;
    let Some(last) = told.last() else { return Err(Failure::new("no move")) };
    same("the move", (last.kind, told.len()), (MoveKind::Revised, 2))?;
    same("why", last.reason.as_deref(), Some("win model 1"))?;
    // It stays what it is while the opportunity goes on, and when it is won.
    let went = work.opportunities().advance(ids[1], "engaging", None).await?;
    same("going on", went.probability, last.probability_after)
}

async fn scores_are_written_in_pages_and_once(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    house.close(case, BY_PRODUCT).await?;
    let ids = house.open(case, 7).await?;
    let model = train(case, &house, &training(&house)?).await?;
    let closed = house.decided(case, NaiveDate::MIN, NaiveDate::MAX).await?;
    for expected in [7, 0] {
        let (mut seen, mut changed, mut after) = (0, 0, None);
        loop {
            let mut work = case.begin().await?;
            let done = work.win_models().write_scores(model.id, Decimal::ZERO, after, 3).await?;
            work.commit().await?;
            (seen, changed, after) = (seen + done.seen, changed + done.changed, done.next);
            if after.is_none() {
                break;
            }
        }
        same("written", (seen, changed), (7, expected))?;
    }
    let now = house.decided(case, NaiveDate::MIN, NaiveDate::MAX).await?;
    claim(now == closed, "what is closed is as it was")?;
    // A small change is none: another model, a step that no difference reaches.
    let fewer = Training { features: vec![Feature::Product], ..training(&house)? };
    let other = train(case, &house, &fewer).await?;
    let mut work = case.begin().await?;
    let done = work.win_models().write_scores(other.id, 99.into(), None, 100).await?;
    same("with a step of 99", (done.seen, done.changed), (7, 0))?;
    let done = work.win_models().write_scores(other.id, Decimal::ZERO, None, 100).await?;
    claim(done.changed > 0, "with none")?;
    let answer = work.win_models().write_scores(other.id, (-1).into(), None, 100).await;
    fails("a negative step", answer, ErrorKind::Invalid)?;
    let answer = work.win_models().write_scores(case.id(), Decimal::ONE, None, 100).await;
    fails("a model that is not there", answer, ErrorKind::Missing)?;
    // One that is decided meanwhile has no score any more.
    work.opportunities().lose(ids[0], day("2017-12-31")?, None, None).await?;
    let done = work.win_models().write_scores(model.id, Decimal::ZERO, None, 100).await?;
    same("of what is open", done.seen, 6)
}

async fn training_again_adds_a_model_and_the_old_one_stays(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    house.close(case, BY_PRODUCT).await?;
    let wanted = training(&house)?;
    let first = train(case, &house, &wanted).await?;
    let fewer = Training { features: vec![Feature::Product], ..wanted.clone() };
    let second = train(case, &house, &fewer).await?;
    same("their numbers", (first.number, second.number), (1, 2))?;
    let mut work = case.begin().await?;
    same("the first", expect(&mut *work, first.id).await?.into_inner(), first.clone())?;
    let last = latest(&mut *work, house.pipeline.id).await?;
    same("the one that counts", last.map(|last| last.id), Some(second.id))?;
    let again = work.win_models().train(first.id, &wanted).await?;
    same("sent again", again.into_inner(), first.clone())?;
    let other = work.win_models().train(first.id, &fewer).await;
    fails("another one under the same id", other, ErrorKind::Duplicate)?;
    let all = Read::<WinModel>::count(&mut *work, Criteria::everything()).await?;
    same("how many there are", all, 2)?;
    let nowhere = Training { pipeline_id: case.id(), ..wanted };
    let answer = work.win_models().train(case.id(), &nowhere).await;
    fails("a pipeline that is not there", answer, ErrorKind::Missing).map(drop)
}

async fn opportunities_of_others_have_no_say(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    house.close(case, BY_PRODUCT).await?;
    let alone = train(case, &house, &training(&house)?).await?;
    let strangers = House::build(case, case.scope(1, "zoe")?).await?;
    strangers.close(case, |n| !BY_PRODUCT(n)).await?;
    // Another pipeline of the house, too.
    let elsewhere = House::build(case, case.anna()?).await?;
    let mut moved = Vec::new();
    for n in 200..260 {
        let decision = opportunity::Decision { on: Some(day("2017-05-01")?), ..Default::default() };
        let mut deal = elsewhere.deal(case, n)?;
        deal.opened_on = Some(day("2017-01-01")?);
        moved.push(deal.imported(&elsewhere.pipeline, "lost", decision)?);
    }
    let mut work = case.begin().await?;
    work.insert_all(moved).await?;
    work.commit().await?;
    let among = train(case, &house, &training(&house)?).await?;
    same("what it knows", &among.fields, &alone.fields)?;
    same("how it is judged", &among.evaluation, &alone.evaluation)?;
    let mut theirs = case.store().read(strangers.scope.clone()).await?;
    let none = Read::<WinModel>::get(&mut *theirs, alone.id).await?;
    same("another tenant's model", none, None)?;
    let list = likeliest(&mut *theirs, &alone, Criteria::everything(), 10).await?;
    same("another tenant's opportunities", list.len(), 0)
}

async fn a_field_that_tells_the_outcome_is_refused(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    house.close(case, BY_PRODUCT).await?;
    let mut work = case.begin().await?;
    for (deal, _) in house.decided(case, NaiveDate::MIN, NaiveDate::MAX).await? {
        let amount = if is_won(&deal) { "900 USD" } else { "0 USD" };
        let amount = Some(amount.parse()?);
        work.opportunities().revise(deal.id, None, |deal| deal.amount = amount).await?;
    }
    work.commit().await?;
    let bands = "amount:1000 USD/1500 USD".parse()?;
    let leaky = Training { features: vec![Feature::Product, bands], ..training(&house)? };
    let mut work = case.begin().await?;
    let answer = work.win_models().train(case.id(), &leaky).await;
    let said = fails("an amount that tells the outcome", answer, ErrorKind::Invalid)?.to_string();
    claim(said.contains("amount") && said.contains("tells"), format!("no reason: {said}"))?;
    let all = Read::<WinModel>::count(&mut *work, Criteria::everything()).await?;
    same("models that were kept", all, 0)
}

async fn too_little_to_learn_from_is_refused(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    let wanted = training(&house)?;
    let mut work = case.begin().await?;
    let answer = work.win_models().train(case.id(), &wanted).await;
    fails("nothing closed", answer, ErrorKind::Refused)?;
    drop(work);
    house.close(case, |_| true).await?;
    let mut work = case.begin().await?;
    let answer = work.win_models().train(case.id(), &wanted).await;
    let said = fails("only wins", answer, ErrorKind::Refused)?.to_string();
    claim(said.contains("0 lost"), format!("it is not told: {said}"))?;
    let long_ago = Training { as_of: day("2016-12-31")?, ..wanted.clone() };
    let answer = work.win_models().train(case.id(), &long_ago).await;
    fails("nothing closed until then", answer, ErrorKind::Refused)?;
    let (late, early) = (Some(day("2018-01-01")?), Some(day("2017-01-01")?));
    for (what, wrong) in [
        ("no field", Training { features: Vec::new(), ..wanted.clone() }),
        ("a field twice", Training { features: vec![Feature::Owner; 2], ..wanted.clone() }),
        ("since after the end", Training { since: late, ..wanted.clone() }),
        ("a split after the end", Training { split: late, ..wanted.clone() }),
        ("a split at the start", Training { since: early, split: early, ..wanted.clone() }),
    ] {
        let answer = work.win_models().train(case.id(), &wrong).await;
        fails(what, answer, ErrorKind::Invalid)?;
    }
    Ok(())
}

/// Marketing hands over names from a fair and from calls; of those from fairs more were won.
async fn which_leads_are_worth_it(case: &Case) -> Held {
    let house = House::build(case, case.anna()?).await?;
    // From fairs (every third) four of five were won, else three of ten.
    house.close(case, |n| n * 7 % 10 < if n % 3 == 0 { 8 } else { 3 }).await?;
    let model = train(case, &house, &Training::new(house.pipeline.id, day("2017-12-31")?)).await?;
    let names = house.open(case, 12).await?;
    let mut unit = case.read().await?;
    let all = likeliest(&mut *unit, &model, Criteria::everything(), 100).await?;
    same("what is open", all.len(), names.len())?;
    let from_fairs: Vec<_> =
        all.iter().map(|one| one.opportunity.source.as_deref() == Some("fair")).collect();
    same("those from fairs stand first", from_fairs, [vec![true; 4], vec![false; 8]].concat())?;
    let hers = opportunity::OWNER_ID.eq(house.staff[0]);
    let best = likeliest(&mut *unit, &model, hers, 3).await?;
    claim(best.iter().all(|one| one.opportunity.owner_id == Some(house.staff[0])), "hers alone")?;
    let Some(first) = best.first() else { return Err(Failure::new("none")) };
    claim(first.score.probability > first.score.base, "better than the average")?;
    let values =
        || first.score.reasons.iter().map(|reason| (&reason.feature, reason.value.as_deref()));
    let called = ValueNames::of(&mut *unit, values()).await?;
    let words: Vec<_> = first.score.reasons.iter().map(|reason| reason.words(&called)).collect();
    let raised = |word: &String| word.starts_with("source fair: +") && word.ends_with(" points");
    claim(words.first().is_some_and(raised), format!("why: {words:?}"))
}

fn training(house: &House) -> Held<Training> {
    let features: Result<Vec<Feature>, _> = READ.iter().map(|(name, _)| name.parse()).collect();
    Ok(Training { features: features?, ..Training::new(house.pipeline.id, day("2017-12-31")?) })
}

/// A new model of the house, committed.
async fn train(case: &Case, house: &House, training: &Training) -> Held<WinModel> {
    let mut work = case.store().begin(house.scope.clone()).await?;
    let id: Id<WinModel> = case.id();
    let model = work.win_models().train(id, training).await?.into_inner();
    work.commit().await?;
    Ok(model)
}
