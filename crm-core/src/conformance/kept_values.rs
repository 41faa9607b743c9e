//! What stores keep of customers is what their transactions add up to, whatever is done.

use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    customer_value::{self, CustomerValue},
    import::ImportKind,
    kernel::{Criteria, Currency, ErrorKind, Money, Query, Sums},
    merge::MergeCommand,
    monthly_value::{self, MonthlyValue},
    store::{Batch, CUSTODIAN, Custody, Insights, Read, UnitOfWork},
    transaction::{self, Transaction, TransactionKind},
    value::Figures,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    kept_fold::{everything_kept, is_the_fold, kept_rows, order},
    law::Law,
    merging::customers,
    old_ids::import,
    sample::{Extreme, Make, Sample},
    setting::{Setting, a_customer},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        what_is_kept_is_the_fold_whatever_is_done,
        a_unit_sees_what_it_adds_to_what_is_kept,
        what_a_lost_unit_added_is_not_kept,
        a_refused_transaction_adds_nothing,
        a_merge_moves_what_is_kept_and_undoing_it_moves_it_back,
        an_import_keeps_what_it_brings,
        what_is_kept_of_one_tenant_is_hidden_from_another,
        what_is_kept_has_no_history,
        a_customer_may_bring_more_than_one_amount_can_be
    ]
}

async fn what_is_kept_is_the_fold_whatever_is_done(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting.clone(), Extreme::Random);
    for round in 0..60 {
        let mut work = case.begin().await?;
        for _ in 0..=make.dice(3) {
            something(case, &mut *work, &mut make).await?;
            if make.dice(4) == 0 {
                is_the_fold(&mut *work).await?;
            }
        }
        if make.dice(5) == 0 {
            drop(work);
        } else {
            work.commit().await?;
        }
        if round % 3 == 0 {
            is_the_fold(&mut *case.read().await?).await?;
        }
    }
    let mut unit = case.read().await?;
    is_the_fold(&mut *unit).await?;
    let many = Read::<MonthlyValue>::count(&mut *unit, Criteria::everything()).await?;
    claim(many > 10, format!("only {many} months: nothing was tried"))
}

