use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use crm_core::{
    kernel::{Actor, Id, Scope, TenantId},
    store::ReadUnit,
};
use uuid::Uuid;

use crate::{
    absence, addendum, archive, assignment, at_risk, changes, close_day, clv, conflicts, contact,
    db::Db, demo, duplicates, erase, failure::Failure, family, forecast, funnel, import, inspect,
    lead, list, merge, opportunity, output::Out, ownership, pipeline, prices, rate, record, report,
    search, settings, staff, stage, target, tasks, territories, timeline, unmerge, value,
    win_model, workday,
};

/// A small command line for a sales office.
#[derive(Debug, Parser)]
#[command(
    name = "crm",
    version,
    after_help = "Exit codes: 0 done; 1 not done, the reason is on stderr; 2 the command line cannot be \
                  understood; 3 with `import --strict`: rows were refused.\n\n\
                  The first thing to try: crm demo"
)]
pub(crate) struct Args {
    /// The database: sqlite:PATH or postgres://USER@HOST/NAME. `demo` and `import` make
    /// its tables where they are missing. [default: sqlite:crm.db; for `demo` a temporary file]
    #[arg(long, global = true, value_name = "URL")]
    db: Option<Db>,
    /// Whose data: a name, or a UUID. One database keeps many houses apart.
    #[arg(long, global = true, value_name = "NAME", default_value = "house", value_parser = tenant)]
    tenant: TenantId,
    /// Who does it: the change log keeps the name.
    #[arg(long, global = true, value_name = "NAME", default_value = "crm", value_parser = actor)]
    actor: Actor,
    /// Answers in JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a sample house and tells what can be done with it.
    Demo(demo::Demo),
    /// Reads staff, customers, products, opportunities, transactions or leads from files.
    Import(import::Import),
    /// Opens opportunities, moves them on, wins and loses them, and shows their history.
    Opportunity(opportunity::OpportunityOf),
    /// Shows pipelines with their gates, and makes one of a preset.
    Pipeline(pipeline::PipelineOf),
    /// Keeps price books, and says what a product costs.
    Prices(prices::PricesOf),
    /// Lists who works with the same customer on the same product.
    Conflicts(conflicts::ConflictsOf),
    /// Shows how many opportunities, and how much money, stand in each stage, and how many came through.
    Funnel(funnel::FunnelOf),
    /// Shows how much money a day brings: the sales velocity.
    Velocity(report::velocity::VelocityOf),
    /// Shows which part of what was decided was won, by owner, team, product and more.
    WinRate(report::win_rate::WinRateOf),
    /// Shows who won most.
    Leaderboard(report::leaderboard::LeaderboardOf),
    /// Shows how often, and how far, expected closes were put off.
    Slipped(report::slipped::SlippedOf),
    /// Shows open opportunities that do not move, and why.
    Stuck(report::stuck::StuckOf),
    /// Shows whether enough is open for what is still to be won.
    Coverage(report::coverage::CoverageOf),
    /// Shows what will come in, by period and by whom; keeps it, compares it, and says how right it was.
    Forecast(forecast::ForecastOf),
    /// Sets and lists what is to be sold.
    Target(target::TargetOf),
    /// Sets and lists exchange rates.
    Rate(rate::RateOf),
    /// Shows which few customers bring most: classes A, B, C, 8/2/2, how unequal they are, each with its reason.
    Value(value::ValueOf),
    /// Scores customers by how lately, how often and for how much they bought, and names their segments.
    Rfm(value::rfm::RfmOf),
    /// Shows the tiers that follow from what customers bring; gives them to the customers.
    Tiers(value::tiers::TiersOf),
    /// Shows who moved between two kept runs: from class, segment or tier to another, and why.
    Migration(value::migration::MigrationOf),
    /// Shows what customers will still bring: purchases to expect, who is still one, and what that is worth.
    Clv(clv::ClvOf),
    /// Shows who is about to leave: whose silence is unlike them, the most valuable first.
    AtRisk(at_risk::AtRiskOf),
    /// Learns from what was won and lost which open opportunities will be won, and says why.
    #[command(subcommand)]
    WinModel(win_model::WinModelOf),
    /// Finds customers, contacts and leads by what somebody types.
    Search(search::SearchFor),
    /// Shows what happened with a customer, newest first.
    Timeline(timeline::TimelineOf),
    /// Shows what somebody has to do today, the most urgent first, and why.
    Workday(workday::WorkdayOf),
    /// Lists what is to be done, or writes it as a calendar; `done` and `move` change one task.
    Tasks(tasks::TasksOf),
    /// Records what happened with a customer.
    Record(record::Record),
    /// Leads: adds them, works on them, judges them, makes customers of them.
    Lead(Box<lead::LeadOf>),
    /// Shows public pools and what lies in them, sets their rules, and takes back what is due.
    Pool(ownership::pool::PoolOf),
    /// Takes a free customer from a pool.
    Claim(ownership::claim::Claim),
    /// Hands over everything that somebody has.
    Handover(ownership::handover::HandoverOf),
    /// Shows who owned a customer, an opportunity, a lead or a task, since when, and why.
    Owners(ownership::owners::Owners),
    /// Shows the rules by which records are given to people; sets them from a file.
    Rules(assignment::rules::RulesOf),
    /// Gives records to people by the rules, and says why; or shows what it would do.
    Assign(assignment::assign::Assign),
    /// Shows what everybody has, and how full they are.
    Workload(assignment::workload::WorkloadOf),
    /// Adds to an interaction that is closed: a correction, under its author's name.
    Addendum(addendum::Addendum),
    /// Adds and lists the people at a customer.
    Contact(contact::ContactOf),
    /// Shows a customer with all that stand below it, and what they bring together.
    Family(family::FamilyOf),
    /// Moves a customer on in its lifecycle.
    Stage(stage::Stage),
    /// Closes the day's interactions that are complete, and lists the others.
    CloseDay(close_day::CloseDay),
    /// Shows which records are incomplete, whose they are, and since when.
    Inspect(inspect::Inspect),
    /// Shows who is there more than once, and why that seems so.
    Duplicates(duplicates::DuplicatesOf),
    /// Makes one customer of several that are the same.
    Merge(merge::Merge),
    /// Undoes a merge.
    Unmerge(unmerge::Unmerge),
    /// Puts a customer away; nothing of it is lost.
    Archive(archive::OneCustomer),
    /// Takes a customer back that was put away.
    Restore(archive::OneCustomer),
    /// Erases what tells of a person, on their request.
    Erase(erase::Erase),
    /// Shows the rules of the house, or changes them.
    Settings(settings::SettingsOf),
    /// Lists records.
    List(list::List),
    /// Shows who works here, what they can do and take on, and until when they are away; sets it from a file.
    Staff(staff::StaffOf),
    /// Notes and lists who is away, and who stands in.
    Absence(absence::AbsenceOf),
    /// Shows the territories; checks them, and previews and makes a re-alignment.
    Territories(territories::TerritoriesOf),
    /// Follows the change log.
    Changes(changes::Changes),
}

