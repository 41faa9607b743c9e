//! Who is to be won: runs that expect of customers what a model of their purchases says.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    interaction::{Channel, Direction, Interaction},
    kernel::{Currency, ErrorKind, Id, Money},
    lifetime::{CustomerOutlook, LifetimeReport, Model, lifetime},
    store::expect,
    value::{
        Basis, Expectation, LifetimePolicy, Period, RunRequest, ServiceRates, Standing,
        ValuePolicies, preview_run, take_run,
    },
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    lifetimes,
    merging::customers,
    value_house::{lines, served_at},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        an_unprofitable_customer_of_whom_a_model_expects_much_is_to_be_won,
        a_run_whose_purchases_carry_no_model_is_refused
    ]
}

fn dollars() -> Held<Currency> {
    Ok("USD".parse()?)
}

/// Of the year 2026, by a model, half of whose revenue counts; a call costs more than anybody brings.
fn asked(case: &Case, model: Model) -> Held<RunRequest<'static>> {
    let (from, to) = (day("2026-01-01")?, day("2026-12-31")?);
    let currency = dollars()?;
    let service = ServiceRates { currency, ..served_at(100_000) };
    let lifetime = LifetimePolicy {
        model,
        horizon_days: 728,
        expected_margin: 50.into(),
        ..LifetimePolicy::default()
    };
    let (service, lifetime) = (Some(service), Some(lifetime));
    let policies = ValuePolicies { service, lifetime, ..ValuePolicies::default() };
    let request = RunRequest::new(case.id(), Period::new(from, to, to)?, Basis::Profit, currency);
    Ok(RunRequest { policies: Some(policies), ..request })
}

/// The model as it is fitted, and what it says of each.
async fn outlooks(
    case: &Case,
    asked: &RunRequest<'_>,
) -> Held<(LifetimeReport, Vec<CustomerOutlook<Id<Customer>>>)> {
    let mut unit = case.read().await?;
    let run = preview_run(&mut *unit, asked, |_| Ok(())).await?;
    let policy = run.policies.lifetime.clone().ok_or_else(|| Failure::new("a policy"))?;
    let report = lifetime(&mut *unit, &policy.question(&run)).await?.nine_digits();
    let mut told = Vec::new();
    let mut pages = report.outlooks(&mut *unit).await?;
    while let Some(page) = pages.next(&mut *unit).await? {
        told.extend(page);
    }
    Ok((report, told))
}

async fn called(case: &Case, id: Id<Customer>) -> Held {
    let at = "2026-06-01T10:00:00Z".parse()?;
    let anna = case.anna()?.actor;
    let call = Interaction::new(case.id(), id, Channel::Phone, Direction::Inbound, at);
    let mut work = case.begin().await?;
    work.insert(call.close("2026-06-02T00:00:00Z".parse()?, &anna)?).await?;
    work.commit().await?;
    Ok(())
}

