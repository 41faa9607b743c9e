//! Changing a pipeline rewrites no figure: what happened is counted by what the pipeline was then.

use chrono::{Days, FixedOffset, NaiveDate};
use proptest::strategy::{BoxedStrategy, Strategy};

use crate::{
    forecast::{Bucket, Forecast, ForecastBy, ForecastRequest, Whose, forecast, forecast_accuracy},
    kernel::{Criteria, ErrorKind, Id, Timestamp},
    opportunity::{
        self, Decision, Evidence, ForecastCategory, Opportunity, OpportunityEvent,
        OpportunityStatus, ProbabilitySource,
    },
    pipeline::Pipeline,
    pipeline_report::{
        FunnelQuestion, GroupBy, Period, PeriodQuestion, SlippageBy, StageReport, Total,
        funnel_report, leaderboard, slippage, velocity, win_rates,
    },
    stage_move::{Course, MoveKind, StageMove},
    store::expect,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    gates::moves,
    histories::{House, Turn, histories},
    law::Law,
    random::Draws,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_changed_pipeline_rewrites_no_figure,
        a_forecast_goes_by_the_category_of_that_day,
        a_move_keeps_where_it_led,
        a_forecast_and_a_leaderboard_agree_on_what_was_told_in_time
    ]
}

/// Histories of opportunities.
fn drawn() -> BoxedStrategy<Vec<Vec<Turn>>> {
    histories().boxed()
}

async fn a_changed_pipeline_rewrites_no_figure(case: &Case) -> Held {
    let (mut draws, mut went) = (Draws::new(4, drawn), 0);
    while let Some(drawn) = draws.next() {
        draws.judge(&drawn, turned_over(case, &drawn, &mut went).await);
    }
    draws.verdict()?;
    claim(went > 0, "nothing was open any more")
}

async fn turned_over(case: &Case, turns: &[Vec<Turn>], went: &mut usize) -> Held {
    let mut work = case.begin().await?;
    let house = House::furnish(case, &mut *work).await?;
    let deals = house.deals(case, &mut *work, turns).await?;
    work.commit().await?;
    let today = case.begin().await?.now().date();
    let past = [day("2017-01-20")?, day("2017-02-10")?, day("2017-04-01")?];
    let days: Vec<_> = past.into_iter().chain([today]).collect();
    let before = Figures::of(case, &house, &days).await?;
    claim(before.forecasts.iter().any(|one| !one.is_empty()), "nothing was forecast")?;
    let mut work = case.begin().await?;
    house.turned_over(&mut *work).await?;
    let stored = expect(&mut *work, house.pipelines[0].id).await?;
    let gone = stored.edit(|pipeline| pipeline.stages.0.retain(|stage| stage.key != "b"));
    fails("a stage that is taken out", work.update(gone).await, ErrorKind::Refused)?;
    work.commit().await?;
    let after = Figures::of(case, &house, &days).await?;
    same("funnels", &after.funnels, &before.funnels)?;
    same("forecasts", &after.forecasts, &before.forecasts)?;
    same("the rest", &after.rest, &before.rest)?;
    // What goes on from now on goes by the pipeline of today, and what was stays what it was.
    let mut work = case.begin().await?;
    for deal in deals.iter().filter(|deal| deal.now.state().status() == OpportunityStatus::Open) {
        work.opportunities().advance(deal.now.id, "between", None).await?;
        *went += 1;
    }
    work.commit().await?;
    let later = Figures::of(case, &house, &past).await?;
    let then = before.forecasts.get(..later.forecasts.len());
    same("forecasts of then", Some(&later.forecasts[..]), then)
}

/// What is asked of a house.
struct Figures {
    funnels: Vec<String>,
    forecasts: Vec<String>,
    rest: Vec<String>,
}

