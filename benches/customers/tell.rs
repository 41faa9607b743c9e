use std::{
    fmt,
    hint::black_box,
    time::{Duration, Instant},
};

use comfy_table::Table;
use crm_benches::{Result, Series, Size, peak, per_second, start_peak, table, time};
use crm_core::{customer, duplicate, search::search};

use super::{
    base::{Base, SEED},
    questions::{Sort, candidates, texts},
    sides::Side,
    story::same,
};

/// Who reads a timeline: two by hand, and the library.
enum Contender {
    OneStatement,
    EachSource,
    Store,
}

/// What was measured.
pub(crate) struct Tables {
    pub(crate) size: Size,
    filled: Table,
    found: Table,
    timelines: Table,
    inspections: Table,
}

impl Tables {
    pub(crate) fn new(size: Size) -> Self {
        Self {
            size,
            filled: table(&["customers put in", "customers", "a second"]),
            found: table(&["question", "asked", "median, ms", "95 %, ms", "most, ms", "with hits"]),
            timelines: table(&[
                "timeline, first page",
                "interactions",
                "one statement, µs",
                "one for each source, µs",
                "store, µs",
                "store / one",
                "store / each",
            ]),
            inspections: table(&[
                "inspection",
                "records",
                "seconds",
                "peak memory, MB",
                "more, MB",
            ]),
        }
    }

    pub(crate) fn filled(&mut self, name: &str, customers: usize, taken: Duration) {
        let rate = per_second(customers as u64, taken);
        self.filled.add_row([name.to_owned(), customers.to_string(), format!("{rate:.0}")]);
    }

    /// Searches, and checks for duplicates.
    pub(crate) async fn find(&mut self, name: &str, side: &Side, base: &Base) -> Result {
        let texts = texts(&base.sample, self.size.pick(2, 25, 25));
        let (mut all, mut all_hits) = (Vec::new(), 0);
        for sort in Sort::ALL {
            let (mut times, mut hits) = (Vec::new(), 0);
            for (_, text) in texts.iter().filter(|(of, _)| *of == sort) {
                let started = Instant::now();
                let mut unit = side.store.read(base.scope.clone()).await?;
                let found = search(&mut *unit, text, 20).await?;
                drop(unit);
                let taken = started.elapsed();
                if taken > Duration::from_millis(20) && self.size != Size::Smoke {
                    eprintln!("  slow: {text:?} took {taken:?}");
                }
                hits += usize::from(!found.hits.is_empty());
                times.push(taken);
            }
            all.extend(&times);
            all_hits += hits;
            self.row(format!("{name}: search, {}", name_of(sort)), times, hits);
        }
        self.row(format!("{name}: search, all"), all, all_hits);

        let (again, new) = candidates(SEED, base.customers, self.size.pick(5, 100, 100));
        let mut all = Vec::new();
        let mut all_hits = 0;
        for (what, candidates) in [("there already", again), ("new", new)] {
            let (mut times, mut hits) = (Vec::new(), 0);
            for candidate in &candidates {
                let started = Instant::now();
                let mut unit = side.store.read(base.scope.clone()).await?;
                let found = duplicate::find(&mut *unit, candidate).await?;
                drop(unit);
                times.push(started.elapsed());
                hits += usize::from(!found.found.is_empty());
            }
            all.extend(&times);
            all_hits += hits;
            self.row(format!("{name}: duplicates of one {what}"), times, hits);
        }
        self.row(format!("{name}: duplicates, all"), all, all_hits);
        Ok(())
    }

    fn row(&mut self, what: String, mut times: Vec<Duration>, hits: usize) {
        times.sort();
        let at = |share: usize| {
            let at = (times.len() * share).div_ceil(100).max(1) - 1;
            let taken = times.get(at).copied().unwrap_or_default();
            format!("{:.2}", taken.as_secs_f64() * 1e3)
        };
        self.found.add_row([
            what,
            times.len().to_string(),
            at(50),
            at(95),
            at(100),
            hits.to_string(),
        ]);
    }

