//! What somebody sees who asks for a day that is over, and for the opportunities behind a figure.

use chrono::FixedOffset;
use rust_decimal::Decimal;

use crate::{
    customer,
    kernel::{Criteria, Currency, Id, Timestamp},
    opportunity::{Evidence, Opportunity, OpportunityEvent, Split, Splits},
    org_unit::OrgUnit,
    pipeline::Pipeline,
    pipeline_report::{
        FunnelQuestion, GroupBy, ListQuery, Listed, Measure, Period, PeriodQuestion, Total,
        funnel_report, leaderboard, stuck, velocity, win_rates,
    },
    staff_member::StaffMember,
    store::ReadUnit,
    task::Task,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, same},
    figures_told::listed,
    law::Law,
    scenarios::customer,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_win_that_was_taken_back_counts_until_then,
        a_shared_deal_is_credited_to_its_co_owners,
        customers_without_a_value_are_a_line_of_their_own,
        what_did_not_move_is_told_as_it_was,
        of_several_moves_the_first_tells_what_was
    ]
}

pub(super) fn january() -> Held<PeriodQuestion> {
    let utc = FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no such offset"))?;
    Ok(PeriodQuestion::new(Period::new(day("2017-01-01")?, day("2017-02-01")?, utc)?))
}

/// An opportunity that took these steps, each on its day.
pub(super) fn stepped(
    new: Opportunity,
    pipeline: &Pipeline,
    steps: &[(&str, &str)],
) -> Held<Opportunity> {
    let mut deal = new;
    for (on, to) in steps {
        let event = match *to {
            "opened" => None,
            "won" => Some(OpportunityEvent::win(day(on)?)),
            "lost" => Some(OpportunityEvent::lose(day(on)?)),
            "reopened" => Some(OpportunityEvent::reopen("engaging")),
            stage => Some(OpportunityEvent::advance(stage)),
        };
        if let Some(event) = event {
            deal = deal.step(pipeline, &event, &Evidence::default())?;
        }
        deal = deal.taken_at(Timestamp::start_of(day(on)?)?);
    }
    Ok(deal)
}

