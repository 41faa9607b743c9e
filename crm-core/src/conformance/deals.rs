//! What an opportunity is worth, whose it is, and how it came to be what it is.

use rust_decimal::Decimal;

use crate::{
    import::ImportKind,
    kernel::{Entity, ErrorKind, Money},
    opportunity::{
        self, Decision, Evidence, Line, Lines, Opportunity, OpportunityEvent, Split, Splits,
    },
    pipeline::Pipeline,
    stage_move::MoveKind,
    store::{expect, find_one},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    gates::moves,
    law::Law,
    old_ids::import,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        an_amount_is_what_the_lines_come_to,
        lines_that_cannot_be_are_invalid,
        shares_add_up_to_a_hundred,
        what_is_edited_is_a_move_too,
        moves_come_with_what_is_inserted,
        imported_history_is_two_moves,
        rows_of_a_file_move_on_the_days_they_tell
    ]
}

async fn an_amount_is_what_the_lines_come_to(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let id = setting.opportunities[0];
    let price: Money = "19.99 EUR".parse()?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, id).await?;
    let written = work
        .update(stored.edit(|o| {
            o.amount = "1 USD".parse().ok();
            let mut line = Line::new("books", 3.into(), price);
            line.discount = Decimal::new(125, 1);
            o.lines = Lines(vec![line, Line::new("shipping", 1.into(), price)]);
        }))
        .await?;
    // 3 × 19.99 × 0.875 + 19.99 = 72.46375
    same("the amount", written.amount.map(|a| a.to_string()), Some("72.46 EUR".to_owned()))?;
    let Some(totals) = written.lines.totals()? else { return Err(Failure::new("no totals")) };
    let each: Vec<_> = totals.lines.iter().map(|line| line.net.amount_text()).collect();
    same("the lines", each, vec!["52.47".to_owned(), "19.99".to_owned()])?;
    let stored = expect(&mut *work, id).await?;
    let other = work.update(stored.edit(|o| o.amount = "5 EUR".parse().ok())).await?;
    same("an amount beside the lines", other.amount, written.amount)?;
    let bare = work.update(other.edit(|o| o.lines = Lines::default())).await?;
    same("without lines", bare.amount, written.amount)?;
    let last = work.update(bare.edit(|o| o.amount = "5 EUR".parse().ok())).await?;
    same("a bare amount", last.amount.map(|a| a.to_string()), Some("5.00 EUR".to_owned()))
}

async fn lines_that_cannot_be_are_invalid(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let id = setting.opportunities[0];
    let price: Money = "10 EUR".parse()?;
    let good = || Line::new("a book", 1.into(), price);
    let mut negative = good();
    negative.quantity = (-1).into();
    let mut gift = good();
    gift.discount = Decimal::new(1001, 1);
    let mut untaxed = good();
    untaxed.tax_rate = (-1).into();
    let mut silent = good();
    silent.text = " ".into();
    let foreign = Line::new("a book", 1.into(), "10 USD".parse()?);
    let mut work = case.begin().await?;
    for (place, line) in [
        ("lines[1].quantity", negative),
        ("lines[1].discount", gift),
        ("lines[1].tax_rate", untaxed),
        ("lines[1].text", silent),
        ("lines[1].unit_price", foreign),
    ] {
        let stored = expect(&mut *work, id).await?;
        let answer = work.update(stored.edit(|o| o.lines = Lines(vec![good(), line]))).await;
        let said = fails(place, answer, ErrorKind::Invalid)?.to_string();
        claim(said.contains(place), format!("the place is not told: {said}"))?;
    }
    let mut unknown = good();
    unknown.product_id = Some(case.id());
    let stored = expect(&mut *work, id).await?;
    let answer = work.update(stored.edit(|o| o.lines = Lines(vec![unknown]))).await;
    fails("a product that is not there", answer, ErrorKind::Missing).map(drop)
}

async fn shares_add_up_to_a_hundred(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let id = setting.opportunities[0];
    let [one, two] = setting.staff;
    let share = |staff_id, percent: i64| Split { staff_id, percent: percent.into() };
    let mut work = case.begin().await?;
    for shares in [
        vec![share(one, 50)],
        vec![share(one, 50), share(two, 49)],
        vec![share(one, 150), share(two, -50)],
        vec![share(one, 50), share(one, 50)],
    ] {
        let stored = expect(&mut *work, id).await?;
        let answer = work.update(stored.edit(|o| o.splits = Splits(shares))).await;
        fails("shares that do not add up", answer, ErrorKind::Invalid)?;
    }
    let stored = expect(&mut *work, id).await?;
    let nobody = Splits(vec![share(one, 50), share(case.id(), 50)]);
    let answer = work.update(stored.edit(|o| o.splits = nobody)).await;
    fails("a share of nobody", answer, ErrorKind::Missing)?;
    let stored = expect(&mut *work, id).await?;
    let shares = Splits(vec![share(one, 70), share(two, 30)]);
    work.update(stored.edit(|o| o.splits = shares)).await.map(drop).map_err(Failure::from)
}

