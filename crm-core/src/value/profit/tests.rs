use chrono::NaiveDate;

use super::*;
use crate::{
    exchange_rate::ExchangeRate,
    interaction::Channel,
    kernel::{ErrorKind, Id, TenantId},
    transaction::TransactionKind,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn year() -> Period {
    Period::new(day("2026-01-01"), day("2026-12-31"), day("2027-01-10")).unwrap()
}

fn transaction(
    kind: TransactionKind,
    date: &str,
    revenue: &str,
    cost: Option<&str>,
) -> Transaction {
    let id = uuid::Uuid::nil();
    let mut one = Transaction::new(Id::new(id), Id::new(id), day(date), revenue.parse().unwrap());
    (one.kind, one.cost) = (kind, cost.map(|cost| cost.parse().unwrap()));
    one
}

fn order(date: &str, revenue: &str, cost: Option<&str>) -> Transaction {
    transaction(TransactionKind::Order, date, revenue, cost)
}

fn service(json: &str) -> ServiceRates {
    serde_json::from_str(json).unwrap()
}

fn free() -> ServiceRates {
    service(r#"{"currency": "EUR", "other_interactions": "0"}"#)
}

fn euros(known: impl IntoIterator<Item = ExchangeRate>) -> DatedRates {
    DatedRates::of(Currency::EUR, known)
}

fn of(transactions: &[Transaction]) -> Result<Profit> {
    profit(transactions, &Effort::default(), &year(), &free(), &euros([]))
}

#[test]
fn revenue_less_goods_less_returns_less_serving() {
    let rates = service(
        r#"{"currency": "EUR", "interactions": {"phone": "4", "visit": "120.50"}, "other_interactions": "1",
            "hour": "60", "after_sales_task": "35"}"#,
    );
    let effort = Effort {
        interactions: [(Channel::Phone, 3), (Channel::Visit, 1), (Channel::Email, 2)].into(),
        minutes: 50,
        after_sales_tasks: 1,
        ..Effort::default()
    };
    let transactions = [
        order("2026-02-01", "1000 EUR", Some("400 EUR")),
        order("2026-03-01", "200 EUR", None),
        transaction(TransactionKind::Return, "2026-03-09", "-300 EUR", Some("-120 EUR")),
        transaction(TransactionKind::Payment, "2026-03-10", "900 EUR", None),
        order("2025-12-31", "7777 EUR", None),
        order("2027-01-01", "7777 EUR", None),
    ];
    let told = profit(&transactions, &effort, &year(), &rates, &euros([])).unwrap();
    let amounts = [
        told.figures.revenue,
        told.figures.returned,
        told.figures.cost,
        told.margin,
        told.cost_to_serve,
        told.profit,
    ];
    // 3 · 4 + 120.50 + 2 · 1 + 50 + 35.
    assert_eq!(
        amounts.map(|amount| amount.to_string()),
        ["1200", "-300", "280", "620", "219.5", "400.5"]
    );
    let Figures { orders, returns, transactions, without_cost, .. } = told.figures;
    assert_eq!((orders, returns, transactions, without_cost), (2, 1, 4, 1));
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!((&json["returned"], &json["profit"]), (&"-300".into(), &"400.5".into()));
    assert_eq!(
        told.reason(),
        "2 orders brought 1200.00 EUR; 300.00 EUR paid back for 1 return, 280.00 EUR for the goods, 219.50 EUR for serving it: 400.50 EUR of profit. 1 of them has no cost of goods, which counts as nothing."
    );
}

#[test]
fn a_customer_without_orders_may_cost_money() {
    let rates = service(r#"{"currency": "EUR", "hour": "50"}"#);
    let effort = Effort { minutes: 100, ..Effort::default() };
    let told = profit(&[], &effort, &year(), &rates, &euros([])).unwrap();
    assert_eq!(told.profit, "-83.33".parse().unwrap());
    assert!(
        told.reason().starts_with("0 orders brought 0.00 EUR; 0.00 EUR paid back for 0 returns")
    );
    assert!(told.reason().ends_with("83.33 EUR for serving it: 83.33 EUR of loss."));
}

#[test]
fn mixed_currencies_come_together_by_the_rate_of_the_day() {
    let tenant = TenantId(uuid::Uuid::nil());
    let rate = |date: &str, rate: &str| {
        ExchangeRate::new(tenant, Currency::USD, Currency::EUR, day(date), rate.parse().unwrap())
            .unwrap()
    };
    let known = [rate("2026-01-01", "0.9"), rate("2026-06-01", "0.8")];
    let transactions = [
        order("2026-05-31", "10.01 USD", Some("5 USD")),
        order("2026-06-02", "10.01 USD", Some("5 USD")),
        order("2026-07-01", "1 EUR", None),
    ];
    let dollars = service(r#"{"currency": "USD", "after_sales_task": "10"}"#);
    let effort = Effort { after_sales_tasks: 1, ..Effort::default() };
    let told = profit(&transactions, &effort, &year(), &dollars, &euros(known.clone())).unwrap();
    // 9.009 and 8.008 are rounded each; 4.50 and 4.00; 8.00 on the last day.
    assert_eq!(
        (told.figures.revenue, told.figures.cost),
        ("18.02".parse().unwrap(), "8.5".parse().unwrap())
    );
    assert_eq!(told.profit, "1.52".parse().unwrap());

    let missing = profit(&transactions, &effort, &year(), &dollars, &euros([])).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NoRate);
    assert!(missing.to_string().contains("USD to EUR on 2026-05-31"), "{missing}");
    // A day before all rates has none.
    let late = euros([rate("2026-06-01", "0.8")]);
    let missing = profit(&transactions, &effort, &year(), &free(), &late).unwrap_err();
    assert!(missing.to_string().contains("USD to EUR on 2026-05-31"), "{missing}");
    assert!(profit(&transactions[1..], &effort, &year(), &free(), &late).is_ok());
    // Rates into another currency are none into this one.
    let away = DatedRates::of(Currency::USD, known);
    let missing = profit(&transactions, &effort, &year(), &free(), &away).unwrap_err();
    assert!(missing.to_string().contains("EUR to USD on 2026-07-01"), "{missing}");
}

#[test]
fn future_transactions_are_refused() {
    let refused = of(&[order("2027-01-11", "1 EUR", None)]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.to_string().contains("2027-01-11 is in the future on 2027-01-10"), "{refused}");
}

#[test]
fn a_return_that_brings_money_is_refused() {
    for one in [
        transaction(TransactionKind::Return, "2026-03-01", "5 EUR", None),
        transaction(TransactionKind::Return, "2026-03-01", "-5 EUR", Some("1 EUR")),
    ] {
        assert!(of(&[one]).unwrap_err().to_string().contains("below zero"));
    }
    let written_off =
        of(&[transaction(TransactionKind::Return, "2026-03-01", "-5 EUR", None)]).unwrap();
    assert_eq!((written_off.profit, written_off.figures.cost), ((-5).into(), Decimal::ZERO));
}

#[test]
fn rates_are_data_and_are_checked() {
    for (json, field) in [
        (r#"{"currency": "EUR", "hour": "-1"}"#, "hour"),
        (r#"{"currency": "EUR", "after_sales_task": "0.00001"}"#, "after_sales_task"),
        (r#"{"currency": "EUR", "other_interactions": "-1"}"#, "other_interactions"),
        (r#"{"currency": "EUR", "interactions": {"phone": "-4"}}"#, "interactions.phone"),
    ] {
        assert_eq!(service(json).check().unwrap_err().field, field);
    }
    assert!(serde_json::from_str::<ServiceRates>(r#"{"currency": "EUR", "minute": "1"}"#).is_err());
    let known = service(r#"{"currency": "EUR", "interactions": {"phone": "4"}}"#);
    let effort = Effort { interactions: [(Channel::Visit, 1)].into(), ..Effort::default() };
    assert_eq!(known.cost(&effort).unwrap_err().field, "interactions.visit");
    let json = serde_json::to_string(&known).unwrap();
    assert_eq!(service(&json), known);
}
