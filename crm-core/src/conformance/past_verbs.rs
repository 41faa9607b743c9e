//! What holds of opportunities although somebody writes past the verbs.

use chrono::{Days, NaiveDate};

use crate::{
    kernel::{ErrorKind, Id},
    opportunity::{Decision, Evidence, Opportunity, OpportunityEvent},
    store::expect,
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    gates::moves,
    law::Law,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        nothing_is_closed_in_the_future_on_any_path,
        no_imported_state_is_put_over_a_record,
        steps_lead_on_from_where_a_record_stands
    ]
}

fn decided(on: NaiveDate) -> Decision {
    Decision { on: Some(on), ..Decision::default() }
}

async fn nothing_is_closed_in_the_future_on_any_path(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let (pipeline, none) = (&setting.pipeline, Evidence::default());
    let id = setting.opportunities[0];
    let mut work = case.begin().await?;
    let today = work.now().date();
    let far = today + Days::new(3);
    let stored = expect(&mut *work, id).await?;
    let open = || -> Held<Opportunity> {
        let mut new = Opportunity::open(case.id(), "a deal", pipeline)?;
        new.customer_id = Some(setting.customers[0]);
        Ok(new)
    };
    let future = |what: &str, error: String| {
        let said = error.contains("closed_on") && error.contains("in the future");
        claim(said, format!("{what}: {error}"))
    };
    for event in [OpportunityEvent::win(far), OpportunityEvent::lose(far)] {
        let forged = stored.clone().change("moved", |mut o| {
            o.customer_id = Some(setting.customers[0]);
            o.step(pipeline, &event, &none)
        })?;
        let error = fails("a raw update", work.update(forged).await, ErrorKind::Invalid)?;
        future("a raw update", error.to_string())?;
        let new = open()?.step(pipeline, &event, &none)?;
        let error = fails("a record", work.insert(new.clone()).await, ErrorKind::Invalid)?;
        future("a record", error.to_string())?;
        fails("in a list", work.insert_all(vec![new]).await, ErrorKind::Invalid)?;
    }
    let told = open()?.imported(pipeline, "won", decided(far))?;
    let error = fails("one from elsewhere", work.insert(told).await, ErrorKind::Invalid)?;
    future("one from elsewhere", error.to_string())?;
    same("the record", &expect(&mut *work, id).await?, &stored)?;
    for on in [day("2017-05-01")?, today] {
        work.insert(open()?.imported(pipeline, "won", decided(on))?).await?;
    }
    Ok(work.commit().await?)
}

async fn no_imported_state_is_put_over_a_record(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let pipeline = &setting.pipeline;
    let id = setting.opportunities[0];
    let on = day("2017-05-01")?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, id).await?;
    let known = moves(&mut *work, id).await?;
    let told = stored.clone().into_inner().imported(pipeline, "lost", decided(on));
    let said = fails("of one that is stored", told, ErrorKind::Refused)?.to_string();
    claim(said.contains("it moves by its verbs"), said)?;
    let forged =
        Opportunity::open(id, "a deal", pipeline)?.imported(pipeline, "lost", decided(on))?;
    let over = stored.clone().edit(|o| *o = forged);
    let said = fails("over one that is stored", work.update(over).await, ErrorKind::Refused)?;
    claim(said.to_string().contains("no imported state"), said.to_string())?;
    let stepped =
        stored.clone().change("moved", |o| {
            o.step(pipeline, &OpportunityEvent::advance("engaging"), &Evidence::default())?
                .imported(pipeline, "lost", decided(on))
        })?;
    fails("after a step", work.update(stepped).await, ErrorKind::Refused)?;
    same("the record", &expect(&mut *work, id).await?, &stored)?;
    same("its moves", moves(&mut *work, id).await?, known)
}

async fn steps_lead_on_from_where_a_record_stands(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let (pipeline, none) = (&setting.pipeline, Evidence::default());
    let id: Id<Opportunity> = setting.opportunities[0];
    let mut work = case.begin().await?;
    work.opportunities().lose(id, day("2017-05-01")?, None, None).await?;
    let stored = expect(&mut *work, id).await?;
    let known = moves(&mut *work, id).await?;
    // Steps of another one, which was open.
    let fresh = Opportunity::open(id, "a deal", pipeline)?;
    let mut other = expect(&mut *work, setting.opportunities[1]).await?.into_inner();
    other.id = id;
    for forged in [fresh, other] {
        let forged = forged.step(pipeline, &OpportunityEvent::advance("engaging"), &none)?;
        let over = stored.clone().edit(|o| *o = forged);
        let said = fails("steps from elsewhere", work.update(over).await, ErrorKind::Refused)?;
        claim(said.to_string().contains("begin elsewhere"), said.to_string())?;
    }
    same("the record", &expect(&mut *work, id).await?, &stored)?;
    same("its moves", moves(&mut *work, id).await?, known)?;
    let event = OpportunityEvent::reopen("engaging");
    let forward = stored.change("moved", |o| o.step(pipeline, &event, &none))?;
    same("from where it stands", work.update(forward).await?.stage(), "engaging")
}