async fn an_unprofitable_customer_of_whom_a_model_expects_much_is_to_be_won(case: &Case) -> Held {
    lifetimes::house(case, case.anna()?).await?;
    let mut by_model = asked(case, Model::BgNbd)?;
    let (report, mut told) = outlooks(case, &by_model).await?;
    told.sort_by_key(|one| one.expected_value());
    let (Some(first), Some(last)) = (told.first(), told.last()) else {
        return Err(Failure::new("a model says something of everybody"));
    };
    let much = last.expected_value().map(|value| value / Decimal::from(4));
    let much =
        crate::kernel::RATIO_ROUNDING.to_decimals(much.unwrap_or_default(), by_model.currency);
    // Both cost more than they bring; of one much is to be expected, of the other next to nothing.
    let (poor, rich) = (first.customer, last.customer);
    called(case, poor).await?;
    called(case, rich).await?;
    if let Some(policies) = &mut by_model.policies {
        policies.standing.to_win = Expectation::Amount(much);
    }
    let id = take_run(case.store(), &case.anna()?, &by_model).await?.id;
    let run = expect(&mut *case.read().await?, id).await?;
    same("it keeps how it expects", Some(&run.policies), by_model.policies.as_ref())?;
    let lines = lines(case, id).await?;
    same("everybody has a line", lines.len(), told.len())?;
    let half = |one: &CustomerOutlook<_>| {
        let value = one.value.as_ref().and_then(|value| value.parse::<Decimal>().ok());
        Some((
            one.customer,
            crate::kernel::RATIO_ROUNDING.to_decimals(value? / Decimal::TWO, run.currency),
        ))
    };
    let expected: BTreeMap<_, _> = told.iter().filter_map(half).collect();
    same("of everybody something is expected", expected.len(), lines.len())?;
    for line in &lines {
        same(
            "half of what the model says",
            line.expected,
            expected.get(&line.customer_id).copied(),
        )?;
        claim(line.history.is_some(), "it keeps what was known of its purchases")?;
        same("from which the same is told again", line.expected_again(&run)?, line.expected)?;
        same("what serving cost", line.cost_to_serve_again(&run)?, line.cost_to_serve)?;
    }
    let line = lines.iter().find(|line| line.history.is_some_and(|known| known.frequency > 1));
    let line = line.ok_or_else(|| Failure::new("somebody came back"))?;
    let frequency = line.history.map_or(0, |known| known.frequency);
    let why = line.reasons(&run)?.expected.unwrap_or_default();
    let words = [format!("came back {frequency} times"), "in 728 days, by bg-nbd".to_owned()];
    let said = words.iter().all(|words| why.contains(words));
    claim(said, format!("the reason says {words:?}: {why}"))?;
    let of = |id| lines.iter().find(|line| line.customer_id == id);
    for (id, standing) in [(rich, Standing::ToWin), (poor, Standing::Dispensable)] {
        let line = of(id).ok_or_else(|| Failure::new("whoever was called has a line"))?;
        claim(line.value.map(Money::amount) < Some(Decimal::ZERO), "it is not profitable")?;
        same("what it is to the house", line.standing, Some(standing))?;
        let why = line.reasons(&run)?.standing.unwrap_or_default();
        let amount = crate::kernel::amount_text(expected[&id], run.currency);
        let words = format!("{amount} USD are to be expected of it");
        claim(why.contains(&words), format!("the reason says {words}: {why}"))?;
    }
    let totals = run.totals.as_ref().ok_or_else(|| Failure::new("a run has totals"))?;
    let fitted = totals.lifetime.as_ref().ok_or_else(|| Failure::new("the model is kept"))?;
    let numbers = serde_json::to_value(&report.fit.parameters)?;
    same("with its parameters", serde_json::to_value(&fitted.purchases)?, numbers)?;
    let values = report.values.as_ref().map(|values| &values.parameters);
    same("and of values", serde_json::to_value(&fitted.values)?, serde_json::to_value(values)?)?;
    same("fitted to", fitted.customers, report.fit.customers)?;
    let told = totals.notes.iter().any(|note| note.contains("bg-nbd") && note.contains("50 %"));
    claim(told, format!("and says so: {:?}", totals.notes))?;
    // Without the model nothing is known of what to expect.
    let policies = by_model.policies.clone().map(|own| ValuePolicies { lifetime: None, ..own });
    let without = RunRequest { id: case.id(), policies, ..by_model };
    let run = take_run(case.store(), &case.anna()?, &without).await?;
    let totals = run.totals.as_ref().ok_or_else(|| Failure::new("a run has totals"))?;
    let won = totals.standings.iter().find(|one| one.group == Standing::ToWin);
    same("then nobody is to be won", won.map(|one| one.customers), Some(0))
}

async fn a_run_whose_purchases_carry_no_model_is_refused(case: &Case) -> Held {
    let by_model = asked(case, Model::MbgNbd)?;
    let once = customers(case, 12).await?;
    let mut work = case.begin().await?;
    for id in &once {
        let order = super::kept_fold::order(case, *id, "2026-02-01", "10 USD")?;
        work.insert(order).await?;
    }
    work.commit().await?;
    let refused = take_run(case.store(), &case.anna()?, &by_model).await;
    let error = fails("one-time buyers", refused, ErrorKind::Refused)?;
    claim(error.to_string().contains("none of 12 customers has come back"), error.to_string())?;
    let mut unit = case.read().await?;
    let kept =
        crate::store::Read::<crate::value_run::ValueRun>::get(&mut *unit, by_model.id).await?;
    same("nothing is kept", kept, None)?;
    let wrong = asked(case, Model::GammaGamma)?;
    let refused = take_run(case.store(), &case.anna()?, &wrong).await;
    fails("a model without time", refused, ErrorKind::Invalid).map(drop)
}
