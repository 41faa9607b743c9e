use chrono::{DateTime, NaiveDate, Utc};
use crm_benches::{Result, by_hand};
use crm_core::{
    customer::Customer,
    kernel::{Change, Id, Money, Scope, Timestamp},
    stage_move::StageMove,
    task::Task,
    transaction::Transaction,
};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgPool, Row, postgres::PgRow, types::Json};
use uuid::Uuid;

use super::{
    base::{CONTENT, OPENING},
    story::{Entry, Event, Says, newest, sources, statement},
};

/// As the store begins its reading units.
const READ_ONLY: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// sqlx, and nothing else: on the pool that the store has too.
pub(crate) struct ByHand {
    pub(crate) pool: PgPool,
    timeline: String,
    sources: [String; 7],
}

impl ByHand {
    pub(crate) fn new(pool: PgPool) -> Self {
        let says = Says {
            start_of_day: "CAST(date AS timestamp) AT TIME ZONE 'UTC'",
            json: "NULL::jsonb",
            select: |one| format!("({one})"),
        };
        Self { pool, timeline: statement(&says), sources: sources(&says) }
    }

    /// Interactions of all customers but the busy one, those from one number to another, straight
    /// into the table.
    pub(crate) async fn interactions(
        &self,
        tenant: Uuid,
        customers: usize,
        (from, to): (usize, usize),
    ) -> Result {
        let query = sqlx::query(
            "INSERT INTO crm_interaction (tenant_id, version, id, customer_id, channel, direction, \
             happened_at, minutes, subject, content, outcome, status, closed_at, closed_by) \
             SELECT $1, 1, ('0000000000000008' || lpad(to_hex(n), 16, '0'))::uuid, \
             lpad(to_hex(1 + n * 48271 % ($4 / 2 - 1)), 32, '0')::uuid, 'phone', 'outbound', \
             to_timestamp($5) + n * interval '7 seconds', n % 60, 'Visit ' || n, $6, \
             'they think it over', 'closed', to_timestamp($5) + n * interval '7 seconds', 'bench' \
             FROM generate_series($2::bigint, $3::bigint - 1) AS number (n)",
        );
        let query = query.bind(tenant).bind(i64::try_from(from)?).bind(i64::try_from(to)?);
        let query = query.bind(i64::try_from(customers)?).bind((OPENING / 1_000_000) as f64);
        query.bind(CONTENT).execute(&self.pool).await?;
        Ok(())
    }

    /// The newest 50.
    pub(crate) async fn timeline(&self, scope: &Scope, id: Id<Customer>) -> Result<Vec<Entry>> {
        let mut own = self.pool.begin_with(READ_ONLY).await?;
        let query = sqlx::query(AssertSqlSafe(self.timeline.clone()));
        let rows = query.bind(scope.tenant.0).bind(id.uuid()).fetch_all(&mut *own).await?;
        // Dropped, as a unit of the store is: the rollback goes on in the background.
        rows.iter().map(|row| entry(row, scope)).collect()
    }

    /// The same with a statement for each source.
    pub(crate) async fn by_source(&self, scope: &Scope, id: Id<Customer>) -> Result<Vec<Entry>> {
        let mut own = self.pool.begin_with(READ_ONLY).await?;
        let mut entries = Vec::new();
        for source in &self.sources {
            let query = sqlx::query(AssertSqlSafe(source.clone()));
            let rows = query.bind(scope.tenant.0).bind(id.uuid()).fetch_all(&mut *own).await?;
            for row in &rows {
                entries.push(entry(row, scope)?);
            }
        }
        Ok(newest(entries))
    }
}

fn entry(row: &PgRow, scope: &Scope) -> Result<Entry> {
    let (at, id) = (time(row, 9)?.ok_or("no time")?, row.try_get(1)?);
    let event = match row.try_get::<&str, _>(27)? {
        "i" => Event::Interaction(Box::new(by_hand::postgres::interaction_of(row)?)),
        "t" => Event::Task(Box::new(task(row, at, scope)?)),
        "s" => Event::Step { opportunity: row.try_get(2)?, step: Box::new(step(row, at)?) },
        "b" => Event::Transaction(Box::new(transaction(row)?)),
        "c" => {
            let fields: Json<serde_json::Value> = row.try_get(22)?;
            Event::Change(Change {
                id,
                entity: row.try_get::<String, _>(2)?.into(),
                entity_id: row.try_get(3)?,
                version: row.try_get::<i64, _>(0)?.try_into()?,
                actor: row.try_get(7)?,
                at,
                event: row.try_get::<String, _>(8)?.into(),
                fields: Change::read_fields(&fields.0.to_string()).ok_or("no fields")?,
            })
        }
        other => return Err(format!("{other:?} is none of the sorts in this base").into()),
    };
    Ok(Entry { at, id, event })
}

