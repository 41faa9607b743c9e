//! The suite that proves a store: ours, or a host's own.
//!
//! A store is correct when every [`Law`] holds. [`run_all`] runs them with one call; a test binary
//! that shows each law on a line of its own runs [`laws`] one by one, in parallel if it likes: each
//! law works in fresh tenants of its own, also in a database that was used before.
//!
//! ```
//! use std::sync::Arc;
//! use crm_core::{conformance::{run_all, Ground, Task}, kernel::*, memory::MemoryStore};
//!
//! # futures_executor::block_on(async {
//! let ports = Ports::new(FixedClock::new("2017-12-31T08:00:00Z".parse()?), SequentialIds::new(1));
//! // With tokio: |task| { let task = tokio::spawn(task); Box::pin(async { let _ = task.await; }) }
//! let spawn = |task: Task| -> Task {
//!     let thread = std::thread::spawn(|| futures_executor::block_on(task));
//!     Box::pin(async { let _ = thread.join(); })
//! };
//! let run = uuid::Uuid::from_u128(1); // A new one for each run on one database.
//! let ground = Ground::new(Arc::new(MemoryStore::new(ports)), run, spawn);
//! # let few = crm_core::conformance::laws().into_iter().filter(|law| law.name().contains("::product"));
//! # for law in few { assert_eq!(law.hold(&ground).await, Ok(())); }
//! # if false {
//! for (law, verdict) in run_all(&ground).await {
//!     assert_eq!(verdict, Ok(()), "{law}");
//! }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

#[macro_use]
mod law;
mod beside;
mod case;
mod claim;
mod corpus;
mod corpus_names;
mod corpus_queries;
mod each;
mod follower;
mod funnel_cells;
mod gates;
mod histories;
mod marker;
mod masks;
mod past_figures;
mod past_verbs;
mod questions;
mod random;
mod sample;
mod sample_assignment;
mod sample_deals;
mod sample_forecast;
mod sample_leads;
mod sample_ownership;
mod sample_people;
mod sample_prices;
mod sample_rules;
mod sample_runs;
mod sample_win_model;
mod samples;
mod samples_customers;
mod setting;
mod world;

mod alignments;
mod assignment_adding;
mod assignment_choices;
mod assignment_figures;
mod assignment_pages;
mod assignment_races;
mod assignment_refused;
mod assignment_targets;
mod assignment_turns;
mod assignment_words;
mod assignments;
mod bad_input;
mod batches;
mod by_tier;
mod bypass;
mod cancelled;
mod cards;
mod changes;
mod claiming_days;
mod completeness;
mod concurrency;
mod conflicts;
mod criteria;
mod custody;
mod deals;
mod duplicates;
mod erased;
mod erasing;
mod erasing_names;
mod erasing_reach;
mod expected_values;
mod figures_told;
mod forecast_behind;
mod forecast_changes;
mod forecast_house;
mod forecast_past;
mod forecast_rates;
mod forecast_refused;
mod forecast_snapshots;
mod forecast_targets;
mod forecasts;
mod handover_by_rules;
mod handover_house;
mod handover_reach;
mod handovers;
mod interactions;
mod kept_amounts;
mod kept_figures;
mod kept_fold;
mod kept_profits;
mod kept_races;
mod kept_values;
mod lead_carrying;
mod lead_conversion;
mod lead_races;
mod leads;
mod lifecycle;
mod lifetime_currencies;
mod lifetimes;
mod line_products;
mod lost_units;
mod merged_duplicates;
mod merging;
mod merging_races;
mod merging_refused;
mod merging_rules;
mod merging_trees;
mod newest;
mod next_steps;
mod old_ids;
mod one_field;
mod opportunities;
mod overlaps;
mod owner_races;
mod owners;
mod ownership_races;
mod paging;
mod pairs;
mod people;
mod pipeline_figures;
mod pipeline_lists;
mod pipeline_scenes;
mod pipelines;
mod pools;
mod prices;
mod random_events;
mod recycling;
mod references;
mod retry;
mod round_trip;
mod rules;
mod run_classes;
mod scenarios;
mod scenarios_figures;
mod search;
mod signature;
mod sizes;
mod structure;
mod sums;
mod task_customers;
mod tasks;
mod tenants;
mod terms;
mod territories;
mod texts;
mod timeline;
mod trees;
mod uniqueness;
mod units;
mod updates_together;
mod value_applied;
mod value_house;
mod value_moves;
mod value_plans;
mod value_runs;
mod value_tiers;
mod versions;
mod win_model_house;
mod win_models;
mod workday;
mod workday_rot;