    pub(crate) async fn timeline(
        &mut self,
        name: &str,
        side: &Side,
        base: &Base,
        interactions: usize,
    ) -> Result {
        let ours = side.ours(base).await?;
        same(&side.theirs(base).await?, &ours)?;
        same(&side.theirs_by_source(base).await?, &ours)?;
        let (rounds, slice) = self.size.pick((1, 5), (5, 150), (9, 400));
        let slice = Duration::from_millis(slice);
        let [mut one, mut each, mut store] = [(); 3].map(|()| Series::default());
        // The first round warms up.
        for round in 0..=rounds {
            for turn in 0..3 {
                let (contender, series) = match (round + turn) % 3 {
                    0 => (Contender::OneStatement, &mut one),
                    1 => (Contender::EachSource, &mut each),
                    _ => (Contender::Store, &mut store),
                };
                let taken = time(slice, async |_| {
                    match contender {
                        Contender::OneStatement => drop(black_box(side.theirs(base).await?)),
                        Contender::EachSource => {
                            drop(black_box(side.theirs_by_source(base).await?))
                        }
                        Contender::Store => drop(black_box(side.ours(base).await?)),
                    }
                    Ok(())
                });
                let taken = taken.await?;
                if round > 0 {
                    series.push(taken);
                }
            }
        }
        self.timelines.add_row([
            name.to_owned(),
            interactions.to_string(),
            format!("{:.0}", one.median()),
            format!("{:.0}", each.median()),
            format!("{:.0}", store.median()),
            store.over(&one).with_range(2),
            store.over(&each).with_range(2),
        ]);
        Ok(())
    }

    pub(crate) async fn inspection(&mut self, name: &str, side: &Side, base: &Base) -> Result {
        let mut unit = side.store.read(base.scope.clone()).await?;
        let before = start_peak();
        let started = Instant::now();
        let seen = customer::inspect(&mut *unit).await?;
        let counted: u64 = seen.by_staff.iter().map(|count| count.customers).sum();
        self.inspected(format!("{name}: counts"), counted, started, before);

        let before = start_peak();
        let started = Instant::now();
        let (mut listed, mut after) = (0, None);
        loop {
            let page = customer::incomplete_customers(&mut *unit, customer::Whose::All, after, 500)
                .await?;
            listed += page.items.len() as u64;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if listed != counted {
            return Err(format!("{counted} were counted, {listed} listed").into());
        }
        self.inspected(format!("{name}: all, 500 at a time"), listed, started, before);
        Ok(())
    }

    fn inspected(&mut self, what: String, records: u64, started: Instant, before: Option<f64>) {
        let peak = peak();
        let megabytes = |value: Option<f64>| value.map_or("?".to_owned(), |mb| format!("{mb:.1}"));
        let more = before.zip(peak).map(|(before, peak)| peak - before);
        self.inspections.add_row([
            what,
            records.to_string(),
            format!("{:.2}", started.elapsed().as_secs_f64()),
            megabytes(peak),
            megabytes(more),
        ]);
    }
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = [&self.filled, &self.timelines, &self.found, &self.inspections];
        tables.iter().try_for_each(|table| writeln!(f, "{table}\n"))
    }
}

const fn name_of(sort: Sort) -> &'static str {
    match sort {
        Sort::RareWord => "rare word",
        Sort::CommonWord => "common word",
        Sort::TwoWords => "two words",
        Sort::SeldomTogether => "two common words, seldom together",
        Sort::Prefix => "two or three letters",
        Sort::PhoneEnd => "end of a phone number",
        Sort::PhoneBeginning => "beginning of a phone number",
        Sort::Email => "e-mail address or domain",
        Sort::TwoCharacters => "two Chinese characters",
        Sort::FourCharacters => "four Chinese characters",
        Sort::Nothing => "nothing to be found",
    }
}
