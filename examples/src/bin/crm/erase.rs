use clap::Args;
use crm_core::{
    customer::Erased,
    kernel::Scope,
    store::{Store, run},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, short, wrapped},
};

/// `crm erase`
#[derive(Debug, Args)]
#[command(
    group(clap::ArgGroup::new("whom").required(true)),
    after_help = "What tells of the person is gone for ever, also from the change log; ids, times and amounts \
                  stay.\n`crm archive` puts a customer away and loses nothing."
)]
pub(crate) struct Erase {
    /// The customer: an id, an external id or a name.
    #[arg(group = "whom")]
    customer: Option<String>,
    /// The contact: an id, an external id or a name.
    #[arg(long, value_name = "CONTACT", group = "whom")]
    contact: Option<String>,
    /// The lead: an id, an external id, a name or a company.
    #[arg(long, value_name = "LEAD", group = "whom")]
    lead: Option<String>,
    /// That it is meant: it cannot be undone.
    #[arg(long)]
    yes: bool,
}

impl Erase {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        if let Some(text) = &self.contact {
            let contact = find::contact(&mut *store.read(scope.clone()).await?, text).await?;
            self.is_meant("the contact", &contact.name)?;
            let erased = run(store, scope, |work| {
                Box::pin(async move { work.customers().erase_contact(contact.id).await })
            });
            return tell("contact", contact.id.to_string(), &Value::Null, &erased.await?, out);
        }
        if let Some(text) = &self.lead {
            let lead = find::lead(&mut *store.read(scope.clone()).await?, text).await?;
            self.is_meant("the lead", lead.called())?;
            let id = lead.id;
            let erased =
                run(store, scope, |work| Box::pin(async move { work.leads().erase(id).await }));
            return tell("lead", id.to_string(), &Value::Null, &erased.await?, out);
        }
        let text = self.customer.as_deref().unwrap_or_default();
        let meant = find::customer(&mut *store.read(scope.clone()).await?, text).await?;
        self.is_meant("the customer", &meant.customer.name)?;
        let id = meant.customer.id;
        let erased =
            run(store, scope, |work| Box::pin(async move { work.customers().erase(id).await }));
        let erased = erased.await?;
        if !out.json {
            meant.note(out)?;
        }
        tell("customer", id.to_string(), &meant.merged_from(), &erased, out)
    }

    fn is_meant(&self, what: &str, name: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        let name = short(name, 60);
        let message = format!(
            "what tells of {what} {name} would be gone for ever: give --yes when that is meant"
        );
        Err(Failure::Asked(message))
    }
}

fn tell(
    what: &str,
    id: String,
    merged_from: &Value,
    erased: &Erased,
    out: Out,
) -> Result<(), Failure> {
    if out.json {
        return out.json(&json!({
            "erased": what, "id": id, "merged_from": merged_from, "records": erased.records,
            "organisation_only": erased.organisation_only,
        }));
    }
    let records = erased.records.iter().map(|(kind, count)| {
        let one = kind.replace('_', " ");
        counted(count, &one, &plural(&one))
    });
    let records: Vec<_> = records.collect();
    let says = format!("Erased what tells of the person in {}.", records.join(", "));
    out.line(wrapped(&says, 98))?;
    out.line(format!("The skeleton of the {what} stays: {id}"))?;
    if erased.organisation_only {
        return out
            .line("Its contacts are persons of their own: `crm erase --contact` erases one.");
    }
    Ok(())
}

/// Of the name of a kind of records.
pub(crate) fn plural(one: &str) -> String {
    match one.strip_suffix('y') {
        Some(begin) => format!("{begin}ies"),
        None if one == "addendum" => "addenda".to_owned(),
        None => format!("{one}s"),
    }
}
