use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use crate::{
    Result,
    contact::{self, Contact},
    customer::{self, Customer},
    kernel::{Criteria, Entity, Holder, Id, Stored, Term},
    settings::{Settings, house_rules},
    store::{ReadUnit, Terms, every},
};

use super::{Identity, terms};

/// So many records are asked for at once.
const AT_ONCE: usize = 1_000;

/// What a few questions to the store say about some candidates: who shares a key with them.
pub(crate) struct Lookup {
    pub(crate) rules: Settings,
    holders: HashMap<Term, Vec<Holder>>,
    contacts: HashMap<Uuid, Contact>,
    people: HashMap<Id<Customer>, Vec<Contact>>,
    known: HashMap<Id<Customer>, (Stored<Customer>, Identity)>,
}

/// What a candidate is known by, and found by.
pub(crate) struct Keyed {
    pub(crate) identity: Identity,
    pub(crate) terms: Vec<Term>,
}

impl Keyed {
    pub(crate) fn new(identity: Identity) -> Self {
        Self { terms: terms(&identity), identity }
    }
}

impl Lookup {
    /// With what each candidate is known by.
    pub(crate) async fn load<'c>(
        unit: &mut (dyn ReadUnit + '_),
        candidates: impl Iterator<Item = &'c Customer>,
    ) -> Result<(Self, Vec<Keyed>)> {
        let rules = house_rules(unit).await?;
        let keyed: Vec<_> = candidates.map(|one| Keyed::new(Identity::of(one, &rules))).collect();
        let keys: BTreeSet<_> = keyed.iter().flat_map(|one| &one.terms).cloned().collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let limit = rules.duplicates.noise_limit;
        let mut holders: HashMap<Term, Vec<Holder>> = HashMap::new();
        for holder in Terms::holders(unit, &keys, limit + 1).await? {
            holders.entry(holder.term.clone()).or_default().push(holder);
        }
        let mut lookup = Self {
            rules,
            holders,
            contacts: HashMap::new(),
            people: HashMap::new(),
            known: HashMap::new(),
        };
        lookup.load_contacts(unit).await?;
        lookup.load_customers(unit).await?;
        Ok((lookup, keyed))
    }

    /// Who has a term: of very many, one more than the noise limit.
    pub(crate) fn holders(&self, term: &Term) -> &[Holder] {
        self.holders.get(term).map_or(&[], Vec::as_slice)
    }

    /// The customer that has a term itself, or whose contact does.
    pub(crate) fn customer_of(&self, holder: &Holder) -> Option<Id<Customer>> {
        if holder.entity == Customer::KIND {
            return Some(Id::new(holder.id));
        }
        self.contacts.get(&holder.id)?.customer_id
    }

    /// One that a term leads to, unless it was merged into another.
    pub(crate) fn known(&self, id: Id<Customer>) -> Option<&(Stored<Customer>, Identity)> {
        self.known.get(&id)
    }

    /// What a customer is known by, as it is now, with those of its contacts that a term led to.
    pub(crate) fn identity(&self, customer: &Customer) -> Identity {
        let contacts = self.people.get(&customer.id).map_or(&[][..], Vec::as_slice);
        Identity::with_contacts(customer, contacts, &self.rules)
    }

    /// The holders of terms that are no noise.
    fn telling(&self) -> impl Iterator<Item = &Holder> {
        let limit = self.rules.duplicates.noise_limit as usize;
        self.holders.values().filter(move |some| some.len() <= limit).flatten()
    }

    async fn load_contacts(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<()> {
        let ids: BTreeSet<_> =
            self.telling().filter(|one| one.entity == Contact::KIND).map(|one| one.id).collect();
        let ids: Vec<_> = ids.into_iter().map(Id::<Contact>::new).collect();
        for some in ids.chunks(AT_ONCE) {
            let these = contact::ID.one_of(some.iter().copied()).query();
            every(unit, these, |stored: Stored<Contact>| {
                let contact = stored.into_inner();
                if let Some(customer) = contact.customer_id {
                    self.people.entry(customer).or_default().push(contact.clone());
                }
                self.contacts.insert(contact.id.uuid(), contact);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn load_customers(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<()> {
        let ids: BTreeSet<_> = self.telling().filter_map(|one| self.customer_of(one)).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let mut known = HashMap::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let these = customer::ID.one_of(some.iter().copied()).and(unmerged());
            every(unit, these.query(), |stored: Stored<Customer>| {
                let identity = self.identity(&stored);
                known.insert(stored.id, (stored, identity));
                Ok(())
            })
            .await?;
        }
        self.known = known;
        Ok(())
    }
}

/// Those that still stand for themselves.
pub(super) fn unmerged() -> Criteria<Customer> {
    customer::MERGED_INTO.is_empty()
}
