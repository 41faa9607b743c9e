//! Transactions of a house, and what is kept of them.

use crm_core::{
    customer::{Customer, CustomerKind},
    customer_value::CustomerValue,
    kernel::{Id, Query, Scope},
    monthly_value::MonthlyValue,
    store::{Read, Store},
    transaction::{Transaction, TransactionKind},
    value::Figures,
};
use uuid::Uuid;

/// Sells something to two customers, who are added where they are not there.
pub(crate) async fn sell(store: &dyn Store, scope: Scope) {
    let mut work = store.begin(scope).await.unwrap();
    for n in 1..=2 {
        let id = Id::<Customer>::new(Uuid::from_u128(n));
        if work.get(id).await.unwrap().is_none() {
            let new = Customer::new(id, CustomerKind::Organisation, format!("Acme {n}"));
            work.insert(new).await.unwrap();
        }
    }
    for (customer, kind, date, revenue, cost) in [
        (1, TransactionKind::Order, "2017-11-01", "100.5 EUR", Some("60.0001 EUR")),
        (1, TransactionKind::Order, "2017-11-30", "20 EUR", None),
        (1, TransactionKind::Return, "2017-12-01", "-20 EUR", Some("-10 EUR")),
        (1, TransactionKind::Payment, "2017-12-01", "80.5 EUR", None),
        (1, TransactionKind::Order, "2017-12-31", "7 USD", Some("3 USD")),
        (2, TransactionKind::Order, "0001-01-01", "99999999999999.9999 USD", None),
        (2, TransactionKind::Order, "0001-01-31", "99999999999999.9999 USD", None),
        (2, TransactionKind::Order, "9999-12-31", "-99999999999999.9999 USD", None),
        (2, TransactionKind::Order, "9999-12-31", "-99999999999999.9999 USD", None),
        (2, TransactionKind::Payment, "2017-12-31", "5 CNY", None),
    ] {
        let (id, customer) = (Id::new(work.next_id()), Id::new(Uuid::from_u128(customer)));
        let (date, revenue) = (date.parse().unwrap(), revenue.parse().unwrap());
        let mut one = Transaction::new(id, customer, date, revenue);
        (one.kind, one.cost) = (kind, cost.map(|cost| cost.parse().unwrap()));
        work.insert(one).await.unwrap();
    }
    work.commit().await.unwrap();
}

/// What is kept of customers: whose, in which currency and month.
pub(crate) async fn kept(store: &dyn Store, scope: Scope) -> Vec<(String, Figures)> {
    let mut unit = store.read(scope).await.unwrap();
    let values = Read::<CustomerValue>::find(&mut *unit, Query::all()).await.unwrap().items;
    let months = Read::<MonthlyValue>::find(&mut *unit, Query::all()).await.unwrap().items;
    let values = values.iter().map(|v| (format!("{} {}", v.customer_id, v.currency), v.figures));
    let months =
        months.iter().map(|m| (format!("{} {} {}", m.customer_id, m.currency, m.month), m.figures));
    let mut all: Vec<_> = values.chain(months).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(all.len() > 8, "{all:?}");
    all
}

/// What an older version leaves: the same without what is kept.
pub(crate) fn as_before(schema: &str) -> String {
    format!(
        "DROP TABLE {schema}crm_customer_value; DROP TABLE {schema}crm_monthly_value; \
         DROP TABLE {schema}crm_value_run_classes; DROP TABLE {schema}crm_value_run_line; DROP TABLE {schema}crm_value_run; \
         ALTER TABLE {schema}crm_customer DROP COLUMN tier; \
         ALTER TABLE {schema}crm_customer DROP COLUMN tier_reason; \
         ALTER TABLE {schema}crm_customer DROP COLUMN value; \
         ALTER TABLE {schema}crm_customer DROP COLUMN value_currency; \
         ALTER TABLE {schema}crm_customer DROP COLUMN value_class; \
         ALTER TABLE {schema}crm_settings DROP COLUMN value_policies; \
         DELETE FROM {schema}crm_migration WHERE version >= 14"
    )
}
