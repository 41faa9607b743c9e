use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use crm_core::{
    assignment::in_words,
    customer::Customer,
    kernel::{Cursor, Id, MAX_LIMIT, Query, Scope, Timestamp, to_json},
    ownership::{Due, MASK, Pool, PoolRules, due_to_recycle, in_pool},
    pool,
    store::{Read, ReadUnit, Store, find_one, run},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    import::Progress,
    output::{Out, counted, field_name, grouped, short},
    settings, when,
};

use super::{called, pool_named, wrong};

/// `crm pool`
#[derive(Debug, Args)]
#[command(
    after_help = "Example, with [{\"name\": \"Open sea\", \"rules\": {\"cap\": 300, \"picks_per_day\": 5, \
                  \"wait_days\": 30, \"masked\": [\"phones\"], \"recycling\": [{\"name\": \"stale\", \
                  \"silent_days\": 90}]}}] in pools.json:\n  crm pool --set pools.json\n  crm pool\n  \
                  crm pool show 'Open sea'\n  crm pool recycle 'Open sea' --dry-run"
)]
pub(crate) struct PoolOf {
    /// Makes and changes pools by a JSON file, or by standard input for `-`: what `crm pool --json` shows. Those that it
    /// does not name stay as they are.
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Shows what lies in one, without what it masks.
    Show(Show),
    /// Takes back what its rules say. Run again, it goes on; what came back stays back.
    Recycle(Recycle),
}

#[derive(Debug, Args)]
struct Show {
    /// The pool: an id, an external id or a name.
    pool: String,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Goes on where the page before ended.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

#[derive(Debug, Args)]
struct Recycle {
    /// The pool: an id, an external id or a name.
    pool: String,
    /// As of the beginning of this day, by the pool's clocks. [default: now]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    as_of: Option<NaiveDate>,
    /// Shows what would come back; nothing is changed.
    #[arg(long)]
    dry_run: bool,
    /// So many customers are looked at in one unit of work.
    #[arg(long, value_name = "N", default_value_t = 500)]
    at_once: u32,
}

impl PoolOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match (&self.set, &self.what) {
            (Some(_), Some(_)) => {
                Err(Failure::Asked("--set stands alone: name nothing beside it".to_owned()))
            }
            (Some(path), None) => set(store, scope, path, out).await,
            (None, None) => list(&mut *store.read(scope.clone()).await?, out).await,
            (None, Some(What::Show(show))) => {
                show.run(&mut *store.read(scope.clone()).await?, out).await
            }
            (None, Some(What::Recycle(recycle))) => recycle.run(store, scope, out).await,
        }
    }
}

/// A pool in a file: who it is for by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InFile {
    name: String,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    org_unit: Option<String>,
    #[serde(default)]
    rules: PoolRules,
    #[serde(default = "yes")]
    active: bool,
    /// Shown, and not read.
    #[serde(default, rename = "id")]
    _id: Option<Value>,
    #[serde(default, rename = "customers")]
    _customers: Option<Value>,
}

const fn yes() -> bool {
    true
}

async fn set(
    store: &dyn Store,
    scope: &Scope,
    path: &std::path::Path,
    out: Out,
) -> Result<(), Failure> {
    let mut json = settings::read(path)?;
    if let Some(list) = json.get_mut("pools") {
        json = list.take();
    }
    let given: Vec<InFile> = serde_json::from_value(json)
        .map_err(|e| wrong(path, &format!("these are no pools: {e}")))?;
    let mut wanted = Vec::new();
    {
        let mut unit = store.read(scope.clone()).await?;
        for one in given {
            let org_unit_id = match &one.org_unit {
                Some(name) => Some(find::org_unit(&mut *unit, name).await?.id),
                None => None,
            };
            let id = Id::derived(scope.tenant, &format!("pool {}", one.name));
            wanted.push(Pool {
                id,
                name: one.name,
                external_id: one.external_id,
                org_unit_id,
                rules: one.rules,
                active: one.active,
            });
        }
    }
    let told = run(store, scope, |work| {
        let wanted = wanted.clone();
        Box::pin(async move {
            let (mut made, mut changed) = (0_usize, 0_usize);
            for pool in wanted {
                let known = find_one::<Pool, _>(work, pool::NAME.eq(pool.name.as_str())).await?;
                let Some(known) = known else {
                    work.insert(pool).await?;
                    made += 1;
                    continue;
                };
                let before = known.version();
                let next = known.edit(|p| *p = Pool { id: p.id, ..pool });
                changed += usize::from(work.update(next).await?.version() > before);
            }
            Ok((made, changed))
        })
    });
    let (made, changed) = told.await?;
    let unchanged = wanted.len() - made - changed;
    if out.json {
        return out.json(&json!({"new": made, "changed": changed, "unchanged": unchanged}));
    }
    out.line(format!("{made} new, {changed} changed, {unchanged} as they were."))
}