/// Does one of the things that change what customers bring.
async fn something(case: &Case, work: &mut (dyn UnitOfWork + '_), make: &mut Make) -> Held {
    let there = Read::<Transaction>::find(work, Query::all().limit(1_000)).await?.items;
    let what = make.dice(7);
    if there.is_empty() || what < 2 {
        let list =
            (0..make.dice(5)).map(|_| Transaction::sample(make)).collect::<Held<Vec<_>>>()?;
        work.insert_all(list).await?;
        work.insert(Transaction::sample(make)?).await?;
        return Ok(());
    }
    let one = there[make.dice(there.len())].clone();
    match what {
        2 | 3 => {
            let other = Transaction::sample(make)?;
            let kept = (one.id, one.external_id.clone());
            work.update(one.edit(|t| {
                *t = other;
                (t.id, t.external_id) = kept;
            }))
            .await?;
        }
        4 => {
            work.update(one.edit(|t| t.reference = Some("nothing that counts".into()))).await?;
        }
        5 => {
            let [a, b] = make.setting.customers;
            let to = if one.customer_id == a { b } else { a };
            let ids = there.iter().map(|t| t.id).take(7).collect();
            let (from, field) = (one.customer_id.uuid(), transaction::CUSTOMER_ID.spec());
            work.refile(&CUSTODIAN, field, ids, Some(from), Some(to.uuid())).await?;
        }
        _ => {
            Custody::<Transaction>::erase(work, &CUSTODIAN, one.id, None).await?;
            let mut twice = Transaction::sample(make)?;
            twice.id = one.id;
            fails("one that is there", work.insert(twice.clone()).await, ErrorKind::Duplicate)?;
            let list = vec![Transaction::sample(make)?, twice];
            fails("a list with it", work.insert_all(list).await, ErrorKind::Duplicate)?;
            let mut nobody = Transaction::sample(make)?;
            nobody.customer_id = case.id();
            fails("for nobody", work.insert(nobody).await, ErrorKind::Missing)?;
        }
    }
    Ok(())
}

async fn a_unit_sees_what_it_adds_to_what_is_kept(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    for (date, amount) in
        [("2017-12-30", "10.50 EUR"), ("2017-12-31", "5 EUR"), ("2018-01-01", "1 EUR")]
    {
        work.insert(order(case, customer, date, amount)?).await?;
        is_the_fold(&mut *work).await?;
    }
    let month = monthly_value::MONTH.eq(day("2017-12-01")?);
    let page = Read::<MonthlyValue>::find(&mut *work, month.clone().query()).await?.items;
    let [december] = page.as_slice() else { return Err(Failure::new(format!("{page:?}"))) };
    same("the revenue of December", december.figures.revenue, Decimal::new(155, 1))?;
    let got = Read::<MonthlyValue>::get(&mut *work, december.id).await?;
    same("the same by its id", got.as_ref(), Some(december))?;
    same("how many", Read::<MonthlyValue>::count(&mut *work, month.clone()).await?, 1)?;
    work.insert(order(case, customer, "2017-12-01", "4.50 EUR")?).await?;
    let sums = Sums::of(&customer_value::REVENUE).beside(&customer_value::COST);
    let sums = Insights::<CustomerValue>::sums(&mut *work, sums).await?;
    let found = sums.first().map(|sum| (sum.count, sum.amount, sum.beside));
    same("all revenue", found, Some((1, Decimal::from(21), Decimal::ZERO)))?;
    work.insert(order(case, customer, "2017-12-02", "80 EUR")?).await?;
    let mut batch = Batch::new();
    let asked = batch.find(month.query());
    let page = work.ask(batch).await?.take(asked)?;
    let revenue = page.items.first().map(|row| row.figures.revenue);
    same("December by a batch", revenue, Some(Decimal::from(100)))?;
    work.commit().await?;
    is_the_fold(&mut *case.read().await?).await
}

async fn what_a_lost_unit_added_is_not_kept(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    let kept = work.insert(order(case, customer, "2017-12-31", "10 EUR")?).await?;
    work.commit().await?;
    let before = kept_rows(&mut *case.read().await?).await?;
    for look in [false, true] {
        let mut work = case.begin().await?;
        work.insert(order(case, customer, "2017-12-31", "10 EUR")?).await?;
        let mine = Read::<Transaction>::get(&mut *work, kept.id).await?;
        let mine = mine.ok_or_else(|| Failure::new("it is there"))?;
        let back = "-10 EUR".parse()?;
        let edit = |t: &mut Transaction| (t.kind, t.revenue) = (TransactionKind::Return, back);
        work.update(mine.edit(edit)).await?;
        if look {
            claim(kept_rows(&mut *work).await? != before, "the unit itself sees it")?;
        }
        drop(work);
        same("what is kept", kept_rows(&mut *case.read().await?).await?, before.clone())?;
    }
    Ok(())
}

async fn a_refused_transaction_adds_nothing(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let first = order(case, customer, "2017-12-31", "10 EUR")?;
    let mut work = case.begin().await?;
    work.insert(first.clone()).await?;
    fails("the same again", work.insert(first.clone()).await, ErrorKind::Duplicate)?;
    let list = vec![order(case, customer, "2017-12-31", "7 EUR")?, first];
    fails("in a list", work.insert_all(list).await, ErrorKind::Duplicate)?;
    let stranger = order(case, case.id(), "2017-12-31", "7 EUR")?;
    fails("for nobody", work.insert(stranger).await, ErrorKind::Missing)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    is_the_fold(&mut *unit).await?;
    let rows = Read::<CustomerValue>::find(&mut *unit, Query::all()).await?.items;
    let found: Vec<_> = rows.iter().map(|row| row.figures.revenue).collect();
    same("what is kept", found, vec![Decimal::TEN])
}

async fn a_merge_moves_what_is_kept_and_undoing_it_moves_it_back(case: &Case) -> Held {
    let ids = customers(case, 3).await?;
    let mut work = case.begin().await?;
    for (at, date, amount) in [
        (0, "2017-11-30", "10 EUR"),
        (1, "2017-11-01", "5 EUR"),
        (1, "2017-12-31", "7 USD"),
        (2, "2017-12-31", "1 EUR"),
    ] {
        work.insert(order(case, ids[at], date, amount)?).await?;
    }
    work.commit().await?;
    let before = kept_rows(&mut *case.read().await?).await?;
    let mut work = case.begin().await?;
    let command = MergeCommand::new(case.id(), ids[0], [ids[1], ids[2]]);
    let merge = work.customers().merge(command).await?.id;
    is_the_fold(&mut *work).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    is_the_fold(&mut *unit).await?;
    let euros = kept_rows(&mut *unit).await?.remove(&(ids[0], Currency::EUR, None));
    same("what the survivor brought", euros.map(|f| f.revenue), Some(Decimal::from(16)))?;
    drop(unit);
    let mut work = case.begin().await?;
    work.customers().unmerge(merge).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    is_the_fold(&mut *unit).await?;
    same("what is kept after undoing", kept_rows(&mut *unit).await?, before)
}

async fn an_import_keeps_what_it_brings(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut acme = super::merging::organisation(case, "Acme");
    acme.external_id = Some("e1".into());
    work.insert(acme).await?;
    work.commit().await?;
    let file = "external_id|customer|kind|date|revenue|cost\n\
                t1|e1|order|2017-12-30|100 EUR|60 EUR\n\
                t2|e1|return|2017-12-31|-20 EUR|\n\
                t3|e1|payment|2018-01-02|80 EUR|";
    same("the file", import(case, ImportKind::Transactions, file).await?, "NNN")?;
    is_the_fold(&mut *case.read().await?).await?;
    let later = file.replace("order|2017-12-30|100", "order|2017-11-30|110");
    same("a later one", import(case, ImportKind::Transactions, &later).await?, "Cuu")?;
    let mut unit = case.read().await?;
    is_the_fold(&mut *unit).await?;
    let rows = Read::<CustomerValue>::find(&mut *unit, Query::all()).await?.items;
    let expected = Figures {
        revenue: 110.into(),
        returned: (-20).into(),
        cost: 60.into(),
        orders: 1,
        returns: 1,
        transactions: 3,
        without_cost: 1,
    };
    same("what Acme brought", rows.first().map(|row| row.figures), Some(expected))?;
    same("after returns", expected.net_revenue()?, Decimal::from(90))?;
    same("after the cost of goods", expected.margin()?, Decimal::from(30))
}

async fn what_is_kept_of_one_tenant_is_hidden_from_another(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    work.insert(order(case, customer, "2017-12-31", "10 EUR")?).await?;
    work.commit().await?;
    let ours = everything_kept(&mut *case.read().await?).await?;
    let mut unit = case.store().read(case.scope(1, "bob")?).await?;
    for (value, month) in ours.0.iter().zip(&ours.1) {
        same("a row", Read::<CustomerValue>::get(&mut *unit, value.id).await?, None)?;
        same("a month", Read::<MonthlyValue>::get(&mut *unit, month.id).await?, None)?;
    }
    same("all rows", kept_rows(&mut *unit).await?.len(), 0)?;
    let sums = Insights::<CustomerValue>::sums(&mut *unit, Sums::count()).await?;
    same("the sums", sums, vec![])?;
    // The same ids in another house are other figures.
    let mut work = case.store().begin(case.scope(1, "bob")?).await?;
    work.insert(super::marker::organisation(case)).await?;
    work.insert(Customer { id: customer, ..super::marker::organisation(case) }).await?;
    work.insert(order(case, customer, "2017-12-31", "3 EUR")?).await?;
    work.commit().await?;
    for (scope, revenue) in [(case.anna()?, 10), (case.scope(1, "bob")?, 3)] {
        let rows = kept_rows(&mut *case.store().read(scope).await?).await?;
        let found = rows.get(&(customer, Currency::EUR, None)).map(|figures| figures.revenue);
        same("what the same customer brought", found, Some(revenue.into()))?;
    }
    Ok(())
}

async fn what_is_kept_has_no_history(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    let mut work = case.begin().await?;
    let bought = work.insert(order(case, customer, "2017-12-31", "10 EUR")?).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.update(bought.edit(|t| t.revenue = Money::zero(Currency::EUR))).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let (values, months) = everything_kept(&mut *unit).await?;
    for (kind, id, version) in [
        ("customer_value", values[0].id.uuid(), values[0].version()),
        ("monthly_value", months[0].id.uuid(), months[0].version()),
    ] {
        same("how often it was written", version, 2)?;
        same("its entries", unit.history(kind, id, 0, 10).await?, vec![])?;
    }
    let log = super::follower::closed_book(case, &case.anna()?).await?;
    let kinds: Vec<_> = log.iter().map(|change| change.entity.to_string()).collect();
    same(
        "the change log",
        kinds,
        ["customer", "transaction", "transaction"].map(str::to_owned).to_vec(),
    )
}

async fn a_customer_may_bring_more_than_one_amount_can_be(case: &Case) -> Held {
    let customer = a_customer(case).await?;
    for sign in ["", "", "-", "-", "-"] {
        let mut work = case.begin().await?;
        let amount = format!("{sign}99999999999999.9999 USD");
        let many = (0..7).map(|_| order(case, customer, "2017-12-31", &amount));
        let mut list = many.collect::<Held<Vec<_>>>()?;
        list.push(order(case, customer, "2017-12-30", "0.0001 USD")?);
        work.insert_all(list).await?;
        work.commit().await?;
        is_the_fold(&mut *case.read().await?).await?;
    }
    Ok(())
}