pub use case::{Ground, Task};
pub use law::{Law, Verdict};

/// Every law, in the order in which they are best read.
pub fn laws() -> Vec<Law> {
    [
        round_trip::laws(),
        texts::laws(),
        criteria::laws(),
        sizes::laws(),
        paging::laws(),
        sums::laws(),
        pairs::laws(),
        versions::laws(),
        lost_units::laws(),
        uniqueness::laws(),
        references::laws(),
        trees::laws(),
        terms::laws(),
        custody::laws(),
        batches::laws(),
        newest::laws(),
        search::laws(),
        duplicates::laws(),
        cards::laws(),
        units::laws(),
        cancelled::laws(),
        tenants::laws(),
        changes::laws(),
        overlaps::laws(),
        retry::laws(),
        concurrency::laws(),
        interactions::laws(),
        next_steps::laws(),
        tasks::laws(),
        task_customers::laws(),
        timeline::laws(),
        one_field::laws(),
        opportunities::laws(),
        gates::laws(),
        past_figures::laws(),
        past_verbs::laws(),
        deals::laws(),
        random_events::laws(),
        pipelines::laws(),
        bad_input::laws(),
        conflicts::laws(),
        prices::laws(),
        funnel_cells::laws(),
        pipeline_figures::laws(),
        line_products::laws(),
        pipeline_lists::laws(),
        pipeline_scenes::laws(),
        rules::laws(),
        completeness::laws(),
        bypass::laws(),
        merging::laws(),
        merging_refused::laws(),
        merging_rules::laws(),
        merging_trees::laws(),
        merged_duplicates::laws(),
        merging_races::laws(),
        old_ids::laws(),
        structure::laws(),
        lifecycle::laws(),
        erased::laws(),
        erasing::laws(),
        erasing_names::laws(),
        erasing_reach::laws(),
        owners::laws(),
        ownership_races::laws(),
        pools::laws(),
        masks::laws(),
        recycling::laws(),
        assignment_adding::laws(),
        updates_together::laws(),
        assignment_figures::laws(),
        assignment_words::laws(),
        assignments::laws(),
        assignment_races::laws(),
        assignment_choices::laws(),
        assignment_refused::laws(),
        assignment_turns::laws(),
        assignment_targets::laws(),
        assignment_pages::laws(),
        claiming_days::laws(),
        by_tier::laws(),
        owner_races::laws(),
        handovers::laws(),
        handover_reach::laws(),
        handover_by_rules::laws(),
        scenarios::laws(),
        scenarios_figures::laws(),
        kept_races::laws(),
        kept_values::laws(),
        value_plans::laws(),
        value_runs::laws(),
        value_applied::laws(),
        value_tiers::laws(),
        value_moves::laws(),
        kept_figures::laws(),
        kept_amounts::laws(),
        run_classes::laws(),
        kept_profits::laws(),
        forecasts::laws(),
        forecast_behind::laws(),
        forecast_targets::laws(),
        forecast_past::laws(),
        forecast_rates::laws(),
        forecast_snapshots::laws(),
        forecast_changes::laws(),
        forecast_refused::laws(),
        signature::laws(),
        win_models::laws(),
        lifetimes::laws(),
        lifetime_currencies::laws(),
        expected_values::laws(),
        workday::laws(),
        workday_rot::laws(),
        people::laws(),
        alignments::laws(),
        territories::laws(),
        leads::laws(),
        lead_conversion::laws(),
        lead_carrying::laws(),
        lead_races::laws(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Holds every law against a store, one after the other.
pub async fn run_all(ground: &Ground) -> Vec<(String, Verdict)> {
    let mut verdicts = Vec::new();
    for law in laws() {
        let verdict = law.hold(ground).await;
        verdicts.push((law.name().to_owned(), verdict));
    }
    verdicts
}

#[cfg(test)]
mod corpus_tests;
