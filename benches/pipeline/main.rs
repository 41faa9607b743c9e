//! How fast a large pipeline answers, and how fast an opportunity moves.

mod base;
mod moves;
mod postgres;
mod reports;
mod sides;
mod sqlite;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use chrono::NaiveDate;

use comfy_table::Table;
use crm_benches::{
    Arguments, Result, Series, Server, Size, load, peak, per_second, run, start_peak, table, time,
};
use crm_store_postgres::system_ports;

use base::{Base, id};
use reports::{Asked, Funnel};
use sides::Side;

const ABOUT: &str = "\
PIPELINE: opportunities with their moves on SQLite and on a private durable PostgreSQL, put in through
the library, with their entries in the change log. One task.
  move         one step of an opportunity: the record, its pipeline, a gate that asks for an
               interaction, then the record, the move and the change log; by hand the same statements
               on the bare driver, one commit each
  funnel       the cohorts of two years, and of a quarter: ten measures of each stage, in each currency,
               and how long opportunities stayed; by hand five statements, each once through its table
  forecast     by month and owner, weighted and not, as of a day; by hand two statements
Of both it is checked first that all figures are equal; memory is what both need more at the peak.
`--opportunities N`, `--only sqlite|postgresql`, `--keep FOLDER` (SQLite) keeps the base and takes it
up again, `--url URL` takes a server that runs instead of a private one.
";

fn main() -> ExitCode {
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    let given = arguments.number("--opportunities")?;
    let opportunities = given.unwrap_or(arguments.size.pick(200, 50_000, 1_000_000));
    println!("load when it began: {}", load());
    let mut tables = Tables::new(arguments.size);
    if arguments.wants("SQLite") {
        let folder = arguments.folder()?;
        let kept = arguments.word("--keep").map(PathBuf::from);
        let folder = kept.as_deref().unwrap_or(folder.path());
        let base = Base::new(crm_benches::house::tenant(1), opportunities)?;
        let side = Side::sqlite(&folder.join("pipeline.db")).await?;
        measure("SQLite", &side, &base, &mut tables).await?;
    }
    if arguments.wants("PostgreSQL") {
        let server = Server::start(arguments)?;
        // Tests share a server.
        let number = arguments.size.pick(system_ports().ids.next().as_u128(), 2, 2);
        let base = Base::new(crm_benches::house::tenant(number), opportunities)?;
        let side = Side::postgres(server.url()).await?;
        measure("PostgreSQL", &side, &base, &mut tables).await?;
    }
    println!("load when it ended: {}\n", load());
    println!("{}\n\n{}\n\n{}", tables.filled, tables.moves, tables.reports);
    Ok(())
}

/// What was measured.
struct Tables {
    size: Size,
    filled: Table,
    moves: Table,
    reports: Table,
}

impl Tables {
    fn new(size: Size) -> Self {
        Self {
            size,
            filled: table(&["put in", "opportunities", "moves", "opportunities a second"]),
            moves: table(&["one move", "by hand, µs", "store, µs", "store / by hand"]),
            reports: table(&[
                "report",
                "by hand, ms",
                "store, ms",
                "store / by hand",
                "more memory, MB",
            ]),
        }
    }
}

async fn measure(name: &str, side: &Side, base: &Base, tables: &mut Tables) -> Result {
    if side.opportunities(base).await? == 0 {
        let taken = base.fill(&*side.store).await?;
        side.settled().await?;
        let rate = per_second(base.opportunities as u64, taken);
        let (count, moves) = (base.opportunities.to_string(), side.moves(base).await?.to_string());
        tables.filled.add_row([name.to_owned(), count, moves, format!("{rate:.0}")]);
    }
    same(side, base).await?;
    moves(name, side, base, tables).await?;
    side.settled().await?;
    let first = base.first()?;
    for (what, from, to) in [
        ("funnel of two years", first, base.as_of()?),
        ("funnel of a quarter", day(2025, 1)?, day(2025, 4)?),
    ] {
        let funnel = Funnel::new(base, from, to)?;
        let asked = funnel.by_hand(base, side.sum())?;
        let ours = funnel.ours(&mut *side.store.read(base.scope.clone()).await?, base).await?;
        Funnel::same(&ours, &side.answers(&asked).await?)?;
        let store = async || {
            funnel.ours(&mut *side.store.read(base.scope.clone()).await?, base).await?;
            Ok(())
        };
        report(&format!("{name}: {what}"), tables, side, &asked, store).await?;
    }
    let asked = reports::forecast_by_hand(base, side.sum())?;
    let mut unit = side.store.read(base.scope.clone()).await?;
    let ours = reports::our_forecast(&mut *unit, base).await?;
    drop(unit);
    reports::same_forecast(&ours, base, &side.answers(&asked).await?)?;
    let store = async || {
        reports::our_forecast(&mut *side.store.read(base.scope.clone()).await?, base).await?;
        Ok(())
    };
    report(&format!("{name}: forecast"), tables, side, &asked, store).await?;
    if tables.size != Size::Smoke {
        eprintln!("{name} is done");
    }
    Ok(())
}

