use clap::Args;
use crm_core::{
    interaction::{Interaction, InteractionStatus},
    kernel::{Id, Scope},
    store::{ReadUnit, Store, find_one},
    task::{self, Task},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find::{self, Participant},
    happened::Happened,
    output::{Out, short},
};

/// `crm record`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  crm record 'Acme Bakeries' --channel phone --content 'They want the new atlas' \
                  --place office \\\n    --outcome 'a quotation' --next-step 'send it' --due 2018-01-05 --owner 'Anna Snow'"
)]
pub(crate) struct Record {
    /// The customer: an id, an external id or a name.
    customer: String,
    #[command(flatten)]
    happened: Happened,
    /// With whom there: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    contact: Option<String>,
    /// Who else took part, contacts and colleagues; can be given several times.
    #[arg(long, value_name = "NAME")]
    with: Vec<String>,
    /// About which opportunity: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    opportunity: Option<String>,
    /// Its id, a UUID: sent again with it, it is recorded once.
    #[arg(long, value_name = "UUID", requires = "at")]
    id: Option<Id<Interaction>>,
    /// Closes it at once: nobody changes it then.
    #[arg(long)]
    close: bool,
}

impl Record {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut work = store.begin(scope.clone()).await?;
        let meant = find::customer(&mut *work, &self.customer).await?;
        let customer = &meant.customer;
        let id = self.id.unwrap_or_else(|| Id::new(work.next_id()));
        let at = self.happened.at.unwrap_or_else(|| work.now());
        let staff = find::some_staff(&mut *work, self.happened.staff.as_deref()).await?;
        let owner = find::some_staff(&mut *work, self.happened.owner.as_deref()).await?;
        let mut new =
            Interaction::new(id, customer.id, self.happened.channel, self.happened.direction, at);
        self.tell(&mut new);
        new.staff_id = staff.map(|staff| staff.id);
        new.next_step_owner_id = owner.map(|owner| owner.id);
        let named = self.name_others(&mut *work, &mut new).await?;
        let mut stored = work.interactions().record(new).await?;
        if self.close && stored.state().status() == InteractionStatus::Open {
            stored = work.interactions().close(stored.id).await?;
        }
        let step = find_one(&mut *work, task::INTERACTION_ID.eq(stored.id)).await?;
        work.commit().await?;
        let step: Option<Task> = step.map(crm_core::kernel::Stored::into_inner);
        if out.json {
            return out.json(&json!({
                "id": stored.id,
                "customer": {"id": customer.id, "name": customer.name},
                "contact": named.contact,
                "opportunity": named.opportunity,
                "with": named.with,
                "status": stored.state().status(),
                "late": stored.late,
                "missing": stored.missing,
                "completeness": stored.completeness,
                "task_id": step.map(|step| step.id),
            }));
        }
        meant.note(out)?;
        let (status, late) = (stored.state().status(), if stored.late { ", late" } else { "" });
        let name = short(&customer.name, 40);
        out.line(format!("Recorded with {name}{late}; it is {status}: {}", stored.id))?;
        if let Some(step) = step {
            let due = step.due.map_or_else(String::new, |due| format!(", due {due}"));
            out.line(format!("To do: {}{due}", short(&step.title, 70)))?;
        }
        if stored.missing.0.is_empty() {
            return Ok(());
        }
        let missing: Vec<_> = stored.missing.0.iter().map(String::as_str).collect();
        out.line(format!("The house also asks for: {}", missing.join(", ")))
    }

    /// Puts in whom it names beside the customer, and tells what they are called.
    async fn name_others(
        &self,
        unit: &mut dyn ReadUnit,
        new: &mut Interaction,
    ) -> Result<Named, Failure> {
        let (customer, mut named) = (new.customer_id, Named::default());
        if let Some(text) = &self.contact {
            let contact = find::contact_of(unit, customer, text).await?;
            new.contact_id = Some(contact.id);
            named.contact = json!({"id": contact.id, "name": contact.name});
        }
        if let Some(text) = &self.opportunity {
            let opportunity = find::opportunity(unit, customer, text).await?;
            new.opportunity_id = Some(opportunity.id);
            named.opportunity = json!({"id": opportunity.id, "name": opportunity.name});
        }
        for text in &self.with {
            let (kind, id, name) = match find::participant(unit, customer, text).await? {
                Participant::Contact(one) => {
                    new.participants.contacts.insert(one.id);
                    ("contact", one.id.uuid(), one.name)
                }
                Participant::Staff(one) => {
                    new.participants.staff.insert(one.id);
                    ("staff_member", one.id.uuid(), one.name)
                }
            };
            named.with.push(json!({"kind": kind, "id": id, "name": name}));
        }
        Ok(named)
    }

    fn tell(&self, new: &mut Interaction) {
        let said = &self.happened;
        new.minutes = said.minutes;
        new.place.clone_from(&said.place);
        new.subject.clone_from(&said.subject);
        new.content.clone_from(&said.content);
        new.outcome.clone_from(&said.outcome);
        new.next_step.clone_from(&said.next_step);
        new.next_step_due = said.due;
    }
}

/// Whom an interaction names, for programs.
#[derive(Default)]
struct Named {
    contact: Value,
    opportunity: Value,
    with: Vec<Value>,
}
