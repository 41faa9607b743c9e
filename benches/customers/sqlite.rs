use std::path::Path;

use chrono::NaiveDate;
use crm_benches::{Result, by_hand};
use crm_core::{
    customer::Customer,
    kernel::{Change, Id, Money, Scope, Timestamp},
    stage_move::StageMove,
    task::Task,
    transaction::Transaction,
};
use crm_store_sqlite::rusqlite::{Connection, Row, params};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    base::{CONTENT, OPENING},
    story::{Entry, Event, Says, newest, sources, statement},
};

/// rusqlite, and nothing else.
pub(crate) struct ByHand {
    connection: Connection,
    timeline: String,
    sources: [String; 7],
}

impl ByHand {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let says = Says {
            start_of_day: "CAST(strftime('%s', date) AS integer) * 1000000",
            json: "NULL",
            select: |one| format!("SELECT * FROM ({one})"),
        };
        let connection = by_hand::sqlite::open(path, 16 * 1024)?;
        Ok(Self { connection, timeline: statement(&says), sources: sources(&says) })
    }

    /// Interactions of all customers but the busy one, those from one number to another, straight
    /// into the table.
    pub(crate) fn interactions(
        &self,
        tenant: Uuid,
        customers: usize,
        (from, to): (usize, usize),
    ) -> Result {
        self.connection.execute(
            "WITH RECURSIVE number (n) AS (SELECT ?2 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?3) \
             INSERT INTO crm_interaction (tenant_id, version, id, customer_id, channel, direction, \
             happened_at, minutes, subject, content, outcome, status, closed_at, closed_by) \
             SELECT ?1, 1, unhex(printf('00000000000000080000%012x', n)), \
             unhex(printf('%032x', 1 + n * 48271 % (?4 / 2 - 1))), 'phone', 'outbound', \
             ?5 + n * 7000000, n % 60, 'Visit ' || n, ?6, 'they think it over', 'closed', \
             ?5 + n * 7000000, 'bench' FROM number",
            params![
                tenant.as_bytes(),
                i64::try_from(from)?,
                i64::try_from(to)?,
                i64::try_from(customers)?,
                OPENING,
                CONTENT
            ],
        )?;
        Ok(())
    }

    /// The newest 50.
    pub(crate) fn timeline(&self, scope: &Scope, id: Id<Customer>) -> Result<Vec<Entry>> {
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        let entries = self.entries(&self.timeline, scope, id);
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        entries
    }

    /// The same with a statement for each source.
    pub(crate) fn by_source(&self, scope: &Scope, id: Id<Customer>) -> Result<Vec<Entry>> {
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        let each = self.sources.iter().map(|source| self.entries(source, scope, id));
        let entries: Result<Vec<Vec<Entry>>> = each.collect();
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(newest(entries?.into_iter().flatten().collect()))
    }

    fn entries(&self, sql: &str, scope: &Scope, id: Id<Customer>) -> Result<Vec<Entry>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![scope.tenant.0.as_bytes(), id.uuid().as_bytes()])?;
        let mut entries = Vec::with_capacity(50);
        while let Some(row) = rows.next()? {
            entries.push(entry(row, scope)?);
        }
        Ok(entries)
    }
}

fn entry(row: &Row<'_>, scope: &Scope) -> Result<Entry> {
    let (at, id) = (Timestamp::from_micros(row.get(9)?)?, Uuid::from_bytes(row.get(1)?));
    let event = match row.get_ref(27)?.as_str()? {
        "i" => Event::Interaction(Box::new(by_hand::sqlite::interaction_of(row)?)),
        "t" => Event::Task(Box::new(task(row, at, scope)?)),
        "s" => Event::Step { opportunity: row.get(2)?, step: Box::new(step(row, at)?) },
        "b" => Event::Transaction(Box::new(transaction(row)?)),
        "c" => Event::Change(Change {
            id,
            entity: row.get::<_, String>(2)?.into(),
            entity_id: Uuid::from_bytes(row.get(3)?),
            version: row.get::<_, i64>(0)?.try_into()?,
            actor: row.get(7)?,
            at,
            event: row.get::<_, String>(8)?.into(),
            fields: Change::read_fields(row.get_ref(22)?.as_str()?).ok_or("no fields")?,
        }),
        other => return Err(format!("{other:?} is none of the sorts in this base").into()),
    };
    Ok(Entry { at, id, event })
}

