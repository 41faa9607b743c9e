use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    kernel::{Scope, Stored},
    lead::{Answer, Lead, Qualification},
    store::{Store, run},
};

use crate::{failure::Failure, output::Out, when};

use super::{as_json, meant, title};

/// `crm lead qualify`
#[derive(Debug, Args)]
pub(super) struct Qualify {
    /// The lead: an id, an external id, a name or a company.
    lead: String,
    /// What is known: 'budget=yes: 4000 EUR', timing=no. Asked of old: budget, authority, need, timing.
    #[arg(long = "answer", value_name = "QUESTION=YES|NO[: NOTE]", value_parser = answer)]
    answers: Vec<(String, Answer)>,
}

/// `crm lead disqualify`
#[derive(Debug, Args)]
pub(super) struct Disqualify {
    /// The lead: an id, an external id, a name or a company.
    lead: String,
    /// Why; the house may have a list (`crm settings`).
    reason: String,
}

/// `crm lead recycle`
#[derive(Debug, Args)]
pub(super) struct Recycle {
    /// The lead: an id, an external id, a name or a company.
    lead: String,
    /// The day to take it up again: its owner has a task then.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    on: Option<NaiveDate>,
}

pub(super) async fn work(
    store: &dyn Store,
    scope: &Scope,
    lead: &str,
    out: Out,
) -> Result<(), Failure> {
    let id = meant(store, scope, lead).await?;
    let done = run(store, scope, |work| Box::pin(async move { work.leads().work(id).await }));
    tell(&done.await?, out)
}

impl Qualify {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let id = meant(store, scope, &self.lead).await?;
        let done = run(store, scope, |work| {
            let answers = Qualification(self.answers.iter().cloned().collect());
            Box::pin(async move { work.leads().qualify(id, answers).await })
        });
        tell(&done.await?, out)
    }
}

impl Disqualify {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let id = meant(store, scope, &self.lead).await?;
        let done = run(store, scope, |work| {
            let reason = self.reason.clone();
            Box::pin(async move { work.leads().disqualify(id, reason).await })
        });
        tell(&done.await?, out)
    }
}

impl Recycle {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (id, on) = (meant(store, scope, &self.lead).await?, self.on);
        let done =
            run(store, scope, |work| Box::pin(async move { work.leads().recycle(id, on).await }));
        tell(&done.await?, out)
    }
}

fn tell(lead: &Stored<Lead>, out: Out) -> Result<(), Failure> {
    if out.json {
        return out.json(&as_json(lead));
    }
    out.line(format!("{} is {}.", title(lead, 60), lead.state().status()))
}

fn answer(text: &str) -> Result<(String, Answer), String> {
    let wrong = || "an answer is written like 'budget=yes: 4000 EUR' or timing=no".to_owned();
    let (question, said) = text.split_once('=').ok_or_else(wrong)?;
    let (met, note) = match said.split_once(':') {
        Some((met, note)) => (met, Some(note.trim().to_owned())),
        None => (said, None),
    };
    let met = match met.trim() {
        "yes" => true,
        "no" => false,
        _ => return Err(wrong()),
    };
    let question = question.trim();
    if question.is_empty() {
        return Err(wrong());
    }
    Ok((question.to_owned(), Answer { met, note: note.filter(|note| !note.is_empty()) }))
}
