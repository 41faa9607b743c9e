//! `crm import`: files become records, a batch at a time, read by one thread and written by another.

mod bounded;
mod constants;
mod file;
mod lines;
mod lookalikes;
mod progress;
mod reader;
mod refusals;
mod rejects;
mod write;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use crm_core::{
    customer::CustomerKind,
    import::{AssignedReport, Report},
    import::{ImportKind, ImportOptions, Mapping, OnDuplicate},
    kernel::Scope,
};
use serde::Serialize;

use crate::{
    db::Db,
    failure::Failure,
    output::{Out, counted, grouped},
};
use file::Format;
use lookalikes::{Lookalike, Lookalikes};
pub(crate) use progress::Progress;
use refusals::{Refusal, Refusals};
use rejects::Rejects;

/// `crm import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What is in the files.
    #[arg(value_enum)]
    kind: KindArg,
    /// The files; each begins with a line that names its columns, if --columns does not name them. Columns that are
    /// called like one of our fields are taken as they are.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Names the columns of files whose first line is a row already: customer,date,quantity,revenue.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Their column is our field: sales_agent=owner.
    #[arg(long, value_name = "THEIRS=OURS", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Our field is this in every row: currency=USD.
    #[arg(long, value_name = "OURS=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Where our field says one thing it means another: 'product:GTXPro=GTX Pro'.
    #[arg(long, value_name = "OURS:FROM=TO", value_parser = alias)]
    alias: Vec<(String, String, String)>,
    /// How the columns of a line are told apart.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// What stands between two columns of a CSV file; `tab` for a tab. [default: ,]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Writes the refused rows here as CSV, with their line and the reason.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// What becomes of a customer's row that is certainly there under another name: fold fills what is
    /// empty there and overwrites nothing, keep makes a record of its own, refuse sends the row back.
    /// [default: fold]
    #[arg(long, value_name = "HOW")]
    duplicates: Option<OnDuplicate>,
    /// Writes the folded rows and the possible duplicates here as CSV, with the customer and the
    /// reason.
    #[arg(long, value_name = "FILE")]
    folded: Option<PathBuf>,
    /// Makes customers that are named and not there, instead of refusing the row: persons, or
    /// --create-customers=organisation.
    #[arg(long, value_name = "KIND", num_args = 0..=1, require_equals = true, default_missing_value = "person")]
    create_customers: Option<CustomerKind>,
    /// The pipeline of the opportunities, by name; else the first that is in use.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Gives new leads, customers or opportunities that a row gives to nobody their owner by the assignment rules, while they
    /// are added; `crm assign --dry-run` and `crm owners` explain.
    #[arg(long)]
    assign: bool,
    /// Ends with exit code 3 when rows were refused.
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindArg {
    Staff,
    Customers,
    Products,
    Opportunities,
    Transactions,
    Leads,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: Report,
    /// What the rules decided, with `--assign`.
    #[serde(flatten)]
    assigned: Option<AssignedReport>,
    /// The first ones; `--rejects` has them all.
    refusals: &'a [Refusal],
    /// The first ones; `--folded` has them all.
    duplicates: &'a [Lookalike],
}

impl Import {
    pub(crate) async fn run(&self, db: &Db, scope: &Scope, out: Out) -> Result<ExitCode, Failure> {
        self.check_options()?;
        let mapping = self.mapping();
        let options = ImportOptions {
            create_customers: self.create_customers,
            pipeline: self.pipeline.clone(),
            duplicates: self.duplicates.unwrap_or(OnDuplicate::Fold),
            assign: self.assign,
        };
        let delimiter = self.delimiter.unwrap_or(b',');
        let columns = self.columns.as_deref();
        let sources = self.files.iter().map(|path| {
            file::Source::open(path, self.format, delimiter, columns, &mapping, &options)
        });
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        let to = |option, path: &Option<PathBuf>| {
            let place = path.as_deref().map(|path| Rejects::new(option, path, db, &self.files));
            place.transpose()
        };
        let (rejects, folded) = (to("--rejects", &self.rejects)?, to("--folded", &self.folded)?);
        self.try_constants(scope).await?;
        let store = db.open().await?.store();
        {
            let mut unit = store.read(scope.clone()).await?;
            self.find_constants(&mut *unit).await?;
        }
        let mut told = Told {
            refusals: Refusals::new(rejects),
            lookalikes: Lookalikes::new(folded),
            assigned: AssignedReport::default(),
        };
        let mut report = Report::default();
        for source in sources {
            match write::run(&*store, scope, source, &mut told).await {
                Ok(of_file) => report.add(of_file),
                Err(failure) => {
                    told.finish()?;
                    return Err(failure);
                }
            }
        }
        told.finish()?;
        let Told { refusals, lookalikes, assigned } = &told;
        let assigned = self.assign.then(|| assigned.clone());
        let (refusals, duplicates) = (refusals.first(), lookalikes.first());
        self.tell(&Answer { report, assigned, refusals, duplicates }, out)?;
        let strict = self.strict && report.refused > 0;
        Ok(if strict { ExitCode::from(3) } else { ExitCode::SUCCESS })
    }