async fn list(unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
    let query = Query::all().order_by(&pool::NAME).limit(MAX_LIMIT);
    let pools = Read::<Pool>::find(unit, query).await?.items;
    let mut rows = Vec::new();
    for pool in pools {
        let free = match pool.active {
            true => Read::<Customer>::count(unit, pool.free_customers()).await?,
            false => 0,
        };
        let org_unit = match pool.org_unit_id {
            Some(id) => Some(crm_core::store::expect(unit, id).await?.name.clone()),
            None => None,
        };
        rows.push((pool.into_inner(), org_unit, free));
    }
    if out.json {
        let pools: Vec<_> = rows
            .iter()
            .map(|(pool, org_unit, free)| {
                json!({
                    "id": pool.id, "name": pool.name, "external_id": pool.external_id,
                    "org_unit": org_unit, "rules": pool.rules, "active": pool.active,
                    "customers": free,
                })
            })
            .collect();
        return out.json(&json!({"pools": pools}));
    }
    if rows.is_empty() {
        return out.line("There are no pools: `crm pool --set FILE` makes some.");
    }
    let number = |limit: Option<u32>| limit.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let pools = rows;
    let rows = pools.iter().map(|(pool, org_unit, free)| {
        let name = if pool.active {
            short(&pool.name, 30)
        } else {
            format!("{} (not in use)", short(&pool.name, 20))
        };
        vec![
            name,
            short(org_unit.as_deref().unwrap_or("everybody"), 20),
            grouped(free),
            number(pool.rules.picks_per_day),
            number(pool.rules.cap),
            pool.rules.wait_days.to_string(),
            pool.rules.protect_days.to_string(),
        ]
    });
    let header =
        ["Pool", "For", "Free", "Most a day", "Most a person", "Days to wait", "Days protected"];
    out.table(&header, 2, rows)?;
    for (pool, ..) in &pools {
        for words in rules_in_words(unit, &pool.rules).await? {
            out.line(format!("{} {words}", short(&pool.name, 30)))?;
        }
    }
    out.line("Free customers lie in a pool. A former owner waits before they may take one again; a new one is protected from recycling.")
}

/// What the table has no room for.
async fn rules_in_words(
    unit: &mut dyn ReadUnit,
    rules: &PoolRules,
) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    if !rules.when.is_everything() {
        all.push(format!("has those with {}.", in_words(unit, &rules.when).await?));
    }
    if rules.cap.is_some() && !rules.counts.is_everything() {
        all.push(format!(
            "counts for the most a person those with {}.",
            in_words(unit, &rules.counts).await?
        ));
    }
    if !rules.masked.is_empty() {
        let names: Vec<_> = rules.masked.iter().map(|name| field_name(name)).collect();
        all.push(format!("shows {} here only once a customer is taken.", names.join(", ")));
    }
    for rule in &rules.recycling {
        let mut words = rule.words();
        if !rule.when.is_everything() {
            words += &format!("; of those with {}", in_words(unit, &rule.when).await?);
        }
        all.push(format!("takes back: {words}."));
    }
    Ok(all)
}

