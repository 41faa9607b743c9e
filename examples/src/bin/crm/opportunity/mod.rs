//! `crm opportunity`: an opportunity worked by hand.

mod open;
mod revise;
mod show;
mod step;

use clap::{Args, Subcommand};
use crm_core::{
    kernel::{Scope, Stored},
    opportunity::Opportunity,
    store::Store,
};

use crate::{
    failure::Failure,
    output::{Out, grouped, short},
};

/// `crm opportunity`
#[derive(Debug, Args)]
#[command(after_help = "An opportunity is named by its id, external id or name.\n\n\
                  Example:\n  crm opportunity open 'Acme Bakeries' '100 tills' --product 'Till Pro' --amount '24000 EUR' --owner 'Anna Snow'\n  \
                  crm opportunity advance '100 tills' engaging\n  \
                  crm opportunity line '100 tills' 'Till Pro' --quantity 12 --currency EUR\n  \
                  crm opportunity revise '100 tills' --expected-close 2018-03-31 --reason 'they moved it'\n  \
                  crm opportunity win '100 tills' --on 2017-12-31 --reason price\n  \
                  crm opportunity show '100 tills'")]
pub(crate) struct OpportunityOf {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Opens one, and tells who is there already.
    Open(open::Open),
    /// Shows one: its lines, its history, and what stands against its next steps.
    Show(show::Show),
    /// Goes on, or back, to another open stage.
    Advance(step::Advance),
    /// Wins it.
    Win(step::Win),
    /// Loses it.
    Lose(step::Lose),
    /// Opens it again.
    Reopen(step::Reopen),
    /// Moves it to another pipeline.
    Transfer(step::Transfer),
    /// Decides about a gate that asks for an approval.
    Approve(step::Approve),
    /// Changes its amount, probability, expected close or owner.
    Revise(revise::Revise),
    /// Adds a line at the price of the price books.
    Line(revise::AddLine),
}

impl OpportunityOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.verb {
            Verb::Open(open) => open.run(store, scope, out).await,
            Verb::Show(show) => show.run(&mut *store.read(scope.clone()).await?, out).await,
            Verb::Advance(step) => step.run(store, scope, out).await,
            Verb::Win(step) => step.run(store, scope, out).await,
            Verb::Lose(step) => step.run(store, scope, out).await,
            Verb::Reopen(step) => step.run(store, scope, out).await,
            Verb::Transfer(step) => step.run(store, scope, out).await,
            Verb::Approve(approve) => approve.run(store, scope, out).await,
            Verb::Revise(revise) => revise.run(store, scope, out).await,
            Verb::Line(line) => line.run(store, scope, out).await,
        }
    }
}

/// What it is now, in a line, or all of it for programs.
fn tell(deal: &Stored<Opportunity>, out: Out) -> Result<(), Failure> {
    if out.json {
        return out.json(&show::brief(deal));
    }
    let amount = deal.amount.map_or_else(String::new, |amount| {
        format!(", {} {}", grouped(amount.amount_text()), amount.currency())
    });
    let (name, status) = (short(&deal.name, 40), deal.state().status());
    out.line(format!("{name} is {status}, in {}{amount}.", deal.stage()))
}
