//! Bad input about opportunities: a typed error that names the place, and nothing half done.

use std::fmt::Debug;

use rust_decimal::Decimal;

use crate::{
    import::{ImportKind, Outcome},
    kernel::{Error, Id, Stored},
    opportunity::{Line, Lines, Opportunity, OpportunityEvent, Split, Splits, StageKind},
    pipeline::Pipeline,
    store::expect,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    law::Law,
    old_ids::outcomes,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![bad_input_names_its_place]
}

async fn bad_input_names_its_place(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut deal = Opportunity::open(case.id(), "a deal", &setting.pipeline)?;
    deal.customer_id = Some(setting.customers[0]);
    let id = work.opportunities().open(deal).await?.id;
    work.commit().await?;

    let mut work = case.begin().await?;
    let before = expect(&mut *work, id).await?;
    let verbs = &mut work.opportunities();
    let to = |stage: &str| OpportunityEvent::advance(stage);
    let answer = verbs.take(id, to("nowhere")).await;
    invalid("an unknown stage", answer, "stage", "prospecting, engaging, won, lost")?;
    let answer = verbs.take(id, OpportunityEvent::reopen("nowhere")).await;
    invalid("an unknown stage to reopen in", answer, "stage", "nowhere")?;
    let nowhere = Some("nowhere".to_owned());
    let won = OpportunityEvent::Win { on: day("2017-12-31")?, to: nowhere, reason: None };
    invalid("an unknown stage to win in", verbs.take(id, won).await, "stage", "nowhere")?;
    let far = day("2999-12-31")?;
    for (what, event) in [
        ("a win in the future", OpportunityEvent::win(far)),
        ("a loss in the future", OpportunityEvent::lose(far)),
    ] {
        invalid(what, verbs.take(id, event).await, "closed_on", "2999-12-31 is in the future")?;
    }
    let mut begun = Opportunity::open(case.id(), "one that began", &setting.pipeline)?;
    (begun.customer_id, begun.opened_on) = (Some(setting.customers[0]), Some(day("2017-05-02")?));
    let begun = verbs.open(begun).await?.id;
    let (eve, says) = (day("2017-05-01")?, "2017-05-01 is before 2017-05-02");
    for (what, event) in [
        ("a win before it began", OpportunityEvent::win(eve)),
        ("a loss before it began", OpportunityEvent::lose(eve)),
    ] {
        invalid(what, verbs.take(begun, event).await, "closed_on", says)?;
    }
    verbs.take(begun, OpportunityEvent::win(day("2017-05-02")?)).await?;
    let later = Some(day("2017-05-03")?);
    let answer = verbs.revise(begun, None, |o| o.opened_on = later).await;
    invalid("a beginning after the win", answer, "closed_on", "2017-05-02 is before 2017-05-03")?;
    let [one, two] = setting.staff;
    let share = |staff_id, percent: i64| Split { staff_id, percent: percent.into() };
    for (what, shares, place, says) in [
        ("99 %", vec![share(one, 50), share(two, 49)], "splits", "99, not to 100"),
        ("more than all", vec![share(one, 101)], "splits[0].percent", "101"),
        ("a negative share", vec![share(one, 50), share(two, -50)], "splits[1].percent", "-50"),
        ("two of one", vec![share(one, 50), share(one, 50)], "splits[1].staff_id", "one share"),
    ] {
        let answer = verbs.revise(id, None, |o| o.splits = Splits(shares)).await;
        invalid(what, answer, place, says)?;
    }
    let line = |quantity: i64, price: &str, discount: Decimal| -> Held<Line> {
        Ok(Line { discount, ..Line::new("a book", quantity.into(), price.parse()?) })
    };
    let none = Decimal::ZERO;
    for (what, lines, place, says) in [
        ("a negative quantity", vec![line(-1, "5 EUR", none)?], "lines[0].quantity", "-1"),
        (
            "a discount over 100 %",
            vec![line(1, "5 EUR", Decimal::new(1001, 1))?],
            "lines[0].discount",
            "100.1",
        ),
        (
            "two currencies",
            vec![line(1, "5 EUR", none)?, line(1, "5 USD", none)?],
            "lines[1].unit_price",
            "USD beside EUR",
        ),
    ] {
        let answer = verbs.revise(id, None, |o| o.lines = Lines(lines)).await;
        invalid(what, answer, place, says)?;
    }
    same("the opportunity", &expect(&mut *work, id).await?, &before)?;
    drop(work);
    let file = "external_id|name|stage|closed_on\nf1|a deal|lost|2999-12-31";
    let told = outcomes(case, ImportKind::Opportunities, file).await?;
    let Some(Outcome::Refused(why)) = told.first() else {
        return Err(Failure::new(format!("a loss in the future came in: {told:?}")));
    };
    claim(why.contains("closed_on: 2999-12-31 is in the future"), &**why)?;
    let file = "external_id|name|stage|opened_on|closed_on\nf1|a deal|lost|2017-05-02|2017-05-01\n\
                f2|a deal|lost|2017-05-02|2017-05-02";
    let told = outcomes(case, ImportKind::Opportunities, file).await?;
    let [Outcome::Refused(why), Outcome::New] = told.as_slice() else {
        return Err(Failure::new(format!("of one lost before it began and one not: {told:?}")));
    };
    claim(why.contains(says), &**why)?;
    let mut work = case.begin().await?;
    pipelines(case, &mut *work).await
}

async fn pipelines(case: &Case, work: &mut (dyn crate::store::UnitOfWork + '_)) -> Held {
    type Break = fn(&mut Pipeline);
    let broken: [(&str, Break, &str); 4] = [
        (
            "without a won stage",
            |p| p.stages.0.retain(|s| s.kind != StageKind::Won),
            "a stage of the kind won",
        ),
        (
            "without a lost stage",
            |p| p.stages.0.retain(|s| s.kind != StageKind::Lost),
            "a stage of the kind lost",
        ),
        (
            "with a stage that nothing leads to",
            |p| p.stages.0[0].to = vec!["won".into()],
            "no way leads from \"prospecting\" to the stage \"engaging\"",
        ),
        ("with two stages of one key", |p| p.stages.0[1].key = "prospecting".into(), "prospecting"),
    ];
    for (what, spoil, says) in broken {
        let mut pipeline = Pipeline::sales(case.id());
        pipeline.name = what.to_owned();
        spoil(&mut pipeline);
        let id: Id<Pipeline> = pipeline.id;
        invalid(what, work.insert(pipeline).await, "stages", says)?;
        same(
            "it is not there",
            crate::store::Read::get(work, id).await?,
            None::<Stored<Pipeline>>,
        )?;
    }
    Ok(())
}

#[track_caller]
fn invalid<T: Debug>(what: &str, answer: crate::Result<T>, place: &str, says: &str) -> Held {
    match answer {
        Err(Error::Invalid(wrong)) => {
            same(what, wrong.field.as_str(), place)?;
            claim(wrong.reason.contains(says), format!("{what}: {wrong}"))
        }
        other => Err(Failure::new(format!("{what}: expected Invalid, found {other:?}"))),
    }
}
