//! Which customer, contact and opportunity a lead becomes: judged from what the store knows, nothing is written.

use uuid::Uuid;

use crate::{
    Error, Result,
    contact::Contact,
    customer::{Customer, contacts_of, resolve},
    duplicate::{self, Duplicate},
    kernel::{Entity, Id, Invalid, Refused, Stored, TenantId, is_erased},
    opportunity::{Opportunity, OpportunityStatus},
    settings::{Settings, house_rules},
    store::{ReadUnit, expect},
};

use super::{
    Conversion, ForContact, ForCustomer, ForOpportunity, Lead, LeadStatus,
    entity::says,
    person::{Person, Same, same},
};

/// What a lead becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice<E> {
    /// A new record.
    New(Box<E>),
    /// One that is there, as it is there.
    Existing(Box<Stored<E>>),
    /// It is not clear which: somebody has to say.
    Unclear(Vec<Likely>),
}

/// A record that a lead may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likely {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Why it may be the same.
    pub why: String,
}

/// What a lead becomes, all of it. The contact and the opportunity are not looked for while it is not clear which
/// customer it is.
pub(super) struct Choices {
    pub(super) customer: Choice<Customer>,
    pub(super) contact: Option<Choice<Contact>>,
    pub(super) opportunity: Option<Choice<Opportunity>>,
    pub(super) rules: Settings,
}

