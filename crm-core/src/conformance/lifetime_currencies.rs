//! What customers will still bring, and who is silent, where they pay in several currencies.

use rust_decimal::Decimal;

use crate::{
    kernel::{Currency, ErrorKind, Money},
    lifetime::{LifetimeQuestion, Model, Watch, at_risk, lifetime},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    lifetimes::{from_the_first, house, insert, order, question, set_rate},
    merging::customers,
};

pub(super) fn laws() -> Vec<Law> {
    laws![a_purchase_without_a_rate_is_told, who_pays_in_another_currency_is_not_silent]
}

async fn a_purchase_without_a_rate_is_told(case: &Case) -> Held {
    house(case, case.anna()?).await?;
    let one = customers(case, 1).await?[0];
    let as_of = day("2026-12-31")?;
    let watch = Watch::new(as_of, "USD".parse()?);
    let question =
        LifetimeQuestion { currency: Some("USD".parse()?), ..question(Model::BgNbd, as_of)? };
    let told = async || {
        let mut unit = case.read().await?;
        let report = lifetime(&mut *unit, &question).await?;
        Ok::<_, Failure>((report.fit, at_risk(&mut *unit, &watch).await?))
    };
    let before = told().await?;
    // What came later has no say, whether there is a rate or not.
    let euros = |amount: i64| Money::new(amount.into(), Currency::EUR);
    let later = order(case, one, day("2027-01-01")?, euros(7)?);
    insert(case, case.anna()?, vec![later]).await?;
    same("with what came later", told().await?, before)?;
    let missing = order(case, one, day("2026-02-03")?, euros(7)?);
    insert(case, case.anna()?, vec![missing]).await?;
    // The one of a later day does not hold.
    set_rate(case, "2026-02-04", Decimal::from(2)).await?;
    let mut unit = case.read().await?;
    for (what, failed) in [
        ("lifetime value", lifetime(&mut *unit, &question).await.map(drop)),
        ("at risk", at_risk(&mut *unit, &watch).await.map(drop)),
    ] {
        let error = fails(what, failed, ErrorKind::NoRate)?;
        let told = error.to_string();
        let names = ["EUR", "USD", "2026-02-03"].iter().all(|word| told.contains(word));
        claim(names, format!("{what} names currencies and day: {told}"))?;
    }
    Ok(())
}

async fn who_pays_in_another_currency_is_not_silent(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    set_rate(case, "2026-01-01", Decimal::from(2)).await?;
    let mut all = Vec::new();
    for week in 0_u64..52 {
        let date = from_the_first(7 * week)?;
        // Both come every week; in autumn one goes on in euros, and the other stops.
        let currency = if week < 45 { "USD" } else { "EUR" };
        all.push(order(case, ids[0], date, Money::new(20.into(), currency.parse()?)?));
        if week < 49 {
            all.push(order(case, ids[1], date, Money::new(20.into(), "USD".parse()?)?));
        }
    }
    insert(case, case.anna()?, all).await?;
    let as_of = day("2026-12-31")?;
    let mut unit = case.read().await?;
    let report = at_risk(&mut *unit, &Watch::new(as_of, "USD".parse()?)).await?;
    let who: Vec<_> = report.at_risk.iter().map(|one| one.customer).collect();
    let silent = report.gone + who.len() as u64;
    same("how many are silent", (report.customers, silent), (2, 1))?;
    claim(!who.contains(&ids[0]), "who goes on in another currency is not")?;
    // What each brings counts in the currency of the watch.
    let strict = Watch { unlikely: 0.999, ..Watch::new(as_of, "USD".parse()?) };
    let all = at_risk(&mut *unit, &strict).await?;
    let of = |id| all.at_risk.iter().find(|one| one.customer == id);
    let one = of(ids[0]).ok_or_else(|| Failure::new("it is judged"))?;
    same("every purchase counts", (one.purchases, one.last_purchase), (52, from_the_first(357)?))?;
    // 44 times 20 and 7 times 40 in 51 weeks.
    same("with its worth", one.value_at_risk().as_str(), "1186.81")
}