impl Show {
    async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let pool = pool_named(unit, &self.pool).await?;
        let after = self.after.clone().map(Cursor::new);
        let page = in_pool(unit, pool.id, after, self.limit).await?;
        let more = page.next.as_ref().map(Cursor::as_str);
        if out.json {
            let all: Vec<_> = page.customers.iter().map(to_json).collect();
            let named = json!({"id": pool.id, "name": pool.name});
            return out.json(&json!({"pool": named, "customers": all, "next": more}));
        }
        if page.customers.is_empty() {
            return out.line(format!("Nothing lies in {}.", short(&pool.name, 40)));
        }
        let text = |text: &Option<String>| short(text.as_deref().unwrap_or("-"), 20);
        let rows = page.customers.iter().map(|one| {
            let name = short(&one.name, 30);
            // Who has no name here is taken by the id.
            let name = if one.name == MASK { format!("{name} {}", one.id) } else { name };
            vec![name, text(&one.category), text(&one.industry), text(&one.city)]
        });
        out.table(&["Customer", "Category", "Industry", "City"], 4, rows)?;
        match more {
            Some(next) => out.line(format!("There are more: --after {next}")),
            None => Ok(()),
        }
    }
}

/// What was looked at, until it was stopped.
#[derive(Default)]
struct Found {
    seen: u64,
    changed_meanwhile: u64,
    due: Vec<Due>,
}

impl Recycle {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let pool = pool_named(&mut *store.read(scope.clone()).await?, &self.pool).await?;
        let as_of = match self.as_of {
            Some(day) => pool.rules.time_zone.start_of(day),
            None => when::now(),
        };
        let mut found = Found::default();
        let stopped = self.go_through(store, scope, &pool, as_of, &mut found).await;
        // What came back before an error is told all the same.
        if stopped.is_ok() || !found.due.is_empty() {
            self.show(&mut *store.read(scope.clone()).await?, &pool, &found, out).await?;
        }
        stopped
    }

    async fn go_through(
        &self,
        store: &dyn Store,
        scope: &Scope,
        pool: &Pool,
        as_of: Timestamp,
        found: &mut Found,
    ) -> Result<(), Failure> {
        let at_once = self.at_once;
        let mut progress = Progress::new("customers", 1);
        let mut after = None;
        loop {
            let piece = if self.dry_run {
                let mut unit = store.read(scope.clone()).await?;
                due_to_recycle(&mut *unit, pool.id, as_of, after, at_once).await?
            } else {
                let (id, from) = (pool.id, after);
                let piece = run(store, scope, |work| {
                    let from = from.clone();
                    Box::pin(
                        async move { work.ownership().recycle(id, as_of, from, at_once).await },
                    )
                });
                piece.await?
            };
            found.seen += piece.seen;
            progress.advance(piece.seen, 0);
            found.changed_meanwhile += piece.changed_meanwhile;
            found.due.extend(piece.returned);
            after = piece.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn show(
        &self,
        unit: &mut dyn ReadUnit,
        pool: &Pool,
        Found { seen, changed_meanwhile, due }: &Found,
        out: Out,
    ) -> Result<(), Failure> {
        let staff = find::colleagues(unit, due.iter().map(|one| one.owner_id)).await?;
        if out.json {
            let all: Vec<_> = due
                .iter()
                .map(|one| {
                    json!({
                        "customer": {"id": one.customer_id, "name": one.name}, "rule": one.rule,
                        "owner": {"id": one.owner_id, "name": called(&staff, one.owner_id, 500)},
                        "why": one.why,
                    })
                })
                .collect();
            return out.json(&json!({
                "pool": {"id": pool.id, "name": pool.name}, "dry_run": self.dry_run, "seen": seen,
                "returned": all, "changed_meanwhile": changed_meanwhile,
            }));
        }
        let rows = due.iter().map(|one| {
            vec![short(&one.name, 30), called(&staff, one.owner_id, 24), short(&one.why, 60)]
        });
        if !due.is_empty() {
            out.table(&["Customer", "Was of", "Why"], 3, rows)?;
        }
        let verb = if self.dry_run { "would come back" } else { "came back" };
        let looked = counted(*seen, "customer was", "customers were");
        out.line(format!("{looked} looked at, {} {verb}.", grouped(due.len())))?;
        match *changed_meanwhile {
            0 => Ok(()),
            some => out.line(format!(
                "{} changed meanwhile: run it again.",
                counted(some, "customer was", "customers were")
            )),
        }
    }
}
