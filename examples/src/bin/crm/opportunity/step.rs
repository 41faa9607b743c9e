use std::collections::BTreeMap;

use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    kernel::Scope,
    opportunity::{OpportunityEvent, Override},
    store::Store,
};
use serde_json::json;

use crate::{failure::Failure, find, output::Out, when};

use super::tell;

/// Which one, why, and who lets it pass gates that are not met.
#[derive(Debug, Args)]
struct Step {
    /// The opportunity: an id, an external id or a name.
    opportunity: String,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    /// Who lets it pass gates that are not met: one whom the pipeline names. The reason is kept with the step.
    #[arg(long, value_name = "NAME")]
    override_by: Option<String>,
}

impl Step {
    async fn take(
        &self,
        store: &dyn Store,
        scope: &Scope,
        event: OpportunityEvent,
        out: Out,
    ) -> Result<(), Failure> {
        let mut work = store.begin(scope.clone()).await?;
        let id = find::deal(&mut *work, &self.opportunity).await?.id;
        let taken = match &self.override_by {
            None => work.opportunities().take(id, event).await?,
            Some(name) => {
                let by = find::staff(&mut *work, name).await?.id;
                let reason = self.reason.clone().unwrap_or_default();
                work.opportunities().take_over_gates(id, event, Override { by, reason }).await?
            }
        };
        work.commit().await?;
        tell(&taken, out)
    }
}

/// `crm opportunity advance`
#[derive(Debug, Args)]
pub(super) struct Advance {
    #[command(flatten)]
    step: Step,
    /// The key of the stage.
    stage: String,
}

impl Advance {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (to, reason) = (self.stage.clone(), self.step.reason.clone());
        self.step.take(store, scope, OpportunityEvent::Advance { to, reason }, out).await
    }
}

/// `crm opportunity win`
#[derive(Debug, Args)]
pub(super) struct Win {
    #[command(flatten)]
    step: Step,
    /// The day. [default: today]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    on: Option<NaiveDate>,
    /// The key of the stage; else the first of its kind.
    #[arg(long)]
    stage: Option<String>,
}

impl Win {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let on = self.on.unwrap_or_else(|| when::now().date());
        let (to, reason) = (self.stage.clone(), self.step.reason.clone());
        self.step.take(store, scope, OpportunityEvent::Win { on, to, reason }, out).await
    }
}

/// `crm opportunity lose`
#[derive(Debug, Args)]
pub(super) struct Lose {
    #[command(flatten)]
    step: Step,
    /// The day. [default: today]
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    on: Option<NaiveDate>,
    /// The key of the stage; else the first of its kind.
    #[arg(long)]
    stage: Option<String>,
    /// Who won it instead.
    #[arg(long)]
    competitor: Option<String>,
}

impl Lose {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let on = self.on.unwrap_or_else(|| when::now().date());
        let (to, reason) = (self.stage.clone(), self.step.reason.clone());
        let competitor = self.competitor.clone();
        let event = OpportunityEvent::Lose { on, to, reason, competitor };
        self.step.take(store, scope, event, out).await
    }
}

/// `crm opportunity reopen`
#[derive(Debug, Args)]
pub(super) struct Reopen {
    #[command(flatten)]
    step: Step,
    /// The key of the open stage.
    stage: String,
}

impl Reopen {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (to, reason) = (self.stage.clone(), self.step.reason.clone());
        self.step.take(store, scope, OpportunityEvent::Reopen { to, reason }, out).await
    }
}

/// `crm opportunity transfer`
#[derive(Debug, Args)]
pub(super) struct Transfer {
    /// The opportunity: an id, an external id or a name.
    opportunity: String,
    /// The pipeline: an id, an external id or a name.
    pipeline: String,
    /// Its stage here becomes this one there, by their keys: engaging=bidding.
    #[arg(long, value_name = "HERE=THERE", value_parser = pair, required = true)]
    map: Vec<(String, String)>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
}

impl Transfer {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut work = store.begin(scope.clone()).await?;
        let id = find::deal(&mut *work, &self.opportunity).await?.id;
        let to = find::pipeline(&mut *work, Some(&self.pipeline)).await?.id;
        let mapping: BTreeMap<_, _> = self.map.iter().cloned().collect();
        let moved = work.opportunities().transfer(id, to, &mapping, self.reason.clone()).await?;
        work.commit().await?;
        tell(&moved, out)
    }
}

/// `crm opportunity approve`
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// The opportunity: an id, an external id or a name.
    opportunity: String,
    /// The name of the gate.
    gate: String,
    /// Who decides.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// It is not approved.
    #[arg(long)]
    refuse: bool,
    /// Why.
    #[arg(long)]
    note: Option<String>,
}

impl Approve {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut work = store.begin(scope.clone()).await?;
        let deal = find::deal(&mut *work, &self.opportunity).await?;
        let by = find::staff(&mut *work, &self.by).await?;
        let id = crm_core::kernel::Id::new(work.next_id());
        let (granted, note) = (!self.refuse, self.note.clone());
        let decided =
            work.opportunities().decide(id, deal.id, &self.gate, by.id, granted, note).await?;
        work.commit().await?;
        if out.json {
            return out.json(&json!({
                "id": decided.id, "opportunity": {"id": deal.id, "name": deal.name},
                "gate": decided.gate, "granted": decided.granted,
                "by": {"id": by.id, "name": by.name},
            }));
        }
        let said = if granted { "approved" } else { "not approved" };
        out.line(format!("{}: {said} by {}.", decided.gate, by.name))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(here, there)| (here.trim(), there.trim()));
    match pair {
        Some((here, there)) if !here.is_empty() && !there.is_empty() => {
            Ok((here.to_owned(), there.to_owned()))
        }
        _ => Err("write it like engaging=bidding".to_owned()),
    }
}
