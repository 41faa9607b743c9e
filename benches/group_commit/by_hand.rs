use std::{fmt::Write, path::Path};

use crm_benches::{
    Result,
    by_hand::sqlite,
    house::{House, Random},
};
use crm_core::{
    interaction::{Interaction, InteractionState},
    kernel::{Id, Ports},
};
use crm_store_sqlite::rusqlite::{Connection, params};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::contender::{Contender, house};

const INSERT: &str = "\
    INSERT INTO crm_interaction (tenant_id, version, id, external_id, customer_id, contact_id, \
    opportunity_id, staff_id, channel, direction, happened_at, minutes, place, subject, content, \
    outcome, next_step, next_step_due, next_step_owner_id, status, closed_at, closed_by, \
    recorded_at) \
    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
    ?19, ?20, ?21, ?10)";
const UPDATE: &str = "\
    UPDATE crm_customer SET version = version + 1, employees = ?4 \
    WHERE tenant_id = ?1 AND id = ?2 AND version = ?3";
const LOG: &str = "\
    INSERT INTO crm_change (tenant_id, unit, id, entity, entity_id, version, actor, at, event, \
    fields) VALUES (?1, 1 + coalesce((SELECT unit FROM crm_change WHERE tenant_id = ?1 \
    ORDER BY unit DESC LIMIT 1), 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// rusqlite, and nothing else.
pub(crate) struct ByHand {
    connection: Mutex<Connection>,
    house: House,
    ports: Ports,
}

impl ByHand {
    pub(crate) async fn open(path: &Path, ports: Ports, customers: usize) -> Result<Self> {
        let house = house(path, &ports, customers).await?;
        let connection = Mutex::new(sqlite::open(path, 64 * 1024)?);
        Ok(Self { connection, house, ports })
    }

    fn write(&self, connection: &Connection, random: &mut Random) -> Result {
        let tenant = self.house.scope.tenant.0;
        let n = random.below(self.house.customers.len());
        let id = self.house.customer(n)?;
        let (version, customer) =
            sqlite::customer(connection, self.house.scope.tenant, id)?.ok_or("no such customer")?;
        let version = i64::try_from(version)?;

        let new = Id::new(self.ports.ids.next());
        let new = self.house.interaction(random, n, new, self.ports.clock.now())?;
        insert(connection, tenant, &new)?;
        self.log(connection, "interaction", new.id.uuid(), 1, "created", &created(&new)?)?;

        let before = customer.employees.unwrap_or_default();
        let mut update = connection.prepare_cached(UPDATE)?;
        let id = id.uuid();
        if update.execute(params![tenant.as_bytes(), id.as_bytes(), version, before + 1])? != 1 {
            return Err("another was faster".into());
        }
        let fields = format!("{{\"employees\":[{before},{}]}}", before + 1);
        self.log(connection, "customer", id, version + 1, "updated", &fields)
    }

    fn log(
        &self,
        connection: &Connection,
        entity: &str,
        id: Uuid,
        version: i64,
        event: &str,
        fields: &str,
    ) -> Result {
        let (tenant, actor) = (self.house.scope.tenant.0, self.house.scope.actor.as_str());
        let (entry, at) = (self.ports.ids.next(), self.ports.clock.now().micros());
        connection.prepare_cached(LOG)?.execute(params![
            tenant.as_bytes(),
            entry.as_bytes(),
            entity,
            id.as_bytes(),
            version,
            actor,
            at,
            event,
            fields
        ])?;
        Ok(())
    }
}

impl Contender for ByHand {
    async fn unit(&self, random: &mut Random) -> Result {
        let connection = self.connection.lock().await;
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let written = self.write(&connection, random);
        let end = if written.is_ok() { "COMMIT" } else { "ROLLBACK" };
        connection.prepare_cached(end)?.execute([])?;
        written
    }
}

fn insert(connection: &Connection, tenant: Uuid, new: &Interaction) -> Result {
    let state = new.state();
    let (closed_at, closed_by) = match state {
        InteractionState::Open => (None, None),
        InteractionState::Closed { at, by } => (Some(at.micros()), Some(by)),
    };
    connection.prepare_cached(INSERT)?.execute(params![
        tenant.as_bytes(),
        new.id.uuid().as_bytes(),
        new.external_id,
        new.customer_id.uuid().as_bytes(),
        new.contact_id.map(|id| id.uuid().into_bytes()),
        new.opportunity_id.map(|id| id.uuid().into_bytes()),
        new.staff_id.map(|id| id.uuid().into_bytes()),
        new.channel.as_str(),
        new.direction.as_str(),
        new.happened_at.micros(),
        new.minutes,
        new.place,
        new.subject,
        new.content,
        new.outcome,
        new.next_step,
        new.next_step_due.map(|day| day.to_string()),
        new.next_step_owner_id.map(|id| id.uuid().into_bytes()),
        state.status().as_str(),
        closed_at,
        closed_by
    ])?;
    Ok(())
}

/// The fields that the house fills, as the change log keeps them.
fn created(new: &Interaction) -> Result<String> {
    let mut out = String::with_capacity(1024);
    write!(out, "{{\"id\":[null,\"{}\"],\"customer_id\":[null,\"{}\"]", new.id, new.customer_id)?;
    if let Some(id) = new.staff_id {
        write!(out, ",\"staff_id\":[null,\"{id}\"]")?;
    }
    let (channel, direction, at) = (new.channel, new.direction, new.happened_at);
    write!(out, ",\"channel\":[null,\"{channel}\"],\"direction\":[null,\"{direction}\"]")?;
    write!(out, ",\"happened_at\":[null,\"{at}\"]")?;
    if let Some(minutes) = new.minutes {
        write!(out, ",\"minutes\":[null,{minutes}]")?;
    }
    for (name, value) in [
        ("subject", &new.subject),
        ("content", &new.content),
        ("outcome", &new.outcome),
        ("next_step", &new.next_step),
    ] {
        if let Some(text) = value {
            write!(out, ",\"{name}\":[null,{}]", serde_json::to_string(text)?)?;
        }
    }
    if let Some(day) = new.next_step_due {
        write!(out, ",\"next_step_due\":[null,\"{day}\"]")?;
    }
    if let Some(id) = new.next_step_owner_id {
        write!(out, ",\"next_step_owner_id\":[null,\"{id}\"]")?;
    }
    write!(out, ",\"status\":[null,\"{}\"]", new.state().status())?;
    if let InteractionState::Closed { at, by } = new.state() {
        let by = serde_json::to_string(by)?;
        write!(out, ",\"closed_at\":[null,\"{at}\"],\"closed_by\":[null,{by}]")?;
    }
    let participants = serde_json::to_string(&new.participants)?;
    write!(out, ",\"participants\":[null,{participants}]}}")?;
    Ok(out)
}
