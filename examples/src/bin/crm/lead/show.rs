use crm_core::{
    kernel::{Stored, to_json},
    lead::duplicates,
    lead_activity::{self, LeadActivity},
    store::{Read, ReadUnit, every},
    task::{self, Task},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

use super::{Alike, as_json, title};

/// `crm lead show`
pub(super) async fn run(unit: &mut dyn ReadUnit, text: &str, out: Out) -> Result<(), Failure> {
    let lead = find::lead(unit, text).await?;
    let mut activities: Vec<LeadActivity> = Vec::new();
    let theirs = lead_activity::LEAD_ID.eq(lead.id).query().order_by(&lead_activity::HAPPENED_AT);
    every::<LeadActivity, _>(unit, theirs, |one| {
        activities.push(one.into_inner());
        Ok(())
    })
    .await?;
    let theirs = task::LEAD_ID.eq(lead.id).query().order_by(&task::DUE).limit(200);
    let tasks = Read::<Task>::find(unit, theirs).await?.items;
    let alike = match lead.state().customer() {
        Some(_) => Alike(Vec::new()),
        None => {
            let found = duplicates(unit, &lead).await?;
            Alike::of(unit, &found).await?
        }
    };
    if out.json {
        let activities: Vec<_> = activities.iter().map(to_json).collect();
        let tasks: Vec<_> = tasks.iter().map(|one: &Stored<Task>| to_json::<Task>(one)).collect();
        return out.json(&json!({
            "lead": as_json(&lead), "activities": activities, "tasks": tasks,
            "possible_duplicates": alike.0,
        }));
    }
    let state = lead.state();
    out.line(format!("{}: {}, {}", title(&lead, 60), state.status(), lead.id))?;
    if let (Some(at), Some(by)) = (state.decided_at(), state.decided_by()) {
        let why = state.reason().map_or_else(String::new, |reason| format!(": {reason}"));
        out.line(format!("By {by} at {at}{why}"))?;
    }
    if let Some(score) = lead.score {
        let by = lead.score_by.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
        out.line(format!("Score {score}{by}"))?;
    }
    for (question, answer) in &lead.qualification.0 {
        let note = answer.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
        out.line(format!("{question}: {}{note}", if answer.met { "yes" } else { "no" }))?;
    }
    for one in &activities {
        let said = one.subject.as_deref().or(one.content.as_deref()).unwrap_or_default();
        let when = one.happened_at.to_datetime().format("%Y-%m-%d %H:%M");
        out.line(format!("{when} {} {}", one.channel, short(said, 70)))?;
    }
    for one in &tasks {
        let due = one.due.map_or_else(|| "no day".to_owned(), |due| due.to_string());
        out.line(format!("{}, {due}: {}", one.state().status(), short(&one.title, 70)))?;
    }
    alike.tell(out)
}