/// How many a figure counts, in euros; its list says the same.
pub(super) async fn told(
    unit: &mut (dyn ReadUnit + '_),
    figure: &Listed<Total>,
) -> Held<(u64, String)> {
    let found = listed(unit, &figure.query).await?;
    same("as many are listed", found.len() as u64, figure.count)?;
    let sum: Decimal = found.values().flatten().map(|money| money.amount()).sum();
    same("worth as much", sum, figure.amount(Currency::EUR))?;
    Ok((figure.count, sum.normalize().to_string()))
}

async fn a_win_that_was_taken_back_counts_until_then(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let dealer = work.insert(customer(case, "Dealer")).await?.id;
    let begun = [("2017-01-02", "opened"), ("2017-01-05", "engaging"), ("2017-01-12", "won")];
    let after: [&[(&str, &str)]; 3] =
        [&[], &[("2017-02-03", "reopened")], &[("2017-02-03", "reopened"), ("2017-03-01", "lost")]];
    for (amount, more) in ["1 EUR", "20 EUR", "300 EUR"].iter().zip(after) {
        let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
        (deal.customer_id, deal.amount) = (Some(dealer), Some(amount.parse()?));
        deal.opened_on = Some(day("2017-01-02")?);
        let mut deal = stepped(deal, &pipeline, &begun)?;
        deal.amount = Some(amount.parse()?);
        work.insert(stepped(deal, &pipeline, more)?).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let question = january()?;
    // Won, lost and open, as of a day.
    type Line<'a> = [(u64, &'a str); 3];
    let days: [(&str, Line<'_>); 5] = [
        ("2017-01-11", [(0, "0"), (0, "0"), (3, "321")]),
        ("2017-01-31", [(3, "321"), (0, "0"), (0, "0")]),
        ("2017-02-02", [(3, "321"), (0, "0"), (0, "0")]),
        ("2017-02-03", [(1, "1"), (0, "0"), (2, "320")]),
        ("2017-03-01", [(1, "1"), (0, "0"), (1, "20")]),
    ];
    for (as_of, expected) in days {
        let asked = question.clone().as_of(day(as_of)?);
        let rows = leaderboard(&mut *unit, &asked, &GroupBy::Whole).await?;
        let [row] = rows.as_slice() else { return Err(Failure::new("not one line")) };
        let mut found = Vec::new();
        for figure in [&row.won, &row.lost, &row.open] {
            found.push(told(&mut *unit, figure).await?);
        }
        let expected: Vec<_> = expected.iter().map(|(n, sum)| (*n, (*sum).to_owned())).collect();
        same(as_of, &found, &expected)?;
        let cycle = row.cycle.as_ref().map(|days| (days.count, days.total));
        let won = row.won.count;
        same("each took ten days", cycle, (won > 0).then(|| (won, 10 * won.cast_signed())))?;
        // So many of those that came in were won by then, whatever became of them since.
        let funnel = FunnelQuestion::new(pipeline.id, asked.period).as_of(asked.as_of);
        let report = funnel_report(&mut *unit, &funnel).await?;
        let stages: Vec<_> = report.stages.iter().map(|s| s.total(Measure::BecameWon)).collect();
        let counts: Vec<_> = stages.iter().map(|total| total.count).collect();
        // Decided ones came into their own stage too, once it was so.
        let decided = if as_of < "2017-01-12" { 0 } else { won };
        same("of each cohort", counts, vec![won, won, decided, 0])?;
        let page = funnel.cell_page(&mut *unit, "engaging", Measure::BecameWon, 9, None).await?;
        same("as many are listed", page.items.len() as u64, won)?;
        let rates = win_rates(&mut *unit, &asked, &GroupBy::Whole).await?;
        let rate = rates.first().map(|line| line.won.figure.clone());
        same("as the win rate has it", rate.as_ref(), Some(&row.won.figure))?;
    }
    // The amount is that of then.
    drop(unit);
    let mut work = case.begin().await?;
    let first = crate::opportunity::AMOUNT.eq("20 EUR".parse::<crate::kernel::Money>()?);
    let id = crate::store::find_one(&mut *work, first).await?.map(|one| one.id);
    let id = id.ok_or_else(|| Failure::new("it is not there"))?;
    let more = "5000 EUR".parse()?;
    work.opportunities().revise(id, None, |o| o.amount = Some(more)).await?;
    let rows = leaderboard(&mut *work, &question, &GroupBy::Whole).await?;
    let won = rows.first().ok_or_else(|| Failure::new("no line"))?;
    same("what it was worth then", told(&mut *work, &won.won).await?, (3, "321".to_owned()))
}

async fn of_several_moves_the_first_tells_what_was(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
    deal.amount = Some("1 EUR".parse()?);
    let id = work.opportunities().open(deal).await?.id;
    for amount in ["20 EUR", "300 EUR", "4000 EUR"] {
        let amount = Some(amount.parse()?);
        work.opportunities().revise(id, None, |o| o.amount = amount).await?;
    }
    // As a program may bring it, from JSON.
    let list = serde_json::json!([{
        "amount": "before_move",
        "where_move": {"field": "kind", "value": "revised"},
        "where": {"field": "id", "value": id},
    }]);
    let list: ListQuery = serde_json::from_value(list)?;
    let found: Vec<_> = listed(&mut *work, &list).await?.into_values().collect();
    same("before the first of them", found, vec![Some("1 EUR".parse()?)])
}

async fn a_shared_deal_is_credited_to_its_co_owners(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let dealer = work.insert(customer(case, "Dealer")).await?.id;
    let north = work.insert(OrgUnit::new(case.id(), "North")).await?.id;
    let south = work.insert(OrgUnit::new(case.id(), "South")).await?.id;
    let mut staff = Vec::new();
    for (name, unit) in
        [("Anna", Some(north)), ("Ben", Some(north)), ("Cid", Some(south)), ("Dora", None)]
    {
        let mut new = StaffMember::new(case.id(), name);
        new.org_unit_id = unit;
        staff.push(work.insert(new).await?.id);
    }
    let [anna, ben, cid, dora] = staff.as_slice() else { return Err(Failure::new("not four")) };
    let share = |staff_id: &Id<StaffMember>, percent: i64| Split {
        staff_id: *staff_id,
        percent: percent.into(),
    };
    let won: &[(&str, &str)] =
        &[("2017-01-02", "opened"), ("2017-01-05", "engaging"), ("2017-01-12", "won")];
    for (amount, splits) in [
        ("100.01 EUR", vec![share(anna, 50), share(ben, 25), share(cid, 25)]),
        ("10 EUR", vec![]),
        ("40 EUR", vec![share(cid, 75), share(dora, 25)]),
    ] {
        let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
        (deal.customer_id, deal.owner_id) = (Some(dealer), Some(*anna));
        (deal.amount, deal.splits) = (Some(amount.parse()?), Splits(splits));
        work.insert(stepped(deal, &pipeline, won)?).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let question = january()?;
    let owners = vec![("Anna", 2, "60.01"), ("Cid", 2, "55"), ("Ben", 1, "25"), ("Dora", 1, "10")];
    let teams = vec![("North", 2, "85.01"), ("South", 2, "55"), ("", 1, "10")];
    for (by, expected) in [(GroupBy::Owner, owners), (GroupBy::Team, teams)] {
        let mut found = Vec::new();
        let rows = leaderboard(&mut *unit, &question, &by).await?;
        for row in &rows {
            let (count, sum) = told(&mut *unit, &row.won).await?;
            found.push((row.name.clone().unwrap_or_default(), count, sum));
        }
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(name, n, sum)| (name.to_owned(), n, sum.to_owned()))
            .collect();
        same(&format!("{by:?}"), found, expected)?;
    }
    let whole = leaderboard(&mut *unit, &question, &GroupBy::Whole).await?;
    let whole = whole.first().ok_or_else(|| Failure::new("no line"))?;
    same("of all", told(&mut *unit, &whole.won).await?, (3, "150.01".to_owned()))?;
    // A win rate and a velocity count it whole, for its owner.
    let lines = win_rates(&mut *unit, &question, &GroupBy::Owner).await?;
    let found: Vec<_> = lines.iter().map(|line| (line.name.as_deref(), line.won.count)).collect();
    same("the win rate", found, vec![(Some("Anna"), 3)])?;
    let lines = velocity(&mut *unit, &question, &GroupBy::Owner).await?;
    same("the velocity", lines.iter().map(|line| line.won.count).collect::<Vec<_>>(), vec![3])
}

async fn customers_without_a_value_are_a_line_of_their_own(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let mut customers = vec![None];
    for industry in [None, Some("books"), Some("retail")] {
        let mut new = customer(case, industry.unwrap_or("Somebody"));
        new.industry = industry.map(str::to_owned);
        customers.push(Some(work.insert(new).await?.id));
    }
    // Opened again after the period: what it was then is asked of moves.
    let steps: [&[(&str, &str)]; 2] = [
        &[("2017-01-02", "opened"), ("2017-01-05", "engaging"), ("2017-01-12", "lost")],
        &[
            ("2017-01-02", "opened"),
            ("2017-01-05", "engaging"),
            ("2017-01-12", "lost"),
            ("2017-02-03", "reopened"),
        ],
    ];
    for (at, customer_id) in customers.into_iter().enumerate() {
        for steps in steps {
            let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
            deal.customer_id = customer_id;
            deal.amount = Some(format!("{} EUR", 10_u32.pow(u32::try_from(at)?)).parse()?);
            work.insert(stepped(deal, &pipeline, steps)?).await?;
        }
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let by = GroupBy::CustomerField(customer::INDUSTRY.spec());
    for (as_of, of_each) in [("2017-01-31", 2), ("2017-02-28", 1)] {
        let mut found = Vec::new();
        for line in win_rates(&mut *unit, &january()?.as_of(day(as_of)?), &by).await? {
            let (count, sum) = told(&mut *unit, &line.lost).await?;
            found.push((line.key.clone(), count, sum));
        }
        let expected = vec![
            (None, 2 * of_each, (11 * of_each).to_string()),
            (Some("books".to_owned()), of_each, (100 * of_each).to_string()),
            (Some("retail".to_owned()), of_each, (1000 * of_each).to_string()),
        ];
        same(as_of, found, expected)?;
    }
    Ok(())
}

async fn what_did_not_move_is_told_as_it_was(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut stages = Pipeline::sales(case.id()).stages;
    for stage in &mut stages.0 {
        stage.expected_days = Some(20);
    }
    let pipeline = work.insert(Pipeline::new(case.id(), "Slow", stages)).await?.into_inner();
    let dealer = work.insert(customer(case, "Dealer")).await?.id;
    let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
    (deal.customer_id, deal.amount) = (Some(dealer), Some("5 EUR".parse()?));
    deal.expected_close = Some(day("2017-02-20")?);
    let steps = [("2017-01-01", "opened"), ("2017-02-01", "engaging"), ("2017-03-01", "won")];
    let id = work.insert(stepped(deal, &pipeline, &steps)?).await?.id;
    let instant = |on: &str| -> Held<Timestamp> { Ok(Timestamp::start_of(day(on)?)?) };
    let mut task = Task::new(case.id(), "call", instant("2017-02-05")?);
    (task.opportunity_id, task.due) = (Some(id), Some(day("2017-02-10")?));
    let task = work.insert(task).await?;
    let by = work.scope().actor.clone();
    let closed = task.clone().into_inner().done(instant("2017-02-24")?, &by, None)?;
    work.update(task.edit(|one| *one = closed)).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let utc = FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no such offset"))?;
    let expected: [(&str, &[&str]); 8] = [
        ("2016-12-31", &[]),
        ("2017-01-20", &["prospecting", "no next step"]),
        ("2017-01-31", &["prospecting", "in its stage for 30 days, 20 expected", "no next step"]),
        ("2017-02-04", &["engaging", "no next step"]),
        ("2017-02-06", &[]),
        (
            "2017-02-23",
            &["engaging", "in its stage for 22 days, 20 expected", "was to be decided 3 days ago"],
        ),
        ("2017-02-24", &["engaging", "in its stage for 23 days, 20 expected", "no next step"]),
        ("2017-03-01", &[]),
    ];
    for (as_of, expected) in expected {
        let report = stuck(&mut *unit, day(as_of)?, utc, &Criteria::everything(), 10).await?;
        let mut found = Vec::new();
        for item in &report.items {
            found.push(item.stood.stage.clone());
            let mut reasons = item.reasons();
            reasons.sort();
            // When it is to be decided is another law's.
            let nothing = "no next step";
            found.extend(
                reasons
                    .into_iter()
                    .map(|one| if one.starts_with(nothing) { nothing.to_owned() } else { one }),
            );
        }
        let shown: Vec<_> = found.iter().map(String::as_str).collect();
        same(as_of, shown.as_slice(), expected)?;
        let open = ("2017-01-01"..="2017-02-28").contains(&as_of);
        same(as_of, told(&mut *unit, &report.open).await?.0, u64::from(open))?;
    }
    Ok(())
}
