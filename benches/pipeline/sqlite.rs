use std::path::Path;

use crm_benches::{Result, by_hand};
use crm_core::{
    kernel::{Id, Money, Ports, Timestamp},
    opportunity::Opportunity,
    settings::Settings,
};
use crm_store_sqlite::rusqlite::{
    Connection, OptionalExtension, Row, params, params_from_iter,
    types::{Value, ValueRef},
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    base::Base,
    moves::{DEAL, Deal, MOVE, PIPELINE, RULES, SPOKEN, UPDATE},
    reports::{Asked, Found, Given},
};

const LOG: &str = "\
    INSERT INTO crm_change (tenant_id, unit, id, entity, entity_id, version, actor, at, event, \
    fields) VALUES (?1, 1 + coalesce((SELECT unit FROM crm_change WHERE tenant_id = ?1 \
    ORDER BY unit DESC LIMIT 1), 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// rusqlite, and nothing else.
pub(crate) struct ByHand {
    pub(crate) connection: Connection,
    ports: Ports,
}

impl ByHand {
    pub(crate) fn open(path: &Path, ports: Ports) -> Result<Self> {
        Ok(Self { connection: by_hand::sqlite::open(path, 64 * 1024)?, ports })
    }

    pub(crate) fn go(&self, base: &Base, id: Id<Opportunity>, to: &str) -> Result {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let done = self.write(base, id, to);
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.connection.prepare_cached(end)?.execute([])?;
        done
    }

    pub(crate) fn answer(&self, asked: &Asked) -> Result<Vec<Vec<Found>>> {
        // Here a mark with a dollar is numbered by where it first stands.
        let mut read = self.connection.prepare_cached(&asked.sql.replace('$', "?"))?;
        let width = read.column_count();
        let given = asked.given.iter().map(|given| match given {
            Given::Uuid(id) => Value::Blob(id.as_bytes().to_vec()),
            Given::Time(at) => Value::Integer(at.micros()),
            Given::Day(day) => Value::Text(day.to_string()),
        });
        let rows = read.query_map(params_from_iter(given), |row| {
            (0..width)
                .map(|at| {
                    Ok(match row.get_ref(at)? {
                        ValueRef::Integer(number) => Found::Number(number),
                        ValueRef::Text(text) => {
                            Found::Text(String::from_utf8_lossy(text).into_owned())
                        }
                        ValueRef::Blob(id) => {
                            let id = uuid::Uuid::from_slice(id).map(|id| id.to_string());
                            id.map_or(Found::Nothing, Found::Text)
                        }
                        _ => Found::Nothing,
                    })
                })
                .collect()
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    fn write(&self, base: &Base, id: Id<Opportunity>, to: &str) -> Result {
        let tenant = base.scope.tenant.0;
        let uuid = id.uuid();
        let key = params![tenant.as_bytes(), uuid.as_bytes()];
        let mut read = self.connection.prepare_cached(DEAL)?;
        let mut rows = read.query(key)?;
        let deal = deal(rows.next()?.ok_or("no such opportunity")?)?;
        drop(rows);
        let mut read = self.connection.prepare_cached(PIPELINE)?;
        let pipeline = base.pipeline.id.uuid();
        let stages: String =
            read.query_row(params![tenant.as_bytes(), pipeline.as_bytes()], |row| row.get(0))?;
        let mut read = self.connection.prepare_cached(SPOKEN)?;
        let spoken = read.query_row(key, |_| Ok(())).optional()?.is_some();
        let mut read = self.connection.prepare_cached(RULES)?;
        let house = Settings::id_of(base.scope.tenant).uuid();
        read.query_row(params![tenant.as_bytes(), house.as_bytes()], |_| Ok(())).optional()?;

        let now = self.ports.clock.now();
        let step = deal.step(&stages, to, spoken, now)?;
        let (code, micros) = (deal.amount.currency().code(), now.micros());
        let written = self.connection.prepare_cached(UPDATE)?.execute(params![
            to,
            units(step.probability)?,
            units(step.weighted.amount())?,
            code,
            micros,
            deal.moves + 1,
            tenant.as_bytes(),
            id.uuid().as_bytes(),
            deal.version
        ])?;
        if written != 1 {
            return Err("another was faster".into());
        }
        let fields = deal.changed(&step, to, now);
        self.log(base, ("opportunity", id.uuid(), deal.version + 1, step.kind, &fields))?;
        let new = self.ports.ids.next();
        self.connection.prepare_cached(MOVE)?.execute(params![
            tenant.as_bytes(),
            new.as_bytes(),
            id.uuid().as_bytes(),
            deal.moves + 1,
            step.kind,
            pipeline.as_bytes(),
            deal.stage,
            to,
            units(deal.amount.amount())?,
            code,
            units(deal.probability)?,
            units(step.probability)?,
            deal.expected_close.map(|day| day.to_string()),
            deal.owner.map(|owner| owner.uuid().into_bytes()),
            micros,
            base.scope.actor.as_str(),
            deal.customer.as_bytes(),
            units(step.weighted_before.amount())?,
            deal.moved_at.micros(),
            deal.stage_since.micros(),
            step.stayed_days,
            step.course
        ])?;
        let fields = deal.created(&step, (new, id, to), now);
        self.log(base, ("stage_move", new, 1, "created", &fields))
    }

    fn log(
        &self,
        base: &Base,
        (entity, id, version, event, fields): (&str, Uuid, i64, &str, &str),
    ) -> Result {
        self.connection.prepare_cached(LOG)?.execute(params![
            base.scope.tenant.0.as_bytes(),
            self.ports.ids.next().as_bytes(),
            entity,
            id.as_bytes(),
            version,
            base.scope.actor.as_str(),
            self.ports.clock.now().micros(),
            event,
            fields
        ])?;
        Ok(())
    }
}

fn deal(row: &Row<'_>) -> Result<Deal> {
    let uuid = |at| -> Result<Uuid> { Ok(Uuid::from_bytes(row.get(at)?)) };
    let time = |at| -> Result<Timestamp> { Ok(Timestamp::from_micros(row.get(at)?)?) };
    let code: String = row.get(3)?;
    let day: Option<String> = row.get(5)?;
    Ok(Deal {
        version: row.get(0)?,
        stage: row.get(1)?,
        amount: Money::new(Decimal::new(row.get(2)?, 4), code.parse()?)?,
        probability: Decimal::new(row.get(4)?, 4).normalize(),
        expected_close: day.map(|day| day.parse()).transpose()?,
        owner: Some(Id::new(uuid(6)?)),
        customer: uuid(7)?,
        stage_since: time(8)?,
        moves: row.get(9)?,
        moved_at: time(10)?,
    })
}

/// Whole units of 10^-4.
fn units(number: Decimal) -> Result<i64> {
    Ok(i64::try_from((number * Decimal::from(10_000)).trunc())?)
}
