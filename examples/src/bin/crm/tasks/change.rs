use chrono::NaiveDate;
use clap::{Args, Subcommand};
use crm_core::{
    kernel::{Id, Scope},
    store::{Store, expect, run},
    task::{Completed, Task, When},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
    when,
};

/// What becomes of a task.
#[derive(Debug, Subcommand)]
pub(super) enum Change {
    /// It was done; one that recurs comes again.
    Done(Done),
    /// It is to be done on another day, or on none.
    Move(Move),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  crm tasks done 'send it' --outcome 'they have it'")]
pub(super) struct Done {
    /// The task: an id, an external id or its title.
    task: String,
    /// What came of it.
    #[arg(long, value_name = "TEXT")]
    outcome: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  crm tasks move 'call them' --due 2018-01-05")]
pub(super) struct Move {
    /// The task: an id, an external id or its title.
    task: String,
    /// The day, such as 2018-01-05.
    #[arg(long, value_name = "DAY", value_parser = when::day, required_unless_present = "no_day")]
    due: Option<NaiveDate>,
    /// It has no day any more.
    #[arg(long, conflicts_with = "due")]
    no_day: bool,
}

impl Change {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match self {
            Self::Done(done) => done.run(store, scope, out).await,
            Self::Move(to) => to.run(store, scope, out).await,
        }
    }
}

impl Done {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let id = meant(store, scope, &self.task).await?;
        let done = run(store, scope, |work| {
            let outcome = self.outcome.clone();
            Box::pin(async move { work.tasks().complete(id, outcome).await })
        });
        let Completed { task, next } = done.await?;
        if out.json {
            let mut json = as_json(&task);
            if let Some(members) = json.as_object_mut() {
                members.insert("next".to_owned(), json!(next.as_deref().map(as_json)));
            }
            return out.json(&json);
        }
        out.line(format!("Done: {}", short(&task.title, 80)))?;
        match next {
            Some(next) => out.line(format!("It comes again: {}, {}", day(next.due), next.id)),
            None => Ok(()),
        }
    }
}

impl Move {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let (id, due) = (meant(store, scope, &self.task).await?, self.due);
        let moved = run(store, scope, |work| {
            Box::pin(async move {
                let before = expect(work, id).await?;
                let was = before.due;
                // The hour and the reminder were those of the other day.
                let same = was == due;
                let (due_at, remind_at) = (before.due_at, before.remind_at);
                let when = When {
                    due,
                    due_at: due_at.filter(|_| same),
                    remind_at: remind_at.filter(|_| same),
                };
                Ok((was, work.tasks().reschedule(id, when).await?))
            })
        });
        let (was, task) = moved.await?;
        if out.json {
            let mut json = as_json(&task);
            if let Some(members) = json.as_object_mut() {
                members.insert("was_due".to_owned(), json!(was));
            }
            return out.json(&json);
        }
        let (title, was, is) = (short(&task.title, 60), day(was), day(task.due));
        out.line(format!("{title}: {was} → {is}"))
    }
}

async fn meant(store: &dyn Store, scope: &Scope, text: &str) -> Result<Id<Task>, Failure> {
    Ok(find::task(&mut *store.read(scope.clone()).await?, text).await?.id)
}

fn as_json(task: &Task) -> Value {
    json!({
        "id": task.id, "title": task.title, "due": task.due, "status": task.state().status(),
        "outcome": task.state().outcome(), "closed_by": task.state().closed_by(),
    })
}

fn day(due: Option<NaiveDate>) -> String {
    due.map_or_else(|| "no day".to_owned(), |due| due.to_string())
}
