//! What it costs to store what was assigned, against adding as many leads in bulk.

use std::time::Instant;

use crm_benches::{Arguments, Result, Series, Server, house::tenant, per_second, table};
use crm_core::{
    assignment::{AssignmentRules, Choice, KindRules, Rule, RuleSet, Strategy, Target, Which},
    kernel::{Actor, Criteria, Id, IdSource, MAX_LIMIT, Scope, SequentialIds},
    lead::{self, Lead},
    staff_member::StaffMember,
    store::{Append, Read, Store, run},
};
use crm_store_postgres::{PostgresStore, sqlx::postgres::PgPoolOptions, system_ports};
use crm_store_sqlite::SqliteStore;

/// So many people have turns.
const PEOPLE: usize = 7;
/// So many leads are added in a unit.
const AT_ONCE: usize = 2_000;

/// A row for each database.
pub(crate) async fn stored(arguments: &Arguments) -> Result {
    let leads = arguments.number("--leads")?.unwrap_or(arguments.size.pick(50, 5_000, 50_000));
    let rounds = arguments.size.pick(1, 3, 3);
    let head = ["database", "leads", "added in bulk/s", "assigned/s", "assigned / added"];
    let mut results = table(&head);
    let mut row = |database: &str, added: &Series, given: &Series| {
        let ratio = given.over(added).with_range(2);
        let [added, given] = [added, given].map(|series| format!("{:.0}", series.median()));
        results.add_row([database.to_owned(), leads.to_string(), added, given, ratio]);
    };
    if arguments.wants("SQLite") {
        let folder = arguments.folder()?;
        let store = SqliteStore::open(&folder.path().join("assigned.db"), system_ports()).await?;
        store.migrate().await?;
        let (added, given) = rates(&store, leads, rounds).await?;
        row("SQLite", &added, &given);
    }
    if arguments.wants("PostgreSQL") {
        let server = Server::start(arguments)?;
        let pool = PgPoolOptions::new().max_connections(4).connect(server.url()).await?;
        let store = PostgresStore::new(pool, system_ports());
        store.migrate().await?;
        let (added, given) = rates(&store, leads, rounds).await?;
        row("PostgreSQL", &added, &given);
    }
    println!(
        "\nStored: leads are added {AT_ONCE} in a unit, then given to {PEOPLE} people in turn, {MAX_LIMIT} in a unit,\n\
         each with its entry in the change log and in the history of its owners, and its trace:\n\n{results}"
    );
    Ok(())
}

async fn rates(store: &impl Store, leads: usize, rounds: usize) -> Result<(Series, Series)> {
    let (mut added, mut given) = <(Series, Series)>::default();
    for _ in 0..rounds {
        // A house of its own each time; tests share a server.
        let scope = Scope::new(tenant(system_ports().ids.next().as_u128()), Actor::new("bench")?);
        let ids = SequentialIds::new(1);
        let mut work = store.begin(scope.clone()).await?;
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            let member = StaffMember::new(Id::new(ids.next()), format!("Colleague {n}"));
            people.push(Append::<StaffMember>::insert(&mut *work, member).await?.id);
        }
        let queue = Target::Queue { name: "All".into(), people };
        let rule = Rule::new("Turns", vec![Choice::new(queue, Strategy::RoundRobin)]);
        let rules = KindRules::Lead(RuleSet { rules: vec![rule] });
        let tenant = scope.tenant;
        work.assignments().set_rules(AssignmentRules::new(tenant, "Leads", rules)).await?;
        work.commit().await?;
        let all: Vec<_> = (0..leads)
            .map(|n| Lead::company(Id::new(ids.next()), format!("Company {n}")))
            .collect();
        let started = Instant::now();
        for some in all.chunks(AT_ONCE) {
            let mut work = store.begin(scope.clone()).await?;
            Append::<Lead>::insert_all(&mut *work, some.to_vec()).await?;
            work.commit().await?;
        }
        added.push(per_second(leads as u64, started.elapsed()));
        let started = Instant::now();
        let mut after = None;
        loop {
            let from = after.take();
            let page = run(store, &scope, |work| {
                let from = from.clone();
                Box::pin(async move {
                    let everything = Criteria::<Lead>::everything();
                    let verbs = &mut work.assignments();
                    verbs.assign_all(everything, Which::WithoutOwner, from, MAX_LIMIT).await
                })
            })
            .await?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        given.push(per_second(leads as u64, started.elapsed()));
        let mut unit = store.read(scope.clone()).await?;
        let owned = Read::<Lead>::count(&mut *unit, lead::OWNER_ID.is_present()).await?;
        if owned != leads as u64 {
            return Err(format!("{owned} of {leads} leads have an owner").into());
        }
    }
    Ok((added, given))
}
