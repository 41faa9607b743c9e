use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use crate::{
    Result,
    contact::{self, Contact},
    customer::{self, Customer, survivors},
    kernel::{Entity, Holder, Id, Stored, Term},
    settings::{Settings, house_rules},
    store::{ReadUnit, Terms, every},
};

use super::{Identity, terms};

/// So many records are asked for at once.
const AT_ONCE: usize = 1_000;
/// So many holders of a key are looked at where most of them were merged.
const MOST_HOLDERS: u32 = 2_000;

/// What a few questions to the store say about some candidates: who shares a key with them.
///
/// A customer that was merged is known by what it was known by, and leads to its survivor: several
/// records of one customer count once.
pub(crate) struct Lookup {
    pub(crate) rules: Settings,
    holders: HashMap<Term, Vec<Holder>>,
    /// Keys that too many customers share, and of how many records that was seen.
    noise: HashMap<Term, u32>,
    contacts: HashMap<Uuid, Contact>,
    people: HashMap<Id<Customer>, Vec<Contact>>,
    known: HashMap<Id<Customer>, (Stored<Customer>, Identity)>,
    leads: HashMap<Id<Customer>, Id<Customer>>,
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
        let mut merged = BTreeSet::new();
        let candidates = candidates.inspect(|one| merged.extend(one.merged_into));
        let keyed: Vec<_> = candidates.map(|one| Keyed::new(Identity::of(one, &rules))).collect();
        let keys: BTreeSet<_> = keyed.iter().flat_map(|one| &one.terms).cloned().collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let mut lookup = Self {
            rules,
            holders: HashMap::new(),
            noise: HashMap::new(),
            contacts: HashMap::new(),
            people: HashMap::new(),
            known: HashMap::new(),
            leads: HashMap::new(),
        };
        // No key of a candidate need lead to the one that it was merged into.
        if !merged.is_empty() {
            let merged: Vec<_> = merged.into_iter().collect();
            lookup.leads.extend(survivors(unit, &merged).await?);
        }
        lookup.load_holders(unit, &keys).await?;
        lookup.load_people(unit).await?;
        lookup.load_customers(unit).await?;
        Ok((lookup, keyed))
    }

    /// Who has a term, unless that is noise.
    pub(crate) fn holders(&self, term: &Term) -> &[Holder] {
        self.holders.get(term).map_or(&[], Vec::as_slice)
    }

    /// How many records have a term that says nothing because too many customers share it: of very
    /// many, how many were looked at.
    pub(crate) fn noise(&self, term: &Term) -> Option<u32> {
        self.noise.get(term).copied()
    }

    /// The customer that has a term itself, or whose contact does.
    pub(crate) fn customer_of(&self, holder: &Holder) -> Option<Id<Customer>> {
        if holder.entity == Customer::KIND {
            return Some(Id::new(holder.id));
        }
        self.contacts.get(&holder.id)?.customer_id
    }

    /// The customer that one leads to: itself, or the one that survived when it was merged.
    pub(crate) fn survivor(&self, id: Id<Customer>) -> Id<Customer> {
        self.leads.get(&id).copied().unwrap_or(id)
    }

    /// One that a term leads to, also one that was merged, or the survivor of such a one.
    pub(crate) fn known(&self, id: Id<Customer>) -> Option<&(Stored<Customer>, Identity)> {
        self.known.get(&id)
    }

    /// What a customer is known by, as it is now, with those of its contacts that a term led to.
    pub(crate) fn identity(&self, customer: &Customer) -> Identity {
        let contacts = self.people.get(&customer.id).map_or(&[][..], Vec::as_slice);
        Identity::with_contacts(customer, contacts, &self.rules)
    }

    /// The holders of terms, and which terms are noise.
    async fn load_holders(&mut self, unit: &mut (dyn ReadUnit + '_), keys: &[Term]) -> Result<()> {
        let limit = self.rules.duplicates.noise_limit;
        self.ask(unit, keys, limit + 1).await?;
        let full = self.holders.iter().filter(|(_, some)| some.len() > limit as usize);
        let full: Vec<_> = full.map(|(term, _)| term.clone()).collect();
        if full.is_empty() {
            return Ok(());
        }
        self.follow(unit, &full).await?;
        // So many records, and few customers: there may be others behind them.
        let few = full.iter().filter(|term| self.customers(term) <= limit as usize);
        let few: Vec<_> = few.cloned().collect();
        if !few.is_empty() {
            self.ask(unit, &few, MOST_HOLDERS).await?;
            self.follow(unit, &few).await?;
        }
        for term in full {
            if self.customers(&term) > limit as usize
                && let Some(holders) = self.holders.remove(&term)
            {
                self.noise.insert(term, u32::try_from(holders.len()).unwrap_or(u32::MAX));
            }
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        terms: &[Term],
        most: u32,
    ) -> Result<()> {
        for term in terms {
            self.holders.remove(term);
        }
        for holder in Terms::holders(unit, terms, most).await? {
            self.holders.entry(holder.term.clone()).or_default().push(holder);
        }
        Ok(())
    }

    /// Learns whom the holders of terms lead to.
    async fn follow(&mut self, unit: &mut (dyn ReadUnit + '_), terms: &[Term]) -> Result<()> {
        let of = |kind: &'static str| {
            let holders = terms.iter().flat_map(|term| self.holders(term));
            holders.filter(move |one| one.entity == kind).map(|one| one.id)
        };
        let contacts: BTreeSet<_> = of(Contact::KIND).collect();
        self.load_contacts(unit, contacts).await?;
        let holders = terms.iter().flat_map(|term| self.holders(term));
        let customers: BTreeSet<_> = holders.filter_map(|one| self.customer_of(one)).collect();
        let customers: Vec<_> = customers.into_iter().collect();
        self.leads.extend(survivors(unit, &customers).await?);
        Ok(())
    }

    /// How many customers share a term, as far as its holders were looked at.
    fn customers(&self, term: &Term) -> usize {
        let all = self.holders(term).iter().filter_map(|holder| self.customer_of(holder));
        all.map(|id| self.survivor(id)).collect::<BTreeSet<_>>().len()
    }

    async fn load_contacts(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        ids: BTreeSet<Uuid>,
    ) -> Result<()> {
        let new = ids.into_iter().filter(|id| !self.contacts.contains_key(id));
        let new: Vec<_> = new.map(Id::<Contact>::new).collect();
        for some in new.chunks(AT_ONCE) {
            let these = contact::ID.one_of(some.iter().copied()).query();
            every(unit, these, |stored: Stored<Contact>| {
                self.contacts.insert(stored.id.uuid(), stored.into_inner());
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn load_people(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<()> {
        let telling = self.holders.values().flatten();
        let ids: BTreeSet<_> =
            telling.filter(|one| one.entity == Contact::KIND).map(|one| one.id).collect();
        self.load_contacts(unit, ids.clone()).await?;
        for contact in ids.iter().filter_map(|id| self.contacts.get(id)) {
            if let Some(customer) = contact.customer_id {
                self.people.entry(customer).or_default().push(contact.clone());
            }
        }
        Ok(())
    }

    async fn load_customers(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<()> {
        let telling = self.holders.values().flatten();
        let ids: BTreeSet<_> = telling.filter_map(|one| self.customer_of(one)).collect();
        self.know(unit, ids).await?;
        let merged = self.known.values().filter(|(stored, _)| stored.merged_into.is_some());
        let merged: Vec<_> = merged.map(|(stored, _)| stored.id).collect();
        if merged.is_empty() {
            return Ok(());
        }
        self.leads.extend(survivors(unit, &merged).await?);
        let leads: BTreeSet<_> = merged.iter().map(|id| self.survivor(*id)).collect();
        let new = leads.into_iter().filter(|id| !self.known.contains_key(id)).collect();
        self.know(unit, new).await
    }

    async fn know(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        ids: BTreeSet<Id<Customer>>,
    ) -> Result<()> {
        let ids: Vec<_> = ids.into_iter().collect();
        let mut known = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let these = customer::ID.one_of(some.iter().copied());
            every(unit, these.query(), |stored: Stored<Customer>| {
                let identity = self.identity(&stored);
                known.push((stored.id, (stored, identity)));
                Ok(())
            })
            .await?;
        }
        self.known.extend(known);
        Ok(())
    }
}
