//! What it costs to store what was assigned, against adding as many leads without owners: while they are added, and
//! afterwards.

use std::time::Instant;

use crm_benches::{
    Arguments, Result, Series, Server, house::tenant, peak, per_second, start_peak, table,
};
use crm_core::{
    assignment::{AssignmentRules, Choice, KindRules, Rule, RuleSet, Strategy, Target, Which},
    import::{ImportKind, ImportOptions, Importer, Mapping, Row},
    kernel::{
        Actor, Criteria, Id, IdSource, MAX_LIMIT, Phone, PhoneKind, Phones, Scope, SequentialIds,
    },
    lead::{self, Lead},
    owner_change::OwnerChange,
    staff_member::StaffMember,
    store::{Append, Read, Store, run},
};
use crm_store_postgres::{PostgresStore, sqlx::postgres::PgPoolOptions, system_ports};
use crm_store_sqlite::SqliteStore;

/// So many people have turns.
const PEOPLE: usize = 7;
/// So many leads are added in a unit.
const AT_ONCE: usize = 2_000;
/// What is in a file of leads.
const COLUMNS: [&str; 10] = [
    "external_id",
    "name",
    "company",
    "email",
    "phones",
    "city",
    "postcode",
    "region",
    "country",
    "source",
];

/// Leads a second, and the megabytes that it took beyond what there was.
#[derive(Default)]
struct Measured {
    rate: Series,
    megabytes: f64,
}

impl Measured {
    fn push(&mut self, leads: usize, started: Instant, before: Option<f64>) {
        self.rate.push(per_second(leads as u64, started.elapsed()));
        let more = peak().zip(before).map_or(0.0, |(peak, before)| peak - before);
        self.megabytes = self.megabytes.max(more);
    }
}

/// As records, and as rows of a file.
#[derive(Default)]
struct All {
    added: Measured,
    added_given: Measured,
    given: Measured,
    imported: Measured,
    imported_given: Measured,
}

/// Rows for each database.
pub(crate) async fn stored(arguments: &Arguments) -> Result {
    let leads = arguments.number("--leads")?.unwrap_or(arguments.size.pick(50, 5_000, 50_000));
    let rounds = arguments.size.pick(1, 3, 3);
    let head = ["database", "leads", "how", "a second", "to those without owners", "MB more"];
    let mut results = table(&head);
    let mut rows = |database: &str, all: &All| {
        let mut row = |how: &str, one: &Measured, to: Option<&Measured>| {
            let rate = format!("{:.0}", one.rate.median());
            let ratio =
                to.map_or_else(|| "-".to_owned(), |to| one.rate.over(&to.rate).with_range(2));
            let megabytes = format!("{:.0}", one.megabytes);
            let (database, leads) = (database.to_owned(), leads.to_string());
            results.add_row([database, leads, how.to_owned(), rate, ratio, megabytes]);
        };
        row("added in bulk", &all.added, None);
        row("added in bulk with owners by the rules", &all.added_given, Some(&all.added));
        row("assigned afterwards", &all.given, Some(&all.added));
        row("rows imported", &all.imported, None);
        row("rows imported with owners by the rules", &all.imported_given, Some(&all.imported));
    };
    if arguments.wants("SQLite") {
        let folder = arguments.folder()?;
        let store = SqliteStore::open(&folder.path().join("assigned.db"), system_ports()).await?;
        store.migrate().await?;
        rows("SQLite", &measure(&store, leads, rounds).await?);
    }
    if arguments.wants("PostgreSQL") {
        let server = Server::start(arguments)?;
        let pool = PgPoolOptions::new().max_connections(4).connect(server.url()).await?;
        let store = PostgresStore::new(pool, system_ports());
        store.migrate().await?;
        rows("PostgreSQL", &measure(&store, leads, rounds).await?);
    }
    println!(
        "\nStored: leads of {} fields, {AT_ONCE} in a unit, given to {PEOPLE} people in turn; afterwards {MAX_LIMIT} in a unit.\n\
         Each owner has an entry in the history of owners, with its trace:\n\n{results}",
        COLUMNS.len()
    );
    Ok(())
}