async fn what_is_edited_is_a_move_too(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let id = setting.opportunities[0];
    let day = day("2018-03-31")?;
    let mut work = case.begin().await?;
    let amount: Money = "500 EUR".parse()?;
    let mut stored = expect(&mut *work, id).await?;
    stored = work.update(stored.edit(|o| o.amount = Some(amount)).because("they asked")).await?;
    stored = work.update(stored.edit(|o| o.expected_close = Some(day))).await?;
    stored = work.update(stored.edit(|o| o.owner_id = Some(setting.staff[0]))).await?;
    stored = work.update(stored.edit(|o| o.notes = Some("nothing else".into()))).await?;
    work.opportunities()
        .reassign(id, Some(setting.staff[1]), crate::ownership::Why::because("ill"))
        .await?;
    let found = moves(&mut *work, id).await?;
    let told: Vec<_> = found
        .iter()
        .map(|step| (step.number, step.kind, step.reason.as_deref().unwrap_or("")))
        .collect();
    let expected = vec![
        (1, MoveKind::Opened, ""),
        (2, MoveKind::Revised, "they asked"),
        (3, MoveKind::Revised, ""),
        (4, MoveKind::Reassigned, ""),
        (5, MoveKind::Reassigned, "ill"),
    ];
    same("the moves", told, expected)?;
    let amounts: Vec<_> =
        found.iter().map(|step| (step.amount_before, step.amount_after)).collect();
    same("the amounts", amounts[..2].to_vec(), vec![(None, None), (None, Some(amount))])?;
    same("the owner before", found[4].owner_before, Some(setting.staff[0]))?;
    same("how many it counts", expect(&mut *work, id).await?.moves(), 5)?;
    claim(stored.stage_since().is_some(), "since when it is in its stage")
}

async fn moves_come_with_what_is_inserted(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let pipeline = &setting.pipeline;
    let none = Evidence::default();
    let at = |text: &str| text.parse();
    let mut deal = Opportunity::open(case.id(), "from a file", pipeline)?;
    deal.customer_id = Some(setting.customers[0]);
    let deal = deal.taken_at(at("2017-01-01T08:00:00Z")?);
    let deal = deal.step(pipeline, &OpportunityEvent::advance("engaging"), &none)?;
    let mut deal = deal.taken_at(at("2017-02-01T08:00:00Z")?);
    deal.amount = "100 EUR".parse().ok();
    let won = OpportunityEvent::win(day("2017-03-01")?).because("price");
    let deal = deal.step(pipeline, &won, &none)?.taken_at(at("2017-03-01T08:00:00Z")?);
    let mut work = case.begin().await?;
    let stored = work.insert_all(vec![deal.clone()]).await?;
    same("what was written", stored.first().map(|s| s.moves()), Some(3))?;
    let found = moves(&mut *work, deal.id).await?;
    let told: Vec<_> = found
        .iter()
        .map(|m| (m.kind, m.from_stage.as_deref(), m.to_stage.as_str(), m.moved_at.date()))
        .collect();
    let expected = vec![
        (MoveKind::Opened, None, "prospecting", day("2017-01-01")?),
        (MoveKind::Advanced, Some("prospecting"), "engaging", day("2017-02-01")?),
        (MoveKind::Won, Some("engaging"), "won", day("2017-03-01")?),
    ];
    same("the moves", told, expected)?;
    same("the amount when it moved on", found[1].amount_after, deal.amount)?;
    let read = expect(&mut *work, deal.id).await?;
    same("since when it is won", read.stage_since().map(|t| t.date()), Some(day("2017-03-01")?))?;
    same("from where", read.decided_from(), Some("engaging"))
}

async fn imported_history_is_two_moves(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let pipeline: &Pipeline = &setting.pipeline;
    let mut deal = Opportunity::open(case.id(), "from elsewhere", pipeline)?;
    deal.opened_on = Some(day("2017-01-01")?);
    let decision = Decision {
        on: Some(day("2017-05-01")?),
        from: Some("engaging".into()),
        ..Decision::default()
    };
    let deal = deal.imported(pipeline, "lost", decision)?;
    let mut work = case.begin().await?;
    work.insert(deal.clone()).await?;
    let found = moves(&mut *work, deal.id()).await?;
    let told: Vec<_> = found
        .iter()
        .map(|m| (m.from_stage.as_deref(), m.to_stage.as_str(), m.moved_at.date()))
        .collect();
    let expected = vec![
        (None, "engaging", day("2017-01-01")?),
        (Some("engaging"), "lost", day("2017-05-01")?),
    ];
    same("the moves", told, expected)
}

async fn rows_of_a_file_move_on_the_days_they_tell(case: &Case) -> Held {
    Setting::committed(case).await?;
    let file = "external_id|name|stage|decided_from|opened_on|closed_on\n\
        o1|one|prospecting||2017-01-05|\n\
        o2|two|engaging||2017-01-06|\n\
        o2|two again|engaging||2017-01-06|\n\
        o3|three|lost||2017-01-07|2017-02-01\n\
        o4|four|lost|engaging|2017-01-08|2017-02-02";
    import(case, ImportKind::Opportunities, file).await?;
    let mut work = case.begin().await?;
    for (external, from, expected) in [
        ("o1", None, vec![("prospecting", "2017-01-05")]),
        ("o2", None, vec![("engaging", "2017-01-06")]),
        ("o3", None, vec![("lost", "2017-02-01")]),
        ("o4", Some("engaging"), vec![("engaging", "2017-01-08"), ("lost", "2017-02-02")]),
    ] {
        let found = find_one(&mut *work, opportunity::EXTERNAL_ID.eq(external)).await?;
        let Some(deal) = found else { return Err(Failure::new(external)) };
        let found = moves(&mut *work, deal.id).await?;
        let told = found.iter().map(|m| (m.kind, m.to_stage.clone(), m.moved_at.date()));
        let mut dated = Vec::new();
        for (stage, on) in expected {
            dated.push((MoveKind::Imported, stage.to_owned(), day(on)?));
        }
        same(external, told.collect::<Vec<_>>(), dated)?;
        same("since when", deal.stage_since(), found.last().map(|m| m.moved_at))?;
        same("from where", deal.decided_from(), from)?;
    }
    Ok(())
}
