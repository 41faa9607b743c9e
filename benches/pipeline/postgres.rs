use chrono::{DateTime, NaiveDate, Utc};
use crm_benches::Result;
use crm_core::{
    kernel::{Id, Money, Ports, Timestamp},
    opportunity::Opportunity,
    settings::Settings,
};
use rust_decimal::Decimal;
use sqlx::{
    AssertSqlSafe, Column, PgConnection, PgPool, Row, TypeInfo, postgres::PgRow, types::Json,
};
use uuid::Uuid;

use super::{
    base::Base,
    moves::{DEAL, Deal, MOVE, PIPELINE, RULES, SPOKEN, UPDATE},
    reports::{Asked, Found, Given},
};

/// Both entries in one statement, as the store writes them.
const LOG: &str = "\
    INSERT INTO crm_change (tenant_id, unit, id, entity, entity_id, version, actor, at, event, \
    fields) SELECT $1, GREATEST((SELECT ahead FROM crm_change_clock) + \
    pg_current_xact_id()::text::bigint, CASE WHEN version > 1 THEN (SELECT last.unit \
    FROM crm_change AS last WHERE last.tenant_id = $1 AND last.entity_id = given.entity_id \
    ORDER BY last.version DESC LIMIT 1) END), id, entity, entity_id, version, $2, at, event, fields \
    FROM UNNEST($3::uuid[], $4::text[], $5::uuid[], $6::bigint[], $7::timestamptz[], $8::text[], \
    $9::jsonb[]) AS given (id, entity, entity_id, version, at, event, fields)";

/// As the store begins its reading units.
const READ_ONLY: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// sqlx, and nothing else: on the pool that the store has too.
pub(crate) struct ByHand {
    pub(crate) pool: PgPool,
    ports: Ports,
}

impl ByHand {
    pub(crate) const fn new(pool: PgPool, ports: Ports) -> Self {
        Self { pool, ports }
    }

    pub(crate) async fn go(&self, base: &Base, id: Id<Opportunity>, to: &str) -> Result {
        let mut own = self.pool.begin().await?;
        self.write(&mut own, base, id, to).await?;
        Ok(own.commit().await?)
    }

    pub(crate) async fn answers(&self, asked: &[Asked]) -> Result<Vec<Vec<Vec<Found>>>> {
        let mut own = self.pool.begin_with(READ_ONLY).await?;
        let mut answers = Vec::new();
        for one in asked {
            let query = one.given.iter().fold(
                sqlx::query(AssertSqlSafe(one.sql.clone())),
                |query, given| match given {
                    Given::Uuid(id) => query.bind(*id),
                    Given::Time(at) => query.bind(at.to_datetime()),
                    Given::Day(day) => query.bind(*day),
                },
            );
            let rows = query.fetch_all(&mut *own).await?;
            answers.push(rows.iter().map(found).collect::<Result<Vec<_>>>()?);
        }
        Ok(answers)
    }

