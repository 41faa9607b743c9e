//! What a decision costs: the index of rules against a walk, whole decisions, and a batch.

mod by_hand;
mod made_up;
mod stored;

use std::{hint::black_box, process::ExitCode, time::Instant};

use chrono::NaiveDate;
use crm_benches::{Arguments, Result, Series, house::Random, load, peak, run, start_peak, table};
use crm_core::{
    assignment::{Batch, Cursors, Roster, RuleIndex, RuleSet, Strategy, Subject, Target, assign},
    lead::Lead,
};

use by_hand::{Condition, Plain};
use made_up::{Asked, asked, leads, people, rules, staff, unit};

const ABOUT: &str = "\
ASSIGNMENT: rules ask for a country, one of three regions or the beginning of a postcode, one of four industries and a
range of size. By hand: typed fields and a tree of conditions, country first, one rule after another. All on one core.
Batches cycle through 10,000 leads (2,000 with --quick), all as they are made up. Then what it costs to store assigned leads
(`--stored`: only that; `--leads N`, `--only DATABASE`, `--url URL`).
";

/// How many rules.
const RULES: usize = 1_000;
/// How many in a team.
const TEAM: usize = 40;
/// How many people in a batch.
const PEOPLE: usize = 1_000;

fn main() -> ExitCode {
    run(ABOUT, async |arguments| {
        if !arguments.rest.iter().any(|word| word == "--stored") {
            bench(arguments)?;
        }
        stored::stored(arguments).await
    })
}

fn bench(arguments: &Arguments) -> Result {
    println!("Load: {}.\n", load());
    let day = "2027-02-20".parse()?;
    let mut random = Random(20_261_127);
    let asked = asked(&mut random, RULES);
    let leads = leads(&mut random, arguments.size.pick(50, 2_000, 10_000))?;
    finding(arguments, &asked, &leads, day)?;
    deciding(arguments, &asked, &leads, day)?;
    batches(arguments, &asked, &leads, day)
}

