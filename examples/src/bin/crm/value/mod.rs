//! Who brings how much: `crm value`, `crm rfm`, `crm tiers` and `crm migration`.

pub(crate) mod asked;
mod csv;
mod expect;
pub(crate) mod migration;
mod page;
mod picture;
pub(crate) mod rfm;
mod show;
mod standings;
mod tables;
pub(crate) mod tiers;
mod told;

use std::path::PathBuf;

use clap::Args;
use crm_core::{
    customer::Customer,
    kernel::{Currency, Id, Scope, Timestamp},
    store::{ReadUnit, Store},
    value::{Basis, Cuts, Period, RunRequest, value_currency},
    value_run::{RunDetail, ValueRun},
    value_run_line::ValueRunLine,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    csv_file::Target,
    db::Db,
    failure::Failure,
    find,
    output::Out,
    page::{Files, Places},
};

use asked::{Asked, By};
use expect::Expect;
pub(crate) use show::show;
use standings::Standings;
pub(crate) use told::Told;

/// So many customers are shown to people.
const SHOWN: usize = 10;

/// `crm value`
#[derive(Debug, Args)]
#[command(
    after_help = "A period has --from, --to and --as-of, the day as of which it is told; without them all days up to today count.\n\
                  Profit is margin less what serving customers costs, at the house's rates (`crm settings`, \
                  value_policies.service).\n\
                  With --expect it shows the important, the ones to win and the dispensable, each with its reason: a\n\
                  customer who costs more than it brings, and of whom much is to be expected, is one to win.\n\nExample:\n  \
                  crm value --by profit --from 2017-01-01 --to 2017-12-31 --as-of 2018-01-15 --cut 80,95 --save 2017\n  \
                  crm value --by profit --expect bg-nbd --horizon 52w --expected-margin 30\n  \
                  crm value --by revenue --csv customers.csv --svg curve.svg --html value.html"
)]
pub(crate) struct ValueOf {
    /// What counts: won opportunities, the revenue of transactions, their margin, or profit.
    #[arg(long, value_enum)]
    by: By,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    expect: Expect,
    /// Where the classes A and B end, in percent of the value. [default: those of the house, else 80,95]
    #[arg(long, value_name = "A,B", value_parser = cuts)]
    cut: Option<Cuts>,
    /// So many customers are in A, and so many in A and B together, instead of shares.
    #[arg(long, value_name = "A,B", value_parser = cut_counts, conflicts_with = "cut")]
    cut_count: Option<Cuts>,
    /// Keeps the run with a line for each customer, under this name, for `crm tiers` and `crm migration`.
    #[arg(long, value_name = "NAME", value_parser = asked::run_name)]
    save: Option<String>,
    /// Keeps of each customer what it brings and its class alone: for houses of millions that look at their classes often.
    #[arg(long, requires = "save", conflicts_with_all = ["csv", "top", "expect"])]
    classes_only: bool,
    /// So many customers, best first, each with its reasons. [default: 10; in JSON none, as each database has ids of its own]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Writes all customers into this file, in the order of their ids, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
}

