//! `crm`, a command line for a sales office: a host program on the library's public API alone.

mod absence;
mod addendum;
mod archive;
mod args;
mod assignment;
mod at_risk;
mod changes;
mod chart;
mod close_day;
mod clv;
mod conflicts;
mod contact;
mod csv_file;
mod db;
mod demo;
mod duplicates;
mod erase;
mod failure;
mod family;
mod find;
mod forecast;
mod funnel;
mod happened;
mod import;
mod inspect;
mod lead;
mod list;
mod merge;
mod opportunity;
mod output;
mod ownership;
mod page;
mod pipeline;
mod place;
mod prices;
mod rate;
mod record;
mod report;
mod search;
mod settings;
mod staff;
mod stage;
mod target;
mod tasks;
mod territories;
mod timeline;
mod unmerge;
mod value;
mod when;
mod win_model;
mod workday;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let json = args.json;
    match run(args) {
        Ok(code) => code,
        Err(failure) => failure.report(json),
    }
}

fn run(args: args::Args) -> Result<ExitCode, failure::Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(failure::Failure::Runtime)?;
    runtime.block_on(args.run())
}
