//! What a sales manager asks about pipelines, on every store.

use chrono::FixedOffset;
use rust_decimal::Decimal;

use crate::{
    interaction::{Channel, Direction, Interaction},
    kernel::{Criteria, Currency, ErrorKind, Id, Timestamp},
    opportunity::{self, Evidence, Opportunity, OpportunityEvent, Stage, StageKind, Stages},
    pipeline::Pipeline,
    pipeline_report::{
        FunnelQuestion, GroupBy, Measure, Period, PeriodQuestion, SizeBands, SlippageBy, coverage,
        funnel_report, leaderboard, slippage, stuck, velocity, win_rates,
    },
    staff_member::StaffMember,
    store::UnitOfWork,
    task::Task,
    workday::workday,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    scenarios::customer,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        the_manager_sees_how_opportunities_come_through,
        what_rots_is_listed_with_its_reasons,
        a_target_is_covered_by_what_is_open,
        reports_that_mean_nothing_are_refused
    ]
}

/// Scenario 8: how many and how much in each stage, how many came through, how long they stayed, by salesperson.
async fn the_manager_sees_how_opportunities_come_through(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let dealer = work.insert(customer(case, "Dealer")).await?.id;
    let none = Evidence::default();
    // The amount, and the days of its steps: prospecting, engaging, back to prospecting, engaging again, won or lost.
    type Steps<'a> = &'a [(&'a str, &'a str)];
    let deals: [(&str, Steps<'_>); 5] = [
        ("100 EUR", &[("2017-01-02", "opened"), ("2017-01-12", "engaging"), ("2017-02-01", "won")]),
        (
            "200 EUR",
            &[
                ("2017-01-03", "opened"),
                ("2017-01-05", "engaging"),
                ("2017-01-08", "prospecting"),
                ("2017-01-20", "engaging"),
                ("2017-03-01", "lost"),
            ],
        ),
        ("50 USD", &[("2017-01-10", "opened"), ("2017-01-11", "engaging")]),
        ("7 EUR", &[("2017-01-31", "opened")]),
        ("9 EUR", &[("2017-02-01", "opened")]),
    ];
    for (amount, steps) in deals {
        let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
        (deal.customer_id, deal.owner_id) = (Some(dealer), Some(anna));
        deal.amount = Some(amount.parse()?);
        for (on, to) in steps {
            let event = match *to {
                "opened" => None,
                "won" => Some(OpportunityEvent::win(day(on)?)),
                "lost" => Some(OpportunityEvent::lose(day(on)?)),
                stage => Some(OpportunityEvent::advance(stage)),
            };
            if let Some(event) = event {
                deal = deal.step(&pipeline, &event, &none)?;
            }
            deal = deal.taken_at(Timestamp::start_of(day(on)?)?);
        }
        work.insert(deal).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let january = Period::new(day("2017-01-01")?, day("2017-02-01")?, utc()?)?;
    let question = FunnelQuestion::new(pipeline.id, january).as_of(day("2017-02-15")?);
    let report = funnel_report(&mut *unit, &question).await?;
    let line = |at: usize| {
        let stage = report.stages.get(at).ok_or_else(|| Failure::new("a stage is not there"))?;
        let count = |measure: &Measure| stage.total(*measure).count;
        Ok::<_, Failure>(Measure::ALL.iter().map(count).collect::<Vec<_>>())
    };
    // Entered, in it, forward, back, won, lost, transferred, next, onward, became won.
    same("prospecting", line(0)?, vec![4, 2, 3, 0, 0, 0, 0, 3, 3, 1])?;
    same("engaging", line(1)?, vec![3, 2, 0, 1, 1, 0, 0, 1, 1, 1])?;
    same("won", line(2)?, vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0])?;
    same("lost", line(3)?, vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    let [prospecting, engaging, ..] = report.stages.as_slice() else {
        return Err(Failure::new("there are not four stages"));
    };
    same("went on", prospecting.to_next, Some(Decimal::new(75, 2)))?;
    same("were won", engaging.to_won, Some(Decimal::new(333_333, 6)))?;
    let here = engaging.total(Measure::InStage);
    let worth = [Currency::EUR, Currency::USD].map(|code| here.amount(code));
    same("what stands there, side by side", worth, [200.into(), 50.into()])?;
    // Stays of prospecting: 10, 2, 12 and 1 days; of engaging: 20 and 3, the third is not over.
    let days = |stage: &crate::pipeline_report::StageReport| {
        stage.stayed.as_ref().map(|days| (days.count, days.median, days.percentile_90))
    };
    same("prospecting", days(prospecting), Some((4, 2, 12)))?;
    same("engaging", days(engaging), Some((2, 3, 20)))?;
    let later = funnel_report(&mut *unit, &question.clone().as_of(day("2017-03-01")?)).await?;
    let lost = later.stages.get(1).map_or(0, |stage| stage.total(Measure::Lost).count);
    same("lost once it was", lost, 1)?;
    let mine = question.clone().filter(opportunity::OWNER_ID.eq(anna));
    same("of Anna", funnel_report(&mut *unit, &mine).await?.stages, report.stages)?;
    let page = question.cell_page(&mut *unit, "engaging", Measure::Back, 10, None).await?;
    let amounts: Vec<_> = page.items.iter().filter_map(|item| item.amount).collect();
    same("who went back", amounts, vec!["200 EUR".parse()?])
}

async fn what_rots_is_listed_with_its_reasons(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let dealer = work.insert(customer(case, "Dealer")).await?.id;
    let mut stages = Pipeline::sales(case.id()).stages;
    if let Some(first) = stages.0.first_mut() {
        (first.expected_days, first.idle_days) = (Some(20), Some(10));
    }
    let pipeline = work.insert(Pipeline::new(case.id(), "Slow", stages)).await?.into_inner();
    // The day it began, of its last interaction, of a task that was done; when it is to be decided.
    type Row<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>);
    let rows: [Row<'_>; 5] = [
        ("all", "2017-11-01", None, Some("2017-12-01")),
        ("idle", "2017-12-15", Some("2017-12-21"), None),
        ("spoken with", "2017-12-15", Some("2017-12-22"), None),
        ("long there", "2017-12-10", Some("2017-12-30"), None),
        ("to come", "2018-01-01", None, None),
    ];
    for (name, began, spoken, close) in rows {
        let mut new = Opportunity::open(case.id(), name, &pipeline)?;
        (new.owner_id, new.customer_id) = (Some(anna), Some(dealer));
        new.expected_close = close.map(day).transpose()?;
        let new = new.taken_at(Timestamp::start_of(day(began)?)?);
        let id = work.insert(new).await?.id;
        if name != "all" {
            let mut next = Task::new(case.id(), "call", Timestamp::MIN);
            (next.opportunity_id, next.due) = (Some(id), Some(day("2018-02-01")?));
            work.tasks().add(next).await?;
        }
        if let Some(spoken) = spoken {
            let at = Timestamp::start_of(day(spoken)?)?;
            let mut call =
                Interaction::new(case.id(), dealer, Channel::Phone, Direction::Inbound, at);
            call.opportunity_id = Some(id);
            work.insert(call).await?;
        }
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let (today, all) = (day("2017-12-31")?, Criteria::everything());
    let report = stuck(&mut *unit, today, utc()?, &all, 10).await?;
    same("how many", (report.open.count, report.stuck.count), (4, 3))?;
    let found: Vec<_> = report
        .items
        .iter()
        .map(|item| (item.opportunity.name.as_str(), item.urgency(), item.reasons().join("; ")))
        .collect();
    let all_reasons = "nothing happened for 60 days, 10 allowed; in its stage for 60 days, 20 expected; \
                       no next step, was to be decided 30 days ago";
    let expected = vec![
        ("all", 200 + 150 + 120, all_reasons.to_owned()),
        ("long there", 52, "in its stage for 21 days, 20 expected".to_owned()),
        ("idle", 50, "nothing happened for 10 days, 10 allowed".to_owned()),
    ];
    same("the list", found, expected)?;
    let first = stuck(&mut *unit, today, utc()?, &all, 1).await?;
    same("the first", (first.items.len(), first.stuck.count), (1, 3))?;
    let list = workday(&mut *unit, anna, today, utc()?, 10).await?;
    let found: Vec<_> = list.iter().map(|item| (item.what.as_str(), item.urgency())).collect();
    same("the working day", found, vec![("all", 200), ("long there", 52), ("idle", 50)])?;
    drop(unit);
    let mut work = case.begin().await?;
    let idle = first_named(&mut *work, "idle").await?;
    let mut done = Task::new(case.id(), "write", Timestamp::MIN);
    done.opportunity_id = Some(idle);
    let done = work.tasks().add(done).await?.id;
    let done = work.tasks().complete(done, None).await?.task.since();
    // By the day on which it was done.
    let report = stuck(&mut *work, done.date(), utc()?, &opportunity::ID.eq(idle), 1).await?;
    let reasons = report.items.first().map(|item| item.reasons().join("; ")).unwrap_or_default();
    claim(!reasons.contains("nothing happened"), format!("something was done: {reasons}"))
}

async fn first_named(work: &mut (dyn UnitOfWork + '_), name: &str) -> Held<Id<Opportunity>> {
    let found = crate::store::find_one(work, opportunity::NAME.eq(name)).await?;
    found.map(|one| one.id).ok_or_else(|| Failure::new("it is not there"))
}

async fn a_target_is_covered_by_what_is_open(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let dealer = work.insert(customer(case, "Dealer")).await?.id;
    for (amount, close, won) in [
        ("400 EUR", "2017-10-15", true),
        ("900 EUR", "2017-11-30", false),
        ("900 EUR", "2017-12-31", false),
        ("5000 EUR", "2018-01-01", false),
        ("70 USD", "2017-12-01", false),
        ("3000 EUR", "2017-09-30", true),
    ] {
        let mut new = Opportunity::open(case.id(), "a deal", &pipeline)?;
        (new.customer_id, new.amount) = (Some(dealer), Some(amount.parse()?));
        new.expected_close = Some(day(close)?);
        let id = work.opportunities().open(new).await?.id;
        if won {
            work.opportunities().win(id, day(close)?, None).await?;
        }
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let quarter = Period::new(day("2017-10-01")?, day("2018-01-01")?, utc()?)?;
    let quarter = PeriodQuestion::new(quarter).as_of(day("2999-12-31")?);
    let found = coverage(&mut *unit, &quarter, "1000 EUR".parse()?).await?;
    same("what is left", found.left, "600 EUR".parse()?)?;
    same("how often it is covered", found.coverage, Some(Decimal::from(3)))?;
    same("how many are open", found.open.count, 3)?;
    let other = found.other_currencies.get(&Currency::USD).copied();
    same("what counts for nothing", other, Some(Decimal::from(70)))?;
    let reached = coverage(&mut *unit, &quarter, "400 EUR".parse()?).await?;
    same("one that is reached", (reached.left, reached.coverage), ("0 EUR".parse()?, None))?;
    // Nothing of it was there before.
    let before =
        coverage(&mut *unit, &quarter.as_of(day("2017-10-14")?), "400 EUR".parse()?).await?;
    same("before", (before.won.count, before.open.count), (0, 0))
}

async fn reports_that_mean_nothing_are_refused(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let stages = vec![
        Stage::new("open", "Open", StageKind::Open, 10),
        Stage::new("won", "Won", StageKind::Won, 100),
        Stage::new("lost", "Lost", StageKind::Lost, 0),
    ];
    let pipeline = Pipeline::new(case.id(), "Short", Stages(stages));
    let pipeline = work.insert(pipeline).await?.id;
    work.commit().await?;
    let (first, last) = (day("2017-01-01")?, day("2017-02-01")?);
    let wrong = Period::new(last, first, utc()?);
    claim(wrong.is_err(), "a period that ends before it begins")?;
    claim(Period::new(first, first, utc()?).is_err(), "a period without a day")?;
    let period = Period::new(first, last, utc()?)?;
    let mut unit = case.read().await?;
    let question = FunnelQuestion::new(pipeline, period);
    let unknown = question.cell_page(&mut *unit, "nowhere", Measure::Entered, 10, None).await;
    fails("a stage that is not there", unknown, ErrorKind::Invalid)?;
    let too_many = question.cell_page(&mut *unit, "open", Measure::Entered, 501, None).await;
    fails("a page that is too long", too_many, ErrorKind::Invalid)?;
    let cursor = crate::kernel::Cursor::new("7.x");
    let elsewhere =
        question.cell_page(&mut *unit, "open", Measure::InStage, 10, Some(cursor)).await;
    fails("a cursor of another list", elsewhere, ErrorKind::Invalid)?;
    let nothing = FunnelQuestion::new(case.id(), period);
    let missing = funnel_report(&mut *unit, &nothing).await;
    fails("a pipeline that is not there", missing, ErrorKind::Missing)?;
    let odd = question.clone().filter(opportunity::NAME.eq("a\0b"));
    let odd = funnel_report(&mut *unit, &odd).await;
    fails("criteria that do not fit", odd, ErrorKind::Invalid)?;
    let all = Criteria::everything();
    let by = GroupBy::CustomerField(crate::customer::TAGS.spec());
    let asked = PeriodQuestion::new(period);
    let found = win_rates(&mut *unit, &asked, &by).await;
    fails("a field that makes no groups", found, ErrorKind::Invalid)?;
    let found = leaderboard(&mut *unit, &asked, &GroupBy::Source).await;
    fails("a leaderboard of sources", found, ErrorKind::Invalid)?;
    let never = asked.clone().as_of(chrono::NaiveDate::MAX);
    let found = leaderboard(&mut *unit, &never, &GroupBy::Owner).await;
    fails("as of a day that no store can keep", found, ErrorKind::Invalid)?;
    let found = slippage(&mut *unit, &never, SlippageBy::Whole).await;
    fails("as of a day that no store can keep", found, ErrorKind::Invalid)?;
    let [row] = velocity(&mut *unit, &asked, &GroupBy::Whole)
        .await?
        .try_into()
        .map_err(|_| Failure::new("not one line"))?;
    for (limit, after) in [(0, None), (501, None), (10, Some("2.")), (10, Some("x"))] {
        let after = after.map(crate::kernel::Cursor::new);
        let page = row.won.query.page(&mut *unit, limit, after).await;
        fails("a page that cannot be", page, ErrorKind::Invalid)?;
    }
    let found = stuck(&mut *unit, first, utc()?, &all, 0).await;
    fails("a list of none", found, ErrorKind::Invalid)?;
    for limits in [vec![], vec![5, 5], vec![7, 5]] {
        let limits = limits.into_iter().map(Decimal::from).collect();
        claim(SizeBands::new(Currency::EUR, limits).is_err(), "bands that do not go up")?;
    }
    drop(unit);
    let scope = case.scope(1, "eve")?;
    let mut other = case.store().read(scope).await?;
    let found = funnel_report(&mut *other, &question).await;
    fails("the pipeline of another house", found, ErrorKind::Missing).map(drop)
}

fn utc() -> Held<FixedOffset> {
    FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no such offset"))
}