impl Figures {
    async fn of(case: &Case, house: &House, days: &[NaiveDate]) -> Held<Self> {
        let mut unit = case.read().await?;
        let unit = &mut *unit;
        let mut found = Self { funnels: Vec::new(), forecasts: Vec::new(), rest: Vec::new() };
        let first = day("2017-01-01")?;
        for (at, as_of) in days.iter().enumerate() {
            let end = *as_of + Days::new(1);
            let period = Period::new(first, end, utc()?)?;
            for pipeline in &house.pipelines {
                let report = funnel_report(unit, &FunnelQuestion::new(pipeline.id, period)).await?;
                let mut stages: Vec<_> =
                    report.stages.iter().filter(|stage| stage.key != "between").map(told).collect();
                stages.sort();
                found.funnels.append(&mut stages);
            }
            for by in [ForecastBy::Category, ForecastBy::Owner, ForecastBy::Product] {
                let mut request = ForecastRequest::new(*as_of);
                request.by = by;
                found.forecasts.push(cells(&forecast(unit, &request).await?));
            }
            let asked = PeriodQuestion::new(period);
            let rows = velocity(unit, &asked, &GroupBy::Whole).await?;
            found.rest.push(format!("{rows:?}"));
            let rows = win_rates(unit, &asked, &GroupBy::Owner).await?;
            found.rest.push(format!("{rows:?}"));
            let slipped = slippage(unit, &asked, SlippageBy::Whole).await?;
            found.rest.push(format!("{slipped:?}"));
            if at == 0 {
                let last = day("2017-06-30")?;
                let months = forecast_accuracy(unit, last, first, last, None).await?;
                found.rest.push(format!("{months:?}"));
            }
        }
        Ok(found)
    }
}

/// All figures of a stage, under its key.
fn told(stage: &StageReport) -> String {
    let cells = stage.cells.iter().map(|cell| format!("{} {:?}", cell.measure, cell.total));
    let cells: Vec<_> = cells.collect();
    format!("{}: {cells:?} {:?} {:?} {:?}", stage.key, stage.to_next, stage.to_won, stage.stayed)
}

fn cells(forecast: &Forecast) -> String {
    let nothing = forecast.rows.is_empty() && forecast.cells.is_empty();
    if nothing { String::new() } else { format!("{:?} {:?}", forecast.rows, forecast.cells) }
}

async fn a_forecast_goes_by_the_category_of_that_day(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut pipeline = Pipeline::sales(case.id());
    pipeline.name = "Recategorised".into();
    pipeline.stages.0[0].category = Some(ForecastCategory::BestCase);
    let pipeline = work.insert(pipeline).await?;
    let new = Opportunity::open(case.id(), "a deal", &pipeline)?;
    let new = new.taken_at(Timestamp::start_of(day("2017-03-01")?)?);
    let id = work.insert(new).await?.id;
    work.commit().await?;
    let then = day("2017-03-31")?;
    let today = case.begin().await?.now().date();
    let counted = async |day: NaiveDate| -> Held<Vec<ForecastCategory>> {
        let mut unit = case.read().await?;
        let mut request = ForecastRequest::new(day);
        request.pipeline = Some(pipeline.id);
        let found = forecast(&mut *unit, &request).await?;
        Ok(found.cells.iter().map(|cell| cell.category).collect())
    };
    let (best, sure) = (vec![ForecastCategory::BestCase], vec![ForecastCategory::Commit]);
    same("before", counted(then).await?, best.clone())?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, pipeline.id).await?;
    let commit = Some(ForecastCategory::Commit);
    work.update(stored.edit(|one| one.stages.0[0].category = commit)).await?;
    work.commit().await?;
    same("of then, once its stage is another", counted(then).await?, best.clone())?;
    same("what is in the stage stays what it was", counted(today).await?, best.clone())?;
    let mut work = case.begin().await?;
    work.opportunities().advance(id, "engaging", None).await?;
    work.opportunities().advance(id, "prospecting", None).await?;
    work.commit().await?;
    same("what comes into it is as it is now", counted(today).await?, sure)?;
    same("of then, once it came again", counted(then).await?, best)?;
    let mut work = case.begin().await?;
    let omitted = Some(ForecastCategory::Omitted);
    work.opportunities().revise(id, None, |o| o.forecast_category = omitted).await?;
    let told: Vec<_> = moves(&mut *work, id)
        .await?
        .iter()
        .map(|m| (m.category_before, m.category_after))
        .collect();
    let (best, plain) = (Some(ForecastCategory::BestCase), Some(ForecastCategory::Pipeline));
    let expected = vec![(None, best), (best, plain), (plain, commit), (commit, omitted)];
    same("what the moves tell", told, expected)
}

