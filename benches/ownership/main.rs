//! A stress program: many tasks claim the same free customers, and each gets one owner; many assign leads by turns.

mod by_hand;
mod claims;
mod handover;
mod turns;

use std::process::ExitCode;

use comfy_table::Table;
use crm_benches::{Arguments, Result, Series, Server, house::tenant, load, run, table};
use crm_core::{kernel::TenantId, store::Store};
use crm_store_postgres::{
    PostgresStore,
    sqlx::{self, PgPool, postgres::PgPoolOptions},
    system_ports,
};
use crm_store_sqlite::SqliteStore;

use by_hand::ByHand;
use claims::{Plan, Told};
use turns::Turns;

const ABOUT: &str = "\
OWNERSHIP: 64 tasks, each for a person of its own, claim the same free customers of a pool, on SQLite and on a
private durable PostgreSQL. Each wants each, all in one order. Twice: with a cap that leaves some customers free, and with the
smallest by which all can have an owner.
  claim        the verb: holds the person, counts what they have and took, writes the customer, the history of
               its owners and the change log; a unit of its own each time
  by hand      one statement on the bare driver that writes the owner where there is none, one commit each: no cap, no
               limit, no history, no log, and who is too late learns nothing
Afterwards it is counted: customers with two owners told, people beyond their cap, more or fewer customers with an owner than
can have one, refusals that name neither the owner nor the cap, histories that do not fit, errors that are no refusals. Any
of them makes the program fail. Units that were run again and deadlocks that PostgreSQL counted are told.

Then 16 tasks assign leads to 7 people by round robin, each lead in a unit of its own: how far the shares are apart, and
whether each lead has one owner and one change of it. Last, somebody's customers are handed over in one unit of work.
`--customers N`, `--leads N`, `--handed N`, `--runs N`, `--tasks N`, `--only DATABASE`, `--part claims|turns|handover`, `--url URL`.
";

fn main() -> ExitCode {
    run(ABOUT, bench)
}

/// What is measured, and where it is told.
struct Program {
    customers: usize,
    tasks: usize,
    leads: usize,
    handed: usize,
    runs: usize,
    part: Option<String>,
    claims: Table,
    turns: Table,
    handovers: Table,
}

async fn bench(arguments: &Arguments) -> Result {
    let size = arguments.size;
    let number =
        |name, otherwise| -> Result<usize> { Ok(arguments.number(name)?.unwrap_or(otherwise)) };
    let mut program = Program {
        customers: number("--customers", size.pick(40, 1_000, 10_000))?,
        tasks: number("--tasks", size.pick(8, 64, 64))?,
        leads: number("--leads", size.pick(70, 2_000, 50_000))?,
        handed: number("--handed", size.pick(60, 10_000, 10_000))?,
        runs: number("--runs", size.pick(1, 1, 1))?,
        part: arguments.word("--part").map(str::to_owned),
        claims: table(&[
            "database",
            "runs",
            "tasks",
            "cap",
            "decisions",
            "claimed",
            "too late",
            "at cap",
            "violations",
            "run again",
            "deadlocks",
            "claims/s",
            "by hand/s",
            "claim / by hand",
        ]),
        turns: table(&[
            "database",
            "runs",
            "tasks",
            "assigned",
            "shares apart",
            "violations",
            "run again",
            "deadlocks",
            "assigned/s",
        ]),
        handovers: table(&["database", "runs", "records in one unit", "s", "records/s"]),
    };
    println!("load when it began: {}", load());
    if arguments.wants("SQLite") {
        let folder = arguments.folder()?;
        let path = folder.path().join("ownership.db");
        let store = SqliteStore::open(&path, system_ports()).await?;
        store.migrate().await?;
        let hand = ByHand::sqlite(&path)?;
        program.all("SQLite", &store, &hand, None).await?;
    }
    if arguments.wants("PostgreSQL") {
        let server = Server::start(arguments)?;
        let pool = PgPoolOptions::new().max_connections(16).connect(server.url()).await?;
        let store = PostgresStore::new(pool.clone(), system_ports());
        store.migrate().await?;
        program.all("PostgreSQL", &store, &ByHand::Postgres(pool.clone()), Some(&pool)).await?;
    }
    let Program { claims, turns, handovers, .. } = program;
    println!("load when it ended: {}\n\n{claims}\n\n{turns}\n\n{handovers}", load());
    Ok(())
}

impl Program {
    fn wants(&self, part: &str) -> bool {
        self.part.as_deref().is_none_or(|only| only == part)
    }