impl ValueOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        db: &Db,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let basis = Basis::from(self.by);
        let csv = self.csv.as_deref().map(|path| Target::new(path, db, out)).transpose()?;
        let places = self.files.places(db)?;
        let Some(mut request) = self.asked.request(store, scope, basis).await? else {
            return show::nothing(basis, csv, Some(&places), out);
        };
        if let Some(cuts) = self.cut.as_ref().or(self.cut_count.as_ref()) {
            request.policies.get_or_insert_default().cuts = cuts.clone();
        }
        self.expect.of(&mut request)?;
        if self.classes_only {
            request.detail = RunDetail::Classes;
        }
        let run = match &self.save {
            Some(name) => {
                let saved = asked::saved(store, scope, &mut request, Some(name)).await;
                Some(saved.map_err(|error| self.expect.explained(error))?)
            }
            None => None,
        };
        let unit = &mut *store.read(scope.clone()).await?;
        if let Some(csv) = csv {
            // Reasons are told by what all bring together.
            let (told, mut standings) =
                self.told(unit, &request, run, self.top.unwrap_or(SHOWN)).await?;
            let names = find::customers(unit, shown(&told, &mut standings)).await?;
            drawn(&told, &standings, &names, &places)?;
            return csv::write(unit, &request, &told, csv, out).await;
        }
        let most = self.top.unwrap_or(if out.json { 0 } else { SHOWN });
        let on_page = if places.has_page() { self.top.unwrap_or(SHOWN) } else { 0 };
        let (mut told, mut standings) = self.told(unit, &request, run, most.max(on_page)).await?;
        let names = find::customers(unit, shown(&told, &mut standings)).await?;
        drawn(&told, &standings, &names, &places)?;
        told.best.truncate(most);
        standings.truncate(most);
        if out.json {
            let mut json = told.to_json(&names)?;
            if told.expects() {
                standings.tell(&mut json, &told.run, &names)?;
            }
            return out.json(&json);
        }
        show(&told, &names, out)?;
        standings.show(&told.run, &names, out)
    }

    /// What was kept, or what would be, with so many of the best, and of those of whom something is expected.
    async fn told(
        &self,
        unit: &mut dyn ReadUnit,
        request: &RunRequest<'_>,
        kept: Option<ValueRun>,
        most: usize,
    ) -> Result<(Told, Standings), Failure> {
        let (mut best, mut standings, saved) =
            (Best::new(most), Standings::new(most), kept.is_some());
        let run = asked::lines_of(unit, request, kept, |line| {
            standings.add(&line);
            best.add(line);
            Ok(())
        });
        let run = run.await.map_err(|error| self.expect.explained(error))?;
        let told = Told { saved, best: Vec::new(), ..Told::of(run)? };
        if !told.expects() {
            standings = Standings::new(0);
        }
        Ok((Told { best: best.in_order(), ..told }, standings))
    }
}

/// Who is named.
fn shown(told: &Told, standings: &mut Standings) -> Vec<Id<Customer>> {
    let mut shown = standings.customers();
    shown.extend(told.best.iter().map(|line| line.customer_id));
    shown
}

/// The curve and the page, where they are asked for.
fn drawn(
    told: &Told,
    standings: &Standings,
    names: &find::Customers,
    places: &Places,
) -> Result<(), Failure> {
    places.write(|| picture::curve(told), |picture| page::page(told, standings, names, picture))
}

/// What customers brought of all time, in the only currency of a sample house, with its best customers.
pub(crate) async fn revenue(unit: &mut dyn ReadUnit, most: usize) -> Result<Told, Failure> {
    let currency = value_currency(unit, Basis::Revenue, None).await;
    let currency = currency.map_err(asked::ask_for_currency)?.unwrap_or(Currency::EUR);
    let period = Period::until(Timestamp::MAX.date());
    let request = RunRequest::new(Id::new(Uuid::nil()), period, Basis::Revenue, currency);
    let mut best = Best::new(most);
    let mut told = Told::preview(unit, &request, |line| best.add(line)).await?;
    told.best = best.in_order();
    Ok(told)
}

/// `80,95`.
fn cuts(text: &str) -> Result<Cuts, String> {
    let wrong = || "cuts are written like 80,95: where A and B end, in percent".to_owned();
    let (a, b) = text.split_once(',').ok_or_else(wrong)?;
    let percent = |text: &str| text.trim().parse::<Decimal>().map_err(|_| wrong());
    let cuts = Cuts::Share { a: percent(a)?, b: percent(b)? };
    cuts.check().map_err(|error| error.reason)?;
    Ok(cuts)
}

/// `10,50`.
fn cut_counts(text: &str) -> Result<Cuts, String> {
    let wrong = || "counts are written like 10,50: the last customer of A, and of B".to_owned();
    let (a, b) = text.split_once(',').ok_or_else(wrong)?;
    let count = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    let cuts = Cuts::Count { a: count(a)?, b: count(b)? };
    cuts.check().map_err(|error| error.reason)?;
    Ok(cuts)
}

/// The best so many lines.
pub(crate) struct Best {
    most: usize,
    lines: Vec<ValueRunLine>,
}

impl Best {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, lines: Vec::new() }
    }

    pub(crate) fn add(&mut self, line: ValueRunLine) {
        if self.most == 0 || line.rank.is_none() {
            return;
        }
        self.lines.push(line);
        if self.lines.len() > 2 * self.most + 100 {
            self.cut();
        }
    }

    pub(crate) fn in_order(mut self) -> Vec<ValueRunLine> {
        self.cut();
        self.lines
    }

    fn cut(&mut self) {
        self.lines.sort_by_key(|line| (line.rank, line.customer_id));
        self.lines.truncate(self.most);
    }
}
