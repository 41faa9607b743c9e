use crate::{
    kernel::{ErrorKind, Id, Stored},
    opportunity::{Opportunity, OpportunityStatus},
    pipeline::Pipeline,
    stage_move::{self, MoveKind, StageMove},
    store::{Read, UnitOfWork, every, expect},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    follower::written,
    law::Law,
    random_events::lead_to,
    setting::{Setting, a_customer},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        the_moves_of_an_opportunity_lead_to_where_it_is,
        winning_without_a_customer_is_refused,
        what_is_decided_is_reopened_first,
        a_stage_that_is_not_there_is_invalid,
        a_refused_step_leaves_no_move,
        an_opportunity_is_opened_once,
        the_change_log_says_what_happened_to_an_opportunity
    ]
}

async fn the_moves_of_an_opportunity_lead_to_where_it_is(case: &Case) -> Held {
    let id = opened(case).await?;
    let setting = Setting::committed(case).await?;
    let day = day("2017-12-31")?;
    let reason = |text: &str| Some(text.to_owned());
    let mut expected = vec![MoveKind::Opened];
    for step in 0..7 {
        let mut work = case.begin().await?;
        // Between the steps it changes, too: the moves say from what to what.
        let stored = expect(&mut *work, id).await?;
        let changed = stored.edit(|o| {
            o.customer_id = Some(setting.customers[step % 2]);
            o.owner_id = Some(setting.staff[step % 2]);
            o.amount = format!("{step}.5 USD").parse().ok();
            o.expected_close = Some(day);
        });
        work.update(changed).await?;
        let mut verbs = work.opportunities();
        let kind = match step {
            0 => verbs
                .advance(id, "engaging", reason("they called"))
                .await
                .map(|_| MoveKind::Advanced),
            1 => verbs.advance(id, "prospecting", None).await.map(|_| MoveKind::Back),
            2 => {
                verbs.lose(id, day, reason("price"), reason("Rival")).await.map(|_| MoveKind::Lost)
            }
            3 => verbs.reopen(id, "engaging", None).await.map(|_| MoveKind::Reopened),
            4 => verbs.win(id, day, reason("quality")).await.map(|_| MoveKind::Won),
            5 => verbs.reopen(id, "prospecting", None).await.map(|_| MoveKind::Reopened),
            _ => verbs.win(id, day, None).await.map(|_| MoveKind::Won),
        };
        expected.push(kind?);
        work.commit().await?;
    }
    let (opportunity, moves) = history(case, id).await?;
    // Between the steps it was edited: that is a move too.
    let kinds: Vec<_> = moves.iter().map(|step| step.kind).collect();
    let steps =
        kinds.iter().filter(|kind| **kind != MoveKind::Revised).copied().collect::<Vec<_>>();
    same("the steps, in order", steps, expected)?;
    same("how many edits", kinds.len(), 8 + 7)?;
    lead_to(&moves, &opportunity)?;
    claim(moves.iter().all(|step| step.moved_by == "anna"), "a move by somebody else")
}

async fn winning_without_a_customer_is_refused(case: &Case) -> Held {
    let id = opened(case).await?;
    let day = day("2017-12-31")?;
    let mut work = case.begin().await?;
    let answer = work.opportunities().win(id, day, None).await;
    fails("to win it without a customer", answer, ErrorKind::Refused)?;
    // Nor by an edit of one that is won.
    drop(work);
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, id).await?;
    work.update(stored.edit(|o| o.customer_id = Some(customer))).await?;
    let won = work.opportunities().win(id, day, None).await?;
    let without = won.edit(|o| o.customer_id = None);
    fails("to take the customer away", work.update(without).await, ErrorKind::Invalid)?;
    work.commit().await?;
    let (opportunity, _) = history(case, id).await?;
    same("its status", opportunity.state().status(), OpportunityStatus::Won)?;
    same("its customer", opportunity.customer_id, Some(customer))
}

async fn what_is_decided_is_reopened_first(case: &Case) -> Held {
    let id = opened(case).await?;
    let day = day("2017-12-31")?;
    let mut work = case.begin().await?;
    let mut verbs = work.opportunities();
    fails("to reopen it open", verbs.reopen(id, "engaging", None).await, ErrorKind::Refused)?;
    fails("to stay", verbs.advance(id, "prospecting", None).await, ErrorKind::Refused)?;
    fails("to advance to won", verbs.advance(id, "won", None).await, ErrorKind::Refused)?;
    verbs.lose(id, day, None, None).await?;
    fails("to advance it", verbs.advance(id, "engaging", None).await, ErrorKind::Refused)?;
    fails("to win it", verbs.win(id, day, None).await, ErrorKind::Refused)?;
    fails("to lose it twice", verbs.lose(id, day, None, None).await, ErrorKind::Refused)?;
    fails("to reopen it as won", verbs.reopen(id, "won", None).await, ErrorKind::Refused)?;
    verbs.reopen(id, "engaging", None).await?;
    work.commit().await?;
    let (opportunity, moves) = history(case, id).await?;
    same("its stage", opportunity.stage(), "engaging")?;
    same("how many moves it made", moves.len(), 3)
}

