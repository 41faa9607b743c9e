//! Who brings how much: `crm value`, `crm rfm`, `crm tiers` and `crm migration`.

pub(crate) mod asked;
mod csv;
pub(crate) mod migration;
pub(crate) mod rfm;
mod show;
pub(crate) mod tiers;
mod told;

use clap::Args;
use crm_core::{
    kernel::{Currency, Id, Scope, Timestamp},
    store::{ReadUnit, Store},
    value::{Basis, Cuts, Period, RunRequest, value_currency},
    value_run_line::ValueRunLine,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{failure::Failure, find, output::Out};

use asked::{Asked, By};
pub(crate) use show::show;
pub(crate) use told::Told;

/// So many customers are shown to people.
const SHOWN: usize = 10;

/// `crm value`
#[derive(Debug, Args)]
#[command(
    after_help = "A period has --from, --to and --as-of, the day as of which it is told; without them all days up to today count.\n\
                  Profit is margin less what serving customers costs, at the house's rates (`crm settings`, \
                  value_policies.service).\n\nExample:\n  \
                  crm value --by profit --from 2017-01-01 --to 2017-12-31 --as-of 2018-01-15 --cut 80,95 --save 2017\n  \
                  crm value --by revenue --csv > customers.csv"
)]
pub(crate) struct ValueOf {
    /// What counts: won opportunities, the revenue of transactions, their margin, or profit.
    #[arg(long, value_enum)]
    by: By,
    #[command(flatten)]
    asked: Asked,
    /// Where the classes A and B end, in percent of the value. [default: those of the house, else 80,95]
    #[arg(long, value_name = "A,B", value_parser = cuts)]
    cut: Option<Cuts>,
    /// Keeps the run with a line for each customer, under this name, for `crm tiers` and `crm migration`.
    #[arg(long, value_name = "NAME")]
    save: Option<String>,
    /// So many customers, best first, each with its reasons. [default: 10; in JSON none, as each database has ids of its own]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Every customer as a row of CSV on standard output, in the order of their ids.
    #[arg(long, conflicts_with = "top")]
    csv: bool,
}

impl ValueOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let basis = Basis::from(self.by);
        let Some(mut request) = self.asked.request(store, scope, basis).await? else {
            return show::nothing(basis, out);
        };
        if let Some(cuts) = &self.cut {
            request.policies.get_or_insert_default().cuts = cuts.clone();
        }
        if self.csv {
            if self.save.is_some() {
                asked::saved(store, scope, &mut request, self.save.as_deref()).await?;
            }
            return csv::write(store, scope, &request).await;
        }
        let most = self.top.unwrap_or(if out.json { 0 } else { SHOWN });
        let mut best = Best::new(most);
        let mut told = match &self.save {
            Some(_) => {
                let run = asked::saved(store, scope, &mut request, self.save.as_deref()).await?;
                asked::lines(&mut *store.read(scope.clone()).await?, run.id, |line| {
                    best.add(line);
                    Ok(())
                })
                .await?;
                Told::of(run)?
            }
            None => {
                let mut unit = store.read(scope.clone()).await?;
                Told::preview(&mut *unit, &request, |line| best.add(line)).await?
            }
        };
        told.best = best.in_order();
        let unit = &mut *store.read(scope.clone()).await?;
        let names = find::customers(unit, told.best.iter().map(|line| line.customer_id)).await?;
        if out.json { out.json(&told.to_json(&names)?) } else { show(&told, &names, out) }
    }
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