    async fn all(
        &mut self,
        database: &str,
        store: &(impl Store + Clone + 'static),
        hand: &ByHand,
        server: Option<&PgPool>,
    ) -> Result {
        let most = self.customers.div_ceil(self.tasks);
        // Nine of ten customers and some more find an owner; then all.
        let tight = self.customers * 24 / 25 / self.tasks;
        for cap in [tight, most] {
            if self.wants("claims") {
                let cap = u32::try_from(cap)?;
                let plan = Plan { customers: self.customers, tasks: self.tasks, cap };
                self.claim(database, store, hand, server, plan).await?;
            }
        }
        if self.wants("turns") {
            self.assign(database, store, server).await?;
        }
        if self.wants("handover") {
            self.hand_over(database, store).await?;
        }
        Ok(())
    }

    async fn claim(
        &mut self,
        database: &str,
        store: &(impl Store + Clone + 'static),
        hand: &ByHand,
        server: Option<&PgPool>,
        plan: Plan,
    ) -> Result {
        let (mut claims, mut by_hand) = (Series::default(), Series::default());
        let mut total = Told::default();
        let before = deadlocks(server).await?;
        for _ in 0..self.runs {
            // A house of its own each time; tests share a server.
            let house = claims::house(store, new_tenant(), plan).await?;
            let (told, rate) = claims::race(store, &house, plan).await?;
            claims.push(rate);
            total.add(told);
            let house = claims::house(store, new_tenant(), plan).await?;
            by_hand.push(hand.race(&house, plan).await?);
        }
        self.claims.add_row([
            database.to_owned(),
            self.runs.to_string(),
            plan.tasks.to_string(),
            plan.cap.to_string(),
            total.decisions().to_string(),
            total.claimed.to_string(),
            total.too_late.to_string(),
            total.at_cap.to_string(),
            total.violations.len().to_string(),
            total.again.to_string(),
            since(before, deadlocks(server).await?),
            format!("{:.0}", claims.median()),
            format!("{:.0}", by_hand.median()),
            claims.over(&by_hand).with_range(2),
        ]);
        none(database, &total.violations)
    }

    async fn assign(
        &mut self,
        database: &str,
        store: &(impl Store + Clone + 'static),
        server: Option<&PgPool>,
    ) -> Result {
        let mut rates = Series::default();
        let mut total = Turns::default();
        let before = deadlocks(server).await?;
        for _ in 0..self.runs {
            let (told, rate) = turns::race(store, new_tenant(), self.leads, ASSIGNING).await?;
            rates.push(rate);
            total.assigned += told.assigned;
            total.again += told.again;
            total.apart = total.apart.max(told.apart);
            total.violations.extend(told.violations);
        }
        self.turns.add_row([
            database.to_owned(),
            self.runs.to_string(),
            ASSIGNING.to_string(),
            total.assigned.to_string(),
            total.apart.to_string(),
            total.violations.len().to_string(),
            total.again.to_string(),
            since(before, deadlocks(server).await?),
            format!("{:.0}", rates.median()),
        ]);
        none(database, &total.violations)
    }

    async fn hand_over(&mut self, database: &str, store: &dyn Store) -> Result {
        let mut seconds = Series::default();
        for _ in 0..self.runs {
            seconds.push(handover::one_unit(store, new_tenant(), self.handed).await?);
        }
        self.handovers.add_row([
            database.to_owned(),
            self.runs.to_string(),
            self.handed.to_string(),
            format!("{:.2}", seconds.median()),
            format!("{:.0}", self.handed as f64 / seconds.median()),
        ]);
        Ok(())
    }
}

fn new_tenant() -> TenantId {
    tenant(system_ports().ids.next().as_u128())
}

fn none(database: &str, violations: &[String]) -> Result {
    match violations.first() {
        Some(first) => {
            Err(format!("{database}: {} violations; the first: {first}", violations.len()).into())
        }
        None => Ok(()),
    }
}

/// How many deadlocks PostgreSQL has counted in this database: it tells a second after they happened.
async fn deadlocks(server: Option<&PgPool>) -> Result<Option<i64>> {
    let Some(server) = server else { return Ok(None) };
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    Ok(Some(sqlx::query_scalar(sql).fetch_one(server).await?))
}

fn since(before: Option<i64>, after: Option<i64>) -> String {
    match (before, after) {
        (Some(before), Some(after)) => (after - before).to_string(),
        _ => "-".to_owned(),
    }
}

/// So many tasks assign leads at once.
const ASSIGNING: usize = 16;
