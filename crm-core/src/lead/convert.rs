use crate::{
    Error, Result,
    contact::Contact,
    customer::{Customer, resolve},
    kernel::{Id, Stored},
    opportunity::Opportunity,
    settings::Settings,
    store::{CUSTODIAN, Custody, UnitOfWork, expect},
};

use super::{
    Conversion, Lead, LeadEvent, LeadState,
    becoming::{filled_contact, filled_customer},
    carry::{self, Into},
    choice::{Choices, Clear, choose},
    preview::counts,
};

/// What the change log calls it when a record takes what a lead knows.
const FILLED: &str = "lead converted";

/// What a lead became.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// The lead.
    pub lead: Stored<Lead>,
    /// The customer; since that was merged, the survivor.
    pub customer: Stored<Customer>,
    /// The contact there.
    pub contact: Option<Stored<Contact>>,
    /// The opportunity.
    pub opportunity: Option<Stored<Opportunity>>,
    /// How many interactions its activities are.
    pub interactions: u64,
    /// How many tasks it has.
    pub tasks: u64,
}

/// The lead as it is now: until this unit ends no other changes it, nor adds what names it.
pub(super) async fn held(work: &mut (dyn UnitOfWork + '_), id: Id<Lead>) -> Result<Stored<Lead>> {
    let held = Custody::<Lead>::hold(work, &CUSTODIAN, vec![id]).await?.pop();
    held.ok_or_else(|| Error::missing(id))
}

/// Converts: see [`super::Leads::convert`].
pub(super) async fn convert(
    work: &mut (dyn UnitOfWork + '_),
    id: Id<Lead>,
    conversion: &Conversion,
) -> Result<Converted> {
    let lead = held(work, id).await?;
    if let LeadState::Converted { .. } = lead.state() {
        return what_it_became(work, lead).await;
    }
    let Choices { customer, contact, opportunity, rules } = choose(work, &lead, conversion).await?;
    let customer = write_customer(work, &lead, customer.clear(&lead, &rules)?, &rules).await?;
    let contact = match contact {
        Some(contact) => {
            let contact = contact.clear(&lead, &rules)?;
            Some(write_contact(work, &lead, contact, customer, &rules).await?)
        }
        None => None,
    };
    let opportunity = match opportunity {
        Some(opportunity) => {
            let opportunity = opportunity.clear(&lead, &rules)?;
            Some(write_opportunity(work, opportunity, customer, contact).await?)
        }
        None => None,
    };
    let into = Into { customer, contact, opportunity };
    carry::activities(work, id, into).await?;
    carry::tasks(work, id, into).await?;
    let (now, by) = (work.now(), work.scope().actor.clone());
    let event = LeadEvent::Convert { customer, contact, opportunity };
    let converted = lead.change(event.name(), |lead| lead.step(&event, now, &by))?;
    let lead = work.update(converted).await?;
    what_it_became(work, lead).await
}

/// What a converted lead became, as that is now.
async fn what_it_became(work: &mut (dyn UnitOfWork + '_), lead: Stored<Lead>) -> Result<Converted> {
    let LeadState::Converted { customer, contact, opportunity, .. } = *lead.state() else {
        return Err(Error::conflict(lead.id, Some(lead.version())));
    };
    let customer = resolve(work, customer).await?;
    let customer = expect(work, customer).await?;
    let contact = match contact {
        Some(id) => Some(expect(work, id).await?),
        None => None,
    };
    let opportunity = match opportunity {
        Some(id) => Some(expect(work, id).await?),
        None => None,
    };
    let (interactions, tasks) = counts(work, lead.id).await?;
    Ok(Converted { lead, customer, contact, opportunity, interactions, tasks })
}

async fn write_customer(
    work: &mut (dyn UnitOfWork + '_),
    lead: &Lead,
    choice: Clear<Customer>,
    rules: &Settings,
) -> Result<Id<Customer>> {
    match choice {
        Clear::New(new) => Ok(work.customers().add(new).await?.customer.id),
        Clear::Existing(there) => {
            let id = there.id;
            let filled = filled_customer(&there, &lead.new_customer(id, there.kind, rules))?;
            work.update(there.change(FILLED, |_| Ok::<_, Error>(filled))?).await?;
            Ok(id)
        }
    }
}

async fn write_contact(
    work: &mut (dyn UnitOfWork + '_),
    lead: &Lead,
    choice: Clear<Contact>,
    customer: Id<Customer>,
    rules: &Settings,
) -> Result<Id<Contact>> {
    match choice {
        Clear::New(new) => Ok(work.customers().add_contact(new).await?.id),
        Clear::Existing(there) => {
            let id = there.id;
            let filled = filled_contact(&there, &lead.new_contact(id, Some(customer), rules))?;
            work.update(there.change(FILLED, |_| Ok::<_, Error>(filled))?).await?;
            Ok(id)
        }
    }
}

async fn write_opportunity(
    work: &mut (dyn UnitOfWork + '_),
    choice: Clear<Opportunity>,
    customer: Id<Customer>,
    contact: Option<Id<Contact>>,
) -> Result<Id<Opportunity>> {
    match choice {
        Clear::New(mut new) => {
            new.contact_id = contact;
            Ok(work.opportunities().open(new).await?.id)
        }
        Clear::Existing(there) => {
            // Its owner and others are told when it is in conflict from now on.
            let fill = |there: &mut Opportunity| {
                there.customer_id = there.customer_id.or(Some(customer));
                there.contact_id = there.contact_id.or(contact);
            };
            Ok(work.opportunities().revise(there.id, None, fill).await?.id)
        }
    }
}
