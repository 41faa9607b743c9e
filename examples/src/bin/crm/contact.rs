use clap::{Args, Subcommand};
use crm_core::{
    contact::{Contact, DecisionRole},
    customer::{ContactAt, contacts_of},
    kernel::{Id, Phone, PhoneKind, Scope},
    store::{Store, run},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, field_name, short},
};

/// `crm contact`
#[derive(Debug, Args)]
pub(crate) struct ContactOf {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds somebody to talk to at a customer.
    Add(Add),
    /// Lists who there is at a customer, with their part in the decision.
    List(List),
}

/// `crm contact add`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  crm contact add 'Acme Bakeries' 'Ann Lee' --role decision_maker --title Head \
                  --email ann@acme.example --phone '+49 30 901820'"
)]
struct Add {
    /// The customer: an id, an external id or a name.
    customer: String,
    /// What they are called.
    name: String,
    /// Their part in the decision: decision_maker, buyer, influencer, champion, user or gatekeeper.
    #[arg(long, value_parser = role)]
    role: Option<DecisionRole>,
    /// Their job title.
    #[arg(long)]
    title: Option<String>,
    /// Their department.
    #[arg(long)]
    department: Option<String>,
    /// Their e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// Their phone number; can be given several times, the first to try first.
    #[arg(long = "phone", value_name = "NUMBER")]
    phones: Vec<String>,
    /// Their id, a UUID: sent again with it, they are added once.
    #[arg(long, value_name = "UUID")]
    id: Option<Id<Contact>>,
}

/// `crm contact list`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  crm contact list 'Acme Bakeries'")]
struct List {
    /// The customer: an id, an external id or a name.
    customer: String,
}

impl ContactOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.verb {
            Verb::Add(add) => add.run(store, scope, out).await,
            Verb::List(list) => list.run(store, scope, out).await,
        }
    }
}

impl Add {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let meant = find::customer(&mut *store.read(scope.clone()).await?, &self.customer).await?;
        let customer = meant.customer.id;
        let added = run(store, scope, |work| {
            let mut new =
                Contact::new(self.id.unwrap_or_else(|| Id::new(work.next_id())), &self.name);
            new.customer_id = Some(customer);
            self.tell(&mut new);
            Box::pin(async move { work.customers().add_contact(new).await })
        });
        let added = added.await?;
        if out.json {
            let mut contact = as_json(&added);
            let customer = find::named(&meant.customer);
            if let Some(members) = contact.as_object_mut() {
                members.insert("customer".to_owned(), customer);
                members.insert("merged_from".to_owned(), meant.merged_from());
                members.insert("missing".to_owned(), json!(added.missing));
                members.insert("completeness".to_owned(), json!(added.completeness));
            }
            return out.json(&contact);
        }
        meant.note(out)?;
        let (name, at) = (short(&added.name, 40), short(&meant.customer.name, 40));
        out.line(format!("{name} is at {at}: {}", added.id))?;
        if added.missing.0.is_empty() {
            return Ok(());
        }
        let missing: Vec<_> = added.missing.0.iter().map(|name| field_name(name)).collect();
        out.line(format!("The house also asks for: {}", missing.join(", ")))
    }

    fn tell(&self, new: &mut Contact) {
        new.role = self.role;
        new.title.clone_from(&self.title);
        new.department.clone_from(&self.department);
        new.email.clone_from(&self.email);
        let phone = |number: &String| Phone { kind: PhoneKind::Work, number: number.clone() };
        new.phones.0 = self.phones.iter().map(phone).collect();
    }
}

impl List {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let mut unit = store.read(scope.clone()).await?;
        let meant = find::customer(&mut *unit, &self.customer).await?;
        let there = contacts_of(&mut *unit, meant.customer.id).await?;
        if out.json {
            let contacts: Vec<_> = there.iter().map(at_json).collect();
            return out.json(&json!({
                "customer": find::named(&meant.customer), "merged_from": meant.merged_from(),
                "contacts": contacts,
            }));
        }
        meant.note(out)?;
        if there.is_empty() {
            let name = short(&meant.customer.name, 60);
            return out.line(format!("Nobody is known at {name}: `crm contact add`."));
        }
        let rows = there.iter().map(|one| {
            let part = Part::of(one);
            let number = one.contact.phones.0.first().map(|phone| phone.number.as_str());
            let role = part.role.map_or_else(|| "-".to_owned(), |role| field_name(role.as_str()));
            let cell = |text: Option<&str>, most| short(text.unwrap_or("-"), most);
            vec![
                short(&one.contact.name, 24),
                role,
                cell(part.title, 20),
                cell(one.contact.email.as_deref(), 26),
                cell(number, 18),
            ]
        });
        out.table(&["Name", "Role", "Title", "E-mail", "Phone"], 5, rows)
    }
}

/// What somebody is at one customer.
struct Part<'a> {
    role: Option<DecisionRole>,
    title: Option<&'a str>,
    department: Option<&'a str>,
}

impl<'a> Part<'a> {
    fn of(one: &'a ContactAt) -> Self {
        match &one.affiliation {
            Some(there) => Self {
                role: there.role,
                title: there.title.as_deref(),
                department: there.department.as_deref(),
            },
            None => Self::at_work(&one.contact),
        }
    }

    fn at_work(contact: &'a Contact) -> Self {
        Self {
            role: contact.role,
            title: contact.title.as_deref(),
            department: contact.department.as_deref(),
        }
    }

    fn to_json(&self, contact: &Contact) -> Value {
        json!({
            "id": contact.id, "name": contact.name, "role": self.role, "title": self.title,
            "department": self.department, "email": contact.email, "phones": contact.phones,
        })
    }
}

fn as_json(contact: &Contact) -> Value {
    Part::at_work(contact).to_json(contact)
}

fn at_json(one: &ContactAt) -> Value {
    let mut json = Part::of(one).to_json(&one.contact);
    if let Some(members) = json.as_object_mut() {
        members.insert("works_there".to_owned(), json!(one.affiliation.is_none()));
    }
    json
}

fn role(text: &str) -> Result<DecisionRole, String> {
    text.replace('-', "_").parse()
}