/// Both take turns; the first round warms up.
async fn report(
    what: &str,
    tables: &mut Tables,
    side: &Side,
    asked: &[Asked],
    store: impl AsyncFn() -> Result,
) -> Result {
    let rounds = tables.size.pick(1, 5, 3);
    let (mut by_hand, mut ours) = (Series::default(), Series::default());
    let before = start_peak();
    for round in 0..=rounds {
        for contender in [round % 2, 1 - round % 2] {
            let started = Instant::now();
            if contender == 0 {
                side.answers(asked).await?;
            } else {
                store().await?;
            }
            let taken = started.elapsed().as_secs_f64() * 1e3;
            if round > 0 {
                if contender == 0 { by_hand.push(taken) } else { ours.push(taken) }
            }
        }
    }
    tables.reports.add_row([
        what.to_owned(),
        format!("{:.0}", by_hand.median()),
        format!("{:.0}", ours.median()),
        ours.over(&by_hand).with_range(2),
        before.zip(peak()).map_or("?".to_owned(), |(before, peak)| format!("{:.1}", peak - before)),
    ]);
    Ok(())
}

fn day(year: i32, month: u32) -> Result<NaiveDate> {
    Ok(NaiveDate::from_ymd_opt(year, month, 1).ok_or("no day")?)
}

/// Two opportunities that both go on and back are kept alike.
async fn same(side: &Side, base: &Base) -> Result {
    let (one, other) = (id(6, 0), id(6, 1));
    for to in ["proposal", "qualified"] {
        side.ours(base, one, to).await?;
        side.theirs(base, other, to).await?;
    }
    let (ours, theirs) = (side.last(base, one, one).await?, side.last(base, other, one).await?);
    if ours != theirs {
        return Err(format!("not the same: {ours:?} and {theirs:?}").into());
    }
    Ok(())
}

async fn moves(name: &str, side: &Side, base: &Base, tables: &mut Tables) -> Result {
    let (rounds, slice) = tables.size.pick((1, 5), (5, 300), (9, 1_000));
    let slice = Duration::from_millis(slice);
    let (mut by_hand, mut store) = (Series::default(), Series::default());
    let moved = base.moved - 2;
    let mut turns = [0_usize; 2];
    // The first round warms up.
    for round in 0..=rounds {
        for contender in [round % 2, 1 - round % 2] {
            let mut turn = turns.get(contender).copied().unwrap_or_default();
            let taken = time(slice, async |_| {
                // Each half is of one contender; the whole half goes on, then back.
                let half = moved / 2;
                let deal = id(6, 2 + contender * half + turn % half);
                let to = if (turn / half).is_multiple_of(2) { "proposal" } else { "qualified" };
                turn += 1;
                if contender == 0 {
                    side.theirs(base, deal, to).await
                } else {
                    side.ours(base, deal, to).await
                }
            })
            .await?;
            if let Some(kept) = turns.get_mut(contender) {
                *kept = turn;
            }
            if round > 0 {
                if contender == 0 { by_hand.push(taken) } else { store.push(taken) }
            }
        }
    }
    tables.moves.add_row([
        name.to_owned(),
        format!("{:.0}", by_hand.median()),
        format!("{:.0}", store.median()),
        store.over(&by_hand).with_range(2),
    ]);
    Ok(())
}