fn task(row: &Row<'_>, at: Timestamp, scope: &Scope) -> Result<Task> {
    let created_at = Timestamp::from_micros(row.get(25)?)?;
    let mut task = Task::new(id(row, 1)?, row.get::<_, String>(7)?, created_at);
    task.external_id = row.get(2)?;
    task.customer_id = opt_id(row, 3)?;
    task.contact_id = opt_id(row, 4)?;
    task.opportunity_id = opt_id(row, 5)?;
    task.owner_id = opt_id(row, 6)?;
    task.interaction_id = opt_id(row, 17)?;
    task.notes = row.get(11)?;
    task.priority = text(row, 12)?.map(str::parse).transpose()?;
    task.recurrence = row.get(13)?;
    task.due = date(row, 16)?;
    task.due_at = time(row, 19)?;
    task.remind_at = time(row, 21)?;
    task.planned = date(row, 28)?;
    match row.get_ref(8)?.as_str()? {
        "open" => Ok(task),
        "done" if text(row, 20)? == Some(scope.actor.as_str()) => {
            Ok(task.done(at, &scope.actor, row.get(14)?)?)
        }
        other => Err(format!("no task of this base is {other:?}").into()),
    }
}

fn step(row: &Row<'_>, at: Timestamp) -> Result<StageMove> {
    Ok(StageMove {
        id: id(row, 1)?,
        opportunity_id: id(row, 5)?,
        number: row.get(10)?,
        kind: row.get_ref(7)?.as_str()?.parse()?,
        from_pipeline_id: opt_id(row, 17)?,
        pipeline_id: id(row, 33)?,
        from_stage: row.get(11)?,
        to_stage: row.get(8)?,
        from_status: text(row, 12)?.map(str::parse).transpose()?,
        to_status: row.get_ref(13)?.as_str()?.parse()?,
        amount_before: money(row, 29, 18)?,
        amount_after: money(row, 30, 20)?,
        probability_before: decimal(row, 31)?,
        probability_after: decimal(row, 32)?,
        expected_close_before: date(row, 16)?,
        expected_close_after: date(row, 28)?,
        owner_before: opt_id(row, 4)?,
        owner_after: opt_id(row, 6)?,
        moved_at: at,
        moved_by: row.get(14)?,
        reason: row.get(15)?,
        waived: serde_json::from_str(row.get_ref(22)?.as_str()?)?,
        waived_by: opt_id(row, 34)?,
        customer_id: opt_id(row, 3)?,
        probability_source_before: text(row, 40)?.map(str::parse).transpose()?,
        probability_source_after: text(row, 41)?.map(str::parse).transpose()?,
        course: text(row, 42)?.map(str::parse).transpose()?,
        category_before: text(row, 38)?.map(str::parse).transpose()?,
        category_after: text(row, 39)?.map(str::parse).transpose()?,
        weighted_before: money(row, 36, 37)?,
        since: time(row, 19)?,
        entered_at: time(row, 21)?,
        stayed_days: row.get(23)?,
        slipped_days: row.get(35)?,
    })
}

fn transaction(row: &Row<'_>) -> Result<Transaction> {
    let day = date(row, 16)?.ok_or("no day")?;
    let revenue = money(row, 29, 8)?.ok_or("no revenue")?;
    let mut made = Transaction::new(id(row, 1)?, id(row, 3)?, day, revenue);
    made.external_id = row.get(2)?;
    made.product_id = opt_id(row, 4)?;
    made.opportunity_id = opt_id(row, 5)?;
    made.kind = row.get_ref(7)?.as_str()?.parse()?;
    made.reference = row.get(11)?;
    made.cost = money(row, 30, 12)?;
    made.quantity = decimal(row, 31)?;
    Ok(made)
}

fn id<E>(row: &Row<'_>, at: usize) -> Result<Id<E>> {
    Ok(Id::new(Uuid::from_bytes(row.get(at)?)))
}

fn opt_id<E>(row: &Row<'_>, at: usize) -> Result<Option<Id<E>>> {
    Ok(row.get::<_, Option<[u8; 16]>>(at)?.map(|bytes| Id::new(Uuid::from_bytes(bytes))))
}

fn text<'r>(row: &'r Row<'_>, at: usize) -> Result<Option<&'r str>> {
    Ok(row.get_ref(at)?.as_str_or_null()?)
}

fn date(row: &Row<'_>, at: usize) -> Result<Option<NaiveDate>> {
    Ok(text(row, at)?.map(str::parse).transpose()?)
}

fn time(row: &Row<'_>, at: usize) -> Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_micros).transpose()?)
}

fn decimal(row: &Row<'_>, at: usize) -> Result<Option<Decimal>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(|units| Decimal::new(units, 4).normalize()))
}

fn money(row: &Row<'_>, amount: usize, currency: usize) -> Result<Option<Money>> {
    let (Some(units), Some(code)) = (row.get::<_, Option<i64>>(amount)?, text(row, currency)?)
    else {
        return Ok(None);
    };
    Ok(Some(Money::new(Decimal::new(units, 4), code.parse()?)?))
}
