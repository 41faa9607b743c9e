//! Amounts of what is kept, without its rows.

use rust_decimal::Decimal;

use crate::{
    customer_value::{self, CustomerValue},
    exchange_rate::DatedRates,
    kernel::{AmountsOf, Criteria, Currency, ErrorKind, KeptEntity, Money, fold_amounts},
    merge::MergeCommand,
    monthly_value::{self, MonthlyValue},
    transaction::TransactionKind,
    value::{Basis, Period, ValueQuestion, profits, to_units, values_by},
};

use super::{
    case::{Case, day},
    claim::{Held, fails, same},
    kept_fold::{everything_kept, order},
    kept_profits::set_rates,
    law::Law,
    merging::customers,
    sample::{Extreme, Make},
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        amounts_of_what_is_kept_are_the_fold,
        amounts_lead_to_no_other_tenant,
        values_are_those_of_profits_whatever_is_plain,
        what_a_thousand_merged_ones_brought_elsewhere_counts
    ]
}

/// More than a row may have in a month to be plain, and less than one amount may be.
const LARGE: &str = "99999999999999.9999 EUR";

async fn amounts_of_what_is_kept_are_the_fold(case: &Case) -> Held {
    sell(case).await?;
    let mut unit = case.read().await?;
    let (values, months) = everything_kept(&mut *unit).await?;
    let values: Vec<_> = values.into_iter().map(|row| row.into_inner()).collect();
    let months: Vec<_> = months.into_iter().map(|row| row.into_inner()).collect();
    let zero = Money::zero(Currency::EUR);
    for margin in [false, true] {
        let euros =
            customer_value::REVENUE.at_least(zero).and(customer_value::COST.below(money(LARGE)?));
        let of = || AmountsOf::<CustomerValue> {
            criteria: customer_value::ORDERS.above(0),
            plus: vec![customer_value::REVENUE.spec(), customer_value::RETURNED.spec()],
            minus: if margin { vec![customer_value::COST.spec()] } else { Vec::new() },
            plain: euros.clone(),
        };
        let found = unit.amounts(of()).await?.added_up()?;
        same("of all time", found, fold_amounts(&of(), &values)?.added_up()?)?;
        for (plain, first, last) in [
            (monthly_value::REVENUE.at_least(zero), "2017-10-01", "2017-12-01"),
            (monthly_value::REVENUE.at_most(money("500 EUR")?), "2017-09-01", "2017-11-01"),
            (monthly_value::RETURNS.eq(0).not(), "2017-09-01", "2017-09-01"),
            (Criteria::Any(Vec::new()), "2017-09-01", "2017-12-01"),
            (monthly_value::REVENUE.at_least(zero), "2018-09-01", "2018-12-01"),
        ] {
            let those = monthly_value::MONTH.at_least(day(first)?);
            let those = those.and(monthly_value::MONTH.at_most(day(last)?));
            let small = monthly_value::REVENUE.at_most(money("1000000000 EUR")?);
            let of = || AmountsOf::<MonthlyValue> {
                criteria: those.clone(),
                plus: vec![monthly_value::REVENUE.spec(), monthly_value::RETURNED.spec()],
                minus: if margin { vec![monthly_value::COST.spec()] } else { Vec::new() },
                plain: plain.clone().and(small.clone()),
            };
            let found = unit.amounts(of()).await?.added_up()?;
            same("of months", found, fold_amounts(&of(), &months)?.added_up()?)?;
        }
    }
    let wrong = AmountsOf::<CustomerValue> {
        criteria: Criteria::everything(),
        plus: vec![customer_value::ORDERS.spec()],
        minus: Vec::new(),
        plain: Criteria::everything(),
    };
    fails("a number of orders is no amount", unit.amounts(wrong).await, ErrorKind::Invalid)?;
    Ok(())
}

async fn amounts_lead_to_no_other_tenant(case: &Case) -> Held {
    sell(case).await?;
    let other = case.scope(2, "anna")?;
    let mut unit = case.store().read(other).await?;
    let found = unit.amounts(everything::<CustomerValue>(customer_value::REVENUE.spec())).await?;
    same("of all time", found.added_up()?.plain.len(), 0)?;
    let found = unit.amounts(everything::<MonthlyValue>(monthly_value::REVENUE.spec())).await?;
    same("of months", found.added_up()?.plain.len(), 0)
}

