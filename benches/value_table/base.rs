//! A base of customers with orders, and what these add up to, written by the databases themselves.

use crm_benches::Result;
use crm_store_sqlite::rusqlite::{Connection, params};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

/// How much is in it.
#[derive(Clone, Copy)]
pub(crate) struct Base {
    pub(crate) customers: usize,
    /// Orders of each customer.
    pub(crate) each: usize,
}

/// What a database says in its own words: the tenant, the numbers 0 to below `many`, an id whose order is that of the number,
/// as where a program makes them, and what an order brings: some bring a thousand times as much as others.
struct Words {
    tenant: &'static str,
    numbers: fn(many: usize) -> String,
    id: fn(kind: u8, number: &str) -> String,
    amount: fn(each: usize) -> String,
}

impl Base {
    pub(crate) fn fill_sqlite(self, connection: &Connection, tenant: Uuid) -> Result {
        let statements = self.statements(&Words {
            tenant: "?1",
            numbers: |many| {
                format!(
                    "(WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number LIMIT {many}) \
                     SELECT n FROM number)"
                )
            },
            id: |kind, number| {
                format!(
                    "unhex(printf('%012x700{kind}8%015x', 1700000000000 + {number}, {number}))"
                )
            },
            amount: |each| {
                format!(
                    "(10000 * (100000000 / (1 + abs(random() % 1000000))) + abs(random() % 10000000)) / {each}"
                )
            },
        });
        for statement in statements {
            connection.execute(&statement, params![tenant.as_bytes()])?;
        }
        Ok(())
    }

    pub(crate) async fn fill_postgres(self, pool: &PgPool, tenant: Uuid) -> Result {
        let statements = self.statements(&Words {
            tenant: "$1",
            numbers: |many| format!("generate_series(0, {many} - 1) AS number (n)"),
            id: |kind, number| {
                format!(
                    "(lpad(to_hex(1700000000000 + {number}), 12, '0') || '700{kind}8' || \
                     lpad(to_hex({number}), 15, '0'))::uuid"
                )
            },
            amount: |each| {
                format!(
                    "round((100000000 / (1 + random() * 1000000) + random() * 1000)::numeric / {each}, 4)"
                )
            },
        });
        let mut connection = pool.acquire().await?;
        // References are sound, and not looked at one by one.
        sqlx::query("SET session_replication_role = replica").execute(&mut *connection).await?;
        for statement in statements {
            sqlx::query(AssertSqlSafe(statement)).bind(tenant).execute(&mut *connection).await?;
        }
        sqlx::query("RESET session_replication_role").execute(&mut *connection).await?;
        sqlx::query("VACUUM ANALYZE").execute(&mut *connection).await?;
        Ok(())
    }

    fn statements(self, words: &Words) -> [String; 3] {
        let Self { customers, each } = self;
        let Words { tenant, numbers, id, amount } = words;
        [
            format!(
                "INSERT INTO crm_customer (tenant_id, version, id, kind, name, phones, lifecycle_stage, tags, \
                 custom) SELECT {tenant}, 1, {}, 'organisation', 'Customer ' || n, '[]', 'prospect', '[]', '{{}}' \
                 FROM {}",
                id(1, "n"),
                numbers(customers)
            ),
            format!(
                "INSERT INTO crm_transaction (tenant_id, version, id, customer_id, kind, date, revenue, \
                 revenue_currency) SELECT {tenant}, 1, {}, {}, 'order', '2017-03-01', {}, 'EUR' FROM {}",
                id(2, "n"),
                id(1, &format!("(n / {each})")),
                amount(each),
                numbers(customers * each)
            ),
            format!(
                "INSERT INTO crm_customer_value SELECT {tenant}, 1, customer_id, customer_id, sum(revenue), 'EUR', \
                 0, 'EUR', 0, 'EUR', count(*), 0, count(*), count(*), 0, 0, 0 FROM crm_transaction \
                 WHERE tenant_id = {tenant} GROUP BY customer_id"
            ),
        ]
    }
}