async fn a_stage_that_is_not_there_is_invalid(case: &Case) -> Held {
    let id = opened(case).await?;
    let mut work = case.begin().await?;
    let answer = work.opportunities().advance(id, "nowhere", None).await;
    fails("to advance it to nowhere", answer, ErrorKind::Invalid)?;
    let nobody = case.id();
    let answer = work.opportunities().advance(nobody, "engaging", None).await;
    fails("to advance what is not there", answer, ErrorKind::Missing).map(drop)
}

async fn a_refused_step_leaves_no_move(case: &Case) -> Held {
    let id = opened(case).await?;
    let mut work = case.begin().await?;
    let answer = work.opportunities().win(id, day("2017-12-31")?, None).await;
    fails("to win it without a customer", answer, ErrorKind::Refused)?;
    work.commit().await?;
    let (opportunity, moves) = history(case, id).await?;
    same("its version", opportunity.version(), 1)?;
    same("how many moves it made", moves.len(), 1)
}

async fn an_opportunity_is_opened_once(case: &Case) -> Held {
    let pipeline = pipeline(case).await?;
    let new = Opportunity::open(case.id(), "GTX", &pipeline)?;
    for _ in 0..3 {
        let mut work = case.begin().await?;
        let stored = work.opportunities().open(new.clone()).await?;
        same(
            "the answer",
            (&stored.name, stored.stage(), stored.version()),
            (&new.name, new.stage(), 1),
        )?;
        work.commit().await?;
    }
    let (_, moves) = history(case, new.id).await?;
    same("how many moves it made", moves.len(), 1)?;
    let mut work = case.begin().await?;
    let other = Opportunity::open(new.id, "another", &pipeline)?;
    let answer = work.opportunities().open(other).await;
    fails("another one with its id", answer, ErrorKind::Duplicate).map(drop)
}

async fn the_change_log_says_what_happened_to_an_opportunity(case: &Case) -> Held {
    let id = opened(case).await?;
    let day = day("2017-12-31")?;
    let mut work = case.begin().await?;
    let mut verbs = work.opportunities();
    verbs.advance(id, "engaging", None).await?;
    verbs.advance(id, "prospecting", None).await?;
    verbs.lose(id, day, None, None).await?;
    verbs.reopen(id, "prospecting", None).await?;
    work.commit().await?;
    let entries = written(case, id).await?;
    let events: Vec<_> = entries.iter().map(|entry| &*entry.event).collect();
    same("the events", events, vec!["created", "advanced", "back", "lost", "reopened"])
}

async fn pipeline(case: &Case) -> Held<Pipeline> {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    work.commit().await?;
    Ok(pipeline)
}

/// An opportunity that was opened in a pipeline of its own, without a customer.
async fn opened(case: &Case) -> Held<Id<Opportunity>> {
    let mut work = case.begin().await?;
    let mut pipeline = Pipeline::sales(case.id());
    pipeline.name = format!("Pipeline {}", pipeline.id);
    let pipeline = work.insert(pipeline).await?.into_inner();
    let id = open(&mut *work, case, &pipeline).await?;
    work.commit().await?;
    Ok(id)
}

async fn open(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
    pipeline: &Pipeline,
) -> Held<Id<Opportunity>> {
    let new = Opportunity::open(case.id(), "GTX Plus Basic", pipeline)?;
    Ok(work.opportunities().open(new).await?.id)
}

/// An opportunity as it is, and the moves that led there.
async fn history(case: &Case, id: Id<Opportunity>) -> Held<(Stored<Opportunity>, Vec<StageMove>)> {
    let mut unit = case.read().await?;
    let opportunity = Read::<Opportunity>::get(&mut *unit, id).await?;
    let opportunity = opportunity.ok_or_else(|| Failure::new("it is not there"))?;
    let mut moves = Vec::new();
    let query = stage_move::OPPORTUNITY_ID.eq(id).query().order_by(&stage_move::NUMBER);
    every(&mut *unit, query, |step| {
        moves.push(step.into_inner());
        Ok(())
    })
    .await?;
    Ok((opportunity, moves))
}