async fn values_are_those_of_profits_whatever_is_plain(case: &Case) -> Held {
    sell(case).await?;
    set_rates(case, &[("USD", "2017-01-01", "0.9"), ("USD", "2017-10-10", "0.85713")]).await?;
    let mut unit = case.read().await?;
    let rates = DatedRates::load(&mut *unit, Currency::EUR, day("2018-12-31")?).await?;
    for period in [
        Period::until(day("2018-12-31")?),
        Period::until(day("2017-11-30")?),
        Period::until(day("2017-11-12")?),
        Period::new(day("2017-10-01")?, day("2017-11-30")?, day("2018-01-01")?)?,
        Period::new(day("2017-10-02")?, day("2017-11-30")?, day("2018-01-01")?)?,
        Period::new(day("2017-12-01")?, day("2017-12-31")?, day("2018-01-01")?)?,
        Period::new(day("2016-11-01")?, day("2016-11-30")?, day("2018-01-01")?)?,
    ] {
        for basis in [Basis::Revenue, Basis::Margin] {
            let mut expected = Vec::new();
            profits(&mut *unit, period, &rates, None, |customer, profit| {
                if let Some(value) = basis.of(&profit)? {
                    expected.push((customer, to_units(value)?));
                }
                Ok(())
            })
            .await?;
            let question = ValueQuestion { basis, period, rates: rates.clone(), service: None };
            let found = values_by(&mut *unit, &question).await?;
            let found: Vec<_> = found.customers.into_iter().zip(found.units).collect();
            same(&format!("{basis} of {period:?}"), found, expected)?;
        }
    }
    Ok(())
}

async fn what_a_thousand_merged_ones_brought_elsewhere_counts(case: &Case) -> Held {
    const MERGED: usize = 1_050;
    let mut ids = customers(case, MERGED + 1).await?;
    ids.sort_unstable();
    // The survivor stands in the middle, and sales come under old ids after the merge.
    let survivor = ids.remove(MERGED / 2);
    let mut work = case.begin().await?;
    for some in ids.chunks(100) {
        let merge = MergeCommand::new(case.id(), survivor, some.iter().copied());
        work.customers().merge(merge).await?;
    }
    work.commit().await?;
    set_rates(case, &[("USD", "2017-01-01", "0.5")]).await?;
    let sold = ids.iter().map(|id| order(case, *id, "2017-11-30", "2 USD"));
    let sold = sold.collect::<Held<Vec<_>>>()?;
    let mut work = case.begin().await?;
    work.insert_all(sold).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let rates = DatedRates::load(&mut *unit, Currency::EUR, day("2018-12-31")?).await?;
    let period = Period::until(day("2018-12-31")?);
    let question = ValueQuestion { basis: Basis::Revenue, period, rates, service: None };
    let found = values_by(&mut *unit, &question).await?;
    let found: Vec<_> = found.customers.into_iter().zip(found.units).collect();
    same("what all brought", found, vec![(survivor, to_units(Decimal::from(MERGED))?)])
}

/// Sales of four months in two currencies, some of them large, payments and returns, some under the ids of those who were merged.
async fn sell(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    let ids = customers(case, 12).await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[1], [ids[2]])).await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1], ids[3]])).await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[4], [ids[5]])).await?;
    work.commit().await?;
    let mut all = Vec::new();
    for _ in 0..300 {
        // The second half of them has euros alone, and so have two who are merged into one.
        let customer = make.dice(ids.len());
        let foreign = make.dice(4) == 0 && !(4..9).contains(&customer);
        let cents = make.dice(100_000);
        let currency = if foreign { "USD" } else { "EUR" };
        let amount = format!("{}.{:02} {currency}", cents / 100, cents % 100);
        let date = format!("2017-{:02}-{:02}", 9 + make.dice(4), 1 + make.dice(30));
        let kind = make.one_of(TransactionKind::ALL);
        let sign = if kind == TransactionKind::Return { "-" } else { "" };
        let mut one = order(case, ids[customer], &date, &format!("{sign}{amount}"))?;
        one.kind = kind;
        one.cost = make.opt(|_| one.revenue);
        all.push(one);
    }
    // One within bounds in each month alone, one beyond what one amount holds, one beyond it in its returns.
    for (customer, amount) in [(9, "999999999 EUR"), (9, "2 EUR"), (10, LARGE), (10, LARGE)] {
        all.push(order(case, ids[customer], "2017-10-20", amount)?);
    }
    for _ in 0..2 {
        let mut back = order(case, ids[11], "2017-10-20", &format!("-{LARGE}"))?;
        back.kind = TransactionKind::Return;
        all.push(back);
    }
    let mut work = case.begin().await?;
    work.insert_all(all).await?;
    work.commit().await?;
    Ok(())
}

fn everything<E: KeptEntity>(amount: &'static crate::kernel::FieldSpec<E>) -> AmountsOf<E> {
    let (criteria, plain) = (Criteria::everything(), Criteria::everything());
    AmountsOf { criteria, plus: vec![amount], minus: Vec::new(), plain }
}

fn money(text: &str) -> Held<Money> {
    Ok(text.parse()?)
}