async fn a_move_keeps_where_it_led(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let house = House::furnish(case, &mut *work).await?;
    let [sales, other] = &house.pipelines;
    let none = Evidence::default();
    let on = day("2017-05-01")?;
    let mut new = Opportunity::open(case.id(), "a deal", sales)?;
    new.customer_id = Some(house.customers()[0]);
    let mut deal = new.clone();
    deal.id = case.id();
    for event in [
        OpportunityEvent::advance("b"),
        OpportunityEvent::advance("a"),
        OpportunityEvent::advance("c"),
        OpportunityEvent::win(on),
        OpportunityEvent::reopen("b"),
        OpportunityEvent::win(on),
        OpportunityEvent::reopen("a"),
        OpportunityEvent::lose(on),
    ] {
        deal = deal.step(sales, &event, &none)?;
    }
    let deal = deal.transferred(other, "lost", None, &none)?;
    let courses = |moves: &[StageMove]| moves.iter().map(|m| m.course).collect::<Vec<_>>();
    let id = work.insert(deal).await?.id;
    let (next, ahead, back) = (Some(Course::Next), Some(Course::Ahead), Some(Course::Back));
    let expected = vec![None, next, back, ahead, next, back, ahead, back, None, None];
    same("where they led", courses(&moves(&mut *work, id).await?), expected)?;
    for (from, course) in [("a", ahead), ("b", ahead), ("c", next)] {
        let mut told = new.clone();
        told.id = case.id();
        told.opened_on = Some(day("2017-01-01")?);
        let decision = Decision { on: Some(on), from: Some(from.into()), ..Decision::default() };
        let id = work.insert(told.imported(sales, "won", decision)?).await?.id;
        let found = courses(&moves(&mut *work, id).await?);
        same(&format!("of one that was won from {from}"), found, vec![None, course])?;
    }
    let id: Id<Opportunity> = work.opportunities().open(new).await?.id;
    let (stage, manual, model) =
        (ProbabilitySource::Stage, ProbabilitySource::Manual, ProbabilitySource::Model);
    work.opportunities().revise(id, None, |o| o.probability = Some(37.into())).await?;
    work.opportunities().revise(id, None, |o| o.probability_source = model).await?;
    work.opportunities().advance(id, "b", None).await?;
    let found = moves(&mut *work, id).await?;
    let found: Vec<_> = found
        .iter()
        .map(|m| (m.kind, m.probability_source_before, m.probability_source_after))
        .collect();
    let expected = vec![
        (MoveKind::Opened, None, Some(stage)),
        (MoveKind::Revised, Some(stage), Some(manual)),
        (MoveKind::Revised, Some(manual), Some(model)),
        (MoveKind::Advanced, Some(model), Some(model)),
    ];
    same("where the probability came from", found, expected)
}

async fn a_forecast_and_a_leaderboard_agree_on_what_was_told_in_time(case: &Case) -> Held {
    let (mut draws, mut won) = (Draws::new(4, drawn), 0);
    while let Some(drawn) = draws.next() {
        draws.judge(&drawn, agree(case, &drawn, &mut won).await);
    }
    draws.verdict()?;
    claim(won > 0, "nothing was won")
}

/// What is closed in a month, in each currency, is what was won in it: of all days, for all and for each owner.
async fn agree(case: &Case, turns: &[Vec<Turn>], won: &mut u64) -> Held {
    let mut work = case.begin().await?;
    let house = House::furnish(case, &mut *work).await?;
    house.deals_told_in_time(case, &mut *work, turns).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let (everybody, [anna, ben]) = (Criteria::everything(), house.staff);
    for (whose, filter) in [
        (Whose::House, everybody),
        (Whose::Staff(anna), opportunity::OWNER_ID.eq(anna)),
        (Whose::Staff(ben), opportunity::OWNER_ID.eq(ben)),
    ] {
        for (first, next) in [("2017-01-01", "2017-02-01"), ("2017-02-01", "2017-03-01")] {
            for as_of in ["2017-01-20", "2017-02-28", "2017-03-15", "2999-12-31"] {
                let (first, as_of) = (day(first)?, day(as_of)?);
                let asked = ForecastRequest { whose, ..ForecastRequest::new(as_of) };
                let mut closed = Total::default();
                for cell in forecast(&mut *unit, &asked).await?.cells {
                    let of_month =
                        matches!(cell.bucket, Bucket::Period(one) if one.start() == first);
                    if of_month && cell.category == ForecastCategory::Closed {
                        closed.count += u64::try_from(cell.figure.count)?;
                        if let Some(code) = cell.currency {
                            closed.amounts.insert(code, cell.figure.amount.normalize());
                        }
                    }
                }
                let period = Period::new(first, day(next)?, utc()?)?;
                let asked = PeriodQuestion::new(period).as_of(as_of).filter(filter.clone());
                let board = leaderboard(&mut *unit, &asked, &GroupBy::Whole).await?;
                let told = board.first().map(|row| row.won.figure.clone()).unwrap_or_default();
                *won += told.count;
                same(&format!("won in {first} as of {as_of} by {whose:?}"), told, closed)?;
            }
        }
    }
    Ok(())
}

fn utc() -> Held<FixedOffset> {
    FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no such offset"))
}