async fn measure(store: &impl Store, leads: usize, rounds: usize) -> Result<All> {
    let mut all = All::default();
    for _ in 0..rounds {
        let scope = house(store).await?;
        let (started, before) = (Instant::now(), start_peak());
        add(store, &scope, leads, false).await?;
        all.added.push(leads, started, before);
        let (started, before) = (Instant::now(), start_peak());
        give(store, &scope).await?;
        all.given.push(leads, started, before);
        check(store, &scope, leads).await?;
        let scope = house(store).await?;
        let (started, before) = (Instant::now(), start_peak());
        add(store, &scope, leads, true).await?;
        all.added_given.push(leads, started, before);
        check(store, &scope, leads).await?;
        for (assign, measured) in [(false, &mut all.imported), (true, &mut all.imported_given)] {
            let scope = house(store).await?;
            let (started, before) = (Instant::now(), start_peak());
            import(store, &scope, leads, assign).await?;
            measured.push(leads, started, before);
            check(store, &scope, if assign { leads } else { 0 }).await?;
        }
    }
    Ok(all)
}

/// A house of its own each time; tests share a server.
async fn house(store: &impl Store) -> Result<Scope> {
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
    Ok(scope)
}

/// What a row says.
fn cells(n: usize) -> Vec<String> {
    let person = format!("Alex{} Miller{}", n % 997, n % 9_973);
    vec![
        format!("L{n}"),
        person,
        format!("Company {n} Trading"),
        format!("alex.miller.{n}@company{n}.example"),
        format!("+49 30 {:07}", 1_000_000 + n),
        format!("City{}", n % 400),
        format!("{:05}", 10_000 + n % 80_000),
        format!("region {}", n % 20),
        "DE".to_owned(),
        "fair".to_owned(),
    ]
}

fn lead(ids: &SequentialIds, n: usize) -> Result<Lead> {
    let mut one = Lead::new(Id::new(ids.next()));
    let mut cells = cells(n).into_iter();
    let mut next = || cells.next();
    (one.external_id, one.name, one.company, one.email) = (next(), next(), next(), next());
    let phone = |number| Phone { kind: PhoneKind::Main, number };
    one.phones = Phones(next().into_iter().map(phone).collect());
    (one.city, one.postcode, one.region) = (next(), next(), next());
    one.country = next().map(|code| code.parse()).transpose()?;
    one.source = next();
    Ok(one)
}

async fn add(store: &impl Store, scope: &Scope, leads: usize, by_rules: bool) -> Result {
    let ids = SequentialIds::new(1_000);
    for first in (0..leads).step_by(AT_ONCE) {
        let some = (first..leads.min(first + AT_ONCE)).map(|n| lead(&ids, n));
        let some = some.collect::<Result<Vec<_>>>()?;
        let mut work = store.begin(scope.clone()).await?;
        if by_rules {
            work.assignments().add_all(some).await?;
        } else {
            Append::<Lead>::insert_all(&mut *work, some).await?;
        }
        work.commit().await?;
    }
    Ok(())
}

async fn import(store: &impl Store, scope: &Scope, leads: usize, assign: bool) -> Result {
    let options = ImportOptions { assign, ..ImportOptions::default() };
    let header = COLUMNS.map(str::to_owned);
    let mut importer = Importer::new(&Mapping::new(ImportKind::Leads), &header, options)?;
    for first in (0..leads).step_by(AT_ONCE) {
        let row = |n| Row { line: n as u64 + 2, cells: cells(n), occurrence: 0 };
        let rows: Vec<_> = (first..leads.min(first + AT_ONCE)).map(row).collect();
        let mut work = store.begin(scope.clone()).await?;
        importer.batch(&mut *work, &rows).await?;
        work.commit().await?;
    }
    Ok(())
}

async fn give(store: &impl Store, scope: &Scope) -> Result {
    let mut after = None;
    loop {
        let from = after.take();
        let page = run(store, scope, |work| {
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
            return Ok(());
        }
    }
}

/// So many have an owner, each with its history.
async fn check(store: &impl Store, scope: &Scope, leads: usize) -> Result {
    let mut unit = store.read(scope.clone()).await?;
    let owned = Read::<Lead>::count(&mut *unit, lead::OWNER_ID.is_present()).await?;
    let told = Read::<OwnerChange>::count(&mut *unit, Criteria::everything()).await?;
    if (owned, told) != (leads as u64, leads as u64) {
        return Err(format!("{owned} of {leads} leads have an owner, {told} a history").into());
    }
    Ok(())
}
