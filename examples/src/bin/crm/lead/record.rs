use clap::Args;
use crm_core::{
    kernel::{Id, Scope, to_json},
    lead_activity::LeadActivity,
    store::{Store, run},
};

use crate::{
    failure::Failure,
    find,
    happened::Happened,
    output::{Out, short},
};

use super::title;

/// `crm lead record`
#[derive(Debug, Args)]
pub(super) struct Record {
    /// The lead: an id, an external id, a name or a company.
    lead: String,
    #[command(flatten)]
    happened: Happened,
    /// Its id, a UUID: sent again with it, it is recorded once.
    #[arg(long, value_name = "UUID", requires = "at")]
    id: Option<Id<LeadActivity>>,
}

impl Record {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let said = &self.happened;
        let (lead, staff, owner) = {
            let unit = &mut *store.read(scope.clone()).await?;
            let staff = find::some_staff(unit, said.staff.as_deref()).await?;
            let owner = find::some_staff(unit, said.owner.as_deref()).await?;
            (find::lead(unit, &self.lead).await?, staff, owner)
        };
        let recorded = run(store, scope, |work| {
            let id = self.id.unwrap_or_else(|| Id::new(work.next_id()));
            let at = said.at.unwrap_or_else(|| work.now());
            let mut new = LeadActivity::new(id, lead.id, said.channel, said.direction, at);
            new.staff_id = staff.as_ref().map(|one| one.id);
            new.minutes = said.minutes;
            new.place.clone_from(&said.place);
            new.subject.clone_from(&said.subject);
            new.content.clone_from(&said.content);
            new.outcome.clone_from(&said.outcome);
            new.next_step.clone_from(&said.next_step);
            new.next_step_due = said.due;
            new.next_step_owner_id = owner.as_ref().map(|one| one.id);
            Box::pin(async move { work.leads().record(new).await })
        });
        let recorded = recorded.await?;
        if out.json {
            return out.json(&to_json::<LeadActivity>(&recorded));
        }
        out.line(format!("Recorded with {}: {}", title(&lead, 50), recorded.id))?;
        match &recorded.next_step {
            Some(step) => {
                let due = said.due.map_or_else(String::new, |due| format!(", due {due}"));
                out.line(format!("To do: {}{due}", short(step, 70)))
            }
            None => Ok(()),
        }
    }
}