    async fn write(
        &self,
        own: &mut PgConnection,
        base: &Base,
        id: Id<Opportunity>,
        to: &str,
    ) -> Result {
        let (tenant, pipeline) = (base.scope.tenant.0, base.pipeline.id.uuid());
        let read = sqlx::query(DEAL).bind(tenant).bind(id.uuid());
        let deal = deal(&read.fetch_one(&mut *own).await?)?;
        let read = sqlx::query(PIPELINE).bind(tenant).bind(pipeline);
        let stages: Json<serde_json::Value> = read.fetch_one(&mut *own).await?.try_get(0)?;
        let read = sqlx::query(SPOKEN).bind(tenant).bind(id.uuid());
        let spoken = read.fetch_optional(&mut *own).await?.is_some();
        let house = Settings::id_of(base.scope.tenant).uuid();
        sqlx::query(RULES).bind(tenant).bind(house).fetch_optional(&mut *own).await?;

        let now = self.ports.clock.now();
        let step = deal.step(&stages.0.to_string(), to, spoken, now)?;
        let code = deal.amount.currency().code();
        let write = sqlx::query(UPDATE)
            .bind(to)
            .bind(step.probability)
            .bind(step.weighted.amount())
            .bind(code)
            .bind(now.to_datetime())
            .bind(deal.moves + 1)
            .bind(tenant)
            .bind(id.uuid())
            .bind(deal.version);
        if write.execute(&mut *own).await?.rows_affected() != 1 {
            return Err("another was faster".into());
        }
        let new = self.ports.ids.next();
        let write = sqlx::query(MOVE)
            .bind(tenant)
            .bind(new)
            .bind(id.uuid())
            .bind(deal.moves + 1)
            .bind(step.kind)
            .bind(pipeline)
            .bind(&deal.stage)
            .bind(to)
            .bind(deal.amount.amount())
            .bind(code)
            .bind(deal.probability)
            .bind(step.probability)
            .bind(deal.expected_close)
            .bind(deal.owner.map(Id::uuid))
            .bind(now.to_datetime())
            .bind(base.scope.actor.as_str())
            .bind(deal.customer)
            .bind(step.weighted_before.amount())
            .bind(deal.moved_at.to_datetime())
            .bind(deal.stage_since.to_datetime())
            .bind(step.stayed_days)
            .bind(step.course);
        write.execute(&mut *own).await?;
        let fields = [deal.changed(&step, to, now), deal.created(&step, (new, id, to), now)];
        let fields = fields.iter().map(|text| serde_json::from_str::<serde_json::Value>(text));
        let log = sqlx::query(LOG)
            .bind(tenant)
            .bind(base.scope.actor.as_str())
            .bind(vec![self.ports.ids.next(), self.ports.ids.next()])
            .bind(vec!["opportunity", "stage_move"])
            .bind(vec![id.uuid(), new])
            .bind(vec![deal.version + 1, 1])
            .bind(vec![now.to_datetime(); 2])
            .bind(vec![step.kind, "created"])
            .bind(fields.collect::<std::result::Result<Vec<_>, _>>()?);
        log.execute(own).await?;
        Ok(())
    }
}

fn found(row: &PgRow) -> Result<Vec<Found>> {
    let each = row.columns().iter().enumerate().map(|(at, column)| {
        let text = |text: Option<String>| text.map_or(Found::Nothing, Found::Text);
        let number = |number: Option<i64>| number.map_or(Found::Nothing, Found::Number);
        Ok(match column.type_info().name() {
            "INT8" => number(row.try_get(at)?),
            "INT4" => number(row.try_get::<Option<i32>, _>(at)?.map(i64::from)),
            "TEXT" => text(row.try_get(at)?),
            "DATE" => text(row.try_get::<Option<NaiveDate>, _>(at)?.map(|day| day.to_string())),
            "UUID" => text(row.try_get::<Option<Uuid>, _>(at)?.map(|id| id.to_string())),
            name => return Err(format!("no answer is a {name}").into()),
        })
    });
    each.collect()
}

fn deal(row: &PgRow) -> Result<Deal> {
    let time = |at: usize| -> Result<Timestamp> {
        Ok(Timestamp::try_from(row.try_get::<DateTime<Utc>, _>(at)?)?)
    };
    let code: &str = row.try_get(3)?;
    Ok(Deal {
        version: row.try_get(0)?,
        stage: row.try_get(1)?,
        amount: Money::new(row.try_get(2)?, code.parse()?)?,
        probability: row.try_get::<Decimal, _>(4)?.normalize(),
        expected_close: row.try_get(5)?,
        owner: row.try_get::<Option<Uuid>, _>(6)?.map(Id::new),
        customer: row.try_get(7)?,
        stage_since: time(8)?,
        moves: row.try_get(9)?,
        moved_at: time(10)?,
    })
}