impl Args {
    pub(crate) async fn run(self) -> Result<ExitCode, Failure> {
        let out = Out { json: self.json };
        let scope = Scope::new(self.tenant, self.actor);
        let db = match (self.db, &self.command) {
            (db, Command::Demo(demo)) => return demo.run(db, scope, out).await,
            (Some(db), _) => db,
            (None, _) => Db::Sqlite(PathBuf::from("crm.db")),
        };
        if let Command::Import(import) = &self.command {
            return import.run(&db, &scope, out).await;
        }
        let store = db.open_to_read().await?;
        match &self.command {
            Command::Record(record) => record.run(&*store, &scope, out).await?,
            Command::Opportunity(deal) => deal.run(&*store, &scope, out).await?,
            Command::Pipeline(pipeline) => pipeline.run(&*store, &scope, out).await?,
            Command::Prices(prices) => prices.run(&*store, &scope, out).await?,
            Command::Conflicts(conflicts) => conflicts.run(&*store, &scope, out).await?,
            Command::Tasks(tasks) => tasks.run(&*store, &db, &scope, out).await?,
            Command::Addendum(addendum) => addendum.run(&*store, &scope, out).await?,
            Command::Contact(contact) => contact.run(&*store, &scope, out).await?,
            Command::Lead(lead) => lead.run(&*store, &scope, out).await?,
            Command::Pool(pool) => pool.run(&*store, &scope, out).await?,
            Command::Claim(claim) => claim.run(&*store, &scope, out).await?,
            Command::Handover(handover) => handover.run(&*store, &scope, out).await?,
            Command::Rules(rules) => rules.run(&*store, &scope, out).await?,
            Command::Assign(assign) => assign.run(&*store, &scope, out).await?,
            Command::Stage(stage) => stage.run(&*store, &scope, out).await?,
            Command::Forecast(forecast) => forecast.run(&*store, &scope, out).await?,
            Command::Target(target) => target.run(&*store, &scope, out).await?,
            Command::Rate(rate) => rate.run(&*store, &scope, out).await?,
            Command::Value(value) => value.run(&*store, &db, &scope, out).await?,
            Command::Rfm(rfm) => rfm.run(&*store, &db, &scope, out).await?,
            Command::Tiers(tiers) => tiers.run(&*store, &scope, out).await?,
            Command::Migration(moves) => moves.run(&*store, &db, &scope, out).await?,
            Command::CloseDay(close_day) => close_day.run(&*store, &scope, out).await?,
            Command::Clv(clv) => clv.run(&*store, &db, scope, out).await?,
            Command::AtRisk(at_risk) => at_risk.run(&*store, &db, scope, out).await?,
            Command::Inspect(inspect) => inspect.run(&*store, &db, &scope, out).await?,
            Command::Settings(settings) => settings.run(&*store, &scope, out).await?,
            Command::Duplicates(twins) => twins.run(&*store, &db, &scope, out).await?,
            Command::WinModel(model) => model.run(&*store, &scope, out).await?,
            Command::Merge(merge) => merge.run(&*store, &scope, out).await?,
            Command::Unmerge(unmerge) => unmerge.run(&*store, &scope, out).await?,
            Command::Archive(customer) => customer.archive(&*store, &scope, out).await?,
            Command::Restore(customer) => customer.restore(&*store, &scope, out).await?,
            Command::Erase(erase) => erase.run(&*store, &scope, out).await?,
            Command::Staff(staff) => staff.run(&*store, &scope, out).await?,
            Command::Absence(absence) => absence.run(&*store, &scope, out).await?,
            Command::Territories(territories) => territories.run(&*store, &scope, out).await?,
            reading => reading.read(&mut *store.read(scope).await?, out).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Command {
    /// Those that only read.
    async fn read(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        match self {
            Self::Funnel(funnel) => funnel.run(unit, out).await,
            Self::Velocity(velocity) => velocity.run(unit, out).await,
            Self::WinRate(rate) => rate.run(unit, out).await,
            Self::Leaderboard(board) => board.run(unit, out).await,
            Self::Slipped(slipped) => slipped.run(unit, out).await,
            Self::Stuck(stuck) => stuck.run(unit, out).await,
            Self::Coverage(coverage) => coverage.run(unit, out).await,
            Self::Search(search) => search.run(unit, out).await,
            Self::Timeline(timeline) => timeline.run(unit, out).await,
            Self::Workday(workday) => workday.run(unit, out).await,
            Self::Owners(owners) => owners.run(unit, out).await,
            Self::Workload(load) => load.run(unit, out).await,
            Self::Family(family) => family.run(unit, out).await,
            Self::List(list) => list.run(unit, out).await,
            Self::Changes(changes) => changes.run(unit, out).await,
            Self::Demo(_)
            | Self::Import(_)
            | Self::Opportunity(_)
            | Self::Pipeline(_)
            | Self::Prices(_)
            | Self::Conflicts(_)
            | Self::Record(_)
            | Self::Tasks(_)
            | Self::Addendum(_)
            | Self::Contact(_)
            | Self::Lead(_)
            | Self::Stage(_)
            | Self::Pool(_)
            | Self::Claim(_)
            | Self::Handover(_)
            | Self::Rules(_)
            | Self::Assign(_)
            | Self::Forecast(_)
            | Self::Target(_)
            | Self::Rate(_)
            | Self::Value(_)
            | Self::Rfm(_)
            | Self::Tiers(_)
            | Self::Migration(_)
            | Self::CloseDay(_)
            | Self::Clv(_)
            | Self::AtRisk(_)
            | Self::Inspect(_)
            | Self::Duplicates(_)
            | Self::Merge(_)
            | Self::Unmerge(_)
            | Self::Archive(_)
            | Self::Restore(_)
            | Self::Erase(_)
            | Self::Staff(_)
            | Self::Absence(_)
            | Self::Territories(_)
            | Self::WinModel(_)
            | Self::Settings(_) => Ok(()),
        }
    }
}

fn tenant(text: &str) -> Result<TenantId, String> {
    if text.trim().is_empty() {
        return Err("a house has a name".to_owned());
    }
    let named = || Id::<()>::derived(TenantId(Uuid::nil()), text).uuid();
    Ok(TenantId(Uuid::parse_str(text).unwrap_or_else(|_| named())))
}

fn actor(text: &str) -> Result<Actor, String> {
    Actor::new(text).map_err(|e| e.reason)
}