fn task(row: &PgRow, at: Timestamp, scope: &Scope) -> Result<Task> {
    let created_at = time(row, 25)?.ok_or("no time")?;
    let mut task = Task::new(Id::new(row.try_get(1)?), row.try_get::<String, _>(7)?, created_at);
    task.external_id = row.try_get(2)?;
    task.customer_id = opt_id(row, 3)?;
    task.contact_id = opt_id(row, 4)?;
    task.opportunity_id = opt_id(row, 5)?;
    task.owner_id = opt_id(row, 6)?;
    task.interaction_id = opt_id(row, 17)?;
    task.notes = row.try_get(11)?;
    task.priority = row.try_get::<Option<&str>, _>(12)?.map(str::parse).transpose()?;
    task.recurrence = row.try_get(13)?;
    task.due = row.try_get(16)?;
    task.due_at = time(row, 19)?;
    task.remind_at = time(row, 21)?;
    task.planned = row.try_get(28)?;
    match row.try_get::<&str, _>(8)? {
        "open" => Ok(task),
        "done" if row.try_get::<Option<&str>, _>(20)? == Some(scope.actor.as_str()) => {
            Ok(task.done(at, &scope.actor, row.try_get(14)?)?)
        }
        other => Err(format!("no task of this base is {other:?}").into()),
    }
}

fn step(row: &PgRow, at: Timestamp) -> Result<StageMove> {
    Ok(StageMove {
        id: Id::new(row.try_get(1)?),
        opportunity_id: Id::new(row.try_get(5)?),
        number: row.try_get(10)?,
        kind: row.try_get::<&str, _>(7)?.parse()?,
        from_pipeline_id: opt_id(row, 17)?,
        pipeline_id: Id::new(row.try_get(33)?),
        from_stage: row.try_get(11)?,
        to_stage: row.try_get(8)?,
        from_status: row.try_get::<Option<&str>, _>(12)?.map(str::parse).transpose()?,
        to_status: row.try_get::<&str, _>(13)?.parse()?,
        amount_before: money(row, 29, 18)?,
        amount_after: money(row, 30, 20)?,
        probability_before: row.try_get::<Option<Decimal>, _>(31)?.map(|d| d.normalize()),
        probability_after: row.try_get::<Option<Decimal>, _>(32)?.map(|d| d.normalize()),
        expected_close_before: row.try_get(16)?,
        expected_close_after: row.try_get(28)?,
        owner_before: opt_id(row, 4)?,
        owner_after: opt_id(row, 6)?,
        moved_at: at,
        moved_by: row.try_get(14)?,
        reason: row.try_get(15)?,
        waived: row.try_get::<Json<_>, _>(22)?.0,
        waived_by: opt_id(row, 34)?,
        customer_id: opt_id(row, 3)?,
        probability_source_before: row
            .try_get::<Option<&str>, _>(40)?
            .map(str::parse)
            .transpose()?,
        probability_source_after: row
            .try_get::<Option<&str>, _>(41)?
            .map(str::parse)
            .transpose()?,
        course: row.try_get::<Option<&str>, _>(42)?.map(str::parse).transpose()?,
        category_before: row.try_get::<Option<&str>, _>(38)?.map(str::parse).transpose()?,
        category_after: row.try_get::<Option<&str>, _>(39)?.map(str::parse).transpose()?,
        weighted_before: money(row, 36, 37)?,
        since: time(row, 19)?,
        entered_at: time(row, 21)?,
        stayed_days: row.try_get(23)?,
        slipped_days: row.try_get(35)?,
    })
}

fn transaction(row: &PgRow) -> Result<Transaction> {
    let day: NaiveDate = row.try_get(16)?;
    let revenue = money(row, 29, 8)?.ok_or("no revenue")?;
    let id = Id::new(row.try_get(1)?);
    let mut made = Transaction::new(id, Id::new(row.try_get(3)?), day, revenue);
    made.external_id = row.try_get(2)?;
    made.product_id = opt_id(row, 4)?;
    made.opportunity_id = opt_id(row, 5)?;
    made.kind = row.try_get::<&str, _>(7)?.parse()?;
    made.reference = row.try_get(11)?;
    made.cost = money(row, 30, 12)?;
    made.quantity = row.try_get::<Option<Decimal>, _>(31)?.map(|d| d.normalize());
    Ok(made)
}

fn opt_id<E>(row: &PgRow, at: usize) -> Result<Option<Id<E>>> {
    Ok(row.try_get::<Option<Uuid>, _>(at)?.map(Id::new))
}

fn time(row: &PgRow, at: usize) -> Result<Option<Timestamp>> {
    let time = row.try_get::<Option<DateTime<Utc>>, _>(at)?;
    Ok(time.map(Timestamp::try_from).transpose()?)
}

fn money(row: &PgRow, amount: usize, currency: usize) -> Result<Option<Money>> {
    let amount: Option<Decimal> = row.try_get(amount)?;
    let code: Option<&str> = row.try_get(currency)?;
    let (Some(amount), Some(code)) = (amount, code) else { return Ok(None) };
    Ok(Some(Money::new(amount, code.parse()?)?))
}
