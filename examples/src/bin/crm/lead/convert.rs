use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    customer::Customer,
    kernel::{Id, Money, Scope},
    lead::{Conversion, Converted, ForContact, ForCustomer, ForOpportunity, Lead, NewOpportunity},
    opportunity::Opportunity,
    store::{ReadUnit, Store, run},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, short},
    when,
};

use super::{preview, title};

/// `crm lead convert`
#[derive(Debug, Args)]
#[command(
    after_help = "Without more, the customer who is certainly the same is taken, else a new one is made; the same of the \
                  person there. Who it is must be clear: --preview tells, --customer and --contact say it.\nSent again, it \
                  answers with what the lead became."
)]
pub(super) struct Convert {
    /// The lead: an id, an external id, a name or a company.
    lead: String,
    /// Into this customer: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// Into a new customer, whoever is there.
    #[arg(long, conflicts_with = "customer")]
    new_customer: bool,
    /// Into this contact: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    contact: Option<String>,
    /// Into a new contact, whoever is there.
    #[arg(long, conflicts_with_all = ["contact", "no_contact"])]
    new_contact: bool,
    /// Into no contact.
    #[arg(long, conflicts_with = "contact")]
    no_contact: bool,
    /// Into this opportunity: an id, or an external id.
    #[arg(long, value_name = "ID", conflicts_with = "new_opportunity")]
    opportunity: Option<String>,
    /// Into a new opportunity, of this name; without one, it is called as the customer is.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    new_opportunity: Option<String>,
    /// The pipeline of the new opportunity, by name; else the first that is in use.
    #[arg(long, value_name = "NAME", requires = "new_opportunity")]
    pipeline: Option<String>,
    /// What the new opportunity is worth; else what the lead may be worth.
    #[arg(long, requires = "new_opportunity")]
    amount: Option<Money>,
    /// The day the new opportunity will be decided.
    #[arg(long, value_name = "DAY", value_parser = when::day, requires = "new_opportunity")]
    close: Option<NaiveDate>,
    /// Only tells what would become of it.
    #[arg(long)]
    preview: bool,
}

impl Convert {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (lead, asked) = {
            let unit = &mut *store.read(scope.clone()).await?;
            let lead = find::lead(unit, &self.lead).await?;
            let asked = self.asked(unit).await?;
            if self.preview {
                return preview::run(unit, &lead, &asked, out).await;
            }
            (lead, asked)
        };
        let id = lead.id;
        let done = run(store, scope, |work| {
            let asked = asked.clone();
            Box::pin(async move { work.leads().convert(id, &asked).await })
        });
        let became = done.await?;
        let customer =
            find::as_shown(&mut *store.read(scope.clone()).await?, &became.customer).await?;
        tell(&lead, &became, &customer, out)
    }

    async fn asked(&self, unit: &mut dyn ReadUnit) -> Result<Conversion, Failure> {
        let customer = match &self.customer {
            Some(text) => ForCustomer::Existing(find::customer(unit, text).await?.customer.id),
            None if self.new_customer => ForCustomer::New { id: None },
            None => ForCustomer::Find,
        };
        let contact = match (&self.contact, &customer) {
            (Some(text), ForCustomer::Existing(at)) => {
                ForContact::Existing(find::contact_of(unit, *at, text).await?.id)
            }
            (Some(text), _) => ForContact::Existing(find::contact(unit, text).await?.id),
            _ if self.new_contact => ForContact::New { id: None },
            _ if self.no_contact => ForContact::Nobody,
            _ => ForContact::Find,
        };
        let opportunity = match (&self.opportunity, &self.new_opportunity) {
            (Some(text), _) => ForOpportunity::Existing(opportunity(unit, text).await?),
            (None, Some(name)) => {
                let pipeline = find::pipeline(unit, self.pipeline.as_deref()).await?;
                ForOpportunity::New(NewOpportunity {
                    name: Some(name.clone()).filter(|name| !name.is_empty()),
                    amount: self.amount,
                    expected_close: self.close,
                    ..NewOpportunity::new(pipeline.id)
                })
            }
            _ => ForOpportunity::None,
        };
        Ok(Conversion { customer, contact, opportunity })
    }
}

async fn opportunity(unit: &mut dyn ReadUnit, text: &str) -> Result<Id<Opportunity>, Failure> {
    Ok(find::opportunity(unit, Id::new(uuid::Uuid::nil()), text).await?.id)
}

fn tell(lead: &Lead, became: &Converted, customer: &Customer, out: Out) -> Result<(), Failure> {
    let contact = became.contact.as_ref();
    let opportunity = became.opportunity.as_ref();
    if out.json {
        return out.json(&json!({
            "lead": {"id": became.lead.id, "status": became.lead.state().status()},
            "customer": find::named(customer),
            "contact": contact.map(|one| json!({"id": one.id, "name": one.name})),
            "opportunity": opportunity.map(|one| json!({"id": one.id, "name": one.name})),
            "interactions": became.interactions,
            "tasks": became.tasks,
        }));
    }
    let name = short(&customer.name, 40);
    out.line(format!("{} is the customer {name}: {}", title(lead, 50), customer.id))?;
    if let Some(contact) = contact {
        out.line(format!("The contact there: {}, {}", short(&contact.name, 40), contact.id))?;
    }
    if let Some(deal) = opportunity {
        out.line(format!("The opportunity: {}, {}", short(&deal.name, 40), deal.id))?;
    }
    let interactions = counted(became.interactions, "interaction", "interactions");
    let tasks = counted(became.tasks, "task", "tasks");
    out.line(format!("{interactions} and {tasks} went along."))
}