    /// Refuses what would be ignored.
    fn check_options(&self) -> Result<(), Failure> {
        let deals = matches!(self.kind, KindArg::Opportunities);
        let names_customers = deals || matches!(self.kind, KindArg::Transactions);
        let unused = if self.pipeline.is_some() && !deals {
            "--pipeline: only opportunities stand in one"
        } else if self.create_customers.is_some() && !names_customers {
            "--create-customers: only opportunities and transactions name customers"
        } else if self.duplicates.is_some() && !matches!(self.kind, KindArg::Customers) {
            "--duplicates: only customers are compared with those who are there"
        } else if self.folded.is_some() && !matches!(self.kind, KindArg::Customers) {
            "--folded: only customers are folded"
        } else if self.folded.is_some() && self.folded == self.rejects {
            "--folded and --rejects name the same file"
        } else if self.assign && !self.kind().is_given_by_rules() {
            "--assign: rules give leads, customers and opportunities an owner"
        } else if self.delimiter.is_some() && !matches!(self.format, Format::Csv) {
            "--delimiter: only in CSV something stands between columns; leave it, or --format, out"
        } else {
            return Ok(());
        };
        Err(Failure::Asked(unused.to_owned()))
    }

    const fn kind(&self) -> ImportKind {
        match self.kind {
            KindArg::Staff => ImportKind::Staff,
            KindArg::Customers => ImportKind::Customers,
            KindArg::Products => ImportKind::Products,
            KindArg::Opportunities => ImportKind::Opportunities,
            KindArg::Transactions => ImportKind::Transactions,
            KindArg::Leads => ImportKind::Leads,
        }
    }

    fn mapping(&self) -> Mapping {
        let mut mapping = Mapping::new(self.kind());
        for (theirs, ours) in &self.map {
            mapping = mapping.column(theirs, ours);
        }
        for (ours, value) in &self.set {
            mapping = mapping.constant(ours, value);
        }
        for (ours, from, to) in &self.alias {
            mapping = mapping.alias(ours, from, to);
        }
        mapping
    }

    fn tell(&self, answer: &Answer<'_>, out: Out) -> Result<(), Failure> {
        if out.json {
            return out.json(answer);
        }
        let Answer { report, assigned, refusals, duplicates } = answer;
        let Report { read, new, unchanged, changed, refused, .. } = *report;
        let folded = match report.folded {
            0 => String::new(),
            some => format!(", {} folded", grouped(some)),
        };
        out.line(format!(
            "{} read: {} new, {} unchanged, {} changed{folded}, {} refused",
            grouped(read),
            grouped(new),
            grouped(unchanged),
            grouped(changed),
            grouped(refused)
        ))?;
        if let Some(assigned) = assigned {
            out.line(in_words(assigned))?;
        }
        self.tell_duplicates(report, duplicates, out)?;
        for refusal in *refusals {
            out.line(format!("  {}, line {}: {}", refusal.file, refusal.line, refusal.reason))?;
        }
        let more = refused.saturating_sub(refusals.len() as u64);
        match (&self.rejects, more) {
            (Some(path), _) if refused > 0 => {
                let how = match self.format {
                    Format::Csv => "",
                    Format::Whitespace => " as CSV; import them with --format csv",
                };
                out.line(format!("  all of them are in {}{how}", path.display()))
            }
            (None, 1..) => {
                out.line(format!("  and {} more: --rejects FILE writes them all", grouped(more)))
            }
            _ => Ok(()),
        }
    }
}

impl Import {
    fn tell_duplicates(
        &self,
        report: &Report,
        duplicates: &[Lookalike],
        out: Out,
    ) -> Result<(), Failure> {
        if report.possible_duplicates > 0 {
            let many = counted(report.possible_duplicates, "new one may be", "new ones may be");
            out.line(format!("  {many} there already: `crm duplicates` shows what to merge"))?;
        }
        for Lookalike { file, line, outcome, found } in duplicates {
            let what = if *outcome == "folded" { "folded into" } else { "possibly" };
            out.line(format!("  {file}, line {line}: {what} {}, {}", found.name, found.why))?;
        }
        let all = report.folded + report.possible_duplicates;
        let more = all.saturating_sub(duplicates.len() as u64);
        match (&self.folded, more) {
            (Some(path), _) if all > 0 => {
                out.line(format!("  all of them are in {}", path.display()))
            }
            (None, 1..) => {
                out.line(format!("  and {} more: --folded FILE writes them all", grouped(more)))
            }
            _ => Ok(()),
        }
    }
}

/// What is told while files are read.
struct Told {
    refusals: Refusals,
    lookalikes: Lookalikes,
    assigned: AssignedReport,
}

impl Told {
    fn finish(&mut self) -> Result<(), Failure> {
        self.refusals.finish()?;
        self.lookalikes.finish()
    }
}

fn in_words(report: &AssignedReport) -> String {
    let AssignedReport { assigned, unassigned } = report;
    let reasons = unassigned.iter().map(|(why, many)| format!("{why} ({})", grouped(*many)));
    let reasons: Vec<_> = reasons.collect();
    let without = match unassigned.values().sum() {
        0 => String::new(),
        many => format!(", {} without an owner: {}", grouped(many), reasons.join(", ")),
    };
    format!("  {} of the new ones assigned by the rules{without}", grouped(*assigned))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let wrong = || format!("{text:?} has no = between two names");
    let (left, right) = text.split_once('=').ok_or_else(wrong)?;
    if left.trim().is_empty() {
        return Err(wrong());
    }
    Ok((left.trim().to_owned(), right.trim().to_owned()))
}

fn alias(text: &str) -> Result<(String, String, String), String> {
    let wrong = || format!("{text:?} is not written like 'product:GTXPro=GTX Pro'");
    let (field, rest) = text.split_once(':').ok_or_else(wrong)?;
    let (from, to) = pair(rest).map_err(|_| wrong())?;
    Ok((field.trim().to_owned(), from, to))
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "tab" || text == "\\t" => Ok(b'\t'),
        [one] if *one != b'"' && !one.is_ascii_alphanumeric() => Ok(*one),
        _ => Err("one character, such as ; or the word tab".to_owned()),
    }
}
