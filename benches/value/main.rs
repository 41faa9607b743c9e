//! What classes and ranks by value cost in memory, against a bare selection, the best radix sort, and polars.

mod by_hand;
mod polars;

use std::{hint::black_box, process::ExitCode, time::Instant};

use crm_benches::{Arguments, Result, Series, house::Random, load, peak, run, start_peak, table};
use crm_core::value::{Cuts, Ranking, ValueClass, classes};

use polars::Polars;

const ABOUT: &str = "\
VALUE: from what each customer brings to its class (A to 80 %, B to 95 %) and its rank, in memory, one core.
Selection by hand: halves by select_nth_unstable, A alone, one byte for each customer. Sorts by hand: value with position, ranks
of all in the order given. polars has all cores, and the values in its own memory. Megabytes: all that the process has.
";

fn main() -> ExitCode {
    run(ABOUT, async |arguments| bench(arguments))
}

/// What values are called, and how one is drawn.
type Shape = (&'static str, fn(&mut Random) -> i64);

fn bench(arguments: &Arguments) -> Result {
    println!("Load: {}.\n", load());
    let many = arguments.size.pick(2_000, 1_000_000, 10_000_000);
    let many = arguments.number("--customers")?.unwrap_or(many);
    let folder = arguments.folder()?;
    let shapes: [Shape; 3] = [
        ("long tail", long_tail),
        ("a tenth lose, and one brings a thousand times the best", losses),
        ("few prices", few_prices),
    ];
    for (at, (name, shape)) in shapes.into_iter().enumerate() {
        let mut random = Random(20_261_127);
        let mut values: Vec<i64> = (0..many).map(|_| shape(&mut random)).collect();
        if at == 1
            && let Some(most) = values.iter().max().copied()
            && let Some(first) = values.first_mut()
        {
            *first = most * 1_000;
        }
        println!("{many} customers, {name}.\n");
        let peer = if at == 0 { peer(arguments, &values, folder.path()) } else { None };
        measure(arguments, &values, peer)?;
    }
    Ok(())
}

/// polars, where it is there.
fn peer(arguments: &Arguments, values: &[i64], folder: &std::path::Path) -> Option<Polars> {
    let Some(python) = arguments.word("--python") else {
        println!(
            "Without polars: name an interpreter that has it with --python (see benches/peers).\n"
        );
        return None;
    };
    match Polars::start(python, values, folder) {
        Ok(polars) => {
            println!("Beside it: {}.\n", polars.version);
            Some(polars)
        }
        Err(error) => {
            println!("Without polars: {python}: {error}\n");
            None
        }
    }
}

/// Tells that every way gives the same, then times them in turns.
fn measure(arguments: &Arguments, values: &[i64], mut peer: Option<Polars>) -> Result {
    let cuts = Cuts::default();
    agree(values, &cuts)?;
    let [mut bare, mut ours, mut radix, mut std, mut ranked, mut polars, mut frame] =
        <[Series; 7]>::default();
    for _ in 0..arguments.size.pick(1, 5, 9) {
        bare.push(ms(|| by_hand::selected(values)));
        ours.push(ms(|| classes(values, &cuts)));
        radix.push(ms(|| by_hand::ranked(values)));
        std.push(ms(|| by_hand::ranked_by_std(values)));
        ranked.push(ms(|| Ranking::of(values, &cuts).map(|ranking| ranking.ranks())));
        if let Some(peer) = &mut peer {
            let summary = classes(values, &cuts)?.summary;
            let turn = peer.turn("values")?;
            let a = summary.of_class(ValueClass::A).0;
            let expected = [a, a + summary.of_class(ValueClass::B).0];
            if turn.classes != expected {
                return Err(format!(
                    "polars has {:?} in A and in A or B, not {expected:?}",
                    turn.classes
                )
                .into());
            }
            polars.push(turn.ms);
            frame.push(peer.turn("frame")?.ms);
        }
    }
    let memory = |once: &dyn Fn()| {
        start_peak();
        once();
        peak().map_or("unknown".to_owned(), |most| format!("{most:.0}"))
    };
    let classes_memory = memory(&|| drop(black_box(classes(values, &cuts))));
    let ranks_memory = memory(&|| drop(black_box(Ranking::of(values, &cuts).map(|r| r.ranks()))));
    let mut results = table(&["classes of all", "ms", "it / ours", "MB"]);
    let mut row = |name: &str, series: &Series, ours: &Series, memory: &str| {
        results.add_row([
            name.to_owned(),
            series.with_range(1),
            series.over(ours).with_range(2),
            memory.to_owned(),
        ]);
    };
    row("classes", &ours, &ours, &classes_memory);
    row("one cut by selection, by hand", &bare, &ours, "");
    if peer.is_some() {
        row("polars, values sorted", &polars, &ours, "");
        row("polars, customers sorted", &frame, &ours, "");
    }
    println!("{results}\n");
    let mut results = table(&["ranks of all", "ms", "ours / it", "MB"]);
    let mut row = |name: &str, series: &Series, memory: &str| {
        results.add_row([
            name.to_owned(),
            series.with_range(1),
            ranked.over(series).with_range(2),
            memory.to_owned(),
        ]);
    };
    row("Ranking", &ranked, &ranks_memory);
    row("radsort, by hand", &radix, "");
    row("sort_unstable, by hand", &std, "");
    if peer.is_some() {
        row("polars, customers sorted", &frame, "");
    }
    println!("{results}\n");
    Ok(())
}

fn agree(values: &[i64], cuts: &Cuts) -> Result {
    let selected = classes(values, cuts)?;
    let ranking = Ranking::of(values, cuts)?;
    let (ranks, a, b) = by_hand::ranked(values);
    let border = |class| selected.summary.border(class).map(|border| border.value);
    let (found_a, found_b) = (border(ValueClass::A), border(ValueClass::B));
    if (found_a, found_b.or(found_a)) != (Some(a), Some(b)) {
        return Err(format!(
            "the classes end at {found_a:?} and {found_b:?}, by hand at {a} and {b}"
        )
        .into());
    }
    let in_a = by_hand::selected(values);
    if in_a
        .iter()
        .zip(&selected.labels)
        .any(|(one, label)| (*one == 0) != (*label == ValueClass::A))
    {
        return Err("the selection by hand has others in A".into());
    }
    if ranking.ranks() != ranks || by_hand::ranked_by_std(values).0 != ranks {
        return Err("the ranks differ".into());
    }
    if &selected.summary != ranking.summary() {
        return Err("selecting and ranking differ".into());
    }
    Ok(())
}

fn ms<T>(once: impl FnOnce() -> T) -> f64 {
    let started = Instant::now();
    black_box(once());
    started.elapsed().as_secs_f64() * 1e3
}

/// As revenue is spread: the logarithm nearly normal, to the cent, in units of 10^-4.
fn long_tail(random: &mut Random) -> i64 {
    let normal = (0..6).map(|_| random.below(1_000_001) as f64 / 1e6).sum::<f64>() - 3.0;
    ((5.0 + 1.3 * normal / 0.5_f64.sqrt()).exp() * 100.0) as i64 * 100
}

fn losses(random: &mut Random) -> i64 {
    let value = long_tail(random);
    if random.below(10) == 0 { -value / 4 } else { value }
}

/// Twelve prices: nearly all are ties.
fn few_prices(random: &mut Random) -> i64 {
    (1 + random.below(12) as i64) * 99_900
}