/// What a lead becomes by this command.
///
/// # Errors
/// [`Error::Refused`] when it cannot be converted as it stands, or a record that is named cannot be what it becomes;
/// [`Error::Missing`] when one is not there; [`Error::Invalid`] for a contact of nobody.
pub(super) async fn choose(
    unit: &mut (dyn ReadUnit + '_),
    lead: &Lead,
    asked: &Conversion,
) -> Result<Choices> {
    let status = lead.state().status();
    if matches!(status, LeadStatus::Converted | LeadStatus::Disqualified) {
        return Err(lead.state().refused("converted").into());
    }
    if is_erased(lead) {
        return Err(refused(lead, "what tells of the person was erased").into());
    }
    let (rules, tenant) = (house_rules(unit).await?, unit.scope().tenant);
    let customer = customer(unit, lead, &asked.customer, &rules).await?;
    let (id, kind, called) = match &customer {
        Choice::New(new) => (new.id, new.kind, new.name.clone()),
        Choice::Existing(there) => (there.id, there.kind, there.name.clone()),
        Choice::Unclear(_) => {
            return Ok(Choices { customer, contact: None, opportunity: None, rules });
        }
    };
    let is_new = matches!(customer, Choice::New(_));
    let by_id = derived::<Contact>(tenant, lead);
    let new_contact = |id: Option<Id<Contact>>, at| {
        Choice::New(Box::new(lead.new_contact(id.unwrap_or(by_id), Some(at), &rules)))
    };
    let contact = match &asked.contact {
        ForContact::Nobody => None,
        ForContact::Find if !lead.names_a_contact(kind) => None,
        ForContact::Find if is_new => Some(new_contact(None, id)),
        ForContact::Find => {
            let found = somebody(unit, lead, id, &rules).await?;
            Some(found.unwrap_or_else(|| new_contact(None, id)))
        }
        ForContact::New { .. } if says(&lead.name).is_none() => {
            let reason = "it names no person: give it a name, or convert it without a contact";
            return Err(Invalid::field::<Lead>("name", reason).into());
        }
        ForContact::New { id: wanted } => Some(new_contact(*wanted, id)),
        ForContact::Existing(contact) => {
            let there = expect(unit, *contact).await?;
            Some(Choice::Existing(Box::new(of_customer(unit, lead, there, id).await?)))
        }
    };
    let opportunity = match &asked.opportunity {
        ForOpportunity::None => None,
        ForOpportunity::New(new) => {
            let pipeline = expect(unit, new.pipeline).await?;
            let by_id = derived::<Opportunity>(tenant, lead);
            let name = new.name.clone().unwrap_or(called);
            let mut begins = Opportunity::open(new.id.unwrap_or(by_id), name, &pipeline)?;
            begins.customer_id = Some(id);
            lead.tell(&mut begins, new, &rules);
            Some(Choice::New(Box::new(begins)))
        }
        ForOpportunity::Existing(opportunity) => {
            let there = expect(unit, *opportunity).await?;
            Some(Choice::Existing(Box::new(open_of(unit, lead, there, id).await?)))
        }
    };
    Ok(Choices { customer, contact, opportunity, rules })
}

/// The id of what a lead becomes, always the same one.
fn derived<E: Entity>(tenant: TenantId, lead: &Lead) -> Id<E> {
    Id::derived(tenant, &format!("{} of lead {}", E::KIND, lead.id))
}

fn refused(lead: &Lead, why: impl Into<String>) -> Refused {
    Refused::new(Lead::KIND, lead.state().status().as_str(), "converted", why)
}

async fn customer(
    unit: &mut (dyn ReadUnit + '_),
    lead: &Lead,
    asked: &ForCustomer,
    rules: &Settings,
) -> Result<Choice<Customer>> {
    let tenant = unit.scope().tenant;
    let new = |id: Option<Id<Customer>>| {
        let id = id.unwrap_or_else(|| derived::<Customer>(tenant, lead));
        Choice::New(Box::new(lead.new_customer(id, lead.kind(), rules)))
    };
    let id = match asked {
        ForCustomer::New { id } => return Ok(new(*id)),
        ForCustomer::Existing(id) => resolve(unit, *id).await?,
        ForCustomer::Find => {
            let found = duplicate::find(unit, &lead.as_customer()).await?.found;
            let is_certain = |one: &&Duplicate| one.likeness.is_certain(&rules.duplicates);
            let certain: Vec<_> = found.iter().filter(is_certain).collect();
            match (certain.as_slice(), found.is_empty()) {
                ([one], _) => one.customer.id,
                (_, true) => return Ok(new(None)),
                _ => {
                    let told = |one: &Duplicate| Likely {
                        id: one.customer.id.uuid(),
                        name: one.customer.name.clone(),
                        why: one.likeness.to_string(),
                    };
                    return Ok(Choice::Unclear(found.iter().map(told).collect()));
                }
            }
        }
    };
    let there = expect(unit, id).await?;
    if is_erased(&*there) {
        let why = format!("what tells of the customer {id} was erased: ask for a new one");
        return Err(refused(lead, why).into());
    }
    if there.archived_at.is_some() {
        let why = format!("the customer {} ({id}) is archived: restore it first", there.name);
        return Err(refused(lead, why).into());
    }
    Ok(Choice::Existing(Box::new(there)))
}

/// Who at a customer is the person that a lead names; `None` where nobody is even possibly.
async fn somebody(
    unit: &mut (dyn ReadUnit + '_),
    lead: &Lead,
    at: Id<Customer>,
    rules: &Settings,
) -> Result<Option<Choice<Contact>>> {
    let name = says(&lead.name).unwrap_or_default();
    let person = Person { name, email: lead.email.as_deref() };
    let (mut certain, mut likely) = (Vec::new(), Vec::new());
    for one in contacts_of(unit, at).await? {
        let there = one.contact;
        if there.archived_at.is_some() || is_erased(&*there) {
            continue;
        }
        let known = Person { name: &there.name, email: there.email.as_deref() };
        let (is_certain, why) = match same(&person, &known, &rules.duplicates) {
            Same::Certainly(why) => (true, why),
            Same::Possibly(why) => (false, why),
            Same::No => continue,
        };
        let (id, name) = (there.id.uuid(), there.name.clone());
        likely.push(Likely { id, name, why: why.to_owned() });
        if is_certain {
            certain.push(there);
        }
    }
    Ok(match (certain.len(), likely.is_empty()) {
        (1, _) => certain.pop().map(|one| Choice::Existing(Box::new(one))),
        (_, true) => None,
        _ => Some(Choice::Unclear(likely)),
    })
}

/// A contact that somebody named, if they are at the customer, or nowhere yet.
async fn of_customer(
    unit: &mut (dyn ReadUnit + '_),
    lead: &Lead,
    there: Stored<Contact>,
    customer: Id<Customer>,
) -> Result<Stored<Contact>> {
    if is_erased(&*there) {
        let why = format!("what tells of the contact {} was erased: ask for a new one", there.id);
        return Err(refused(lead, why).into());
    }
    let Some(at) = there.customer_id else { return Ok(there) };
    // A customer that is new has no contacts yet.
    let known = match contacts_of(unit, customer).await {
        Ok(known) => known.iter().any(|one| one.contact.id == there.id),
        Err(Error::Missing { .. }) => false,
        Err(error) => return Err(error),
    };
    if known {
        return Ok(there);
    }
    let why = format!(
        "the contact {} ({}) is at the customer {at}: convert it into that one, or ask for a new contact",
        there.name, there.id
    );
    Err(refused(lead, why).into())
}

/// An opportunity that somebody named, if it is open, and of the customer or of none yet.
async fn open_of(
    unit: &mut (dyn ReadUnit + '_),
    lead: &Lead,
    there: Stored<Opportunity>,
    customer: Id<Customer>,
) -> Result<Stored<Opportunity>> {
    let status = there.state().status();
    if status != OpportunityStatus::Open {
        let why =
            format!("the opportunity {} ({}) is {status}: ask for a new one", there.name, there.id);
        return Err(refused(lead, why).into());
    }
    if let Some(of) = there.customer_id
        && resolve(unit, of).await? != customer
    {
        let why = format!(
            "the opportunity {} ({}) is of the customer {of}: convert it into that one, or ask for a new opportunity",
            there.name, there.id
        );
        return Err(refused(lead, why).into());
    }
    Ok(there)
}

/// What a lead certainly becomes.
pub(super) enum Clear<E> {
    New(E),
    Existing(Stored<E>),
}

impl<E: Entity> Choice<E> {
    /// The record that it is, or will be.
    pub fn record(&self) -> Option<&E> {
        match self {
            Self::New(new) => Some(new),
            Self::Existing(there) => Some(there),
            Self::Unclear(_) => None,
        }
    }

    /// Refuses what is not clear.
    pub(super) fn clear(self, lead: &Lead, rules: &Settings) -> Result<Clear<E>, Refused> {
        let likely = match self {
            Self::New(new) => return Ok(Clear::New(*new)),
            Self::Existing(there) => return Ok(Clear::Existing(*there)),
            Self::Unclear(likely) => likely,
        };
        let (kind, many) = (E::KIND, likely.len());
        if rules.duplicates.mask_refusals {
            let why =
                format!("{many} records may be the same {kind}: ask somebody who may see them");
            return Err(refused(lead, why));
        }
        let told = |one: &Likely| format!("{} ({}): {}", one.name, one.id, one.why);
        let list: Vec<_> = likely.iter().map(told).collect();
        let list = list.join("; ");
        let why = format!(
            "it is not clear which {kind} it is: name one, or ask for a new one; there are: {list}"
        );
        Err(refused(lead, why))
    }
}
