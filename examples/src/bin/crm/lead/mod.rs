//! `crm lead`: from a card to a customer.

mod add;
mod change;
mod convert;
mod list;
mod preview;
mod record;
mod show;

use clap::{Args, Subcommand};
use crm_core::{
    kernel::{Id, Scope, to_json},
    lead::{Lead, LeadDuplicates},
    store::{ReadUnit, Store},
};
use serde_json::{Value, json};

use crate::{
    duplicates::Shown,
    failure::Failure,
    find,
    output::{Out, short},
};

/// `crm lead`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crm lead add 'Ann Lee' --company Acme --email ann@acme.example --source fair --score 70\n  \
                  crm lead record 'Ann Lee' --channel visit --content 'wants the atlas' --next-step 'send it'\n  \
                  crm lead qualify 'Ann Lee' --answer 'budget=yes: 4000 EUR' --answer timing=no\n  \
                  crm lead convert 'Ann Lee' --preview\n  \
                  crm lead convert 'Ann Lee' --new-opportunity 'Atlas' --amount '4000 EUR'"
)]
pub(crate) struct LeadOf {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds one, and says what it may be a duplicate of.
    Add(Box<add::Add>),
    /// Lists them, the most promising first.
    List(list::List),
    /// Shows one, what happened with it, what is to be done, and what it may be a duplicate of.
    Show(Named),
    /// Somebody works on it.
    Work(Named),
    /// It is worth it, and why.
    Qualify(change::Qualify),
    /// It is not worth it, and why.
    Disqualify(change::Disqualify),
    /// It comes back after it was disqualified.
    Recycle(change::Recycle),
    /// Records what happened with it.
    Record(Box<record::Record>),
    /// Makes a customer of it, a contact and an opportunity; or joins those that are there.
    Convert(Box<convert::Convert>),
}

/// A lead by name.
#[derive(Debug, Args)]
struct Named {
    /// The lead: an id, an external id, a name or a company.
    lead: String,
}

impl LeadOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.verb {
            Verb::Add(add) => add.run(store, scope, out).await,
            Verb::List(list) => list.run(&mut *store.read(scope.clone()).await?, out).await,
            Verb::Show(Named { lead }) => {
                show::run(&mut *store.read(scope.clone()).await?, lead, out).await
            }
            Verb::Work(Named { lead }) => change::work(store, scope, lead, out).await,
            Verb::Qualify(qualify) => qualify.run(store, scope, out).await,
            Verb::Disqualify(disqualify) => disqualify.run(store, scope, out).await,
            Verb::Recycle(recycle) => recycle.run(store, scope, out).await,
            Verb::Record(record) => record.run(store, scope, out).await,
            Verb::Convert(convert) => convert.run(store, scope, out).await,
        }
    }
}

async fn meant(store: &dyn Store, scope: &Scope, text: &str) -> Result<Id<Lead>, Failure> {
    Ok(find::lead(&mut *store.read(scope.clone()).await?, text).await?.id)
}

/// A lead in words: who, and of which company.
fn title(lead: &Lead, most: usize) -> String {
    match &lead.company {
        Some(company) if company != lead.called() => {
            short(&format!("{} ({company})", lead.called()), most)
        }
        _ => short(lead.called(), most),
    }
}

fn as_json(lead: &Lead) -> Value {
    to_json(lead)
}

/// What it may be a duplicate of, in JSON and in lines.
struct Alike(Vec<Value>);

impl Alike {
    async fn of(unit: &mut dyn ReadUnit, found: &LeadDuplicates) -> Result<Self, Failure> {
        let shown = Shown::of(unit, found.customers.found.iter().map(|one| one.customer.id));
        let shown = shown.await?;
        let customers = found.customers.found.iter().map(|one| {
            let (id, why) = (one.customer.id, one.likeness.to_string());
            let [name, why] = shown.told(id, &one.customer.name, &why);
            json!({"kind": "customer", "id": id, "name": name, "why": why})
        });
        let leads = found.leads.iter().map(|one| {
            json!({
                "kind": "lead", "id": one.lead.id, "name": one.lead.called(),
                "why": one.likeness.to_string(),
            })
        });
        Ok(Self(customers.chain(leads).collect()))
    }

    fn tell(&self, out: Out) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let word = |one: &Value, member: &str| one[member].as_str().unwrap_or_default().to_owned();
        let rows = self.0.iter().map(|one| {
            let why = short(&word(one, "why"), 44);
            vec![word(one, "kind"), short(&word(one, "name"), 24), why, word(one, "id")]
        });
        out.line("It may be there already:")?;
        out.table(&["What", "Name", "Why", "Id"], 4, rows)
    }
}