/// Who finds the rules that match how fast.
fn finding(arguments: &Arguments, asked: &[Asked], leads: &[Lead], day: NaiveDate) -> Result {
    let set = rules(asked, |_| Target::Keep, |_| Strategy::RoundRobin)?;
    let started = Instant::now();
    let index = RuleIndex::new(set.clone())?;
    println!("Filing {RULES} rules takes {:.1} ms.", started.elapsed().as_secs_f64() * 1e3);
    let conditions: Vec<_> = asked.iter().map(Condition::of).collect();
    let by_hand = |lead: &Lead| {
        let plain = Plain::of(lead);
        let holds = |(_, one): &(usize, &Condition)| one.holds(&plain);
        conditions.iter().enumerate().filter(holds).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let walk = |lead: &Lead| set.matching(&Subject::new(lead), day);
    let indexed = |lead: &Lead| {
        index.matching(&Subject::new(lead), day).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let mut matches = 0;
    for lead in leads {
        let found = indexed(lead);
        if found != walk(lead) || found != by_hand(lead) {
            return Err(format!("{lead:?}: not the same rules").into());
        }
        matches += found.len();
    }
    println!("All find the same: {:.2} rules for a lead.\n", matches as f64 / leads.len() as f64);

    let (mut hand, mut walked, mut filed) = <(Series, Series, Series)>::default();
    for _ in 0..arguments.size.pick(1, 5, 9) {
        hand.push(each(leads, &by_hand));
        walked.push(each(leads, &walk));
        filed.push(each(leads, &indexed));
    }
    let mut results = table(&["finding all that match", "µs", "times the index"]);
    for (name, series) in [("by hand", &hand), ("Criteria, one by one", &walked), ("index", &filed)]
    {
        let times = series.over(&filed).with_range(1);
        results.add_row([name.to_owned(), series.with_range(2), times]);
    }
    println!("{results}\n");
    Ok(())
}

/// What a whole decision costs.
fn deciding(arguments: &Arguments, asked: &[Asked], leads: &[Lead], day: NaiveDate) -> Result {
    let roster = Roster::new(people(&mut Random(7), TEAM, TEAM)?)?;
    let queue = Target::Queue { name: "all".to_owned(), people: (0..TEAM).map(staff).collect() };
    let conditions: Vec<_> = asked.iter().map(Condition::of).collect();
    // One that no rule matches costs less.
    let matched = |lead: &&Lead| conditions.iter().any(|one| one.holds(&Plain::of(lead)));
    let leads: Vec<_> = leads.iter().filter(matched).cloned().collect();
    let leads = leads.as_slice();
    let walk = |lead: &Lead| {
        let plain = Plain::of(lead);
        conditions.iter().filter(|one| one.holds(&plain)).count()
    };
    let head =
        ["decision among 40", "named as", "µs", "walk by hand / decision", "explained too, µs"];
    let mut results = table(&head);
    for strategy in [
        Strategy::RoundRobin,
        Strategy::WeightedRoundRobin,
        Strategy::LeastLoaded,
        Strategy::BestRecord,
        Strategy::HighestQuotaLeft,
    ] {
        let team = Target::Team { unit: unit(0), below: false };
        for (name, target) in [("a queue", queue.clone()), ("a team", team)] {
            let index = RuleIndex::new(rules(asked, |_| target.clone(), |_| strategy)?)?;
            // Warm cursors: everybody has had a turn by each rule that matches something.
            let mut batch = Batch::new(&index, roster.clone(), Cursors::default(), day);
            let decided = batch.assign_all(leads.iter().map(Subject::new)).count();
            let (_, cursors) = batch.end();
            let decide = |lead: &Lead| assign(&index, &roster, &cursors, &Subject::new(lead), day);
            let explain = |lead: &Lead| {
                let subject = Subject::new(lead);
                decide(lead).0.explain(&index, &roster, &subject)
            };
            let (mut whole, mut walked, mut told) = <(Series, Series, Series)>::default();
            for _ in 0..arguments.size.pick(1, 5, 9) {
                whole.push(each(leads, &decide));
                walked.push(each(leads, &walk));
                told.push(each(leads, &explain));
            }
            if decided != leads.len() {
                return Err("a lead went missing".into());
            }
            results.add_row([
                strategy.to_string(),
                name.to_owned(),
                whole.with_range(2),
                walked.over(&whole).with_range(1),
                told.with_range(2),
            ]);
        }
    }
    println!("{results}\n");
    Ok(())
}

/// How long a batch takes.
fn batches(arguments: &Arguments, asked: &[Asked], leads: &[Lead], day: NaiveDate) -> Result {
    let head = ["batch", "leads", "assigned", "seconds", "µs each", "MB more at the peak"];
    let mut results = table(&head);
    let many = arguments.size.pick(500, 200_000, 1_000_000);
    for (name, team, count) in [("25 teams of 40", TEAM, many), ("one team of 1,000", PEOPLE, many)]
    {
        let roster = Roster::new(people(&mut Random(7), PEOPLE, team)?)?;
        let set = mixed(asked, PEOPLE / team)?;
        let index = RuleIndex::new(set)?;
        let before = start_peak();
        let started = Instant::now();
        let mut batch = Batch::new(&index, roster, Cursors::default(), day);
        let subjects = leads.iter().cycle().take(count).map(Subject::new);
        let assigned = batch.assign_all(subjects).filter(|one| one.to().is_some()).count();
        let seconds = started.elapsed().as_secs_f64();
        black_box(batch.end());
        let more =
            before.zip(peak()).map_or("unknown".to_owned(), |(a, b)| format!("{:.1}", b - a));
        results.add_row([
            name.to_owned(),
            count.to_string(),
            assigned.to_string(),
            format!("{seconds:.2}"),
            format!("{:.2}", seconds / count as f64 * 1e6),
            more,
        ]);
    }
    println!(
        "{PEOPLE} people, {RULES} rules with four strategies in turn; each decision with its whole trace:\n"
    );
    println!("{results}");
    Ok(())
}

fn mixed(asked: &[Asked], teams: usize) -> Result<RuleSet<Lead>> {
    let strategies = [
        Strategy::RoundRobin,
        Strategy::WeightedRoundRobin,
        Strategy::LeastLoaded,
        Strategy::HighestQuotaLeft,
    ];
    let target = |n: usize| Target::Team { unit: unit(n % teams), below: false };
    rules(asked, target, |n| strategies.get(n % 4).copied().unwrap_or_default())
}

/// Microseconds for each lead.
fn each<T>(leads: &[Lead], once: &impl Fn(&Lead) -> T) -> f64 {
    let started = Instant::now();
    for lead in leads {
        black_box(once(black_box(lead)));
    }
    started.elapsed().as_secs_f64() * 1e6 / leads.len().max(1) as f64
}
